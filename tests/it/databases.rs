//! Keys in `SQLite` databases that the real program writes.

use std::path::Path;
use std::process::{Command, Stdio};

use pinstripe::credential::Secret;
use pinstripe::model::{Report, Severity};

use super::support::Dir;
use super::support::containers::zip;

/// Runs statements and dot commands of the `sqlite3` program here. False if there is none.
fn sqlite(directory: &Path, file: &str, script: &str) -> bool {
    let child = Command::new("sqlite3").arg(file).current_dir(directory).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: there is no sqlite3");
        return false;
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{script}");
    true
}

/// Expects one finding above note, of this key, and returns the places of it as `path[!member]: within line:column`.
fn places(report: &Report, key: &str, what: &str) -> Vec<String> {
    let shown: Vec<_> = report.findings.iter().filter(|finding| finding.severity > Severity::Note).collect();
    let [finding] = shown.as_slice() else { panic!("{what}: {shown:#?}") };
    assert_eq!(finding.fingerprint, Secret::new(key.as_bytes()).fingerprint(), "{what}");
    let place = |at: &pinstripe::model::Location| {
        let chain = [std::slice::from_ref(&at.path), &at.archive].concat().join("!");
        format!("{chain}: {} {}:{}", at.within.as_deref().unwrap_or("-"), at.line, at.column)
    };
    finding.locations.iter().map(place).collect()
}

/// Layouts of a table that holds the key, and the name of the place.
const LAYOUTS: &[(&str, &str)] = &[
    ("create table t (k); insert into t values ('KEY')", "t.k, row 1"),
    ("create table t (id integer primary key, k text); insert into t values (7, 'KEY')", "t.k, row 7"),
    ("create table t (name, k); insert into t values ('stripe_secret', 'KEY')", "t.k, row 1"),
    ("create table t (k, name); insert into t values ('KEY', 'stripe')", "t.k, row 1"),
    ("create table t (k, n int); insert into t values ('KEY', 107)", "t.k, row 1"),
    ("create table t (id, name, k, mode); insert into t values (1, 'stripe', 'KEY', 'live')", "t.k, row 1"),
    (
        "create table wp_options (option_id integer primary key, option_name text unique, option_value text, autoload); \
         insert into wp_options values (3, 'woocommerce_stripe_settings', 'KEY', 'yes')",
        "wp_options.option_value, row 3",
    ),
    (
        "create table t (a, k, primary key (k, a)) without rowid; insert into t values ('x', 'KEY')",
        "t.k, page 2 cell 0",
    ),
    ("create table t (a, k unique); create index i on t (a, k); insert into t values ('x', 'KEY')", "t.k, row 1"),
    (
        "create table t (\"my key\" default 'x'); alter table t add column n; insert into t values ('KEY', 'x')",
        "t.my key, row 1",
    ),
    ("create table t (a as (k || 'x'), k); insert into t values ('KEY')", "t.k, row 1"),
    ("create table t (k blob); insert into t values (cast('KEY' as blob))", "t.k, row 1"),
    ("create table t (j); insert into t values (json_object('a', 1, 'key', 'KEY'))", "t.j, row 1"),
    ("create table t (j); insert into t values (replace(hex('key=KEY;'), 'x', 'x'))", "t.j, row 1"),
    ("create table t (a, k); insert into t values (printf('%.5000c', 'x'), 'KEY')", "t.k, row 1"),
    (
        "create table t (k); with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) \
         insert into t select case i when 1700 then 'KEY' else 'nothing in here ' || i end from n",
        "t.k, row 1700",
    ),
];

#[test]
fn a_key_in_any_layout_is_found_with_its_column() {
    for (settings, key) in [
        ("", "sk_live"),
        ("", "sk_live:34"),
        ("", "sk_live:24"),
        ("", "rk_live"),
        ("", "sk_test"),
        ("pragma page_size=512;", "sk_live"),
        ("pragma page_size=65536;", "sk_live:24"),
        ("pragma encoding='UTF-16le';", "sk_live"),
        ("pragma encoding='UTF-16be';", "sk_live:24"),
    ] {
        let mut dir = Dir::new();
        let key = dir.forge.make(key).unwrap();
        for (number, (layout, _)) in LAYOUTS.iter().enumerate() {
            if !sqlite(dir.path(), &format!("{number}.db"), &format!("{settings}{};\n", layout.replace("KEY", &key))) {
                return;
            }
        }
        let report = dir.scan(&["."]).report();
        let found = places(&report, &key, settings);
        for (number, (layout, place)) in LAYOUTS.iter().enumerate() {
            let here: Vec<_> = found.iter().filter(|found| found.starts_with(&format!("{number}.db: "))).collect();
            let expected = format!("{number}.db: {place} 1:");
            assert!(here.len() == 1 && here[0].starts_with(&expected), "{settings} {layout}: {here:?}");
        }
        assert!(report.coverage.complete && report.findings.len() == 1, "{settings}: {report:#?}");
    }
}

#[test]
fn a_webhook_secret_is_believed_by_the_name_beside_it() {
    let mut dir = Dir::new();
    let key = dir.forge.make("whsec").unwrap();
    let script = format!("create table t (name, value); insert into t values ('stripe_endpoint', '{key}');\n");
    if sqlite(dir.path(), "a.db", &script) {
        assert_eq!(places(&dir.scan(&["a.db"]).report(), &key, "whsec"), ["a.db: t.value, row 1 1:1"]);
    }
}

#[test]
fn lines_are_those_of_the_value() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    let script =
        format!("create table t (a, k);\ninsert into t values ('one\ntwo', 'three\nfour {key}\nfive'), ('x', 'y');\n");
    if sqlite(dir.path(), "a.db", &script) {
        dir.write_bytes("b.zip", &zip(&[("c/d.db", &std::fs::read(dir.join("a.db")).unwrap())]));
        let places = places(&dir.scan(&["."]).report(), &key, "lines");
        assert_eq!(places, ["a.db: t.k, row 1 2:6", "b.zip!c/d.db: t.k, row 1 2:6"]);
    }
}

#[test]
fn a_log_alone_need_not_hold_the_page_with_the_encoding() {
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let mut dir = Dir::new();
        let key = dir.forge.make("sk_live").unwrap();
        let script = format!(
            "pragma encoding='{encoding}';\npragma journal_mode=wal;\ncreate table t (id integer primary key, a, k);\n\
             insert into t values (5, 'one', 'two');\npragma wal_checkpoint(truncate);\n\
             update t set k = '{key}';\n.system cp a.db-wal alone.db-wal\n"
        );
        if !sqlite(dir.path(), "a.db", &script) {
            return;
        }
        let report = dir.scan(&["alone.db-wal"]).report();
        let found = places(&report, &key, encoding);
        assert!(!found.is_empty() && found.iter().all(|place| place.ends_with(" 1:1")), "{encoding}: {found:?}");
        assert!(report.coverage.complete && report.findings.len() == 1, "{encoding}: {report:#?}");
    }
}

#[test]
fn logs_and_journals_are_read_beside_the_database_and_alone() {
    let mut dir = Dir::new();
    let (old, new) = (dir.forge.make("sk_live").unwrap(), dir.forge.make("sk_live:24").unwrap());
    let table = format!("create table t (name, k, note); insert into t values ('stripe', '{old}', 'n');\n");
    let write = format!("update t set k = '{new}';\n");
    let wal =
        format!("pragma journal_mode=wal;\n{table}{write}.system cp a.db-wal alone.db-wal\n.system cp a.db alone.db\n");
    let journal =
        format!("pragma synchronous=off;\n{table}begin;\n{write}.system cp b.db-journal alone.db-journal\nrollback;\n");
    if !sqlite(dir.path(), "a.db", &wal) || !sqlite(dir.path(), "b.db", &journal) {
        return;
    }
    let report = dir.scan(&["alone.db-wal"]).report();
    let fingerprints = |report: &Report| -> Vec<_> {
        let above = report.findings.iter().filter(|finding| finding.severity > Severity::Note);
        let mut found: Vec<_> = above.map(|finding| finding.fingerprint).collect();
        found.sort();
        found
    };
    let mut both = [&old, &new].map(|key| Secret::new(key.as_bytes()).fingerprint());
    both.sort();
    assert_eq!(fingerprints(&report), both);
    let within = report.findings.iter().flat_map(|finding| &finding.locations).map(|at| at.within.as_deref());
    assert!(within.clone().all(|within| within == Some("t.k, row 1")), "{:?}", within.collect::<Vec<_>>());
    assert_eq!(fingerprints(&dir.scan(&["alone.db", "alone.db-wal"]).report()), both);
    let report = dir.scan(&["alone.db-journal"]).report();
    assert_eq!(fingerprints(&report), [Secret::new(old.as_bytes()).fingerprint()]);
    assert!(report.coverage.complete, "{:?}", report.coverage);
}

#[test]
fn deleted_rows_and_free_pages_are_still_searched() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    let script = format!(
        "pragma secure_delete=off; create table t (id integer primary key, k); \
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) insert into t select i, 'nothing ' || i from n; \
         update t set k = '{key}' where id = 1500; drop table t;\n"
    );
    if sqlite(dir.path(), "a.db", &script) {
        assert_eq!(places(&dir.scan(&["a.db"]).report(), &key, "free page").len(), 1);
    }
}
