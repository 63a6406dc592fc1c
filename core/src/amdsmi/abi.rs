//! Where AMD SMI's structs have the members that rocm_smi needs, release by release.
//!
//! One line a member: its type and its offset, since the release that first had it there. Most never
//! moved. A test compares every place with what the headers of all releases say.

use super::Release;
use crate::layout::layouts;

layouts! { Release:
    asic_info = amdsmi_asic_info_t {
        market_name { V6_1_2: (u8[64] @ 0), V6_2: (u8[256] @ 0) }
        vendor_id { V6_1_2: (u32 @ 64), V6_2: (u32 @ 256) }
        subvendor_id { V6_1_2: (u32 @ 132), V6_2: (u32 @ 324), V6_4_0: (u32 @ 516) }
        oam_id { V6_1_2: (u16 @ 180), V6_2: (u32 @ 372), V6_4_0: (u32 @ 788) }
        target_graphics_version { V6_3_0: (u64 @ 384), V6_4_0: (u64 @ 800) }
    }
    board_info = amdsmi_board_info_t {
        model_number { V6_1_2: (u8[32] @ 0), V6_2: (u8[256] @ 0) }
        product_serial { V6_1_2: (u8[32] @ 32), V6_2: (u8[32] @ 256), V6_4_0: (u8[256] @ 256) }
        product_name { V6_1_2: (u8[128] @ 96), V6_2: (u8[256] @ 320), V6_4_0: (u8[256] @ 768) }
    }
    vbios_info = amdsmi_vbios_info_t {
        part_number { V6_1_2: (u8[64] @ 96), V6_4_0: (u8[256] @ 288), V7_0: (u8[256] @ 512) }
    }
    power_info = amdsmi_power_info_t {
        current_socket_power { V6_1_2: (u32 @ 0), V6_4_0: (u32 @ 8) }
        average_socket_power { V6_1_2: (u32 @ 4), V6_4_0: (u32 @ 12) }
    }
    power_cap_info = amdsmi_power_cap_info_t {
        power_cap { V6_1_2: (u64 @ 0) }
        default_power_cap { V6_1_2: (u64 @ 8) }
        min_power_cap { V6_1_2: (u64 @ 24) }
        max_power_cap { V6_1_2: (u64 @ 32) }
    }
    fw_info = amdsmi_fw_info_t {
        num_fw_info { V6_1_2: (u8 @ 0) }
        fw_id { V6_1_2: (u32 @ 8) }
        fw_version { V6_1_2: (u64 @ 16) }
    }
    enumeration_info = amdsmi_enumeration_info_t {
        drm_render { V6_4_0: (u32 @ 0) }
        drm_card { V6_4_0: (u32 @ 4) }
        hip_uuid { V6_4_0: (u8[256] @ 16) }
    }
    kfd_info = amdsmi_kfd_info_t {
        kfd_id { V6_3_0: (u64 @ 0) }
        node_id { V6_3_0: (u32 @ 8) }
        current_partition_id { V6_3_0: (u32 @ 12) }
    }
    memory_partition_config = amdsmi_memory_partition_config_t {
        partition_caps { V6_4_0: (u32 @ 0) }
    }
    xgmi_info = amdsmi_xgmi_info_t {
        xgmi_hive_id { V6_1_2: (u64 @ 8) }
    }
    process_info = amdsmi_process_info_t {
        process_id { V6_1_2: (u32 @ 0) }
        pasid { V6_1_2: (u32 @ 4), V7_0: gone }
        vram_usage { V6_1_2: (u64 @ 8) }
        sdma_usage { V6_1_2: (u64 @ 16) }
        cu_occupancy { V6_1_2: (u32 @ 24) }
    }
    error_count = amdsmi_error_count_t {
        correctable_count { V6_1_2: (u64 @ 0) }
        uncorrectable_count { V6_1_2: (u64 @ 8) }
    }
    page_record = amdsmi_retired_page_record_t {
        page_address { V6_1_2: (u64 @ 0) }
        page_size { V6_1_2: (u64 @ 8) }
        status { V6_1_2: (u32 @ 16) }
    }
    utilization_counter = amdsmi_utilization_counter_t {
        value { V6_1_2: (u64 @ 8) }
    }
    notification = amdsmi_evt_notification_data_t {
        event { V6_1_2: (u32 @ 8) }
        message { V6_1_2: (u8[64] @ 12), V6_3_3: (u8[96] @ 12), V7_0: (u8[256] @ 12) }
    }
    frequencies = amdsmi_frequencies_t {
        has_deep_sleep { V6_1_2: (u8 @ 0) }
        num_supported { V6_1_2: (u32 @ 4) }
        current { V6_1_2: (u32 @ 8) }
        frequency { V6_1_2: (u64[33] @ 16) }
    }
    pcie_bandwidth = amdsmi_pcie_bandwidth_t {
        lanes { V6_1_2: (u32[33] @ 280) }
    }
    power_profile_status = amdsmi_power_profile_status_t {
        available_profiles { V6_1_2: (u64 @ 0) }
        current { V6_1_2: (u64 @ 8) }
        num_profiles { V6_1_2: (u32 @ 16) }
    }
    counter_value = amdsmi_counter_value_t {
        value { V6_1_2: (u64 @ 0) }
        time_enabled { V6_1_2: (u64 @ 8) }
        time_running { V6_1_2: (u64 @ 16) }
    }
    gpu_metrics = amdsmi_gpu_metrics_t {
        temperature_edge { V6_1_2: (u16 @ 4) }
        temperature_hotspot { V6_1_2: (u16 @ 6) }
        temperature_mem { V6_1_2: (u16 @ 8) }
        temperature_vrgfx { V6_1_2: (u16 @ 10) }
        temperature_vrsoc { V6_1_2: (u16 @ 12) }
        temperature_vrmem { V6_1_2: (u16 @ 14) }
        average_gfx_activity { V6_1_2: (u16 @ 16) }
        average_umc_activity { V6_1_2: (u16 @ 18) }
        average_mm_activity { V6_1_2: (u16 @ 20) }
        average_socket_power { V6_1_2: (u16 @ 22) }
        energy_accumulator { V6_1_2: (u64 @ 24) }
        system_clock_counter { V6_1_2: (u64 @ 32) }
        average_gfxclk_frequency { V6_1_2: (u16 @ 40) }
        average_socclk_frequency { V6_1_2: (u16 @ 42) }
        average_uclk_frequency { V6_1_2: (u16 @ 44) }
        average_vclk0_frequency { V6_1_2: (u16 @ 46) }
        average_dclk0_frequency { V6_1_2: (u16 @ 48) }
        average_vclk1_frequency { V6_1_2: (u16 @ 50) }
        average_dclk1_frequency { V6_1_2: (u16 @ 52) }
        current_gfxclk { V6_1_2: (u16 @ 54) }
        current_socclk { V6_1_2: (u16 @ 56) }
        current_uclk { V6_1_2: (u16 @ 58) }
        current_vclk0 { V6_1_2: (u16 @ 60) }
        current_dclk0 { V6_1_2: (u16 @ 62) }
        current_vclk1 { V6_1_2: (u16 @ 64) }
        current_dclk1 { V6_1_2: (u16 @ 66) }
        throttle_status { V6_1_2: (u32 @ 68) }
        current_fan_speed { V6_1_2: (u16 @ 72) }
        pcie_link_width { V6_1_2: (u16 @ 74) }
        pcie_link_speed { V6_1_2: (u16 @ 76) }
        gfx_activity_acc { V6_1_2: (u32 @ 80), V10_0: (u64 @ 80) }
        mem_activity_acc { V6_1_2: (u32 @ 84), V10_0: (u64 @ 88) }
        temperature_hbm { V6_1_2: (u16[4] @ 88), V10_0: (u16[4] @ 96) }
        firmware_timestamp { V6_1_2: (u64 @ 96), V10_0: (u64 @ 104) }
        voltage_soc { V6_1_2: (u16 @ 104), V10_0: (u16 @ 112) }
        voltage_gfx { V6_1_2: (u16 @ 106), V10_0: (u16 @ 114) }
        voltage_mem { V6_1_2: (u16 @ 108), V10_0: (u16 @ 116) }
        indep_throttle_status { V6_1_2: (u64 @ 112), V10_0: (u64 @ 120) }
        current_socket_power { V6_1_2: (u16 @ 120), V10_0: (u16 @ 128) }
        vcn_activity { V6_1_2: (u16[4] @ 122), V10_0: (u16[4] @ 130) }
        gfxclk_lock_status { V6_1_2: (u32 @ 132), V10_0: (u32 @ 140) }
        xgmi_link_width { V6_1_2: (u16 @ 136), V10_0: (u16 @ 144) }
        xgmi_link_speed { V6_1_2: (u16 @ 138), V10_0: (u16 @ 146) }
        pcie_bandwidth_acc { V6_1_2: (u64 @ 144), V10_0: (u64 @ 152) }
        pcie_bandwidth_inst { V6_1_2: (u64 @ 152), V10_0: (u64 @ 160) }
        pcie_l0_to_recov_count_acc { V6_1_2: (u64 @ 160), V10_0: (u64 @ 168) }
        pcie_replay_count_acc { V6_1_2: (u64 @ 168), V10_0: (u64 @ 176) }
        pcie_replay_rover_count_acc { V6_1_2: (u64 @ 176), V10_0: (u64 @ 184) }
        xgmi_read_data_acc { V6_1_2: (u64[8] @ 184), V10_0: (u64[8] @ 192) }
        xgmi_write_data_acc { V6_1_2: (u64[8] @ 248), V10_0: (u64[8] @ 256) }
        current_gfxclks { V6_1_2: (u16[8] @ 312), V10_0: (u16[8] @ 320) }
        current_socclks { V6_1_2: (u16[4] @ 328), V10_0: (u16[4] @ 336) }
        current_vclk0s { V6_1_2: (u16[4] @ 336), V10_0: (u16[4] @ 344) }
        current_dclk0s { V6_1_2: (u16[4] @ 344), V10_0: (u16[4] @ 352) }
        jpeg_activity { V6_1_2: (u16[32] @ 352), V10_0: (u16[32] @ 360) }
        pcie_nak_sent_count_acc { V6_1_2: (u32 @ 416), V10_0: (u64 @ 424) }
        pcie_nak_rcvd_count_acc { V6_1_2: (u32 @ 420), V10_0: (u64 @ 432) }
        accumulation_counter { V6_3_0: (u64 @ 424), V10_0: (u64 @ 440) }
        prochot_residency_acc { V6_3_0: (u64 @ 432), V10_0: (u64 @ 448) }
        ppt_residency_acc { V6_3_0: (u64 @ 440), V10_0: (u64 @ 456) }
        socket_thm_residency_acc { V6_3_0: (u64 @ 448), V10_0: (u64 @ 464) }
        vr_thm_residency_acc { V6_3_0: (u64 @ 456), V10_0: (u64 @ 472) }
        hbm_thm_residency_acc { V6_3_0: (u64 @ 464), V10_0: (u64 @ 480) }
        num_partition { V6_3_0: (u16 @ 472), V10_0: (u16 @ 488) }
        xcp_stats { V6_3_0: ([168; 8] @ 480), V6_4_0: ([232; 8] @ 480), V7_0: ([504; 8] @ 480), V7_13: ([520; 8] @ 480), V10_0: ([520; 8] @ 496) }
        pcie_lc_perf_other_end_recovery { V6_3_0: (u32 @ 1824), V6_4_0: (u32 @ 2336), V7_0: (u32 @ 4512), V7_13: (u32 @ 4640), V10_0: (u64 @ 4656) }
        vram_max_bandwidth { V6_4_0: (u64 @ 2344), V7_0: (u64 @ 4520), V7_13: (u64 @ 4648), V10_0: (u64 @ 4664) }
        xgmi_link_status { V6_4_0: (u16[8] @ 2352), V7_0: (u16[8] @ 4528), V7_13: (u16[8] @ 4656), V10_0: (u16[8] @ 4672) }
    }
    xcp_metrics = amdsmi_gpu_xcp_metrics_t {
        gfx_busy_inst { V6_3_0: (u32[8] @ 0) }
        jpeg_busy { V6_3_0: (u16[32] @ 32), V7_0: (u16[40] @ 32) }
        vcn_busy { V6_3_0: (u16[4] @ 96), V7_0: (u16[4] @ 112) }
        gfx_busy_acc { V6_3_0: (u64[8] @ 104), V7_0: (u64[8] @ 120) }
        gfx_below_host_limit_acc { V6_4_0: (u64[8] @ 168), V7_0: (u64[8] @ 184) }
        gfx_below_host_limit_ppt_acc { V7_0: (u64[8] @ 248) }
        gfx_below_host_limit_thm_acc { V7_0: (u64[8] @ 312) }
        gfx_low_utilization_acc { V7_0: (u64[8] @ 376) }
        gfx_below_host_limit_total_acc { V7_0: (u64[8] @ 440) }
    }
}

/// What amdsmi_get_gpu_od_volt_info writes: not the struct of amdsmi.h, to which it casts its pointer,
/// but that of the rocm_smi_lib within libamd_smi.
mod within {
    use super::Release;
    use crate::layout::layouts;

    layouts! { Release:
        od_volt = rsmi_od_volt_freq_data_t {
            curr_sclk_range { V6_1_2: (u64[2] @ 0) }
            curr_mclk_range { V6_1_2: (u64[2] @ 16) }
            sclk_freq_limits { V6_1_2: (u64[2] @ 32), V7_13: (u64[2] @ 48) }
            mclk_freq_limits { V6_1_2: (u64[2] @ 48), V7_13: (u64[2] @ 64) }
            curve { V6_1_2: (u64[6] @ 64), V7_13: (u64[6] @ 96) }
            num_regions { V6_1_2: (u32 @ 112), V7_13: (u32 @ 144) }
        }
    }
}
pub(crate) use within::od_volt;

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::amdsmi::Release;
    use rsmi_simulator_releases::{NEWEST, RELEASES};

    /// How the headers spell the type of a number.
    fn is_number(kind: &str) -> bool {
        !kind.contains("struct") && !kind.contains("xcp_metrics_t")
    }

    #[test]
    fn every_place_is_where_the_headers_of_all_releases_have_it() {
        let mut compared = 0;
        for state in Release::ALL {
            let header = RELEASES.iter().find(|known| known.name == state.to_string()).unwrap();
            for (c_name, members) in ALL {
                let layout = header.layout(c_name);
                for member in *members {
                    let named = |field: &&rsmi_simulator_releases::Field| {
                        field.name.rsplit('.').next() == Some(member.name)
                    };
                    let field = layout.and_then(|layout| layout.fields.iter().find(named));
                    let place = member.place(Some(state));
                    let ours = place.map(|place| (place.at(0).unwrap(), place.width * place.count));
                    let theirs = field.map(|field| (field.offset, field.size));
                    assert_eq!(ours, theirs, "{c_name}.{} in {state}", member.name);
                    let wide = field.is_none_or(|field| is_number(field.kind) || field.size > 1000);
                    assert!(wide, "{c_name}.{} is a struct", member.name);
                    compared += 1;
                }
            }
        }
        assert_eq!(Release::ALL.last().unwrap().to_string(), NEWEST);
        assert!(compared > 2000, "{compared}");
    }
}
