//! Rows P: policies, rules and ranges.

use crate::case::Case;
use crate::table::{Row, elsewhere, prove, row};

const PULL_REQUEST: &str = "tests/it/hostile_pull_request.rs";

pub(crate) const ROWS: &[Row] = &[
    elsewhere(
        "P01",
        "change that edits the policy it is judged by",
        PULL_REQUEST,
        "what_a_change_says_about_itself_changes_no_verdict",
    ),
    row("P02", "baseline for every rule", 2, &[], |case| baseline(case, &entry("*", 0))),
    row("P02b", "baseline of 20,000 entries, each of them twice", 0, &[], |case| {
        let entries: Vec<String> = (0..20_000).map(|at| entry("secret-live", at % 10_000)).collect();
        baseline(case, &entries.join(",\n"));
    })
    .mib(300),
    row("P02c", "10,001 allowances", 2, &[], |case| allowances(case, 10_001)),
    row("P02d", "10,000 allowances that match other paths", 0, &[], |case| allowances(case, 10_000)).mib(600),
    row("P03", "rule with a pattern of a megabyte", 2, &[], |case| rules(case, &rule(&"a".repeat(1 << 20)))),
    row("P03b", "rule with a pattern that counts to a million", 2, &[], |case| rules(case, &rule("(a{1000}){1000}"))),
    row("P03c", "rule that is no UTF-8", 2, &[], |case| {
        case.control();
        case.write("own/acme-key.toml", b"title = \"\xff\"\n");
        case.scan(&["--rules", "own", "."]);
    }),
    row("P03d", "600 rules", 2, &[], |case| {
        case.control();
        (0..600).for_each(|at| case.write(format!("own/a{at}.toml"), rule("acme_[0-9]{12}")));
        case.scan(&["--rules", "own", "."]);
    }),
    row("P03e", "rule with tables within each other, 10,000 deep", 2, &[], |case| {
        rules(case, &format!("x = {}1{}\n", "[".repeat(10_000), "]".repeat(10_000)));
    }),
    row("P03f", "pinstripe.toml with tables within each other, 10,000 deep", 2, &[], |case| {
        case.control();
        case.write("pinstripe.toml", format!("x = {}1{}\n", "[".repeat(10_000), "]".repeat(10_000)));
    }),
    row("P03g", "baseline with lists within each other, 100,000 deep", 2, &[], |case| {
        case.control();
        case.write(
            ".pinstripe-baseline.json",
            format!("{{\"schema\":\"pinstripe.baseline/1\",\"entries\":{}", "[".repeat(100_000)),
        );
    }),
    row("P03h", "rules.directories that leave the root, by a link", 2, &[], |case| {
        case.control();
        case.dir.write_bytes("outside/acme-key.toml", rule("acme_[0-9]{12}").as_bytes());
        case.link("../outside", "own");
        case.write("pinstripe.toml", "[rules]\ndirectories = [\"own\"]\n");
    }),
    row("P05", "CODEOWNERS of 45,000 patterns of stars, for 40 files", 0, &[], |case| {
        let paths: Vec<String> = (0..40).map(|at| format!("{}/{at}.env", "a/".repeat(60))).collect();
        for path in paths {
            let line = case.line();
            case.write(path, line);
        }
        case.write("CODEOWNERS", (0..45_000).map(|at| format!("**/*a*/**/*b{at}* @o\n")).collect::<String>());
    })
    .mib(300),
    row("P05b", "CODEOWNERS of 600,000 lines", 0, &[], |case| {
        case.control();
        case.write(".github/CODEOWNERS", "a @b\n".repeat(600_000));
    }),
    row("P05c", "CODEOWNERS of 50,000 sections with one line of a megabyte", 0, &[], |case| {
        case.control();
        let sections: String = (0..45_000).map(|at| format!("[{at}] @o\n*\n")).collect();
        case.write(".gitlab/CODEOWNERS", format!("{sections}* {}\n", "@x ".repeat(1 << 19)));
    }),
    row(
        "P05d",
        "CODEOWNERS that is a link out of the tree, that is no UTF-8, and that is a directory",
        0,
        &[],
        |case| {
            case.control();
            case.dir.write_bytes("outside/CODEOWNERS", b"* @outside\n");
            case.write(".github/x", "");
            case.link("../../outside/CODEOWNERS", ".github/CODEOWNERS");
            case.write("docs/CODEOWNERS", b"[\xff] @\xff\n\xff\xfe\n");
            case.write("CODEOWNERS/x", "");
        },
    ),
    row("P06", ".mailmap of 4 MiB in short lines, history with authors", 0, &[], |case| mailmap(case, 280_000)),
    row("P06b", ".mailmap of 20 MB, history with authors", 0, &[], |case| mailmap(case, 1_400_000)),
    elsewhere("P04", "range that is empty", "tests/it/range.rs", "an_empty_range_is_clean"),
    elsewhere("P04b", "base that is unknown", "tests/it/range.rs", "ends_that_are_unknown_say_how_to_get_them"),
    elsewhere(
        "P04c",
        "histories without a common commit",
        "tests/it/range.rs",
        "unrelated_histories_are_scanned_whole",
    ),
];

fn mailmap(case: &mut Case, lines: usize) {
    case.git(&["init", "-q"]);
    case.write(".mailmap", (0..lines).map(|at| format!("<{at:x}><{at:x}>\n")).collect::<String>());
    case.repository();
}

fn entry(rule: &str, number: usize) -> String {
    format!("{{\"rule\": {rule:?}, \"fingerprint\": \"{number:032x}\", \"reason\": \"known\"}}")
}

fn baseline(case: &mut Case, entries: &str) {
    case.control();
    let text = format!("{{\"schema\": \"pinstripe.baseline/1\", \"entries\": [\n{entries}\n]}}\n");
    case.write(".pinstripe-baseline.json", text);
}

fn allowances(case: &mut Case, count: usize) {
    case.control();
    let allow = |at| format!("[[allow]]\nrule = \"*\"\npaths = [\"a{at}/**/x?.[a-c]\"]\nreason = \"known\"\n");
    case.write("pinstripe.toml", (0..count).map(allow).collect::<String>());
}

fn rule(pattern: &str) -> String {
    format!(
        "title = \"Acme key\"\nseverity = \"high\"\nconfidence = \"high\"\n[detect]\nliterals = [\"acme_\"]\npattern = '{pattern}'\n\
         check = \"any\"\n[help]\nwhat = \"a\"\nwhy = \"b\"\nfix = \"c\"\n"
    )
}

fn rules(case: &mut Case, text: &str) {
    case.control();
    case.write("own/acme-key.toml", text);
    case.scan(&["--rules", "own", "."]);
}

#[test]
fn policies_and_rules() {
    prove(ROWS);
}
