//! The Python texts in which a program may have the structs of rocm_smi.h: its own, the modules that
//! it imports, and rsmiBindings.py, found as Python finds modules, without running anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const BINDINGS: &str = "rsmiBindings.py";
const MODULE: &str = "rsmiBindings";

/// Where ROCm has it.
const IN_ROCM: &str = "libexec/rocm_smi";

/// More files than this has no package that matters here, and no script imports more packages.
const MOST_FILES: usize = 256;
const LARGEST: u64 = 4 << 20;

/// What a program's texts say of the module.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wishes {
    imports: bool,
    /// Directories that are put in front of sys.path, and behind it.
    first: Vec<PathBuf>,
    last: Vec<PathBuf>,
    /// Paths that end in its name, for those who read its text themselves.
    paths: Vec<PathBuf>,
}

/// Where a program may have structs.
pub struct Texts {
    /// Itself and its modules, with what is in them.
    pub loaded: Vec<(PathBuf, Vec<u8>)>,
    /// The rsmiBindings.py of which it loads one.
    pub bindings: Vec<PathBuf>,
}

/// The surroundings of a script, as far as they decide which modules it gets.
pub struct Python {
    /// PYTHONPATH.
    path: Vec<PathBuf>,
    /// Directories of installed packages.
    packages: Vec<PathBuf>,
    /// ROCM_PATH, or where ROCm is.
    rocm: PathBuf,
}

impl Python {
    /// With the interpreters that a script names, as far as they are known.
    pub fn of(interpreters: &[PathBuf]) -> Self {
        let path = std::env::var_os("PYTHONPATH").unwrap_or_default();
        let path = std::env::split_paths(&path).filter(|entry| entry.is_absolute()).collect();
        let mut packages = Vec::new();
        let real = interpreters.iter().filter_map(|path| path.canonicalize().ok());
        // In a virtual environment the interpreter is a link, and its packages are beside that.
        for interpreter in interpreters.iter().cloned().chain(real) {
            let prefix = interpreter.parent().and_then(Path::parent);
            packages.extend(prefix.into_iter().flat_map(installed_below));
        }
        for prefix in ["/usr/local", "/usr"] {
            packages.extend(installed_below(Path::new(prefix)));
        }
        let rocm = std::env::var_os("ROCM_PATH").filter(|path| !path.is_empty());
        let rocm = rocm.map_or_else(|| "/opt/rocm".into(), PathBuf::from);
        Self { path, packages, rocm }
    }

    /// Of a script with this text.
    pub fn texts(&self, script: &Path, text: &[u8]) -> Texts {
        let real = script.canonicalize().unwrap_or_else(|_| script.to_owned());
        let beside = real.parent().unwrap_or(Path::new("/"));
        let mut texts = vec![(script.to_owned(), text.to_owned())];
        texts.extend(self.imported(beside, text));
        let mut wishes = Wishes::default();
        texts.iter().for_each(|(_, text)| wishes.read(text));
        texts.retain(|(file, _)| !file.ends_with(BINDINGS));
        Texts { loaded: texts, bindings: self.bindings(beside, wishes) }
    }

    /// What lies beside the script comes first with Python, and is certain; of all others any may be
    /// meant.
    fn bindings(&self, beside: &Path, wishes: Wishes) -> Vec<PathBuf> {
        if wishes.imports && wishes.first.is_empty() && beside.join(BINDINGS).is_file() {
            return vec![beside.join(BINDINGS)];
        }
        let mut directories = Vec::new();
        if wishes.imports {
            directories.extend(wishes.first);
            directories.push(beside.to_owned());
            directories.extend(self.path.iter().chain(&self.packages).cloned());
            directories.extend(wishes.last);
            directories.push(self.rocm.join(IN_ROCM));
        }
        let mut files: Vec<_> = directories.iter().map(|place| place.join(BINDINGS)).collect();
        for path in wishes.paths {
            // "/libexec/rocm_smi/rsmiBindings.py" is put behind ROCm's place.
            let relative = path.strip_prefix("/").unwrap_or(&path).to_owned();
            files.extend([path, self.rocm.join(relative), self.rocm.join(IN_ROCM).join(BINDINGS)]);
        }
        let mut seen = BTreeSet::new();
        files.retain(|file| {
            file.is_absolute() && file.canonicalize().is_ok_and(|file| seen.insert(file))
        });
        files
    }

    /// The texts of the modules that a text imports, of packages all: what they load at run time
    /// shows in no import.
    fn imported(&self, beside: &Path, text: &[u8]) -> Vec<(PathBuf, Vec<u8>)> {
        let text = String::from_utf8_lossy(text);
        let names: BTreeSet<_> = text.lines().filter_map(imported_by).collect();
        let places =
            || [beside].into_iter().chain(self.path.iter().chain(&self.packages).map(|p| &**p));
        let mut texts = Vec::new();
        for name in names.into_iter().filter(|name| *name != MODULE) {
            let module = format!("{name}.py");
            let found = places().find_map(|place| {
                let package = place.join(name);
                if package.join("__init__.py").is_file() {
                    return Some(python_files(&package));
                }
                Some(vec![place.join(&module)]).filter(|files| files[0].is_file())
            });
            for file in found.into_iter().flatten() {
                if texts.len() < MOST_FILES
                    && std::fs::metadata(&file)
                        .is_ok_and(|file| file.is_file() && file.len() < LARGEST)
                {
                    let text = std::fs::read(&file).ok();
                    texts.extend(text.map(|text| (file, text)));
                }
            }
        }
        texts
    }
}

/// `lib/python3.11/site-packages` and the like.
fn installed_below(prefix: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for entry in std::fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("python3") {
            places.extend(["site-packages", "dist-packages"].map(|name| entry.path().join(name)));
        }
    }
    places.retain(|place| place.is_dir());
    places.sort();
    places
}

fn python_files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    files.sort();
    files
}

/// The first part of the module's name in an import.
fn imported_by(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "))?;
    let name = rest.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    Some(name).filter(|name| !name.is_empty())
}

impl Wishes {
    fn read(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            self.imports |= imported_by(line) == Some(MODULE);
            if let Some((_, argument)) = line.split_once("sys.path.append(") {
                self.last.extend(literals(argument).next().map(PathBuf::from));
            }
            if let Some((_, arguments)) = line.split_once("sys.path.insert(") {
                self.first.extend(literals(arguments).next().map(PathBuf::from));
            }
            let named = literals(line).filter(|text| text.ends_with(BINDINGS));
            self.paths.extend(named.map(PathBuf::from));
        }
    }
}

/// The strings that stand in a line. What an expression in braces stands for is not known, so of
/// such a string only what is behind it is left.
fn literals(line: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = &rest[start..=start];
        let Some((text, behind)) = rest[start + 1..].split_once(quote) else { break };
        found.push(text.rsplit('}').next().unwrap_or_default().to_owned());
        rest = behind;
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn python(root: &Path) -> Python {
        Python {
            path: vec![root.join("path")],
            packages: vec![root.join("packages")],
            rocm: root.join("rocm"),
        }
    }

    /// Files below a new directory, each with a text.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    fn bindings(root: &Path, script: &str) -> Vec<String> {
        let text = fs::read(root.join(script)).unwrap();
        let found = python(root).texts(&root.join(script), &text).bindings;
        let root = root.canonicalize().unwrap();
        let below =
            |file: PathBuf| file.canonicalize().unwrap().strip_prefix(&root).unwrap().to_owned();
        found.into_iter().map(|file| below(file).display().to_string()).collect()
    }

    #[test]
    fn what_lies_beside_the_real_script_is_what_it_loads() {
        let root = tree(&[
            ("libexec/tool.py", "from rsmiBindings import *\n"),
            ("libexec/rsmiBindings.py", ""),
            ("path/rsmiBindings.py", ""),
            ("bin/rsmiBindings.py", ""),
        ]);
        std::os::unix::fs::symlink("../libexec/tool.py", root.path().join("bin/tool")).unwrap();
        assert_eq!(bindings(root.path(), "bin/tool"), ["libexec/rsmiBindings.py"]);
        fs::remove_file(root.path().join("libexec/rsmiBindings.py")).unwrap();
        assert_eq!(bindings(root.path(), "bin/tool"), ["path/rsmiBindings.py"]);
        fs::write(root.path().join("libexec/tool.py"), "# import rsmiBindings\nimport os\n")
            .unwrap();
        assert_eq!(bindings(root.path(), "bin/tool"), Vec::<String>::new());
    }

    #[test]
    fn every_other_place_may_be_meant() {
        let root = tree(&[
            ("a/rsmiBindings.py", ""),
            ("z/rsmiBindings.py", ""),
            ("path/rsmiBindings.py", ""),
            ("packages/rsmiBindings.py", ""),
            ("rocm/libexec/rocm_smi/rsmiBindings.py", ""),
        ]);
        let (a, z) = (root.path().join("a"), root.path().join("z"));
        let text = format!(
            "sys.path.insert(0, '{}')\n    sys.path.append(\"{}\")\nimport rsmiBindings as r\n",
            a.display(),
            z.display()
        );
        fs::write(root.path().join("tool.py"), text).unwrap();
        let places = ["a", "path", "packages", "z", "rocm/libexec/rocm_smi"];
        let expected = places.map(|place| format!("{place}/rsmiBindings.py"));
        assert_eq!(bindings(root.path(), "tool.py"), expected);
    }

    #[test]
    fn who_reads_its_text_names_its_path() {
        let in_rocm = "rocm/libexec/rocm_smi/rsmiBindings.py";
        for text in [
            "p = rocm_path + '/libexec/rocm_smi/rsmiBindings.py'\n",
            "p = f\"{self.rocm}/libexec/rocm_smi/rsmiBindings.py\"\n",
            "p = os.path.join(rocm, 'libexec', 'rocm_smi', 'rsmiBindings.py')\n",
        ] {
            let root = tree(&[("tool.py", text), (in_rocm, ""), ("path/rsmiBindings.py", "")]);
            assert_eq!(bindings(root.path(), "tool.py"), [in_rocm], "{text}");
        }
    }

    #[test]
    fn packages_that_it_imports_speak_for_it() {
        let in_rocm = "rocm/libexec/rocm_smi/rsmiBindings.py";
        let root = tree(&[
            ("bin/monitor", "#!/usr/bin/python3\nfrom omni.monitor import main\nmain()\n"),
            ("packages/omni/__init__.py", ""),
            ("packages/omni/monitor.py", "importlib.import_module('omni.smi')\n"),
            ("packages/omni/smi.py", "open(rocm + '/libexec/rocm_smi/rsmiBindings.py')\n"),
            (in_rocm, ""),
        ]);
        assert_eq!(bindings(root.path(), "bin/monitor"), [in_rocm]);
    }
}
