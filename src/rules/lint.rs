//! The lint sections of a rule file: `[[when]]`, `[[group]]` and `[[source]]`.

use serde::Deserialize;

use crate::credential::{Kind, Mode};
use crate::model::{Confidence, Context};

/// The sections of a lint. A file has at least one of them, and each reports findings of the lint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint {
    /// Conditions on one place of one finding.
    pub(crate) when: Vec<KeyCondition>,
    /// Pairs of findings that do not fit together.
    pub(crate) group: Vec<KeyPair>,
    /// Patterns in source code.
    pub(crate) source: Vec<CodePattern>,
}

/// A claim that the name of a variable makes about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NameClaim {
    /// Has a prefix that the framework of its package inlines into the bundle.
    Public,
    Secret,
    Publishable,
    Webhook,
    /// Says live or production.
    Live,
    /// Says test, sandbox or development.
    Test,
    /// Says secret and Stripe.
    StripeSecret,
}

/// The kind of file that a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FileKind {
    /// `.env` and variants, Dockerfiles.
    Env,
    Code,
    /// Code that is configuration: `config/production.js`, `settings.py`.
    Settings,
    Markup,
    /// YAML, JSON, TOML, XML, property lists and the like.
    Config,
    Prose,
    Other,
}

/// Conditions on one place of a finding. Every given condition must hold; of a list, one member. `unless-…` is the
/// opposite. Patterns may use the parts of `rules/tables/vocabulary.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct KeyCondition {
    #[serde(default)]
    pub(crate) kinds: Vec<Kind>,
    #[serde(default)]
    pub(crate) modes: Vec<Mode>,
    #[serde(default)]
    pub(crate) context: Vec<Context>,
    #[serde(default)]
    pub(crate) unless_context: Vec<Context>,
    #[serde(default)]
    pub(crate) variable: Vec<NameClaim>,
    #[serde(default)]
    pub(crate) unless_variable: Vec<NameClaim>,
    pub(crate) variable_matches: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) unless_path: Option<String>,
    /// A pattern that must match the redacted line left of the credential.
    pub(crate) before: Option<String>,
    pub(crate) unless_before: Option<String>,
    /// A pattern that must match the name of an enclosing section, in files with sections.
    pub(crate) section: Option<String>,
    pub(crate) unless_section: Option<String>,
    #[serde(default)]
    pub(crate) files: Vec<FileKind>,
    /// The lowest confidence of the credential.
    pub(crate) confidence: Option<Confidence>,
    /// Accepts an assignment that is commented out.
    #[serde(default)]
    pub(crate) commented: bool,
    /// One or two sentences with the placeholders `{masked}`, `{variable}`, `{path}`, `{line}`, `{why}` and `{kind}`.
    pub(crate) message: String,
}

/// Findings that are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PairScope {
    File,
    /// Findings of the env files that a framework loads for one mode, or of one file.
    EnvSet,
    Package,
    Report,
}

/// The difference between the findings of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mismatch {
    /// One is live, the other test.
    Mode,
    Account,
    /// The key's account and the account in the id of a hard-coded object.
    ObjectAccount,
}

/// Two credentials that are used together and do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct KeyPair {
    pub(crate) scope: PairScope,
    pub(crate) differs: Mismatch,
    /// Kinds of the reported credential.
    pub(crate) kinds: Vec<Kind>,
    /// Kinds of the other credential.
    pub(crate) with: Vec<Kind>,
    /// Contexts that the places must not have.
    #[serde(default)]
    pub(crate) unless_context: Vec<Context>,
    /// As in [`KeyCondition`]; `{other}` is the other credential, `{other-place}` its place.
    pub(crate) message: String,
}

/// Analysis in Rust, for what no pattern can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CodeAnalysis {
    /// Finds handlers that verify on some ways only: without a secret, or with a failure that is swallowed, all goes on.
    WebhookFailOpen,
    /// Finds events that are made of a request's body as if they were verified.
    WebhookDisabled,
    /// Finds handlers that act on the events of a request's body without a verification.
    WebhookUnverified,
    /// Finds signatures that are checked without their age.
    WebhookReplay,
    /// Finds secrets in what a server sends: results of loaders, responses, variables of pages.
    SentSecret,
    /// Finds the name of a secret with a public prefix, or behind an alias with one.
    PublicName,
}

/// A pattern in program code, configuration or env files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct CodePattern {
    /// Names from the language table; empty for every file.
    #[serde(default)]
    pub(crate) languages: Vec<String>,
    /// Case-sensitive literals, one of which a file must contain to be analysed; empty for every file.
    #[serde(default)]
    pub(crate) literals: Vec<String>,
    pub(crate) path: Option<String>,
    pub(crate) unless_path: Option<String>,
    /// Patterns, each of which must match somewhere in the code.
    #[serde(default)]
    pub(crate) include: Vec<String>,
    /// Patterns, none of which may match the code.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// Applies `exclude` to the local files that this one imports, too.
    #[serde(default)]
    pub(crate) imports: bool,
    /// Restricts matches to blocks that open with this pattern.
    pub(crate) within: Option<String>,
    /// The patterns to report. Groups called `name` or `value` are placeholders of the message.
    #[serde(default)]
    pub(crate) patterns: Vec<String>,
    /// Claims, one of which the text of the group `value` must make.
    #[serde(default)]
    pub(crate) value: Vec<NameClaim>,
    /// Reports only the first match of a file.
    #[serde(default)]
    pub(crate) once: bool,
    /// Notes only what no code that verifies webhooks can read: it is in another file, and does not name this one.
    #[serde(default)]
    pub(crate) for_verifier: bool,
    /// Accepts matches inside of string literals.
    #[serde(default)]
    pub(crate) in_strings: bool,
    #[serde(default)]
    pub(crate) context: Vec<Context>,
    #[serde(default)]
    pub(crate) unless_context: Vec<Context>,
    /// The analysis that `patterns` feed.
    pub(crate) structure: Option<CodeAnalysis>,
    pub(crate) confidence: Option<Confidence>,
    /// As in [`KeyCondition`]; `{name}` and `{value}` are groups of the pattern.
    pub(crate) message: String,
}

impl KeyCondition {
    fn patterns(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [
            ("variable-matches", &self.variable_matches),
            ("path", &self.path),
            ("unless-path", &self.unless_path),
            ("before", &self.before),
            ("unless-before", &self.unless_before),
            ("section", &self.section),
            ("unless-section", &self.unless_section),
        ]
        .into_iter()
        .filter_map(|(key, pattern)| Some((key, pattern.as_ref()?)))
    }
}

impl CodePattern {
    fn patterns(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let single = [("path", &self.path), ("unless-path", &self.unless_path), ("within", &self.within)]
            .into_iter()
            .filter_map(|(key, pattern)| Some((key, pattern.as_ref()?)));
        let many = [("include", &self.include), ("exclude", &self.exclude), ("patterns", &self.patterns)];
        single.chain(many.into_iter().flat_map(|(key, patterns)| patterns.iter().map(move |pattern| (key, pattern))))
    }
}

impl Lint {
    pub(super) fn is_empty(&self) -> bool {
        self.when.is_empty() && self.group.is_empty() && self.source.is_empty()
    }

    /// Returns every pattern with its dotted key.
    pub(super) fn patterns(&self) -> Vec<(String, &String)> {
        let when = self.when.iter().flat_map(KeyCondition::patterns).map(|(key, text)| (format!("when.{key}"), text));
        let source =
            self.source.iter().flat_map(CodePattern::patterns).map(|(key, text)| (format!("source.{key}"), text));
        when.chain(source).collect()
    }
}
