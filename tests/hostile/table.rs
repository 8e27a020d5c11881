//! The table: what each row holds, what is expected of it, and how it is checked.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::Case;
use crate::invariants::{Observed, broken};
use crate::watch::Ceiling;
use pinstripe::model::Report;

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// That of the threat model, with a letter where one row there is several inputs here.
    pub(crate) id: &'static str,
    pub(crate) input: &'static str,
    /// Exit code of the input without keys. With keys it is 1, or 2 where that is 2.
    code: i32,
    /// Reasons that the coverage must give.
    reasons: &'static [&'static str],
    ceiling: Ceiling,
    /// The reason that the row fails for now.
    fails: Option<&'static str>,
    proof: Proof,
}

#[derive(Clone, Copy)]
enum Proof {
    /// Builds the input.
    Built(fn(&mut Case)),
    /// Proves it in its own way.
    Own(fn()),
    /// File and name of a test that proves it.
    Elsewhere(&'static str, &'static str),
}

/// Memory of a row that says nothing else. An unoptimised program takes more than the one that is released.
const USUAL: Ceiling = Ceiling { mib: 150, seconds: 120 };

/// A row that is built here.
pub(crate) const fn row(
    id: &'static str,
    input: &'static str,
    code: i32,
    reasons: &'static [&'static str],
    build: fn(&mut Case),
) -> Row {
    Row { id, input, code, reasons, ceiling: USUAL, fails: None, proof: Proof::Built(build) }
}

/// A row that checks itself.
pub(crate) const fn own(id: &'static str, input: &'static str, proof: fn()) -> Row {
    Row { id, input, code: 0, reasons: &[], ceiling: USUAL, fails: None, proof: Proof::Own(proof) }
}

/// A row that another test proves.
pub(crate) const fn elsewhere(id: &'static str, input: &'static str, file: &'static str, test: &'static str) -> Row {
    Row { id, input, code: 0, reasons: &[], ceiling: USUAL, fails: None, proof: Proof::Elsewhere(file, test) }
}

impl Row {
    pub(crate) const fn mib(mut self, mib: u64) -> Self {
        self.ceiling.mib = mib;
        self
    }

    /// Expects the row to fail, so that it is noticed when it no longer does.
    #[allow(dead_code, reason = "at best no row needs it")]
    pub(crate) const fn fails(mut self, why: &'static str) -> Self {
        self.fails = Some(why);
        self.ceiling.seconds = 15;
        self
    }

    /// Proves the row and prints its line. Returns what is wrong.
    fn prove(&self) -> Option<String> {
        let started = std::time::Instant::now();
        let outcome = match self.proof {
            Proof::Built(build) => [true, false].into_iter().try_for_each(|planting| self.check(build, planting)),
            Proof::Own(prove) => std::panic::catch_unwind(prove).map_err(|_| "see above".to_owned()),
            Proof::Elsewhere(file, test) => {
                let text =
                    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_default();
                let found = text.contains(&format!("fn {test}("));
                if found { Ok(()) } else { Err(format!("there is no {test} in {file}")) }
            }
        };
        let (mark, wrong) = match (outcome, self.fails) {
            (Ok(()), None) => ("ok", None),
            (Err(why), None) => ("WRONG", Some(why)),
            (Err(why), Some(_)) => {
                eprintln!("      {}", why.lines().next().unwrap_or_default());
                ("fails as expected", None)
            }
            (Ok(()), Some(why)) => ("passes", Some(format!("it no longer fails ({why}): take the mark off"))),
        };
        let proof = match self.proof {
            Proof::Elsewhere(file, test) => format!(" ({file}: {test})"),
            _ => String::new(),
        };
        let taken = started.elapsed().as_secs();
        let taken = if taken > 2 { format!(" ({taken} s)") } else { String::new() };
        eprintln!("{:5} {}: {mark}{taken}{proof}", self.id, self.input);
        wrong.map(|why| format!("{} {}: {why}", self.id, self.input))
    }

    /// Scans the input with or without keys.
    fn check(&self, build: fn(&mut Case), planting: bool) -> Result<(), String> {
        let mut case = Case::new(planting);
        build(&mut case);
        let before = listing(&case.target);
        let run = case.run(&["--format", "json"], self.ceiling);
        let with = if planting { "with a key" } else { "without a key" };
        let skipped = |report: Report| {
            let all = report.coverage.skipped.into_iter();
            all.map(|skipped| format!("{} {:?}", skipped.reason.name(), skipped.examples)).collect::<Vec<_>>()
        };
        let said = || {
            let skipped = serde_json::from_str(&run.stdout).map(skipped);
            format!("{with}: exit {}, killed {:?}, skipped {skipped:.700?}\n{:.700}", run.code, run.killed, run.stderr)
        };
        let expected = if planting && self.code != 2 { 1 } else { self.code };
        if run.code != expected || run.killed.is_some() {
            return Err(format!("expected exit {expected}, {}", said()));
        }
        let report: Option<Report> = serde_json::from_str(&run.stdout).ok();
        if expected != 2 && report.is_none() {
            return Err(format!("no report, {}", said()));
        }
        let reasons = report.iter().flat_map(|report| &report.coverage.skipped).map(|skipped| skipped.reason.name());
        let reasons: Vec<&str> = reasons.collect();
        if let Some(missing) = self.reasons.iter().find(|reason| !reasons.contains(reason)) {
            return Err(format!("{missing} is not said, {}", said()));
        }
        let other = if planting { "1" } else { "8" };
        let repeated = vec![case.run(&["--format", "json", "--threads", other], self.ceiling).stdout];
        let human = if planting { case.run(&["--color", "never", "-v"], self.ceiling) } else { run.clone() };
        let after = listing(&case.target);
        let observed = Observed {
            planted: if self.code == 2 { Vec::new() } else { case.planted.clone() },
            keys: case.planted.iter().map(|planted| &planted.key).chain(&case.unsought).cloned().collect(),
            human: if planting { human.stdout + &human.stderr } else { String::new() },
            changed: before != after,
            most: self.ceiling.mib,
            report,
            repeated,
            run,
        };
        let broken = broken(&observed);
        if broken.is_empty() { Ok(()) } else { Err(format!("{}, {with}", broken.join("; "))) }
    }
}

/// Names, sizes and times of everything below a directory, if it is not too much.
fn listing(target: &Path) -> Vec<(PathBuf, u64, i64, i64)> {
    let entries = walkdir::WalkDir::new(target).sort_by_file_name().into_iter().take(20_000).filter_map(Result::ok);
    entries
        .filter_map(|entry| {
            let found = entry.path().symlink_metadata().ok()?;
            Some((entry.into_path(), found.len(), found.mtime(), found.mtime_nsec()))
        })
        .collect()
}

/// Proves rows, all of them or those that `PINSTRIPE_ROWS` names, and fails with all that is wrong.
pub(crate) fn prove(rows: &[Row]) {
    let named = std::env::var("PINSTRIPE_ROWS").unwrap_or_default();
    let wanted = |row: &&Row| named.is_empty() || named.split(',').any(|id| id == row.id);
    let wrong: Vec<String> = rows.iter().filter(wanted).filter_map(Row::prove).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Returns true if a program can be started here.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new(program).arg("-V").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no {program} here");
    }
    found
}

#[test]
fn every_row_of_the_threat_model_is_here_once() {
    let all = [
        crate::worktree::ROWS,
        crate::encodings::ROWS,
        crate::archives::ROWS,
        crate::documents::ROWS,
        crate::stores::ROWS,
        crate::repositories::ROWS,
        crate::policy::ROWS,
        crate::outputs::ROWS,
        crate::saved::ROWS,
    ]
    .concat();
    let expected = [('W', 26), ('E', 10), ('A', 18), ('G', 34), ('P', 6), ('O', 2), ('R', 9)];
    for (letter, last) in expected {
        for number in 1..=last {
            let id = format!("{letter}{number:02}");
            assert!(all.iter().any(|row| row.id.starts_with(&id)), "{id} is missing");
        }
    }
    let mut ids: Vec<&str> = all.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
}
