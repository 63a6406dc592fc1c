//! The cases as data: how each client is built, how it is started, and what it does.

/// How a client is built: from which files, and what it refers to by name, in the order of linking.
pub struct Client {
    pub name: &'static str,
    pub sources: &'static [&'static str],
    pub links: &'static [Link],
    pub flags: &'static [&'static str],
    /// All but the first file is a library of its own, whose references nobody resolved.
    pub plug_in: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Ours,
    /// The real librocm_smi64.
    Original,
    AmdSmi,
}

const STEPS: &[&str] = &["main.c", "steps.c", "client.c"];

pub const UNLINKED: Client =
    Client { name: "unlinked", sources: STEPS, links: &[], flags: &[], plug_in: false };
const LINKED: Client = Client { name: "linked", links: &[Link::Ours], ..UNLINKED };
const UNMODIFIED: Client = Client { name: "unmodified", links: &[Link::Original], ..UNLINKED };
const PLUG_IN: Client =
    Client { name: "plug-in", flags: &["-DLINK_RSMI"], plug_in: true, ..UNLINKED };
const AMDSMI_FIRST: Client =
    Client { name: "amdsmi-first", links: &[Link::AmdSmi, Link::Ours], ..UNLINKED };
const AMDSMI_LAST: Client =
    Client { name: "amdsmi-last", links: &[Link::Ours, Link::AmdSmi], ..UNLINKED };
const UNMODIFIED_AMDSMI_FIRST: Client =
    Client { name: "unmodified-amdsmi-first", links: &[Link::AmdSmi, Link::Original], ..UNLINKED };
const SANITIZED: Client = Client { name: "asan", flags: &["-fsanitize=address"], ..LINKED };
const SANITIZED_STATICALLY: Client =
    Client { name: "asan-static", flags: &["-fsanitize=address", "-static-libasan"], ..LINKED };
const SANITIZED_UNLINKED: Client =
    Client { name: "asan-unlinked", flags: &["-fsanitize=address"], ..UNLINKED };
const THREADS: Client = Client { name: "threads", sources: &["threads.c", "client.c"], ..LINKED };
const FORKS: Client = Client { name: "forks", sources: &["forks.c", "client.c"], ..LINKED };
const BUSY: Client = Client { name: "busy", sources: &["busy.c"], ..LINKED };
const CYCLES: Client = Client { name: "cycles", sources: &["cycles.c", "client.c"], ..LINKED };
const LATE: Client = Client { name: "late", sources: &["late.c", "client.c"], ..LINKED };
const FALLBACK: Client =
    Client { name: "fallback", sources: &["fallback.c", "client.c"], ..LINKED };

/// What a client is to do.
pub enum Task {
    /// The arguments of steps.c, from which follows what it must print.
    Steps(&'static str),
    Other {
        arguments: &'static [&'static str],
        prints: &'static str,
    },
}
use Task::{Other, Steps};

pub struct Case {
    pub name: &'static str,
    pub client: &'static Client,
    pub machine: &'static str,
    pub env: &'static [(&'static str, &'static str)],
    pub task: Task,
}

const MI300X: &str = "mi300x-2";
const NAVI31: &str = "navi31-2";
const NO_DRIVER: &str = "no-driver";
const PRELOADED: &[(&str, &str)] = &[("LD_PRELOAD", "{ours}")];
const JEMALLOC: &[(&str, &str)] = &[("LD_PRELOAD", "libjemalloc.so.2")];
const TCMALLOC: &[(&str, &str)] = &[("LD_PRELOAD", "libtcmalloc_minimal.so.4")];
/// What libamd_smi keeps until the process ends is no leak of ours.
const NO_LEAKS: &[(&str, &str)] = &[("ASAN_OPTIONS", "detect_leaks=0")];

const ALONE: &str = "\
    rsmi.from=librsmi_compat rsmi.init rsmi.values rsmi.shut_down rsmi.shut_down=8 rsmi.init \
    rsmi.init rsmi.values rsmi.shut_down rsmi.values rsmi.shut_down";
const DURING_AMDSMI: &str = "\
    amdsmi.init amdsmi.values rsmi.init rsmi.values amdsmi.values rsmi.shut_down amdsmi.values \
    rsmi.init rsmi.values rsmi.shut_down amdsmi.values amdsmi.shut_down rsmi.init rsmi.values \
    rsmi.shut_down";
const AMDSMI_LEAVES_FIRST: &str = "\
    amdsmi.init rsmi.init amdsmi.values rsmi.values amdsmi.shut_down rsmi.values rsmi.shut_down \
    rsmi.init rsmi.values rsmi.shut_down";
const DURING_OURS: &str = "\
    rsmi.init rsmi.values amdsmi.init amdsmi.values rsmi.values amdsmi.shut_down rsmi.values \
    amdsmi.init amdsmi.values rsmi.values amdsmi.shut_down rsmi.values rsmi.shut_down";
const OURS_LEAVES_FIRST: &str = "\
    rsmi.init amdsmi.init rsmi.values amdsmi.values rsmi.shut_down amdsmi.values \
    amdsmi.shut_down amdsmi.init amdsmi.values amdsmi.shut_down";

const fn case(
    name: &'static str,
    client: &'static Client,
    env: &'static [(&'static str, &'static str)],
    steps: &'static str,
) -> Case {
    Case { name, client, machine: MI300X, env, task: Steps(steps) }
}

const fn late(name: &'static str, arguments: &'static [&'static str]) -> Case {
    let task = Other { arguments, prints: "same answers\nshut down\nonce\n" };
    Case { name, client: &LATE, machine: MI300X, env: &[], task }
}

pub const CASES: &[Case] = &[
    // Every way for a client to get hold of us.
    case("linked", &LINKED, &[], ALONE),
    Case { machine: NAVI31, ..case("linked, other GPUs", &LINKED, &[], ALONE) },
    case("preloaded under an unmodified program", &UNMODIFIED, PRELOADED, ALONE),
    case("preloaded under a plug-in with undefined references", &PLUG_IN, PRELOADED, ALONE),
    case(
        "dlopen, global",
        &UNLINKED,
        &[],
        "rsmi.load=global,{ours} rsmi.from=librsmi_compat rsmi.init rsmi.values rsmi.shut_down \
         rsmi.shut_down=8",
    ),
    case(
        "dlopen, local",
        &UNLINKED,
        &[],
        "rsmi.load=local,{ours} rsmi.from=librsmi_compat rsmi.init rsmi.values rsmi.shut_down \
         rsmi.shut_down=8",
    ),
    case(
        "dlclose and dlopen again",
        &UNLINKED,
        &[],
        "rsmi.load=local,{ours} rsmi.init rsmi.values rsmi.shut_down rsmi.unload \
         mapped=librsmi_compat rsmi.load=global,{ours} rsmi.init rsmi.values rsmi.unload \
         rsmi.load=local,{ours} rsmi.values rsmi.shut_down rsmi.shut_down=8 rsmi.unload",
    ),
    // An application that uses libamd_smi too.
    case("amdsmi linked first, used around ours", &AMDSMI_FIRST, &[], DURING_AMDSMI),
    case("amdsmi linked first, shut down before ours", &AMDSMI_FIRST, &[], AMDSMI_LEAVES_FIRST),
    case("amdsmi linked first, used within ours", &AMDSMI_FIRST, &[], DURING_OURS),
    case("amdsmi linked first, ours shut down before it", &AMDSMI_FIRST, &[], OURS_LEAVES_FIRST),
    case("amdsmi linked last, used around ours", &AMDSMI_LAST, &[], DURING_AMDSMI),
    case("amdsmi linked last, shut down before ours", &AMDSMI_LAST, &[], AMDSMI_LEAVES_FIRST),
    case("amdsmi linked last, used within ours", &AMDSMI_LAST, &[], DURING_OURS),
    case("amdsmi linked last, ours shut down before it", &AMDSMI_LAST, &[], OURS_LEAVES_FIRST),
    case(
        "unmodified, amdsmi linked first, preloaded",
        &UNMODIFIED_AMDSMI_FIRST,
        PRELOADED,
        DURING_AMDSMI,
    ),
    case(
        "unmodified, amdsmi linked first, within ours",
        &UNMODIFIED_AMDSMI_FIRST,
        PRELOADED,
        DURING_OURS,
    ),
    case(
        "rsmi_init bound to a libamd_smi that came first",
        &UNMODIFIED,
        &[("LD_PRELOAD", "{amdsmi} {ours}")],
        "rsmi.init rsmi.values rsmi.shut_down rsmi.init rsmi.values rsmi.shut_down",
    ),
    case(
        "rsmi_init of a plug-in bound to a libamd_smi that came first",
        &PLUG_IN,
        &[("LD_PRELOAD", "{amdsmi} {ours}")],
        "rsmi.init rsmi.values rsmi.shut_down",
    ),
    case(
        "amdsmi global, then ours global",
        &UNLINKED,
        &[],
        "amdsmi.load=global,{amdsmi} amdsmi.init amdsmi.values rsmi.load=global,{ours} rsmi.init \
         rsmi.values amdsmi.values rsmi.shut_down amdsmi.values amdsmi.shut_down",
    ),
    case(
        "amdsmi local, then ours global",
        &UNLINKED,
        &[],
        "amdsmi.load=local,{amdsmi} amdsmi.init amdsmi.values rsmi.load=global,{ours} rsmi.init \
         rsmi.values amdsmi.values rsmi.shut_down amdsmi.values amdsmi.shut_down",
    ),
    case(
        "amdsmi global but not in use, then ours local",
        &UNLINKED,
        &[],
        "amdsmi.load=global,{amdsmi} rsmi.load=local,{ours} rsmi.init rsmi.values amdsmi.init \
         amdsmi.values rsmi.shut_down amdsmi.values amdsmi.shut_down",
    ),
    case(
        "ours global and in use, then amdsmi global",
        &UNLINKED,
        &[],
        "rsmi.load=global,{ours} rsmi.init rsmi.values amdsmi.load=global,{amdsmi} amdsmi.init \
         amdsmi.values rsmi.values amdsmi.shut_down rsmi.values rsmi.shut_down",
    ),
    case(
        "ours global but not in use, then amdsmi local",
        &UNLINKED,
        &[],
        "rsmi.load=global,{ours} amdsmi.load=local,{amdsmi} amdsmi.init amdsmi.values \
         amdsmi.shut_down rsmi.init rsmi.values rsmi.shut_down",
    ),
    case(
        "the libamd_smi of the application, not a second one",
        &UNLINKED,
        &[("RSMI_COMPAT_AMDSMI", "")],
        "amdsmi.load=local,{amdsmi} amdsmi.init rsmi.load=global,{ours} rsmi.init rsmi.values \
         unmapped=/usr/lib/x86_64-linux-gnu/libamd_smi amdsmi.values rsmi.shut_down amdsmi.values \
         amdsmi.shut_down",
    ),
    // The original in the same process.
    case(
        "original global, then ours global",
        &UNLINKED,
        &[],
        "other.load=global,{original} other.init other.values rsmi.load=global,{ours} \
         rsmi.from=librsmi_compat rsmi.init rsmi.values other.values rsmi.shut_down other.values \
         other.shut_down",
    ),
    case(
        "original local, then ours global",
        &UNLINKED,
        &[],
        "other.load=local,{original} other.init other.values rsmi.load=global,{ours} rsmi.init \
         rsmi.values other.values rsmi.shut_down other.values other.shut_down",
    ),
    case(
        "ours global, then original local",
        &UNLINKED,
        &[],
        "rsmi.load=global,{ours} rsmi.init rsmi.values other.load=local,{original} \
         other.from=librocm_smi64 other.init other.values rsmi.values other.shut_down rsmi.values \
         rsmi.shut_down",
    ),
    case(
        "ours global, then original global",
        &UNLINKED,
        &[],
        "rsmi.load=global,{ours} rsmi.init rsmi.values other.load=global,{original} other.init \
         other.values rsmi.values rsmi.shut_down other.values other.shut_down",
    ),
    case(
        "preloaded, and the original opened by an unmodified program",
        &UNMODIFIED,
        PRELOADED,
        "rsmi.init rsmi.values other.load=local,{original} other.init other.values rsmi.values \
         other.shut_down rsmi.values rsmi.shut_down",
    ),
    case(
        "original, amdsmi and ours, all global",
        &UNLINKED,
        &[],
        "other.load=global,{original} other.init amdsmi.load=global,{amdsmi} \
         rsmi.load=global,{ours} rsmi.init rsmi.values other.values rsmi.shut_down \
         other.shut_down",
    ),
    // Other people's allocators and sanitizers.
    case("under jemalloc, linked", &LINKED, JEMALLOC, ALONE),
    case("under jemalloc, beside amdsmi", &AMDSMI_LAST, JEMALLOC, DURING_OURS),
    case("under tcmalloc, linked", &LINKED, TCMALLOC, ALONE),
    case("under tcmalloc, beside amdsmi", &AMDSMI_LAST, TCMALLOC, DURING_OURS),
    case("AddressSanitizer, linked", &SANITIZED, NO_LEAKS, ALONE),
    case("AddressSanitizer, its runtime linked statically", &SANITIZED_STATICALLY, NO_LEAKS, ALONE),
    case(
        "AddressSanitizer, dlopen",
        &SANITIZED_UNLINKED,
        NO_LEAKS,
        "rsmi.load=global,{ours} rsmi.init rsmi.values rsmi.shut_down rsmi.unload \
         rsmi.load=local,{ours} rsmi.init rsmi.values rsmi.shut_down",
    ),
    // Threads, children, and the long run.
    Case {
        name: "100 threads ask while others initialise",
        client: &THREADS,
        machine: MI300X,
        env: &[],
        task: Other { arguments: &["held"], prints: "answers: right\n" },
    },
    Case {
        name: "100 threads ask while nobody holds it initialised",
        client: &THREADS,
        machine: MI300X,
        env: &[],
        task: Other { arguments: &["free"], prints: "answers: right\n" },
    },
    Case {
        name: "who asks not to wait is told that the device is busy",
        client: &BUSY,
        machine: MI300X,
        env: &[],
        task: Other {
            arguments: &["576460752303423488"],
            prints: "some were told that it is busy, 0 other failures, 0 on another device\n",
        },
    },
    Case {
        name: "who did not ask for that waits",
        client: &BUSY,
        machine: MI300X,
        env: &[],
        task: Other {
            arguments: &["0"],
            prints: "nobody was told, 0 other failures, 0 on another device\n",
        },
    },
    Case {
        name: "fork",
        client: &FORKS,
        machine: MI300X,
        env: &[],
        task: Other {
            arguments: &[],
            prints: "a child of a process without rsmi_init: fine\n\
                     a child that initialises first: fine\n\
                     a child that asks at once: fine\n\
                     50 children of a busy process: fine\n\
                     the parent: fine\n\
                     environment: unchanged\n",
        },
    },
    Case {
        name: "2000 times rsmi_init and rsmi_shut_down",
        client: &CYCLES,
        machine: MI300X,
        env: &[],
        task: Other { arguments: &["2000"], prints: "2000 cycles: same answers\n" },
    },
    // The end of the process.
    late("a handler from before rsmi_init asks and shuts down", &["handler"]),
    late("a handler from before libamd_smi was opened asks and shuts down", &["between"]),
    late("a destructor asks and shuts down", &["destructor"]),
    // The environment.
    Case {
        name: "the average power of a card that has none",
        client: &FALLBACK,
        machine: MI300X,
        env: &[],
        task: Other { arguments: &[], prints: "listed:\nnull: 2 2\nvalue: 2\n" },
    },
    Case {
        name: "the current power stands in for it",
        client: &FALLBACK,
        machine: MI300X,
        env: &[("RSMI_COMPAT_POWER_FALLBACK", "1")],
        task: Other {
            arguments: &[],
            prints: "listed: 0\nnull: 1 2\nvalue: 0, the current power\n",
        },
    },
    // Nothing there.
    Case {
        machine: NO_DRIVER,
        ..case(
            "no driver",
            &LINKED,
            &[],
            "rsmi.init=8 rsmi.shut_down=8 rsmi.values rsmi.init=8 unmapped=libamd_smi",
        )
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_of_cases_and_clients_are_unique() {
        let names: HashSet<_> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len());
        for case in CASES {
            let namesakes = CASES.iter().filter(|other| other.client.name == case.client.name);
            for other in namesakes {
                assert_eq!(other.client.sources, case.client.sources);
                assert!(other.client.links == case.client.links);
                assert_eq!(other.client.flags, case.client.flags);
            }
        }
    }
}
