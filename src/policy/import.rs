//! Imports from gitleaks: turns the current findings that its ignore file and allowlists cover into baseline entries.
//!
//! Patterns are not kept as patterns. Lines and allowlists that cover no current finding, or are not understood, are
//! listed and dropped.

use regex::bytes::Regex;
use toml::{Table, Value};

use super::baseline::BaselineEntry;
use crate::model::escape::escape;
use crate::model::{Finding, Location};
use crate::rules::pattern::compile_key;

/// Patterns of one list that are compiled.
const MAX_PATTERNS: usize = 1_000;

/// One allowlist of `.gitleaks.toml`.
#[derive(Debug)]
struct Allowlist {
    name: String,
    paths: Vec<Regex>,
    regexes: Vec<Regex>,
    stopwords: Vec<String>,
    all: bool,
    used: bool,
}

/// One line of `.gitleaksignore`.
#[derive(Debug)]
struct IgnoreLine {
    text: String,
    file: String,
    line: u64,
    used: bool,
}

/// The ignore rules of gitleaks.
#[derive(Debug, Default)]
pub(crate) struct Gitleaks {
    lists: Vec<Allowlist>,
    ignored: Vec<IgnoreLine>,
    dropped: Vec<String>,
}

/// The result of an import.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    /// Entries for the baseline.
    pub(crate) entries: Vec<BaselineEntry>,
    /// A line for each entry and for each rule that was dropped.
    pub(crate) log: Vec<String>,
}

impl Gitleaks {
    /// Reads `.gitleaksignore`: `FILE:RULE:LINE` or `COMMIT:FILE:RULE:LINE`.
    pub(crate) fn ignore_file(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match fingerprint(line) {
                Some((file, rule, number)) if rule.contains("stripe") || rule.contains("generic") => {
                    self.ignored.push(IgnoreLine { text: line.to_owned(), file, line: number, used: false });
                }
                Some((_, rule, _)) => {
                    self.drop_rule(".gitleaksignore", line, &format!("rule {rule} is not about Stripe"))
                }
                None => self.drop_rule(".gitleaksignore", line, "it is not a fingerprint of gitleaks"),
            }
        }
    }

    /// Reads the allowlists of `.gitleaks.toml`, global ones and those of rules.
    ///
    /// # Errors
    /// The text is not TOML.
    pub(crate) fn config(&mut self, text: &str) -> Result<(), String> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        self.lists_of(&table, "");
        for rule in table.get("rules").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table) {
            let id = rule.get("id").and_then(Value::as_str).unwrap_or("?");
            self.lists_of(rule, &format!("rule {id}: "));
        }
        Ok(())
    }

    fn lists_of(&mut self, table: &Table, of: &str) {
        let one = table.get("allowlist").into_iter();
        let many = table.get("allowlists").and_then(Value::as_array).into_iter().flatten();
        for (at, list) in one.chain(many).filter_map(Value::as_table).enumerate() {
            let number = format!("allowlist {}", at + 1);
            let name = format!("{of}{}", list.get("description").and_then(Value::as_str).unwrap_or(&number));
            let strings = |key: &str| -> Vec<String> {
                let values = list.get(key).and_then(Value::as_array).into_iter().flatten();
                values.filter_map(Value::as_str).take(MAX_PATTERNS).map(str::to_owned).collect()
            };
            let target = list.get("regexTarget").and_then(Value::as_str).unwrap_or("secret");
            if target != "secret" && target != "match" {
                self.drop_rule(".gitleaks.toml", &name, &format!("regexTarget {target:?} is not carried over"));
                continue;
            }
            if !strings("commits").is_empty() {
                let reason = "commits are not carried over: a finding is the same in every commit";
                self.drop_rule(".gitleaks.toml", &name, reason);
            }
            let (paths, regexes) = (self.patterns(&name, strings("paths")), self.patterns(&name, strings("regexes")));
            let all =
                list.get("condition").and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case("and"));
            let stopwords = strings("stopwords");
            self.lists.push(Allowlist { name, paths, regexes, stopwords, all, used: false });
        }
    }

    fn patterns(&mut self, name: &str, texts: Vec<String>) -> Vec<Regex> {
        let mut compiled = Vec::new();
        for text in texts {
            match compile_key(&text) {
                Ok(pattern) => compiled.push(pattern),
                Err(_) => self.drop_rule(".gitleaks.toml", name, &format!("the pattern {text:?} cannot be read")),
            }
        }
        compiled
    }

    fn drop_rule(&mut self, file: &str, what: &str, why: &str) {
        self.dropped.push(escape(&format!("not carried over: {file}: {what}: {why}")));
    }

    /// Returns an entry for every finding that gitleaks would ignore. `token` reads the bytes of a location.
    pub(crate) fn import(mut self, findings: &[Finding], token: &dyn Fn(&Location) -> Option<Vec<u8>>) -> Imported {
        let mut entries = Vec::new();
        for finding in findings.iter().filter(|finding| finding.key.is_some()) {
            let mut reason = None;
            for location in &finding.locations {
                let is_here = |line: &&mut IgnoreLine| line.line == location.line && line.file == location.path;
                if let Some(line) = self.ignored.iter_mut().find(is_here) {
                    line.used = true;
                    reason.get_or_insert_with(|| format!("from .gitleaksignore: {}", line.text));
                }
                let bytes = token(location);
                if let Some(list) = self.lists.iter_mut().find(|list| list.covers(location, bytes.as_deref())) {
                    list.used = true;
                    reason.get_or_insert_with(|| format!("from .gitleaks.toml: {}", list.name));
                }
            }
            entries.extend(reason.map(|reason| BaselineEntry {
                rule: finding.rule.clone(),
                fingerprint: finding.fingerprint,
                reason: escape(&reason),
                expires: None,
            }));
        }
        for list in std::mem::take(&mut self.lists).iter().filter(|list| !list.used) {
            self.drop_rule(".gitleaks.toml", &list.name, "it covers no current finding");
        }
        for line in std::mem::take(&mut self.ignored).iter().filter(|line| !line.used) {
            self.drop_rule(".gitleaksignore", &line.text, "no current finding is at that location");
        }
        let imported =
            |entry: &BaselineEntry| format!("carried over: {} {} ({})", entry.rule, entry.fingerprint, entry.reason);
        let log = entries.iter().map(imported).chain(self.dropped).collect();
        Imported { entries, log }
    }
}

impl Allowlist {
    fn covers(&self, location: &Location, token: Option<&[u8]>) -> bool {
        let lower = || token.map(|token| String::from_utf8_lossy(token).to_lowercase());
        let in_paths = || self.paths.iter().any(|pattern| pattern.is_match(location.path.as_bytes()));
        let in_regexes = || token.is_some_and(|token| self.regexes.iter().any(|pattern| pattern.is_match(token)));
        let in_stopwords =
            || lower().is_some_and(|token| self.stopwords.iter().any(|word| token.contains(&word.to_lowercase())));
        let conditions: [(bool, &dyn Fn() -> bool); 3] = [
            (self.paths.is_empty(), &in_paths),
            (self.regexes.is_empty(), &in_regexes),
            (self.stopwords.is_empty(), &in_stopwords),
        ];
        let mut given = conditions.iter().filter(|(empty, _)| !empty).map(|(_, holds)| holds()).peekable();
        if self.all { given.peek().is_some() && given.all(|holds| holds) } else { given.any(|holds| holds) }
    }
}

/// Splits a fingerprint of gitleaks into file, rule and line.
fn fingerprint(text: &str) -> Option<(String, String, u64)> {
    let (rest, line) = text.rsplit_once(':')?;
    let (rest, rule) = rest.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let file = match rest.split_once(':') {
        Some((commit, file)) if commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) => file,
        _ => rest,
    };
    Some((file.to_owned(), rule.to_owned(), line))
}
