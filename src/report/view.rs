//! What formats for people have in common: findings grouped by credential, and the words for places, ages and counts.
//!
//! Everything that comes from a scanned repository passes [`clean`] here or in the format, so that no control character
//! gets out.

use std::collections::BTreeMap;

use super::{Options, Report};
use crate::credential::{Fingerprint, Generation, Key, Kind, Mode};
use crate::model::{Context, Finding, Location, Origin, Reach, Severity, Status};
use crate::rules::RuleSet;
use crate::rules::rule::Rule;

/// Redacted text, fit for a terminal.
pub(super) fn clean(text: &str) -> String {
    crate::model::escape::escape(text)
}

/// One credential, or one misuse without a literal, with every rule that has something to say about it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// The most severe finding; of equals the key's own.
    pub(super) main: &'a Finding,
    /// The others, most severe first.
    pub(super) others: Vec<&'a Finding>,
}

impl Block<'_> {
    /// The most open status of its findings.
    pub(super) fn status(&self) -> Status {
        self.others.iter().map(|finding| finding.status).max().unwrap_or(self.main.status).max(self.main.status)
    }
}

/// A report as people want it.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// Credentials in order of severity and place, those that are not open behind the open ones.
    pub(super) blocks: Vec<Block<'a>>,
    /// What is below `--min-severity`: `3 publishable keys (note); --min-severity note lists them`.
    pub(super) hidden: Option<String>,
}

impl<'a> View<'a> {
    /// Groups what the options let through and counts the rest.
    pub(super) fn new(report: &'a Report, rules: &RuleSet, options: &Options) -> Self {
        let mut groups: Vec<(Fingerprint, Vec<&'a Finding>)> = Vec::new();
        let mut index: BTreeMap<Fingerprint, usize> = BTreeMap::new();
        let mut hidden: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
        for finding in &report.findings {
            if finding.severity < options.min_severity {
                *hidden.entry((finding.severity, &finding.rule)).or_default() += 1;
                continue;
            }
            let at = *index.entry(finding.fingerprint).or_insert_with(|| {
                groups.push((finding.fingerprint, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(finding);
        }
        let mut blocks: Vec<Block<'a>> = groups.into_iter().filter_map(|(_, group)| block(rules, group)).collect();
        blocks.sort_by_key(|block| std::cmp::Reverse((block.status() == Status::Open, block.main.severity)));
        Self { blocks, hidden: hidden_words(rules, &hidden) }
    }

    /// Blocks that somebody has to act on.
    pub(super) fn open(&self) -> impl Iterator<Item = &Block<'a>> {
        self.blocks.iter().filter(|block| block.status() == Status::Open)
    }

    /// How many blocks have this status.
    pub(super) fn count(&self, status: Status) -> usize {
        self.blocks.iter().filter(|block| block.status() == status).count()
    }

    /// Open credentials by severity, most severe first, as `2 critical, 1 high`.
    pub(super) fn tally(&self) -> String {
        let counts = Severity::ALL.into_iter().rev().filter_map(|severity| {
            let count = self.open().filter(|block| block.main.severity == severity).count();
            (count > 0).then(|| format!("{} {}", number(count as u64), severity.name()))
        });
        counts.collect::<Vec<_>>().join(", ")
    }
}

fn block<'a>(rules: &RuleSet, mut findings: Vec<&'a Finding>) -> Option<Block<'a>> {
    findings.sort_by_key(|finding| {
        std::cmp::Reverse((finding.status == Status::Open, finding.severity, !is_lint(rules, finding)))
    });
    let mut findings = findings.into_iter();
    Some(Block { main: findings.next()?, others: findings.collect() })
}

fn hidden_words(rules: &RuleSet, counts: &BTreeMap<(Severity, &str), usize>) -> Option<String> {
    let mut nouns: BTreeMap<(std::cmp::Reverse<Severity>, String), usize> = BTreeMap::new();
    for ((severity, rule), count) in counts {
        *nouns.entry((std::cmp::Reverse(*severity), noun(rules, rule))).or_default() += count;
    }
    let lowest = counts.keys().map(|(severity, _)| *severity).min()?;
    let words: Vec<String> = nouns
        .into_iter()
        .map(|((severity, noun), count)| {
            let noun = if count == 1 { noun } else { plural(&noun) };
            format!("{} {noun} ({})", number(count as u64), severity.0.name())
        })
        .collect();
    Some(format!("{}; --min-severity {} lists them", words.join(", "), lowest.name()))
}

/// The title of a rule, or its id where the rule is not at hand.
pub(super) fn title(rules: &RuleSet, id: &str) -> String {
    rules.get(id).map_or_else(|| clean(id), |rule| clean(&rule.title))
}

/// What a rule finds, as a noun after a number: `publishable key`.
fn noun(rules: &RuleSet, id: &str) -> String {
    if id.starts_with("publishable-") {
        return "publishable key".to_owned();
    }
    let title = title(rules, id);
    let mut letters = title.chars();
    let is_acronym = title.chars().nth(1).is_some_and(char::is_uppercase);
    let is_name = ["Connect ", "Stripe ", "Dashboard ", "Terminal "].iter().any(|name| title.starts_with(name));
    match letters.next() {
        Some(first) if !is_acronym && !is_name => format!("{}{}", first.to_lowercase(), letters.as_str()),
        _ => title,
    }
}

/// A noun in the plural: its first part that ends a noun gets the `s`.
fn plural(noun: &str) -> String {
    let joints = [" of ", " without ", " in ", " on ", " to ", " behind ", " with ", " for ", " as "];
    let at = joints.iter().filter_map(|joint| noun.find(joint)).min().unwrap_or(noun.len());
    let (head, tail) = noun.split_at(at);
    let ending = if head.ends_with('s') { "" } else { "s" };
    format!("{head}{ending}{tail}")
}

/// `live mode, account acct_…, created 2019-03-01`.
pub(super) fn identity(key: &Key) -> String {
    let mode = match key.mode {
        Mode::Live => "live mode",
        Mode::Test => "test mode or a sandbox",
        Mode::Unknown => "mode not told by the key",
    };
    match (&key.account, &key.account_created) {
        (Some(account), Some(created)) => format!("{mode}, {account}, created {}", day(created)),
        (Some(account), None) => format!("{mode}, {account}"),
        (None, _) => match key.generation {
            Generation::Middle | Generation::Legacy if key.kind != Kind::Legacy => {
                format!("{mode}, of an older generation that does not name its account")
            }
            Generation::Irregular => format!("{mode}, of a length that Stripe's keys do not have"),
            _ => mode.to_owned(),
        },
    }
}

/// The date of an RFC 3339 time.
pub(super) fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// The first characters of an object id.
pub(super) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

/// `path:line:column`, or what stands for it outside of files; cleaned.
pub(super) fn place(location: &Location) -> String {
    let position = format!("{}:{}", location.line, location.column);
    let path = clean(&file(location));
    let commit = location.commit.as_deref().map(short);
    match location.origin {
        Origin::File => format!("{path}:{position}"),
        Origin::FileName => format!("{path} (in the name)"),
        Origin::CommitMessage => object("message of commit", location, &position),
        Origin::Author => object("author of commit", location, &position),
        Origin::Committer => object("committer or tagger of", location, &position),
        Origin::TagMessage => object("message of tag", location, &position),
        Origin::Note => object("git note", location, &position),
        Origin::RefName if path.is_empty() => format!("name of a ref at {}", commit.unwrap_or("an unknown commit")),
        Origin::RefName => format!("name of ref {path}"),
    }
}

fn object(what: &str, location: &Location, position: &str) -> String {
    let id = location.commit.as_deref().or(location.blob.as_deref()).map(short);
    let name = id.map_or_else(|| clean(&location.path), clean);
    format!("{what} {name}:{position}")
}

/// The path with what leads further in: `dist/x.zip!inner.tar.gz!conf/.env`. Not cleaned.
pub(super) fn file(location: &Location) -> String {
    let mut file = location.path.clone();
    for inner in location.archive.iter().chain(&location.within) {
        file.push('!');
        file.push_str(inner);
    }
    file
}

/// What is worth saying about a place besides where it is.
pub(super) fn remarks(location: &Location) -> Vec<String> {
    let mut remarks = Vec::new();
    if !location.encodings.is_empty() {
        remarks.push(format!("encoded as {}", clean(&location.encodings.join(", then "))));
    }
    if !location.context.is_empty() {
        remarks.push(contexts(&location.context));
    }
    if let Some(reach) = reach(location.reach) {
        // The same line of many versions: only the commit, or else the blob, tells them apart.
        let old = !matches!(location.reach, Reach::Index) && location.origin == Origin::File;
        let version = match (&location.commit, &location.blob) {
            (Some(commit), _) if old => format!(" at {}", clean(short(commit))),
            (None, Some(blob)) if old => format!(" as blob {}", clean(short(blob))),
            _ => String::new(),
        };
        remarks.push(format!("{reach}{version}"));
    }
    match location.status {
        Status::Open => {}
        Status::Existing => remarks.push("was there before".to_owned()),
        Status::Suppressed | Status::Baselined => {
            let verb = if location.status == Status::Suppressed { "allowed" } else { "in the baseline" };
            let reason = location.suppression.as_ref().map(|why| clean(&why.reason)).filter(|why| !why.is_empty());
            remarks.push(reason.map_or_else(|| verb.to_owned(), |reason| format!("{verb}: {reason}")));
        }
    }
    remarks
}

fn contexts(contexts: &[Context]) -> String {
    let words: Vec<&str> = contexts
        .iter()
        .map(|context| match context {
            Context::Frontend => "ships to browsers or devices",
            Context::Server => "server code",
            Context::Test => "test code",
            Context::Example => "an example",
            Context::Docs => "documentation",
            Context::Production => "production configuration",
            Context::Development => "development configuration",
            Context::Ci => "continuous integration",
            Context::Infra => "infrastructure as code",
            Context::Build => "made by a build",
        })
        .collect();
    words.join(", ")
}

fn reach(reach: Reach) -> Option<&'static str> {
    match reach {
        Reach::Worktree | Reach::Head => None,
        Reach::Index => Some("staged"),
        Reach::Ref => Some("in the history of a ref"),
        Reach::Stash => Some("in a stash"),
        Reach::Reflog => Some("in the reflog only"),
        Reach::Unreachable => Some("in the object store, reached by no ref"),
    }
}

/// How long and where a credential was exposed, where that is known.
pub(super) fn exposure(finding: &Finding) -> Option<String> {
    let exposure = finding.exposure.as_ref()?;
    let at = |change: &crate::model::CommitDate| format!("{} ({})", day(&change.date), clean(short(&change.commit)));
    let days = exposure.days.map(|days| counted(days, "day")).map(|days| format!(", {days}")).unwrap_or_default();
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
        text.push_str(&format!(
            "; {still}reachable from {} ({}{more})",
            counted(exposure.refs_total, "ref"),
            names.join(", ")
        ));
    } else if finding.locations.iter().all(|at| matches!(at.reach, Reach::Reflog | Reach::Unreachable)) {
        text.push_str("; reachable from no ref, until git prunes it");
    }
    Some(text)
}

fn short_ref(name: &str) -> &str {
    ["refs/heads/", "refs/tags/", "refs/"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// `1 file`, `1,234 files`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(count))
}

/// A number with separators.
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

/// `12.3 MB`, in powers of 1000.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 if bytes == 1 => "1 byte".to_owned(),
        0 => format!("{bytes} bytes"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

/// What a rule says a credential is, for the first line of a block.
pub(super) fn headline(rules: &RuleSet, finding: &Finding) -> String {
    let title = title(rules, &finding.rule);
    match &finding.key {
        Some(key) => format!("{title} {}", clean(&key.masked)),
        None => title,
    }
}

/// The rule of a finding.
pub(super) fn rule<'a>(rules: &'a RuleSet, finding: &Finding) -> Option<&'a Rule> {
    rules.get(&finding.rule)
}

/// Whether a finding is of a rule about how keys are used: then its message says more than the key does.
pub(super) fn is_lint(rules: &RuleSet, finding: &Finding) -> bool {
    const VERDICTS: [&str; 2] = ["placeholder", "published-sample"];
    match rules.get(&finding.rule) {
        Some(rule) => rule.detect.is_none() && !VERDICTS.contains(&rule.id.as_str()),
        None => finding.key.is_none(),
    }
}
