//! Groups findings by credential, as the formats for people show them, and counts what is hidden.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::Options;
use super::describe::{clean, is_lint, number};
use crate::credential::Fingerprint;
use crate::model::{Finding, Location, Report, Severity, Status};
use crate::rules::RuleSet;

/// The findings of one credential, or of one misuse without a literal.
#[derive(Debug)]
pub(super) struct CredentialBlock<'a> {
    /// The most severe finding; among equals, the one of a key rule.
    pub(super) main: &'a Finding,
    /// The other findings, most severe first.
    pub(super) others: Vec<&'a Finding>,
}

impl<'a> CredentialBlock<'a> {
    fn new(rules: &RuleSet, mut findings: Vec<&'a Finding>) -> Option<Self> {
        findings.sort_by_key(|finding| {
            Reverse((finding.status == Status::Open, finding.severity, !is_lint(rules, finding)))
        });
        let mut findings = findings.into_iter();
        Some(Self { main: findings.next()?, others: findings.collect() })
    }

    /// Iterates over all findings, most severe first.
    pub(super) fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        std::iter::once(self.main).chain(self.others.iter().copied())
    }

    /// Returns the places, each once, with the findings that name it.
    pub(super) fn places(&self) -> Vec<(&'a Location, Vec<&'a Finding>)> {
        let mut places: Vec<(&Location, Vec<&Finding>)> = Vec::new();
        let mut known = HashMap::new();
        for finding in self.findings() {
            for at in &finding.locations {
                let position = (at.line, at.column, at.end_line, at.end_column, at.origin, at.reach);
                let object = (&at.repository, &at.path, &at.archive, &at.within, &at.blob, &at.commit);
                match known.get(&(position, object)).and_then(|index: &usize| places.get_mut(*index)) {
                    Some((_, findings)) => findings.push(finding),
                    None => {
                        known.insert((position, object), places.len());
                        places.push((at, vec![finding]));
                    }
                }
            }
        }
        places
    }

    /// Returns the most open status of the findings.
    pub(super) fn status(&self) -> Status {
        self.findings().map(|finding| finding.status).max().unwrap_or(Status::Open)
    }
}

/// Blocks of one rule below medium; more are shown as one.
const MAX_BLOCKS: usize = 10;

/// Places that such a block names.
pub(super) const MAX_EXAMPLES: usize = 5;

/// The findings of a report by credential.
#[derive(Debug)]
pub(super) struct GroupedFindings<'a> {
    /// Open blocks first, then by severity and place.
    pub(super) blocks: Vec<CredentialBlock<'a>>,
    /// The findings below `--min-severity`: `3 publishable keys (note); --min-severity note lists them`.
    pub(super) hidden: Option<String>,
}

impl<'a> GroupedFindings<'a> {
    /// Groups the findings at or above `--min-severity` and counts the others.
    pub(super) fn new(report: &'a Report, rules: &RuleSet, options: &Options) -> Self {
        let mut groups: Vec<Vec<&'a Finding>> = Vec::new();
        let mut index: BTreeMap<Fingerprint, usize> = BTreeMap::new();
        for finding in report.at_or_above(options.min_severity) {
            let at = *index.entry(finding.fingerprint).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[at].push(finding);
        }
        let blocks = groups.into_iter().filter_map(|group| CredentialBlock::new(rules, group));
        let mut blocks: Vec<CredentialBlock<'a>> = blocks.collect();
        blocks.sort_by_key(|block| Reverse((block.status() == Status::Open, block.main.severity)));
        Self { blocks, hidden: hidden(report, rules, options.min_severity) }
    }

    /// Iterates over the blocks with a status.
    pub(super) fn with_status(&self, status: Status) -> impl Iterator<Item = &CredentialBlock<'a>> {
        self.blocks.iter().filter(move |block| block.status() == status)
    }

    /// Iterates over the open blocks.
    pub(super) fn open(&self) -> impl Iterator<Item = &CredentialBlock<'a>> {
        self.with_status(Status::Open)
    }

    /// Returns the open blocks one by one, but more than [`MAX_BLOCKS`] of one rule below medium together, where the first
    /// stands, unless the user asks for all.
    pub(super) fn open_folded(&self, options: &Options) -> Vec<Vec<&CredentialBlock<'a>>> {
        let most = if options.verbose > 0 { usize::MAX } else { MAX_BLOCKS };
        let minor = |block: &CredentialBlock<'a>| {
            let is_minor = block.others.is_empty() && block.main.severity < Severity::Medium;
            is_minor.then_some((block.main.rule.as_str(), block.main.severity))
        };
        let mut counts: BTreeMap<(&str, Severity), usize> = BTreeMap::new();
        for kind in self.open().filter_map(minor) {
            *counts.entry(kind).or_default() += 1;
        }
        let mut first: BTreeMap<(&str, Severity), usize> = BTreeMap::new();
        let mut folded: Vec<Vec<&CredentialBlock<'a>>> = Vec::new();
        for block in self.open() {
            let kind = minor(block).filter(|kind| counts.get(kind).is_some_and(|count| *count > most));
            let at = kind.map_or(folded.len(), |kind| *first.entry(kind).or_insert(folded.len()));
            match folded.get_mut(at) {
                Some(group) => group.push(block),
                None => folded.push(vec![block]),
            }
        }
        folded
    }

    /// Counts the open blocks by severity, most severe first: `2 critical, 1 high`.
    pub(super) fn tally(&self) -> String {
        let counts = Severity::ALL.into_iter().rev().filter_map(|severity| {
            let count = self.open().filter(|block| block.main.severity == severity).count();
            (count > 0).then(|| format!("{} {}", number(count as u64), severity.name()))
        });
        counts.collect::<Vec<_>>().join(", ")
    }
}

fn hidden(report: &Report, rules: &RuleSet, min_severity: Severity) -> Option<String> {
    let mut counts: BTreeMap<(Reverse<Severity>, &str), (u64, &str)> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.severity < min_severity) {
        let rule = rules.get(&finding.rule);
        let (noun, plural) = rule.map_or((&finding.rule, &finding.rule), |rule| (&rule.noun, &rule.plural));
        counts.entry((Reverse(finding.severity), noun)).or_insert((0, plural)).0 += 1;
    }
    let (Reverse(lowest), _) = counts.keys().next_back()?;
    let words = counts.iter().map(|((severity, noun), (count, plural))| {
        let noun = if *count == 1 { noun } else { plural };
        format!("{} {} ({})", number(*count), clean(noun), severity.0.name())
    });
    Some(format!("{}; --min-severity {} lists them", words.collect::<Vec<_>>().join(", "), lowest.name()))
}
