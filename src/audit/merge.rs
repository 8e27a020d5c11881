//! Merges the reports on parts into the report on the whole: one finding a credential, with its places in every repository.
//!
//! Parts are added one by one, in any order and grouping, and the result is the same. What is kept of a part are its
//! findings and its repositories, so that memory follows the findings.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{below, common, components, join};
use crate::credential::Fingerprint;
use crate::model::scan_location::percent_encode;
use crate::model::{
    Coverage, CoverageReport, Evidence, Finding, Location, Report, ReportThresholds, ReportedRepository, SCHEMA,
    ScanOptions, Target, TargetKind, Tool,
};

/// Parts that cannot be told together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// They were not scanned alike.
    #[error("{second} differs from {first} in {what}; scan both alike")]
    Unlike {
        /// The name of an earlier part.
        first: String,
        /// The name of the part.
        second: String,
        /// Name of the part of the options that differs.
        what: &'static str,
    },
    /// Two parts are about one repository.
    #[error("{second} and {first} are both about {repository}")]
    Twice {
        /// The name of an earlier part.
        first: String,
        /// The name of the part.
        second: String,
        /// The directory of the repository.
        repository: String,
    },
    /// A report on several repositories does not say which of them something is about.
    #[error("{name}: {what}")]
    Malformed {
        /// The name of the part.
        name: String,
        /// Reason for the refusal.
        what: &'static str,
    },
}

/// Members that are equal in all parts.
#[derive(Debug)]
struct Alike {
    name: String,
    tool: Tool,
    kind: TargetKind,
    /// Without paths.
    options: ScanOptions,
    /// Of all parts those that let least pass.
    thresholds: ReportThresholds,
}

impl Alike {
    /// Returns the name of what is unlike in another report.
    fn differs(&self, report: &Report) -> Option<&'static str> {
        let options = ScanOptions { paths: Vec::new(), ..report.options.clone() };
        match () {
            () if self.kind != report.target.kind => Some("the kind of its target"),
            () if self.tool.rules_digest != report.tool.rules_digest => Some("its rules"),
            () if self.tool != report.tool => Some("the version of pinstripe"),
            () if self.options != options => Some("its options"),
            () => None,
        }
    }
}

/// A repository of a part, or the directory of a part that is in none.
#[derive(Debug)]
struct PartRepository {
    /// The number of the part.
    part: usize,
    /// As in the part.
    repository: ReportedRepository,
    coverage: CoverageReport,
}

/// Members of a part beside its findings.
#[derive(Debug)]
struct Part {
    name: String,
    /// The directory that its paths are relative to.
    root: String,
    /// The numbers of its repositories by their ids in the part.
    repositories: BTreeMap<String, usize>,
    /// Paths that the scan was limited to.
    paths: Vec<String>,
}

impl Part {
    /// Returns the number of the repository that has this id, or of the only one.
    fn number(&self, id: Option<&str>) -> Result<usize, MergeError> {
        let number = match id {
            Some(id) => self.repositories.get(id),
            None => self.repositories.values().next().filter(|_| self.repositories.len() == 1),
        };
        number.copied().ok_or_else(|| MergeError::Malformed {
            name: self.name.clone(),
            what: "a finding does not say which of the repositories it is in",
        })
    }

    /// Returns the number of the innermost repository around a path.
    fn innermost(&self, path: &str) -> usize {
        let ends = path.match_indices('/').rev().map(|(at, _)| &path[..at]);
        let around = ends.chain(["."]).find_map(|directory| self.repositories.get(directory));
        around.or(self.repositories.values().next()).copied().unwrap_or(0)
    }
}

/// A finding in the making. Its places and exposures name their repository by its number.
#[derive(Debug)]
struct MergedFinding {
    finding: Finding,
    /// The message of each part, by the repository of the part's first place.
    messages: Vec<(usize, String)>,
    evidence: Vec<(usize, Evidence)>,
}

/// The parts so far.
#[derive(Debug, Default)]
pub struct Merger {
    alike: Option<Alike>,
    /// The first part as it is, until there is a second.
    only: Option<Report>,
    parts: Vec<Part>,
    repositories: Vec<PartRepository>,
    /// The numbers of repositories by directory and remote.
    known: BTreeMap<(String, Option<String>), usize>,
    findings: BTreeMap<(String, Fingerprint), MergedFinding>,
}

impl Merger {
    /// Adds the report that is called `name`.
    ///
    /// # Errors
    /// It was scanned with other rules or options than an earlier one, or is about the same repository.
    pub fn add(&mut self, name: &str, report: Report) -> Result<(), MergeError> {
        let Some(alike) = &mut self.alike else {
            let options = ScanOptions { paths: Vec::new(), ..report.options.clone() };
            let (tool, kind, thresholds) = (report.tool.clone(), report.target.kind, report.thresholds);
            self.alike = Some(Alike { name: name.to_owned(), tool, kind, options, thresholds });
            self.only = Some(report);
            return Ok(());
        };
        if let Some(what) = alike.differs(&report) {
            return Err(MergeError::Unlike { first: alike.name.clone(), second: name.to_owned(), what });
        }
        let ReportThresholds { fail_on, min_severity } = &mut alike.thresholds;
        *fail_on = (*fail_on).min(report.thresholds.fail_on);
        *min_severity = (*min_severity).min(report.thresholds.min_severity);
        let first_name = alike.name.clone();
        if let Some(first) = self.only.take() {
            self.take_apart(&first_name, first)?;
        }
        self.take_apart(name, report)
    }

    fn take_apart(&mut self, name: &str, report: Report) -> Result<(), MergeError> {
        let Report { target, options, repositories, findings, coverage, .. } = report;
        let number = self.parts.len();
        let mut part =
            Part { name: name.to_owned(), root: target.root, repositories: BTreeMap::new(), paths: options.paths };
        for (repository, coverage) in with_coverage(&part, repositories, coverage)? {
            let (at, key) = (self.repositories.len(), (repository.path.clone(), repository.remote.clone()));
            if let Some(known) = self.known.insert(key, at) {
                let first = self.parts.get(self.repositories[known].part).map_or(name, |part| &part.name).to_owned();
                return Err(MergeError::Twice { first, second: name.to_owned(), repository: repository.path });
            }
            part.repositories.insert(repository.id.clone(), at);
            self.repositories.push(PartRepository { part: number, repository, coverage });
        }
        for finding in findings {
            self.add_finding(&part, finding)?;
        }
        self.parts.push(part);
        Ok(())
    }

    fn add_finding(&mut self, part: &Part, mut finding: Finding) -> Result<(), MergeError> {
        let exposure = finding.exposure.take();
        if finding.exposures.is_empty() {
            finding.exposures.extend(exposure);
        }
        let places = finding.locations.iter_mut().map(|location| &mut location.repository);
        for repository in places.chain(finding.exposures.iter_mut().map(|exposure| &mut exposure.repository)) {
            *repository = Some(part.number(repository.as_deref())?.to_string());
        }
        let first = finding.locations.first().and_then(|location| numbered(location.repository.as_deref()));
        let message = (first.unwrap_or(usize::MAX), std::mem::take(&mut finding.message));
        let evidence = std::mem::take(&mut finding.evidence).into_iter();
        let evidence = evidence.map(|evidence| (part.innermost(&evidence.path), evidence));
        match self.findings.get_mut(&(finding.rule.clone(), finding.fingerprint)) {
            Some(merged) => {
                merged.messages.push(message);
                merged.evidence.extend(evidence);
                merged.finding.severity = merged.finding.severity.max(finding.severity);
                merged.finding.confidence = merged.finding.confidence.max(finding.confidence);
                merged.finding.more_locations = merged.finding.more_locations.saturating_add(finding.more_locations);
                merged.finding.locations.append(&mut finding.locations);
                merged.finding.exposures.append(&mut finding.exposures);
            }
            None => {
                let (messages, evidence) = (vec![message], evidence.collect());
                let identity = (finding.rule.clone(), finding.fingerprint);
                self.findings.insert(identity, MergedFinding { finding, messages, evidence });
            }
        }
        Ok(())
    }

    /// Returns true if a part is about the repository in a directory.
    pub(crate) fn has(&self, directory: &str) -> bool {
        let mut only = self.only.iter().flat_map(|only| only.repositories.iter().flatten());
        let mut known = self.known.range((directory.to_owned(), None)..);
        only.any(|known| known.path == directory) || known.next().is_some_and(|(known, _)| known.0 == directory)
    }

    /// Returns the report on all parts; `None` without any. A single part stays as it is.
    ///
    /// # Errors
    /// Repositories of different parts cannot be told apart.
    pub fn finish(mut self) -> Result<Option<Report>, MergeError> {
        let Some(Alike { tool, kind, options, thresholds, .. }) = self.alike.take() else { return Ok(None) };
        if let Some(only) = self.only.take() {
            return Ok(Some(only));
        }
        self.known.clear();
        self.separate();
        let root = common(self.parts.iter().map(|part| part.root.as_str()));
        let names = Names::new(&root, &self)?;
        let mut coverage = Coverage::default();
        for (part, id) in self.repositories.iter().zip(&names.ids) {
            coverage.add(&part.coverage, &|example| match kind {
                TargetKind::Worktree if id == "." => example.to_owned(),
                TargetKind::Worktree => join(id, example),
                _ => format!("{id}: {example}"),
            });
        }
        let findings = std::mem::take(&mut self.findings).into_values().map(|merged| names.finding(merged)).collect();
        let paths = self.limits(&names);
        let mut repositories: Vec<ReportedRepository> = Vec::with_capacity(names.ids.len());
        for (part, id) in self.repositories.into_iter().zip(&names.ids) {
            let (id, coverage) = (id.clone(), Some(part.coverage));
            repositories.push(ReportedRepository { id, coverage, ..part.repository });
        }
        repositories.sort_by(|a, b| components(&a.id).cmp(components(&b.id)));
        let (schema, repositories) = (SCHEMA.to_owned(), Some(repositories));
        let (target, options) = (Target { kind, root, head: None, base: None }, ScanOptions { paths, ..options });
        let coverage = CoverageReport::from(&coverage);
        let mut report =
            Report { schema, tool, target, options, thresholds, repositories, findings, coverage, diff: None };
        report.sort();
        Ok(Some(report))
    }

    /// Names repositories of one directory on different machines by their remotes, which keeps them apart.
    fn separate(&mut self) {
        let mut roots: BTreeMap<&str, usize> = BTreeMap::new();
        self.parts.iter().for_each(|part| *roots.entry(&part.root).or_default() += 1);
        let shared: BTreeSet<String> =
            roots.iter().filter(|root| *root.1 > 1).map(|root| (*root.0).to_owned()).collect();
        for part in self.parts.iter_mut().filter(|part| part.repositories.len() == 1 && shared.contains(&part.root)) {
            let only = part.repositories.values().next().and_then(|at| self.repositories.get(*at));
            if let Some(remote) = only.and_then(|only| only.repository.remote.as_deref()) {
                let remote = remote.split_once("://").map_or(remote, |(_, rest)| rest);
                part.root = join(&part.root, remote.trim_end_matches(".git"));
            }
        }
    }

    /// Returns what the scans were limited to; nothing, if none was.
    fn limits(&self, names: &Names) -> Vec<String> {
        if self.parts.iter().all(|part| part.paths.is_empty()) {
            return Vec::new();
        }
        let mut paths = BTreeSet::new();
        for part in &self.parts {
            if part.paths.is_empty() {
                paths.extend(part.repositories.values().filter_map(|at| names.ids.get(*at).cloned()));
            }
            let prefix = part.repositories.values().next().and_then(|at| names.prefixes.get(*at));
            let prefix = prefix.map_or("", String::as_str);
            paths.extend(part.paths.iter().map(|path| join(prefix, path)));
        }
        paths.into_iter().collect()
    }
}

/// Returns the repositories of a part, or the directory that it is about, each with what was read of it.
fn with_coverage(
    part: &Part,
    repositories: Option<Vec<ReportedRepository>>,
    whole: CoverageReport,
) -> Result<Vec<(ReportedRepository, CoverageReport)>, MergeError> {
    let directory = || {
        let (id, path) = (".".to_owned(), part.root.clone());
        vec![ReportedRepository { id, path, remote: None, head: None, codeowners: None, coverage: None }]
    };
    let repositories = repositories.filter(|repositories| !repositories.is_empty()).unwrap_or_else(directory);
    let mut whole = Some(whole).filter(|_| repositories.len() == 1);
    let malformed =
        || MergeError::Malformed { name: part.name.clone(), what: "it does not say what was read of each repository" };
    let parts = repositories.into_iter().map(|mut repository| {
        let coverage = repository.coverage.take().or(whole.take()).ok_or_else(malformed)?;
        Ok((repository, coverage))
    });
    parts.collect()
}

fn numbered(repository: Option<&str>) -> Option<usize> {
    repository?.parse().ok()
}

/// The names of the repositories in the merged report, by number.
struct Names {
    ids: Vec<String>,
    /// Directories that the paths of their parts are relative to.
    prefixes: Vec<String>,
}

impl Names {
    fn new(root: &str, merger: &Merger) -> Result<Self, MergeError> {
        let (mut ids, mut prefixes) = (Vec::new(), Vec::new());
        for PartRepository { part, repository, .. } in &merger.repositories {
            let prefix = merger.parts.get(*part).map(|part| below(root, &part.root)).unwrap_or_default();
            ids.push(join(&prefix, &repository.id));
            prefixes.push(prefix);
        }
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|at| &ids[*at]);
        let Some([first, second]) = order.array_windows().find(|[first, second]| ids[*first] == ids[*second]) else {
            return Ok(Self { ids, prefixes });
        };
        let name = |at: usize| {
            let part = merger.repositories.get(at).and_then(|known| merger.parts.get(known.part));
            part.map(|part| part.name.clone()).unwrap_or_default()
        };
        let repository = merger.repositories[*second].repository.path.clone();
        Err(MergeError::Twice { first: name(*first), second: name(*second), repository })
    }

    fn finding(&self, merged: MergedFinding) -> Finding {
        let MergedFinding { mut finding, messages, mut evidence } = merged;
        for location in &mut finding.locations {
            self.location(location);
        }
        for exposure in &mut finding.exposures {
            exposure.repository = numbered(exposure.repository.as_deref()).and_then(|at| self.ids.get(at).cloned());
        }
        let order = |a: &str, b: &str| components(a).cmp(components(b));
        let id = |repository: &Option<String>| repository.clone().unwrap_or_default();
        finding.exposures.sort_by(|a, b| order(&id(&a.repository), &id(&b.repository)));
        let name = |at: usize| self.ids.get(at).map_or("", String::as_str);
        evidence.sort_by(|a, b| order(name(a.0), name(b.0)));
        let moved = |(at, evidence): (usize, Evidence)| {
            let path = join(self.prefixes.get(at).map_or("", String::as_str), &evidence.path);
            Evidence { path, ..evidence }
        };
        finding.evidence = evidence.into_iter().map(moved).collect();
        finding.sort_locations();
        finding.refresh_status();
        let first = finding.locations.first().and_then(|location| location.repository.as_deref());
        let of_first = messages.iter().position(|(at, _)| Some(name(*at)) == first);
        let oldest = of_first.or_else(|| (0..messages.len()).min_by_key(|at| name(messages[*at].0)));
        finding.message = oldest.and_then(|at| messages.into_iter().nth(at)).map(|(_, text)| text).unwrap_or_default();
        finding
    }

    fn location(&self, location: &mut Location) {
        let Some(at) = numbered(location.repository.as_deref()) else { return };
        location.repository = self.ids.get(at).cloned();
        let prefix = self.prefixes.get(at).map_or("", String::as_str);
        if !location.path.is_empty() && !prefix.is_empty() {
            let encoded = location.path_encoding.is_some().then(|| percent_encode(prefix.as_bytes()));
            location.path = join(encoded.as_deref().unwrap_or(prefix), &location.path);
            // The prefix of a saved report is masked already.
            location.redacted |= prefix.contains('…');
        }
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
