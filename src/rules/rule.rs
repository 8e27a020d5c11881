//! The parts of a rule, as its file spells them.

use serde::Deserialize;

use super::lint::Lint;
use crate::credential::{Fingerprint, Kind};
use crate::model::{Confidence, Severity};

/// The classifier for the body of a matched token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BodyCheck {
    /// Secret, restricted and publishable keys: generations of 24, 34 and 99 characters.
    ApiKey,
    /// The signing secret of a Dashboard endpoint: 32 characters, or any other base64 near the word `stripe`.
    WebhookEndpoint,
    /// The signing secret that `stripe listen` prints: 64 hex digits.
    WebhookCli,
    /// A body without known structure: only length and randomness count.
    Opaque,
    /// 32 characters without a prefix, recognized by the name they are assigned to.
    Unprefixed,
    /// The login of a StripeDB in its connection string.
    Database,
    /// Accepts whatever the pattern matches.
    Any,
}

/// Context that a token needs to count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequiredContext {
    #[default]
    Nothing,
    /// `stripe`, in any case, in the variable's name or within [`crate::model::limits::CONTEXT`] bytes.
    Stripe,
    /// As `stripe`, or a variable or file name with one of the rule's `says-so` words.
    SaysSo,
}

/// The `[detect]` section: how a key rule finds and classifies tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct KeyPattern {
    pub(crate) kind: Option<Kind>,
    /// Literals for the prefilter: every token contains one of them.
    pub(crate) literals: Vec<String>,
    /// A token's pattern. Upper bounds above 32 are checked in code instead, which keeps the compiled pattern small.
    pub(crate) pattern: String,
    pub(crate) check: BodyCheck,
    /// Bytes in front of a literal where a token may begin; 0 when tokens begin with the literal.
    #[serde(default)]
    pub(crate) lookbehind: usize,
    /// Body lengths of real keys.
    #[serde(default)]
    pub(crate) lengths: Vec<usize>,
    /// Rejects every other length.
    #[serde(default)]
    pub(crate) only_lengths: bool,
    /// Shortest body that counts.
    #[serde(default)]
    pub(crate) min_length: usize,
    #[serde(default)]
    pub(crate) near: RequiredContext,
    /// Words in a variable or file name that confirm a token.
    #[serde(default)]
    pub(crate) says_so: Vec<String>,
    /// Skips encoded text, for prefixes that are too short to be rare in it.
    #[serde(default)]
    pub(crate) plain_only: bool,
    /// Includes `_` in the body.
    #[serde(default)]
    pub(crate) underscore: bool,
}

/// The role of a rule that only other rules' matches fall under. At most one rule has each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuleRole {
    /// Collects made-up text in the shape of a key.
    Placeholder,
    /// Collects keys that documentation publishes.
    PublishedSample,
}

/// The kind of mistake that a rule reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Category {
    /// Exposes a credential or accepts forged input.
    #[default]
    Security,
    /// Breaks the integration without exposing anything.
    Correctness,
}

/// The `[help]` section: the explanation for users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Help {
    /// A description of the finding.
    pub what: String,
    /// The harm that it can do.
    pub why: String,
    /// Remediation steps, one a line. `{api-keys}`, `{restricted-key}`, `{webhooks}`, `{logs}` and `{org-keys}` become
    /// links to the Dashboard of the key's own account and mode.
    pub fix: String,
    /// Correct code for several frameworks and languages.
    #[serde(default)]
    pub code: Vec<CodeExample>,
    /// Further reading.
    #[serde(default)]
    pub links: Vec<String>,
}

/// Correct code for one framework or language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodeExample {
    /// The framework or language: `Next.js`, `Python`.
    #[serde(rename = "in")]
    pub language: String,
    /// A few lines.
    pub text: String,
}

/// Texts with placeholders that prove a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// Texts in which the rule must find something.
    pub found: Vec<String>,
    /// Texts in which the rule must find nothing.
    pub not_found: Vec<String>,
}

/// Everything that a rule file says besides how tokens are found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleFacts {
    /// A short noun phrase that messages begin with.
    pub title: String,
    /// The finding as a noun in the middle of a sentence: `publishable key`.
    pub noun: String,
    /// The plural of `noun`.
    pub plural: String,
    /// The severity of its findings.
    pub severity: Severity,
    /// Caps the severity where every place is a test, example or documentation.
    pub severity_in_tests: Option<Severity>,
    /// Caps the confidence of its findings.
    pub confidence: Confidence,
    pub(crate) category: Category,
    /// Number of the weakness in MITRE's CWE list.
    pub cwe: u16,
    /// The sections of a lint.
    pub lint: Option<Lint>,
    /// The explanation for users.
    pub help: Help,
    /// Fingerprints of published sample keys; only the rule with that role has any.
    pub samples: Vec<Fingerprint>,
}
