//! `rsmi-compat simulate`: the program is run as it would be without, only that there is a machine.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The command in an installation of its own, whose libraries nobody loads here.
struct Installed {
    prefix: TempDir,
}

impl Installed {
    fn new() -> Self {
        let prefix = tempfile::tempdir().expect("a directory");
        let path = prefix.path();
        for directory in ["bin", "lib/rsmi-compat/simulator", "tmp"] {
            fs::create_dir_all(path.join(directory)).expect("made");
        }
        for file in ["librsmi_compat.so.1", "rsmi-compat/librocm_smi64.so.1"] {
            fs::write(path.join("lib").join(file), "").expect("written");
        }
        let stand_in = path.join("lib/rsmi-compat/simulator/libamd_smi.so");
        fs::write(stand_in, "").expect("written");
        // By a process of its own: a file that we have open for writing cannot be run, and a test
        // beside this one that starts a program hands it on for a moment.
        let copied = Command::new("cp")
            .args([env!("CARGO_BIN_EXE_rsmi-compat"), "bin/rsmi-compat"])
            .current_dir(path)
            .status();
        assert!(copied.expect("there is cp").success());
        Self { prefix }
    }

    /// With a small machine, so that most of the time goes into the program.
    fn simulate(&self, options: &[&str]) -> Command {
        let mut command = self.bare();
        command.args(["--machine", "mi210"]).args(options).arg("--");
        command
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(self.prefix.path().join("bin/rsmi-compat"));
        for name in ["MACHINE", "LOAD", "SEED", "EPOCH", "TIME", "RELEASE"] {
            command.env_remove(format!("RSMI_SIM_{name}"));
        }
        command.env_remove("RSMI_COMPAT_AMDSMI").env_remove("RSMI_COMPAT_SYSFS");
        command.arg("simulate").stdin(Stdio::null());
        command
    }
}

fn output(command: &mut Command) -> (Output, String, String) {
    let output = support::output(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    (output, stdout, stderr)
}

/// The ways in which a program can see the machine; the first only where the system allows it.
const WAYS: [&[&str]; 2] = [&[], &["--no-namespace"]];

#[test]
fn arguments_directory_and_exit_status_pass_through() {
    let installed = Installed::new();
    let directory = installed.prefix.path().join("tmp").canonicalize().expect("there");
    for way in WAYS {
        let script = r#"pwd; printf '<%s>' "$0" "$@"; cat; exit 37"#;
        let mut command = installed.simulate(way);
        command.args(["sh", "-c", script, "zero", "two words", "--machine", ""]);
        let (output, stdout, stderr) = output(command.current_dir(&directory));
        assert_eq!(output.status.code(), Some(37), "{stderr}");
        let expected = format!("{}\n<zero><two words><--machine><>", directory.display());
        assert_eq!(stdout, expected);
    }
}

#[test]
fn a_program_that_a_signal_ended_is_seen_to_be() {
    let installed = Installed::new();
    for way in WAYS {
        let (output, ..) = output(installed.simulate(way).args(["sh", "-c", "kill -9 $$"]));
        assert_eq!(output.status.signal(), Some(9));
    }
}

#[test]
fn a_signal_is_handed_on_and_nothing_is_left_behind() {
    let installed = Installed::new();
    for way in WAYS {
        let script = "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
        let mut command = installed.simulate(way);
        command.args(["sh", "-c", script]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the command was started");
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut ready = [0; 6];
        stdout.read_exact(&mut ready).expect("it is ready");
        let places = places(child.id());
        assert_eq!(places.len(), 1, "{places:?}");
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("sent");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("read");
        assert_eq!(rest, "got it\n");
        assert_eq!(child.wait().expect("ended").code(), Some(5));
        assert!(!places[0].exists(), "{} is left behind", places[0].display());
    }
}

/// Whether it stops soon.
fn stops(child: &Child) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let look = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
    (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        waitid(WaitId::Pid(Pid::from_child(child)), look).expect("it is our child").is_some()
    })
}

/// As after Ctrl-Z, fg and Ctrl-Z where the command has come late: it stops with the program, and does
/// not send it on.
#[test]
fn a_program_that_was_stopped_twice_is_not_sent_on() {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let installed = Installed::new();
    let mut command = installed.simulate(&["--no-namespace"]);
    command.args(["sh", "-c", "echo $$; kill -TSTP $$; echo one; kill -TSTP $$; echo two"]);
    // In a group of its own, or nobody could send it on and the kernel would not let it stop.
    let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut line = || lines.next().expect("there is a line").expect("it is text");
    let program = Pid::from_raw(line().parse().expect("a number")).expect("it is not 0");
    assert!(stops(&child), "it does not stop with the program");
    kill_process(program, Signal::CONT).expect("sent");
    assert_eq!(line(), "one");
    let state = || fs::read_to_string(format!("/proc/{program}/stat")).expect("it is there");
    while !state().contains(") T ") {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&child), Signal::CONT).expect("sent");
    assert!(stops(&child), "it went on, and sent the program on");
    assert!(state().contains(") T "), "{}", state());
    kill_process_group(Pid::from_child(&child), Signal::CONT).expect("sent");
    assert_eq!(line(), "two");
    assert!(child.wait().expect("ended").success());
}

/// Where the command has written the machine: its lock is open there, and now and then a value.
fn places(pid: u32) -> Vec<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs");
    let open = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    let open = open.filter(|path| path.file_name().is_some_and(|name| name == "lock"));
    let open = open.filter_map(|path| Some(path.parent()?.to_owned()));
    let ours = |path: &PathBuf| path.to_string_lossy().contains("/rsmi-simulate-");
    open.filter(ours).collect()
}

#[test]
fn the_interrupt_of_a_terminal_reaches_the_program_once() {
    if !needs::program("script") {
        return;
    }
    let installed = Installed::new();
    // Each waits for the other, so that a busy machine changes nothing; then a second interrupt has
    // its time to arrive.
    let script = "trap 'echo once; got=1' INT; touch ready; \
                  i=0; while [ -z \"$got\" -a $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done; \
                  i=0; while [ $i -lt 10 ]; do sleep 0.05; i=$((i+1)); done; touch done";
    let mut command = installed.simulate(&["--no-namespace"]);
    command.args(["sh", "-c", script]);
    // script(1) gives it a terminal, and types what it is given there.
    let line = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted: Vec<_> =
        line.map(|word| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"))).collect();
    let typed = "wait_for() { i=0; until [ -e $1 -o $i -gt 800 ]; do sleep 0.05; i=$((i+1)); done; }; \
                 (wait_for ready; printf '\\003'; wait_for done) | script -qec \"$0\" /dev/null";
    let mut terminal = Command::new("sh");
    terminal.args(["-c", typed]).arg(quoted.join(" "));
    // Whoever runs the tests in the background may have them ignore interrupts, and sh cannot trap
    // what it was started to ignore.
    let heed = || {
        // SAFETY: the disposition is a valid one.
        unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
        Ok(())
    };
    // SAFETY: signal is among what a child may call before it becomes the program.
    unsafe { terminal.pre_exec(heed) };
    let (_, stdout, _) = output(terminal.current_dir(installed.prefix.path().join("tmp")));
    assert_eq!(stdout.matches("once").count(), 1, "{stdout}");
}

#[test]
fn the_machine_is_in_sys_where_namespaces_are_and_the_rest_is_as_before() {
    let installed = Installed::new();
    let script = "cat /sys/class/drm/card1/device/device; ls /dev/kfd /dev/dri/renderD128; \
                  cat /sys/devices/system/cpu/online; id -u; echo $RSMI_COMPAT_SYSFS";
    let (_, stdout, stderr) = output(installed.simulate(&[]).args(["sh", "-c", script]));
    if stderr.contains("no namespace here") {
        needs::skip("this system allows no namespaces");
        return;
    }
    let online = fs::read_to_string("/sys/devices/system/cpu/online").expect("read");
    let user = rustix::process::getuid().as_raw();
    let expected = format!("0x740f\n/dev/dri/renderD128\n/dev/kfd\n{online}{user}\n\n");
    assert_eq!(stdout, expected, "{stderr}");
}

#[test]
fn without_a_namespace_the_libraries_are_told_where_the_machine_is() {
    let installed = Installed::new();
    let script = "cat $RSMI_COMPAT_SYSFS/class/drm/card1/device/device; \
                  echo $RSMI_COMPAT_AMDSMI $LD_LIBRARY_PATH $RSMI_SIM_MACHINE $RSMI_SIM_LOAD \
                  $RSMI_SIM_SEED $RSMI_SIM_TIME$RSMI_SIM_EPOCH";
    let mut command = installed.simulate(&["--no-namespace", "--seed", "9"]);
    command.env("LD_LIBRARY_PATH", "/of/mine").env("RSMI_SIM_TIME", "5.5");
    command.args(["sh", "-c", script]);
    let (_, stdout, _) = output(&mut command);
    let lib = installed.prefix.path().canonicalize().expect("there").join("lib");
    let lib = lib.display();
    let expected = format!(
        "0x740f\n{lib}/rsmi-compat/simulator/libamd_smi.so {lib}/rsmi-compat:{lib}:/of/mine mi210 training 9 5.500000000\n"
    );
    assert_eq!(stdout, expected);
}

#[test]
fn the_machine_moves_and_stands_still_when_told_to() {
    let installed = Installed::new();
    let script = "f=$RSMI_COMPAT_SYSFS/class/drm/card1/device/gpu_metrics; \
                  cksum <$f; sleep 0.4; cksum <$f";
    let two = |options: &[&str], time: Option<&str>| {
        let mut command = installed.simulate(options);
        command.envs(time.map(|time| ("RSMI_SIM_TIME", time)));
        let (_, stdout, stderr) = output(command.args(["sh", "-c", script]));
        let (one, two) = stdout.trim_end().split_once('\n').expect(&stderr);
        (one.to_owned(), two.to_owned())
    };
    let (one, other) = two(&["--no-namespace"], None);
    assert_ne!(one, other);
    let (one, other) = two(&["--no-namespace", "--load", "static"], None);
    assert_eq!(one, other);
    let stopped = two(&["--no-namespace", "--seed", "5"], Some("77.7"));
    assert_eq!(stopped.0, stopped.1);
    assert_eq!(stopped, two(&["--no-namespace", "--seed", "5"], Some("77.7")));
    assert_ne!(stopped, two(&["--no-namespace", "--seed", "6"], Some("77.7")));
}

#[test]
fn a_wrong_call_is_told_in_a_line_and_runs_nothing() {
    let installed = Installed::new();
    let file = installed.prefix.path().join("m.toml");
    fs::write(&file, "about = \"x\"\n[load]\nkind = \"lazy\"\n").expect("written");
    let file = file.to_str().expect("plain").to_owned();
    let touched = installed.prefix.path().join("touched");
    let touch = ["touch", touched.to_str().expect("plain")];
    for (arguments, says) in [
        (vec!["--machine", "mi300"], "no machine is called `mi300`; there are mi300x-2, "),
        (vec!["--machine", &file], ":3: kind: unknown variant `lazy`, expected one of `static`, "),
        (vec!["--machine", "/no/such.toml"], "/no/such.toml: No such file"),
        (vec!["--load", "lazy"], "possible values: static, idle, training, burst"),
        (vec!["--seed", "-1"], "--seed"),
    ] {
        let mut command = installed.bare();
        let (output, stdout, stderr) = output(command.args(&arguments).arg("--").args(touch));
        assert_eq!(output.status.code(), Some(125), "{arguments:?}: {stderr}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(!touched.exists(), "{arguments:?}");
    }
}

#[test]
fn a_program_that_cannot_be_run_has_the_status_that_shells_give_it() {
    let installed = Installed::new();
    let plain = installed.prefix.path().join("plain");
    fs::write(&plain, "text").expect("written");
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).expect("set");
    for (program, status) in [(Path::new("/no/such/program"), 127), (&plain, 126)] {
        let (output, _, stderr) = output(installed.simulate(&[]).arg(program));
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        let complaint = format!("rsmi-compat: {}: ", program.display());
        assert!(stderr.lines().any(|line| line.starts_with(&complaint)), "{stderr}");
    }
}

#[test]
fn the_list_names_every_machine() {
    let installed = Installed::new();
    let (output, stdout, _) = output(installed.bare().arg("--list"));
    assert!(output.status.success());
    for name in rsmi_simulator::Machine::names() {
        let line = format!("\n{name} ");
        assert!(format!("\n{stdout}").contains(&line), "{name}");
    }
}

#[test]
fn a_program_does_not_outlive_whoever_kept_its_machine() {
    let installed = Installed::new();
    let mut command = installed.simulate(&["--no-namespace"]);
    command.args(["sh", "-c", "echo $$; exec sleep 60"]).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the command was started");
    let mut pid = [0; 16];
    let count = child.stdout.take().expect("a pipe").read(&mut pid).expect("read");
    let pid = String::from_utf8_lossy(&pid[..count]).trim().to_owned();
    child.kill().expect("killed");
    child.wait().expect("ended");
    let begin = Instant::now();
    // A zombie is gone too: in a container nobody may wait for it.
    let runs = || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
    };
    while runs() {
        assert!(begin.elapsed() < Duration::from_secs(5), "{pid} goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_library_is_of_the_release_that_was_asked_for() {
    let simulate = |release: &str, options: &[&str]| {
        let mut command = support::rsmi_compat();
        command.args(["simulate", "--machine=mi210", "--release", release]).args(options);
        support::Said::of(command.args(["printenv", "RSMI_COMPAT_AMDSMI"]))
    };
    for way in WAYS {
        let said = simulate("6.2", way);
        let file = Path::new(said.out.trim_end());
        assert_eq!(file.file_name(), Some("libamd_smi-6.2.so".as_ref()), "{}", said.err);
        assert!(!file.exists(), "{} is left behind", file.display());
    }
    let said = simulate("6.9", &[]);
    assert_eq!(said.code, Some(125));
    let expected = "rsmi-compat: no release is called `6.9`; there are 6.1.2, ";
    assert!(said.err.starts_with(expected) && said.err.lines().count() == 1, "{}", said.err);
}

/// Without a program.
fn shell(installed: &Installed, shell: &str, typed: &str) -> (Output, String, String) {
    let mut command = installed.bare();
    command.args(["--machine", "mi210"]).env("SHELL", shell);
    let script = installed.prefix.path().join("tmp/typed");
    fs::write(&script, typed).expect("written");
    output(command.stdin(fs::File::open(script).expect("there")))
}

#[test]
fn without_a_program_it_is_a_shell() {
    let installed = Installed::new();
    let typed = "echo \"$RSMI_SIM_MACHINE in $0\"\nexit 7\n";
    for (asked, taken) in
        [("/bin/bash", "/bin/bash"), ("/no/such/shell", "/bin/sh"), ("", "/bin/sh")]
    {
        let (output, stdout, stderr) = shell(&installed, asked, typed);
        assert_eq!(stdout, format!("mi210 in {taken}\n"), "{stderr}");
        assert_eq!(output.status.code(), Some(7));
        let line = stderr.lines().next().expect("it says where one is");
        for words in [taken, "machine mi210 (", "`exit` ends it"] {
            assert!(line.contains(words), "{words}: {line}");
        }
    }
}

#[test]
fn where_there_are_no_namespaces_it_says_what_to_do() {
    let installed = Installed::new();
    // In a namespace of users of its own, so that the setting is nobody else's.
    let script = "echo 0 > /proc/sys/user/max_user_namespaces || exit 99\n\
                  exec setpriv --bounding-set=-all --inh-caps=-all \"$0\" \"$@\"";
    let simulate = installed.simulate(&[]);
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", script]);
    command.arg(simulate.get_program()).args(simulate.get_args()).args(["echo", "done"]);
    if !needs::program("unshare") {
        return;
    }
    let ended = command.stdin(Stdio::null()).output().expect("unshare can be run");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    if ended.stdout.is_empty() {
        return needs::skip(&format!("this system allows no namespaces at all: {stderr}"));
    }
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "done\n", "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("`sysctl -w user.max_user_namespaces=10000`"), "{stderr}");
}
