// Says whose API it was answered by, and how many devices there are.

#include <rocm_smi/rocm_smi.h>

#include <stdio.h>

int main(void) {
  rsmi_version_t version;
  uint32_t count = 0;
  char name[64] = "";
  if (rsmi_init(0) != RSMI_STATUS_SUCCESS || rsmi_version_get(&version) != RSMI_STATUS_SUCCESS ||
      rsmi_num_monitor_devices(&count) != RSMI_STATUS_SUCCESS ||
      rsmi_dev_name_get(0, name, sizeof name) != RSMI_STATUS_SUCCESS) {
    return 1;
  }
  printf("%u.%u.%u %u %s\n", version.major, version.minor, version.patch, count, name);
  return rsmi_shut_down() != RSMI_STATUS_SUCCESS;
}
