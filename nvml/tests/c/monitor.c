/*
 * What a monitor asks NVML of each GPU, twice: a line for each call, with its status. Whoever has no
 * memory at the start gives up.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct device *device_t;

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned *);
int nvmlDeviceGetHandleByIndex_v2(unsigned, device_t *);
int nvmlDeviceGetName(device_t, char *, unsigned);
int nvmlDeviceGetUUID(device_t, char *, unsigned);
int nvmlDeviceGetMemoryInfo(device_t, void *);
int nvmlDeviceGetUtilizationRates(device_t, void *);
int nvmlDeviceGetPowerUsage(device_t, unsigned *);
int nvmlDeviceGetTemperature(device_t, int, unsigned *);
int nvmlDeviceGetClockInfo(device_t, int, unsigned *);
int nvmlDeviceGetComputeRunningProcesses_v3(device_t, unsigned *, void *);
int nvmlDeviceGetTotalEnergyConsumption(device_t, unsigned long long *);
int nvmlSystemGetDriverVersion(char *, unsigned);

#define SAY(call) printf("%.*s: %d\n", (int)strcspn(#call, "("), #call, call)

int main(void)
{
    char text[96];
    unsigned count = 0, number;
    unsigned long long energy;
    uint64_t room[256];
    int status = nvmlInit_v2();
    printf("nvmlInit_v2: %d\n", status);
    if (status != 0)
        return 0;
    SAY(nvmlSystemGetDriverVersion(text, sizeof text));
    SAY(nvmlDeviceGetCount_v2(&count));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned index = 0; index < count; index++) {
            device_t device;
            status = nvmlDeviceGetHandleByIndex_v2(index, &device);
            printf("nvmlDeviceGetHandleByIndex_v2: %d\n", status);
            if (status != 0)
                continue;
            SAY(nvmlDeviceGetName(device, text, sizeof text));
            SAY(nvmlDeviceGetUUID(device, text, sizeof text));
            SAY(nvmlDeviceGetMemoryInfo(device, room));
            SAY(nvmlDeviceGetUtilizationRates(device, room));
            SAY(nvmlDeviceGetPowerUsage(device, &number));
            SAY(nvmlDeviceGetTemperature(device, 0, &number));
            SAY(nvmlDeviceGetClockInfo(device, 0, &number));
            SAY(nvmlDeviceGetTotalEnergyConsumption(device, &energy));
            number = 16;
            SAY(nvmlDeviceGetComputeRunningProcesses_v3(device, &number, room));
        }
    }
    SAY(nvmlShutdown());
    return 0;
}
