//! The lints of a rule set. Their patterns are compiled on first use.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::detect::{Engine, Redactor};
use crate::rules::RuleSet;
use crate::rules::lint::{CodeAnalysis, CodePattern, KeyCondition};
use crate::rules::pattern;

/// The lints of a rule set, ready to run.
#[derive(Debug)]
pub struct LintSet<'a> {
    engine: &'a Engine,
    compiled: OnceLock<Compiled>,
}

/// Patterns of all lints. They do not borrow from the rules, so that a set can be shared for any shorter lifetime.
#[derive(Debug, Default)]
struct Compiled {
    keys: Vec<(LintIndex, OnceLock<Option<KeyPatterns>>)>,
    sources: Vec<(LintIndex, SourceCells)>,
    literals: OnceLock<SourceLiterals>,
}

/// The distinct literals of source lints.
#[derive(Debug, Default)]
struct SourceLiterals {
    finders: Vec<Finder<'static>>,
    /// For each lint of the set, the indices of its literals.
    of_lint: Vec<Vec<usize>>,
}

/// Index of a rule, and of a `[when]` or `[source]` in it.
type LintIndex = (usize, usize);

/// A `[when]` of a rule.
#[derive(Clone, Copy)]
pub(super) struct KeyLint<'a> {
    /// Index of the rule.
    pub(super) rule: usize,
    pub(super) when: &'a KeyCondition,
    patterns: &'a OnceLock<Option<KeyPatterns>>,
}

#[derive(Debug)]
pub(super) struct KeyPatterns {
    pub(super) variable: PatternPair,
    pub(super) path: PatternPair,
    pub(super) before: PatternPair,
    pub(super) section: PatternPair,
}

/// A `[source]` of a rule.
#[derive(Clone, Copy)]
pub(super) struct SourceLint<'a> {
    /// Index of the rule.
    pub(super) rule: usize,
    pub(super) source: &'a CodePattern,
    cells: &'a SourceCells,
}

#[derive(Debug, Default)]
struct SourceCells {
    path: OnceLock<Option<PatternPair>>,
    // Each compiled when first needed: most texts fail at the first of them.
    include: OnceLock<Option<Vec<Regex>>>,
    patterns: OnceLock<Option<SourcePatterns>>,
    exclude: OnceLock<Option<Vec<Regex>>>,
}

#[derive(Debug)]
pub(super) struct SourcePatterns {
    pub(super) within: Option<Regex>,
    pub(super) patterns: Vec<Regex>,
}

impl SourceLiterals {
    fn new<'a>(sources: impl Iterator<Item = &'a CodePattern>) -> Self {
        let (mut finders, mut known) = (Vec::new(), BTreeMap::new());
        let mut index = |literal: &'a String| {
            *known.entry(literal).or_insert_with(|| {
                finders.push(Finder::new(literal).into_owned());
                finders.len() - 1
            })
        };
        let of_lint = sources.map(|source| source.literals.iter().map(&mut index).collect()).collect();
        Self { finders, of_lint }
    }
}

/// A pattern that must match and one that must not.
#[derive(Debug)]
pub(super) struct PatternPair {
    required: Option<Regex>,
    forbidden: Option<Regex>,
}

// `None` below is a pattern that does not compile. Loading the rules has ruled that out.

fn compile(pattern: Option<&String>) -> Option<Option<Regex>> {
    pattern.map(|pattern| pattern::compile_lint(pattern).ok()).map_or(Some(None), |regex| regex.map(Some))
}

fn compile_all(patterns: &[String]) -> Option<Vec<Regex>> {
    patterns.iter().map(|pattern| pattern::compile_lint(pattern).ok()).collect()
}

impl PatternPair {
    fn compile(required: Option<&String>, forbidden: Option<&String>) -> Option<Self> {
        Some(Self { required: compile(required)?, forbidden: compile(forbidden)? })
    }

    /// Returns true if neither pattern is set, so that every text is accepted.
    pub(super) fn is_empty(&self) -> bool {
        self.required.is_none() && self.forbidden.is_none()
    }

    /// Returns true if one of the texts matches the required pattern and none the forbidden one.
    pub(super) fn accepts<T: AsRef<str>>(&self, texts: &[T]) -> bool {
        let matches = |pattern: &Regex| texts.iter().any(|text| pattern.is_match(text.as_ref().as_bytes()));
        self.required.as_ref().is_none_or(matches) && !self.forbidden.as_ref().is_some_and(matches)
    }
}

impl<'a> KeyLint<'a> {
    pub(super) fn patterns(self) -> Option<&'a KeyPatterns> {
        let when = self.when;
        let build = || {
            Some(KeyPatterns {
                variable: PatternPair::compile(when.variable_matches.as_ref(), None)?,
                path: PatternPair::compile(when.path.as_ref(), when.unless_path.as_ref())?,
                before: PatternPair::compile(when.before.as_ref(), when.unless_before.as_ref())?,
                section: PatternPair::compile(when.section.as_ref(), when.unless_section.as_ref())?,
            })
        };
        self.patterns.get_or_init(build).as_ref()
    }
}

impl<'a> SourceLint<'a> {
    fn reads_language(self, language: &str) -> bool {
        self.source.languages.is_empty() || self.source.languages.iter().any(|name| name == language)
    }

    fn reads_path(self, path: &str) -> bool {
        let build = || PatternPair::compile(self.source.path.as_ref(), self.source.unless_path.as_ref());
        self.cells.path.get_or_init(build).as_ref().is_some_and(|pair| pair.accepts(&[path]))
    }

    /// Returns true if a text has everything that the lint requires.
    pub(super) fn includes(self, text: &[u8]) -> bool {
        let include = self.cells.include.get_or_init(|| compile_all(&self.source.include));
        include.as_ref().is_some_and(|include| include.iter().all(|pattern| pattern.is_match(text)))
    }

    pub(super) fn patterns(self) -> Option<&'a SourcePatterns> {
        let source = self.source;
        let build = || {
            Some(SourcePatterns { within: compile(source.within.as_ref())?, patterns: compile_all(&source.patterns)? })
        };
        self.cells.patterns.get_or_init(build).as_ref()
    }

    /// Returns true if a text has something that the lint excludes.
    pub(super) fn excludes(self, text: &[u8]) -> bool {
        let exclude = self.cells.exclude.get_or_init(|| compile_all(&self.source.exclude));
        exclude.as_ref().is_none_or(|exclude| exclude.iter().any(|pattern| pattern.is_match(text)))
    }
}

impl<'a> LintSet<'a> {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        Self { engine, compiled: OnceLock::new() }
    }

    pub(super) fn rules(&self) -> &'a RuleSet {
        self.engine.rules()
    }

    pub(super) fn redactor(&self) -> &'a Redactor {
        self.engine.redactor()
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let mut compiled = Compiled::default();
            for (rule, lint) in self.rules().iter().enumerate().filter_map(|(at, rule)| Some((at, rule.lint.as_ref()?)))
            {
                compiled.keys.extend((0..lint.when.len()).map(|index| ((rule, index), OnceLock::new())));
                compiled.sources.extend((0..lint.source.len()).map(|index| ((rule, index), SourceCells::default())));
            }
            compiled
        })
    }

    pub(super) fn key_lints(&self) -> impl Iterator<Item = KeyLint<'_>> {
        self.compiled().keys.iter().filter_map(|((rule, index), patterns)| {
            let when = self.rules()[*rule].lint.as_ref()?.when.get(*index)?;
            Some(KeyLint { rule: *rule, when, patterns })
        })
    }

    pub(super) fn has_source_lints(&self) -> bool {
        !self.compiled().sources.is_empty()
    }

    /// Returns the rule and the index of the lint with an analysis.
    pub(super) fn of_analysis(&self, analysis: CodeAnalysis) -> Option<(usize, usize)> {
        let lints = (0..self.compiled().sources.len()).filter_map(|at| Some((at, self.source_lint(at)?)));
        lints.into_iter().find(|(_, lint)| lint.source.structure == Some(analysis)).map(|(at, lint)| (lint.rule, at))
    }

    /// Returns true if any lint follows the events of webhooks.
    pub(super) fn follow_webhooks(&self) -> bool {
        use CodeAnalysis::{WebhookDisabled, WebhookFailOpen, WebhookReplay, WebhookUnverified};
        [WebhookUnverified, WebhookFailOpen, WebhookDisabled, WebhookReplay]
            .into_iter()
            .any(|analysis| self.of_analysis(analysis).is_some())
    }

    /// Returns a `[source]` lint by its index in the set.
    pub(super) fn source_lint(&self, at: usize) -> Option<SourceLint<'_>> {
        let ((rule, index), cells) = self.compiled().sources.get(at)?;
        let source = self.rules()[*rule].lint.as_ref()?.source.get(*index)?;
        Some(SourceLint { rule: *rule, source, cells })
    }

    /// Returns the `[source]` lints that read a file, with their index in the set.
    pub(super) fn reading(&self, language: &str, path: &str, bytes: &[u8]) -> Vec<(usize, SourceLint<'_>)> {
        let lints = || (0..self.compiled().sources.len()).filter_map(|at| Some((at, self.source_lint(at)?)));
        let build = || SourceLiterals::new(lints().map(|(_, lint)| lint.source));
        let literals = self.compiled().literals.get_or_init(build);
        // Many lints share a literal, and each is searched once.
        let mut known: Vec<Option<bool>> = vec![None; literals.finders.len()];
        let mut holds =
            |literal: usize| *known[literal].get_or_insert_with(|| literals.finders[literal].find(bytes).is_some());
        let mut has_literal = |at: usize| {
            let wanted = &literals.of_lint[at];
            wanted.is_empty() || wanted.iter().any(|literal| holds(*literal))
        };
        lints()
            .filter(|(at, lint)| lint.reads_language(language) && has_literal(*at) && lint.reads_path(path))
            .collect()
    }
}
