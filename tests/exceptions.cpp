// A libamd_smi, as far as one question takes it, that throws over that question.

#include <cstdint>
#include <cstring>
#include <stdexcept>

static int destroyed;
static int device;

struct Object {
    ~Object() { destroyed++; }
};

extern "C" {

uint32_t amdsmi_init(uint64_t) { return 0; }
uint32_t amdsmi_shut_down() { return 0; }
uint32_t amdsmi_get_power_info_v2() { return 2; }

static uint32_t one(uint32_t *count, void **list) {
    if (list)
        list[0] = &device;
    *count = 1;
    return 0;
}

uint32_t amdsmi_get_socket_handles(uint32_t *count, void **list) { return one(count, list); }

uint32_t amdsmi_get_processor_handles(void *, uint32_t *count, void **list) {
    return one(count, list);
}

uint32_t amdsmi_get_gpu_bdf_id(void *, uint64_t *id) {
    *id = 0x500;
    return 0;
}

uint32_t amdsmi_get_gpu_perf_level(void *, uint32_t *) {
    Object object;
    throw std::runtime_error("not as it should be");
}

// What was destroyed on the way, so that it is seen whether it is asked at all.
uint32_t amdsmi_get_gpu_mem_overdrive_level(void *, uint32_t *level) {
    *level = 100 + destroyed;
    return 0;
}
}
