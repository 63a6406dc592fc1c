"""One client of NVML, as its makers released it, beside the rsmi face: the values are the same.

The first argument is the client. Both faces look at the same machine. What is printed at the end is for
the lab: how many values there were.
"""

import ctypes
import subprocess
import sys
import time


class Rsmi:
    """The rsmi face, as far as it is asked here; None where it has no value."""

    def __init__(self):
        self.library = ctypes.CDLL("librocm_smi64.so.1")
        assert self.library.rsmi_init(ctypes.c_uint64(0)) == 0

    def value(self, function, kind, *arguments):
        value = kind()
        status = getattr(self.library, function)(*arguments, ctypes.byref(value))
        return value.value if status == 0 else None

    def count(self):
        return self.value("rsmi_num_monitor_devices", ctypes.c_uint32)

    def memory(self, gpu):
        """Total and used, in bytes."""
        total = self.value("rsmi_dev_memory_total_get", ctypes.c_uint64, gpu, 0)
        used = self.value("rsmi_dev_memory_usage_get", ctypes.c_uint64, gpu, 0)
        return (total, used) if None not in (total, used) else None

    def power(self, gpu):
        """In mW."""
        power, kind = ctypes.c_uint64(), ctypes.c_uint32()
        arguments = (gpu, ctypes.byref(power), ctypes.byref(kind))
        return power.value // 1000 if self.library.rsmi_dev_power_get(*arguments) == 0 else None

    def power_cap(self, gpu):
        cap = self.value("rsmi_dev_power_cap_get", ctypes.c_uint64, gpu, 0)
        return None if cap is None else cap // 1000

    def temperature(self, gpu):
        for place in (0, 1):
            value = self.value("rsmi_dev_temp_metric_get", ctypes.c_int64, gpu, place, 0)
            if value is not None:
                return value // 1000
        return None

    def busy(self, gpu):
        return self.value("rsmi_dev_busy_percent_get", ctypes.c_uint32, gpu)

    def energy(self, gpu):
        """In mJ."""
        count, step, at = ctypes.c_uint64(), ctypes.c_float(), ctypes.c_uint64()
        places = (ctypes.byref(count), ctypes.byref(step), ctypes.byref(at))
        if self.library.rsmi_dev_energy_count_get(gpu, *places) != 0:
            return None
        return int(count.value * step.value) // 1000


def is_named(name):
    """Whether it is a name, and not a number; which one depends on the lists that are installed."""
    return name and not name.startswith("0x") and not name.isdigit()


def same(what, told, expected):
    assert told == expected, f"{what}: NVML says {told!r}, rsmi {expected!r}"


def readme(rsmi):
    """The session that nvidia-ml-py's page shows, and every name that it may ask for."""
    import pynvml

    pynvml.nvmlInit()
    assert pynvml.nvmlSystemGetDriverVersion()
    same("count", pynvml.nvmlDeviceGetCount(), rsmi.count())
    values = 0
    for gpu in range(rsmi.count()):
        handle = pynvml.nvmlDeviceGetHandleByIndex(gpu)
        assert is_named(pynvml.nvmlDeviceGetName(handle))
        for what, ask, expected in [
            ("memory", lambda: (lambda m: (m.total, m.used))(pynvml.nvmlDeviceGetMemoryInfo(handle)),
             rsmi.memory(gpu)),
            ("power", lambda: pynvml.nvmlDeviceGetPowerUsage(handle), rsmi.power(gpu)),
            ("limit", lambda: pynvml.nvmlDeviceGetPowerManagementLimit(handle), rsmi.power_cap(gpu)),
            ("temperature", lambda: pynvml.nvmlDeviceGetTemperature(handle, 0),
             rsmi.temperature(gpu)),
            ("energy", lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle),
             rsmi.energy(gpu)),
            ("busy", lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu, rsmi.busy(gpu)),
        ]:
            try:
                told = ask()
            except pynvml.NVMLError_NotSupported:
                told = None
            same(f"{what} of GPU {gpu}", told, expected)
            values += told is not None
    with open(pynvml.__file__, encoding="utf-8") as source:
        text = source.read()
    names = {word.split('"')[0] for word in text.split('_nvmlGetFunctionPointer("')[1:]}
    assert len(names) > 400, len(names)
    library = ctypes.CDLL("libnvidia-ml.so.1")
    missing = sorted(name for name in names if not hasattr(library, name))
    assert not missing, missing
    pynvml.nvmlShutdown()
    try:
        pynvml.nvmlDeviceGetCount()
        raise AssertionError("it answers after nvmlShutdown")
    except pynvml.NVMLError_Uninitialized:
        pass
    return values


def fields(rsmi):
    """pynvml 11.5: DeviceQuery of each of its fields. Ten of them are broken in it on any GPU."""
    from pynvml.smi import NVSMI_QUERY_GPU, nvidia_smi

    query = nvidia_smi.getInstance()
    memory = query.DeviceQuery("memory.free, memory.total")["gpu"]
    for gpu in range(rsmi.count()):
        expected = rsmi.memory(gpu)
        if expected is None:
            continue
        total, used = (value / 1024 / 1024 for value in expected)
        told = memory[gpu]["fb_memory_usage"]
        same("memory.total", told["total"], total)
        same("memory.free", told["free"], total - used)
    values = 0
    for field in NVSMI_QUERY_GPU:
        if field == "count":
            continue
        try:
            answer = query.DeviceQuery(field)
        except (NameError, KeyError, AttributeError, TypeError):
            continue
        texts = [text for gpu in answer.get("gpu", []) for text in leaves(gpu)]
        values += any(text not in ("N/A", None) for text in texts)
    return values


def leaves(value):
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def gpustat(rsmi):
    from gpustat import new_query

    gpus = list(new_query())
    same("count", len(gpus), rsmi.count())
    values = 0
    for gpu, told in enumerate(gpus):
        told = told.entry
        memory, power = rsmi.memory(gpu), rsmi.power(gpu)
        mib = 1024 * 1024
        for what, expected in [
            ("memory.total", memory and memory[0] // mib),
            ("memory.used", memory and memory[1] // mib),
            ("temperature.gpu", rsmi.temperature(gpu)),
            ("utilization.gpu", rsmi.busy(gpu)),
            ("power.draw", power if power is None else power // 1000),
        ]:
            same(f"{what} of GPU {gpu}", told[what], expected)
            values += expected is not None
    return values


def nvitop(rsmi):
    shown = subprocess.run([sys.executable, "-m", "nvitop", "-1"], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "Traceback" not in shown.stderr and "ERROR" not in shown.stderr, shown.stderr
    from nvitop import Device

    devices = Device.all()
    same("count", len(devices), rsmi.count())
    values = 0
    for gpu, device in enumerate(devices):
        assert is_named(device.name()), device.name()
        memory = rsmi.memory(gpu)
        # For a GPU that tells of no memory it shows that of the host.
        if memory is not None:
            told = (device.memory_total(), device.memory_used())
            same(f"memory of GPU {gpu}", told, memory)
            values += 2
        for what, told, expected in [
            ("temperature", device.temperature(), rsmi.temperature(gpu)),
            ("power", device.power_usage(), rsmi.power(gpu)),
            ("busy", device.gpu_utilization(), rsmi.busy(gpu)),
        ]:
            same(f"{what} of GPU {gpu}", told, "N/A" if expected is None else expected)
            values += expected is not None
    return values


def py3nvml(rsmi):
    from py3nvml import nvidia_smi

    text = nvidia_smi.XmlDeviceQuery()
    same("count", text.count("<gpu id="), rsmi.count())
    shown = subprocess.run([sys.executable, "-m", "py3nvml.py3smi"], capture_output=True, text=True)
    assert "Traceback" not in shown.stderr, shown.stderr
    return text.count("<") - text.count("N/A")


def zeus(rsmi):
    """A window of the monitor lies between two looks at the energy counter."""
    from zeus.monitor import ZeusMonitor

    monitor = ZeusMonitor(gpu_indices=[0])
    outer = rsmi.energy(0)
    monitor.begin_window("lab", sync_execution=False)
    inner = rsmi.energy(0)
    time.sleep(1)
    least = rsmi.energy(0) - inner
    window = monitor.end_window("lab", sync_execution=False)
    most = rsmi.energy(0) - outer
    told = window.gpu_energy[0] * 1000
    assert 0 < least - 2 <= told <= most + 2, (least, told, most)
    return 1


def codecarbon(rsmi):
    from codecarbon.core.gpu import AllGPUDevices
    from codecarbon.core.units import Time

    devices = AllGPUDevices()
    same("count", len(devices.devices), rsmi.count())
    begun = rsmi.energy(0)
    devices.start()
    inner = rsmi.energy(0)
    time.sleep(1)
    least = rsmi.energy(0) - inner
    told = devices.get_delta(Time.from_seconds(1))[0]["delta_energy_consumption"].kWh * 3.6e9
    most = rsmi.energy(0) - begun
    assert 0 < least - 2 <= told <= most + 2, (least, told, most)
    return 1


def scalene(rsmi):
    from scalene.scalene_nvidia_gpu import ScaleneNVIDIAGPU

    gpu = ScaleneNVIDIAGPU()
    assert gpu.has_gpu(), "scalene sees no GPU"
    same("count", gpu.get_num_cores() if hasattr(gpu, "get_num_cores") else rsmi.count(), rsmi.count())
    return 1


if __name__ == "__main__":
    print(f"values {globals()[sys.argv[1]](Rsmi())}")
