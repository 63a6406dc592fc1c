/**
 * @file kfd_ioctl.h
 * The events of the kernel's compute driver (KFD), for rocm_smi.h.
 *
 * This file includes the kernel's own header if it compiles: some distributions do not have the
 * drm.h that it includes. If it does not compile, or is older than KFD 1.10, this file defines what
 * is missing.
 *
 * SPDX-License-Identifier: MIT
 */

#ifndef ROCM_SMI_KFD_IOCTL_H_
#define ROCM_SMI_KFD_IOCTL_H_

#if defined(__has_include)
#if __has_include(<linux/kfd_ioctl.h>) && __has_include(<drm/drm.h>)
#include <linux/kfd_ioctl.h>
#endif
#endif

#if !defined(KFD_IOCTL_MINOR_VERSION) || KFD_IOCTL_MINOR_VERSION < 10

#include <stdint.h>
#include <sys/ioctl.h>

/* A program may include its own copy of the kernel's header after this file. The copy would declare
   the same names again, so this guard skips it. */
#ifndef KFD_IOCTL_H_INCLUDED
/** The include guard of the kernel's header. */
#define KFD_IOCTL_H_INCLUDED
#endif

/* Macros, because an older header declares some of these as enumerators.
   rsmi_evt_notification_type_t describes the events. */
#define KFD_SMI_EVENT_NONE 0 /**< RSMI_EVT_NOTIF_NONE */
#define KFD_SMI_EVENT_VMFAULT 1 /**< RSMI_EVT_NOTIF_VMFAULT */
#define KFD_SMI_EVENT_THERMAL_THROTTLE 2 /**< RSMI_EVT_NOTIF_THERMAL_THROTTLE */
#define KFD_SMI_EVENT_GPU_PRE_RESET 3 /**< RSMI_EVT_NOTIF_GPU_PRE_RESET */
#define KFD_SMI_EVENT_GPU_POST_RESET 4 /**< RSMI_EVT_NOTIF_GPU_POST_RESET */
#define KFD_SMI_EVENT_MIGRATE_START 5 /**< RSMI_EVT_NOTIF_EVENT_MIGRATE_START */
#define KFD_SMI_EVENT_MIGRATE_END 6 /**< RSMI_EVT_NOTIF_EVENT_MIGRATE_END */
#define KFD_SMI_EVENT_PAGE_FAULT_START 7 /**< RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_START */
#define KFD_SMI_EVENT_PAGE_FAULT_END 8 /**< RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_END */
#define KFD_SMI_EVENT_QUEUE_EVICTION 9 /**< RSMI_EVT_NOTIF_EVENT_QUEUE_EVICTION */
#define KFD_SMI_EVENT_QUEUE_RESTORE 10 /**< RSMI_EVT_NOTIF_EVENT_QUEUE_RESTORE */
#define KFD_SMI_EVENT_UNMAP_FROM_GPU 11 /**< RSMI_EVT_NOTIF_EVENT_UNMAP_FROM_GPU */
#define KFD_SMI_EVENT_ALL_PROCESS 64 /**< RSMI_EVT_NOTIF_EVENT_ALL_PROCESS */

#ifndef KFD_SMI_EVENT_MASK_FROM_INDEX
/** The bit of event `i` in a mask of events. */
#define KFD_SMI_EVENT_MASK_FROM_INDEX(i) (1ULL << ((i) - 1))
#endif

#ifndef KFD_SMI_EVENT_MSG_SIZE
/** The size of the text of an event in bytes, with its NUL. */
#define KFD_SMI_EVENT_MSG_SIZE 96
#endif

#ifndef AMDKFD_IOC_SMI_EVENTS
/** The argument of AMDKFD_IOC_SMI_EVENTS. */
struct kfd_ioctl_smi_events_args {
  uint32_t gpuid;   /**< In: the KFD id of the GPU. */
  uint32_t anon_fd; /**< Out: the file descriptor from which to read events. */
};
/** Opens the stream of events of a GPU. */
#define AMDKFD_IOC_SMI_EVENTS _IOWR('K', 0x1F, struct kfd_ioctl_smi_events_args)
#endif

#endif

#endif /* ROCM_SMI_KFD_IOCTL_H_ */
