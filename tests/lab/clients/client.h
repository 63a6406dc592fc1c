/* What the clients have in common: the two interfaces as tables of functions, and one line that says all they answer.
 *
 * No header of AMD is included, so that the same client can be linked, preloaded or dlopened, in any order, with any
 * release. Every status is an int: that is how C passes these enumerations.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SUCCESS = 0, INVALID_ARGS = 1, INIT_ERROR = 8 };

/* The part of rocm_smi.h that the clients use. */
#define RSMI_FUNCTIONS(F)                                                          \
    F(init, rsmi_init, (uint64_t flags))                                           \
    F(shut_down, rsmi_shut_down, (void))                                           \
    F(count, rsmi_num_monitor_devices, (uint32_t *count))                          \
    F(id, rsmi_dev_id_get, (uint32_t device, uint16_t *id))                        \
    F(pci_id, rsmi_dev_pci_id_get, (uint32_t device, uint64_t *id))                \
    F(unique_id, rsmi_dev_unique_id_get, (uint32_t device, uint64_t *id))          \
    F(name, rsmi_dev_name_get, (uint32_t device, char *name, size_t length))       \
    F(temperature, rsmi_dev_temp_metric_get,                                       \
      (uint32_t device, uint32_t sensor, int metric, int64_t *temperature))        \
    F(busy, rsmi_dev_busy_percent_get, (uint32_t device, uint32_t *percent))       \
    F(power, rsmi_dev_power_ave_get, (uint32_t device, uint32_t sensor, uint64_t *power)) \
    F(memory, rsmi_dev_memory_total_get, (uint32_t device, int type, uint64_t *total)) \
    F(partition, rsmi_dev_compute_partition_get, (uint32_t device, char *mode, uint32_t length)) \
    F(link, rsmi_topo_get_link_weight, (uint32_t device, uint32_t other, uint64_t *weight))

/* The part of amdsmi.h, likewise; these did not change from 6.1.2 to 10.1. */
#define AMDSMI_FUNCTIONS(F)                                                        \
    F(init, amdsmi_init, (uint64_t flags))                                         \
    F(shut_down, amdsmi_shut_down, (void))                                         \
    F(sockets, amdsmi_get_socket_handles, (uint32_t *count, void **sockets))       \
    F(processors, amdsmi_get_processor_handles, (void *socket, uint32_t *count, void **processors)) \
    F(id, amdsmi_get_gpu_id, (void *processor, uint16_t *id))                      \
    F(pci_id, amdsmi_get_gpu_bdf_id, (void *processor, uint64_t *id))              \
    F(temperature, amdsmi_get_temp_metric,                                         \
      (void *processor, int sensor, int metric, int64_t *temperature))             \
    F(memory, amdsmi_get_gpu_memory_total, (void *processor, int type, uint64_t *total)) \
    F(link, amdsmi_topo_get_link_weight, (void *processor, void *other, uint64_t *weight))

#define MEMBER(member, symbol, arguments) int(*member) arguments;
struct rsmi {
    RSMI_FUNCTIONS(MEMBER)
};
struct amdsmi {
    AMDSMI_FUNCTIONS(MEMBER)
};
#undef MEMBER

/* Defining one of these before the include makes the program refer to the functions by name, as a linked client does. */
#ifdef LINK_RSMI
#define DECLARE(member, symbol, arguments) extern int symbol arguments;
RSMI_FUNCTIONS(DECLARE)
#undef DECLARE
#define ENTRY(member, symbol, arguments) symbol,
#define LINKED_RSMI {RSMI_FUNCTIONS(ENTRY)}
#endif
#ifdef LINK_AMDSMI
#define DECLARE(member, symbol, arguments) extern int symbol arguments;
AMDSMI_FUNCTIONS(DECLARE)
#undef DECLARE
#ifndef ENTRY
#define ENTRY(member, symbol, arguments) symbol,
#endif
#define LINKED_AMDSMI {AMDSMI_FUNCTIONS(ENTRY)}
#endif

enum { LONGEST_LINE = 4096, MOST_GPUS = 64 };

/* All that the interface answers, on one line: equal lines mean equal answers. A failure is in it as !STATUS. */
void describe_rsmi(const struct rsmi *rsmi, char line[LONGEST_LINE]);
void describe_amdsmi(const struct amdsmi *amdsmi, char line[LONGEST_LINE]);

/* Every client calls these first and last: no library may change the environment of its process. */
void remember_environment(void);
bool environment_is_unchanged(void);

#endif
