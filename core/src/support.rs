//! "Is it supported?": which files of a device each function depends on, as the legacy library has it.
//!
//! One table answers both who asks: a client that passes a null pointer, and one that walks over
//! the functions with the iterators of rocm_smi.h.

use crate::kernel::hwmon::Hwmon;
use crate::map;
use crate::types::{
    RSMI_DEFAULT_VARIANT, rsmi_temperature_type_t as Temperature, rsmi_voltage_type_t as Voltage,
};
use rsmi_generations::Generation;
use std::ffi::CStr;

/// What a client asks about when it passes a null pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question {
    /// A function, by its name in rocm_smi.h.
    Function(&'static str),
    /// A function for one variant: a kind of memory, a clock, a block, a measure.
    Variant(&'static str, u64),
    /// A function for one sensor, by the number in hwmon's names.
    OfSensor(&'static str, u32),
    /// A function for one variant of one sensor.
    VariantOfSensor(&'static str, u64, u32),
}

/// A function that may be supported.
struct Row {
    name: &'static CStr,
    /// The generation of clients that was first told of it, or of it in this way.
    since: Generation,
    needs: Needs,
}

/// What a function depends on. `#` in the name of a file of hwmon stands for a sensor's number.
#[derive(Clone, Copy)]
enum Needs {
    /// These files of the device.
    Files(&'static [&'static str]),
    /// These files of the device, and the one of each variant.
    Variants(&'static [&'static str], &'static [(u64, &'static str)]),
    /// These files of hwmon, for one sensor.
    Sensors(&'static [&'static str]),
    /// This label of a sensor in hwmon, and the file of each variant for that sensor.
    Labelled(&'static str, Kind, &'static [(u64, &'static str)]),
}

/// What the label of a sensor tells of.
#[derive(Clone, Copy)]
enum Kind {
    Temperature,
    Voltage,
}

const fn row(name: &'static CStr, needs: Needs) -> Row {
    Row { name, since: Generation::V5, needs }
}

const fn since(since: Generation, name: &'static CStr, needs: Needs) -> Row {
    Row { name, since, needs }
}

const LEVEL: &str = "power_dpm_force_performance_level";
const OVERDRIVE: &str = "pp_od_clk_voltage";

/// A table of `map` as clients number it: `numbered!(TABLE, an entry => (its number, its file))`.
macro_rules! numbered {
    ($table:expr, $entry:pat => ($number:expr, $file:expr)) => {
        &{
            let mut files = [(0, ""); $table.len()];
            let mut at = 0;
            while at < files.len() {
                let $entry = $table[at];
                files[at] = ($number as u64, $file);
                at += 1;
            }
            files
        }
    };
}

const MEMORY_TOTAL: &[(u64, &str)] =
    numbered!(map::MEMORY_FILES, (kind, total, _) => (kind.0, total));
const MEMORY_USED: &[(u64, &str)] = numbered!(map::MEMORY_FILES, (kind, _, used) => (kind.0, used));
const CLOCKS: &[(u64, &str)] = numbered!(map::CLOCK_FILES, (clock, file) => (clock.0, file));
const ERRORS: &[(u64, &str)] = numbered!(map::ERROR_FILES, (block, (file, _)) => (block.0, file));
const FIRMWARE: &[(u64, &str)] = numbered!(map::FIRMWARE_FILES, (block, file) => (block.0, file));
const TEMPERATURES: &[(u64, &str)] =
    numbered!(map::TEMPERATURE_FILES, (metric, file) => (metric.0, file));
const VOLTAGES: &[(u64, &str)] = numbered!(map::VOLTAGE_FILES, (metric, file) => (metric.0, file));

/// ROCm 5 had no numbers for the two of MES, so that those behind them were lower.
const FIRMWARE_V5: &[(u64, &str)] = &{
    let mut blocks = [(0, ""); 21];
    let mut at = 0;
    while at < blocks.len() {
        let later = if at < 7 { at } else { at + 2 };
        blocks[at] = (at as u64, FIRMWARE[later].1);
        at += 1;
    }
    blocks
};

use Needs::{Files, Labelled, Sensors, Variants};

/// By name. Of several rows of one name the last whose generation has begun counts.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(c"rsmi_counter_available_counters_get", Variants(&[], &[(0, "df_cntr_avail")])),
    row(c"rsmi_dev_brand_get", Files(&["vendor"])),
    since(Generation::V6_0, c"rsmi_dev_brand_get", Files(&["vendor", "vbios_version"])),
    row(c"rsmi_dev_busy_percent_get", Files(&["gpu_busy_percent"])),
    since(Generation::V6_0, c"rsmi_dev_compute_partition_get", Files(&["current_compute_partition"])),
    since(Generation::V6_0, c"rsmi_dev_compute_partition_set", Files(&["current_compute_partition"])),
    row(c"rsmi_dev_counter_create", Files(&[])),
    row(c"rsmi_dev_counter_group_supported", Files(&[])),
    since(Generation::V7_0, c"rsmi_dev_current_socket_power_get", Files(&["gpu_metrics"])),
    row(c"rsmi_dev_drm_render_minor_get", Files(&[])),
    row(c"rsmi_dev_ecc_count_get", Variants(&[], ERRORS)),
    row(c"rsmi_dev_ecc_enabled_get", Files(&["ras/features"])),
    row(c"rsmi_dev_ecc_status_get", Files(&["ras/features"])),
    since(Generation::V7_0, c"rsmi_dev_energy_count_get", Files(&["gpu_metrics"])),
    row(c"rsmi_dev_fan_reset", Sensors(&["pwm#_enable"])),
    row(c"rsmi_dev_fan_rpms_get", Sensors(&["fan#_input"])),
    row(c"rsmi_dev_fan_speed_get", Sensors(&["pwm#"])),
    row(c"rsmi_dev_fan_speed_max_get", Sensors(&["pwm#_max"])),
    row(c"rsmi_dev_fan_speed_set", Sensors(&["pwm#_max", "pwm#_enable", "pwm#"])),
    row(c"rsmi_dev_firmware_version_get", Variants(&[], FIRMWARE_V5)),
    since(Generation::V6_0, c"rsmi_dev_firmware_version_get", Variants(&[], FIRMWARE)),
    row(c"rsmi_dev_gpu_clk_freq_get", Variants(&[], CLOCKS)),
    row(c"rsmi_dev_gpu_clk_freq_set", Variants(&[LEVEL], CLOCKS)),
    row(c"rsmi_dev_gpu_metrics_info_get", Files(&["gpu_metrics"])),
    row(c"rsmi_dev_gpu_reset", Files(&["amdgpu_gpu_recover"])),
    row(c"rsmi_dev_id_get", Files(&["device"])),
    since(Generation::V6_0, c"rsmi_dev_mem_overdrive_level_get", Files(&["pp_mclk_od"])),
    row(c"rsmi_dev_memory_busy_percent_get", Files(&["mem_busy_percent"])),
    since(Generation::V6_0, c"rsmi_dev_memory_partition_get", Files(&["current_memory_partition"])),
    since(Generation::V6_0, c"rsmi_dev_memory_partition_set", Files(&["current_memory_partition"])),
    row(c"rsmi_dev_memory_reserved_pages_get", Files(&["ras/gpu_vram_bad_pages"])),
    row(c"rsmi_dev_memory_total_get", Variants(&[], MEMORY_TOTAL)),
    row(c"rsmi_dev_memory_usage_get", Variants(&[], MEMORY_USED)),
    row(c"rsmi_dev_name_get", Files(&["vendor", "device"])),
    row(c"rsmi_dev_od_volt_curve_regions_get", Files(&[OVERDRIVE])),
    row(c"rsmi_dev_od_volt_info_get", Files(&[OVERDRIVE])),
    row(c"rsmi_dev_od_volt_info_set", Files(&[OVERDRIVE, LEVEL])),
    row(c"rsmi_dev_overdrive_level_get", Files(&["pp_sclk_od"])),
    row(c"rsmi_dev_overdrive_level_set", Files(&["pp_sclk_od"])),
    row(c"rsmi_dev_pci_bandwidth_get", Files(&["pp_dpm_pcie"])),
    row(c"rsmi_dev_pci_bandwidth_set", Files(&[LEVEL, "pp_dpm_pcie"])),
    row(c"rsmi_dev_pci_id_get", Files(&[])),
    row(c"rsmi_dev_pci_replay_counter_get", Files(&["pcie_replay_count"])),
    row(c"rsmi_dev_pci_throughput_get", Files(&["pcie_bw"])),
    row(c"rsmi_dev_perf_level_get", Files(&[LEVEL])),
    row(c"rsmi_dev_perf_level_set", Files(&[LEVEL])),
    row(c"rsmi_dev_perf_level_set_v1", Files(&[LEVEL])),
    row(c"rsmi_dev_power_ave_get", Sensors(&["power#_average"])),
    row(c"rsmi_dev_power_cap_default_get", Sensors(&["power#_cap_default"])),
    row(c"rsmi_dev_power_cap_get", Sensors(&["power#_cap"])),
    row(c"rsmi_dev_power_cap_range_get", Sensors(&["power#_cap_max", "power#_cap_min"])),
    row(c"rsmi_dev_power_cap_set", Sensors(&["power#_cap_max", "power#_cap_min", "power#_cap"])),
    row(c"rsmi_dev_power_profile_presets_get", Files(&["pp_power_profile_mode"])),
    row(c"rsmi_dev_power_profile_set", Files(&[LEVEL, "pp_power_profile_mode"])),
    since(Generation::V6_0, c"rsmi_dev_revision_get", Files(&["revision"])),
    row(c"rsmi_dev_serial_number_get", Files(&["serial_number"])),
    row(c"rsmi_dev_sku_get", Files(&["product_number"])),
    row(c"rsmi_dev_subsystem_id_get", Files(&["subsystem_device"])),
    row(c"rsmi_dev_subsystem_name_get", Files(&["subsystem_vendor", "vendor", "device"])),
    row(c"rsmi_dev_subsystem_vendor_id_get", Files(&["subsystem_vendor"])),
    row(c"rsmi_dev_temp_metric_get", Labelled("temp#_label", Kind::Temperature, TEMPERATURES)),
    row(c"rsmi_dev_unique_id_get", Files(&["unique_id"])),
    row(c"rsmi_dev_vbios_version_get", Files(&["vbios_version"])),
    row(c"rsmi_dev_vendor_id_get", Files(&["vendor"])),
    row(c"rsmi_dev_vendor_name_get", Files(&["vendor"])),
    row(c"rsmi_dev_volt_metric_get", Labelled("in#_label", Kind::Voltage, VOLTAGES)),
    row(c"rsmi_dev_vram_vendor_get", Files(&["mem_info_vram_vendor"])),
    row(c"rsmi_dev_xgmi_error_reset", Files(&["xgmi_error"])),
    row(c"rsmi_dev_xgmi_error_status", Files(&["xgmi_error"])),
    since(Generation::V6_0, c"rsmi_dev_xgmi_physical_id_get", Files(&["xgmi_physical_id"])),
    row(c"rsmi_perf_determinism_mode_set", Files(&[LEVEL, OVERDRIVE])),
    row(c"rsmi_topo_numa_affinity_get", Files(&["numa_node"])),
];

/// The functions that a device supports, as they were when somebody first asked.
#[derive(Debug)]
pub(crate) struct Functions(Vec<Function>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: &'static CStr,
    /// By number; none where the function has no variants.
    pub(crate) variants: Vec<Variant>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) id: u64,
    /// None where the function has no sensors.
    pub(crate) sensors: Vec<Sensor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sensor {
    /// What rocm_smi.h calls it: its type, or which of its kind it is, from 0.
    pub(crate) id: u64,
    /// The number in the names of its files.
    pub(crate) file: u32,
}

impl Functions {
    /// Looks at the device: `has` tells whether it has a file.
    pub(crate) fn of(
        generation: Generation,
        has: impl Fn(&str) -> bool,
        hwmon: Option<&Hwmon>,
    ) -> Self {
        let hwmon = hwmon.map(|hwmon| (hwmon, hwmon.files()));
        let begun = ROWS.iter().filter(|row| row.since <= generation);
        let mut rows: Vec<&Row> = Vec::with_capacity(ROWS.len());
        for row in begun {
            if rows.last().is_some_and(|last| last.name == row.name) {
                rows.pop();
            }
            rows.push(row);
        }
        let variants = |needs| match needs {
            Files(files) => files.iter().all(|file| has(file)).then(Vec::new),
            Variants(files, each) => {
                let there =
                    || each.iter().filter(|(_, file)| has(file)).map(|(id, _)| Variant::plain(*id));
                files
                    .iter()
                    .all(|file| has(file))
                    .then(|| there().collect())
                    .filter(|variants: &Vec<Variant>| !variants.is_empty())
            }
            Sensors(names) => {
                let (_, files) = hwmon.as_ref()?;
                let sensors: Vec<_> = common(files, names)
                    .into_iter()
                    .filter_map(|file| Some(Sensor { id: u64::from(file.checked_sub(1)?), file }))
                    .collect();
                let variant = Variant { id: RSMI_DEFAULT_VARIANT, sensors };
                (!variant.sensors.is_empty()).then(|| vec![variant])
            }
            Labelled(label, kind, each) => {
                let (hwmon, files) = hwmon.as_ref()?;
                let variant = |(id, name): &(u64, &str)| {
                    let sensors = common(files, &[name, label])
                        .into_iter()
                        .map(|file| Some(Sensor { id: kind.of(hwmon, file)?, file }));
                    Some(Variant { id: *id, sensors: sensors.collect::<Option<_>>()? })
                };
                // One sensor that rocm_smi.h has no name for took the whole function off the list.
                let mut variants: Vec<Variant> = each.iter().map(variant).collect::<Option<_>>()?;
                variants.retain(|variant| !variant.sensors.is_empty());
                (!variants.is_empty()).then_some(variants)
            }
        };
        let function =
            |row: &Row| Some(Function { name: row.name, variants: variants(row.needs)? });
        Self(rows.into_iter().filter_map(function).collect())
    }

    /// As if the first sensor told of an average power, for which the current one stands in.
    pub(crate) fn with_average_power(mut self) -> Self {
        let name = c"rsmi_dev_power_ave_get";
        let sensor = Sensor { id: 0, file: 1 };
        match self.0.binary_search_by_key(&name, |function| function.name) {
            Ok(at) => {
                let sensors = &mut self.0[at].variants[0].sensors;
                if !sensors.contains(&sensor) {
                    sensors.insert(0, sensor);
                }
            }
            Err(at) => {
                let variant = Variant { id: RSMI_DEFAULT_VARIANT, sensors: vec![sensor] };
                self.0.insert(at, Function { name, variants: vec![variant] });
            }
        }
        self
    }

    pub(crate) fn list(&self) -> &[Function] {
        &self.0
    }

    pub(crate) fn support(&self, question: Question) -> bool {
        match question {
            Question::Function(name) => self.has(name, None, None),
            Question::Variant(name, variant) => self.has(name, Some(variant), None),
            Question::OfSensor(name, sensor) => self.has(name, None, Some(sensor)),
            Question::VariantOfSensor(name, variant, sensor) => {
                self.has(name, Some(variant), Some(sensor))
            }
        }
    }

    fn has(&self, name: &str, variant: Option<u64>, sensor: Option<u32>) -> bool {
        let name = name.as_bytes();
        let Ok(at) = self.0.binary_search_by(|function| function.name.to_bytes().cmp(name)) else {
            return false;
        };
        let variants = &self.0[at].variants;
        // A client may name no variant by its number too.
        let variant =
            variant.filter(|variant| *variant != RSMI_DEFAULT_VARIANT || sensor.is_some());
        let variant = match (variant, sensor) {
            (None, None) => return true,
            (None, Some(_)) => RSMI_DEFAULT_VARIANT,
            (Some(variant), _) => variant,
        };
        variants.iter().find(|listed| listed.id == variant).is_some_and(|variant| {
            sensor.is_none_or(|file| variant.sensors.iter().any(|listed| listed.file == file))
        })
    }
}

impl Variant {
    fn plain(id: u64) -> Self {
        Self { id, sensors: Vec::new() }
    }
}

impl Kind {
    /// What a sensor is by its label; None for one that rocm_smi.h has no name for.
    fn of(self, hwmon: &Hwmon, file: u32) -> Option<u64> {
        match self {
            Self::Temperature => {
                hwmon.temperature_of(file).map(|Temperature(number)| number.into())
            }
            Self::Voltage => hwmon.voltage_of(file).map(|Voltage(number)| number.into()),
        }
    }
}

/// The sensors that have all these files: in hwmon's order for one name, else in rising order.
fn common(files: &[String], names: &[&str]) -> Vec<u32> {
    let numbers = |name: &str| -> Vec<u32> {
        let (before, after) = name.split_once('#').unwrap_or((name, ""));
        let middle = |file: &str| -> Option<u32> {
            let digits = file.strip_prefix(before)?.strip_suffix(after)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        files.iter().filter_map(|file| middle(file)).collect()
    };
    let Some((first, others)) = names.split_first() else { return Vec::new() };
    let mut found = numbers(first);
    for other in others {
        let other = numbers(other);
        found.retain(|number| other.contains(number));
        found.sort_unstable();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tests::Scratch;

    #[test]
    fn rows_are_in_the_order_of_their_names_and_generations() {
        let key = |row: &Row| (row.name, row.since);
        assert!(ROWS.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
        let names = |generation| Functions::of(generation, |_| true, None).list().len();
        // All but the twelve that hwmon answers.
        let counts = [Generation::V5, Generation::V6_4, Generation::V7_0].map(names);
        assert_eq!(counts, [49, 56, 58]);
    }

    #[test]
    fn numbers_are_those_of_the_generation() {
        let block = |generation, file: &str| {
            let functions = Functions::of(generation, |name| name == file, None);
            let name = c"rsmi_dev_firmware_version_get";
            let found = functions.list().iter().find(|function| function.name == name)?;
            Some(found.variants[0].id)
        };
        let vcn = "fw_version/vcn_fw_version";
        assert_eq!(block(Generation::V5, vcn), Some(20));
        assert_eq!(block(Generation::V6_0, vcn), Some(22));
        assert_eq!(block(Generation::V5, "fw_version/mes_fw_version"), None);
        assert_eq!(block(Generation::V6_0, "fw_version/mes_fw_version"), Some(7));
    }

    #[test]
    fn variants_are_in_the_order_of_their_numbers() {
        let tables = [MEMORY_TOTAL, MEMORY_USED, CLOCKS, ERRORS, FIRMWARE, FIRMWARE_V5];
        for table in tables.into_iter().chain([TEMPERATURES, VOLTAGES]) {
            assert!(table.is_sorted_by(|one, next| one.0 < next.0), "{table:?}");
        }
        assert_eq!((CLOCKS[4], ERRORS[4].0), ((4, "pp_dpm_mclk"), 0x20));
        assert_eq!(
            (MEMORY_TOTAL[1].1, MEMORY_USED[2].1),
            ("mem_info_vis_vram_total", "mem_info_gtt_used")
        );
    }

    #[test]
    fn what_stands_in_for_the_average_power_is_listed_where_there_is_none() {
        let power = "rsmi_dev_power_ave_get";
        let none = || Functions::of(Generation::V7_0, |_| true, None);
        assert!(!none().has(power, None, Some(1)));
        let listed = none().with_average_power();
        assert!(listed.has(power, None, Some(1)) && !listed.has(power, None, Some(2)));
        assert!(listed.list().is_sorted_by_key(|function| function.name));
        let second: [(&str, &[u8]); 2] =
            [("hwmon/hwmon3/name", b"amdgpu\n"), ("hwmon/hwmon3/power2_average", b"1\n")];
        let scratch = Scratch::new("average", &second);
        let hwmon = Hwmon::of(&scratch.0);
        let both = Functions::of(Generation::V7_0, |_| true, hwmon.as_ref()).with_average_power();
        assert!(both.has(power, None, Some(1)) && both.has(power, None, Some(2)));
        let count = |functions: &Functions| functions.list().len();
        assert_eq!(count(&both.with_average_power()), count(&listed));
    }

    #[test]
    fn a_sensor_without_a_name_takes_its_function_off_the_list() {
        let known: [(&str, &[u8]); 3] = [
            ("hwmon/hwmon3/name", b"amdgpu\n"),
            ("hwmon/hwmon3/in0_label", b"vddgfx\n"),
            ("hwmon/hwmon3/in0_input", b"840\n"),
        ];
        let unknown: [(&str, &[u8]); 2] =
            [("hwmon/hwmon3/in1_label", b"vddnb\n"), ("hwmon/hwmon3/in1_input", b"741\n")];
        let tells = |name, files: &[(&str, &[u8])]| {
            let scratch = Scratch::new(name, files);
            let hwmon = Hwmon::of(&scratch.0).unwrap();
            let functions = Functions::of(Generation::V7_0, |_| false, Some(&hwmon));
            functions.has("rsmi_dev_volt_metric_get", Some(0), Some(0))
        };
        assert!(tells("named", &known));
        assert!(!tells("unnamed", &[&known[..], &unknown].concat()));
    }

    #[test]
    fn a_sensor_needs_all_of_its_files() {
        let scratch = Scratch::new(
            "support",
            &[
                ("hwmon/hwmon3/name", b"amdgpu\n"),
                ("hwmon/hwmon3/temp1_label", b"edge\n"),
                ("hwmon/hwmon3/temp1_input", b"45000\n"),
                ("hwmon/hwmon3/temp2_label", b"junction\n"),
                ("hwmon/hwmon3/temp2_input", b"45000\n"),
                ("hwmon/hwmon3/temp2_crit", b"45000\n"),
                ("hwmon/hwmon3/temp3_input", b"45000\n"),
                ("hwmon/hwmon3/in1_label", b"vddnb\n"),
                ("hwmon/hwmon3/in1_input", b"741\n"),
                ("hwmon/hwmon3/power2_cap", b"1\n"),
                ("hwmon/hwmon3/power2_cap_max", b"1\n"),
            ],
        );
        let hwmon = Hwmon::of(&scratch.0).unwrap();
        let functions = Functions::of(Generation::V7_0, |_| false, Some(&hwmon));
        let temperature = "rsmi_dev_temp_metric_get";
        assert!(functions.has(temperature, Some(0), Some(1)));
        assert!(functions.has(temperature, Some(5), Some(2)));
        assert!(!functions.has(temperature, Some(5), Some(1)));
        assert!(!functions.has(temperature, Some(0), Some(3)));
        assert!(!functions.has("rsmi_dev_volt_metric_get", None, None));
        assert!(functions.has("rsmi_dev_power_cap_get", None, Some(2)));
        assert!(!functions.has("rsmi_dev_power_cap_get", None, Some(1)));
        assert!(!functions.has("rsmi_dev_power_cap_set", None, None));
        // Who names no variant may do so by its number.
        assert!(functions.has("rsmi_dev_power_cap_get", Some(RSMI_DEFAULT_VARIANT), Some(2)));
        assert!(functions.has(temperature, Some(RSMI_DEFAULT_VARIANT), None));
        assert!(
            !functions.has(temperature, Some(77), None)
                && functions.has(temperature, Some(5), None)
        );
        let cap = functions.list().iter().find(|it| it.name == c"rsmi_dev_power_cap_get").unwrap();
        let sensors = vec![Sensor { id: 1, file: 2 }];
        assert_eq!(cap.variants, [Variant { id: RSMI_DEFAULT_VARIANT, sensors }]);
    }
}
