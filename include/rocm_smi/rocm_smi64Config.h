/*
 * rocm_smi64Config.h - which rocm_smi_lib this API is that of
 *
 * SPDX-License-Identifier: MIT
 */

#ifndef INCLUDE_ROCM_SMI_ROCM_SMI64CONFIG_H_
#define INCLUDE_ROCM_SMI_ROCM_SMI64CONFIG_H_

#define rocm_smi_VERSION_MAJOR 7
#define rocm_smi_VERSION_MINOR 8
#define rocm_smi_VERSION_PATCH 0
#define rocm_smi_VERSION_BUILD "0"
#define rocm_smi_VERSION_HASH "unknown"

#endif /* INCLUDE_ROCM_SMI_ROCM_SMI64CONFIG_H_ */
