//! `[group]`: credentials that belong together and do not fit together.
//!
//! Only what belongs together is compared: what is in force at once, in the same section, under names that are equal once
//! the words for the kind are taken away. Several candidates for one side are alternatives, and say nothing.

use std::collections::BTreeMap;

use super::compiled::Compiled;
use super::emit::{Draft, Fill, kind_name};
use super::names::residue;
use super::scene::{Scene, Spotted};
use super::{env_sets, lines};
use crate::credential::{Key, Mode};
use crate::model::Evidence;
use crate::rules::lint::{KeyPair, Mismatch, PairScope};

/// Ids of objects that carry their account's mark.
const OBJECTS: &[&str] = &["price_1", "prctbl_1", "buy_btn_1"];

/// Every `[group]` on all places.
pub(super) fn run<'a>(lints: &Compiled<'_>, scene: &Scene<'_>, places: &[Spotted<'a>]) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for (rule, entry) in lints.rules().iter().enumerate() {
        for group in entry.lint.iter().flat_map(|lint| &lint.group) {
            let places: Vec<Spotted<'a>> = places.iter().copied().filter(|it| counts(group, scene, it)).collect();
            for set in sets(group.scope, scene, &places) {
                if group.differs == Mismatch::ObjectAccount {
                    drafts.extend(foreign_objects(rule, group, scene, &set));
                } else {
                    drafts.extend(pairs(rule, group, &set));
                }
            }
        }
    }
    drafts
}

/// Whether a place takes part: it is in force, and not one of several that a condition chooses from.
fn counts(group: &KeyPair, scene: &Scene<'_>, spotted: &Spotted<'_>) -> bool {
    if !group.kinds.contains(&spotted.key.kind) && !group.with.contains(&spotted.key.kind) {
        return false;
    }
    let sheet = scene.sheet(&spotted.location.path);
    let line = sheet.text.as_deref().map_or("", |text| lines::line(text, spotted.location.line));
    !sheet.surroundings.vendored
        && !group.unless_context.iter().any(|tag| sheet.surroundings.is(*tag))
        && !lines::is_comment(line)
        && !lines::is_chosen(line)
}

/// Places that are in force together.
fn sets<'a>(scope: PairScope, scene: &Scene<'_>, places: &[Spotted<'a>]) -> Vec<Vec<Spotted<'a>>> {
    let mut sets = Vec::new();
    let mut by_home: BTreeMap<(String, Vec<String>), Vec<Spotted<'a>>> = BTreeMap::new();
    for spotted in places {
        let path = &spotted.location.path;
        if scope == PairScope::EnvSet && env_sets::is_member(path) {
            continue;
        }
        let sheet = scene.sheet(path);
        let home = match scope {
            PairScope::File | PairScope::EnvSet => {
                let text = sheet.text.as_deref().unwrap_or("");
                let inside = lines::opener(lines::line(text, spotted.location.line), spotted.location.column);
                let around = lines::sections(text, spotted.location.line);
                // What a section is called besides the kind of its key: two variables may make a pair.
                let named = std::iter::once(inside).chain(around).map(|label| residue(&label));
                (path.clone(), named.filter(|label| !label.is_empty()).collect())
            }
            PairScope::Package => (sheet.surroundings.package.directory.clone(), Vec::new()),
            PairScope::Report => (String::new(), Vec::new()),
        };
        by_home.entry(home).or_default().push(*spotted);
    }
    sets.extend(by_home.into_values());
    if scope == PairScope::EnvSet {
        sets.extend(env_sets::sets(scene, places));
    }
    sets
}

fn differ(differs: Mismatch, a: &Key, b: &Key) -> bool {
    match differs {
        Mismatch::Mode => matches!((a.mode, b.mode), (Mode::Live, Mode::Test) | (Mode::Test, Mode::Live)),
        // Of different modes they may be a sandbox and its live account.
        Mismatch::Account => a.mode == b.mode && a.account.is_some() && b.account.is_some() && a.account != b.account,
        Mismatch::ObjectAccount => false,
    }
}

fn pairs<'a>(rule: usize, group: &KeyPair, set: &[Spotted<'a>]) -> Vec<Draft<'a>> {
    let mut by_residue: BTreeMap<String, Vec<Spotted<'a>>> = BTreeMap::new();
    for spotted in set {
        if let Some(variable) = &spotted.location.variable {
            by_residue.entry(residue(variable)).or_default().push(*spotted);
        }
    }
    let mut drafts = Vec::new();
    for candidates in by_residue.into_values() {
        let of = |kinds: &[_]| -> Vec<Spotted<'a>> {
            candidates.iter().copied().filter(|it| kinds.contains(&it.key.kind)).collect()
        };
        let (ours, theirs) = (of(&group.kinds), of(&group.with));
        if has_alternatives(&ours) || has_alternatives(&theirs) {
            continue;
        }
        if let (Some(a), Some(b)) = (ours.first(), theirs.first())
            && differ(group.differs, a.key, b.key)
        {
            drafts.push(draft(rule, group, *a, b));
        }
    }
    drafts
}

/// Whether several different credentials stand for one side.
fn has_alternatives(side: &[Spotted<'_>]) -> bool {
    side.iter().any(|it| it.finding.fingerprint != side[0].finding.fingerprint)
}

fn draft<'a>(rule: usize, group: &KeyPair, a: Spotted<'a>, b: &Spotted<'_>) -> Draft<'a> {
    let place = if a.location.path == b.location.path {
        format!("line {}", b.location.line)
    } else {
        format!("{}:{}", b.location.path, b.location.line)
    };
    let fill =
        Fill { other: format!("{} {}", kind_name(b.key.kind), b.key.masked), other_place: place, ..Fill::of(&a) };
    let evidence = Evidence {
        message: format!("the {} {} it is used with", kind_name(b.key.kind), b.key.masked),
        path: b.location.path.clone(),
        line: b.location.line,
        column: b.location.column,
    };
    Draft {
        rule,
        confidence: a.finding.confidence.min(b.finding.confidence),
        message: fill.fill(&group.message),
        spotted: a,
        evidence: vec![evidence],
    }
}

/// Keys of one account beside hard-coded objects of another.
fn foreign_objects<'a>(rule: usize, group: &KeyPair, scene: &Scene<'_>, set: &[Spotted<'a>]) -> Vec<Draft<'a>> {
    let keys: Vec<&Spotted<'a>> = set.iter().filter(|it| it.key.account.is_some()).collect();
    let Some(first) = keys.first() else { return Vec::new() };
    // Keys of several accounts: nobody can tell whose the objects are.
    let Some(account) =
        first.key.account.as_ref().filter(|_| keys.iter().all(|it| it.key.account == first.key.account))
    else {
        return Vec::new();
    };
    let mut drafts = Vec::new();
    let mut paths: Vec<&str> = set.iter().map(|it| it.location.path.as_str()).collect();
    paths.dedup();
    for path in paths {
        let Some(text) = scene.tree.text(path) else { continue };
        let own_sections = lines::sections(&text, first.location.line);
        for (line, number) in
            text.lines().zip(1_u64..).filter(|(line, _)| !lines::is_comment(line) && !lines::is_chosen(line))
        {
            let Some((column, id)) = foreign_object(line, account.object_mark()) else { continue };
            let stated = residue(line.split(id).next().unwrap_or(""));
            if says_mode(&stated) || (path == first.location.path && lines::sections(&text, number) != own_sections) {
                continue;
            }
            let kind = id.split('_').next().unwrap_or("object");
            let other = format!("{kind} id of another account");
            let fill = Fill { other, other_place: format!("line {number}"), ..Fill::of(first) };
            let evidence = Evidence {
                message: format!("a {kind} of another account"),
                path: path.to_owned(),
                line: number,
                column: column as u64 + 1,
            };
            drafts.push(Draft {
                rule,
                confidence: first.finding.confidence.min(crate::model::Confidence::Medium),
                spotted: **first,
                message: fill.fill(&group.message),
                evidence: vec![evidence],
            });
        }
    }
    drafts
}

fn says_mode(residue: &str) -> bool {
    residue
        .split('_')
        .any(|word| matches!(word, "live" | "test" | "prod" | "production" | "dev" | "sandbox" | "staging"))
}

/// An object id of 24 characters whose account mark is another: where it is, and itself.
fn foreign_object<'a>(line: &'a str, mark: &str) -> Option<(usize, &'a str)> {
    OBJECTS.iter().find_map(|prefix| {
        let at = line.find(prefix)?;
        let body = at + prefix.len() - 1;
        let id = line[body..].split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        (id.len() == 24 && id.is_ascii() && &id[6..16] != mark).then(|| (at, &line[at..body + id.len()]))
    })
}
