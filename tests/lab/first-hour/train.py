# A program that looks the functions up in its own process, on the machine of two GPUs.
import ctypes

process = ctypes.CDLL(None)
count = ctypes.c_uint32()
assert process.rsmi_init(ctypes.c_uint64(0)) == 0
assert process.rsmi_num_monitor_devices(ctypes.byref(count)) == 0
assert count.value == 2, count.value
