//! The headers are what core/src/types and core/src/api say, and compile in every standard.
//!
//! `BLESS=1 cargo test --test header` writes them.

#[path = "abi/compiler.rs"]
mod compiler;

use std::path::Path;
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The types that have a tag in the original header: struct or the like, type, tag. cbindgen gives
/// a tag to every type or to none.
const TAGS: [(&str, &str, &str); 4] = [
    ("enum", "RSMI_IO_LINK_TYPE", "_RSMI_IO_LINK_TYPE"),
    ("union", "rsmi_func_id_value_t", "id"),
    ("struct", "metrics_table_header_t", "metrics_table_header_t"),
    ("struct", "amdgpu_xcp_metrics_t", "amdgpu_xcp_metrics_t"),
];

/// What is not in rocm_smi.h: rsmi_compat.h declares it.
const BEYOND: &str = "core/src/api/compat.rs";

/// rocm_smi.h
fn generate() -> String {
    let mut config = config("cbindgen.toml");
    config.export.exclude = declared(&[BEYOND]);
    let mut header =
        write(cbindgen::Builder::new().with_crate(format!("{ROOT}/core")).with_config(config));
    for (kind, name, tag) in TAGS {
        let end = header.find(&format!("\n}} {name};")).expect("the type is in the header");
        let untagged = format!("typedef {kind} {{");
        let start = header[..end].rfind(&untagged).expect("the type has a beginning");
        header.replace_range(start..start + untagged.len(), &format!("typedef {kind} {tag} {{"));
    }
    for (name, kind) in RETIRED_ENUMERATORS {
        header = with_a_retired_enumerator(&header, name, kind);
    }
    with_groups(&with_common_words(&set_the_retired_apart(&with_large_enumerators_allowed(
        &header,
    ))))
}

/// Enumerators for those who ask, which core/src/types/retired.rs has as constants: the Rust enum has
/// only what the library itself knows.
const RETIRED_ENUMERATORS: [(&str, &str); 1] =
    [("RSMI_EVT_NOTIF_RING_HANG", "rsmi_evt_notification_type_t")];

/// What stands around such an enumerator. What else is retired is at the end, between other lines.
const RETIRED_ENUMERATOR: (&str, &str) = ("#if defined(RSMI_COMPAT_RETIRED)\n", "#endif\n");

/// Makes the constant an enumerator.
fn with_a_retired_enumerator(header: &str, name: &str, kind: &str) -> String {
    let is_it = |item: &&str| item.contains(&format!("\n#define {name} "));
    let item = header.split("\n\n").find(is_it).expect("the constant is in the header");
    let (comment, value) =
        item.split_once(&format!("#define {name} ")).expect("it is the constant");
    let comment: String = comment.trim().lines().map(|line| format!("  {line}\n")).collect();
    let end = format!("}} {kind};");
    let (before, after) = RETIRED_ENUMERATOR;
    let enumerator = format!("{before}{comment}  {name} = {},\n{after}{end}", value.trim());
    header.replace(&format!("{item}\n\n"), "").replacen(&end, &enumerator, 1)
}

/// The header as those see it who do not ask for what is retired, but for the block at the end.
fn without_retired_enumerators(header: &str) -> String {
    let (before, after) = RETIRED_ENUMERATOR;
    let mut pieces = header.split(before);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once(after).expect("it ends").1)
}

/// ISO C before C23 has no enumerator beyond the range of int, which this API cannot do without;
/// compilers have them as an extension, and complain under -pedantic unless told that this is known.
fn with_large_enumerators_allowed(header: &str) -> String {
    const BEGINNING: &str = "\ntypedef enum";
    let mut pieces = header.split(BEGINNING);
    let mut marked = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (body, _) = piece.split_once("\n}").expect("an enum ends");
        let large = body.lines().filter_map(value).any(|value| value > i128::from(i32::MAX));
        marked += if large { "\n__extension__ typedef enum" } else { BEGINNING };
        marked += piece;
    }
    marked
}

/// That of a line of an enum, `NAME = 1ull,`.
fn value(line: &str) -> Option<i128> {
    let (_, value) = line.trim().strip_suffix(',')?.split_once(" = ")?;
    value.trim_end_matches(char::is_alphabetic).parse().ok()
}

/// rsmi_compat.h, whose types are those of rocm_smi.h.
fn generate_compat() -> String {
    let source = Path::new(ROOT).join(BEYOND);
    let builder = cbindgen::Builder::new().with_src(source);
    with_common_words(&write(builder.with_config(config("cbindgen.compat.toml"))))
}

fn config(file: &str) -> cbindgen::Config {
    cbindgen::Config::from_file(format!("{ROOT}/{file}")).expect("the configuration is valid")
}

fn write(builder: cbindgen::Builder) -> String {
    let mut header = Vec::new();
    builder.generate().expect("cbindgen can read the source").write(&mut header);
    String::from_utf8(header).expect("cbindgen writes UTF-8")
}

/// The statuses of a function whose comment lists none.
const NO_MORE_STATUSES: &str = "/// @return RSMI_STATUS_SUCCESS or a common status.";
/// The same for the retired functions: core/src/api/retired.rs lists their statuses once for all.
const LISTED_STATUSES: &str =
    "/// @return RSMI_STATUS_SUCCESS, a common status, or a status of the list above.";

/// Puts what the newest header no longer has at the end, for those who ask for it.
fn set_the_retired_apart(header: &str) -> String {
    let retired = retired();
    let (mut kept, mut moved) = (Vec::new(), Vec::new());
    for item in header.split("\n\n") {
        let declares = |name: &String| declaration(item).contains(&name.as_str());
        if retired.iter().any(declares) {
            moved.push(item.replace(NO_MORE_STATUSES, LISTED_STATUSES));
        } else {
            kept.push(item);
        }
    }
    let kept = kept.join("\n\n");
    let end = kept.rfind("\n#ifdef __cplusplus\n}").expect("the header ends what it began");
    let (before, after) = kept.split_at(end);
    let moved = moved.join("\n\n");
    format!(
        "{before}\n#ifdef RSMI_COMPAT_RETIRED\n\n{moved}\n\n#endif  // RSMI_COMPAT_RETIRED\n{after}"
    )
}

/// Adds what the comments in core/src/api leave out because it is the same for every function of a
/// device: the parameter `dv_ind`, and the beginning of the list of statuses.
fn with_common_words(header: &str) -> String {
    let items: Vec<_> = header.split("\n\n").map(with_common_words_of_one).collect();
    items.join("\n\n")
}

fn with_common_words_of_one(item: &str) -> String {
    if !item.contains("(uint32_t dv_ind,") && !item.contains("(uint32_t dv_ind)") {
        return item.to_owned();
    }
    let mut lines: Vec<&str> = item.lines().collect();
    let find = |lines: &[&str], tag: &str| lines.iter().position(|line| line.starts_with(tag));
    let end = |lines: &[&str]| lines.iter().take_while(|line| line.starts_with("///")).count();
    if find(&lines, "/// @").is_none() {
        lines.insert(end(&lines), "///");
    }
    let first = find(&lines, "/// @").unwrap_or(end(&lines));
    lines.insert(first, "/// @param[in] dv_ind The index of the device, from 0.");
    if find(&lines, "/// @return").is_none() {
        match find(&lines, "/// @retval") {
            Some(at) => lines.insert(at, "/// @return RSMI_STATUS_SUCCESS, a common status, or:"),
            None => {
                lines.insert(end(&lines), NO_MORE_STATUSES);
            }
        }
    }
    lines.join("\n")
}

/// Makes a Doxygen group of each file of core/src/api. cbindgen.toml begins the group of the types.
fn with_groups(header: &str) -> String {
    let chapters = chapters();
    let (mut items, mut open) = (Vec::new(), None);
    for item in header.split("\n\n") {
        let declares = |chapter: &&Chapter| {
            declaration(item).iter().any(|name| chapter.names.iter().any(|it| it == name))
        };
        let chapter = chapters.iter().find(declares);
        let begins = chapter.filter(|chapter| open != Some(chapter.group.as_str()));
        let ends = ["#ifdef", "#endif"].iter().any(|it| item.trim_start().starts_with(it));
        if (begins.is_some() || ends) && open.take().is_some() {
            items.push("/// @}".to_owned());
        }
        if let Some(chapter) = begins {
            items.push(chapter.heading());
            open = Some(&chapter.group);
        }
        if item.contains("@defgroup types") {
            open = Some("types");
        }
        items.push(item.to_owned());
    }
    items.join("\n\n")
}

/// A file of core/src/api: its first line is the title of its group, and what follows describes it.
struct Chapter {
    group: String,
    title: String,
    description: Vec<String>,
    names: Vec<String>,
}

impl Chapter {
    fn heading(&self) -> String {
        let mut lines = vec![format!("/// @defgroup {} {}", self.group, self.title)];
        lines.extend(self.description.iter().map(|line| format!("///{line}")));
        lines.push("/// @{".to_owned());
        lines.join("\n")
    }
}

fn chapters() -> Vec<Chapter> {
    let modules =
        fs::read_to_string(Path::new(ROOT).join("core/src/api/mod.rs")).expect("it is text");
    let modules =
        modules.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let chapter = |group: &str| {
        let file = format!("core/src/api/{group}.rs");
        let text = fs::read_to_string(Path::new(ROOT).join(&file)).expect("it is text");
        let mut comment = text.lines().map_while(|line| line.strip_prefix("//!"));
        let title = comment.next().expect("the first line is the title");
        let title = title.trim().trim_end_matches('.').to_owned();
        let description = comment.map(str::to_owned).collect();
        let names = if group == "retired" { retired() } else { declared(&[&file]) };
        Chapter { group: group.to_owned(), title, description, names }
    };
    modules.map(chapter).collect()
}

/// The functions and types that the newest header no longer has.
fn retired() -> Vec<String> {
    let names = declared(&[
        "core/src/api/retired.rs",
        "core/src/api/retired/clocks.rs",
        "core/src/api/retired/links.rs",
        "core/src/types/retired.rs",
    ]);
    assert!(names.len() > 60, "only {} functions and types were found", names.len());
    names
}

/// The functions, types and constants that files declare for C.
fn declared(files: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for file in files {
        let text = fs::read_to_string(Path::new(ROOT).join(file)).expect("it is text");
        for line in text.lines() {
            let kinds = ["pub unsafe extern \"C\" fn ", "pub type ", "pub const "];
            let name = kinds.iter().find_map(|kind| line.strip_prefix(kind));
            names.extend(name.and_then(|name| words(name).next()).map(str::to_owned));
        }
    }
    names
}

/// The words of a declaration that may be what it declares: of a function the last before the
/// parameters, of a type the last but for an array's length.
fn declaration(item: &str) -> Vec<&str> {
    let code: Vec<&str> =
        item.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let Some(first) = code.first() else { return Vec::new() };
    if let Some(constant) = first.strip_prefix("#define ") {
        return words(constant).next().into_iter().collect();
    }
    let head = first.split(['(', '[', ';']).next().unwrap_or_default();
    words(head).last().into_iter().collect()
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[test]
fn the_committed_headers_are_the_generated_ones() {
    compare("include/rocm_smi/rocm_smi.h", &generate());
    compare("include/rsmi_compat.h", &generate_compat());
}

fn compare(file: &str, generated: &str) {
    let path = format!("{ROOT}/{file}");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, generated).expect("the header can be written");
        return;
    }
    let committed = fs::read_to_string(&path).expect("the header is there");
    for (number, (ours, theirs)) in (1..).zip(committed.lines().zip(generated.lines())) {
        assert_eq!(ours, theirs, "{path}:{number}: run `BLESS=1 cargo test --test header`");
    }
    assert!(committed == generated, "{path}: run `BLESS=1 cargo test --test header`");
}

/// cbindgen drops a type that no function takes, unless cbindgen.toml names it.
#[test]
fn every_public_type_and_constant_is_in_the_header() {
    let header = generate();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let in_header: Vec<&str> = header.split(|c| !is_word(c)).collect();
    let mut seen = 0;
    for file in fs::read_dir(Path::new(ROOT).join("core/src/types")).expect("it is a directory") {
        let text = fs::read_to_string(file.expect("it can be listed").path()).expect("it is text");
        for line in text.lines() {
            let mut words = line.split(|c| !is_word(c));
            let (Some("pub"), Some("const" | "enum" | "struct" | "type" | "union"), Some(name)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            seen += 1;
            assert!(in_header.contains(&name), "{name} is missing: add it to cbindgen.toml");
        }
    }
    assert!(seen > 80, "only {seen} types and constants were found in core/src/types");
}

#[test]
fn only_those_who_ask_see_what_is_retired() {
    let whole = generate();
    let header = without_retired_enumerators(&whole);
    let (before, rest) = header.split_once("#ifdef RSMI_COMPAT_RETIRED").expect("they are there");
    let (block, after) = rest.split_once("#endif").expect("it ends");
    for name in retired() {
        if RETIRED_ENUMERATORS.iter().any(|(enumerator, _)| *enumerator == name) {
            let is = |text: &str| words(text).any(|word| word == name);
            assert!(is(&whole) && !is(&header), "{name} is not there for those alone who ask");
            continue;
        }
        let declared = |text: &str| words(text).any(|word| word == name);
        assert!(declared(block), "{name} is not there for those who ask");
        assert!(!declared(before) && !declared(after), "{name} is there for everyone");
    }
    for item in block.split("\n\n") {
        for name in declaration(item) {
            assert!(retired().iter().any(|retired| retired == name), "{name} is not retired");
        }
    }
}

/// Each parameter with its direction, and what the function returns.
#[test]
fn every_comment_of_a_function_is_complete() {
    let mut seen = 0;
    for item in (generate() + "\n\n" + &generate_compat()).split("\n\n") {
        let (comment, code) = item.split_at(item.find("rsmi_status_t rsmi_").unwrap_or(item.len()));
        let Some((name, parameters)) = code.split_once('(') else { continue };
        let parameters = parameters.split(')').next().unwrap_or_default();
        for parameter in parameters.split(',').filter(|parameter| *parameter != "void") {
            let parameter = words(parameter).next_back().expect("a parameter has a name");
            let directions = ["in", "out", "in,out"];
            let tags = directions.map(|it| format!("/// @param[{it}] {parameter} "));
            assert!(tags.iter().any(|tag| comment.contains(tag)), "{name}: no @param {parameter}");
        }
        let returns = comment.matches("/// @return ").count();
        assert!(comment.starts_with("/// ") && returns == 1, "{name}: {returns} @return");
        seen += 1;
    }
    let all = include_str!("abi/symbols.txt").lines().count();
    assert!(seen >= all, "only {seen} functions of {all} were found");
}

/// A function "returns", a file "holds", a device "reports"; "them" leaves open what is meant.
#[test]
fn the_comments_are_in_plain_english() {
    const AVOIDED: [&str; 7] = ["answers", "says", "tell", "tells", "told", "them", "whatever"];
    let header = generate() + "\n\n" + &generate_compat();
    let comments = header.lines().map(str::trim_start).filter(|line| line.starts_with("///"));
    let mut seen = 0;
    for line in comments {
        let avoided = words(line).find(|word| AVOIDED.contains(word));
        assert_eq!(avoided, None, "{line}");
        seen += 1;
    }
    assert!(seen > 1000, "only {seen} lines were found");
}

/// cbindgen takes every `pub const` of the crate for one of the header's.
#[test]
fn every_macro_of_the_header_is_one_of_the_original() {
    let header = generate();
    let names: Vec<_> = header.lines().filter_map(|line| line.strip_prefix("#define ")).collect();
    assert!(names.len() > 15, "only {} macros were found in the header", names.len());
    for name in names.iter().filter_map(|name| name.split([' ', '(']).next()) {
        assert!(
            ["ROCM_SMI_ROCM_SMI_H_", "RSMI_COMPAT_CALL"].contains(&name)
                || retired().iter().any(|retired| retired == name)
                || include_str!("abi/layout.c").contains(name),
            "{name} is not in the original header: make it pub(crate)"
        );
    }
}

#[test]
fn it_compiles_in_every_standard() {
    let source = r#"
        #include "rocm_smi/rocm_smi.h"
        #include "rocm_smi/rocm_smi.h"
        #include "rocm_smi/rocm_smi64Config.h"

        #if rocm_smi_VERSION_MAJOR != 7 || rocm_smi_VERSION_MINOR != 8
        #error "the version is not that of the API"
        #endif

        int profiles[RSMI_MAX_NUM_POWER_PROFILES];
        struct metrics_table_header_t header;
        struct amdgpu_xcp_metrics_t partition;
        union id value;
        enum _RSMI_IO_LINK_TYPE link = RSMI_IOLINK_TYPE_XGMI;
        #ifdef __cplusplus
        std::uint32_t node = CPU_NODE_INDEX;
        #endif
        #ifdef RSMI_COMPAT_RETIRED
        GPUMetricTempHbm_t temperatures;
        rsmi_status_t (*function)(uint32_t, GPUMetricTempHbm_t *) = rsmi_dev_metrics_temp_hbm_get;
        const char *of_event(rsmi_evt_notification_type_t event);
        const char *of_event(rsmi_evt_notification_type_t event) {
          switch (event) {
            case RSMI_EVT_NOTIF_RING_HANG: return "ring hang";
            case RSMI_EVT_NOTIF_EVENT_MIGRATE_START: return "migration";
            default: return "another";
          }
        }
        #endif
    "#;
    for dialect in compiler::dialects() {
        dialect.check(&[], source);
        dialect.check(&["-DRSMI_COMPAT_RETIRED"], source);
    }
}

/// Source that was written for an older header finds each name in ours.
#[test]
fn it_has_every_constant_that_some_header_had() {
    let mut source = String::from("#include \"rocm_smi/rocm_smi.h\"\n");
    source += "#ifndef __cplusplus\n#define static_assert __extension__ _Static_assert\n#endif\n";
    let listed = include_str!("abi/constants.txt").lines();
    let mut seen = 0;
    for line in listed.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (name, number) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        source += &format!("static_assert((uint64_t)({name}) == {number}u, \"{name}\");\n");
        seen += 1;
    }
    assert!(seen > 230, "only {seen} constants are listed");
    for dialect in compiler::dialects() {
        dialect.check(&["-DRSMI_COMPAT_RETIRED"], &source);
    }
}

/// Alone, since it brings all that it needs, and beside the other.
#[test]
fn what_is_beyond_compiles_in_every_standard() {
    let source = r#"
        #include "rsmi_compat.h"
        #include "rsmi_compat.h"
        #include "rocm_smi/rocm_smi.h"

        char address[RSMI_COMPAT_PCI_BUS_ID_SIZE];
        rsmi_status_t (*by_address)(const char *, uint32_t *) = rsmi_compat_index_from_pci_bus_id;
        rsmi_status_t (*back)(uint32_t, char *, size_t) = rsmi_compat_dev_pci_bus_id_get;
        rsmi_status_t (*version)(rsmi_version_t *) = rsmi_compat_version_get;
    "#;
    for dialect in compiler::dialects() {
        dialect.check(&[], source);
    }
}

#[test]
fn nothing_that_is_beyond_is_in_the_original_header() {
    let (header, compat) = (generate(), generate_compat());
    let names = declared(&[BEYOND]);
    assert!(names.len() > 8, "only {} functions and constants were found", names.len());
    for name in names {
        let declared = |text: &str| words(text).any(|word| word == name);
        assert!(!declared(&header), "{name} is in rocm_smi.h");
        assert!(declared(&compat), "{name} is not in rsmi_compat.h");
        let prefix = name.starts_with("rsmi_compat_") || name.starts_with("RSMI_COMPAT_");
        assert!(prefix, "{name} has not our prefix");
    }
}

/// Kernel headers that a machine may have: none that compiles, one that lacks the newer events, and
/// one that has everything. Some programs bring a copy of their own.
#[test]
fn the_kfd_events_do_not_depend_on_the_kernel_headers() {
    const OLD: &str = "
        #ifndef KFD_IOCTL_H_INCLUDED
        #define KFD_IOCTL_H_INCLUDED
        #define KFD_IOCTL_MAJOR_VERSION 1
        #define KFD_IOCTL_MINOR_VERSION 3
        enum kfd_smi_event { KFD_SMI_EVENT_NONE = 0, KFD_SMI_EVENT_VMFAULT = 1 };
        #define KFD_SMI_EVENT_MASK_FROM_INDEX(i) (1ULL << ((i) - 1))
        struct kfd_ioctl_smi_events_args { unsigned gpuid; unsigned anon_fd; };
        #define AMDKFD_IOC_SMI_EVENTS 0xC0084B1F
        #endif
    ";
    const NEW: &str = "
        #ifndef KFD_IOCTL_H_INCLUDED
        #define KFD_IOCTL_H_INCLUDED
        #define KFD_IOCTL_MAJOR_VERSION 1
        #define KFD_IOCTL_MINOR_VERSION 10
        enum kfd_smi_event {
          KFD_SMI_EVENT_NONE, KFD_SMI_EVENT_VMFAULT, KFD_SMI_EVENT_THERMAL_THROTTLE,
          KFD_SMI_EVENT_GPU_PRE_RESET, KFD_SMI_EVENT_GPU_POST_RESET, KFD_SMI_EVENT_MIGRATE_START,
          KFD_SMI_EVENT_MIGRATE_END, KFD_SMI_EVENT_PAGE_FAULT_START, KFD_SMI_EVENT_PAGE_FAULT_END,
          KFD_SMI_EVENT_QUEUE_EVICTION, KFD_SMI_EVENT_QUEUE_RESTORE,
          KFD_SMI_EVENT_UNMAP_FROM_GPU, KFD_SMI_EVENT_ALL_PROCESS = 64
        };
        #define KFD_SMI_EVENT_MASK_FROM_INDEX(i) (1ULL << ((i) - 1))
        #define KFD_SMI_EVENT_MSG_SIZE 96
        struct kfd_ioctl_smi_events_args { unsigned gpuid; unsigned anon_fd; };
        #define AMDKFD_IOC_SMI_EVENTS 0xC0084B1F
        #endif
    ";
    let source = r#"
        #include "rocm_smi/rocm_smi.h"
        #include <linux/kfd_ioctl.h>
        #include <own/kfd_ioctl.h>
        #ifndef __cplusplus
        #define static_assert __extension__ _Static_assert
        #endif
        #define SAME(kfd, rsmi) static_assert((int)(kfd) == (int)(rsmi), #kfd)
        SAME(KFD_SMI_EVENT_NONE, RSMI_EVT_NOTIF_NONE);
        SAME(KFD_SMI_EVENT_VMFAULT, RSMI_EVT_NOTIF_VMFAULT);
        SAME(KFD_SMI_EVENT_THERMAL_THROTTLE, RSMI_EVT_NOTIF_THERMAL_THROTTLE);
        SAME(KFD_SMI_EVENT_GPU_PRE_RESET, RSMI_EVT_NOTIF_GPU_PRE_RESET);
        SAME(KFD_SMI_EVENT_GPU_POST_RESET, RSMI_EVT_NOTIF_GPU_POST_RESET);
        SAME(KFD_SMI_EVENT_MIGRATE_START, RSMI_EVT_NOTIF_EVENT_MIGRATE_START);
        SAME(KFD_SMI_EVENT_MIGRATE_END, RSMI_EVT_NOTIF_EVENT_MIGRATE_END);
        SAME(KFD_SMI_EVENT_PAGE_FAULT_START, RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_START);
        SAME(KFD_SMI_EVENT_PAGE_FAULT_END, RSMI_EVT_NOTIF_EVENT_PAGE_FAULT_END);
        SAME(KFD_SMI_EVENT_QUEUE_EVICTION, RSMI_EVT_NOTIF_EVENT_QUEUE_EVICTION);
        SAME(KFD_SMI_EVENT_QUEUE_RESTORE, RSMI_EVT_NOTIF_EVENT_QUEUE_RESTORE);
        SAME(KFD_SMI_EVENT_UNMAP_FROM_GPU, RSMI_EVT_NOTIF_EVENT_UNMAP_FROM_GPU);
        SAME(KFD_SMI_EVENT_ALL_PROCESS, RSMI_EVT_NOTIF_EVENT_ALL_PROCESS);
        SAME(KFD_SMI_EVENT_MSG_SIZE, MAX_EVENT_NOTIFICATION_MSG_SIZE);
        static_assert(KFD_SMI_EVENT_MASK_FROM_INDEX(64) == RSMI_EVENT_MASK_FROM_INDEX(64), "mask");
        static_assert(AMDKFD_IOC_SMI_EVENTS == 0xC0084B1F, "the number of the ioctl");
        struct kfd_ioctl_smi_events_args arguments = {1, 2};
    "#;
    for (name, kernel) in [("none", ""), ("old", OLD), ("new", NEW)] {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kfd").join(name);
        let files =
            [("linux", "kfd_ioctl.h", kernel), ("own", "kfd_ioctl.h", NEW), ("drm", "drm.h", "")];
        for (folder, file, text) in files {
            fs::create_dir_all(directory.join(folder)).expect("it is ours");
            fs::write(directory.join(folder).join(file), text).expect("it is ours");
        }
        let directory = directory.to_str().expect("a path in UTF-8");
        for dialect in compiler::dialects() {
            dialect.check(&["-I", directory], source);
        }
    }
}
