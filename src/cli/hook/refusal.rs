//! The few lines in which a hook says why it refuses, and what to do at this moment.

use std::collections::BTreeSet;

use super::super::output;
use crate::model::{Finding, Origin, Report, Severity, SkipClass, Status};

/// Most credentials that a refusal lists.
const MAX_LISTED: usize = 20;
/// Most paths in the command that takes files out of the index.
const MAX_PATHS: usize = 3;

/// The action that the hook is about to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Commit,
    Message,
    Push,
}

/// Prints a line for each credential, then what to do.
pub(super) fn print(report: &Report, fail_on: Severity, moment: Moment) {
    let what = match moment {
        Moment::Commit | Moment::Message => "commit",
        Moment::Push => "push",
    };
    let failing = credentials(report, fail_on);
    output::warn(&format!("pinstripe: {what} refused: {}", count(failing.len())));
    list(&failing, MAX_LISTED);
    advice(report, &failing, moment).iter().for_each(|line| output::warn(&format!("  {line}")));
    if !report.coverage.complete {
        output::warn(&format!("  Besides, the scan is incomplete: {}", gaps(report)));
    }
}

/// Returns the most severe failing finding of each credential.
pub(super) fn credentials(report: &Report, fail_on: Severity) -> Vec<&Finding> {
    let mut seen = BTreeSet::new();
    report.open_at_or_above(fail_on).filter(|finding| seen.insert(finding.fingerprint)).collect()
}

pub(super) fn list(failing: &[&Finding], limit: usize) {
    failing.iter().take(limit).for_each(|finding| output::warn(&line(finding)));
    if failing.len() > limit {
        output::warn(&format!("  and {} more", failing.len() - limit));
    }
}

pub(super) fn count(number: usize) -> String {
    if number == 1 { "1 finding".to_owned() } else { format!("{number} findings") }
}

fn line(finding: &Finding) -> String {
    let place = finding.locations.iter().find(|at| at.status == Status::Open).or(finding.locations.first());
    let place = place.map(|at| {
        let commit = at.commit.as_deref().and_then(|commit| commit.get(..10));
        let commit = commit.map(|commit| format!(" in {commit}")).unwrap_or_default();
        if at.path.is_empty() {
            let origin = serde_json::to_value(at.origin).unwrap_or_default();
            format!("{}:{}{commit}", origin.as_str().unwrap_or_default().replace('-', " "), at.line)
        } else {
            format!("{}:{}{commit}", at.path, at.line)
        }
    });
    format!("  {}: {} ({})", finding.severity.name(), finding.message, place.unwrap_or_default())
}

pub(super) fn gaps(report: &Report) -> String {
    let unread = report.coverage.skipped.iter().filter(|skipped| skipped.class == SkipClass::Unread);
    unread.map(|skipped| format!("{} {}", skipped.count, skipped.reason.name())).collect::<Vec<_>>().join(", ")
}

/// Nothing has left the machine yet, so the first step is to keep it there.
fn advice(report: &Report, failing: &[&Finding], moment: Moment) -> Vec<String> {
    let rule = failing.first().map(|finding| finding.rule.as_str()).unwrap_or_default();
    match moment {
        Moment::Commit => vec![
            format!("Nothing has left this machine. Take it out of the index: {}", unstage(report, failing)),
            "then put the value into the environment or a secret manager, and the file into .gitignore.".to_owned(),
            format!("A false positive? Put this on its line, with your reason: pinstripe:allow {rule} REASON"),
            "pinstripe scan --staged tells the whole story.".to_owned(),
        ],
        Moment::Message => vec![
            "Nothing has left this machine. Write the message without it; your text is in .git/COMMIT_EDITMSG."
                .to_owned(),
        ],
        Moment::Push => {
            let oldest = failing.iter().filter_map(|finding| finding.exposure.as_ref()?.introduced.as_ref());
            let oldest = oldest.min_by_key(|introduced| &introduced.date).map(|introduced| introduced.commit.as_str());
            let any = failing.iter().find_map(|finding| finding.locations.iter().find_map(|at| at.commit.as_deref()));
            let commit = oldest.or(any).and_then(|commit| commit.get(..10)).unwrap_or("COMMIT");
            let mut steps = outside_of_commits(failing);
            if are_in_commits(failing) {
                steps.push(format!("Rewrite the commit that brought it: git rebase -i {commit}^"));
                steps.push(
                    "mark it `edit`, take the key out, git commit -a --amend, git rebase --continue, and push again."
                        .to_owned(),
                );
            }
            if let Some(first) = steps.first_mut() {
                first.insert_str(0, "Nothing has left this machine. ");
            }
            steps.extend([
                "Was it pushed anywhere before? Then roll it first.".to_owned(),
                "A false positive? SKIP=pinstripe git push, and let the reviewers accept it (README, Policy)."
                    .to_owned(),
            ]);
            steps
        }
    }
}

/// Returns what to do about keys that a server has received, by what holds them.
pub(super) fn received(failing: &[&Finding]) -> Vec<String> {
    let mut steps = outside_of_commits(failing);
    if are_in_commits(failing) {
        steps.push("Take the keys out of the commits (git rebase -i).".to_owned());
    }
    steps.push("Roll the keys: the server has already received them.".to_owned());
    steps
}

fn origins<'a>(failing: &'a [&Finding]) -> impl Iterator<Item = Origin> + 'a {
    let places = failing.iter().flat_map(|finding| &finding.locations).filter(|at| at.status == Status::Open);
    places.map(|at| at.origin)
}

fn are_in_commits(failing: &[&Finding]) -> bool {
    origins(failing).any(|origin| !matches!(origin, Origin::RefName | Origin::TagMessage))
}

/// Returns what to do about keys in names of refs and in messages of tags.
fn outside_of_commits(failing: &[&Finding]) -> Vec<String> {
    let steps = [
        (
            Origin::RefName,
            "Rename the refs: git branch -m OLD NEW, or git tag NEW OLD and git tag -d OLD; push the new names.",
        ),
        (Origin::TagMessage, "Write the messages of the tags again: git tag -f -a NAME COMMIT."),
    ];
    let wanted = steps.iter().filter(|(origin, _)| origins(failing).any(|other| other == *origin));
    wanted.map(|(_, step)| (*step).to_owned()).collect()
}

/// Returns the command that takes the files of these findings out of the index.
fn unstage(report: &Report, failing: &[&Finding]) -> String {
    let open = failing.iter().flat_map(|finding| &finding.locations).filter(|at| at.status == Status::Open);
    let paths: BTreeSet<&str> = open.map(|at| at.path.as_str()).collect();
    // A name with a key in it is shown masked, and no such file exists.
    let plain = |path: &&str| path.chars().all(|c| c.is_alphanumeric() || "._/-+@".contains(c));
    let names = if paths.len() <= MAX_PATHS && paths.iter().all(plain) {
        paths.into_iter().collect::<Vec<_>>().join(" ")
    } else {
        ".".to_owned()
    };
    // Before the first commit there is nothing to restore from.
    let command = if report.target.head.is_some() { "git restore --staged" } else { "git rm -r --cached" };
    format!("{command} -- {names}")
}
