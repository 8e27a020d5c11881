//! What a lint looks for, as its file says it: on one finding, across findings, or in source code without a literal.

use serde::Deserialize;

use crate::credential::{Kind, Mode};
use crate::model::{Confidence, Context};

/// The parts of a lint. A file has at least one of them; a finding of any part is a finding of the lint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint {
    /// Judged on one place of one finding.
    pub when: Vec<When>,
    /// Judged across findings.
    pub group: Vec<Group>,
    /// Judged on source code.
    pub source: Vec<Source>,
}

/// What the name that a value is assigned to says about the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// Has a prefix that the framework of its package inlines into the bundle.
    Public,
    /// Names a secret or restricted key.
    Secret,
    /// Names a publishable key.
    Publishable,
    /// Names a webhook signing secret.
    Webhook,
    /// Says live or production.
    Live,
    /// Says test, sandbox or development.
    Test,
}

/// What kind of file a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// `.env` and its relatives, Dockerfiles.
    Env,
    /// Program code.
    Code,
    /// HTML and templates.
    Markup,
    /// YAML, JSON, TOML, XML, property lists and the like.
    Config,
    /// Prose.
    Prose,
    /// Anything else.
    Other,
}

/// Conditions on one place of a finding. Every condition that is given must hold; of a list, one member.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct When {
    /// What the credential is for.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Live or test.
    #[serde(default)]
    pub modes: Vec<Mode>,
    /// What the place is for.
    #[serde(default)]
    pub context: Vec<Context>,
    /// What the place must not be for.
    #[serde(default)]
    pub unless_context: Vec<Context>,
    /// What the variable claims.
    #[serde(default)]
    pub variable: Vec<Claim>,
    /// What the variable must not claim.
    #[serde(default)]
    pub unless_variable: Vec<Claim>,
    /// A pattern that the variable's name must match.
    pub variable_matches: Option<String>,
    /// A pattern that the path must match.
    pub path: Option<String>,
    /// A pattern that the path must not match.
    pub unless_path: Option<String>,
    /// A pattern that the masked line must match left of the credential.
    pub before: Option<String>,
    /// A pattern that the masked line must not match left of the credential.
    pub unless_before: Option<String>,
    /// A pattern that one of the enclosing sections' names must match, where the file has sections.
    pub section: Option<String>,
    /// A pattern that none of them may match.
    pub unless_section: Option<String>,
    /// What kind of file.
    #[serde(default)]
    pub files: Vec<FileKind>,
    /// The least confidence that the credential was judged with.
    pub confidence: Option<Confidence>,
    /// Whether an assignment that is commented out counts.
    #[serde(default)]
    pub commented: bool,
    /// One or two sentences; `{masked}`, `{variable}`, `{path}`, `{line}`, `{why}` and `{kind}` are filled in.
    pub message: String,
}

/// Which findings belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Those of one file.
    File,
    /// Those of the env files that a framework loads for one mode, or of one file.
    EnvSet,
    /// Those of one package.
    Package,
    /// All.
    Report,
}

/// In what a pair must differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Differs {
    /// One is live, the other test.
    Mode,
    /// Their embedded accounts.
    Account,
    /// The key's account and that of a hard-coded object's id.
    ObjectAccount,
}

/// A pair of credentials that belong together and do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// Which findings are compared.
    pub scope: Scope,
    /// In what they differ.
    pub differs: Differs,
    /// The kinds of the one that is reported.
    pub kinds: Vec<Kind>,
    /// The kinds of the other.
    pub with: Vec<Kind>,
    /// What the places must not be for.
    #[serde(default)]
    pub unless_context: Vec<Context>,
    /// As in [`When`]; `{other}` is the other credential, `{other-place}` its place.
    pub message: String,
}

/// Code that goes with data: what no pattern can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structure {
    /// A verifier that is skipped when its secret is unset, or whose failure is swallowed.
    FailOpen,
    /// A secret's name behind a public prefix, or behind an alias that has one.
    PublicName,
}

/// A pattern in program code, configuration or env files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Source {
    /// Names from the language table; empty for every file.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Texts one of which a file must hold to be read at all, in exactly this case; empty for every file.
    #[serde(default)]
    pub literals: Vec<String>,
    /// A pattern that the path must match.
    pub path: Option<String>,
    /// A pattern that the path must not match.
    pub unless_path: Option<String>,
    /// Patterns each of which the code must match somewhere.
    #[serde(default)]
    pub include: Vec<String>,
    /// Patterns none of which the code may match.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether `exclude` also holds for the local files that this one imports.
    #[serde(default)]
    pub imports: bool,
    /// Matches count only inside of blocks that open with this.
    pub within: Option<String>,
    /// What is reported. A group named `name` or `value` goes into the message.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// Whether only the first match of a file is reported.
    #[serde(default)]
    pub once: bool,
    /// Whether matches inside of string literals count.
    #[serde(default)]
    pub in_strings: bool,
    /// What the place is for.
    #[serde(default)]
    pub context: Vec<Context>,
    /// What it must not be for.
    #[serde(default)]
    pub unless_context: Vec<Context>,
    /// Code that looks for what no pattern can say; `patterns` are its material.
    pub structure: Option<Structure>,
    /// How sure a match is.
    pub confidence: Option<Confidence>,
    /// As in [`When`]; `{name}` and `{value}` are groups of the pattern.
    pub message: String,
}

impl When {
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

impl Source {
    fn patterns(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let single = [("path", &self.path), ("unless-path", &self.unless_path), ("within", &self.within)]
            .into_iter()
            .filter_map(|(key, pattern)| Some((key, pattern.as_ref()?)));
        let many = [("include", &self.include), ("exclude", &self.exclude), ("patterns", &self.patterns)];
        single.chain(many.into_iter().flat_map(|(key, patterns)| patterns.iter().map(move |pattern| (key, pattern))))
    }
}

impl Lint {
    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.when.is_empty() && self.group.is_empty() && self.source.is_empty()
    }

    /// Every pattern with its dotted key.
    #[must_use]
    pub fn patterns(&self) -> Vec<(String, &String)> {
        let when = self.when.iter().flat_map(When::patterns).map(|(key, pattern)| (format!("when.{key}"), pattern));
        let source =
            self.source.iter().flat_map(Source::patterns).map(|(key, pattern)| (format!("source.{key}"), pattern));
        when.chain(source).collect()
    }
}
