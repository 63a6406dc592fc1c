//! The releases of libamd_smi: what each exports and how it lays out its structs; and the stand-in
//! library made into the file of any of them.
//!
//! The tables come from `abi.json`, which was taken from AMD's headers and libraries by itself: what
//! `librsmi_compat.so` believes of libamd_smi does not come from here, so that an error in one is
//! seen by the other.

mod file;

pub use file::{Error, MARK, MARK_SIZE, stamped, write};

/// A function of any release.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    /// The most that any release takes; none takes a floating-point number or a struct by value
    /// that is larger than a register.
    pub arguments: usize,
    forms: &'static [&'static [&'static str]],
}

/// A struct of one release.
#[derive(Debug)]
pub struct Struct {
    pub size: usize,
    pub fields: &'static [Field],
}

/// A member; those of an inner struct are there too, as `outer.inner`.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub offset: usize,
    pub size: usize,
    /// As C spells it.
    pub kind: &'static str,
}

/// One ABI state of libamd_smi, named after the release in which it began.
#[derive(Debug)]
pub struct Release {
    pub name: &'static str,
    pub soname: &'static str,
    /// Year, major, minor, release up to 6.4; major, minor, release since 7.0.
    pub version: &'static [u32],
    pub text: &'static std::ffi::CStr,
    /// Its functions carry the version `AMDSMI_1`.
    pub symbol_version: bool,
    functions: &'static [u8],
    structs: &'static [u8],
    enums: &'static [u8],
}

/// The names of an enum in one release, and their numbers.
type Numbers = &'static [(&'static str, i128)];

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The newest release there is; the future one is not among them.
pub const NEWEST: &str = "10.1";
/// The release that AMD has not made yet: grown structs, numbers that nobody knows.
pub const FUTURE: &str = "28.0";

const NONE: u8 = u8::MAX;

impl Release {
    /// The release of this name.
    ///
    /// # Errors
    /// There is none; the error names those that there are.
    pub fn named(name: &str) -> Result<&'static Self, Error> {
        RELEASES.iter().find(|release| release.name == name).ok_or_else(|| {
            let known: Vec<_> = RELEASES.iter().map(|release| release.name).collect();
            Error::Release { name: name.into(), known: known.join(", ") }
        })
    }

    /// What the stand-in made into this release is called, beside those of the others.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("libamd_smi-{}.so", self.name)
    }

    /// Where it stands in [`RELEASES`], oldest first.
    #[must_use]
    pub fn rank(&self) -> usize {
        RELEASES.iter().position(|release| release.name == self.name).unwrap_or(0)
    }

    #[must_use]
    pub fn at_least(&self, name: &str) -> bool {
        Self::named(name).is_ok_and(|other| self.rank() >= other.rank())
    }

    /// The C types of a function's arguments in this release; none if it has no such function.
    #[must_use]
    pub fn arguments(&self, function: usize) -> Option<&'static [&'static str]> {
        let form = *self.functions.get(function)?;
        (form != NONE).then(|| FUNCTIONS[function].forms[usize::from(form)])
    }

    /// The names that its file exports.
    pub fn exports(&self) -> impl Iterator<Item = &'static str> {
        let has = |(at, _): &(usize, &Function)| self.arguments(*at).is_some();
        FUNCTIONS.iter().enumerate().filter(has).map(|(_, function)| function.name)
    }

    #[must_use]
    pub fn layout(&self, name: &str) -> Option<&'static Struct> {
        let at = STRUCTS.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
        let form = self.structs[at];
        (form != NONE).then(|| &STRUCTS[at].1[usize::from(form)])
    }

    /// The number that this release gives to one of an enum's names.
    #[must_use]
    pub fn number(&self, of: &str, name: &str) -> Option<i128> {
        let at = ENUMS.binary_search_by(|(known, _)| known.cmp(&of)).ok()?;
        let form = self.enums[at];
        let values = (form != NONE).then(|| ENUMS[at].1[usize::from(form)])?;
        values.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
    }

    /// Whether any release has a member of that name in that struct.
    #[must_use]
    pub fn anywhere(structure: &str, field: &str) -> bool {
        let found = STRUCTS.iter().find(|(known, _)| *known == structure);
        let has = |form: &Struct| form.fields.iter().any(|known| known.name == field);
        found.is_some_and(|(_, forms)| forms.iter().any(has))
    }
}

impl Function {
    /// The function of this name, and where it stands in [`FUNCTIONS`].
    #[must_use]
    pub fn named(name: &str) -> Option<usize> {
        FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_tell_what_the_headers_do() {
        let old = Release::named("6.1.2").expect("a release");
        let new = Release::named("10.1").expect("a release");
        let size = |release: &Release, name| release.layout(name).map(|layout| layout.size);
        assert_eq!(size(old, "amdsmi_asic_info_t"), Some(256));
        assert_eq!(size(new, "amdsmi_asic_info_t"), Some(896));
        assert_eq!(size(old, "amdsmi_kfd_info_t"), None);
        assert_eq!(
            size(Release::named(FUTURE).expect("it is there"), "amdsmi_asic_info_t"),
            Some(960)
        );
        let more = |release: &str| {
            let release = Release::named(release).expect("a release");
            release.number("amdsmi_status_t", "AMDSMI_STATUS_MORE_DATA")
        };
        assert_eq!((more("6.4.1"), more("10.1")), (Some(57), Some(39)));
        let reload = Function::named("amdsmi_gpu_driver_reload").expect("a function");
        assert!(new.arguments(reload).is_none());
        assert!(Release::named("7.14").expect("a release").arguments(reload).is_some());
        let error = Release::named("5.7").expect_err("too old").to_string();
        assert!(error.starts_with("no release is called `5.7`; there are 6.1.2, 6.2,"), "{error}");
    }

    #[test]
    fn the_tables_are_sorted_as_they_are_searched() {
        assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
        assert!(STRUCTS.is_sorted_by_key(|(name, _)| *name));
        assert!(ENUMS.is_sorted_by_key(|(name, _)| *name));
    }
}
