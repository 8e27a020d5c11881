//! Owners of files, from the CODEOWNERS files of GitHub, GitLab and Bitbucket.
//!
//! Which dialect a file is in is decided by the host of the repository, else by the place of the file and by what stands in
//! it. In all dialects the last pattern that matches decides; in GitLab's it does so in each section.

mod dialect;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod parse;
mod pattern;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pattern::Pattern;

use crate::model::OwnersDialect;

pub(crate) use dialect::find;

/// Patterns of one file; a longer one is not read at all, because its last lines decide.
const MAX_RULES: usize = 50_000;
/// Bytes of one file. GitHub reads none that is larger.
const MAX_BYTES: usize = 3 << 20;
/// Bytes of a pattern; longer lines are skipped.
const MAX_PATTERN: usize = 4_096;
/// Owners of one line, and of one file.
const MAX_OWNERS: usize = 100;
/// Characters and segments compared, over all paths.
const MAX_STEPS: u64 = 100_000_000;

/// The owners that a file names.
#[derive(Debug)]
pub(crate) struct CodeOwners {
    /// The dialect that it is read in.
    pub(crate) dialect: OwnersDialect,
    /// The file.
    pub(crate) path: String,
    rules: Vec<Rule>,
    /// Rules by a segment that a path must have to match.
    by_segment: HashMap<String, Vec<u32>>,
    /// The other rules.
    general: Vec<u32>,
    steps: u64,
}

/// A line of the file.
#[derive(Debug)]
struct Rule {
    /// Sections are judged one by one.
    section: u32,
    pattern: Pattern,
    /// `None` for a pattern that takes files out of its section.
    owners: Option<Vec<String>>,
}

impl CodeOwners {
    fn new(dialect: OwnersDialect, path: &str, rules: Vec<Rule>) -> Self {
        let (mut by_segment, mut general) = (HashMap::<String, Vec<u32>>::new(), Vec::new());
        for (at, rule) in (0_u32..).zip(&rules) {
            match rule.pattern.required() {
                Some(segment) => by_segment.entry(segment.to_owned()).or_default().push(at),
                None => general.push(at),
            }
        }
        Self { dialect, path: path.to_owned(), rules, by_segment, general, steps: 0 }
    }

    /// Returns the owners of a file, section by section. `None` if no comparisons are left.
    pub(crate) fn of(&mut self, path: &str) -> Option<Vec<&str>> {
        let segments: Vec<&str> = path.split('/').collect();
        let names: BTreeSet<&str> = segments.iter().copied().collect();
        let named = names.into_iter().filter_map(|name| self.by_segment.get(name));
        let mut candidates: Vec<u32> = named.flatten().chain(&self.general).copied().collect();
        candidates.sort_unstable();
        // The last match of each section, and none where one excludes the file.
        let mut decided: BTreeMap<u32, Option<&[String]>> = BTreeMap::new();
        for rule in candidates.iter().rev().filter_map(|at| self.rules.get(*at as usize)) {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return None;
            }
            if !rule.pattern.matches(&segments, &mut self.steps) {
                continue;
            }
            let owners = rule.owners.as_deref();
            let known = decided.entry(rule.section).or_insert(owners);
            if owners.is_none() {
                *known = None;
            }
            if self.dialect != OwnersDialect::Gitlab {
                break;
            }
        }
        let mut owners: Vec<&str> = Vec::new();
        for owner in decided.into_values().flatten().flatten().take(MAX_OWNERS) {
            if !owners.contains(&owner.as_str()) {
                owners.push(owner);
            }
        }
        Some(owners)
    }
}
