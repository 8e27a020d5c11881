//! The lints of a rule set, their patterns compiled when first needed.

use std::sync::OnceLock;

use regex::bytes::Regex;

use crate::rules::RuleSet;
use crate::rules::lint::{CodePattern, KeyCondition};
use crate::rules::pattern;

/// The paths that a `[source]` reads.
#[derive(Debug)]
struct Paths {
    path: Option<Regex>,
    unless_path: Option<Regex>,
}

/// The patterns of a `[source]`.
#[derive(Debug)]
pub(crate) struct Patterns {
    pub(crate) exclude: Vec<Regex>,
    pub(crate) within: Option<Regex>,
    pub(crate) patterns: Vec<Regex>,
}

/// The patterns of a `[when]`.
#[derive(Debug)]
pub(crate) struct Conditions {
    pub(crate) variable_matches: Option<Regex>,
    pub(crate) path: Option<Regex>,
    pub(crate) unless_path: Option<Regex>,
    pub(crate) before: Option<Regex>,
    pub(crate) unless_before: Option<Regex>,
    pub(crate) section: Option<Regex>,
    pub(crate) unless_section: Option<Regex>,
}

/// A `[source]`, by its rule and its number there.
#[derive(Debug)]
struct Entry {
    rule: usize,
    source: usize,
    paths: OnceLock<Option<Paths>>,
    /// What a text must have, all of it. Most texts fail here, before the other patterns are needed.
    include: OnceLock<Option<Vec<Regex>>>,
    patterns: OnceLock<Option<Patterns>>,
}

impl Entry {
    fn new(rule: usize, source: usize) -> Self {
        Self { rule, source, paths: OnceLock::new(), include: OnceLock::new(), patterns: OnceLock::new() }
    }

    /// Whether the source reads files of this path.
    fn reads(&self, source: &CodePattern, path: &str) -> bool {
        if source.path.is_none() && source.unless_path.is_none() {
            return true;
        }
        let build = || Some(Paths { path: one(&source.path)?, unless_path: one(&source.unless_path)? });
        self.paths.get_or_init(build).as_ref().is_some_and(|paths| {
            paths.path.as_ref().is_none_or(|wanted| wanted.is_match(path.as_bytes()))
                && !paths.unless_path.as_ref().is_some_and(|unwanted| unwanted.is_match(path.as_bytes()))
        })
    }
}

/// Lints ready to run. Shared by all threads.
#[derive(Debug)]
pub struct Compiled<'a> {
    rules: &'a RuleSet,
    parts: OnceLock<Parts>,
}

/// The parts of all lints. Most scans never ask for them.
#[derive(Debug)]
struct Parts {
    sources: Vec<Entry>,
    whens: Vec<(usize, usize, OnceLock<Option<Conditions>>)>,
}

impl Parts {
    fn of(rules: &RuleSet) -> Self {
        let lints = || rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.lint.as_ref()?)));
        let sources =
            lints().flat_map(|(at, lint)| (0..lint.source.len()).map(move |source| Entry::new(at, source))).collect();
        let whens =
            lints().flat_map(|(at, lint)| (0..lint.when.len()).map(move |when| (at, when, OnceLock::new()))).collect();
        Self { sources, whens }
    }
}

fn one(pattern: &Option<String>) -> Option<Option<Regex>> {
    match pattern {
        Some(pattern) => pattern::compile_lint(pattern).ok().map(Some),
        None => Some(None),
    }
}

fn many(patterns: &[String]) -> Option<Vec<Regex>> {
    patterns.iter().map(|pattern| pattern::compile_lint(pattern).ok()).collect()
}

impl Patterns {
    /// `None` if a pattern is at fault, which loading the rules has ruled out.
    fn of(source: &CodePattern) -> Option<Self> {
        Some(Self { exclude: many(&source.exclude)?, within: one(&source.within)?, patterns: many(&source.patterns)? })
    }
}

impl Conditions {
    fn of(when: &KeyCondition) -> Option<Self> {
        Some(Self {
            variable_matches: one(&when.variable_matches)?,
            path: one(&when.path)?,
            unless_path: one(&when.unless_path)?,
            before: one(&when.before)?,
            unless_before: one(&when.unless_before)?,
            section: one(&when.section)?,
            unless_section: one(&when.unless_section)?,
        })
    }
}

impl<'a> Compiled<'a> {
    /// The lints of a rule set. Reads and compiles nothing yet.
    #[must_use]
    pub fn new(rules: &'a RuleSet) -> Self {
        Self { rules, parts: OnceLock::new() }
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| Parts::of(self.rules))
    }

    pub(crate) fn rules(&self) -> &'a RuleSet {
        self.rules
    }

    pub(crate) fn source(&self, rule: usize, source: usize) -> Option<&'a CodePattern> {
        self.rules[rule].lint.as_ref()?.source.get(source)
    }

    pub(crate) fn when(&self, rule: usize, when: usize) -> Option<&'a KeyCondition> {
        self.rules[rule].lint.as_ref()?.when.get(when)
    }

    pub(crate) fn has_sources(&self) -> bool {
        !self.parts().sources.is_empty()
    }

    /// The `[when]`s, as (rule, index).
    pub(crate) fn whens(&self) -> impl Iterator<Item = (usize, usize)> {
        self.parts().whens.iter().map(|(rule, when, _)| (*rule, *when))
    }

    /// The `[source]`s that read a file and one of whose literals is in its text, as (rule, index).
    pub(crate) fn sources_of<'b>(
        &'b self,
        language: &'b str,
        path: &'b str,
        bytes: &'b [u8],
    ) -> impl Iterator<Item = (usize, usize, &'a CodePattern)> {
        self.parts().sources.iter().filter_map(move |entry| {
            let source = self.source(entry.rule, entry.source)?;
            let reads = source.languages.is_empty() || source.languages.iter().any(|name| name == language);
            let holds = || {
                source.literals.is_empty()
                    || source.literals.iter().any(|literal| memchr::memmem::find(bytes, literal.as_bytes()).is_some())
            };
            (reads && entry.reads(source, path) && holds()).then_some((entry.rule, entry.source, source))
        })
    }

    fn entry(&self, rule: usize, source: usize) -> Option<&Entry> {
        self.parts().sources.iter().find(|entry| (entry.rule, entry.source) == (rule, source))
    }

    /// Whether a text has all that a source asks for.
    pub(crate) fn includes(&self, rule: usize, source: usize, text: &[u8]) -> bool {
        let include = self.entry(rule, source).and_then(|entry| {
            let build = || many(&self.source(rule, source)?.include);
            entry.include.get_or_init(build).as_ref()
        });
        include.is_some_and(|include| include.iter().all(|pattern| pattern.is_match(text)))
    }

    pub(crate) fn patterns(&self, rule: usize, source: usize) -> Option<&Patterns> {
        let entry = self.entry(rule, source)?;
        entry.patterns.get_or_init(|| Patterns::of(self.source(rule, source)?)).as_ref()
    }

    pub(crate) fn conditions(&self, rule: usize, when: usize) -> Option<&Conditions> {
        let (.., conditions) = self.parts().whens.iter().find(|(r, w, _)| (*r, *w) == (rule, when))?;
        conditions.get_or_init(|| Conditions::of(self.when(rule, when)?)).as_ref()
    }
}
