/* What a program does with the library, and what it does with it when it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int rsmi_init(unsigned long flags);
int rsmi_shut_down(void);
int rsmi_num_monitor_devices(unsigned *count);
int rsmi_dev_id_get(unsigned device, unsigned short *id);
int rsmi_dev_power_cap_get(unsigned device, unsigned sensor, unsigned long *cap);
int rsmi_dev_compute_partition_get(unsigned device, char *mode, unsigned length);

static inline void say(const char *what, int status)
{
    char line[128];
    int length = snprintf(line, sizeof line, "%s %d\n", what, status);
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(9);
}

/* Of libamd_smi where it can be asked, else of the kernel: it is answered in either way. */
static inline void ask(void)
{
    char mode[32] = "";
    say("mode", rsmi_dev_compute_partition_get(0, mode, sizeof mode));
}

static inline void begin(void) { say("init", rsmi_init(0)); }

static inline void end(void)
{
    unsigned count = 0;
    unsigned short id = 0;
    unsigned long cap = 0;
    say("count", rsmi_num_monitor_devices(&count) + (count != 1));
    say("id", rsmi_dev_id_get(0, &id));
    say("cap", rsmi_dev_power_cap_get(0, 0, &cap));
    ask();
    say("shut down", rsmi_shut_down());
    say("again", rsmi_shut_down());
}
