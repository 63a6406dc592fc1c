/* A library with the structs of ROCm 5; GET is how it comes to the function. */
#include "client.h"

static unsigned char *metrics;

#ifdef LOOKS_UP
static int (*get)(unsigned, void *);
#else
#define get rsmi_dev_gpu_metrics_info_get
#endif

#ifdef CALLS_FOR_SCRIPTS
void ffi_call(void) { }
#endif

void plugin_prepare(size_t bytes)
{
    metrics = place(bytes);
#ifdef LOOKS_UP
    get = (int (*)(unsigned, void *))dlsym(RTLD_DEFAULT, "rsmi_dev_gpu_metrics_info_get");
#endif
}

/* It ends with the call, and so jumps. */
int plugin_refresh(void) { return get(0, metrics); }

/* It does not. */
int plugin_get(void)
{
    int status = get(0, metrics);
    return status == 0 ? 0 : status + 1000;
}

size_t plugin_reach(size_t bytes) { return reach(metrics, bytes); }
