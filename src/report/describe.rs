//! The words that formats for people share: for credentials, places, exposures and counts.
//!
//! Text of a scanned repository passes [`clean`] here or in the format, so that no control character gets out.

use serde::Serialize;

use super::remediation;
use crate::credential::{Generation, Key, Kind, Mode};
use crate::model::{CommitDate, Context, Exposure, Finding, Location, Origin, Reach, Status, Suppression};
use crate::rules::{Rule, RuleSet};

pub(super) use crate::model::escape::escape as clean;

/// Returns the name of a value in reports.
pub(super) fn name(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Returns the rule of a finding, unless the report was made with other rules.
pub(super) fn rule<'a>(rules: &'a RuleSet, finding: &Finding) -> Option<&'a Rule> {
    rules.get(&finding.rule)
}

/// Returns true if a finding is about the use of a credential: then its message says more than the key does.
pub(super) fn is_lint(rules: &RuleSet, finding: &Finding) -> bool {
    rule(rules, finding).map_or(finding.key.is_none(), Rule::is_lint)
}

/// Returns the title of a finding's rule, or its id if the rule is unknown.
pub(super) fn title(rules: &RuleSet, finding: &Finding) -> String {
    clean(rule(rules, finding).map_or(&finding.rule, |rule| &rule.title))
}

/// Combines title and masked key: `Live secret key sk_live_…wxyz`.
pub(super) fn headline(rules: &RuleSet, finding: &Finding) -> String {
    let title = title(rules, finding);
    match &finding.key {
        Some(key) => format!("{title} {}", clean(&key.masked)),
        None => title,
    }
}

/// Describes a finding in one or two sentences: whose credential it is, and for lints, the message.
pub(super) fn sentences(rules: &RuleSet, finding: &Finding) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(key) = &finding.key {
        sentences.push(format!("{}: {}.", headline(rules, finding), identity(key)));
    }
    if finding.key.is_none() || is_lint(rules, finding) {
        sentences.push(clean(&finding.message));
    }
    sentences
}

/// Returns the remediation steps of a finding, numbered if there are several.
pub(super) fn numbered_steps(rules: &RuleSet, finding: &Finding) -> Vec<String> {
    let steps = rule(rules, finding).map(|rule| remediation::steps(rule, finding)).unwrap_or_default();
    match steps.as_slice() {
        [step] => vec![clean(step)],
        steps => steps.iter().zip(1..).map(|(step, number)| format!("{number}. {}", clean(step))).collect(),
    }
}

/// Describes the owner of a key: `live mode, account acct_…, created 2019-03-01`.
pub(super) fn identity(key: &Key) -> String {
    let mode = match key.mode {
        Mode::Live => "live mode",
        Mode::Test => "test mode or a sandbox",
        Mode::Unknown => "mode unknown",
    };
    match (&key.account, &key.account_created) {
        (Some(account), Some(created)) => format!("{mode}, {account}, created {}", day(created)),
        (Some(account), None) => format!("{mode}, {account}"),
        (None, _) => match key.generation {
            Generation::Middle | Generation::Legacy if key.kind != Kind::Legacy => {
                format!("{mode}, older key generation without an embedded account")
            }
            Generation::Irregular => format!("{mode}, irregular length for a Stripe key"),
            _ => mode.to_owned(),
        },
    }
}

/// Returns the date of an RFC 3339 time.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// Abbreviates an object id.
pub(super) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

/// Describes a place: `path:line:column`, or its name outside of files.
pub(super) fn place(location: &Location) -> String {
    let position = format!("{}:{}", location.line, location.column);
    let path = clean(&file(location));
    let repository = location.repository.as_ref().map(|id| format!(" in {}", clean(id))).unwrap_or_default();
    let object = |what: &str| {
        let id = location.commit.as_deref().or(location.blob.as_deref()).map_or(location.path.as_str(), short);
        format!("{what} {}{repository}:{position}", clean(id))
    };
    match location.origin {
        Origin::File => format!("{path}:{position}"),
        Origin::FileName => format!("{path} (in the name)"),
        Origin::CommitMessage if location.commit.is_none() && location.blob.is_none() => {
            format!("commit message:{position}")
        }
        Origin::CommitMessage => object("message of commit"),
        Origin::Author => object("author of commit"),
        Origin::Committer => object("committer or tagger of"),
        Origin::TagMessage => object("message of tag"),
        Origin::Note => object("git note"),
        Origin::RefName if path.is_empty() => {
            let commit = location.commit.as_deref().map_or("an unknown commit", short);
            format!("name of a ref{repository} at {commit}")
        }
        Origin::RefName => format!("name of ref {path}"),
    }
}

/// Describes a place with its remarks in parentheses.
pub(super) fn place_with_remarks(location: &Location) -> String {
    match remarks(location).as_slice() {
        [] => place(location),
        remarks => format!("{} ({})", place(location), remarks.join("; ")),
    }
}

/// Returns the places of a finding, the most open ones first.
pub(super) fn most_open_first(finding: &Finding) -> Vec<&Location> {
    let mut places: Vec<&Location> = finding.locations.iter().collect();
    places.sort_by_key(|location| std::cmp::Reverse(location.status));
    places
}

/// Lists places up to a limit, and counts the others: `a.js:3:1, b.js:4:1 and 7 more places`. `unlisted` places come on top.
pub(super) fn places(
    places: &[&Location],
    limit: usize,
    unlisted: u64,
    mut describe: impl FnMut(&Location) -> String,
) -> String {
    let listed: Vec<String> = places.iter().take(limit).map(|location| describe(location)).collect();
    let more = (places.len() - listed.len()) as u64 + unlisted;
    let more = if more > 0 { format!(" and {}", counted(more, "more place")) } else { String::new() };
    format!("{}{more}", listed.join(", "))
}

/// Returns true if a location's lines are not those of the file itself but of something inside of it.
pub(super) fn is_inside(location: &Location) -> bool {
    !location.archive.is_empty() || location.within.is_some()
}

/// Joins the path and what leads further in: `dist/x.zip!inner.tar.gz!conf/.env`. Not cleaned.
pub(super) fn file(location: &Location) -> String {
    let inner = location.archive.iter().chain(&location.within);
    std::iter::once(&location.path).chain(inner).map(String::as_str).collect::<Vec<_>>().join("!")
}

/// Describes the encodings, contexts, version and status of a place.
pub(super) fn remarks(location: &Location) -> Vec<String> {
    let mut remarks = Vec::new();
    if !location.encodings.is_empty() {
        remarks.push(format!("encoded as {}", clean(&location.encodings.join(", then "))));
    }
    if !location.context.is_empty() {
        remarks.push(location.context.iter().copied().map(context).collect::<Vec<_>>().join(", "));
    }
    if let Some(reach) = reach(location.reach) {
        // Versions of one line differ only in their commit, or else their blob.
        let old = location.reach != Reach::Index && location.origin == Origin::File;
        let version = match (&location.commit, &location.blob) {
            (Some(commit), _) if old => format!(" at {}", clean(short(commit))),
            (None, Some(blob)) if old => format!(" as blob {}", clean(short(blob))),
            _ => String::new(),
        };
        remarks.push(format!("{reach}{version}"));
    }
    remarks.extend(versions(location));
    if let Some(status) = status(location.status) {
        let reason = location.suppression.as_ref().map(grounds).filter(|why| !why.is_empty());
        remarks.push(reason.map_or_else(|| status.to_owned(), |reason| format!("{status}: {reason}")));
    }
    remarks
}

/// Returns the reason of a suppression, with its owner and its last day where it has them.
pub(super) fn grounds(why: &Suppression) -> String {
    let owner = why.owner.as_ref().map(|owner| format!("owner {}", clean(owner)));
    let expires = why.expires.as_ref().map(|day| format!("until {}", clean(day)));
    let reason = Some(clean(&why.reason)).filter(|reason| !reason.is_empty());
    reason.into_iter().chain(owner).chain(expires).collect::<Vec<_>>().join(", ")
}

/// Counts the versions of the file that hold a place, if there are several.
pub(super) fn versions(location: &Location) -> Option<String> {
    (location.versions > 1).then(|| format!("×{} versions", number(location.versions)))
}

/// The statuses that need no action.
pub(super) const NOT_OPEN: [(Status, &str); 4] = [
    (Status::Existing, "already there"),
    (Status::Rolled, "rolled"),
    (Status::Suppressed, "allowed"),
    (Status::Baselined, "in the baseline"),
];

/// Describes a status other than open.
pub(super) fn status(status: Status) -> Option<&'static str> {
    NOT_OPEN.iter().find(|(known, _)| *known == status).map(|(_, words)| *words)
}

/// Returns the words in which somebody answers for a finding about the policy.
pub(super) fn review(finding: &Finding) -> Option<&str> {
    let suppressions = finding.locations.iter().filter_map(|location| location.suppression.as_ref());
    suppressions.filter(|why| why.source == "review").map(|why| why.reason.as_str()).next()
}

pub(super) fn context(context: Context) -> &'static str {
    match context {
        Context::Frontend => "ships to browsers or devices",
        Context::Server => "server code",
        Context::Test => "test code",
        Context::Example => "example",
        Context::Docs => "documentation",
        Context::Production => "production configuration",
        Context::Development => "development configuration",
        Context::Ci => "continuous integration",
        Context::Infra => "infrastructure as code",
        Context::Build => "build output",
    }
}

pub(super) fn reach(reach: Reach) -> Option<&'static str> {
    match reach {
        Reach::Worktree | Reach::Head => None,
        Reach::Index => Some("staged"),
        Reach::Ref => Some("in the history of a ref"),
        Reach::Stash => Some("in a stash"),
        Reach::Reflog => Some("in the reflog only"),
        Reach::Unreachable => Some("in the object store, unreachable from any ref"),
    }
}

/// Describes where and for how long a credential was exposed, where that is known: in each repository, if there are several.
pub(super) fn exposure(finding: &Finding) -> Option<String> {
    if let [] | [_] = finding.exposures.as_slice() {
        let reach = finding.locations.iter().map(|at| at.reach);
        return finding.exposure.as_ref().map(|exposure| exposure_words(exposure, reach));
    }
    let words = finding.exposures.iter().map(|exposure| {
        let here = finding.locations.iter().filter(|at| at.repository == exposure.repository);
        let repository = clean(exposure.repository.as_deref().unwrap_or_default());
        format!("{repository}: {}", exposure_words(exposure, here.map(|at| at.reach)))
    });
    Some(words.collect::<Vec<_>>().join("; "))
}

/// Returns the exposure of a credential in the repository of one of its places.
pub(super) fn exposure_at<'a>(finding: &'a Finding, location: &Location) -> Option<&'a Exposure> {
    let here = finding.exposures.iter().find(|exposure| exposure.repository == location.repository);
    here.or_else(|| finding.exposure.as_ref().filter(|_| finding.exposures.is_empty()))
}

/// Describes an exposure in one repository, whose places have this `reach`.
fn exposure_words(exposure: &Exposure, mut reach: impl Iterator<Item = Reach>) -> String {
    let at = |change: &CommitDate| {
        let name = change.author.as_deref().map(author).filter(|name| !name.is_empty());
        let by = name.map(|name| format!(" by {}", clean(name))).unwrap_or_default();
        format!("{} ({}{by})", day(&change.date), clean(short(&change.commit)))
    };
    let days = exposure.days.map(|days| format!(", {}", counted(days, "day"))).unwrap_or_default();
    let mut text = match (&exposure.introduced, &exposure.removed, exposure.in_head) {
        (Some(added), _, true) => format!("in HEAD since {}{days}", at(added)),
        (None, _, true) => "in HEAD".to_owned(),
        (Some(added), Some(removed), false) => {
            format!("in history only: added {}, removed {}{days}", at(added), at(removed))
        }
        (Some(added), None, false) => format!("in history only: added {}, never in HEAD's history{days}", at(added)),
        (None, _, false) => "in no commit's tree".to_owned(),
    };
    if exposure.refs_total > 0 {
        let names: Vec<String> = exposure.refs.iter().take(3).map(|name| clean(short_ref(name))).collect();
        let more = if exposure.refs_total > names.len() as u64 { ", …" } else { "" };
        let still = if exposure.in_head { "" } else { "still " };
        let refs = counted(exposure.refs_total, "ref");
        text.push_str(&format!("; {still}reachable from {refs} ({}{more})", names.join(", ")));
    } else if reach.all(|reach| matches!(reach, Reach::Reflog | Reach::Unreachable)) {
        text.push_str("; unreachable from any ref, until git prunes it");
    }
    text
}

/// Returns the name of an author, or the address of one without a name.
fn author(author: &str) -> &str {
    let name = author.split('<').next().unwrap_or_default().trim();
    if name.is_empty() { author } else { name }
}

fn short_ref(name: &str) -> &str {
    ["refs/heads/", "refs/tags/", "refs/"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Counts a noun: `1 file`, `1,234 files`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(count))
}

/// Writes a number with thousands separators.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a size in powers of 1000: `12.3 MB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => counted(bytes, "byte"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}
