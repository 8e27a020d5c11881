//! `[when]`: conditions on one place of one credential.

use super::compiled::{Compiled, Conditions};
use super::emit::{Draft, Fill};
use super::lines;
use super::scene::{Scene, Sheet, Spotted};
use crate::model::Confidence;
use crate::rules::lint::KeyCondition;

/// Every `[when]` on every place.
pub(super) fn run<'a>(lints: &Compiled<'_>, scene: &Scene<'_>, places: &[Spotted<'a>]) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for (rule, index) in lints.whens() {
        let Some(when) = lints.when(rule, index) else { continue };
        for spotted in places.iter().filter(|spotted| cheap(when, spotted)) {
            let sheet = scene.sheet(&spotted.location.path);
            if !holds(when, scene, spotted, &sheet) {
                continue;
            }
            let Some(conditions) = lints.conditions(rule, index) else { continue };
            if matches(conditions, spotted, &sheet) {
                drafts.push(draft(rule, when, scene, *spotted, &sheet));
            }
        }
    }
    drafts
}

/// What the finding alone decides.
fn cheap(when: &KeyCondition, spotted: &Spotted<'_>) -> bool {
    (when.kinds.is_empty() || when.kinds.contains(&spotted.key.kind))
        && (when.modes.is_empty() || when.modes.contains(&spotted.key.mode))
        && when.confidence.is_none_or(|least| spotted.finding.confidence >= least)
}

/// What takes the place's surroundings.
fn holds(when: &KeyCondition, scene: &Scene<'_>, spotted: &Spotted<'_>, sheet: &Sheet) -> bool {
    let (location, surroundings) = (spotted.location, &sheet.surroundings);
    let listed = |tags: &[_]| tags.iter().any(|tag| surroundings.is(*tag));
    !surroundings.vendored
        && (when.context.is_empty() || listed(&when.context))
        && !listed(&when.unless_context)
        && (when.files.is_empty() || when.files.contains(&surroundings.kind))
        && (when.variable.is_empty() || when.variable.iter().any(|claim| scene.claims(location, *claim)))
        && !when.unless_variable.iter().any(|claim| scene.claims(location, *claim))
        && (when.commented
            || !sheet.text.as_deref().is_some_and(|text| lines::is_comment(lines::line(text, location.line))))
}

/// The line left of a credential; only ever matched, never shown.
fn before(spotted: &Spotted<'_>, sheet: &Sheet) -> String {
    let location = spotted.location;
    let raw = sheet.text.as_deref().map(|text| lines::line(text, location.line));
    let column = usize::try_from(location.column).unwrap_or(1) - 1;
    match raw.and_then(|line| line.get(..column)) {
        Some(before) => before.to_owned(),
        None => {
            location.snippet.as_ref().and_then(|snippet| snippet.text.get(..snippet.start)).unwrap_or("").to_owned()
        }
    }
}

/// What takes patterns.
fn matches(conditions: &Conditions, spotted: &Spotted<'_>, sheet: &Sheet) -> bool {
    let location = spotted.location;
    let before = before(spotted, sheet);
    let variable = location.variable.as_deref().unwrap_or("");
    let sections = || sheet.text.as_deref().map(|text| lines::sections(text, location.line)).unwrap_or_default();
    let wanted = [
        (&conditions.variable_matches, variable),
        (&conditions.path, location.path.as_str()),
        (&conditions.before, before.as_str()),
    ];
    let unwanted = [(&conditions.unless_path, location.path.as_str()), (&conditions.unless_before, before.as_str())];
    wanted.iter().all(|(pattern, text)| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text.as_bytes())))
        && !unwanted
            .iter()
            .any(|(pattern, text)| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text.as_bytes())))
        && conditions
            .section
            .as_ref()
            .is_none_or(|pattern| sections().iter().any(|name| pattern.is_match(name.as_bytes())))
        && !conditions
            .unless_section
            .as_ref()
            .is_some_and(|pattern| sections().iter().any(|name| pattern.is_match(name.as_bytes())))
}

fn draft<'a>(rule: usize, when: &KeyCondition, scene: &Scene<'_>, spotted: Spotted<'a>, sheet: &Sheet) -> Draft<'a> {
    let mut confidence = spotted.finding.confidence;
    let mut evidence = Vec::new();
    let mut why = String::new();
    if let Some(frontend) = &sheet.surroundings.frontend {
        confidence = confidence.min(frontend.confidence);
        why.clone_from(&frontend.why);
        evidence.extend(frontend.evidence.clone());
    }
    if when.variable.contains(&crate::rules::lint::NameClaim::Public)
        && let Some(public) = scene.public(spotted.location)
    {
        // The name settles it, whatever is known of the file.
        confidence = spotted.finding.confidence.max(Confidence::Medium);
        why = public.why;
        evidence = public.evidence.into_iter().collect();
    }
    let fill = Fill { why, ..Fill::of(&spotted) };
    Draft { rule, confidence, spotted, message: fill.fill(&when.message), evidence }
}
