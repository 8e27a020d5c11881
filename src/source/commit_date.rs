//! Formats the dates of commits.

use jiff::Timestamp;

use crate::model::CommitDate;

/// Formats seconds since 1970 in UTC. Clamps times that no calendar has.
pub(super) fn commit_date(commit: String, seconds: i64) -> CommitDate {
    let clamped = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let date = Timestamp::from_second(clamped).map(|at| at.to_string()).unwrap_or_default();
    CommitDate { commit, date, author: None }
}
