//! Loads rules: the built-in ones, and those of the user's directories. Every problem of every file is reported at once.

#![expect(clippy::disallowed_methods, reason = "reads the rule directories that the user names")]

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::builtin::BUILTIN;
use super::parse::{RuleProblem, parse};
use super::{Rule, RuleSet};

/// Largest rule file, in bytes.
const MAX_FILE: u64 = 256 << 10;
/// Most rules of the user's own; with the bounds on a file this also bounds the time for compiling them.
const MAX_RULES: usize = 500;

/// Every problem of the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Error(pub Vec<RuleProblem>);

/// A rule and the SHA-256 of its text.
type Loaded = (Rule, [u8; 32]);

/// Loads the built-in rules, if wanted, and those of directories, which add to them or override them by id.
///
/// # Errors
/// Every problem of every file.
pub fn load(builtin: bool, directories: &[PathBuf]) -> Result<RuleSet, Error> {
    load_with(builtin, directories, &[])
}

/// Loads rules like [`load`], with rule files given as path and text. The directories' rules override those.
///
/// # Errors
/// Every problem of every file.
pub fn load_with(builtin: bool, directories: &[PathBuf], texts: &[(String, Vec<u8>)]) -> Result<RuleSet, Error> {
    let mut problems = Vec::new();
    let rules = RuleSet::new(read_all(builtin, directories, texts, &mut problems));
    for (at, rule) in rules.iter().enumerate() {
        if let Some(other) = rule.role.and_then(|role| rules.role(role)).filter(|other| *other != at) {
            problems.push(RuleProblem::new(&rule.id, "role", format!("rule {} has it as well", rules[other].id)));
        }
    }
    if problems.is_empty() { Ok(rules) } else { Err(Error(problems)) }
}

/// Loads rules like [`load`], without the invalid ones: enough to redact their problems.
pub(crate) fn readable(directories: &[PathBuf]) -> RuleSet {
    RuleSet::new(read_all(true, directories, &[], &mut Vec::new()))
}

/// Returns the ids of the built-in rules.
pub(crate) fn builtin_ids() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|rule| rule.id)
}

fn read_all(
    builtin: bool,
    directories: &[PathBuf],
    texts: &[(String, Vec<u8>)],
    problems: &mut Vec<RuleProblem>,
) -> Vec<Loaded> {
    let mut loaded = Vec::new();
    loaded.extend(BUILTIN.iter().filter(|_| builtin).map(|rule| (Rule::builtin(rule), rule.hash)));
    let mut keep = |rule: Result<Loaded, Vec<RuleProblem>>, problems: &mut Vec<RuleProblem>| match rule {
        Ok(rule) => loaded.push(rule),
        Err(found) => problems.extend(found),
    };
    for (path, text) in texts.iter().take(MAX_RULES) {
        keep(read_text(path, text), problems);
    }
    let mut own = texts.len();
    for directory in directories {
        for file in files(directory, problems) {
            own += 1;
            if own > MAX_RULES {
                problems.push(RuleProblem::new(&shown(directory), "", format!("more than {MAX_RULES} rule files")));
                return loaded;
            }
            keep(read(&file), problems);
        }
    }
    loaded
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Lists the rule files of a directory in order of name. A directory without any is a mistake.
fn files(directory: &Path, problems: &mut Vec<RuleProblem>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(directory).max_depth(4).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "toml") => {
                found.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => {
                let place = error.path().unwrap_or(directory);
                let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                problems.push(RuleProblem::new(&shown(place), "", why));
            }
        }
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(RuleProblem::new(&shown(directory), "", "no rule file (*.toml) in it"));
    }
    found
}

fn read(path: &Path) -> Result<Loaded, Vec<RuleProblem>> {
    let file = shown(path);
    let whole = |error: std::io::Error| vec![RuleProblem::new(&file, "", error.to_string())];
    check_size(&file, std::fs::symlink_metadata(path).map_err(whole)?.len())?;
    read_text(&file, &std::fs::read(path).map_err(whole)?)
}

fn read_text(path: &str, bytes: &[u8]) -> Result<Loaded, Vec<RuleProblem>> {
    check_size(path, bytes.len() as u64)?;
    let text = std::str::from_utf8(bytes).map_err(|error| vec![RuleProblem::new(path, "", error.to_string())])?;
    let id = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((parse(path, &id, text, true)?.into(), Sha256::digest(bytes).into()))
}

fn check_size(file: &str, size: u64) -> Result<(), Vec<RuleProblem>> {
    if size <= MAX_FILE {
        return Ok(());
    }
    Err(vec![RuleProblem::new(file, "", format!("{size} bytes; a rule file has at most {MAX_FILE}"))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_rule() {
        let text = "title = 't'\nseverity = 'note'\nrole = 'placeholder'\n[help]\nwhat = ''\nwhy = ''\nfix = ''\n";
        let file = |id: &str| [(format!("{id}.toml"), text.as_bytes().to_vec())];
        assert!(load_with(true, &[], &file("placeholder")).is_ok());
        let Err(Error(problems)) = load_with(true, &[], &file("sample-text")) else { panic!("two rules have a role") };
        assert_eq!((problems[0].file.as_str(), problems[0].key.as_str()), ("sample-text", "role"));
    }
}
