//! Parses a rule file and reports every problem in it at once, each with file, key and reason.

use std::fmt;

use regex::bytes::Regex;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::lint::Lint;
use super::rule::{BodyCheck, Examples, KeyPattern, RuleFacts, RuleRole};
use super::{language, pattern, toml_error};
use crate::credential::Fingerprint;
use crate::model::escape::escape;

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 4 << 10;
/// Most literals of one rule.
const MAX_LITERALS: usize = 32;

/// Top-level keys of a rule file.
const KEYS: &str = "title noun plural severity severity-in-tests confidence category cwe role samples examples \
                    counter-examples detect help when group source";
/// Hard-coded credentials, in MITRE's list.
const DEFAULT_CWE: u16 = 798;

/// A problem with one key of a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// The file, or the built-in rule's id.
    pub file: String,
    /// The dotted key; empty for the whole file.
    pub key: String,
    /// The reason.
    pub reason: String,
}

impl RuleProblem {
    pub(super) fn new(file: &str, key: &str, reason: impl Into<String>) -> Self {
        let reason = reason.into().lines().map(escape).collect::<Vec<_>>().join("\n");
        Self { file: escape(file), key: key.to_owned(), reason }
    }
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, key, reason } = self;
        if key.is_empty() { write!(f, "{file}: {reason}") } else { write!(f, "{file}: {key}: {reason}") }
    }
}

/// A parsed rule file.
#[derive(Debug)]
pub(super) struct RuleFile {
    pub(super) id: String,
    pub(super) detect: Option<KeyPattern>,
    pub(super) role: Option<RuleRole>,
    pub(super) facts: RuleFacts,
    pub(super) examples: Examples,
}

/// Parses the text of a rule file.
///
/// # Errors
/// Every problem in the file.
pub(super) fn parse(file: &str, id: &str, text: &str, compile_patterns: bool) -> Result<RuleFile, Vec<RuleProblem>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        vec![RuleProblem::new(file, "", format!("not TOML: {}", toml_error::explain(&error, text)))]
    })?;
    let mut reader = FileReader { file, table, problems: Vec::new() };
    reader.check_id(id);
    reader.check_keys();
    let detect: Option<KeyPattern> = reader.optional("detect");
    if let Some(detect) = &detect {
        reader.check_detect(detect, compile_patterns);
    }
    let role = reader.optional("role");
    let parsed = RuleFile {
        id: id.to_owned(),
        detect,
        role,
        facts: reader.facts(role, compile_patterns),
        examples: reader.examples(),
    };
    if reader.problems.is_empty() { Ok(parsed) } else { Err(reader.problems) }
}

/// Reads the facts of a built-in rule; a test parses its file with every check.
pub(super) fn facts(id: &str, table: Table) -> RuleFacts {
    let mut reader = FileReader { file: id, table, problems: Vec::new() };
    let role = reader.optional("role");
    reader.facts(role, false)
}

/// A file being parsed, with its problems so far.
struct FileReader<'a> {
    file: &'a str,
    table: Table,
    problems: Vec<RuleProblem>,
}

impl FileReader<'_> {
    fn facts(&mut self, role: Option<RuleRole>, compile_patterns: bool) -> RuleFacts {
        let lint = self.lint(compile_patterns);
        let title: String = self.required("title").unwrap_or_default();
        let noun = self.optional("noun").unwrap_or_else(|| noun(&title));
        RuleFacts {
            plural: self.optional("plural").unwrap_or_else(|| format!("{noun}s")),
            noun,
            title,
            severity: self.required("severity").unwrap_or_default(),
            severity_in_tests: self.optional("severity-in-tests"),
            confidence: self.optional("confidence").unwrap_or_default(),
            category: self.optional("category").unwrap_or_default(),
            cwe: self.optional("cwe").unwrap_or(DEFAULT_CWE),
            lint,
            help: self.required("help").unwrap_or_default(),
            samples: self.samples(role),
        }
    }

    fn examples(&mut self) -> Examples {
        Examples {
            found: self.optional("examples").unwrap_or_default(),
            not_found: self.optional("counter-examples").unwrap_or_default(),
        }
    }

    fn problem(&mut self, key: &str, reason: impl Into<String>) {
        self.problems.push(RuleProblem::new(self.file, key, reason));
    }

    fn check_id(&mut self, id: &str) {
        let kebab = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if id.is_empty() || id.len() > 60 || !kebab || id.starts_with('-') || id.ends_with('-') {
            self.problem("", "the file's stem is the rule's id: lower-case words joined by hyphens");
        }
    }

    fn check_keys(&mut self) {
        let unknown: Vec<String> =
            self.table.keys().filter(|key| !KEYS.split(' ').any(|known| known == *key)).cloned().collect();
        for key in unknown {
            self.problem(&key, format!("unknown key; known are {KEYS}"));
        }
    }

    fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value: Value = self.table.get(key)?.clone();
        match value.try_into() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(key, error.to_string().trim_end());
                None
            }
        }
    }

    fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.table.contains_key(key) {
            self.problem(key, "missing");
        }
        self.optional(key)
    }

    /// Reads a table, or an array of tables.
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
            self.problem("detect", "a rule finds tokens or is a lint, not both");
        }
        for (key, text) in lint.patterns() {
            self.check_pattern(&key, text, compile_patterns, pattern::compile_lint);
        }
        let unknown = lint.source.iter().flat_map(|source| &source.languages);
        for name in unknown.filter(|name| !language::is_known(name)) {
            self.problem("source.languages", format!("no such language: {name}"));
        }
        Some(lint)
    }

    fn samples(&mut self, role: Option<RuleRole>) -> Vec<Fingerprint> {
        if role != Some(RuleRole::PublishedSample) && self.table.contains_key("samples") {
            self.problem("samples", "only the rule with role = \"published-sample\" has samples");
        }
        self.optional("samples").unwrap_or_default()
    }

    fn check_detect(&mut self, detect: &KeyPattern, compile_patterns: bool) {
        if detect.literals.is_empty() && detect.check != BodyCheck::Unprefixed {
            self.problem("detect.literals", "at least one: the prefilter searches for them");
        }
        if detect.literals.len() > MAX_LITERALS {
            self.problem("detect.literals", format!("{}; at most {MAX_LITERALS}", detect.literals.len()));
        }
        for literal in &detect.literals {
            if literal.len() < 3 || literal.len() > 64 {
                self.problem("detect.literals", format!("{literal:?} has {} bytes; 3 to 64", literal.len()));
            }
        }
        if detect.lookbehind > 256 {
            self.problem("detect.lookbehind", format!("{}; at most 256", detect.lookbehind));
        }
        self.check_pattern("detect.pattern", &detect.pattern, compile_patterns, |text| {
            pattern::compile_key(text).map_err(|error| error.to_string())
        });
    }

    fn check_pattern(&mut self, key: &str, text: &str, compile: bool, compiler: fn(&str) -> Result<Regex, String>) {
        if text.len() > MAX_PATTERN {
            self.problem(key, format!("{} bytes; at most {MAX_PATTERN}", text.len()));
        } else if compile && let Err(error) = compiler(text) {
            self.problem(key, error);
        }
    }
}

/// Derives the noun of a summary from a title: `Live secret key` gives `live secret key`, acronyms stay.
fn noun(title: &str) -> String {
    let mut letters = title.chars();
    match letters.next() {
        Some(first) if !title.chars().nth(1).is_some_and(char::is_uppercase) => {
            format!("{}{}", first.to_lowercase(), letters.as_str())
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_reported_at_once() {
        let text = "title = 3\nseverity = \"urgent\"\ncolour = \"red\"\n[detect]\nliterals = [\"ab\"]\npattern = \"(\"\ncheck = \"any\"\n";
        let problems = parse("x.toml", "Bad_Id", text, true).unwrap_err();
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["", "colour", "detect.literals", "detect.pattern", "title", "severity", "help"]);
        assert!(problems.iter().all(|problem| problem.file == "x.toml" && !problem.reason.is_empty()));
    }

    #[test]
    fn hostile_patterns_are_refused_quickly() {
        for pattern in ["(a{1000}){1000}", &"(".repeat(2000), &"a".repeat(5000)] {
            let text = format!(
                "title = \"t\"\nseverity = \"low\"\n[detect]\nliterals = [\"abcd\"]\npattern = '{pattern}'\ncheck = \"any\"\n[help]\nwhat = \"\"\nwhy = \"\"\nfix = \"\"\n"
            );
            let problems = parse("x", "x", &text, true).unwrap_err();
            assert_eq!(problems[0].key, "detect.pattern");
        }
    }
}
