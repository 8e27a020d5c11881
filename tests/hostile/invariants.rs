//! The ten invariants of every run, each a function that a broken run fails.

use base64::Engine as _;
use pinstripe::credential::forge::Forge;
use pinstripe::model::{Report, SkipClass, Status};

use crate::case::{Case, Planted};
use crate::watch::{Ceiling, Watched};

/// A run, and what is known about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    pub(crate) run: Watched,
    pub(crate) report: Option<Report>,
    /// Keys that must be found or named.
    pub(crate) planted: Vec<Planted>,
    /// Keys that must not be shown.
    pub(crate) keys: Vec<String>,
    /// The output for people.
    pub(crate) human: String,
    /// The JSON of runs with other numbers of threads.
    pub(crate) repeated: Vec<String>,
    /// Set if something in the target is no longer as it was.
    pub(crate) changed: bool,
    /// Memory that it may take, in MiB.
    pub(crate) most: u64,
}

/// A number, and what breaks that invariant.
type Mutation<'a> = (&'static str, &'a dyn Fn(&mut Observed));

type Invariant = (&'static str, fn(&Observed) -> Result<(), String>);

/// Invariants that one run shows. Whole outputs (3), no process and no connection (7), and fingerprints (9) have tests of
/// their own in `outputs`, `faults` and here.
const INVARIANTS: &[Invariant] = &[
    ("1: a planted key is found, or its container is named", found_or_named),
    ("2: no twelve characters of a key come out, nor their base64 or hexadecimal digits", silent),
    ("3: the report is whole", whole),
    ("4: the exit code is that of the coverage", code_of_coverage),
    ("5: memory stays below its ceiling, and nothing hangs", within_ceiling),
    ("6: any number of threads gives the same bytes", repeatable),
    ("7: nothing is written into the target", read_only),
    ("8: the first key, which nothing is wrong with, is found", control),
    ("10: people read no control characters", inert),
];

/// Returns the invariants that do not hold.
pub(crate) fn broken(observed: &Observed) -> Vec<String> {
    let check = |(name, holds): &Invariant| holds(observed).err().map(|why| format!("{name}: {why}"));
    INVARIANTS.iter().filter_map(check).collect()
}

fn is_found(report: &Report, key: &str) -> bool {
    let fingerprint = pinstripe::credential::Secret::new(key.as_bytes()).fingerprint();
    report.findings.iter().any(|finding| finding.fingerprint == fingerprint && finding.key.is_some())
}

fn found_or_named(observed: &Observed) -> Result<(), String> {
    let Some(report) = &observed.report else { return Ok(()) };
    let examples: Vec<&String> = report.coverage.skipped.iter().flat_map(|skipped| &skipped.examples).collect();
    let is_named = |place: &String| !report.coverage.complete && examples.iter().any(|named| named.contains(place));
    let lost = |planted: &&Planted| !is_found(report, &planted.key) && !planted.or_named.as_ref().is_some_and(is_named);
    match observed.planted.iter().filter(lost).count() {
        0 => Ok(()),
        lost => Err(format!("{lost} of {} keys are lost; skipped {examples:?}", observed.planted.len())),
    }
}

/// Returns every stretch of twelve characters of a key's random part, plain, in hexadecimal digits and in base64.
pub(crate) fn forbidden(key: &str) -> Vec<String> {
    let random = &key.as_bytes()["sk_live_".len() + 17..];
    let encode = |window: &[u8]| {
        let hex = window.iter().map(|byte| format!("{byte:02x}")).collect();
        let base64 = base64::engine::general_purpose::STANDARD.encode(window);
        [String::from_utf8_lossy(window).into_owned(), hex, base64]
    };
    random.windows(12).flat_map(encode).collect()
}

fn silent(observed: &Observed) -> Result<(), String> {
    let texts: Vec<String> = observed.keys.iter().flat_map(|key| forbidden(key)).collect();
    let Ok(search) = aho_corasick::AhoCorasick::new(&texts) else { return Err("too many keys".to_owned()) };
    let outputs = [("stdout", &observed.run.stdout), ("stderr", &observed.run.stderr), ("text", &observed.human)];
    match outputs.iter().find(|(_, text)| search.is_match(text.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(format!("{name} shows one")),
    }
}

fn whole(observed: &Observed) -> Result<(), String> {
    if observed.run.code == 2 || observed.report.is_some() { Ok(()) } else { Err("no report".to_owned()) }
}

fn code_of_coverage(observed: &Observed) -> Result<(), String> {
    let Some(report) = &observed.report else { return Ok(()) };
    let unread = report.coverage.skipped.iter().any(|skipped| skipped.class == SkipClass::Unread);
    // `medium` is what fails a scan by default.
    let is_open = |finding: &pinstripe::model::Finding| {
        finding.status == Status::Open && finding.severity >= pinstripe::model::Severity::Medium
    };
    let expected = match (report.findings.iter().any(is_open), report.coverage.complete) {
        (true, _) => 1,
        (false, true) => 0,
        (false, false) => 3,
    };
    if observed.run.code == expected && report.coverage.complete != unread {
        return Ok(());
    }
    Err(format!("exit {} and complete: {}", observed.run.code, report.coverage.complete))
}

fn within_ceiling(observed: &Observed) -> Result<(), String> {
    if let Some(killed) = &observed.run.killed {
        return Err(killed.clone());
    }
    let peak = observed.run.peak;
    if peak <= observed.most { Ok(()) } else { Err(format!("{peak} MiB, above {}", observed.most)) }
}

fn repeatable(observed: &Observed) -> Result<(), String> {
    let same = observed.repeated.iter().all(|other| *other == observed.run.stdout);
    if same { Ok(()) } else { Err("the reports differ".to_owned()) }
}

fn read_only(observed: &Observed) -> Result<(), String> {
    if observed.changed { Err("something was".to_owned()) } else { Ok(()) }
}

fn control(observed: &Observed) -> Result<(), String> {
    let (Some(report), Some(first)) = (&observed.report, observed.planted.first()) else { return Ok(()) };
    if first.or_named.is_some() || is_found(report, &first.key) { Ok(()) } else { Err("it is not".to_owned()) }
}

fn inert(observed: &Observed) -> Result<(), String> {
    let odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match observed.human.chars().find(|c| odd(*c)) {
        None => Ok(()),
        Some(c) => Err(format!("{c:?}")),
    }
}

/// A run in which everything holds.
fn healthy() -> Observed {
    let mut case = Case::new(true);
    case.control();
    let run = case.run(&["--format", "json"], Ceiling { mib: 150, seconds: 120 });
    Observed {
        report: serde_json::from_str(&run.stdout).ok(),
        planted: case.planted.clone(),
        keys: case.planted.iter().map(|planted| planted.key.clone()).collect(),
        human: case.run(&[], Ceiling { mib: 150, seconds: 120 }).stdout,
        repeated: vec![run.stdout.clone()],
        changed: false,
        most: 150,
        run,
    }
}

#[test]
fn each_invariant_can_fail() {
    let healthy = healthy();
    assert_eq!(broken(&healthy), Vec::<String>::new());
    let key = healthy.keys[0].clone();
    let hex: String = key.bytes().skip(40).take(12).map(|byte| format!("{byte:02x}")).collect();
    let other = Planted { key: Forge::new(99).make("sk_live").unwrap(), or_named: None };
    let mutations: [Mutation<'_>; 14] = [
        ("1", &|it| it.planted.push(other.clone())),
        ("1", &|it| it.planted.push(Planted { or_named: Some("x.zip".to_owned()), ..other.clone() })),
        ("2", &|it| it.run.stderr.push_str(&key[50..62])),
        ("2", &|it| it.human.push_str(&hex)),
        ("3", &|it| it.report = None),
        ("4", &|it| it.run.code = 0),
        ("4", &|it| it.run.code = 3),
        ("4", &|it| it.report.iter_mut().for_each(|report| report.coverage.complete = false)),
        ("5", &|it| it.run.peak = 151),
        ("5", &|it| it.run.killed = Some("killed at 120 s".to_owned())),
        ("6", &|it| it.repeated.push("{}".to_owned())),
        ("7", &|it| it.changed = true),
        ("8", &|it| it.report.iter_mut().for_each(|report| report.findings.clear())),
        ("10", &|it| it.human.push('\u{1b}')),
    ];
    for (number, mutate) in mutations {
        let mut observed = healthy.clone();
        mutate(&mut observed);
        let broken = broken(&observed);
        assert!(broken.iter().any(|why| why.starts_with(&format!("{number}:"))), "{number} is not noticed: {broken:?}");
    }
}

#[test]
fn a_fingerprint_is_that_of_the_key_alone() {
    let fingerprints = |text: &dyn Fn(&str) -> String, name: &str| {
        let mut case = Case::new(true);
        let key = case.key();
        case.write(name, text(&key));
        let run = case.run(&["--format", "json"], Ceiling { mib: 150, seconds: 120 });
        let report: Report = serde_json::from_str(&run.stdout).unwrap();
        let found = report.findings.iter().filter(|finding| finding.rule == "secret-live");
        found.map(|finding| finding.fingerprint.to_string()).collect::<Vec<_>>()
    };
    let first = fingerprints(&|key| format!("KEY={key}\n"), "a.env");
    let moved = fingerprints(&|key| format!("\n\n  x: \"{key}\"\n"), "deep/other.yml");
    assert_eq!((first.len(), &first), (1, &moved));
    // The mutation: another key has another one.
    let other = fingerprints(&|_| format!("KEY={}\n", Forge::new(99).make("sk_live").unwrap()), "a.env");
    assert_ne!(first, other);
}
