//! `[source]`: decides about matches in code, now that the whole tree is known.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::cached_tree::CachedTree;
use super::client_graph;
use super::context::file_context::FileContext;
use super::findings::{CodeFinding, Draft, MessageFields};
use super::lint_context::{KeySite, LintContext};
use super::lint_set::{LintSet, SourceLint};
use super::public_names;
use super::source_facts::{SourceFacts, SourceMatch, is_quoted};
use super::webhook_texts;
use crate::code;
use crate::credential::Kind;
use crate::model::{Confidence, Evidence};
use crate::rules::language;
use crate::rules::lint::CodeAnalysis;

/// The evidence for a match.
struct Confirmation {
    why: String,
    evidence: Vec<Evidence>,
}

/// Returns drafts for matches on credentials, and findings for matches on other code.
pub(super) fn run<'a, 'f>(
    lints: &LintSet<'_>,
    context: &LintContext<'_>,
    all: &'f [SourceFacts],
    sites: &[KeySite<'a>],
) -> (Vec<Draft<'a>>, Vec<CodeFinding<'f>>) {
    let (mut drafts, mut findings) = (Vec::new(), Vec::new());
    let mut by_path: BTreeMap<&str, Vec<KeySite<'a>>> = BTreeMap::new();
    for site in sites {
        by_path.entry(&site.location.path).or_default().push(*site);
    }
    let (mut silent, verifiers) = (SilentFiles::default(), OnceCell::new());
    for (facts, found) in all.iter().flat_map(|facts| facts.matches.iter().map(move |found| (facts, found))) {
        if context.expired() {
            break;
        }
        let Some(lint) = lints.source_lint(found.lint) else { continue };
        let path = facts.place.path.text.as_str();
        let (file, sites) = (context.file(path), by_path.get(path).map_or(&[][..], Vec::as_slice));
        if !file.admits(found.start.line, &lint.source.context, &lint.source.unless_context)
            || (lint.source.imports && silent.by_import(lint, found.lint, context, facts))
        {
            continue;
        }
        if found.component.as_deref().is_some_and(|module| !client_graph::is_client_module(context.tree, path, module))
        {
            continue;
        }
        let Some(Confirmation { why, evidence }) = confirm(lint, (facts, found), (&file, sites)) else {
            continue;
        };
        let (rule, message) = (found.rule, &lint.source.message);
        let confidence = lint.source.confidence.unwrap_or(Confidence::High);
        if let Some(site) = sites.iter().find(|site| overlaps(site, found)) {
            let message = MessageFields::of(site).with("why", why).render(message);
            drafts.push(Draft { rule, confidence, site: *site, message, evidence });
        } else if !found.value.as_deref().is_some_and(is_quoted) {
            let message = MessageFields::of_code(facts, found).with("why", why).render(message);
            let tags = file.tags_at(found.start.line);
            let verifiers = || verifiers.get_or_init(|| verifying(context.tree, all));
            // Of a change, files that did not change are not known.
            let is_read = || facts.before.is_some() || verifiers().iter().any(|text| reads(text, path));
            let doubtful = lint.source.for_verifier && !is_read();
            findings.push(CodeFinding { facts, found, confidence, message, evidence, context: tags, doubtful });
        }
        // Any other literal is a placeholder, a sample or another vendor's key.
    }
    (drafts, findings)
}

/// Returns the files that verify webhooks, with their texts.
fn verifying<'f>(tree: &CachedTree<'_>, all: &'f [SourceFacts]) -> Vec<(&'f str, String)> {
    let handlers = all.iter().filter(|facts| facts.code.is_some()).map(|facts| facts.place.path.text.as_str());
    let texts = handlers.filter_map(|path| Some((path, tree.text(path)?.to_string())));
    texts.filter(|(_, text)| webhook_texts::verifications(text.as_bytes()) > 0).collect()
}

/// Returns true if a file is another one, or names it: by its stem, or by its folder if that says what it is.
fn reads((path, text): &(&str, String), other: &str) -> bool {
    let (folder, name) = other.rsplit_once('/').unwrap_or(("", other));
    let stem = name.split('.').next().unwrap_or(name);
    let folder = folder.rsplit('/').next().unwrap_or_default();
    *path == other || [stem, folder].iter().any(|word| word.len() > 2 && text.contains(word))
}

fn overlaps(site: &KeySite<'_>, found: &SourceMatch) -> bool {
    let at = site.location;
    at.line >= found.start.line
        && at.end_line <= found.end.line
        && (at.line > found.start.line || at.end_column > found.start.column)
        && (at.end_line < found.end.line || at.column < found.end.column)
}

/// Returns why a match holds, or `None` if something around it contradicts.
fn confirm(
    lint: SourceLint<'_>,
    (facts, found): (&SourceFacts, &SourceMatch),
    (file, sites): (&FileContext, &[KeySite<'_>]),
) -> Option<Confirmation> {
    let path = facts.place.path.text.as_str();
    let mut evidence = Vec::new();
    if let Some((at, message)) = &found.evidence {
        let (line, column) = (at.line, at.column);
        evidence.push(Evidence { message: message.clone(), path: path.to_owned(), line, column });
    }
    if lint.source.structure != Some(CodeAnalysis::PublicName) {
        let why = file.frontend.as_ref().map(|frontend| frontend.why.clone()).unwrap_or_default();
        return Some(Confirmation { why, evidence });
    }
    let is_secret = |name: &str| {
        sites.iter().any(|site| {
            site.location.variable.as_deref() == Some(name)
                && !matches!(site.key.kind, Kind::Publishable | Kind::ConnectClientId | Kind::ClientSecret)
        })
    };
    let name = (found.name.as_deref()?, found.value.as_deref());
    let public = public_names::confirm(name, &file.package, file.kind, &is_secret)?;
    evidence.extend(public.evidence);
    Some(Confirmation { why: public.why, evidence })
}

/// Files whose imports keep a lint silent, and modules that do; each is looked at once for a lint.
#[derive(Default)]
struct SilentFiles {
    importing: BTreeMap<(usize, String), bool>,
    modules: BTreeMap<(usize, String), bool>,
}

impl SilentFiles {
    /// Returns true if an imported local module matches what keeps the lint silent.
    fn by_import(
        &mut self,
        lint: SourceLint<'_>,
        number: usize,
        context: &LintContext<'_>,
        facts: &SourceFacts,
    ) -> bool {
        let path = &facts.place.path.text;
        // The scripts of a component are JavaScript.
        let language = match language::of_path(path).map_or("", |language| language.name) {
            "component" => "javascript",
            name => name,
        };
        let Self { importing, modules } = self;
        let mut is_silent = |import: &String| {
            let mut paths = code::candidates(path, import, language, context.tree).into_iter();
            let (module, text) = paths.find_map(|path| context.tree.text(&path).map(|text| (path, text)))?;
            Some(*modules.entry((number, module)).or_insert_with(|| lint.excludes(text.as_bytes())))
        };
        let silent = || facts.imports.iter().any(|import| is_silent(import).unwrap_or(false));
        *importing.entry((number, path.clone())).or_insert_with(silent)
    }
}
