/* The header under test, and which one it is.
 *
 * RSMI_GENERATION is 50 for ROCm 5, 60 for 6.0 to 6.3, 64 and 70 for what follows.
 */
#ifndef SWEEP_ROCM_SMI_H
#define SWEEP_ROCM_SMI_H

#include <stddef.h>
#include <stdint.h>

#include "rocm_smi/rocm_smi.h"

#ifndef RSMI_GENERATION
#define RSMI_GENERATION 70
#endif

#endif
