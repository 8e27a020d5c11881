//! Writes down what lints made of texts, as bytes that hold nothing of a key, and reads it back in a scan of the same texts.
//!
//! The policy may be another one by then. It is asked for the same paths again, and has to say the same of them.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::{Deserialize, Serialize};

use super::findings::Draft;
use super::lint_context::{KeySite, LintContext, PolicyAnswer, PolicyTags};
use crate::detect::Redactor;
use crate::model::{Confidence, Context, Coverage, Evidence, Finding};
use crate::rules::RuleSet;

/// Most places of credentials that a record is made of: the masked forms of all are looked for at once.
const MAX_SITES: usize = 10_000;

/// Stands on both sides of a number that stands for a masked form. JSON escapes it.
const MARK: char = '\u{1}';

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LintRecord {
    /// The paths that the policy was asked for, and its answers.
    asked: Vec<PolicyAnswer>,
    /// The tags of each place in the tree.
    pub(super) tags: Vec<Vec<Context>>,
    drafts: Vec<RecordedDraft>,
    /// Findings without a literal, with the directives at their places, which no report has.
    code: Vec<(Finding, Vec<Option<String>>)>,
    pub(super) left_out: Coverage,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedDraft {
    rule: usize,
    confidence: Confidence,
    /// Number of the place.
    site: usize,
    message: String,
    evidence: Vec<Evidence>,
}

impl LintRecord {
    /// Records what lints found, as bytes. `None` if time ran out, or if something that is shown of a key would be in them.
    pub(super) fn encode(
        context: &LintContext<'_>,
        redactor: &Redactor,
        (sites, tags): (&[KeySite<'_>], Vec<Vec<Context>>),
        (drafts, code): (&[Draft<'_>], &[Finding]),
    ) -> Option<Vec<u8>> {
        if context.expired() || sites.len() > MAX_SITES {
            return None;
        }
        let draft = |draft: &Draft<'_>| RecordedDraft {
            rule: draft.rule,
            confidence: draft.confidence,
            site: draft.site.number,
            message: draft.message.clone(),
            evidence: draft.evidence.clone(),
        };
        let directives = |finding: &Finding| finding.locations.iter().map(|at| at.directive.clone()).collect();
        let record = Self {
            asked: context.asked(),
            tags,
            drafts: drafts.iter().map(draft).collect(),
            code: code.iter().map(|finding| (finding.clone(), directives(finding))).collect(),
            left_out: context.left_out(),
        };
        let text = without_masks(&serde_json::to_string(&record).ok()?, &masks(sites))?;
        (redactor.redact(&text) == text).then(|| text.into_bytes())
    }

    /// Reads a record that was made of these places, by these rules. `None` if there is none, or if the policy says something
    /// else now.
    pub(super) fn decode(
        bytes: &[u8],
        rules: &RuleSet,
        sites: &[KeySite<'_>],
        policy_tags: &PolicyTags<'_>,
    ) -> Option<Self> {
        let record = Self::parse(bytes, &masks(sites))?;
        let fits = |draft: &RecordedDraft| draft.site < sites.len() && draft.rule < rules.iter().len();
        // Asked to the end: the policy tells of every file that it was asked for.
        let changed = record.asked.iter().filter(|(path, tags)| policy_tags(path) != *tags).count();
        (changed == 0 && record.drafts.iter().all(fits)).then_some(record)
    }

    pub(super) fn parse(bytes: &[u8], masks: &[&str]) -> Option<Self> {
        serde_json::from_str(&with_masks(str::from_utf8(bytes).ok()?, masks)?).ok()
    }

    /// Returns what lints found.
    pub(super) fn found<'a>(self, sites: &[KeySite<'a>]) -> (Vec<Draft<'a>>, Vec<Finding>) {
        let draft = |draft: RecordedDraft| {
            let RecordedDraft { rule, confidence, site, message, evidence } = draft;
            Some(Draft { rule, confidence, site: *sites.get(site)?, message, evidence })
        };
        let code = |(mut finding, directives): (Finding, Vec<Option<String>>)| {
            for (at, directive) in finding.locations.iter_mut().zip(directives) {
                at.directive = directive;
            }
            finding
        };
        (self.drafts.into_iter().filter_map(draft).collect(), self.code.into_iter().map(code).collect())
    }
}

/// Returns the masked forms of credentials, each once.
fn masks<'a>(sites: &[KeySite<'a>]) -> Vec<&'a str> {
    let all: BTreeSet<&str> = sites.iter().map(|site| site.key.masked.as_str()).collect();
    all.into_iter().collect()
}

/// Replaces masked forms by their numbers. `None` if others may be left.
fn without_masks(text: &str, masks: &[&str]) -> Option<String> {
    let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(masks).ok()?;
    let mut plain = String::with_capacity(text.len());
    finder.replace_all_with(text, &mut plain, |found, _, plain| {
        plain.push_str(&format!("{MARK}{}{MARK}", found.pattern().as_usize()));
        true
    });
    (!plain.contains('…')).then_some(plain)
}

/// Replaces numbers by the masked forms that they stand for.
fn with_masks(text: &str, masks: &[&str]) -> Option<String> {
    let mut parts = text.split(MARK);
    let mut whole = parts.next()?.to_owned();
    while let Some(number) = parts.next() {
        whole.push_str(masks.get(number.parse::<usize>().ok()?)?);
        whole.push_str(parts.next()?);
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_forms_are_numbers() {
        let masks = ["sk_…abcd", "sk_…abcde", "…x"];
        for text in ["", "a", "sk_…abcd and sk_…abcde, …x", "\\u0001"] {
            let plain = without_masks(text, &masks).unwrap();
            assert!(!plain.contains("abcd"), "{plain}");
            assert_eq!(with_masks(&plain, &masks).as_deref(), Some(text));
        }
        assert_eq!(without_masks("sk_…other", &masks), None);
        for damaged in ["\u{1}", "\u{1}3\u{1}", "\u{1}1", "\u{1}-\u{1}", "\u{1}0\u{1}\u{1}"] {
            assert_eq!(with_masks(damaged, &masks), None, "{damaged:?}");
        }
    }
}
