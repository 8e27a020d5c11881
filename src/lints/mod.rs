//! Lints: credentials in the wrong place, next to the wrong partner or handled wrongly, with or without a literal.
//!
//! A lint is a file in `rules/lints/`. Its `[when]` tests single places of found credentials, its `[group]` several
//! together, its `[source]` program code: [`LintSet::collect`] reads a file while its bytes are at hand, on any thread,
//! and `LintSet::run` decides once everything is known, reading neighbouring files from the same tree. A lint adds
//! findings of its own and never edits another's.

mod cached_tree;
mod client_graph;
mod code_lints;
pub(crate) mod context;
mod env_files;
mod findings;
mod imports;
mod key_lints;
mod lexer;
mod line_syntax;
mod lint_context;
mod lint_set;
mod pair_lints;
mod paths;
mod public_names;
mod record;
mod secret_values;
mod sections;
mod server_data;
mod source_facts;
mod source_file;
mod variable_names;
mod webhook_texts;
mod webhooks;
mod word_list;

pub(crate) use lint_context::LintInput;
pub use lint_set::LintSet;
pub(crate) use paths::{ancestors, directory, is_manifest};
pub use source_facts::{MAX_SOURCE, SourceFacts};

use cached_tree::CachedTree;
use lint_context::LintContext;
use record::LintRecord;
use word_list::WordList;

use crate::model::{Coverage, Finding, ScanLocation};

/// Returns true if a text has the word `stripe`, in lower or upper case or capitalized.
#[must_use]
pub fn mention_stripe(bytes: &[u8]) -> bool {
    // The same words as the anchors of the matcher.
    [&b"tripe"[..], b"TRIPE"].iter().any(|word| memchr::memmem::find(bytes, word).is_some())
}

/// Returns true if a path has the word `stripe` in any case.
#[must_use]
pub fn names_stripe(path: &str) -> bool {
    static NAME: WordList = WordList::of_any_case(&["stripe"]);
    NAME.is_in(path.as_bytes())
}

/// Returns true for code that may call what verifies a webhook.
pub(crate) fn may_call(path: &str) -> bool {
    source_facts::may_serve(path) && source_facts::may_read(path)
}

/// Returns true if a path says that the file may handle payments.
pub(crate) fn may_name_event(path: &str) -> bool {
    webhook_texts::may_name_event(path)
}

/// Returns true if a path says that the file may handle webhooks.
pub(crate) fn names_handler(path: &str) -> bool {
    names_stripe(path) || webhook_texts::names_handler(path)
}

/// Returns true if a version of a file verifies less than the one before it.
pub(crate) fn loses_verification(old: &[u8], new: &[u8]) -> bool {
    let verified = webhook_texts::verifications(old);
    verified > 0 && webhook_texts::verifications(new) < verified
}

/// Returns true if bytes are a record of lints.
#[cfg(feature = "fuzzing")]
pub(crate) fn is_record(bytes: &[u8]) -> bool {
    LintRecord::parse(bytes, &["one", "two"]).is_some()
}

impl LintSet<'_> {
    /// Reads the code of a file that changed, whatever it holds now.
    pub(crate) fn changed_code(&self, place: &ScanLocation, old: &[u8], new: &[u8]) -> Option<SourceFacts> {
        source_facts::code_only(self, place, (Some(old), new))
    }

    /// Reads the code of a file that did not change; what its text alone says is not new.
    pub(crate) fn unchanged_code(&self, place: &ScanLocation, bytes: &[u8]) -> Option<SourceFacts> {
        source_facts::code_only(self, place, (None, bytes))
    }

    /// Returns true if any lint reads program code.
    #[must_use]
    pub fn read_code(&self) -> bool {
        self.has_source_lints()
    }

    /// Returns true if lints may read a file with this path.
    #[must_use]
    pub fn may_read(&self, path: &str) -> bool {
        source_facts::may_read(path)
    }

    /// Runs source lints on a file. Reads only files that mention Stripe, in their path or, as `mentions_stripe` says, in
    /// their text; of others, notes those from which client code starts.
    #[must_use]
    pub fn collect(&self, place: &ScanLocation, bytes: &[u8], mentions_stripe: bool) -> Option<SourceFacts> {
        let path = place.path.text.as_str();
        let mentions = mentions_stripe || names_stripe(path);
        let wanted = mentions || webhook_texts::names_event(path, bytes);
        let facts = wanted.then(|| source_facts::collect(self, place, bytes, mentions)).flatten();
        source_facts::note_entry(facts, place, bytes)
    }

    /// Tags the places of findings, runs every lint, and adds what they find. Returns what was left out, and a record for
    /// [`Self::run_again`] if `input` asks for one.
    pub(crate) fn run(
        &self,
        findings: &mut Vec<Finding>,
        facts: &[SourceFacts],
        input: &LintInput<'_>,
    ) -> (Coverage, Option<Vec<u8>>) {
        if findings.is_empty() && facts.is_empty() {
            return Default::default();
        }
        let tree = CachedTree::new(input.tree);
        let context = LintContext::new(&tree, input, facts);
        context.tag(&mut lint_context::places(findings, input.tree));
        let tags = lint_context::places(findings, input.tree).filter(|_| input.record).map(|at| at.context.clone());
        let tags = tags.collect();
        let sites = lint_context::key_sites(self.rules(), findings, input.tree);
        let mut drafts = key_lints::run(self, &context, &sites);
        drafts.extend(pair_lints::run(self, &context, &sites));
        let (more, mut code) = code_lints::run(self, &context, facts, &sites);
        drafts.extend(more);
        let handlers = webhooks::handlers(self, &context, facts);
        code.extend(webhooks::findings(self, &context, &handlers));
        let mut about_code = findings::about_code(self.rules(), code);
        let encode = || LintRecord::encode(&context, self.redactor(), (&sites, tags), (&drafts, &about_code));
        let record = input.record.then(encode).flatten();
        let mut found = findings::about_credentials(self.rules(), drafts);
        found.append(&mut about_code);
        findings.append(&mut found);
        (context.left_out(), record)
    }

    /// As [`Self::run`], on texts that are as they were when `record` was made. `None` if the policy is not, or if there is
    /// no record.
    pub(crate) fn run_again(
        &self,
        findings: &mut Vec<Finding>,
        record: &[u8],
        input: &LintInput<'_>,
    ) -> Option<Coverage> {
        let sites = lint_context::key_sites(self.rules(), findings, input.tree);
        let mut record = LintRecord::decode(record, self.rules(), &sites, input.policy_tags)?;
        if lint_context::places(findings, input.tree).count() != record.tags.len() {
            return None;
        }
        let tags = std::mem::take(&mut record.tags);
        lint_context::places(findings, input.tree).zip(tags).for_each(|(at, tags)| at.context = tags);
        let sites = lint_context::key_sites(self.rules(), findings, input.tree);
        let left_out = std::mem::take(&mut record.left_out);
        let (drafts, about_code) = record.found(&sites);
        let mut found = findings::about_credentials(self.rules(), drafts);
        found.extend(about_code);
        findings.append(&mut found);
        Some(left_out)
    }
}
