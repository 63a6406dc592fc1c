/*
 * kfd_ioctl.h - the notifications of the kernel's compute driver (KFD), for rocm_smi.h
 *
 * SPDX-License-Identifier: MIT
 *
 * This is the kernel's own header, where there is one that compiles: some distributions ship it
 * without the drm.h that it includes. What is missing then, or in one older than KFD 1.10, is
 * defined below.
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

/* A copy of the kernel's header that a program includes after this would clash with it. */
#ifndef KFD_IOCTL_H_INCLUDED
#define KFD_IOCTL_H_INCLUDED
#endif

/* Macros, since an older header has some of these as enumerators. */
#define KFD_SMI_EVENT_NONE 0
#define KFD_SMI_EVENT_VMFAULT 1
#define KFD_SMI_EVENT_THERMAL_THROTTLE 2
#define KFD_SMI_EVENT_GPU_PRE_RESET 3
#define KFD_SMI_EVENT_GPU_POST_RESET 4
#define KFD_SMI_EVENT_MIGRATE_START 5
#define KFD_SMI_EVENT_MIGRATE_END 6
#define KFD_SMI_EVENT_PAGE_FAULT_START 7
#define KFD_SMI_EVENT_PAGE_FAULT_END 8
#define KFD_SMI_EVENT_QUEUE_EVICTION 9
#define KFD_SMI_EVENT_QUEUE_RESTORE 10
#define KFD_SMI_EVENT_UNMAP_FROM_GPU 11
#define KFD_SMI_EVENT_ALL_PROCESS 64

#ifndef KFD_SMI_EVENT_MASK_FROM_INDEX
#define KFD_SMI_EVENT_MASK_FROM_INDEX(i) (1ULL << ((i) - 1))
#endif

#ifndef KFD_SMI_EVENT_MSG_SIZE
#define KFD_SMI_EVENT_MSG_SIZE 96
#endif

#ifndef AMDKFD_IOC_SMI_EVENTS
struct kfd_ioctl_smi_events_args {
  uint32_t gpuid;   /* in: the KFD id of the GPU */
  uint32_t anon_fd; /* out: the file to read notifications from */
};
#define AMDKFD_IOC_SMI_EVENTS _IOWR('K', 0x1F, struct kfd_ioctl_smi_events_args)
#endif

#endif

#endif /* ROCM_SMI_KFD_IOCTL_H_ */
