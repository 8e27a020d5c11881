//! Redacts a report before any format writes it.

use std::collections::BTreeSet;
use std::ops::Deref;

use crate::audit::SavedReport;
use crate::credential::Key;
use crate::detect::Redactor;
use crate::model::{
    CommitDate, Coverage, CoverageReport, DiffEntry, Evidence, Exposure, Finding, Location, OwnersFile, PolicyOptions,
    Report, ReportedRepository, ScanOptions, Skipped, Suppression, Target, Tool,
};

/// A report with every candidate masked. Formats take nothing else, and what redacts a value names each of its fields, so
/// that a new field does not compile before it was decided whether foreign text can be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted(Report);

impl Redacted {
    /// Redacts every text of a report that may come from the scanned input.
    #[must_use]
    pub fn new(mut report: Report, redactor: &Redactor) -> Self {
        let Report { schema: _, tool, target, options, thresholds: _, repositories, findings, coverage, diff } =
            &mut report;
        let Tool { name: _, version: _, rules_digest: _ } = tool;
        let Target { kind: _, root, head: _, base: _ } = target;
        *root = redactor.sanitize(root);
        self::options(options, redactor);
        for ReportedRepository { id, path, remote, head: _, codeowners, coverage } in repositories.iter_mut().flatten()
        {
            let file = codeowners.as_mut().map(|OwnersFile { path, dialect: _ }| path);
            for text in [id, path].into_iter().chain(remote).chain(file) {
                *text = redactor.sanitize(text);
            }
            if let Some(coverage) = coverage {
                self::coverage(coverage, redactor);
            }
        }
        self::coverage(coverage, redactor);
        for entry in diff.iter_mut().flat_map(|diff| &mut diff.entries) {
            let DiffEntry { kind: _, what, rule, fingerprint: _, severity: _, masked, repository, place } = entry;
            for text in [what, rule, place].into_iter().chain(masked).chain(repository) {
                change(text, redactor);
            }
        }
        let mut moved = false;
        for at in findings {
            moved |= finding(at, redactor);
        }
        if moved {
            report.sort();
        }
        Self(report)
    }

    /// Redacts a report that was read: also what a scan makes itself or cuts out redacted.
    #[must_use]
    pub fn of_saved(saved: SavedReport, redactor: &Redactor) -> Self {
        let mut report = saved.into_unredacted();
        let Tool { name, version, rules_digest } = &mut report.tool;
        let own = [name, version, rules_digest].into_iter();
        let findings = report.findings.iter_mut();
        for text in own.chain(findings.flat_map(own_texts)) {
            change(text, redactor);
        }
        for snippet in report.findings.iter_mut().flat_map(|at| &mut at.locations).filter_map(|at| at.snippet.as_mut())
        {
            if change(&mut snippet.text, redactor) {
                (snippet.start, snippet.end) = (0, 0);
            }
        }
        Self::new(report, redactor)
    }

    /// Returns the report, to be changed and redacted again.
    pub(crate) fn into_report(self) -> Report {
        self.0
    }
}

/// Iterates over the texts of a finding that a scan makes itself.
fn own_texts(finding: &mut Finding) -> impl Iterator<Item = &mut String> {
    let Finding { rule, key, locations, .. } = finding;
    let key =
        key.iter_mut().flat_map(|Key { masked, account_created, .. }| std::iter::once(masked).chain(account_created));
    let of_places = locations.iter_mut().flat_map(|Location { encodings, suppression, .. }| {
        encodings.iter_mut().chain(suppression.iter_mut().map(|why| &mut why.source))
    });
    std::iter::once(rule).chain(key).chain(of_places)
}

impl Redacted {
    /// Returns the report with these of its findings only, on the repositories that they are in.
    pub(super) fn with_findings(&self, findings: Vec<Finding>) -> Self {
        let Report { schema, tool, target, options, thresholds, repositories, coverage, findings: _, diff: _ } =
            &self.0;
        let places = findings.iter().flat_map(|finding| &finding.locations);
        let ids: BTreeSet<&str> = places.filter_map(|at| at.repository.as_deref()).collect();
        let mut repositories = repositories.clone();
        let mut coverage = coverage.clone();
        if let Some(known) = repositories.as_mut().filter(|_| !ids.is_empty()) {
            known.retain(|known| ids.contains(known.id.as_str()));
            let mut read = Coverage::default();
            for ReportedRepository { id, coverage, .. } in known {
                coverage.iter().for_each(|own| read.add(own, &|example| format!("{id}: {example}")));
            }
            coverage = CoverageReport::from(&read);
        }
        let (schema, tool, target, options) = (schema.clone(), tool.clone(), target.clone(), options.clone());
        let thresholds = *thresholds;
        Self(Report { schema, tool, target, options, thresholds, repositories, findings, coverage, diff: None })
    }
}

impl Deref for Redacted {
    type Target = Report;

    fn deref(&self) -> &Report {
        &self.0
    }
}

fn options(options: &mut ScanOptions, redactor: &Redactor) {
    let ScanOptions { paths, archives: _, ignored: _, alternates: _, authors: _, policy } = options;
    let PolicyOptions { none: _, config, baseline, revision } = policy;
    for text in paths.iter_mut().chain(config).chain(baseline).chain(revision) {
        *text = redactor.sanitize(text);
    }
}

fn coverage(coverage: &mut CoverageReport, redactor: &Redactor) {
    let CoverageReport { files: _, objects: _, bytes: _, skipped, complete: _ } = coverage;
    for Skipped { reason: _, class: _, count: _, examples } in skipped {
        examples.iter_mut().for_each(|example| *example = redactor.sanitize(example));
    }
}

/// Redacts a finding. Returns true if that may change its order among others.
fn finding(finding: &mut Finding, redactor: &Redactor) -> bool {
    let Finding {
        rule: _,
        severity: _,
        confidence: _,
        fingerprint: _,
        message,
        // Holds a masked form.
        key: _,
        status: _,
        locations,
        more_locations: _,
        evidence,
        exposure,
        exposures,
        owners,
    } = finding;
    change(message, redactor);
    for Evidence { message, path, line: _, column: _ } in evidence {
        change(message, redactor);
        change(path, redactor);
    }
    for exposure in exposures.iter_mut().chain(exposure) {
        self::exposure(exposure, redactor);
    }
    for owner in owners {
        change(owner, redactor);
    }
    let mut moved = false;
    for at in &mut *locations {
        moved |= location(at, redactor);
    }
    if moved {
        finding.sort_locations();
    }
    moved
}

fn exposure(exposure: &mut Exposure, redactor: &Redactor) {
    let Exposure { repository, introduced, removed, in_head: _, days: _, refs, refs_total: _ } = exposure;
    name(repository, redactor);
    for CommitDate { commit: _, date: _, author } in introduced.iter_mut().chain(removed) {
        if let Some(author) = author {
            *author = redactor.sanitize(author);
        }
    }
    for name in refs {
        change(name, redactor);
    }
}

/// Redacts a place. Returns true if its path contained a key.
fn location(location: &mut Location, redactor: &Redactor) -> bool {
    let Location {
        repository,
        path,
        archive,
        within,
        variable,
        suppression,
        redacted,
        owners,
        // Names of our own, and hashes.
        path_encoding: _,
        encodings: _,
        blob: _,
        commit: _,
        line_hash: _,
        // Redacted where they are cut out.
        snippet: _,
        directive: _,
        line: _,
        column: _,
        end_line: _,
        end_column: _,
        origin: _,
        reach: _,
        context: _,
        status: _,
        versions: _,
        sequence: _,
    } = location;
    name(repository, redactor);
    for owner in owners {
        change(owner, redactor);
    }
    let mut in_path = change(path, redactor);
    for name in archive {
        in_path |= change(name, redactor);
    }
    *redacted |= in_path;
    let mut owner = None;
    if let Some(Suppression { source: _, reason, date: _, owner: of_entry, expires: _ }) = suppression {
        change(reason, redactor);
        owner = of_entry.as_mut();
    }
    for text in within.iter_mut().chain(variable).chain(owner) {
        change(text, redactor);
    }
    in_path
}

/// Redacts the id of a repository.
fn name(repository: &mut Option<String>, redactor: &Redactor) {
    if let Some(repository) = repository {
        *repository = redactor.sanitize(repository);
    }
}

/// Redacts a text. Returns true if it contained a key.
fn change(text: &mut String, redactor: &Redactor) -> bool {
    let masked = redactor.masked(text);
    let changed = masked.is_some();
    if let Some(masked) = masked {
        *text = masked;
    }
    changed
}
