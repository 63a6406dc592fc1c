//! RSMI_COMPAT_LOG_FORMAT=json: each line of the log is an object.

mod common;
#[path = "common/laid.rs"]
mod laid;

use laid::{Laid, SUCCESS, ask};
use rsmi_compat::types::rsmi_status_t;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;

/// What the environment says to the library.
pub const ENVIRONMENT: &[(&str, &str)] =
    &[("RSMI_COMPAT_ABI", "7.0"), ("RSMI_COMPAT_LOG", "trace"), ("RSMI_COMPAT_LOG_FORMAT", "json")];

unsafe extern "C" {
    fn rsmi_dev_memory_busy_percent_get(gpu: u32, out: *mut u32) -> rsmi_status_t;
}

#[test]
fn each_line_is_an_object() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("log.json");
    let file = File::create(&path).unwrap();
    // SAFETY: both are open; stderr is put back before anybody else writes.
    let before = unsafe {
        let before = libc::dup(2);
        libc::dup2(file.as_raw_fd(), 2);
        before
    };
    let laid = Laid::out("navi31", "mem_busy_percent = 5").init();
    let busy = || {
        // SAFETY: the pointer is to such a value.
        ask(0, |out| unsafe { rsmi_dev_memory_busy_percent_get(0, out) })
    };
    let (status, percent) = busy();
    laid.refuse("mem_busy_percent");
    let (refused, _) = busy();
    drop(laid);
    // SAFETY: as above.
    unsafe {
        libc::dup2(before, 2);
        libc::close(before);
    }
    assert_eq!((status, percent), (SUCCESS, 5));
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    let is_call = |line: &&Value| line["call"] == "rsmi_dev_memory_busy_percent_get";
    let calls: Vec<_> = lines.iter().filter(is_call).collect();
    let [good, bad] = calls[..] else { panic!("{text}") };
    assert_eq!(
        (&good["level"], &good["status"], &good["name"]),
        (&json!("debug"), &json!(0), &json!("RSMI_STATUS_SUCCESS"))
    );
    assert_eq!(good["arguments"]["dv_ind"], "0");
    let from = good["from"][0].as_str().unwrap();
    assert!(from.ends_with("/mem_busy_percent"), "{good}");
    assert!(good["us"].as_f64().is_some_and(|us| us > 0.0) && good["because"].is_null(), "{good}");
    assert_eq!(bad["status"], refused.0);
    assert!(bad["because"].as_str().unwrap().contains("EIO"), "{bad}");
    let is_of_question = |line: &&Value| line["asks"] == "MemoryBusy";
    let asked = lines.iter().find(is_of_question).expect("it is a question");
    assert_eq!((&asked["level"], &asked["first"]), (&json!("trace"), &json!("the kernel, polled")));
    assert!(lines.iter().any(|line| line["agree"] == "equal"), "when its sources agree");
    // Every other line has words of its own.
    let of_questions = ["asks", "agree", "calls", "reads", "converts"];
    let is_other = |line: &&Value| {
        line["call"].is_null() && of_questions.iter().all(|name| line[*name].is_null())
    };
    let others = lines.iter().filter(is_other);
    assert!(others.clone().count() > 0 && others.clone().all(|line| line["message"].is_string()));
}
