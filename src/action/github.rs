//! Events of GitHub Actions: `GITHUB_EVENT_NAME` and the payload.

use super::event::{Change, Event, Payload, PolicyOf, Push, Request};
use super::remote_name::is_ref_name;
use crate::git::Oid;

/// Returns what an event asks for. `tip` looks up a branch of the remote.
pub(super) fn request(event: &Event<'_>, tip: &dyn Fn(&str) -> Option<Oid>) -> Request {
    let payload = &event.payload;
    let name = event.name();
    match name.as_str() {
        "pull_request" | "pull_request_target" | "pull_request_review" | "pull_request_review_comment" => pull(payload),
        "merge_group" => match (payload.oid("/merge_group/base_sha"), payload.oid("/merge_group/head_sha")) {
            (Some(base), Some(head)) => Request::Change(Change::proposed(base, head)),
            _ => thin(payload, "the ends of the merge group"),
        },
        "push" => push(event, tip),
        // They say when to look, not at what.
        "schedule" | "workflow_dispatch" | "repository_dispatch" | "release" => Request::History,
        "delete" => Request::Nothing("a ref was deleted"),
        "" => Request::Unknown("No event says what to scan".to_owned()),
        other => Request::Unknown(format!("The event {other} brings no range")),
    }
}

fn thin(payload: &Payload, what: &str) -> Request {
    Request::Unknown(match &payload.problem {
        Some(problem) => format!("The payload of the event cannot be read ({problem})"),
        None => format!("The payload of the event does not name {what}"),
    })
}

fn pull(payload: &Payload) -> Request {
    match (payload.oid("/pull_request/base/sha"), payload.oid("/pull_request/head/sha")) {
        (Some(base), Some(head)) => {
            let number = payload.number("/pull_request/number").or_else(|| payload.number("/number"));
            let head_ref = number.map(|number| format!("refs/pull/{number}/head"));
            Request::Change(Change { head_ref, ..Change::proposed(base, head) })
        }
        _ => thin(payload, "base and head of the pull request"),
    }
}

fn push(event: &Event<'_>, tip: &dyn Fn(&str) -> Option<Oid>) -> Request {
    let payload = &event.payload;
    let after = payload.oid("/after").or_else(|| event.variable_oid("GITHUB_SHA"));
    if payload.is_true("/deleted") || after.is_some_and(|after| after.is_zero()) {
        return Request::Nothing("a ref was deleted");
    }
    let (Some(before), Some(after)) = (payload.oid("/before"), after) else {
        return thin(payload, "the commits before and after the push");
    };
    let default = payload.text("/repository/default_branch").filter(|name| is_ref_name(name));
    let name = payload.text("/ref").map(str::to_owned).or_else(|| event.variable("GITHUB_REF"));
    let is_default = match (&name, default) {
        (_, None) => false,
        (Some(name), Some(default)) => name.strip_prefix("refs/heads/") == Some(default),
        // Without a ref: the branch whose tip is at either end.
        (None, Some(default)) => tip(default).is_some_and(|tip| tip == before || tip == after),
    };
    let before = Some(before).filter(|before| !before.is_zero());
    Push { before, after, default_branch: default.map(str::to_owned), is_default }.request()
}

/// Returns who accepted what a pull request adds to the policy, by setting a label; `None` without the label.
///
/// # Errors
/// The reason why the label does not count.
pub(super) fn accepted_by(payload: &Payload, label: &str, head: Option<Oid>) -> Result<Option<String>, String> {
    if payload.text("/action") != Some("labeled") || payload.text("/label/name") != Some(label) {
        return Ok(None);
    }
    let is_login =
        |login: &&str| login.len() <= 100 && login.chars().all(|c| c.is_ascii_alphanumeric() || "-_[]".contains(c));
    let sender = payload.text("/sender/login").filter(is_login);
    let (Some(sender), Some(author)) = (sender, payload.text("/pull_request/user/login")) else {
        return Err("the event does not name who set it and who wrote the pull request".to_owned());
    };
    if sender.eq_ignore_ascii_case(author) {
        return Err(format!("{sender} set it on a pull request of their own"));
    }
    if head.is_none() || head != payload.oid("/pull_request/head/sha") {
        return Err("what is scanned is not the head that it was set on".to_owned());
    }
    Ok(Some(sender.to_owned()))
}

impl Change {
    /// Applies the label that accepts changes of the policy. Returns a notice if it was set and does not count.
    pub(super) fn accept(&mut self, payload: &Payload, label: &str) -> Option<String> {
        match accepted_by(payload, label, self.head) {
            Ok(Some(by)) if self.policy == PolicyOf::MergeBase => self.policy = PolicyOf::AcceptedBy(by),
            Ok(_) => {}
            Err(why) => return Some(format!("The label that accepts changes of the policy does not count: {why}.")),
        }
        None
    }
}
