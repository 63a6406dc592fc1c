//! /etc/rsmi-compat.conf, read once; what is wrong in it goes to the log.

use crate::log;
use once_cell::race::OnceBox;
use std::path::Path;

pub(crate) use rsmi_generations::conf::{Conf, PATH};

/// The machine's settings.
pub(crate) fn get() -> &'static Conf {
    static CONF: OnceBox<Conf> = OnceBox::new();
    CONF.get_or_init(|| {
        let (conf, wrong) = Conf::read(Path::new(PATH));
        for line in wrong {
            log::warn(|| format!("{PATH}{line}"));
        }
        Box::new(conf)
    })
}
