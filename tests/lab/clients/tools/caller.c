/* A program that is linked to a library, which is what uses rocm_smi_lib. */
int ask(void);

int main(void)
{
    return ask();
}
