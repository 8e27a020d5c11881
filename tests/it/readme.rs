//! The README tells the truth. `UPDATE=1 cargo test --test it readme` writes what changes by itself.

use std::path::Path;

use pinstripe::rules::load::load;

use crate::support::Dir;

fn readme() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// Compares what stands between two markers with what should, or writes it.
fn section(name: &str, expected: &str) {
    let (path, text) = readme();
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let from = text.find(&begin).unwrap() + begin.len();
    let to = text.find(&end).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{}{expected}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    assert_eq!(&text[from..to], expected, "run `UPDATE=1 cargo test --test it readme`");
}

#[test]
fn sections_that_are_made() {
    let mut rules: Vec<_> = load(true, &[]).unwrap().iter().cloned().collect();
    rules.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let mut table = String::from("| rule | severity | what |\n|---|---|---|\n");
    for rule in rules {
        let what = rule.help.what.trim_end_matches('.').replace('|', "\\|");
        table.push_str(&format!("| `{}` | {} | {what} |\n", rule.id, rule.severity.name()));
    }
    section("rules", &table);
    section("example", &example());
}

/// What the program prints for a small shop.
fn example() -> String {
    let mut dir = Dir::new();
    dir.write("server/.env", "STRIPE_SECRET_KEY={{sk_live@shop}}\n");
    dir.write("web/index.html", "<script>Stripe('{{pk_live@shop}}')</script>\n");
    let run = dir.run(&["scan", "."]);
    assert_eq!(run.code, 1);
    format!("```console\n$ pinstripe scan\n{}\n```\n", run.stdout.trim_end())
}

#[test]
fn every_command_that_is_shown_is_understood() {
    let (_, text) = readme();
    let dir = Dir::new();
    let mut seen = 0;
    for line in text.lines().filter_map(|line| line.strip_prefix("$ ")) {
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
    assert!(seen >= 2);
}
