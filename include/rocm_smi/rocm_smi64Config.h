/**
 * @file rocm_smi64Config.h
 * The version of the rocm_smi_lib API that these headers declare.
 *
 * SPDX-License-Identifier: MIT
 */

#ifndef INCLUDE_ROCM_SMI_ROCM_SMI64CONFIG_H_
#define INCLUDE_ROCM_SMI_ROCM_SMI64CONFIG_H_

#define rocm_smi_VERSION_MAJOR 7         /**< The major version. */
#define rocm_smi_VERSION_MINOR 8         /**< The minor version. */
#define rocm_smi_VERSION_PATCH 0         /**< The patch level. */
#define rocm_smi_VERSION_BUILD "0"       /**< The build, as rsmi_version_get() returns it. */
#define rocm_smi_VERSION_HASH "unknown"  /**< Always "unknown": these headers have no commit. */

#endif /* INCLUDE_ROCM_SMI_ROCM_SMI64CONFIG_H_ */
