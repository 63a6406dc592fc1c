//! The faults of the matrix, as a description writes them, and what must come of each.

/// What a fault may do to the answers, beside those that have to be true under every fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Nothing is different.
    None,
    /// What only libamd_smi can tell of a device is missing.
    NotListed,
    /// Which release is asked decides.
    Anything,
    /// Where AMD SMI is asked everything, these devices' questions end so.
    Status { question: &'static str, status: &'static str },
}

pub struct Fault {
    pub name: &'static str,
    pub description: &'static str,
    pub effect: Effect,
    /// What the fault itself takes, in milliseconds.
    pub takes: u64,
}

const fn fault(name: &'static str, description: &'static str, effect: Effect) -> Fault {
    Fault { name, description, effect, takes: 0 }
}

/// The question that goes to every release: a card's compute partition.
const PARTITION: &str = "dev1/rsmi_dev_compute_partition_get";

const fn told(status: &'static str) -> Effect {
    Effect::Status { question: PARTITION, status }
}

pub const FAULTS: &[Fault] = &[
    fault("none", "", Effect::None),
    fault(
        "unknown status",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\nstatus = 4711",
        told("UNKNOWN_ERROR"),
    ),
    fault(
        "every function fails",
        "[[fault]]\nfunction = 'amdsmi_get_*'\nstatus = 16",
        Effect::NotListed,
    ),
    fault(
        "an answer beside a failure",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\nstatus = -1\nanswered = true",
        told("UNKNOWN_ERROR"),
    ),
    fault(
        "once",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_compute_partition'\nstatus = 9\ntimes = 1",
        Effect::None,
    ),
    fault(
        "every third call",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\nstatus = 30\nevery = 3",
        Effect::None,
    ),
    fault(
        "from the fifth call on",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_compute_partition'\nstatus = 12\nfrom_call = 5",
        Effect::None,
    ),
    fault(
        "nobody has an address",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_bdf_id'\nstatus = 2",
        Effect::NotListed,
    ),
    fault(
        "from a moment on",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\nstatus = 6\nfrom_ms = 1",
        told("DRM_ERROR"),
    ),
    fault(
        "shut down by somebody else",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\nstatus = 32\nevery = 2",
        Effect::None,
    ),
    Fault {
        name: "slow",
        description: "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\ntakes_ms = 20\ntimes = 5",
        effect: Effect::None,
        takes: 100,
    },
    fault(
        "a little too much",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\noverrun = 64",
        told("UNEXPECTED_SIZE"),
    ),
    fault(
        "far too much",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\noverrun = 32768",
        told("UNEXPECTED_SIZE"),
    ),
    fault("too much everywhere", "[[fault]]\noverrun = 16", Effect::NotListed),
    fault("no NUL", "[[fault]]\nfunction = 'amdsmi_get_gpu_*'\nunterminated = true", Effect::None),
    fault(
        "sentinels",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_memory_*'\nsentinels = true",
        Effect::Anything,
    ),
    fault("every number a sentinel", "[[fault]]\nsentinels = true", Effect::Anything),
    fault(
        "more sockets than asked for",
        "[[fault]]\nfunction = 'amdsmi_get_socket_handles'\nmore = 300",
        Effect::NotListed,
    ),
    fault(
        "more processors than asked for",
        "[[fault]]\nfunction = 'amdsmi_get_processor_handles'\nmore = 3",
        Effect::NotListed,
    ),
    fault(
        "a device is gone",
        "[[fault]]\nfunction = 'amdsmi_get_gpu_*partition'\ngone = 0",
        Effect::None,
    ),
    fault(
        "a device comes back",
        "[[fault]]\ngone = 0\nfrom_call = 12\ntimes = 4",
        Effect::NotListed,
    ),
    Fault {
        name: "amdsmi_init hangs",
        description: "[[fault]]\nfunction = 'amdsmi_init'\ntakes_ms = 300\ntimes = 1",
        effect: Effect::None,
        takes: 300,
    },
    fault(
        "amdsmi_init fails",
        "[[fault]]\nfunction = 'amdsmi_init'\nstatus = 34",
        Effect::NotListed,
    ),
    fault(
        "amdsmi_init fails twice",
        "[[fault]]\nfunction = 'amdsmi_init'\nstatus = 18\ntimes = 2",
        Effect::NotListed,
    ),
    fault(
        "it does not say what it is",
        "[[fault]]\nfunction = 'amdsmi_get_lib_version'\nstatus = 3",
        Effect::None,
    ),
];
