//! pp_od_clk_voltage, from Vega 10 to RDNA4, MI300 and APUs.

use super::{Laid, SUCCESS, ask, zeroed};
use rsmi_compat::types::{rsmi_od_volt_freq_data_t, rsmi_range_t, rsmi_status_t};

unsafe extern "C" {
    fn rsmi_dev_od_volt_info_get(gpu: u32, out: *mut rsmi_od_volt_freq_data_t) -> rsmi_status_t;
}

const UNKNOWN: rsmi_range_t = rsmi_range_t { lower_bound: u64::MAX, upper_bound: u64::MAX };
const EMPTY: rsmi_range_t = rsmi_range_t { lower_bound: 0, upper_bound: 0 };

fn mhz(lower: u64, upper: u64) -> rsmi_range_t {
    rsmi_range_t { lower_bound: lower * 1_000_000, upper_bound: upper * 1_000_000 }
}

fn info(laid: &Laid, table: &[u8]) -> rsmi_od_volt_freq_data_t {
    laid.put("pp_od_clk_voltage", table);
    // SAFETY: the pointer is to such a struct.
    let (status, data) = ask(zeroed(), |out| unsafe { rsmi_dev_od_volt_info_get(0, out) });
    assert_eq!(status, SUCCESS, "{}", String::from_utf8_lossy(table));
    data
}

#[test]
fn an_offset_instead_of_a_clock_leaves_that_unknown() {
    let laid = Laid::out("navi31", "").init();
    let data = info(
        &laid,
        b"OD_SCLK_OFFSET:\n0: -400Mhz\n1: 800Mhz\nOD_MCLK:\n0: 100Mhz\n1: 1200MHz\n\
          OD_VDDGFX_OFFSET:\n-50mV\nOD_RANGE:\nSCLK_OFFSET:    -400Mhz       800Mhz\n\
          MCLK:      100Mhz       1450Mhz\nVDDGFX_OFFSET:    -200mv          0mv\n",
    );
    assert_eq!((data.curr_sclk_range, data.curr_mclk_range), (UNKNOWN, mhz(100, 1200)));
    assert_eq!((data.sclk_freq_limits, data.mclk_freq_limits), (EMPTY, mhz(100, 1450)));
    assert_eq!(data.curve.vc_points[0].frequency, 0);
}

#[test]
fn one_level_is_the_upper_end_and_the_curve_is_told() {
    let laid = Laid::out("navi31", "").init();
    for at in ["        ", " @ "] {
        let table = format!(
            "OD_SCLK:\n0: 700Mhz\n1: 1700Mhz\nOD_MCLK:\n1: 900MHz\nOD_VDDC_CURVE:\n\
             0: 700MHz{at}710mV\n1: 1200MHz{at}760mV\n2: 1700MHz{at}960mV\nOD_RANGE:\n\
             SCLK:     700Mhz       1800Mhz\nMCLK:     600Mhz        950Mhz\n\
             VDDC_CURVE_SCLK[0]:     700Mhz       1800Mhz\n\
             VDDC_CURVE_VOLT[0]:     800mV        1050mV\n"
        );
        let data = info(&laid, table.as_bytes());
        assert_eq!((data.curr_sclk_range, data.curr_mclk_range), (mhz(700, 1700), mhz(0, 900)));
        assert_eq!((data.sclk_freq_limits, data.mclk_freq_limits), (mhz(700, 1800), mhz(600, 950)));
        let points = data.curve.vc_points.map(|point| (point.frequency / 1_000_000, point.voltage));
        assert_eq!(points, [(700, 710), (1200, 760), (1700, 960)]);
    }
}

#[test]
fn runs_of_nuls_are_no_text() {
    let laid = Laid::out("navi31", "").init();
    let mut table = b"OD_SCLK:\n0: 500Mhz\n1: 2500Mhz\nOD_MCLK:\n0: 90Mhz\n1: 1010MHz\n".to_vec();
    table.extend([0; 31]);
    table.extend(b"OD_VDDGFX_OFFSET:\n0mV\n");
    table.extend([0; 87]);
    table.extend(b"OD_RANGE:\nSCLK:     500Mhz       2800Mhz\nMCLK:     670Mhz       1070Mhz\n");
    table.extend([0; 700]);
    let data = info(&laid, &table);
    assert_eq!((data.curr_sclk_range, data.curr_mclk_range), (mhz(500, 2500), mhz(90, 1010)));
    assert_eq!((data.sclk_freq_limits, data.mclk_freq_limits), (mhz(500, 2800), mhz(670, 1070)));
}

#[test]
fn the_level_of_deep_sleep_is_no_end_of_a_range() {
    let laid = Laid::out("navi31", "").init();
    let data = info(
        &laid,
        b"GFXCLK:\nS: 130Mhz *\n0: 500Mhz\n1: 2000Mhz\nMCLK:\n0: 950Mhz *\n1: 1050Mhz\n2: 1250Mhz\n",
    );
    assert_eq!((data.curr_sclk_range, data.curr_mclk_range), (mhz(500, 2000), mhz(950, 1250)));
}

#[test]
fn vega_10_and_apus_have_tables_of_their_own() {
    let laid = Laid::out("navi31", "").init();
    let vega = info(
        &laid,
        b"OD_SCLK:\n0:        850Mhz        800mV\n1:        990Mhz        900mV\n\
          7:       1630Mhz       1200mV\nOD_MCLK:\n0:        167Mhz        800mV\n\
          3:        945Mhz       1100mV\nOD_RANGE:\nSCLK:     850MHz       2400MHz\n\
          MCLK:     167MHz       1500MHz\nVDDC:     800mV        1200mV\n",
    );
    assert_eq!((vega.curr_sclk_range, vega.curr_mclk_range), (mhz(850, 1630), mhz(167, 945)));
    assert_eq!((vega.sclk_freq_limits, vega.mclk_freq_limits), (mhz(850, 2400), mhz(167, 1500)));
    let apu = info(
        &laid,
        b"OD_SCLK:\n0:        200Mhz\n1:       1600Mhz\nCCLK_RANGE in Core0:\n0:       1400Mhz\n\
          1:       3500Mhz\nOD_RANGE:\nSCLK:     200Mhz       1600Mhz\nCCLK:    1400Mhz       3500Mhz\n",
    );
    assert_eq!((apu.curr_sclk_range, apu.curr_mclk_range), (mhz(200, 1600), UNKNOWN));
    assert_eq!(apu.sclk_freq_limits, mhz(200, 1600));
}
