//! The formats for other programs, read by those programs where they are installed.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::Dir;
use crate::support::runner::root;

/// Starts a program; `None`, with a word, where it is not installed.
fn installed(program: &str, arguments: &[&str]) -> Option<std::process::Output> {
    let started = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    if started.is_err() {
        eprintln!("skipped: {program} is not installed");
    }
    started.ok()
}

/// A tree with keys at hostile names, and with a file that cannot be read as what it is.
fn hostile(dir: &mut Dir) {
    let long = "n".repeat(200);
    for name in
        ["=cmd|' /C calc'!A0", "a\"b<script>&'`", "u\u{202e}cod.exe", "-x,\"=1\";+2", long.as_str(), "line\nbreak"]
    {
        let line = dir.forge.fill("STRIPE_SECRET_KEY={{sk_live@shop}}\n");
        dir.write_bytes(&format!("d/{name}/.env"), line.as_bytes());
    }
    dir.write_bytes("d/CODEOWNERS", b"* @payments =SUM(1+1)@evil\n");
    dir.write_bytes("d/broken.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03broken");
}

fn written(dir: &Dir, format: &str) -> String {
    dir.run(&["scan", "d", "--min-severity=note", &format!("--format={format}")]).stdout
}

#[test]
fn junit_is_as_the_schema_of_jenkins_demands() {
    let mut dir = Dir::new();
    hostile(&mut dir);
    dir.write_bytes("junit.xml", written(&dir, "junit").as_bytes());
    let (file, schema) = (dir.join("junit.xml"), root().join("tests/schemas/junit-10.xsd"));
    let arguments = ["--noout", "--nonet", "--schema", schema.to_str().unwrap(), file.to_str().unwrap()];
    let Some(output) = installed("xmllint", &arguments) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Rows of a table as Python's `csv` reads them.
fn rows_of_python(file: &Path) -> Option<Vec<Vec<String>>> {
    let script = "import csv, json, sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8-sig')))))";
    let output = installed("python3", &["-c", script, file.to_str().unwrap()])?;
    Some(
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))),
    )
}

#[test]
fn csv_is_read_by_python() {
    let mut dir = Dir::new();
    hostile(&mut dir);
    dir.write_bytes("table.csv", written(&dir, "csv").as_bytes());
    let Some(rows) = rows_of_python(&dir.join("table.csv")) else { return };
    assert_eq!((rows.len(), rows[0].len()), (1 + 6 + 1, rows[1].len()));
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains(&"'=cmd|' /C calc'!A0/.env".to_owned())), "{rows:?}");
}

/// `cargo test --test it -- --ignored csv_survives`: LibreOffice takes seconds to start.
#[test]
#[ignore = "starts LibreOffice"]
fn csv_survives_libreoffice() {
    let mut dir = Dir::new();
    hostile(&mut dir);
    dir.write_bytes("in/table.csv", written(&dir, "csv").as_bytes());
    let profile = format!("-env:UserInstallation=file://{}", dir.join("profile").display());
    let convert = |to: &str, from: &str, out: &str| {
        let (from, out) = (dir.join(from), dir.join(out));
        let (out, from) = (out.to_str().unwrap(), from.to_str().unwrap());
        // A window would see the byte-order mark; without one LibreOffice has to be told.
        let read = "--infilter=Text - txt - csv (StarCalc):44,34,76,1";
        installed("soffice", &[&profile, "--headless", read, "--convert-to", to, "--outdir", out, from])
    };
    if convert("ods", "in/table.csv", "ods").is_none() {
        return;
    }
    let options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false";
    let arguments = [profile.as_str(), "--headless", "--convert-to", options, "--outdir", "out", "ods/table.ods"];
    Command::new("soffice").current_dir(dir.path()).args(arguments).output().unwrap();
    let before = rows_of_python(&dir.join("in/table.csv")).unwrap();
    assert_eq!(rows_of_python(&dir.join("out/table.csv")).unwrap(), before);
}

/// `PINSTRIPE_GITLAB_SCHEMA=secret-detection-report-format.json cargo test --test it gitlab_is` checks against GitLab's
/// own schema, which is not kept here, by Python's `jsonschema`.
#[test]
fn gitlab_is_as_the_schema_demands() {
    let mut dir = Dir::new();
    hostile(&mut dir);
    let text = written(&dir, "gitlab");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["vulnerabilities"].as_array().unwrap().len(), 6);
    assert_eq!(document["scan"]["status"], "failure");
    let Ok(schema) = std::env::var("PINSTRIPE_GITLAB_SCHEMA") else { return };
    dir.write_bytes("gl.json", text.as_bytes());
    let script = "import json, jsonschema, sys; jsonschema.validate(*(json.load(open(f)) for f in sys.argv[1:]))";
    let output = installed("python3", &["-c", script, dir.join("gl.json").to_str().unwrap(), &schema]).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
