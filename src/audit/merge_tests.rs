use proptest::prelude::*;

use super::*;
use crate::model::{Confidence, Exposure, PolicyOptions, ReportThresholds, Severity, SkipReason, Status};

/// A report on one repository, or on a directory without one, with findings that `seed` chooses.
fn part(name: &str, seed: u64) -> Report {
    let bits = |at: u64, most: u64| (seed >> (at * 3)) % most;
    let findings = (0..3).filter(|at| bits(*at, 2) == 0).map(|at| {
        let count = 1 + usize::try_from(bits(at + 1, 3)).unwrap();
        let place = |number: usize| {
            let mut location = Location::in_file(format!("dir/{}.env", (number as u64 + bits(at, 4)) % 4));
            location.line = number as u64;
            location.owners = vec![format!("@{name}"), "@all".to_owned()];
            location.status = if bits(at + 2, 2) == 0 { Status::Open } else { Status::Suppressed };
            location
        };
        let evidence = Evidence { message: "why".to_owned(), path: "package.json".to_owned(), line: 1, column: 1 };
        let mut finding = Finding {
            rule: "secret-live".to_owned(),
            severity: Severity::ALL[usize::try_from(bits(at, 5)).unwrap()],
            confidence: Confidence::Medium,
            fingerprint: Fingerprint::of_parts(&[&at.to_le_bytes()]),
            message: format!("found in {name}"),
            key: None,
            status: Status::Open,
            locations: (0..count).map(place).collect(),
            more_locations: bits(at + 3, 3),
            evidence: vec![evidence],
            exposure: (!seed.is_multiple_of(3)).then(|| Exposure { days: Some(bits(at, 7)), ..Exposure::default() }),
            exposures: Vec::new(),
            owners: Vec::new(),
        };
        finding.sort_locations();
        finding.refresh_status();
        finding
    });
    let mut coverage = Coverage::default();
    coverage.files = seed % 5;
    coverage.skip(SkipReason::Submodule, "sub");
    let path = format!("/srv/{name}");
    let repository = |path: String| ReportedRepository {
        id: ".".to_owned(),
        path,
        remote: None,
        head: None,
        codeowners: None,
        coverage: None,
    };
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "pinstripe".to_owned(), version: "1".to_owned(), rules_digest: "2".to_owned() },
        target: Target { kind: TargetKind::History, root: path.clone(), head: None, base: None },
        options: ScanOptions::default(),
        thresholds: ReportThresholds { fail_on: Severity::Medium, min_severity: Severity::Low },
        repositories: (!seed.is_multiple_of(3)).then(|| vec![repository(path)]),
        findings: findings.collect(),
        coverage: CoverageReport::from(&coverage),
        diff: None,
    };
    report.sort();
    report
}

fn merged(parts: &[Report]) -> Report {
    let mut merger = Merger::default();
    parts.iter().enumerate().for_each(|(at, part)| merger.add(&at.to_string(), part.clone()).unwrap());
    merger.finish().unwrap().unwrap()
}

proptest! {
    #[test]
    fn order_and_grouping_change_nothing(seeds in proptest::array::uniform4(any::<u64>())) {
        let names = ["a", "a-b", "a/b", "z/é"];
        let parts: Vec<Report> = names.iter().zip(seeds).map(|(name, seed)| part(name, seed)).collect();
        let whole = merged(&parts);
        let reversed: Vec<Report> = parts.iter().rev().cloned().collect();
        prop_assert_eq!(&merged(&reversed), &whole);
        for cut in 1..4 {
            let (left, right) = parts.split_at(cut);
            prop_assert_eq!(&merged(&[merged(left), merged(right)]), &whole);
            prop_assert_eq!(&merged(&[merged(right), merged(left)]), &whole);
        }
        let odd = [parts[0].clone(), parts[2].clone()];
        let even = [parts[3].clone(), parts[1].clone()];
        prop_assert_eq!(&merged(&[merged(&odd), merged(&even)]), &whole);
        let json = serde_json::to_value(&whole.findings).unwrap();
        prop_assert!(!json.to_string().contains("\"repository\":null"));
    }
}

#[test]
fn one_part_stays_as_it_is() {
    let only = part("a", 77);
    assert_eq!(merged(std::slice::from_ref(&only)), only);
    assert!(Merger::default().finish().unwrap().is_none());
}

#[test]
fn places_of_two_repositories() {
    let whole = merged(&[part("web", 7), part("api", 7)]);
    assert_eq!((whole.target.root.as_str(), whole.target.head.as_ref()), ("/srv", None));
    let ids: Vec<&str> = whole.repositories.as_ref().unwrap().iter().map(|known| known.id.as_str()).collect();
    assert_eq!(ids, ["api", "web"]);
    let finding = &whole.findings[0];
    let first = &finding.locations[0];
    assert!(first.path.starts_with("api/dir/") && first.repository.as_deref() == Some("api"), "{first:?}");
    assert_eq!(finding.message, "found in api");
    assert_eq!(finding.owners, ["@api", "@all", "@web"]);
    let trace: Vec<&str> = finding.evidence.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(trace, ["api/package.json", "web/package.json"]);
    assert_eq!(whole.coverage.skipped[0].examples, ["api: sub", "web: sub"]);
    assert_eq!(finding.exposures.len(), 2);
}

#[test]
fn unlike_parts_are_refused_by_name() {
    let other = |change: &dyn Fn(&mut Report)| {
        let mut report = part("b", 3);
        change(&mut report);
        let mut merger = Merger::default();
        merger.add("a.json", part("a", 3)).unwrap();
        merger.add("b.json", report).unwrap_err().to_string()
    };
    let policy = PolicyOptions { none: true, ..PolicyOptions::default() };
    for (change, words) in [
        (&(|report: &mut Report| report.tool.rules_digest.push('x')) as &dyn Fn(&mut Report), "its rules"),
        (&|report| report.tool.version.push('x'), "the version of pinstripe"),
        (&|report| report.target.kind = TargetKind::Worktree, "the kind of its target"),
        (&|report| report.options.policy = policy.clone(), "its options"),
        (&|report| report.target.root = "/srv/a".to_owned(), "are both about /srv/a"),
        (&|report| report.findings[0].locations[0].repository = Some("x".to_owned()), "which of the repositories"),
    ] {
        let error = other(change);
        assert!(error.starts_with("b.json") && error.contains(words), "{error}");
    }
}

#[test]
fn one_directory_on_two_machines() {
    let of = |remote: &str, seed| {
        let mut report = part("same", seed);
        report.repositories = report.repositories.or_else(|| part("same", 1).repositories);
        report.repositories.as_mut().unwrap()[0].remote = Some(format!("https://host/{remote}.git"));
        report
    };
    let whole = merged(&[of("acme/web", 7), of("acme/api", 3), part("other", 7)]);
    let ids: Vec<String> = whole.repositories.unwrap().into_iter().map(|known| known.id).collect();
    assert_eq!(ids, ["other", "same/host/acme/api", "same/host/acme/web"]);
    let mut merger = Merger::default();
    merger.add("a", of("acme/web", 7)).unwrap();
    assert!(matches!(merger.add("b", of("acme/web", 3)), Err(MergeError::Twice { .. })));
}
