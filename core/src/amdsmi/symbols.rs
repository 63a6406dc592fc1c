//! The functions of libamd_smi that we call: one line each. A missing one fails only its question.

use libloading::os::unix::Library;
use std::ffi::{c_char, c_void};

/// A processor of libamd_smi's; valid until its session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Handle(*mut c_void);

impl Handle {
    pub(super) fn address(self) -> usize {
        self.0.expose_provenance()
    }
}

// SAFETY: a handle is a number to us; libamd_smi checks it against its own list on every thread.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

/// A function of libamd_smi that its release may lack.
pub(crate) struct Symbol<F> {
    pub(crate) name: &'static str,
    pub(crate) function: Option<F>,
}

impl<F: Copy> Clone for Symbol<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Copy> Copy for Symbol<F> {}

macro_rules! symbols {
    ($($name:ident($($argument:ty),*);)*) => {
        /// Statuses and enumerators are plain integers here: libamd_smi may return any. Structs are
        /// bytes, whose members [`super::abi`] finds.
        #[allow(non_snake_case)]
        pub(crate) struct Symbols {
            $(pub(crate) $name: Symbol<unsafe extern "C" fn($($argument),*) -> u32>,)*
        }

        impl Symbols {
            pub(crate) fn load(library: &Library) -> Self {
                Self {
                    $($name: Symbol {
                        name: stringify!($name),
                        // SAFETY: these signatures hold in every release that exports the name, from
                        // 5.7 to 10.1; releases before 6.1.2 are refused.
                        function: unsafe {
                            library.get(concat!(stringify!($name), "\0").as_bytes())
                        }
                        .ok()
                        .map(|symbol| *symbol),
                    },)*
                }
            }

            /// Those of a library that has no function at all.
            #[cfg(test)]
            pub(crate) fn none() -> Self {
                Self { $($name: Symbol { name: stringify!($name), function: None },)* }
            }
        }
    };
}

symbols! {
    amdsmi_init(u64);
    amdsmi_shut_down();
    amdsmi_get_clk_freq(Handle, u32, *mut c_void);
    amdsmi_get_energy_count(Handle, *mut u64, *mut f32, *mut u64);
    amdsmi_get_fw_info(Handle, *mut c_void);
    amdsmi_get_gpu_asic_info(Handle, *mut c_void);
    amdsmi_get_gpu_available_counters(Handle, u32, *mut u32);
    amdsmi_get_gpu_bdf_id(Handle, *mut u64);
    amdsmi_get_gpu_board_info(Handle, *mut c_void);
    amdsmi_get_gpu_busy_percent(Handle, *mut u32);
    amdsmi_get_gpu_compute_partition(Handle, *mut c_char, u32);
    amdsmi_get_gpu_compute_process_gpus(u32, *mut u32, *mut u32);
    amdsmi_get_gpu_compute_process_info(*mut c_void, *mut u32);
    amdsmi_get_gpu_compute_process_info_by_pid(u32, *mut c_void);
    amdsmi_get_gpu_ecc_count(Handle, u64, *mut c_void);
    amdsmi_get_gpu_ecc_enabled(Handle, *mut u64);
    amdsmi_get_gpu_ecc_status(Handle, u64, *mut u32);
    amdsmi_get_gpu_enumeration_info(Handle, *mut c_void);
    amdsmi_get_gpu_event_notification(i32, *mut u32, *mut c_void);
    amdsmi_get_gpu_fan_rpms(Handle, u32, *mut i64);
    amdsmi_get_gpu_fan_speed(Handle, u32, *mut i64);
    amdsmi_get_gpu_fan_speed_max(Handle, u32, *mut u64);
    amdsmi_get_gpu_id(Handle, *mut u16);
    amdsmi_get_gpu_kfd_info(Handle, *mut c_void);
    amdsmi_get_gpu_mem_overdrive_level(Handle, *mut u32);
    amdsmi_get_gpu_memory_partition(Handle, *mut c_char, u32);
    amdsmi_get_gpu_memory_partition_config(Handle, *mut c_void);
    amdsmi_get_gpu_memory_reserved_pages(Handle, *mut u32, *mut c_void);
    amdsmi_get_gpu_memory_total(Handle, u32, *mut u64);
    amdsmi_get_gpu_memory_usage(Handle, u32, *mut u64);
    amdsmi_get_gpu_metrics_header_info(Handle, *mut c_void);
    amdsmi_get_gpu_metrics_info(Handle, *mut c_void);
    amdsmi_get_gpu_od_volt_curve_regions(Handle, *mut u32, *mut c_void);
    amdsmi_get_gpu_od_volt_info(Handle, *mut c_void);
    amdsmi_get_gpu_overdrive_level(Handle, *mut u32);
    amdsmi_get_gpu_pci_bandwidth(Handle, *mut c_void);
    amdsmi_get_gpu_pci_replay_counter(Handle, *mut u64);
    amdsmi_get_gpu_pci_throughput(Handle, *mut u64, *mut u64, *mut u64);
    amdsmi_get_gpu_perf_level(Handle, *mut u32);
    amdsmi_get_gpu_power_profile_presets(Handle, u32, *mut c_void);
    amdsmi_get_gpu_revision(Handle, *mut u16);
    amdsmi_get_gpu_subsystem_id(Handle, *mut u16);
    amdsmi_get_gpu_subsystem_name(Handle, *mut c_char, usize);
    amdsmi_get_gpu_topo_numa_affinity(Handle, *mut i32);
    amdsmi_get_gpu_vbios_info(Handle, *mut c_void);
    amdsmi_get_gpu_vendor_name(Handle, *mut c_char, usize);
    amdsmi_get_gpu_volt_metric(Handle, u32, u32, *mut i64);
    amdsmi_get_gpu_vram_vendor(Handle, *mut c_char, u32);
    amdsmi_get_gpu_xcd_counter(Handle, *mut u16);
    amdsmi_get_lib_version(*mut c_void);
    amdsmi_get_minmax_bandwidth_between_processors(Handle, Handle, *mut u64, *mut u64);
    amdsmi_get_power_cap_info(Handle, u32, *mut c_void);
    amdsmi_get_power_info(Handle, *mut c_void);
    amdsmi_get_processor_handles(Handle, *mut u32, *mut Handle);
    amdsmi_get_processor_type(Handle, *mut u32);
    amdsmi_get_socket_handles(*mut u32, *mut Handle);
    amdsmi_get_temp_metric(Handle, u32, u32, *mut i64);
    amdsmi_get_utilization_count(Handle, *mut c_void, u32, *mut u64);
    amdsmi_get_xgmi_info(Handle, *mut c_void);
    amdsmi_gpu_control_counter(u64, u32, *mut c_void);
    amdsmi_gpu_counter_group_supported(Handle, u32);
    amdsmi_gpu_create_counter(Handle, u32, *mut u64);
    amdsmi_gpu_destroy_counter(u64);
    amdsmi_gpu_read_counter(u64, *mut c_void);
    amdsmi_gpu_xgmi_error_status(Handle, *mut u32);
    amdsmi_init_gpu_event_notification(Handle);
    amdsmi_is_P2P_accessible(Handle, Handle, *mut bool);
    amdsmi_reset_gpu(Handle);
    amdsmi_reset_gpu_fan(Handle, u32);
    amdsmi_reset_gpu_xgmi_error(Handle);
    amdsmi_set_clk_freq(Handle, u32, u64);
    amdsmi_set_gpu_clk_limit(Handle, u32, u32, u64);
    amdsmi_set_gpu_clk_range(Handle, u64, u64, u32);
    amdsmi_set_gpu_compute_partition(Handle, u32);
    amdsmi_set_gpu_event_notification_mask(Handle, u64);
    amdsmi_set_gpu_fan_speed(Handle, u32, u64);
    amdsmi_set_gpu_memory_partition(Handle, u32);
    amdsmi_set_gpu_od_clk_info(Handle, u32, u64, u32);
    amdsmi_set_gpu_od_volt_info(Handle, u32, u64, u64);
    amdsmi_set_gpu_overdrive_level(Handle, u32);
    amdsmi_set_gpu_pci_bandwidth(Handle, u64);
    amdsmi_set_gpu_perf_determinism_mode(Handle, u64);
    amdsmi_set_gpu_perf_level(Handle, u32);
    amdsmi_set_gpu_power_profile(Handle, u32, u64);
    amdsmi_set_power_cap(Handle, u32, u64);
    amdsmi_stop_gpu_event_notification(Handle);
    amdsmi_topo_get_link_type(Handle, Handle, *mut u64, *mut u32);
    amdsmi_topo_get_link_weight(Handle, Handle, *mut u64);
    amdsmi_topo_get_numa_node_number(Handle, *mut u32);
}

#[cfg(test)]
impl Handle {
    pub(crate) fn at(address: usize) -> Self {
        Self(std::ptr::without_provenance_mut(address))
    }
}
