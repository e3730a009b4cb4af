//! House rules that a program can check: layers, sizes, module documentation, living paths, where `unsafe` may stand.
//!
//! The rules look at text, not at syntax trees: simple enough to trust, strict enough to keep the tree's shape.

use std::fs;
use std::path::{Path, PathBuf};

/// Layers from the lowest to the highest. A file uses only layers below its own, and its own.
const LAYERS: &[(&str, &str)] = &[
    ("engine::sys", "src/engine/sys/"),
    ("engine::types", "src/engine/types/"),
    ("engine::abi", "src/engine/abi/"),
    ("engine::module", "src/engine/module/"),
    ("engine::compile", "src/engine/compile/"),
    ("engine::cache", "src/engine/cache/"),
    ("engine::interp", "src/engine/interp/"),
    ("engine::code", "src/engine/code/"),
    ("engine::tier", "src/engine/tier/"),
    ("engine::pipeline", "src/engine/pipeline.rs"),
    ("engine::runtime", "src/engine/runtime/"),
    ("api", "src/api/"),
    ("wasi", "src/wasi/"),
    ("cli", "src/cli/"),
];

/// Layers that may not be used although they lie below: WASI and the command line are ordinary embedders.
const FORBIDDEN: &[(&str, &str)] = &[("wasi", "engine"), ("cli", "engine")];

/// Folders whose files may contain `unsafe`.
const UNSAFE_FOLDERS: &[&str] = &[
    "src/engine/sys/",
    "src/engine/interp/exec/",
    "src/engine/code/",
    "src/engine/runtime/",
    "src/wasi/sys/windows",
    "src/cli/sys/windows.rs",
];

/// Folders and files that may ask which system they are compiled for.
const PLATFORM_FOLDERS: &[&str] = &["src/engine/sys/", "src/wasi/sys/", "src/cli/sys/"];

/// Longest file in code lines without tests.
const MOST_LINES: usize = 800;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Longest function in lines.
const MOST_FUNCTION_LINES: usize = 120;

/// Functions that may be longer: flat dispatch tables.
const LONG_FUNCTIONS: &[&str] = &["translate_operator", "translate", "fold_operator", "fold_instruction"];

/// Files below `folder` with one of the extensions.
fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if extensions.contains(&extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every source file with its text, paths with forward slashes.
fn sources() -> Vec<(String, String)> {
    let to_pair = |path: PathBuf| (path.to_string_lossy().replace('\\', "/"), read(&path));
    files("src", &["rs"]).into_iter().map(to_pair).collect()
}

/// The text in front of the file's test module.
fn without_tests(text: &str) -> &str {
    let begins = ["#[cfg(test)]\nmod tests {", "#[cfg(all(test, has_compiler))]\nmod tests {"];
    begins.iter().find_map(|begin| text.find(begin)).map_or(text, |at| &text[..at])
}

/// Fails with every finding.
fn report(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

#[test]
fn layers_point_one_way() {
    let mut findings = Vec::new();
    for (path, text) in sources() {
        let Some(own) = LAYERS.iter().position(|(_, folder)| path.starts_with(folder)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (used, (name, _)) in LAYERS.iter().enumerate() {
                let uses = line.contains(&format!("crate::{name}::")) || line.contains(&format!("crate::{name}}}"));
                if uses && used > own {
                    findings.push(format!("{path}:{}: {} uses {name} above it", number + 1, LAYERS[own].0));
                }
            }
            for (layer, forbidden) in FORBIDDEN {
                if LAYERS[own].0 == *layer && line.contains(&format!("crate::{forbidden}")) {
                    findings.push(format!("{path}:{}: {layer} uses {forbidden}", number + 1));
                }
            }
        }
    }
    report("a file uses only layers below its own", findings);
}

#[test]
fn files_are_short() {
    let too_long = |(path, text): (String, String)| {
        let lines = without_tests(&text).lines().count();
        let exempt = LONG_FILES.iter().any(|(file, _)| *file == path) || path.ends_with("/tests.rs");
        (lines > MOST_LINES && !exempt).then(|| format!("{path}: {lines} lines"))
    };
    report("a file has at most 800 lines", sources().into_iter().filter_map(too_long).collect());
}

#[test]
fn functions_are_short() {
    let mut findings = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<&str> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let Some(name) = function_name(line) else { continue };
            let indent = line.len() - line.trim_start().len();
            let closing = format!("{}}}", " ".repeat(indent));
            let length = lines[start..].iter().position(|line| **line == closing).unwrap_or(0);
            if length > MOST_FUNCTION_LINES && !LONG_FUNCTIONS.contains(&name) {
                findings.push(format!("{path}:{}: `{name}` has {length} lines", start + 1));
            }
        }
    }
    report("a function has at most 120 lines", findings);
}

/// The name of the function whose definition begins on this line.
fn function_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let is_code = !line.starts_with("//");
    let (before, after) = line.split_once("fn ").filter(|_| is_code)?;
    let qualifiers = ["pub", "pub(super)", "pub(crate)", "const", "unsafe", "extern", "\"C\""];
    let is_definition = before.split_whitespace().all(|word| qualifiers.contains(&word) || word.starts_with("pub("));
    let name_end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    (is_definition && name_end > 0).then(|| &after[..name_end])
}

#[test]
fn every_file_says_what_it_is() {
    let silent = |(path, text): (String, String)| (!text.starts_with("//!")).then_some(path);
    report("a file begins with `//!`", sources().into_iter().filter_map(silent).collect());
}

#[test]
fn unsafe_stands_in_its_folders() {
    let mut findings = Vec::new();
    for (path, text) in sources() {
        let allowed = UNSAFE_FOLDERS.iter().any(|folder| path.starts_with(folder));
        let has_unsafe = |line: &str| !line.trim_start().starts_with("//") && line.contains("unsafe ");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| has_unsafe(line)) {
            if !allowed {
                findings.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    report("`unsafe` stands only in the listed folders", findings);
}

#[test]
fn platforms_are_asked_for_in_their_folders() {
    let mut findings = Vec::new();
    for (path, text) in sources() {
        let allowed = PLATFORM_FOLDERS.iter().any(|folder| path.starts_with(folder));
        let asks = |line: &str| {
            ["#[cfg(unix", "#[cfg(windows", "#[cfg(target_os", "#[cfg(not(unix"].iter().any(|cfg| line.contains(cfg))
        };
        for (number, _) in text.lines().enumerate().filter(|(_, line)| asks(line)) {
            if !allowed {
                findings.push(format!("{path}:{}", number + 1));
            }
        }
    }
    report("`cfg` of a system stands only in the listed folders", findings);
}

/// Paths in documents and comments that look like files of this project exist.
#[test]
fn written_paths_exist() {
    let mut findings = Vec::new();
    let documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(PathBuf::from);
    let all =
        files("src", &["rs"]).into_iter().chain(files("docs", &["md"])).chain(files("tests", &["rs"])).chain(documents);
    for path in all {
        let text = read(&path);
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        for (number, line) in text.lines().enumerate() {
            if is_rust && !line.trim_start().starts_with("//") {
                continue;
            }
            for written in line.split('`').skip(1).step_by(2).filter(|word| is_project_path(word)) {
                if !Path::new(written.trim_end_matches('/')).exists() {
                    findings.push(format!("{}:{}: `{written}`", path.display(), number + 1));
                }
            }
        }
    }
    report("a path that is written down exists", findings);
}

fn is_project_path(word: &str) -> bool {
    let folders = ["src/", "tests/", "docs/", "benches/", "examples/", "installers/", ".ci/"];
    let plain = word.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
    plain && folders.iter().any(|folder| word.starts_with(folder))
}

/// Decisions that follow the specification say where it stands.
#[test]
fn the_specification_is_linked() {
    let engine =
        sources().into_iter().filter(|(path, _)| path.starts_with("src/engine/") || path.starts_with("src/wasi/"));
    let (mut lines, mut links) = (0, 0);
    for (_, text) in engine {
        lines += text.lines().count();
        links += text.matches("spec: ").count() + text.matches("https://").count();
    }
    assert!(
        links * 1000 >= lines * 3,
        "{links} links to specifications in {lines} lines; three per thousand are wanted"
    );
}
