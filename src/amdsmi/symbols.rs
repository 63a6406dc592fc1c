//! The functions of libamd_smi that we call: one line each. A missing one fails only its question.

use libloading::os::unix::Library;
use std::ffi::{c_char, c_void};

/// A processor of libamd_smi's; valid until its session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Handle(*mut c_void);

// SAFETY: a handle is a number to us; libamd_smi checks it against its own list on every thread.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

macro_rules! symbols {
    ($($name:ident($($argument:ty),*);)*) => {
        /// Statuses and enumerators are plain integers here: libamd_smi may return any.
        #[derive(Default)]
        pub(crate) struct Symbols {
            $(pub(crate) $name: Option<unsafe extern "C" fn($($argument),*) -> u32>,)*
        }

        impl Symbols {
            pub(crate) fn load(library: &Library) -> Self {
                Self {
                    // SAFETY: these signatures hold in every release that exports the name, from
                    // 5.7 to 10.1; releases before 6.1.2 are refused.
                    $($name: unsafe { library.get(concat!(stringify!($name), "\0").as_bytes()) }
                        .ok()
                        .map(|symbol| *symbol),)*
                }
            }
        }
    };
}

symbols! {
    amdsmi_init(u64);
    amdsmi_shut_down();
    amdsmi_get_lib_version(*mut c_void);
    amdsmi_get_socket_handles(*mut u32, *mut Handle);
    amdsmi_get_processor_handles(Handle, *mut u32, *mut Handle);
    amdsmi_get_processor_type(Handle, *mut u32);
    amdsmi_get_gpu_bdf_id(Handle, *mut u64);
    amdsmi_get_gpu_memory_usage(Handle, u32, *mut u64);
    amdsmi_get_gpu_compute_partition(Handle, *mut c_char, u32);
    amdsmi_get_gpu_memory_partition(Handle, *mut c_char, u32);
    amdsmi_set_gpu_perf_level(Handle, u32);
    amdsmi_reset_gpu_fan(Handle, u32);
}

#[cfg(test)]
impl Handle {
    pub(crate) fn at(address: usize) -> Self {
        Self(std::ptr::without_provenance_mut(address))
    }
}
