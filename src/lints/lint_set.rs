//! The lints of a rule set. Their patterns are compiled on first use.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;

use crate::detect::{Engine, Redactor};
use crate::rules::RuleSet;
use crate::rules::lint::{CodePattern, KeyCondition};
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

/// The literals of all source lints, searched in one pass over a file.
#[derive(Debug, Default)]
struct SourceLiterals {
    searcher: Option<AhoCorasick>,
    /// The lints that each literal belongs to, by index in the set.
    lints: Vec<Vec<usize>>,
    /// The lints without a literal.
    always: Vec<usize>,
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
    fn new<'a>(sources: impl Iterator<Item = (usize, &'a CodePattern)>) -> Self {
        let mut literals = Self::default();
        let mut by_text: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, source) in sources {
            source.literals.iter().for_each(|literal| by_text.entry(literal).or_default().push(at));
            literals.always.extend(source.literals.is_empty().then_some(at));
        }
        literals.searcher = AhoCorasick::new(by_text.keys()).ok();
        literals.lints = by_text.into_values().collect();
        literals
    }

    /// Returns the lints that have no literal or one that is in the text, in order.
    fn present(&self, text: &[u8]) -> Vec<usize> {
        let mut missing = vec![true; self.lints.len()];
        let mut present = self.always.clone();
        for found in self.searcher.iter().flat_map(|searcher| searcher.find_overlapping_iter(text)) {
            if std::mem::take(&mut missing[found.pattern()]) {
                present.extend_from_slice(&self.lints[found.pattern()]);
            }
        }
        present.sort_unstable();
        present.dedup();
        present
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
    /// Returns true if the lint reads files of this language and path.
    fn reads(self, language: &str, path: &str) -> bool {
        let source = self.source;
        let build = || PatternPair::compile(source.path.as_ref(), source.unless_path.as_ref());
        (source.languages.is_empty() || source.languages.iter().any(|name| name == language))
            && self.cells.path.get_or_init(build).as_ref().is_some_and(|pair| pair.accepts(&[path]))
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

    /// Returns a `[source]` lint by its index in the set.
    pub(super) fn source_lint(&self, at: usize) -> Option<SourceLint<'_>> {
        let ((rule, index), cells) = self.compiled().sources.get(at)?;
        let source = self.rules()[*rule].lint.as_ref()?.source.get(*index)?;
        Some(SourceLint { rule: *rule, source, cells })
    }

    /// Returns the `[source]` lints that read a file, with their index in the set.
    pub(super) fn reading(&self, language: &str, path: &str, bytes: &[u8]) -> Vec<(usize, SourceLint<'_>)> {
        let sources = || (0..self.compiled().sources.len()).filter_map(|at| Some((at, self.source_lint(at)?.source)));
        let literals = self.compiled().literals.get_or_init(|| SourceLiterals::new(sources()));
        let lints = literals.present(bytes).into_iter().filter_map(|at| Some((at, self.source_lint(at)?)));
        lints.filter(|(_, lint)| lint.reads(language, path)).collect()
    }
}
