/* Asks a card that tells no average power for it, in every way in which a client can learn of it: by the value, by a
 * null pointer, by walking over what is supported.
 */
#include <stdio.h>
#include <string.h>

#include "client.h"

union value {
    uint64_t id;
    const char *name;
};

extern int rsmi_dev_current_socket_power_get(uint32_t device, uint64_t *power);
extern int rsmi_dev_supported_func_iterator_open(uint32_t device, void **walk);
extern int rsmi_dev_supported_variant_iterator_open(void *walk, void **inside);
extern int rsmi_func_iter_value_get(void *walk, union value *value);
extern int rsmi_func_iter_next(void *walk);

static const struct rsmi rsmi = LINKED_RSMI;

/* The sensors that a walk tells of, from there on. */
static void sensors(void *variant)
{
    void *walk;
    union value value;
    if (rsmi_dev_supported_variant_iterator_open(variant, &walk) != SUCCESS)
        return;
    do {
        rsmi_func_iter_value_get(walk, &value);
        printf(" %d", (int)value.id);
    } while (rsmi_func_iter_next(walk) == SUCCESS);
}

int main(void)
{
    uint64_t average = 0, current = 0;
    void *walk, *variant;
    union value value;

    if (rsmi.init(0) != SUCCESS || rsmi_dev_supported_func_iterator_open(0, &walk) != SUCCESS)
        return 2;
    printf("listed:");
    do {
        rsmi_func_iter_value_get(walk, &value);
        if (strcmp(value.name, "rsmi_dev_power_ave_get") == 0 &&
            rsmi_dev_supported_variant_iterator_open(walk, &variant) == SUCCESS)
            sensors(variant);
    } while (rsmi_func_iter_next(walk) == SUCCESS);
    printf("\nnull: %d %d\n", rsmi.power(0, 0, NULL), rsmi.power(0, 1, NULL));
    printf("value: %d", rsmi.power(0, 0, &average));
    rsmi_dev_current_socket_power_get(0, &current);
    puts(average == current ? ", the current power" : "");
    return rsmi.shut_down();
}
