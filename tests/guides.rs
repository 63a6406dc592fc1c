//! What the guides tell to type exists: commands, options, targets, names, and the ends of links.

use object::Endianness;
use object::elf::DT_NEEDED;
use object::read::elf::ElfFile64;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Parser, Tag, TagEnd};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;
use std::{env, fs};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Programs of others that the guides name; one that is not here may be misspelled.
const OTHERS: [&str; 13] = [
    ".ci/run",
    "apt-get",
    "cc",
    "cmake",
    "docker",
    "echo",
    "export",
    "hipcc",
    "ldconfig",
    "module",
    "rpm",
    "sha256sum",
    "tar",
];

/// What Rust 1.85 does not build.
const PACKAGE: [&str; 2] = ["xtask", "package"];

/// A page, and what is to be typed in it: whole lines, and pieces within sentences and tables.
struct Page {
    path: PathBuf,
    text: String,
}

fn pages() -> Vec<Page> {
    let root = Path::new(ROOT);
    let mut paths = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    for entry in fs::read_dir(root.join("docs")).expect("there are guides") {
        paths.push(entry.expect("it can be listed").path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(paths.len() > 5, "only {} pages were found", paths.len());
    let page = |path: PathBuf| Page { text: fs::read_to_string(&path).expect("it is text"), path };
    paths.into_iter().map(page).collect()
}

impl Page {
    /// Lines of blocks of the shell's, and code in running text that begins with our own commands.
    fn commands(&self) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        let mut shell = false;
        for event in Parser::new_ext(&self.text, pulldown_cmark::Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    shell = language.split(' ').next() == Some("sh");
                }
                Event::End(TagEnd::CodeBlock) => shell = false,
                Event::Text(text) if shell => {
                    let joined = text.replace("\\\n", " ");
                    let lines = joined.lines().filter(|line| !line.trim().is_empty());
                    found.extend(lines.map(|line| (line.to_owned(), true)));
                }
                Event::Code(text) if text.contains(' ') => {
                    let word = |word: &&str| !word.contains('=') && *word != "sudo";
                    let ours = ["rsmi-compat", "cargo", "make"];
                    if text.split(' ').find(word).is_some_and(|word| ours.contains(&word)) {
                        found.push((text.into_string(), false));
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn links(&self) -> Vec<String> {
        let target = |event| match event {
            Event::Start(Tag::Link { dest_url, .. }) => Some(CowStr::into_string(dest_url)),
            _ => None,
        };
        Parser::new_ext(&self.text, pulldown_cmark::Options::ENABLE_TABLES)
            .filter_map(target)
            .collect()
    }
}

/// The headings as links name them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let slug = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(slug).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    for page in pages() {
        for link in page.links().iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let here = page.path.parent().expect("a page lies somewhere");
            let target = if file.is_empty() { page.path.clone() } else { here.join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", page.path.display());
            let known = || anchors(&fs::read_to_string(&target).expect("it is text"));
            let found = anchor.is_empty() || known().iter().any(|known| known == anchor);
            assert!(found, "{}: {link} has no such heading", page.path.display());
        }
    }
}

#[test]
fn commands_take_what_they_are_given() {
    let ours = command();
    let (make, packages) = (needs::program("make"), needs::rust(88));
    let mut checked = 0;
    for page in pages() {
        for (line, whole) in page.commands() {
            let mut words = shlex::split(&line).unwrap_or_else(|| panic!("quotes in {line}"));
            let settings = |word: &String| word.contains('=') && !word.starts_with('-');
            words.retain(|word| word != "sudo");
            while words.first().is_some_and(settings) {
                words.remove(0);
            }
            let Some((program, arguments)) = words.split_first() else { continue };
            let page = page.path.display();
            let result = match program.as_str() {
                "rsmi-compat" => parse(&ours, arguments, whole),
                "make" if !make => continue,
                "make" => succeeds(Command::new("make").arg("-n").args(arguments)),
                "cargo" if !packages && arguments.starts_with(&PACKAGE.map(str::to_owned)) => {
                    continue;
                }
                "cargo" => parse_by_cargo(arguments),
                "systemctl" => Ok(()),
                other if OTHERS.contains(&other) => Ok(()),
                other => Err(format!("{other} is not known")),
            };
            let sources = words.iter().filter(|word| word.starts_with("examples-c/"));
            for source in sources {
                assert!(Path::new(ROOT).join(source).exists(), "{page}: {line}: no {source}");
            }
            assert_eq!(result, Ok(()), "{page}: {line}");
            checked += 1;
        }
    }
    assert!(checked > 40, "only {checked} commands were found");
}

/// Those of our options that a value follows.
const VALUED: [&str; 6] = ["--abi", "--amdsmi", "--machine", "--load", "--seed", "--release"];

/// The command's own parser reads the options, then --help keeps it from doing anything.
fn parse(command: &Path, arguments: &[String], whole: bool) -> Result<(), String> {
    let takes = arguments.first().is_some_and(|first| first == "run" || first == "simulate");
    let mut end = arguments.len();
    if takes {
        let is_value = |at: usize| VALUED.contains(&arguments[at - 1].as_str());
        let is_program = |at: &usize| {
            arguments[*at] == "--" || !arguments[*at].starts_with('-') && !is_value(*at)
        };
        end = (1..arguments.len()).find(is_program).unwrap_or(end);
        let named = arguments[end..].iter().any(|word| word != "--");
        // Without a program `simulate` is a shell.
        if whole && !named && arguments[0] == "run" {
            return Err("no program is named".into());
        }
    }
    succeeds(Command::new(command).args(&arguments[..end]).arg("--help"))
}

/// Commands of cargo's that are installed apart from it.
const OTHERS_OF_CARGO: [&str; 2] = ["cinstall", "deny"];

/// What programs of ours are told is read by themselves, with --help.
fn parse_by_cargo(arguments: &[String]) -> Result<(), String> {
    let package = arguments.iter().position(|word| word == "-p" || word == "--package");
    if let Some(name) = package.and_then(|at| arguments.get(at + 1)) {
        succeeds(cargo().args(["pkgid", name]))?;
    }
    let command = arguments.first().map_or("", String::as_str);
    match command {
        "run" | "xtask" => {
            // Behind a second `--` is what somebody else's program is told.
            let ends = arguments.iter().enumerate().filter(|(_, word)| *word == "--");
            let end = ends.map(|(at, _)| at).nth(1).unwrap_or(arguments.len());
            succeeds(cargo().arg(command).args(&arguments[1..end]).arg("--help"))
        }
        other if OTHERS_OF_CARGO.contains(&other) => Ok(()),
        // Packages of their own, on Debian.
        "fmt" | "clippy" if !needs::program(&format!("cargo-{command}")) => Ok(()),
        other => succeeds(cargo().args(["help", other])),
    }
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A block headed `sh run` does what it says, in the staged tree, without a GPU.
#[test]
fn blocks_that_can_be_run_are_run() {
    let stage = stage(&command());
    let place = tempfile::tempdir().expect("a directory");
    let examples = place.path().join("examples-c");
    std::os::unix::fs::symlink(Path::new(ROOT).join("examples-c"), examples).expect("linked");
    let path = env::var("PATH").expect("there is a PATH");
    let pkg_config = needs::program("pkg-config");
    let mut blocks = 0;
    for page in pages() {
        for block in page.text.split("```sh run\n").skip(1) {
            let block = block.split("```").next().expect("the block");
            blocks += 1;
            if block.contains("pkg-config") && !pkg_config {
                continue;
            }
            let output = Command::new("sh")
                .args(["-euc", block])
                .current_dir(place.path())
                .env("PATH", format!("{}:{path}", stage.join("bin").display()))
                .env("PKG_CONFIG_PATH", stage.join("lib/pkgconfig"))
                .output()
                .expect("there is a shell");
            let said = String::from_utf8_lossy(&output.stdout);
            let error = String::from_utf8_lossy(&output.stderr);
            let page = page.path.display();
            assert!(output.status.success(), "{page}: {block}{error}{said}");
            assert!(said.contains("MI300X"), "{page}: {block}{error}{said}");
        }
    }
    assert!(blocks >= 3, "only {blocks} blocks were run");
}

/// The staged tree, made anew, once for all tests of this file.
fn stage(command: &Path) -> PathBuf {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let staged =
            cargo().args(["xtask", "stage"]).current_dir(ROOT).output().expect("cargo runs");
        assert!(staged.status.success(), "{}", String::from_utf8_lossy(&staged.stderr));
    });
    command.ancestors().nth(2).expect("the command is in target/").join("stage")
}

/// What a line of docker's mounts is enough for the command, and hides nothing else. There is no
/// docker here: the same is mounted over an empty /opt and /usr/local.
#[test]
fn the_mounts_for_a_container_are_enough_and_no_more() {
    let stage = stage(&command());
    let text = fs::read_to_string(Path::new(ROOT).join("docs/administrators.md")).expect("text");
    let text = text.replace("\\\n", " ");
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("docker run")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    if !in_namespace(&["true"]).is_ok_and(|probe| probe.status.success()) {
        return needs::skip("this system allows no namespaces");
    }
    for line in lines {
        let words = shlex::split(line).expect("the quotes are closed");
        let mut script =
            String::from("set -e; for d in /opt /usr/local; do mount -t tmpfs x $d; done\n");
        for (at, _) in words.iter().enumerate().filter(|(_, word)| *word == "-v") {
            let parts: Vec<_> = words[at + 1].split(':').collect();
            let [from, to, "ro"] = parts[..] else { panic!("{}", words[at + 1]) };
            assert_eq!(from, to, "{line}");
            assert!(
                to.contains("rsmi-compat") || to.contains("librsmi_compat"),
                "{to} is not ours"
            );
            let below = ["/opt/rsmi-compat", "/usr/local"]
                .iter()
                .find_map(|prefix| Path::new(from).strip_prefix(prefix).ok());
            let from = stage.join(below.expect("a prefix of ours"));
            let make = if from.is_dir() { "mkdir -p" } else { "install -D /dev/null" };
            script += &format!("{make} {to}; mount --bind {} {to}\n", from.display());
        }
        let image = words.iter().position(|word| word == "image").expect("an image");
        let run: Vec<_> = words[image + 1..].iter().take_while(|word| *word != "--").collect();
        let run = run.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        script += &format!("PATH=/usr/local/bin:$PATH {run} --verbose -- true\n");
        let output = in_namespace(&["sh", "-c", &script]).expect("there was one");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {error}");
        assert!(error.contains("LD_AUDIT="), "{error}");
    }
}

/// In mounts of its own.
fn in_namespace(command: &[&str]) -> std::io::Result<Output> {
    Command::new("unshare").args(["--user", "--map-root-user", "--mount"]).args(command).output()
}

/// The sentence names each library that ours needs, and no other.
#[test]
fn what_the_library_needs_is_what_the_guide_says() {
    let library = env::current_exe().expect("a path").with_file_name("librsmi_compat.so");
    let data = fs::read(library).expect("cargo put it beside this test");
    let elf = ElfFile64::<Endianness>::parse(&*data).expect("it is an ELF file");
    let table = elf.elf_dynamic_table().expect("there is a dynamic section");
    let needed = table.iter().filter(|entry| entry.tag == DT_NEEDED);
    let needed = needed.map(|entry| table.string(entry).expect("its text is there"));
    let mut needed: Vec<_> =
        needed.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    needed.retain(|name| !name.starts_with("ld-linux"));
    needed.sort();
    let text = fs::read_to_string(Path::new(ROOT).join("docs/distributors.md")).expect("text");
    let sentence = text.split("The library needs ").nth(1).and_then(|rest| rest.split(';').next());
    let words = sentence.expect("it says what the library needs").split('`').skip(1).step_by(2);
    let mut said: Vec<_> = words.collect();
    said.sort_unstable();
    assert_eq!(said, needed);
}

fn succeeds(command: &mut Command) -> Result<(), String> {
    let output: Output = command.current_dir(ROOT).output().map_err(|error| error.to_string())?;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(error) }
}

/// Builds the command rsmi-compat, and finds it in what cargo says.
fn command() -> PathBuf {
    let built = cargo()
        .args(["build", "--quiet", "--package=rsmi-compat-cli", "--message-format=json"])
        .current_dir(ROOT)
        .output()
        .expect("cargo can be run");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let text = String::from_utf8_lossy(&built.stdout);
    let path = text.rsplit("\"executable\":\"").next().and_then(|rest| rest.split('"').next());
    PathBuf::from(path.expect("cargo names the command"))
}

#[test]
fn functions_that_are_named_exist() {
    let lists = [include_str!("abi/symbols.txt"), include_str!("abi/compat-symbols.txt")];
    for page in pages().iter().filter(|page| page.path.parent() != Some(Path::new(ROOT))) {
        let words = page.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in
            words.filter(|word| word.starts_with("rsmi_dev_") || word.starts_with("rsmi_compat_"))
        {
            // A variable of CMake's is no function.
            if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
                continue;
            }
            let known = lists.iter().any(|list| list.lines().any(|name| name == word));
            assert!(known, "{}: there is no {word}", page.path.display());
        }
    }
}
