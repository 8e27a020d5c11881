//! The lints of a rule set, their patterns compiled when first needed.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::vocabulary;
use crate::rules::RuleSet;
use crate::rules::lint::{Source, When};

/// The patterns of a `[source]`.
#[derive(Debug)]
pub(crate) struct Patterns {
    pub(crate) path: Option<Regex>,
    pub(crate) unless_path: Option<Regex>,
    pub(crate) include: Vec<Regex>,
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

/// Lints ready to run. Shared by all threads.
#[derive(Debug)]
pub struct Compiled<'a> {
    rules: &'a RuleSet,
    /// (rule, source) and its patterns.
    sources: Vec<(usize, usize, OnceLock<Option<Patterns>>)>,
    whens: Vec<(usize, usize, OnceLock<Option<Conditions>>)>,
}

fn one(pattern: &Option<String>) -> Option<Option<Regex>> {
    match pattern {
        Some(pattern) => vocabulary::compile(pattern).ok().map(Some),
        None => Some(None),
    }
}

fn many(patterns: &[String]) -> Option<Vec<Regex>> {
    patterns.iter().map(|pattern| vocabulary::compile(pattern).ok()).collect()
}

impl Patterns {
    /// `None` if a pattern is at fault, which loading the rules has ruled out.
    fn of(source: &Source) -> Option<Self> {
        Some(Self {
            path: one(&source.path)?,
            unless_path: one(&source.unless_path)?,
            include: many(&source.include)?,
            exclude: many(&source.exclude)?,
            within: one(&source.within)?,
            patterns: many(&source.patterns)?,
        })
    }
}

impl Conditions {
    fn of(when: &When) -> Option<Self> {
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
    /// The lints of a rule set. Compiles nothing yet.
    #[must_use]
    pub fn new(rules: &'a RuleSet) -> Self {
        let lints = || rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.lint.as_ref()?)));
        let sources = lints()
            .flat_map(|(at, lint)| (0..lint.source.len()).map(move |source| (at, source, OnceLock::new())))
            .collect();
        let whens =
            lints().flat_map(|(at, lint)| (0..lint.when.len()).map(move |when| (at, when, OnceLock::new()))).collect();
        Self { rules, sources, whens }
    }

    pub(crate) fn rules(&self) -> &'a RuleSet {
        self.rules
    }

    pub(crate) fn source(&self, rule: usize, source: usize) -> Option<&'a Source> {
        self.rules[rule].lint.as_ref()?.source.get(source)
    }

    pub(crate) fn when(&self, rule: usize, when: usize) -> Option<&'a When> {
        self.rules[rule].lint.as_ref()?.when.get(when)
    }

    pub(crate) fn has_sources(&self) -> bool {
        !self.sources.is_empty()
    }

    /// The `[when]`s, as (rule, index).
    pub(crate) fn whens(&self) -> impl Iterator<Item = (usize, usize)> {
        self.whens.iter().map(|(rule, when, _)| (*rule, *when))
    }

    /// The `[source]`s that read a language and one of whose literals is in the text.
    pub(crate) fn sources_of<'b>(
        &'b self,
        language: &'b str,
        bytes: &'b [u8],
    ) -> impl Iterator<Item = (usize, usize, &'a Source)> {
        self.sources.iter().filter_map(move |(rule, index, _)| {
            let source = self.source(*rule, *index)?;
            let reads = source.languages.is_empty() || source.languages.iter().any(|name| name == language);
            let holds = || {
                source.literals.is_empty()
                    || source.literals.iter().any(|literal| memchr::memmem::find(bytes, literal.as_bytes()).is_some())
            };
            (reads && holds()).then_some((*rule, *index, source))
        })
    }

    pub(crate) fn patterns(&self, rule: usize, source: usize) -> Option<&Patterns> {
        let (.., patterns) = self.sources.iter().find(|(r, s, _)| (*r, *s) == (rule, source))?;
        patterns.get_or_init(|| Patterns::of(self.source(rule, source)?)).as_ref()
    }

    pub(crate) fn conditions(&self, rule: usize, when: usize) -> Option<&Conditions> {
        let (.., conditions) = self.whens.iter().find(|(r, w, _)| (*r, *w) == (rule, when))?;
        conditions.get_or_init(|| Conditions::of(self.when(rule, when)?)).as_ref()
    }
}
