//! Error counters and retired pages: `ras/` of a card.

use crate::description::{BadPage, PageStatus, Ras};
use crate::files::Files;
use std::fmt::Write;
use std::path::Path;

pub(super) fn write(files: &mut Files, device: &Path, ras: &Ras) {
    let dir = device.join("ras");
    if let Some(mask) = ras.features {
        files.read_only(dir.join("features"), format!("feature mask: {mask:#x}\n"));
    }
    for (block, count) in &ras.blocks {
        let mut text = format!("ue: {}\nce: {}\n", count.uncorrectable, count.correctable);
        let name = if ras.aca {
            let _ = writeln!(text, "de: {}", count.deferred);
            format!("aca_{block}")
        } else {
            format!("{block}_err_count")
        };
        files.read_only(dir.join(name), text);
    }
    if let Some(pages) = &ras.bad_pages {
        let text: String = pages.iter().map(BadPage::row).collect();
        files.read_only(dir.join("gpu_vram_bad_pages"), text);
    }
}

impl BadPage {
    fn row(&self) -> String {
        let status = match self.status {
            PageStatus::Reserved => 'R',
            PageStatus::Pending => 'P',
            PageStatus::Unreservable => 'F',
        };
        format!("0x{:08x} : 0x{:08x} : {status}\n", self.page, self.size)
    }
}
