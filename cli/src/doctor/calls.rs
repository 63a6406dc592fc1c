//! Every function of rocm_smi.h that only reads, and what to call it with, out of the header.

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    Device,
    /// Another device.
    Other,
    /// One after the other.
    Values(&'static [u64]),
    /// This process.
    Pid,
    /// How long texts may be.
    Length,
    /// Room to write into.
    Room(Shape),
    /// Room that says first how many elements there is room for.
    Count,
}

/// What is written into a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// As many bytes, and whether the first bit is a sign.
    Number(usize, bool),
    /// A struct, or several numbers.
    Bytes,
}

#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    pub arguments: Vec<Argument>,
    /// How each argument is passed: `u` in 32 bits, `U` in 64, `p` as a pointer.
    pub passed: String,
}

impl Function {
    /// Whether it is about a device.
    pub fn of_device(&self) -> bool {
        self.arguments.contains(&Argument::Device)
    }

    /// Whether it may be asked again, of the other source: no second of the driver's is spent on it.
    pub fn of_both(&self) -> bool {
        self.name != "rsmi_dev_pci_throughput_get"
    }

    /// Whether it is about a process.
    pub fn of_process(&self) -> bool {
        self.arguments.contains(&Argument::Pid)
    }
}

const HEADER: &str = include_str!("../../../include/rocm_smi/rocm_smi.h");

/// What is not called: it changes something, belongs to a conversation of several calls, or
/// prints.
const LEFT_OUT: [&str; 13] = [
    "_set",
    "_set_v1",
    "_reset",
    "rsmi_init",
    "rsmi_shut_down",
    // To ask it clears it.
    "rsmi_dev_xgmi_error_status",
    "rsmi_dev_counter_create",
    "rsmi_dev_counter_destroy",
    "rsmi_counter_control",
    "rsmi_counter_read",
    "rsmi_event_notification_",
    "iterator_",
    "rsmi_func_iter_",
];

/// Values by a parameter's type or, where that is a number, name.
const VALUES: [(&str, &[u64]); 13] = [
    ("rsmi_clk_type_t", &[0, 1, 2, 3, 4]),
    ("rsmi_gpu_block_t", &[1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000]),
    ("rsmi_memory_type_t", &[0, 1, 2]),
    ("rsmi_activity_metric_t", &[1, 2, 4]),
    (
        "rsmi_fw_block_t",
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
    ),
    ("rsmi_event_group_t", &[0, 10]),
    ("rsmi_sw_component_t", &[0]),
    ("rsmi_temperature_metric_t", &[0]),
    ("rsmi_voltage_type_t", &[0]),
    ("rsmi_voltage_metric_t", &[0]),
    ("rsmi_status_t", &[0]),
    ("sensor_type", &[0, 1, 2, 3, 4, 5, 6]),
    ("sensor_ind", &[0]),
];

/// The header without what is retired.
fn current() -> &'static str {
    HEADER.split("#ifdef RSMI_COMPAT_RETIRED").next().unwrap_or_default()
}

/// The functions that nobody calls just to see whether they answer.
pub fn not_asked() -> Vec<&'static str> {
    declared(current()).map(|(name, _)| name).filter(|name| is_left_out(name)).collect()
}

/// Functions of the header in its order, without those that are retired.
pub fn functions() -> Vec<Function> {
    declared(current())
        .filter(|(name, _)| !is_left_out(name))
        .map(|(name, parameters)| Function {
            name,
            arguments: parameters.split(',').filter_map(argument).collect(),
            passed: parameters.split(',').filter_map(passed).collect(),
        })
        .collect()
}

fn declared(header: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    header.split("\nrsmi_status_t ").skip(1).filter_map(|text| {
        let (name, rest) = text.split_once('(')?;
        Some((name.trim(), rest.split_once(");")?.0))
    })
}

fn is_left_out(name: &str) -> bool {
    LEFT_OUT.iter().any(|part| {
        if part.starts_with("rsmi_") {
            name.starts_with(part)
        } else {
            name.ends_with(part) || (part.ends_with('_') && name.contains(part))
        }
    })
}

fn passed(parameter: &str) -> Option<char> {
    const WIDE: [&str; 6] =
        ["uint64_t", "int64_t", "size_t", "uintptr_t", "rsmi_gpu_block_t", "rsmi_event_handle_t"];
    let parameter = parameter.trim();
    let kind = parameter.split_whitespace().next().filter(|kind| *kind != "void")?;
    Some(match kind {
        _ if parameter.contains(['*', '[']) => 'p',
        "rsmi_func_id_iter_handle_t" => 'p',
        kind if WIDE.contains(&kind) => 'U',
        _ => 'u',
    })
}

fn argument(parameter: &'static str) -> Option<Argument> {
    let parameter = parameter.trim();
    if parameter.is_empty() || parameter == "void" {
        return None;
    }
    let start = parameter.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let name = start.and_then(|start| parameter.get(start + 1..)).unwrap_or(parameter);
    if parameter.contains('*') || parameter.contains('[') {
        let count = name.starts_with("num_");
        return Some(if count { Argument::Count } else { Argument::Room(shape(parameter)) });
    }
    Some(match name {
        "dv_ind" | "dv_ind_src" => Argument::Device,
        "dv_ind_dst" => Argument::Other,
        "pid" => Argument::Pid,
        "len" => Argument::Length,
        // Of utilization counters, the first of which asks for the GPU's.
        "count" => Argument::Values(&[1]),
        _ => {
            let kind = parameter.split_whitespace().next().unwrap_or_default();
            let values = VALUES.iter().find(|(listed, _)| *listed == kind || *listed == name);
            Argument::Values(values.map_or(&[0], |(_, values)| values))
        }
    })
}

/// What a pointer goes to, by its type.
fn shape(parameter: &str) -> Shape {
    let several = parameter.matches('*').count() != 1 || parameter.contains('[');
    let kind = parameter.split(['*', ' ']).next().unwrap_or_default();
    match kind {
        _ if several => Shape::Bytes,
        "char" => Shape::Text,
        "bool" | "uint8_t" => Shape::Number(1, false),
        "uint16_t" => Shape::Number(2, false),
        "uint32_t" => Shape::Number(4, false),
        "int32_t" => Shape::Number(4, true),
        "uint64_t" => Shape::Number(8, false),
        "int64_t" => Shape::Number(8, true),
        _ if is_enum(kind) => Shape::Number(4, true),
        _ => Shape::Bytes,
    }
}

fn is_enum(kind: &str) -> bool {
    let end = format!("\n}} {kind};");
    let before = HEADER.split_once(&end).and_then(|(before, _)| before.rsplit_once("typedef "));
    before.is_some_and(|(_, definition)| definition.starts_with("enum"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Argument::*;
    const ROOM: Argument = Room(Shape::Bytes);

    #[test]
    fn the_header_is_read() {
        let functions = functions();
        let arguments = |name: &str| {
            let function = functions.iter().find(|function| function.name == name);
            function.unwrap_or_else(|| panic!("{name}")).arguments.clone()
        };
        let (word, long) = (Room(Shape::Number(2, false)), Room(Shape::Number(8, false)));
        assert_eq!(arguments("rsmi_dev_id_get"), [Device, word]);
        assert_eq!(arguments("rsmi_dev_name_get"), [Device, Room(Shape::Text), Length]);
        let kind = Room(Shape::Number(4, true));
        assert_eq!(arguments("rsmi_topo_get_link_type"), [Device, Other, long, kind]);
        assert_eq!(arguments("rsmi_dev_memory_reserved_pages_get"), [Device, Count, ROOM]);
        assert_eq!(arguments("rsmi_dev_gpu_metrics_info_get"), [Device, ROOM]);
        assert_eq!(arguments("rsmi_num_monitor_devices"), [Count]);
        let Values(clocks) = arguments("rsmi_dev_gpu_clk_freq_get")[1] else { panic!() };
        assert_eq!(clocks.len(), 5);
        for function in &functions {
            assert_eq!(function.arguments.len(), function.passed.len(), "{}", function.name);
        }
        let passed =
            |name| &functions.iter().find(|function| function.name == name).unwrap().passed;
        assert_eq!(passed("rsmi_dev_name_get"), "upU");
        assert_eq!(passed("rsmi_dev_brand_get"), "upu");
        assert_eq!(passed("rsmi_dev_ecc_count_get"), "uUp");
        assert!((80..100).contains(&functions.len()), "{}", functions.len());
    }

    #[test]
    fn every_function_is_asked_or_said_not_to_be() {
        let left = not_asked();
        assert!(left.contains(&"rsmi_dev_power_cap_set") && left.contains(&"rsmi_dev_gpu_reset"));
        assert_eq!(left.len() + functions().len(), 118);
    }

    #[test]
    fn nothing_that_changes_anything_is_called() {
        for function in functions() {
            let name = function.name;
            assert!(!name.contains("_set") && !name.contains("_reset"), "{name}");
            assert!(
                !["create", "destroy", "control", "_init", "_open"]
                    .iter()
                    .any(|w| name.contains(w)),
                "{name}"
            );
        }
    }
}
