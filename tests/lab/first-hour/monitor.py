#!/usr/bin/env python3
# A monitor that opens the library by its name, on the machine of two GPUs.
import ctypes

library = ctypes.CDLL("librocm_smi64.so")
count = ctypes.c_uint32()
assert library.rsmi_init(ctypes.c_uint64(0)) == 0
assert library.rsmi_num_monitor_devices(ctypes.byref(count)) == 0
assert count.value == 2, count.value
