//! The Debian archive that this system's apt names, through an apt whose state is all ours.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::tool;

/// Set to 1, packages whose signature this system cannot check are taken all the same.
pub const UNSIGNED: &str = "RSMI_LAB_UNSIGNED";

pub struct Archive {
    state: PathBuf,
    /// The suites that the archive still has.
    suites: Vec<&'static str>,
}

/// One line of `apt-cache madison`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub version: String,
    pub suite: String,
}

impl Archive {
    /// Reads the package lists of `suites` into `state`. A suite that is gone is said aloud.
    pub fn open(state: &Path, suites: &[&'static str]) -> Result<Archive> {
        let site = site()?;
        fs::create_dir_all(state.join("lists/partial"))?;
        fs::create_dir_all(state.join("archives/partial"))?;
        fs::write(state.join("status"), "")?;
        fs::write(state.join("apt.conf"), configuration(state)?)?;

        let mut archive = Archive { state: state.to_owned(), suites: Vec::new() };
        let mut complaints = Vec::new();
        for &suite in suites {
            fs::write(archive.list(suite), source(&site, suite))?;
            match tool::output(archive.apt("apt-get", suite).arg("update")) {
                Ok(_) => archive.suites.push(suite),
                Err(error) => {
                    eprintln!("lab: {site} has no usable {suite}: {error:#}");
                    complaints.push(error);
                }
            }
        }
        if archive.suites.is_empty() {
            let first = complaints.into_iter().next().context("no suite was asked for")?;
            return Err(first.context(format!(
                "{site} is no Debian archive that this system can use \
                 (unknown signature: install a newer debian-archive-keyring, or set {UNSIGNED}=1)"
            )));
        }
        let all: String = archive.suites.iter().map(|suite| source(&site, suite)).collect();
        fs::write(archive.list("all"), all)?;
        Ok(archive)
    }

    /// Every version of `package` in every suite, newest first.
    pub fn offers(&self, package: &str) -> Result<Vec<Offer>> {
        let text = tool::output(self.apt("apt-cache", "all").args(["madison", package]))?;
        Ok(text.lines().filter_map(offer).collect())
    }

    /// Downloads one package into `place` and returns the file.
    pub fn download(&self, package: &str, version: &str, place: &Path) -> Result<PathBuf> {
        fs::create_dir_all(place)?;
        let here = tempfile::tempdir_in(place)?;
        let name = format!("{package}={version}");
        tool::output(
            self.apt("apt-get", "all").args(["download", "-q", &name]).current_dir(&here),
        )?;
        let file = debs(here.path())?.pop().with_context(|| format!("apt brought no {name}"))?;
        let kept = place.join(file.file_name().context("a package has a name")?);
        fs::rename(&file, &kept)?;
        Ok(kept)
    }

    /// Downloads `packages` of one suite and all that they depend on, as for an empty system.
    pub fn download_closure(&self, suite: &str, packages: &[&str]) -> Result<Vec<PathBuf>> {
        ensure!(self.suites.contains(&suite), "the archive has no {suite}, which the lab needs");
        // What an earlier list of packages brought must not end up in this root.
        for old in debs(&self.state.join("archives"))? {
            fs::remove_file(old)?;
        }
        tool::output(
            self.apt("apt-get", suite)
                .args(["install", "--download-only", "--yes", "-q"])
                .args(packages),
        )?;
        debs(&self.state.join("archives"))
    }

    fn list(&self, suite: &str) -> PathBuf {
        self.state.join(suite).with_extension("list")
    }

    fn apt(&self, program: &str, list: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("APT_CONFIG", self.state.join("apt.conf"))
            .env("LC_ALL", "C.UTF-8")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .arg(format!("-oDir::Etc::SourceList={}", self.list(list).display()));
        command
    }
}

/// The address of the Debian archive, as the system's own apt knows it.
pub fn site() -> Result<String> {
    let format = "$(LABEL)\t$(RELEASE)\t$(COMPONENT)\t$(SITE)";
    let known = tool::output(Command::new("apt-get").args(["indextargets", "--format", format]))?;
    // Before the first `apt-get update` apt knows its sources, but not yet who they are.
    let unseen = tool::output(Command::new("apt-get").args([
        "indextargets",
        "--no-release-info",
        "--format",
        format,
    ]))?;
    let codename = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename = codename.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    pick_site(&known, &unseen, codename.unwrap_or_default().trim_matches('"')).context(
        "this system's apt names no Debian archive, and the lab is made of Debian's packages: \
         run it on Debian, or add a Debian source to apt",
    )
}

fn pick_site(known: &str, unseen: &str, codename: &str) -> Option<String> {
    let find = |text: &str, ours: &dyn Fn(&str, &str) -> bool| {
        text.lines().find_map(|line| {
            let [label, release, component, site] =
                line.split('\t').collect::<Vec<_>>().try_into().ok()?;
            (component == "main" && ours(label, release)).then(|| site.to_owned())
        })
    };
    find(known, &|label, _| label == "Debian")
        .or_else(|| find(unseen, &|_, release| !codename.is_empty() && release == codename))
}

fn configuration(state: &Path) -> Result<String> {
    // A proxy is the system's business; its hooks and its pinning are not ours.
    let system = tool::output(Command::new("apt-config").arg("dump"))?;
    let transport = system
        .lines()
        .filter(|line| line.starts_with("Acquire::http") || line.starts_with("Acquire::Retries"));
    let mut text: String = transport.flat_map(|line| [line, "\n"]).collect();
    let state = state.display();
    text += &format!(
        r#"Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{state}";
Dir::State::lists "{state}/lists";
Dir::State::status "{state}/status";
Dir::Cache "{state}";
Dir::Cache::archives "{state}/archives";
Dir::Log "{state}";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Get::List-Cleanup "false";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
"#
    );
    Ok(text)
}

/// Packages are checked against Debian's own keyring; without that file, against whatever
/// keys this system's apt trusts.
pub fn source(site: &str, suite: &str) -> String {
    let keyring = ["/usr/share/keyrings/debian-archive-keyring.gpg"]
        .into_iter()
        .chain(["/usr/share/keyrings/debian-archive-keyring.pgp"])
        .find(|path| Path::new(path).exists());
    let trust = match keyring {
        _ if env::var_os(UNSIGNED).is_some_and(|value| value == "1") => "trusted=yes".to_owned(),
        Some(path) => format!("signed-by={path}"),
        None => String::new(),
    };
    format!("deb [arch=amd64 {trust}] {site} {suite} main\n")
}

fn offer(line: &str) -> Option<Offer> {
    let mut parts = line.split('|').map(str::trim);
    let (_, version, place) = (parts.next()?, parts.next()?, parts.next()?);
    let suite = place.split_whitespace().nth(1)?.split('/').next()?;
    place.ends_with("Packages").then(|| Offer { version: version.into(), suite: suite.into() })
}

fn debs(place: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(place)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_archive_is_picked_and_never_the_security_one() {
        let known = "Debian-Security\tbookworm-security\tmain\thttp://a/security\n\
                     Debian\tbookworm\tcontrib\thttp://a/contrib\n\
                     Debian\tbookworm\tmain\thttp://a/debian\n";
        assert_eq!(pick_site(known, "", "bookworm").as_deref(), Some("http://a/debian"));
    }

    #[test]
    fn before_the_first_update_the_release_decides() {
        let unseen = "$(LABEL)\tbookworm-security\tmain\thttp://a/security\n\
                      $(LABEL)\tnodistro\tmain\thttp://a/node\n\
                      $(LABEL)\tbookworm\tmain\thttp://a/debian\n";
        assert_eq!(pick_site("", unseen, "bookworm").as_deref(), Some("http://a/debian"));
        assert_eq!(pick_site("", unseen, ""), None);
    }

    #[test]
    fn another_distribution_is_no_archive_for_us() {
        assert_eq!(pick_site("Ubuntu\tnoble\tmain\thttp://a/ubuntu\n", "", "bookworm"), None);
    }

    #[test]
    fn an_offer_names_version_and_suite() {
        let line = "librocm-smi64-1 |  6.4.1-1.1 | http://a/debian sid/main amd64 Packages";
        let expected = Offer { version: "6.4.1-1.1".into(), suite: "sid".into() };
        assert_eq!(offer(line), Some(expected));
        assert_eq!(offer("librocm-smi64-1 | 6.4.1-1.1 | http://a/debian sid/main Sources"), None);
    }
}
