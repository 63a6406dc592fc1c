//! The ctypes structs and enumerators of a Python text, laid out as ctypes does, without running it.

use super::evidence::Layouts;
use rsmi_generations::{is_telling_enumerator, is_telling_struct};
use std::collections::{HashMap, HashSet};

/// AMD's own rsmiBindings.py has the notification of ROCm 5 in every release, 6.4.1 included, beside
/// structs of its own release. So this one struct, and its events, date the text no further back.
const NEVER_RENEWED: [&str; 3] =
    ["rsmi_evt_notification_data_t", "RSMI_EVT_NOTIF_LAST", "RSMI_EVT_NOTIF_RING_HANG"];

/// A type as C lays it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Type {
    size: u64,
    align: u64,
}

const fn scalar(size: u64) -> Type {
    Type { size, align: size }
}

fn scalar_named(name: &str) -> Option<Type> {
    Some(scalar(match name {
        "c_bool" | "c_char" | "c_byte" | "c_ubyte" | "c_int8" | "c_uint8" => 1,
        "c_short" | "c_ushort" | "c_int16" | "c_uint16" => 2,
        "c_int" | "c_uint" | "c_int32" | "c_uint32" | "c_float" => 4,
        "c_long" | "c_ulong" | "c_longlong" | "c_ulonglong" | "c_int64" | "c_uint64"
        | "c_double" | "c_size_t" | "c_ssize_t" | "c_char_p" | "c_void_p" => 8,
        _ => return None,
    }))
}

/// What the text has defined so far.
#[derive(Default)]
struct Names {
    types: HashMap<String, Type>,
    numbers: HashMap<String, u64>,
    /// Those that have had another number: which one counts, only running the text would show.
    unsure: HashSet<String>,
}

/// The class whose lines are being read.
struct Class {
    name: String,
    is_struct: bool,
    packed: bool,
}

/// The structs and numbers that say which rocm_smi.h the text was written after.
pub fn layouts(text: &str) -> Layouts {
    let mut names = Names::default();
    let mut found = Layouts::default();
    let mut class: Option<Class> = None;
    let mut unread = HashSet::new();
    for statement in statements(text) {
        let indented = statement.starts_with([' ', '\t']);
        let statement = statement.trim();
        if !indented {
            class = None;
        }
        if let Some(rest) = statement.strip_prefix("class ") {
            class = names.class(rest);
            continue;
        }
        let Some((left, right)) = statement.split_once('=') else { continue };
        let (left, right) = (left.trim(), right.trim());
        if let Some(of) = left.strip_suffix("_fields_") {
            let (name, packed) = match (of.strip_suffix('.'), &class) {
                (Some(name), _) => (name, false),
                (None, Some(class)) if class.is_struct => (&*class.name, class.packed),
                _ => continue,
            };
            if let Some(laid_out) = names.fields(right, packed) {
                if is_telling_struct(name) {
                    found.sizes.insert((name.to_owned(), laid_out.size));
                }
                names.types.insert(name.to_owned(), laid_out);
            } else {
                names.types.remove(name);
                unread.insert(name.to_owned());
            }
        } else if left == "_pack_" {
            class.iter_mut().for_each(|class| class.packed = right == "1");
        } else if let Some(number) = names.number(right) {
            if is_telling_enumerator(left) {
                found.numbers.insert((left.to_owned(), number));
            }
            let before = names.numbers.insert(left.to_owned(), number);
            if before.is_some_and(|before| before != number) {
                names.unsure.insert(left.to_owned());
            }
        } else if let Some(named) = names.named(right) {
            names.types.insert(left.to_owned(), named);
        }
    }
    // A struct is as unknown as the one that is not read, whatever another of its name is like.
    found.sizes.retain(|(name, _)| !unread.contains(name));
    found.sizes.retain(|(name, size)| *size > 72 || !NEVER_RENEWED.contains(&&**name));
    found.numbers.retain(|(name, _)| !NEVER_RENEWED.contains(&&**name));
    found
}

impl Names {
    /// `rsmi_x_t(c_int):`, after the word `class`. One whose base is a number is as large as that.
    fn class(&mut self, text: &str) -> Option<Class> {
        let (name, rest) = text.split_once('(')?;
        let (base, _) = rest.split_once(')')?;
        let (name, base) = (name.trim(), base.trim().rsplit('.').next().unwrap_or_default());
        if let Some(scalar) = scalar_named(base) {
            self.types.insert(name.to_owned(), scalar);
        }
        Some(Class { name: name.to_owned(), is_struct: base == "Structure", packed: false })
    }

    fn named(&self, name: &str) -> Option<Type> {
        let plain = name.trim().rsplit('.').next().unwrap_or_default();
        self.types.get(plain).copied().or_else(|| scalar_named(plain))
    }

    /// `33`, `0x21`, `33,` (which Python takes for a list of one), or the name of one.
    fn number(&self, text: &str) -> Option<u64> {
        let text = text.trim_end_matches(',').trim();
        if let Some(hexadecimal) = text.strip_prefix("0x") {
            return u64::from_str_radix(hexadecimal, 16).ok();
        }
        let named = || self.numbers.get(text).copied().filter(|_| !self.unsure.contains(text));
        text.parse().ok().or_else(named)
    }

    /// `c_uint16`, `c_uint16 * 4`, `xcp_stats_t * MOST`.
    fn of_member(&self, text: &str) -> Option<Type> {
        let mut parts = text.split('*');
        let mut of = self.named(parts.next()?)?;
        for count in parts {
            of.size = of.size.checked_mul(self.number(count.trim())?)?;
        }
        Some(of)
    }

    /// `[('dv_ind', c_uint32), …]`; None where any member's type is not known.
    fn fields(&self, list: &str, packed: bool) -> Option<Type> {
        let list = list.strip_prefix('[')?.strip_suffix(']')?;
        let mut whole = Type { size: 0, align: 1 };
        for member in list.split('(').skip(1) {
            let (member, _) = member.split_once(')')?;
            let mut parts = member.split(',').map(str::trim).filter(|part| !part.is_empty());
            let (_, of) = (parts.next()?, self.of_member(parts.next()?)?);
            // A field of bits.
            if parts.next().is_some() {
                return None;
            }
            let align = if packed { 1 } else { of.align };
            whole.size = whole.size.checked_next_multiple_of(align)?.checked_add(of.size)?;
            whole.align = whole.align.max(align);
        }
        whole.size = whole.size.checked_next_multiple_of(whole.align)?;
        Some(whole)
    }
}

/// Logical lines without comments: one that has an open bracket at its end goes on.
fn statements(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut whole = String::new();
    let mut depth = 0_usize;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        // A new definition at the left edge ends what was never closed.
        if depth > 0 && (line.starts_with("class ") || line.starts_with("def ")) {
            statements.push(std::mem::take(&mut whole));
            depth = 0;
        }
        whole.push_str(line);
        let open = line.matches(['[', '(', '{']).count();
        let closed = line.matches([']', ')', '}']).count();
        depth = (depth + open).saturating_sub(closed);
        if depth == 0 {
            statements.push(std::mem::take(&mut whole));
        }
    }
    statements.push(whole);
    statements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::evidence::Verdict;
    use rsmi_generations::Generation::{V5, V6_0, V6_2, V6_4};
    use rsmi_generations::{Generation, Open};
    use std::path::Path;

    fn open(text: &str) -> (Open, bool) {
        let verdict = Verdict::of(layouts(text).evidence(Path::new("f"), "f"));
        (verdict.open, verdict.contradictory)
    }

    #[test]
    fn what_only_running_it_would_show_proves_nothing() {
        let metrics = |count: &str| {
            format!(
                "class rsmi_gpu_metrics_t(Structure):\n    _fields_ = [('x', c_uint8 * {count})]\n"
            )
        };
        assert_eq!(open(&metrics("4544")).0, Open::only(Generation::V7_0));
        let in_a_comment =
            format!("\"\"\"\n{}\"\"\"\nN = int(96)\n{}", metrics("4544"), metrics("N"));
        assert_eq!(open(&in_a_comment).0, Open::ALL);
        let conditional = format!("N = 96\nif new:\n    N = 4544\n{}", metrics("N"));
        assert_eq!(open(&conditional).0, Open::ALL);
    }

    const CLOCKS: &str = "from ctypes import *\nMOST = 33\n\
        class rsmi_frequencies_t(Structure):\n    _fields_ = [('deep', c_bool),  # new\n\
        \x20               ('num', c_int32),\n                ('current', c_uint32),\n\
        \x20               ('frequency', c_uint64 * MOST)]\n\
        class rsmi_pcie_bandwidth_t(Structure):\n\
        \x20   _fields_ = [('rate', rsmi_frequencies_t), ('lanes', c_uint32 * MOST)]\n";

    fn sizes(text: &str) -> Vec<(String, u64)> {
        layouts(text).sizes.into_iter().collect()
    }

    #[test]
    fn structs_are_laid_out_as_c_does() {
        let six = [("rsmi_frequencies_t", 280), ("rsmi_pcie_bandwidth_t", 416)];
        assert_eq!(sizes(CLOCKS), six.map(|(name, size)| (name.to_owned(), size)));
        let five = CLOCKS.replace("33", "32").replace("('deep', c_bool),", "");
        assert_eq!(open(&five), (Open::only(V5), false));
        assert_eq!(open(CLOCKS), (Open::since(V6_0), false));
        let apart = "class rsmi_gpu_metrics_t(ctypes.Structure):\n    pass\n\
            rsmi_gpu_metrics_t._fields_ = [\n  ('a', ctypes.c_uint8),\n  ('b', ctypes.c_uint64 * 11),\n]\n";
        assert_eq!(open(apart), (Open::only(V5), false));
        let packed = "class amdgpu_xcp_metrics_t(Structure):\n  _pack_ = 1\n\
            \x20 _fields_ = [('a', c_uint64 * 20), ('b', c_uint32), ('c', c_uint32 * 1)]\n";
        assert_eq!(sizes(packed)[0].1, 168);
        let alias = "class inner(Structure):\n  _fields_ = [('a', c_uint32 * 58)]\n\
            mine = inner\nclass amdgpu_xcp_metrics_t(Structure):\n  _fields_ = [('a', mine)]\n";
        assert_eq!(open(alias), (Open::only(V6_4), false));
    }

    #[test]
    fn our_own_bindings_prove_their_generation() {
        let text = include_str!("../../../python/rsmiBindings.py");
        assert_eq!(open(text), (Open::only(Generation::NEWEST), false));
    }

    #[test]
    fn what_cannot_be_laid_out_proves_nothing() {
        for member in ["c_uint8 * many", "mine", "c_uint32, 3", "c_uint8 * 99999999999999999999"] {
            let text =
                format!("class rsmi_gpu_metrics_t(Structure):\n  _fields_ = [('x', {member})]\n");
            assert_eq!(layouts(&text), Layouts::default(), "{member}");
        }
        for cut in 0..CLOCKS.len() {
            layouts(&CLOCKS[..cut]);
        }
        layouts("class (\n_fields_ = \n= [\n)]}\n_fields_ = [(]\n");
    }

    #[test]
    fn numbers_tell_and_old_notifications_do_not() {
        let partitions = |spx: u32| {
            format!(
                "{CLOCKS}class rsmi_compute_partition_type_t(c_int):\n    \
                     RSMI_COMPUTE_PARTITION_SPX = {spx}\n"
            )
        };
        assert_eq!(open(&partitions(1)), (Open::since(V6_2), false));
        assert_eq!(open(&partitions(2)), (Open::only(V6_0), false));
        let events = "class rsmi_evt_notification_type_t(c_int):\n    RSMI_EVT_NOTIF_RING_HANG = 5\n\
            \x20   RSMI_EVT_NOTIF_LAST = RSMI_EVT_NOTIF_RING_HANG\n\
            class rsmi_evt_notification_data_t(Structure):\n    _fields_ = [('i', c_uint32),\n\
            \x20   ('event', rsmi_evt_notification_type_t), ('message', c_char*64)]\n";
        assert_eq!(open(&format!("{}{events}", partitions(1))), (Open::since(V6_2), false));
        assert_eq!(open(&events.replace("64", "96")).0, Open::since(V6_4));
        // Two headers in one text.
        let five = partitions(1).replace("33", "32").replace("('deep', c_bool),", "");
        assert!(open(&five).1);
    }
}
