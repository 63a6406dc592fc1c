"""All that pyrsmi offers, called in every sensible way: a line of JSON for each call.

Devices go by their PCI addresses, since not every release of the library numbers them alike.
"""

import ctypes
import json
import logging
import sys

from pyrsmi import rocml

MEMORY = ["VRAM", "VIS_VRAM", "GTT"]

# What takes more than a device, and what it is given.
MORE = {
    "smi_get_device_memory_used": [[kind] for kind in MEMORY],
    "smi_get_device_memory_total": [[kind] for kind in MEMORY],
    "smi_set_device_compute_partition": [[0], [1], [99]],
    "smi_set_device_memory_partition": [[0], [1], [99]],
    "smi_get_device_uuid": [["roc"], ["nv"]],
}
PAIRS = [
    "smi_get_device_topo_link_weight",
    "smi_get_device_minmax_bandwidth",
    "smi_get_device_link_type",
    "smi_is_device_p2p_accessible",
]
NO_DEVICE = [
    "smi_get_kernel_version",
    "smi_get_device_count",
    "smi_get_device_compute_process",
]
APART = ["smi_initialize", "smi_shutdown"]


def plain(value):
    if isinstance(value, ctypes.Structure):
        return {name: plain(getattr(value, name)) for name, _ in value._fields_}
    if isinstance(value, ctypes.Array):
        return [plain(one) for one in value]
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def call(name, devices=(), more=()):
    arguments = [*devices, *more]
    said.clear()
    try:
        answer = plain(getattr(rocml, name)(*arguments))
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    label = "/".join([name, *(addresses[device] for device in devices), *map(str, more)])
    print(json.dumps({"call": label, "answer": answer, "said": list(said)}), flush=True)


class Said(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())


said = []
logging.getLogger().addHandler(Said())
call("smi_initialize")
addresses = [f"{rocml.smi_get_device_pci_id(it):x}" for it in range(rocml.smi_get_device_count())]
functions = sorted(name for name in dir(rocml) if name.startswith("smi_") and name not in APART)
# What changes something comes last.
functions.sort(key=lambda name: "_set_" in name or "_reset_" in name)
for name in functions:
    if name in NO_DEVICE:
        call(name)
        continue
    for device in range(len(addresses)):
        if name in PAIRS:
            for other in range(len(addresses)):
                call(name, [device, other])
        else:
            for more in MORE.get(name, [[]]):
                call(name, [device], more)
call("smi_shutdown")
