//! The tables of clocks and of the PCIe link.

use super::{Laid, MEM, SUCCESS, SYS, UNEXPECTED_DATA, ask, zeroed};
use rsmi_compat::types::{
    rsmi_clk_type_t, rsmi_frequencies_t, rsmi_pcie_bandwidth_t, rsmi_status_t,
};

unsafe extern "C" {
    fn rsmi_dev_gpu_clk_freq_get(
        gpu: u32,
        kind: rsmi_clk_type_t,
        levels: *mut rsmi_frequencies_t,
    ) -> rsmi_status_t;
    fn rsmi_dev_pci_bandwidth_get(gpu: u32, link: *mut rsmi_pcie_bandwidth_t) -> rsmi_status_t;
}

fn clock(kind: rsmi_clk_type_t) -> (rsmi_status_t, rsmi_frequencies_t) {
    // SAFETY: the pointer is to such a struct.
    ask(zeroed(), |out| unsafe { rsmi_dev_gpu_clk_freq_get(0, kind, out) })
}

fn link() -> (rsmi_status_t, rsmi_pcie_bandwidth_t) {
    // SAFETY: the pointer is to such a struct.
    ask(zeroed(), |out| unsafe { rsmi_dev_pci_bandwidth_get(0, out) })
}

#[test]
fn a_clock_between_two_levels_is_at_the_nearest() {
    let more =
        "[gpu.metrics]\ncurrent_uclk = 1110\ncurrent_gfxclk = [-1, 640]\ncurrent_socclk = [29]";
    let laid = Laid::out("mi300x", more);
    laid.put("pp_dpm_mclk", b"0: 950Mhz \n1: 1050Mhz \n2: 1150Mhz \n3: 1250Mhz \n");
    laid.put("pp_dpm_sclk", b"S: 130Mhz \n0: 500Mhz \n1: 700Mhz \n");
    laid.put("pp_dpm_fclk", b"0: 1200Mhz \n1: 1300Mhz \n");
    let _laid = laid.init();
    let (status, levels) = clock(MEM);
    assert_eq!((status, levels.num_supported, levels.current), (SUCCESS, 4, 2));
    let (status, levels) = clock(SYS);
    assert_eq!((status, levels.has_deep_sleep, levels.current), (SUCCESS, true, 2));
    // A card's table does not tell the fabric's clock.
    let (status, levels) = clock(rsmi_clk_type_t::RSMI_CLK_TYPE_DF);
    assert_eq!((status, levels.current), (UNEXPECTED_DATA, u32::MAX));
}

#[test]
fn an_apus_table_tells_its_clocks_too() {
    let laid = Laid::out("phoenix", "");
    laid.put("pp_dpm_fclk", b"0: 400Mhz \n1: 1200Mhz \n2: 1600Mhz \n");
    laid.put("pp_dpm_sclk", b"0: 800Mhz \n1: 2700Mhz \n");
    let laid = laid.init();
    for version in ["2.0", "2.1", "2.4", "3.0"] {
        let average = if version == "3.0" { "average" } else { "current" };
        let end = if version == "3.0" { "_frequency" } else { "" };
        let more = format!(
            "[gpu.metrics]\nversion = \"{version}\"\n{average}_fclk{end} = 1190\n\
             {average}_gfxclk{end} = 900"
        );
        laid.put_as("gpu_metrics", "phoenix", &more);
        let (status, levels) = clock(rsmi_clk_type_t::RSMI_CLK_TYPE_DF);
        assert_eq!((status, levels.current), (SUCCESS, 1), "{version}");
        assert_eq!(clock(SYS).1.current, 0, "{version}");
    }
}

#[test]
fn the_levels_of_deep_sleep_and_others_are_told_in_the_files_order() {
    let _laid = Laid::with("navi31", &[("pp_dpm_sclk", b"S: 480Mhz\n1: 800Mhz *\n2: 2100Mhz")]);
    let (status, levels) = clock(SYS);
    assert_eq!((status, levels.num_supported, levels.current), (SUCCESS, 3, 1));
}

#[test]
fn the_current_level_is_one_of_those_that_are_told() {
    let many: String = (0..40)
        .map(|at| format!("{at}: {}Mhz {}\n", 100 + 10 * at, if at == 38 { "*" } else { "" }))
        .collect();
    let laid = Laid::with("navi31", &[("pp_dpm_sclk", many.as_bytes())]);
    let (status, levels) = clock(SYS);
    assert!(status != SUCCESS || levels.current < levels.num_supported, "{levels:?}");
    drop(laid);
    let with_nuls = b"0: 500Mhz\n\0\0\0\x001: 900Mhz *\n\0\0\0\0\0";
    let _laid = Laid::with("navi31", &[("pp_dpm_sclk", with_nuls)]);
    let (status, levels) = clock(SYS);
    assert_eq!((status, levels.num_supported, levels.current), (SUCCESS, 2, 1));
    assert_eq!(levels.frequency[1], 900_000_000);
}

#[test]
fn a_link_without_a_star_is_at_the_nearest_level() {
    let table = b"0: 2.5GT/s, x1 80Mhz \n1: 8.0GT/s, x8 300Mhz \n2: 16.0GT/s, x8 300Mhz \n";
    let laid = Laid::out("navi31", "pcie = { current_speed = 16.0, current_width = 8 }");
    laid.put("pp_dpm_pcie", table);
    let laid = laid.init();
    let (status, link_now) = link();
    let rates = link_now.transfer_rate;
    assert_eq!((status, rates.num_supported, rates.current), (SUCCESS, 3, 2));
    assert_eq!((rates.frequency[2], link_now.lanes[2]), (16_000_000_000, 8));
    // Where gpu_metrics does not tell the link, the bus does.
    std::fs::remove_file(laid.path("gpu_metrics")).unwrap();
    laid.put("current_link_speed", b"8.0 GT/s PCIe\n");
    assert_eq!(link().1.transfer_rate.current, 1);
}

#[test]
fn a_link_of_the_fifth_generation_is_told_without_a_table() {
    let laid = Laid::with("mi300x", &[("pp_dpm_pcie", b"")]);
    for (speed, shown) in [(32.0, 32_000_000_000), (64.0, 64_000_000_000_u64)] {
        let more = format!("pcie = {{ current_speed = {speed:?} }}");
        laid.put_as("gpu_metrics", "mi300x", &more);
        let (status, link_now) = link();
        let rates = link_now.transfer_rate;
        assert_eq!((status, rates.num_supported, rates.current), (SUCCESS, 1, 0), "{speed}");
        assert_eq!((rates.frequency[0], link_now.lanes[0]), (shown, 16));
    }
}

#[test]
fn levels_of_every_generation_of_pcie_are_read() {
    let table = b"0: 32.0GT/s, x16 \n1: 64.0GT/s, x16 *\n";
    let _laid = Laid::with("mi300x", &[("pp_dpm_pcie", table)]);
    let (status, link_now) = link();
    assert_eq!((status, link_now.transfer_rate.current), (SUCCESS, 1));
    assert_eq!(link_now.transfer_rate.frequency[..2], [32_000_000_000, 64_000_000_000]);
}
