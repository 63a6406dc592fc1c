//! The stand-in tells the machine as it is at the moment, the same that its tree would show.

mod common;

use common::Stage;
use rsmi_simulator::{LoadKind, Machine};
use std::path::Path;
use std::time::Duration;

/// The cards in the order of their sockets, and where they show their temperature.
const FILES: [&str; 2] = ["0000:05:00.0", "0000:85:00.0"];

fn described(seconds: u64) -> Vec<i32> {
    let machine = Machine::named("mi300x-2").expect("a built-in machine");
    let kind = LoadKind::named("training").expect("a kind of load");
    let machine = machine.under(Some(kind), Some(7)).at(Duration::from_secs(seconds));
    let file = |address: &str| {
        let hwmon = format!("bus/pci/devices/{address}/hwmon");
        let directory = machine.list(&hwmon).remove(0);
        let text = machine.read(&format!("{hwmon}/{directory}/temp2_input")).expect("a sensor");
        let text = std::str::from_utf8(text).expect("it is text");
        text.trim().parse::<i32>().expect("it is a number") / 1000
    };
    FILES.iter().map(|address| file(address)).collect()
}

#[test]
fn two_processes_see_the_same_moment_and_another_one_later() {
    let stage = Stage::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/moment.c");
    let client = stage.compile("moment", &[source], &[]);
    let told = |release: &str, seconds: u64| {
        let mut command = stage.over(&client, release);
        command
            .env_remove("RSMI_COMPAT_SYSFS")
            .env("RSMI_SIM_MACHINE", "mi300x-2")
            .env("RSMI_SIM_LOAD", "training")
            .env("RSMI_SIM_SEED", "7")
            .env("RSMI_SIM_TIME", seconds.to_string())
            .arg(stage.amd_smi(release));
        let outcome = common::run(command, Duration::from_secs(30));
        assert_eq!(outcome.success, Some(true), "{}", outcome.stderr);
        let numbers = outcome.stdout.lines().map(|line| line.parse().expect("a number"));
        numbers.collect::<Vec<i32>>()
    };
    let later = (1..600).find(|later| described(*later) != described(0));
    for seconds in [0, 3, later.expect("something moves")] {
        assert_eq!(told("10.1", seconds), described(seconds), "after {seconds} s");
        assert_eq!(told("6.2", seconds), described(seconds), "after {seconds} s");
    }
}
