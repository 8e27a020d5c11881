//! `[group]`: credentials that belong together but do not match.
//!
//! Only credentials that are in effect together are compared: in the same section, with names that are equal without the
//! words for their kind. Several candidates for one side are alternatives and prove nothing.

use std::collections::BTreeMap;

use super::findings::{Draft, MessageFields, kind_name};
use super::lint_context::{KeySite, LintContext};
use super::lint_set::LintSet;
use super::variable_names::{lists, residue};
use super::{env_files, line_syntax};
use crate::credential::{Key, Mode};
use crate::model::{Confidence, Evidence};
use crate::rules::lint::{KeyPair, Mismatch, PairScope};

/// Words for the mode of a key in names.
const MODES: &str = "live test prod production dev sandbox staging";

/// Prefixes of object ids that embed their account.
const OBJECTS: &[&str] = &["price_1", "prctbl_1", "buy_btn_1"];

pub(super) fn run<'a>(lints: &LintSet<'_>, context: &LintContext<'_>, sites: &[KeySite<'a>]) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for (rule, entry) in lints.rules().iter().enumerate() {
        for group in entry.lint.iter().flat_map(|lint| &lint.group) {
            let sites: Vec<KeySite<'a>> = sites.iter().copied().filter(|it| takes_part(group, context, it)).collect();
            for set in sets(group.scope, context, &sites) {
                if context.expired() {
                    return drafts;
                }
                if group.differs == Mismatch::ObjectAccount {
                    drafts.extend(foreign_objects(rule, group, context, &set));
                } else {
                    drafts.extend(pairs(rule, group, &set));
                }
            }
        }
    }
    drafts
}

/// Returns true if a place is in effect, and not one of several values that a condition selects.
fn takes_part(group: &KeyPair, context: &LintContext<'_>, site: &KeySite<'_>) -> bool {
    let has_kind = group.kinds.contains(&site.key.kind) || group.with.contains(&site.key.kind);
    if !has_kind || context.expired() {
        return false;
    }
    let file = context.file(&site.location.path);
    file.admits(site.location.line, &[], &group.unless_context)
        && file.around(site.location.line, site.location.column).in_effect
}

/// Groups places that are in effect together.
fn sets<'a>(scope: PairScope, context: &LintContext<'_>, sites: &[KeySite<'a>]) -> Vec<Vec<KeySite<'a>>> {
    let mut groups: BTreeMap<(String, Vec<String>), Vec<KeySite<'a>>> = BTreeMap::new();
    for site in sites {
        let path = &site.location.path;
        if scope == PairScope::EnvSet && env_files::is_member(path) {
            continue;
        }
        let file = context.file(path);
        let group = match scope {
            PairScope::File | PairScope::EnvSet => {
                // Sections named after the kind of their key alone may make a pair.
                let around = file.around(site.location.line, site.location.column);
                let labels = around.sections.iter().map(|label| residue(label)).filter(|label| !label.is_empty());
                (path.clone(), labels.collect())
            }
            PairScope::Package => (file.package.directory.clone(), Vec::new()),
            PairScope::Report => (String::new(), Vec::new()),
        };
        groups.entry(group).or_default().push(*site);
    }
    let mut sets: Vec<Vec<KeySite<'a>>> = groups.into_values().collect();
    if scope == PairScope::EnvSet {
        sets.extend(env_files::sets(context, sites));
    }
    sets
}

fn differ(differs: Mismatch, a: &Key, b: &Key) -> bool {
    match differs {
        Mismatch::Mode => matches!((a.mode, b.mode), (Mode::Live, Mode::Test) | (Mode::Test, Mode::Live)),
        // With different modes they may be a sandbox and its live account.
        Mismatch::Account => a.mode == b.mode && a.account.is_some() && b.account.is_some() && a.account != b.account,
        Mismatch::ObjectAccount => false,
    }
}

fn pairs<'a>(rule: usize, group: &KeyPair, set: &[KeySite<'a>]) -> Vec<Draft<'a>> {
    let mut by_residue: BTreeMap<String, Vec<KeySite<'a>>> = BTreeMap::new();
    for site in set {
        if let Some(variable) = &site.location.variable {
            by_residue.entry(residue(variable)).or_default().push(*site);
        }
    }
    let mut drafts = Vec::new();
    for candidates in by_residue.into_values() {
        let only = |kinds: &[_]| only_credential(candidates.iter().filter(|it| kinds.contains(&it.key.kind)));
        if let (Some(a), Some(b)) = (only(&group.kinds), only(&group.with))
            && differ(group.differs, a.key, b.key)
        {
            drafts.push(pair_draft(rule, group, *a, b));
        }
    }
    drafts
}

/// Returns the first place, if all places hold the same credential.
fn only_credential<'b, 'a>(mut sites: impl Iterator<Item = &'b KeySite<'a>>) -> Option<&'b KeySite<'a>> {
    let first = sites.next()?;
    sites.all(|site| site.finding.fingerprint == first.finding.fingerprint).then_some(first)
}

fn pair_draft<'a>(rule: usize, group: &KeyPair, a: KeySite<'a>, b: &KeySite<'_>) -> Draft<'a> {
    let (path, line) = (&b.location.path, b.location.line);
    let place = if a.location.path == *path { format!("line {line}") } else { format!("{path}:{line}") };
    let other = format!("{} {}", kind_name(b.key.kind), b.key.masked);
    let evidence = Evidence {
        message: format!("the {other} it is used with"),
        path: path.clone(),
        line,
        column: b.location.column,
    };
    Draft {
        rule,
        confidence: a.finding.confidence.min(b.finding.confidence),
        message: MessageFields::of(&a).with("other", other).with("other-place", place).render(&group.message),
        site: a,
        evidence: vec![evidence],
    }
}

/// Returns keys of one account next to hard-coded objects of another.
fn foreign_objects<'a>(rule: usize, group: &KeyPair, context: &LintContext<'_>, set: &[KeySite<'a>]) -> Vec<Draft<'a>> {
    let mut keys = set.iter().filter(|site| site.key.account.is_some());
    let Some(first) = keys.next() else { return Vec::new() };
    // With keys of several accounts, the objects may belong to any.
    let Some(account) = first.key.account.as_ref().filter(|_| keys.all(|it| it.key.account == first.key.account))
    else {
        return Vec::new();
    };
    let mut drafts = Vec::new();
    let mut paths: Vec<&str> = set.iter().map(|site| site.location.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let Some(text) = context.tree.text(path) else { continue };
        let file = context.file(path);
        let own = file.around(first.location.line, first.location.column);
        for (line, number) in text.lines().zip(1_u64..) {
            let Some((column, id)) = foreign_object(line, account.object_mark()) else { continue };
            let names_mode = residue(line.split(id).next().unwrap_or("")).split('_').any(|word| lists(MODES, word));
            let in_section =
                path != first.location.path || file.around(number, column as u64 + 1).sections == own.sections;
            if names_mode || !in_section || line_syntax::is_comment(line) || line_syntax::is_conditional(line) {
                continue;
            }
            let kind = id.split('_').next().unwrap_or("object");
            let fields = MessageFields::of(first).with("other", format!("{kind} id of another account"));
            let evidence = Evidence {
                message: format!("a {kind} of another account"),
                path: path.to_owned(),
                line: number,
                column: column as u64 + 1,
            };
            drafts.push(Draft {
                rule,
                confidence: first.finding.confidence.min(Confidence::Medium),
                site: *first,
                message: fields.with("other-place", format!("line {number}")).render(&group.message),
                evidence: vec![evidence],
            });
        }
    }
    drafts
}

/// Returns offset and text of an object id with the mark of another account.
fn foreign_object<'a>(line: &'a str, mark: &str) -> Option<(usize, &'a str)> {
    OBJECTS.iter().find_map(|prefix| {
        let at = line.find(prefix)?;
        let body = at + prefix.len() - 1;
        let id = line[body..].split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        (id.len() == 24 && id.is_ascii() && &id[6..16] != mark).then(|| (at, &line[at..body + id.len()]))
    })
}
