//! What the library says of itself.

use super::Question;
use crate::call::{self, Answer, Call};
use crate::session;

pub const QUESTIONS: &[(&str, Question)] = &[
    ("amdsmi_init", session::init),
    ("amdsmi_shut_down", session::shut_down),
    ("amdsmi_get_lib_version", version),
    ("amdsmi_status_code_to_string", status_text),
];

fn version(call: &Call) -> Answer {
    let release = call.release();
    if !release.at_least("6.4.0") {
        session::running(call)?;
    }
    let address = call.pointer(0)?;
    let layout = release.layout("amdsmi_version_t").ok_or(call.failed("NOT_SUPPORTED"))?;
    // Member by member: the gap between them is not written.
    let numbers = layout.fields.iter().filter(|field| field.name != "build");
    for (field, number) in numbers.zip(release.version) {
        call::store(address + field.offset, &number.to_le_bytes());
    }
    if let Some(build) = layout.fields.iter().find(|field| field.name == "build") {
        let text = release.text.as_ptr().expose_provenance();
        call::store(address + build.offset, &text.to_le_bytes());
    }
    Ok(())
}

fn status_text(call: &Call) -> Answer {
    let address = call.pointer(1)?;
    let status = call.number(0) as u32;
    let text = if status == 0 { c"SUCCESS" } else { c"An unknown error occurred" };
    call::store(address, &text.as_ptr().expose_provenance().to_le_bytes());
    Ok(())
}
