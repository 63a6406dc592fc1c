/* A program that knows nothing of GPUs. */
#include <stdio.h>

int main(void)
{
    puts("the program: ran");
    return 0;
}
