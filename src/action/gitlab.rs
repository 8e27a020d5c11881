//! Pipelines of GitLab: predefined variables only, there is no payload.

use super::event::{Change, Event, Push, Request};
use super::remote_name::is_ref_name;
use crate::git::Oid;

/// Returns what a pipeline asks for.
pub(super) fn request(event: &Event<'_>) -> Request {
    let source = event.name();
    let commit = event.variable_oid("CI_COMMIT_SHA");
    match (source.as_str(), commit) {
        ("merge_request_event", Some(commit)) => {
            // In a pipeline for merged results the commit is the merge, and this is the branch.
            let head = event.variable_oid("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").unwrap_or(commit);
            match event.variable_oid("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
                Some(base) => Request::Change(Change::proposed(base, head)),
                None => Request::Unknown("CI_MERGE_REQUEST_DIFF_BASE_SHA names no commit".to_owned()),
            }
        }
        ("push" | "external_pull_request_event", Some(after)) => push(event, after),
        ("schedule" | "web" | "api" | "trigger" | "pipeline" | "parent_pipeline" | "chat" | "webide", Some(_)) => {
            Request::History
        }
        (_, None) => Request::Unknown("CI_COMMIT_SHA names no commit".to_owned()),
        (other, Some(_)) => Request::Unknown(format!("A pipeline of {other} brings no range")),
    }
}

fn push(event: &Event<'_>, after: Oid) -> Request {
    let Some(before) = event.variable_oid("CI_COMMIT_BEFORE_SHA") else {
        return Request::Unknown("CI_COMMIT_BEFORE_SHA names no commit".to_owned());
    };
    let default_branch = event.variable("CI_DEFAULT_BRANCH").filter(|name| is_ref_name(name));
    let is_default = default_branch.is_some() && event.variable("CI_COMMIT_BRANCH") == default_branch;
    let before = Some(before).filter(|before| !before.is_zero());
    Push { before, after, default_branch, is_default }.request()
}
