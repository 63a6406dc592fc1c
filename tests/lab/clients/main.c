/* The program around steps.c. */
int run_steps(int argc, char **argv);

int main(int argc, char **argv)
{
    return run_steps(argc, argv);
}
