/* Threads that ask are cancelled; the program goes on, and so does the library. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

int rsmi_init(unsigned long flags);
int rsmi_shut_down(void);
int rsmi_dev_power_cap_get(unsigned device, unsigned sensor, unsigned long *cap);

static void *keep_asking(void *unused)
{
    unsigned long cap;
    for (;;) {
        rsmi_dev_power_cap_get(0, 0, &cap);
        pthread_testcancel();
    }
    return unused;
}

int main(void)
{
    unsigned long cap = 0;
    if (rsmi_init(0) != 0)
        return 2;
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        void *result = NULL;
        if (pthread_create(&thread, NULL, keep_asking, NULL) != 0)
            return 2;
        usleep(300 + 37 * (unsigned)i);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        if (result != PTHREAD_CANCELED)
            return 3;
    }
    if (rsmi_dev_power_cap_get(0, 0, &cap) != 0 || cap == 0 || rsmi_shut_down() != 0)
        return 4;
    puts("fine");
    return 0;
}
