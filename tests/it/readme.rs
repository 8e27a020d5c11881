//! Checks the README. `UPDATE=1 cargo test --test it readme` rewrites its generated sections.

use std::path::Path;

use pinstripe::report::FORMATS;
use pinstripe::rules::load::load;

use crate::support::Dir;

fn readme() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// Returns the range of a section between two markers.
fn range(text: &str, name: &str) -> std::ops::Range<usize> {
    let begin = format!("<!-- {name}: begin -->\n");
    text.find(&begin).unwrap() + begin.len()..text.find(&format!("<!-- {name}: end -->")).unwrap()
}

/// Compares a section with its expected text, or rewrites it.
fn section(name: &str, expected: &str) {
    let (path, text) = readme();
    let std::ops::Range { start: from, end: to } = range(&text, name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{}{expected}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    assert_eq!(&text[from..to], expected, "run `UPDATE=1 cargo test --test it readme`");
}

/// Rebuilds the table from the rules that it names: a new rule may be added to it, but need not be.
#[test]
fn generated_sections() {
    let rules = load(true, &[]).unwrap();
    let (_, text) = readme();
    let ids = text[range(&text, "rules")].lines().filter_map(|row| row.strip_prefix("| `")?.split_once('`'));
    let mut named: Vec<_> = ids.map(|(id, _)| rules.get(id).expect(id)).collect();
    named.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let mut table = String::from("| rule | severity | what |\n|---|---|---|\n");
    for rule in named {
        let what = rule.help.what.trim_end_matches('.').replace('|', "\\|");
        table.push_str(&format!("| `{}` | {} | {what} |\n", rule.id, rule.severity.name()));
    }
    section("rules", &table);
    section("example", &example());
}

/// Scans a small shop.
fn example() -> String {
    let mut dir = Dir::new();
    dir.write("server/.env", "STRIPE_SECRET_KEY={{sk_live@shop}}\n");
    dir.write("web/index.html", "<script>Stripe('{{pk_live@shop}}')</script>\n");
    let run = dir.run(&["scan", "."]);
    assert_eq!(run.code, 1);
    format!("```console\n$ pinstripe scan\n{}\n```\n", run.stdout.trim_end())
}

#[test]
fn every_named_format_exists() {
    let (_, text) = readme();
    let names = text
        .split("`--format ")
        .skip(1)
        .filter_map(|rest| rest.split_once('`'))
        .flat_map(|(names, _)| names.split('|'));
    assert!(names.clone().count() > 0);
    for name in names {
        assert!(FORMATS.iter().any(|format| format.name == name), "{name}");
    }
}

#[test]
fn every_command_that_is_shown_is_understood() {
    let (_, text) = readme();
    let dir = Dir::new();
    let mut seen = 0;
    let prompts = text.lines().filter_map(|line| line.strip_prefix("$ "));
    let code = text.split("\n```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2));
    for line in prompts.chain(code) {
        let Some(arguments) = line.strip_prefix("pinstripe ").or_else(|| line.strip_prefix("cargo run --release -- "))
        else {
            continue;
        };
        let mut words: Vec<&str> = arguments.split_whitespace().collect();
        words.push("--help");
        let run = dir.run(&words);
        assert_eq!(run.code, 0, "{line}: {}", run.stderr);
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}
