//! A rule: everything about it comes from its one file.

use std::ops::Deref;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::credential::{Fingerprint, Kind};
use crate::model::{Confidence, Context, Location, Severity};

use super::lint::Lint;
use super::load;

/// How a token's body is judged once the pattern has matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Secret, restricted and publishable keys: generations of 24, 34 and 99 characters.
    ApiKey,
    /// A Dashboard endpoint's signing secret (32) or, beside Stripe context, any other base64.
    WebhookEndpoint,
    /// The signing secret that `stripe listen` prints: 64 hex digits.
    WebhookCli,
    /// A body without known structure: lengths and randomness only.
    Opaque,
    /// 32 characters without a prefix, by the name they are assigned to.
    Unprefixed,
    /// Whatever the pattern matches.
    Any,
}

/// What must stand near a token for it to count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Near {
    /// Nothing: the token speaks for itself.
    #[default]
    Nothing,
    /// `stripe`, in any case, in the variable's name or within [`crate::model::limits::CONTEXT`] bytes.
    Stripe,
    /// As `stripe`, or a variable or file name that has one of the rule's `says-so` words.
    SaysSo,
}

/// How a key rule finds and judges tokens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Detect {
    /// What a token of this rule is.
    pub kind: Option<Kind>,
    /// Byte strings one of which every token holds; the prefilter looks for them.
    pub literals: Vec<String>,
    /// What a token looks like. Bounds above 32 are checked in code, not here.
    pub pattern: String,
    /// How its body is judged.
    pub check: Check,
    /// Bytes in front of a literal where a token may begin; 0 when tokens begin with the literal.
    #[serde(default)]
    pub lookbehind: usize,
    /// Body lengths that are known to be real.
    #[serde(default)]
    pub lengths: Vec<usize>,
    /// True if no other length counts.
    #[serde(default)]
    pub only_lengths: bool,
    /// Shortest body that counts.
    #[serde(default)]
    pub min_length: usize,
    /// What must stand near.
    #[serde(default)]
    pub near: Near,
    /// Words of a variable or file name that vouch for a token.
    #[serde(default)]
    pub says_so: Vec<String>,
    /// True for families whose prefix is too short to be looked for in encoded text.
    #[serde(default)]
    pub plain_only: bool,
    /// Whether `_` belongs to the body.
    #[serde(default)]
    pub underscore: bool,
}

/// The text of a rule, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Help {
    /// What was found.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do next: one step a line. `{api-keys}`, `{restricted-key}`, `{webhooks}`, `{logs}` and `{org-keys}` become
    /// links to the Dashboard of the key's own account and mode.
    pub fix: String,
    /// How it is done right, in the code of several frameworks and languages.
    #[serde(default)]
    pub code: Vec<Code>,
    /// Where to read on.
    #[serde(default)]
    pub links: Vec<String>,
}

/// The right code for one framework or language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Code {
    /// Which: `Next.js`, `Python`.
    #[serde(rename = "in")]
    pub language: String,
    /// A few lines.
    pub text: String,
}

/// One rule. What it is searched by is at hand; the rest of a built-in one is read from its text when somebody first
/// asks for it, which most scans never do.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The stem of its file.
    pub id: String,
    /// How it finds tokens; `None` for rules that others' verdicts fall under, and for lints.
    pub detect: Option<Detect>,
    /// The whole text of a built-in rule.
    text: &'static str,
    body: OnceLock<Body>,
    examples: OnceLock<Examples>,
}

/// Texts with placeholders that a rule is proved by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// Those in which it must find something.
    pub found: Vec<String>,
    /// Those in which it must find nothing.
    pub not_found: Vec<String>,
}

impl Rule {
    /// A rule that was read whole.
    pub(super) fn read(id: &str, detect: Option<Detect>, body: Body, examples: Examples) -> Self {
        Self { id: id.to_owned(), detect, text: "", body: body.into(), examples: examples.into() }
    }

    /// A built-in rule of which only the way that it is searched was read.
    pub(super) fn builtin(id: &str, detect: Option<Detect>, text: &'static str) -> Self {
        Self { id: id.to_owned(), detect, text, body: OnceLock::new(), examples: OnceLock::new() }
    }

    /// What it is proved by. Only who proves or explains rules asks for it.
    #[must_use]
    pub fn examples(&self) -> &Examples {
        self.examples.get_or_init(|| load::examples(&self.id, self.text).unwrap_or_default())
    }
}

/// Rules whose findings matter less where only tests, examples and documentation hold them.
const CAPPED: [&str; 2] = ["secret-test", "restricted-test"];

impl Rule {
    /// Returns the rule's severity, capped for test keys that only tests, examples and documentation hold.
    pub(crate) fn severity_at(&self, locations: &[Location]) -> Severity {
        let harmless = |location: &Location| {
            location.context.iter().any(|tag| matches!(tag, Context::Test | Context::Example | Context::Docs))
        };
        if CAPPED.contains(&self.id.as_str()) && locations.iter().all(harmless) {
            return self.severity.min(Severity::Low);
        }
        self.severity
    }
}

impl Deref for Rule {
    type Target = Body;

    fn deref(&self) -> &Body {
        // A test reads every built-in rule whole.
        self.body.get_or_init(|| load::body(&self.id, self.text).unwrap_or_default())
    }
}

/// What a rule says beside how it is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// A short noun phrase.
    pub title: String,
    /// How much a finding of this rule matters.
    pub severity: Severity,
    /// The most that a finding of this rule can be trusted.
    pub confidence: Confidence,
    /// What it looks for, if it is a lint.
    pub lint: Option<Lint>,
    /// For people.
    pub help: Help,
    /// Fingerprints of published sample keys (rule `published-sample`).
    pub samples: Vec<Fingerprint>,
}

impl Default for Body {
    fn default() -> Self {
        Self {
            title: String::new(),
            severity: Severity::Note,
            confidence: Confidence::High,
            lint: None,
            help: Help::default(),
            samples: Vec::new(),
        }
    }
}
