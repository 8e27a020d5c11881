//! Moving from gitleaks: what its ignore file and allowlists cover today becomes baseline entries.
//!
//! Patterns are not carried over as patterns. A finding of today that gitleaks was told to ignore gets an entry with the
//! reason; whatever covers no finding of today, or cannot be understood, is said and left behind.

use regex::bytes::Regex;
use toml::{Table, Value};

use super::baseline::Entry;
use crate::detect::redact::sanitize;
use crate::model::Report;
use crate::model::{Finding, Location};
use crate::rules::pattern::compile_key;

/// Patterns of one file that are compiled.
const MAX_PATTERNS: usize = 1_000;

/// One allowlist of `.gitleaks.toml`.
#[derive(Debug)]
struct Allowlist {
    name: String,
    paths: Vec<Regex>,
    regexes: Vec<Regex>,
    stopwords: Vec<String>,
    all: bool,
}

/// One line of `.gitleaksignore`.
#[derive(Debug)]
struct Ignored {
    text: String,
    file: String,
    line: u64,
}

/// What gitleaks was told to ignore.
#[derive(Debug, Default)]
pub struct Gitleaks {
    lists: Vec<Allowlist>,
    ignored: Vec<Ignored>,
    said: Vec<String>,
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Entries for the baseline.
    pub entries: Vec<Entry>,
    /// What carried over and what could not, a line each.
    pub said: Vec<String>,
}

impl Gitleaks {
    /// Reads `.gitleaksignore`: `FILE:RULE:LINE` or `COMMIT:FILE:RULE:LINE`.
    pub fn ignore_file(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match fingerprint(line) {
                Some((file, rule, number)) if rule.contains("stripe") || rule.contains("generic") => {
                    self.ignored.push(Ignored { text: line.to_owned(), file, line: number });
                }
                Some((_, rule, _)) => self.say(".gitleaksignore", line, &format!("rule {rule} is not about Stripe")),
                None => self.say(".gitleaksignore", line, "it is no fingerprint of gitleaks"),
            }
        }
    }

    /// Reads the allowlists of `.gitleaks.toml`, global ones and those of rules.
    ///
    /// # Errors
    /// It is not TOML.
    pub fn config(&mut self, text: &str) -> Result<(), String> {
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
            let described = list.get("description").and_then(Value::as_str);
            let name = format!("{of}{}", described.map_or_else(|| format!("allowlist {}", at + 1), str::to_owned));
            let strings = |key: &str| -> Vec<String> {
                let values = list.get(key).and_then(Value::as_array).into_iter().flatten();
                values.filter_map(Value::as_str).take(MAX_PATTERNS).map(str::to_owned).collect()
            };
            let target = list.get("regexTarget").and_then(Value::as_str).unwrap_or("secret");
            if target != "secret" && target != "match" {
                self.say(".gitleaks.toml", &name, &format!("regexTarget {target:?} is not carried over"));
                continue;
            }
            if !strings("commits").is_empty() {
                self.say(
                    ".gitleaks.toml",
                    &name,
                    "commits are not carried over: a finding is the same in every commit",
                );
            }
            let (paths, regexes) = (self.patterns(&name, strings("paths")), self.patterns(&name, strings("regexes")));
            let all =
                list.get("condition").and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case("and"));
            let stopwords = strings("stopwords");
            self.lists.push(Allowlist { name, paths, regexes, stopwords, all });
        }
    }

    fn patterns(&mut self, name: &str, texts: Vec<String>) -> Vec<Regex> {
        let mut compiled = Vec::new();
        for text in texts {
            match compile_key(&text) {
                Ok(pattern) => compiled.push(pattern),
                Err(_) => self.say(".gitleaks.toml", name, &format!("the pattern {text:?} cannot be read")),
            }
        }
        compiled
    }

    fn say(&mut self, file: &str, what: &str, why: &str) {
        self.said.push(sanitize(&format!("not carried over: {file}: {what}: {why}")));
    }

    /// Gives every finding that gitleaks would ignore an entry. `token` reads the bytes of a place.
    #[must_use]
    pub fn carry(mut self, report: &Report, token: &dyn Fn(&Location) -> Option<Vec<u8>>) -> Outcome {
        let mut outcome = Outcome::default();
        let (lists, ignored) = (std::mem::take(&mut self.lists), std::mem::take(&mut self.ignored));
        let mut used = vec![0_u64; lists.len()];
        let mut used_lines = vec![false; ignored.len()];
        for finding in report.findings.iter().filter(|finding| finding.key.is_some()) {
            let mut reason = None;
            for location in &finding.locations {
                let line = ignored.iter().position(|i| i.line == location.line && i.file == location.path);
                if let Some(at) = line {
                    used_lines[at] = true;
                    reason.get_or_insert_with(|| format!("from .gitleaksignore: {}", ignored[at].text));
                }
                let bytes = token(location);
                if let Some(at) = lists.iter().position(|list| list.covers(location, bytes.as_deref())) {
                    used[at] += 1;
                    reason.get_or_insert_with(|| format!("from .gitleaks.toml: {}", lists[at].name));
                }
            }
            outcome.entries.extend(reason.map(|reason| entry(finding, &reason)));
        }
        for (at, list) in lists.iter().enumerate() {
            if used[at] == 0 {
                self.say(".gitleaks.toml", &list.name, "it covers no finding of today");
            }
        }
        for (at, line) in ignored.iter().enumerate().filter(|(at, _)| !used_lines[*at]) {
            let _ = at;
            self.say(".gitleaksignore", &line.text, "there is no finding at that place today");
        }
        outcome.said = outcome
            .entries
            .iter()
            .map(|entry| format!("carried over: {} {} ({})", entry.rule, entry.fingerprint, entry.reason))
            .chain(self.said)
            .collect();
        outcome
    }
}

impl Allowlist {
    fn covers(&self, location: &Location, token: Option<&[u8]>) -> bool {
        let mut answers = Vec::new();
        if !self.paths.is_empty() {
            answers.push(self.paths.iter().any(|pattern| pattern.is_match(location.path.as_bytes())));
        }
        if !self.regexes.is_empty() {
            answers.push(token.is_some_and(|token| self.regexes.iter().any(|pattern| pattern.is_match(token))));
        }
        if !self.stopwords.is_empty() {
            let lower = token.map(|token| String::from_utf8_lossy(token).to_lowercase());
            let has = |word: &String| lower.as_ref().is_some_and(|token| token.contains(&word.to_lowercase()));
            answers.push(self.stopwords.iter().any(has));
        }
        if self.all { !answers.is_empty() && answers.iter().all(|yes| *yes) } else { answers.contains(&true) }
    }
}

fn entry(finding: &Finding, reason: &str) -> Entry {
    Entry { rule: finding.rule.clone(), fingerprint: finding.fingerprint, reason: sanitize(reason), expires: None }
}

/// File, rule and line of a fingerprint of gitleaks.
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
