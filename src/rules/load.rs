//! Rule files to rules: every complaint about every file at once, each naming file, key and reason.

#![expect(clippy::disallowed_methods, reason = "reads the rule directories that the user names")]

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::RuleSet;
use super::builtin::BUILTIN;
use super::lint::Lint;
use super::rule::{Body, Check, Detect, Examples, Rule};
use super::{language, vocabulary};
use crate::credential::Fingerprint;
use crate::detect::compile;
use crate::model::escape::escape;
use crate::model::{Confidence, Severity};

/// Largest rule file, in bytes.
const MAX_FILE: u64 = 256 << 10;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 4 << 10;
/// Most rules of the user's own; with the bounds above this also bounds the time that compiling takes.
const MAX_RULES: usize = 500;
/// Most literals of one rule.
const MAX_LITERALS: usize = 32;

/// Top-level keys of a rule file.
const KEYS: &[&str] = &[
    "title",
    "severity",
    "confidence",
    "samples",
    "examples",
    "counter-examples",
    "detect",
    "help",
    "when",
    "group",
    "source",
];

/// What is wrong with one key of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The file, or the built-in rule's id.
    pub file: String,
    /// The key, dotted, or empty where the whole file is meant.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, key, reason } = self;
        if key.is_empty() { write!(f, "{file}: {reason}") } else { write!(f, "{file}: {key}: {reason}") }
    }
}

/// Everything that is wrong with the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Error(pub Vec<Complaint>);

/// The built-in rules, if wanted, with those of the given directories added or overriding by id.
///
/// # Errors
/// Every complaint about every file.
pub fn load(builtin: bool, directories: &[PathBuf]) -> Result<RuleSet, Error> {
    load_with(builtin, directories, &[])
}

/// As [`load`], with rule files that were read already: their paths and texts. The directories' rules override those.
///
/// # Errors
/// Every complaint about every file.
pub fn load_with(builtin: bool, directories: &[PathBuf], texts: &[(String, Vec<u8>)]) -> Result<RuleSet, Error> {
    let mut complaints = Vec::new();
    let loaded = read_all(builtin, directories, texts, &mut complaints);
    if complaints.is_empty() { Ok(RuleSet::new(loaded)) } else { Err(Error(complaints)) }
}

/// As [`load`], but leaves out what there is any complaint about: enough to redact what is said about it.
#[must_use]
pub fn readable(directories: &[PathBuf]) -> RuleSet {
    RuleSet::new(read_all(true, directories, &[], &mut Vec::new()))
}

/// The rules that can be read, with their texts.
fn read_all(
    builtin: bool,
    directories: &[PathBuf],
    texts: &[(String, Vec<u8>)],
    complaints: &mut Vec<Complaint>,
) -> Vec<(Rule, Cow<'static, str>)> {
    let mut loaded = Vec::new();
    if builtin {
        for (id, text) in BUILTIN {
            match detect_of(text) {
                Ok(detect) => loaded.push((Rule::builtin(id, detect, text), Cow::Borrowed(*text))),
                Err(error) => complaints.push(complaint(id, "detect", error.to_string())),
            }
        }
    }
    let mut own = texts.len();
    for (file, text) in texts.iter().take(MAX_RULES) {
        match read_text(file, text) {
            Ok(rule) => loaded.push(rule),
            Err(found) => complaints.extend(found),
        }
    }
    for directory in directories {
        for entry in files(directory, complaints) {
            own += 1;
            if own > MAX_RULES {
                complaints.push(complaint(&shown(directory), "", format!("more than {MAX_RULES} rule files")));
                return loaded;
            }
            match read(&entry) {
                Ok(rule) => loaded.push(rule),
                Err(found) => complaints.extend(found),
            }
        }
    }
    loaded
}

/// The `[detect]` of a built-in rule, without a look at the rest. These files give each section a line of its own.
fn detect_of(text: &str) -> Result<Option<Detect>, toml::de::Error> {
    let Some((_, section)) = text.split_once("\n[detect]\n") else { return Ok(None) };
    let end = section.find("\n[").unwrap_or(section.len());
    toml::from_str(&section[..end]).map(Some)
}

/// What a built-in rule says beside how it is searched.
pub(super) fn body(id: &str, text: &str) -> Option<Body> {
    parse(id, id, &without_examples(text), false).ok().map(|rule| Body::clone(&rule))
}

/// What a built-in rule is proved by.
pub(super) fn examples(id: &str, text: &str) -> Option<Examples> {
    parse(id, id, text, false).ok().map(|rule| rule.examples().clone())
}

/// The text of a built-in rule without its examples, which are most of it. These files give the end of each list a line of
/// its own, and write what has several lines between `'''`.
fn without_examples(text: &str) -> String {
    let (mut list, mut string) = (false, false);
    let wanted = |line: &&str| {
        let inside = list || matches!(line.trim_end(), "examples = [" | "counter-examples = [");
        string ^= inside && line.matches("'''").count() % 2 == 1;
        list = inside && (string || line.trim_end() != "]");
        !inside
    };
    text.split_inclusive('\n').filter(wanted).collect()
}

fn complaint(file: &str, key: &str, reason: impl Into<String>) -> Complaint {
    Complaint { file: file.to_owned(), key: key.to_owned(), reason: escape(&reason.into()) }
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

/// Rule files of a directory in order of name. An empty one is a mistake worth telling.
fn files(directory: &Path, complaints: &mut Vec<Complaint>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(directory).max_depth(4).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "toml") => {
                found.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => complaints.push(complaint(&shown(directory), "", error.to_string())),
        }
    }
    if found.is_empty() && complaints.is_empty() {
        complaints.push(complaint(&shown(directory), "", "no rule file (*.toml) in it"));
    }
    found
}

fn read(path: &Path) -> Result<(Rule, Cow<'static, str>), Vec<Complaint>> {
    let file = shown(path);
    let whole = |reason: String| vec![complaint(&file, "", reason)];
    let size = std::fs::symlink_metadata(path).map_err(|error| whole(error.to_string()))?.len();
    if size > MAX_FILE {
        return Err(whole(format!("{size} bytes; a rule file has at most {MAX_FILE}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| whole(error.to_string()))?;
    let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((parse(&file, &id, &text, true)?, text.into()))
}

fn read_text(path: &str, bytes: &[u8]) -> Result<(Rule, Cow<'static, str>), Vec<Complaint>> {
    let file = escape(path);
    let whole = |reason: String| vec![complaint(&file, "", reason)];
    if bytes.len() as u64 > MAX_FILE {
        return Err(whole(format!("{} bytes; a rule file has at most {MAX_FILE}", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| whole(error.to_string()))?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let rule = parse(&file, name.strip_suffix(".toml").unwrap_or(name), text, true)?;
    Ok((rule, text.to_owned().into()))
}

/// One file's text to a rule.
///
/// # Errors
/// Every complaint about the file.
pub fn parse(file: &str, id: &str, text: &str, compile_pattern: bool) -> Result<Rule, Vec<Complaint>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        vec![complaint(file, "", format!("not TOML: {}", error.to_string().trim_end()))]
    })?;
    let mut reader = Reader { file, table, complaints: Vec::new() };
    reader.check_id(id);
    reader.check_keys();
    let detect: Option<Detect> = reader.optional("detect");
    if let Some(detect) = &detect {
        reader.check_detect(detect, compile_pattern);
    }
    let lint = reader.lint(compile_pattern);
    let body = Body {
        title: reader.required("title").unwrap_or_default(),
        severity: reader.required("severity").unwrap_or(Severity::Note),
        confidence: reader.optional("confidence").unwrap_or(Confidence::High),
        lint,
        help: reader.required("help").unwrap_or_default(),
        samples: reader.samples(),
    };
    let examples = Examples {
        found: reader.optional("examples").unwrap_or_default(),
        not_found: reader.optional("counter-examples").unwrap_or_default(),
    };
    if reader.complaints.is_empty() { Ok(Rule::read(id, detect, body, examples)) } else { Err(reader.complaints) }
}

/// A file being read, with what is wrong so far.
struct Reader<'a> {
    file: &'a str,
    table: Table,
    complaints: Vec<Complaint>,
}

impl Reader<'_> {
    fn complain(&mut self, key: &str, reason: impl Into<String>) {
        self.complaints.push(complaint(self.file, key, reason));
    }

    fn check_id(&mut self, id: &str) {
        let kebab = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if id.is_empty() || id.len() > 60 || !kebab || id.starts_with('-') || id.ends_with('-') {
            self.complain("", "the file's stem is the rule's id: lower-case words joined by hyphens");
        }
    }

    fn check_keys(&mut self) {
        let unknown: Vec<String> = self.table.keys().filter(|key| !KEYS.contains(&key.as_str())).cloned().collect();
        for key in unknown {
            self.complain(&key, format!("unknown key; known are {}", KEYS.join(", ")));
        }
    }

    fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value: Value = self.table.get(key)?.clone();
        match value.try_into() {
            Ok(value) => Some(value),
            Err(error) => {
                self.complain(key, error.to_string().trim_end());
                None
            }
        }
    }

    fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.table.contains_key(key) {
            self.complain(key, "missing");
        }
        self.optional(key)
    }

    /// A table, or an array of them.
    fn tables<T: DeserializeOwned>(&mut self, key: &str) -> Vec<T> {
        match self.table.get(key) {
            Some(Value::Array(_)) => self.optional(key).unwrap_or_default(),
            Some(_) => self.optional(key).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn lint(&mut self, compile_patterns: bool) -> Option<Lint> {
        let lint = Lint { when: self.tables("when"), group: self.tables("group"), source: self.tables("source") };
        if lint.is_empty() {
            return None;
        }
        if self.table.contains_key("detect") {
            self.complain("detect", "a rule finds tokens or is a lint, not both");
        }
        for (key, pattern) in lint.patterns() {
            if pattern.len() > MAX_PATTERN {
                self.complain(&key, format!("{} bytes; at most {MAX_PATTERN}", pattern.len()));
            } else if compile_patterns && let Err(error) = vocabulary::compile(pattern) {
                self.complain(&key, error);
            }
        }
        let unknown = lint.source.iter().flat_map(|source| &source.languages);
        for name in unknown.filter(|name| !language::is_known(name)) {
            self.complain("source.languages", format!("no such language: {name}"));
        }
        Some(lint)
    }

    fn samples(&mut self) -> Vec<Fingerprint> {
        self.optional("samples").unwrap_or_default()
    }

    fn check_detect(&mut self, detect: &Detect, compile_pattern: bool) {
        if detect.literals.is_empty() && detect.check != Check::Unprefixed {
            self.complain("detect.literals", "at least one: the prefilter looks for them");
        }
        if detect.literals.len() > MAX_LITERALS {
            self.complain("detect.literals", format!("{}; at most {MAX_LITERALS}", detect.literals.len()));
        }
        for literal in &detect.literals {
            if literal.len() < 3 || literal.len() > 64 {
                self.complain("detect.literals", format!("{literal:?} has {} bytes; 3 to 64", literal.len()));
            }
        }
        if detect.lookbehind > 256 {
            self.complain("detect.lookbehind", format!("{}; at most 256", detect.lookbehind));
        }
        if detect.pattern.len() > MAX_PATTERN {
            self.complain("detect.pattern", format!("{} bytes; at most {MAX_PATTERN}", detect.pattern.len()));
        } else if compile_pattern && let Err(error) = compile(&detect.pattern) {
            self.complain("detect.pattern", error.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_complaint_is_named_at_once() {
        let text = "title = 3\nseverity = \"urgent\"\ncolour = \"red\"\n[detect]\nliterals = [\"ab\"]\npattern = \"(\"\ncheck = \"any\"\n";
        let complaints = parse("x.toml", "Bad_Id", text, true).unwrap_err();
        let keys: Vec<&str> = complaints.iter().map(|c| c.key.as_str()).collect();
        assert_eq!(keys, ["", "colour", "detect.literals", "detect.pattern", "title", "severity", "help"]);
        assert!(complaints.iter().all(|c| c.file == "x.toml" && !c.reason.is_empty()));
    }

    #[test]
    fn hostile_patterns_are_refused_quickly() {
        for pattern in ["(a{1000}){1000}", &"(".repeat(2000), &"a".repeat(5000)] {
            let text = format!(
                "title = \"t\"\nseverity = \"low\"\n[detect]\nliterals = [\"abcd\"]\npattern = '{pattern}'\ncheck = \"any\"\n[help]\nwhat = \"\"\nwhy = \"\"\nfix = \"\"\n"
            );
            let complaints = parse("x", "x", &text, true).unwrap_err();
            assert_eq!(complaints[0].key, "detect.pattern");
        }
    }

    #[test]
    fn the_built_in_rules_load_and_their_patterns_compile() {
        for (id, text) in BUILTIN {
            let whole = parse(id, id, text, true).unwrap();
            assert_eq!(detect_of(text).unwrap(), whole.detect, "{id}");
            assert_eq!(body(id, text).as_ref(), Some(&*whole), "{id}");
            assert!(!without_examples(text).contains("examples = ["), "{id}: each list ends with a line of its own");
        }
    }
}
