//! The data of the page: one row for each credential, in arrays, with tables for what repeats.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::credential::Fingerprint;
use crate::model::{
    CommitDate, Context, DiffKind, Exposure, Finding, Location, Reach, Report, ReportDiff, Severity, Status,
};
use crate::report::describe::{self, clean};
use crate::report::grouping::{CredentialBlock, GroupedFindings};
use crate::report::links::Links;
use crate::report::{Options, json, remediation};
use crate::rules::RuleSet;

/// Places of a credential that the page lists; the others are counted.
const MAX_PLACES: usize = 500;

const REACHES: [Reach; 7] =
    [Reach::Head, Reach::Index, Reach::Worktree, Reach::Ref, Reach::Stash, Reach::Reflog, Reach::Unreachable];
const STATUSES: [Status; 5] = [Status::Baselined, Status::Suppressed, Status::Rolled, Status::Existing, Status::Open];

/// Fates since an earlier report; the status says of the third what there is to say.
const CHANGES: [&str; 4] = ["new", "changed", "still there", "removed from HEAD"];

/// Everything that the script shows. Rows are made while they are written, and fill the tables behind them.
pub(super) struct Data<'a> {
    blocks: &'a [CredentialBlock<'a>],
    rules: &'a RuleSet,
    rows: RefCell<Rows<'a>>,
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_map(None)?;
        data.serialize_entry("severities", &Severity::ALL.map(Severity::name))?;
        data.serialize_entry("statuses", &STATUSES)?;
        data.serialize_entry("status_words", &STATUSES.map(|status| describe::status(status).unwrap_or("open")))?;
        data.serialize_entry("reaches", &REACHES.map(reach))?;
        // Index of the first reach that is history.
        data.serialize_entry("past", &index(&REACHES, &Reach::Ref))?;
        data.serialize_entry("contexts", &Context::ALL)?;
        data.serialize_entry("context_words", &Context::ALL.map(describe::context))?;
        data.serialize_entry("changes", &CHANGES)?;
        let rows = self.blocks.iter().map(|block| self.rows.borrow_mut().row(block));
        data.serialize_entry("rows", &json::Streamed { items: &RefCell::new(rows), most: usize::MAX })?;
        let rows = self.rows.borrow();
        let rules: Vec<RuleText> = rows.rules.texts.iter().map(|id| RuleText::new(self.rules, id)).collect();
        data.serialize_entry("rules", &rules)?;
        data.serialize_entry("repositories", &rows.repositories.texts)?;
        data.serialize_entry("owners", &rows.owners.texts)?;
        data.serialize_entry("accounts", &rows.accounts.texts)?;
        // Lists of steps; `{last4}` stands for the last characters of the key.
        data.serialize_entry("steps", &rows.steps.texts)?;
        data.end()
    }
}

#[derive(Serialize)]
struct RuleText {
    id: String,
    title: String,
    why: String,
}

/// A credential: fingerprint, severity, status, change, masked key, kind, mode, account, confidence, rules, messages,
/// places, number of other places, exposures, trace, owners, steps by rule.
#[derive(Serialize)]
struct Row(
    String,
    usize,
    usize,
    Option<usize>,
    Option<String>,
    Option<String>,
    Option<&'static str>,
    Option<usize>,
    &'static str,
    Vec<usize>,
    Vec<String>,
    Vec<Place>,
    u64,
    Vec<Exposed>,
    Vec<(String, String)>,
    Vec<usize>,
    Vec<usize>,
);

/// A place: its name, repository, reach, contexts, remarks, owners, snippet, page on the host.
#[derive(Serialize)]
struct Place(
    String,
    usize,
    usize,
    Vec<usize>,
    Vec<String>,
    Vec<usize>,
    Option<(String, String, String)>,
    Option<String>,
);

/// A date, a commit and its author.
type Change = (String, String, Option<String>);

/// An exposure: repository, introduced, removed, in HEAD, days, refs, number of refs.
#[derive(Serialize)]
struct Exposed(usize, Option<Change>, Option<Change>, bool, Option<u64>, Vec<String>, u64);

/// Texts by number.
#[derive(Default)]
struct Table<T> {
    known: HashMap<T, usize>,
    texts: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    fn number(&mut self, text: T) -> usize {
        *self.known.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            self.texts.len() - 1
        })
    }
}

/// Fills the tables while rows are made.
struct Rows<'a> {
    /// The credentials that an earlier report had and that changed or went, if there is one.
    changed: Option<BTreeMap<Fingerprint, DiffKind>>,
    rule_set: &'a RuleSet,
    links: Links<'a>,
    rules: Table<String>,
    repositories: Table<String>,
    owners: Table<String>,
    accounts: Table<(String, Option<String>)>,
    steps: Table<Vec<String>>,
}

impl<'a> Data<'a> {
    pub(super) fn new(
        report: &'a Report,
        rules: &'a RuleSet,
        options: &'a Options,
        grouped: &'a GroupedFindings<'a>,
    ) -> Self {
        let mut rows = Rows {
            changed: report.diff.as_ref().map(changed),
            rule_set: rules,
            links: Links::new(report, options),
            rules: Table::default(),
            repositories: Table::default(),
            owners: Table::default(),
            accounts: Table::default(),
            steps: Table::default(),
        };
        // The first is that of places without a name of their own.
        let first = match report.repositories.as_deref() {
            Some([only]) => &only.path,
            _ => &report.target.root,
        };
        rows.repositories.number(clean(first));
        Self { blocks: &grouped.blocks, rules, rows: RefCell::new(rows) }
    }
}

impl RuleText {
    fn new(rules: &RuleSet, id: &str) -> Self {
        let rule = rules.get(id);
        let title = rule.map_or_else(|| clean(id), |rule| clean(&rule.title));
        Self { id: clean(id), title, why: rule.map(|rule| clean(&rule.help.why)).unwrap_or_default() }
    }
}

fn changed(diff: &ReportDiff) -> BTreeMap<Fingerprint, DiffKind> {
    let mut changed = BTreeMap::new();
    for entry in &diff.entries {
        let kind = changed.entry(entry.fingerprint).or_insert(entry.kind);
        // A credential that is elsewhere now is not gone.
        *kind = if entry.kind == DiffKind::Changed { entry.kind } else { *kind };
    }
    changed
}

/// Returns the index of what became of a credential since the earlier report.
fn change(changed: &BTreeMap<Fingerprint, DiffKind>, block: &CredentialBlock<'_>) -> usize {
    let is_known = |finding: &Finding| finding.locations.iter().any(|at| at.status == Status::Existing);
    let is_present = |finding: &Finding| {
        finding.locations.iter().any(|at| matches!(at.reach, Reach::Head | Reach::Index | Reach::Worktree))
    };
    match changed.get(&block.main.fingerprint) {
        Some(DiffKind::Changed) => 1,
        Some(DiffKind::Gone) if !block.findings().any(is_present) => 3,
        _ if block.findings().any(is_known) => 2,
        _ => 0,
    }
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Head => "in HEAD",
        Reach::Worktree => "on disk",
        other => describe::reach(other).unwrap_or_default(),
    }
}

fn index<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|known| known == one).unwrap_or_default()
}

impl Rows<'_> {
    fn row(&mut self, block: &CredentialBlock<'_>) -> Row {
        let main = block.main;
        let key = main.key.as_ref();
        let account = key.and_then(|key| Some((key.account.as_ref()?.to_string(), key.account_created.clone())));
        let says = |finding: &&Finding| finding.key.is_none() || describe::is_lint(self.rule_set, finding);
        let messages: Vec<String> = block.findings().filter(says).map(|finding| clean(&finding.message)).collect();
        let mut places = block.places();
        places.sort_by_key(|(at, _)| std::cmp::Reverse(at.status));
        let more = places.len().saturating_sub(MAX_PLACES) as u64 + main.more_locations;
        let trace = block.findings().flat_map(|finding| &finding.evidence);
        let trace = trace.map(|at| (clean(&at.message), clean(&format!("{}:{}:{}", at.path, at.line, at.column))));
        let exposures = if main.exposures.is_empty() { main.exposure.as_slice() } else { &main.exposures };
        let mut owners: Vec<usize> = block
            .findings()
            .flat_map(|finding| &finding.owners)
            .map(|owner| self.owners.number(clean(owner)))
            .collect();
        let mut seen = std::collections::HashSet::new();
        owners.retain(|owner| seen.insert(*owner));
        Row(
            main.fingerprint.to_string(),
            index(&Severity::ALL, &main.severity),
            index(&STATUSES, &block.status()),
            self.changed.as_ref().map(|changed| change(changed, block)),
            key.map(|key| clean(&key.masked)),
            key.map(|key| describe::name(&key.kind)),
            key.map(|key| key.mode.name()),
            account.map(|account| self.accounts.number(account)),
            main.confidence.name(),
            block.findings().map(|finding| self.rules.number(finding.rule.clone())).collect(),
            messages,
            places.into_iter().take(MAX_PLACES).map(|(at, _)| self.place(at)).collect(),
            more,
            exposures.iter().map(|exposure| self.exposed(exposure)).collect(),
            trace.collect(),
            owners,
            block.findings().map(|finding| self.steps_of(finding)).collect(),
        )
    }

    fn steps_of(&mut self, finding: &Finding) -> usize {
        let rule = describe::rule(self.rule_set, finding);
        let steps = rule.map(|rule| remediation::shared_steps(rule, finding)).unwrap_or_default();
        self.steps.number(steps.iter().map(|step| clean(step)).collect())
    }

    fn repository(&mut self, id: Option<&String>) -> usize {
        id.map_or(0, |id| self.repositories.number(clean(id)))
    }

    fn place(&mut self, at: &Location) -> Place {
        let snippet = at.snippet.as_ref().and_then(|snippet| {
            let part = |from, to| snippet.text.get(from..to).map(clean);
            Some((part(0, snippet.start)?, part(snippet.start, snippet.end)?, part(snippet.end, snippet.text.len())?))
        });
        Place(
            describe::place(at),
            self.repository(at.repository.as_ref()),
            index(&REACHES, &at.reach),
            at.context.iter().map(|context| index(&Context::ALL, context)).collect(),
            remarks(at),
            at.owners.iter().map(|owner| self.owners.number(clean(owner))).collect(),
            snippet,
            self.links.line(at),
        )
    }

    fn exposed(&mut self, exposure: &Exposure) -> Exposed {
        let change = |change: &CommitDate| {
            let commit = clean(describe::short(&change.commit));
            (clean(&change.date), commit, change.author.as_deref().map(clean))
        };
        Exposed(
            self.repository(exposure.repository.as_ref()),
            exposure.introduced.as_ref().map(change),
            exposure.removed.as_ref().map(change),
            exposure.in_head,
            exposure.days,
            exposure.refs.iter().map(|name| clean(name)).collect(),
            exposure.refs_total,
        )
    }
}

/// Returns what the other columns of a place do not say.
fn remarks(at: &Location) -> Vec<String> {
    let encodings = (!at.encodings.is_empty()).then(|| format!("encoded as {}", clean(&at.encodings.join(", then "))));
    let variable = at.variable.as_deref().map(|name| format!("assigned to {}", clean(name)));
    let commit = at.commit.as_deref().map(|commit| format!("commit {}", clean(describe::short(commit))));
    let status = describe::status(at.status).map(|words| match &at.suppression {
        Some(why) if !why.reason.is_empty() => format!("{words}: {}", clean(&why.reason)),
        _ => words.to_owned(),
    });
    [encodings, variable, commit, describe::versions(at), status].into_iter().flatten().collect()
}
