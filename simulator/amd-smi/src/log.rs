//! RSMI_SIM_LOG: one line for each call, with what arrived and what was returned.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::OnceLock;

/// Appends a line in one write, so that lines of several threads and processes stay whole.
pub fn line(text: impl FnOnce() -> String) {
    static LOG: OnceLock<Option<File>> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let path = std::env::var_os("RSMI_SIM_LOG").filter(|path| !path.is_empty())?;
        match OpenOptions::new().append(true).create(true).open(&path) {
            Ok(file) => Some(file),
            Err(error) => {
                eprintln!(
                    "libamd_smi (simulated): RSMI_SIM_LOG={}: {error}",
                    path.to_string_lossy()
                );
                None
            }
        }
    });
    if let Some(mut file) = log.as_ref() {
        // A full disk is no reason to disturb the program.
        let _ = file.write_all(format!("{}\n", text()).as_bytes());
    }
}
