//! Loops over what a stranger supplies, each with the processor time that it takes at n, 2n and 4n.

use std::time::Duration;

use crate::case::Case;
use crate::objects::{BLOB, NAME_DELTA, Pack, bomb, branch, commit, delta, entry, name, raw, write};
use crate::watch::{Ceiling, Watched};

/// A loop: what it runs over, a number that takes a while, and how that many are made.
struct Loop {
    over: &'static str,
    count: usize,
    build: fn(&mut Case, usize),
}

const fn over(over: &'static str, count: usize, build: fn(&mut Case, usize)) -> Loop {
    Loop { over, count, build }
}

const LOOPS: &[Loop] = &[
    over("keys on lines of an env file", 2_000, |case, n| case.write(".env", keys(n, "\n"))),
    over("keys on one line", 2_000, |case, n| case.write("app.js", keys(n, ";"))),
    over("pairs of keys in sections", 1_000, |case, n| {
        let [mut live, mut test] = [3, 4].map(pinstripe::credential::forge::Forge::new);
        let section = |at| {
            let [secret, public] = [live.make("sk_live").unwrap(), test.make("pk_test").unwrap()];
            format!("s{at}:\n  secret_key: {secret}\n  publishable_key: {public}\n")
        };
        case.write("keys.yml", (0..n).map(section).collect::<String>());
    }),
    over("keys below lines of blanks", 500, |case, n| {
        case.write("k.yml", format!("{}{}", format!("{}\n", " ".repeat(2_000)).repeat(300), keys(n, "\n")));
    }),
    over("modes of env files", 200, |case, n| {
        case.write(".env", keys(1_000, "\n"));
        (0..n).for_each(|at| case.write(format!(".env.m{at}"), keys(1, "\n")));
    }),
    over("names with a public prefix", 5_000, |case, n| {
        case.write(
            "src/a.ts",
            (0..n).map(|at| format!("a(process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY_{at});\n")).collect::<String>(),
        );
    }),
    over("verifiers in blocks", 500, |case, n| {
        let handler = "if (secret) {\n  event = stripe.webhooks.constructEvent(body, sig, secret);\n} else {\n  event = JSON.parse(body);\n}\n";
        case.write(
            "src/hook.js",
            format!("const stripe = require('stripe');\nfunction f() {{\n{}\n}}\n", handler.repeat(n)),
        );
    }),
    over("verifiers in blocks within each other", 200, |case, n| {
        let open = "if (secret) {\n  stripe.webhooks.constructEvent(body, sig, secret);\n";
        case.write("src/hook.js", format!("const stripe = require('stripe');\n{}{}", open.repeat(n), "}".repeat(n)));
    }),
    over("brackets that nothing closes", 50_000, |case, n| {
        case.write(
            "src/hook.js",
            format!("require('stripe').webhooks.constructEvent(\n{}", "app.post('/webhook', (\n".repeat(n / 20)),
        );
    }),
    over("slashes on one line", 50_000, |case, n| {
        let head = "const stripe = 1;\n".repeat(5_000);
        case.write("src/hook.js", format!("{head}stripe.webhooks.constructEvent(a, b, c);\n{}\n", "=/[".repeat(n)));
    }),
    over("line ends in a row", 100_000, |case, n| {
        let head = "if (secret) { stripe.webhooks.constructEvent(a, b, c) }";
        case.write("src/hook.js", format!("{head}{}", "\n".repeat(n)));
    }),
    over("findings, with 1,000 allowances", 1_000, |case, n| {
        let allow = |at| format!("[[allow]]\nrule = \"*\"\npaths = [\"a{at}/**\"]\nreason = \"known\"\n");
        case.write("pinstripe.toml", (0..1_000).map(allow).collect::<String>());
        case.write(".env", keys(n, "\n"));
    }),
    over("entries of a baseline", 20_000, |case, n| {
        let entry =
            |at| format!("{{\"rule\": \"secret-live\", \"fingerprint\": \"{at:032x}\", \"reason\": \"known\"}}");
        let entries: Vec<String> = (0..n).map(entry).collect();
        case.write(
            ".pinstripe-baseline.json",
            format!("{{\"schema\": \"pinstripe.baseline/1\", \"entries\": [{}]}}", entries.join(",\n")),
        );
    }),
    over("findings, as SARIF", 2_000, |case, n| formatted(case, n, "sarif")),
    over("findings, as Markdown", 2_000, |case, n| formatted(case, n, "markdown")),
    over("findings, for GitHub", 2_000, |case, n| formatted(case, n, "github")),
    over("findings, as text", 2_000, |case, n| formatted(case, n, "text")),
    over("members of an archive", 5_000, |case, n| {
        let names: Vec<String> = (0..n).map(|at| format!("{at}.txt")).collect();
        let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"some text"[..])).collect();
        case.write("a.tar", crate::support::containers::tar(&members));
    }),
    over("empty gzip members", 20_000, |case, n| case.write("a.gz", crate::support::containers::gzip(b"").repeat(n))),
    over("deltas in reverse in a pack without index", 1_000, |case, n| {
        case.git(&["init", "-q"]);
        let mut pack = Pack::new();
        let texts: Vec<Vec<u8>> = (0..=n).map(|at| format!("{at} {}", "text ".repeat(60)).into_bytes()).collect();
        for at in (1..=n).rev() {
            let change = whole(&texts[at - 1], &texts[at]);
            pack.add(NAME_DELTA, change.len() as u64, &raw(&name("blob", &texts[at - 1])), &change);
        }
        pack.add(BLOB, texts[0].len() as u64, b"", &texts[0]);
        pack.write(&case.target);
        case.scan(&["--history"]);
    }),
    over("files that a range renames", 500, |case, n| {
        case.git(&["init", "-q", "-b", "main"]);
        let tree = |prefix: &str| -> Vec<u8> {
            let blob = |at: usize| write(&case.target, "blob", format!("{at}\n{}", "text\n".repeat(20)).as_bytes());
            (0..n).flat_map(|at| entry("100644", format!("{prefix}{at:06}"), &blob(at))).collect()
        };
        let [old, new] = ["a", "b"].map(|prefix| write(&case.target, "tree", &tree(prefix)));
        range(case, &old, &new);
    }),
    over("directories above a key in a range", 250, |case, n| {
        case.git(&["init", "-q", "-b", "main"]);
        let mut inner = write(
            &case.target,
            "tree",
            &entry("100644", "app.js", &write(&case.target, "blob", keys(1, "\n").as_bytes())),
        );
        for _ in 0..n {
            inner = write(&case.target, "tree", &entry("40000", "d", &inner));
        }
        range(case, &write(&case.target, "tree", b""), &inner);
    }),
    over("bombs of trees in a range", 4, |case, n| {
        let bombs = bombs(case, n);
        range(case, &write(&case.target, "tree", b""), &bombs);
    }),
    over("bombs of trees at HEAD, staged", 4, |case, n| {
        bombs_at_head(case, n);
        case.scan(&["--staged"]);
    }),
    over("bombs of trees at HEAD, history", 4, |case, n| {
        bombs_at_head(case, n);
        case.scan(&["--history"]);
    }),
    over("bombs of trees in a push", 4, |case, n| {
        let bombs = write(&case.target, "commit", &commit(&bombs(case, n), &[], "bombs"));
        case.environment.push(("GIT_DIR".to_owned(), ".git".to_owned()));
        case.input = format!("{} {bombs} refs/heads/main\n", "0".repeat(40)).into_bytes();
        case.scan(&["hook", "pre-receive", "--threads", "1"]);
    }),
    over("trees of two equal entries above a key", 1_000, |case, n| {
        case.repository();
        let blob = write(&case.target, "blob", keys(1, "").as_bytes());
        let mut tree = write(&case.target, "tree", &entry("100644", "k.env", &blob));
        for _ in 0..n {
            let entries = ["a", "b"].map(|name| entry("40000", name, &tree));
            tree = write(&case.target, "tree", &entries.concat());
        }
        branch(&case.target, "double", &write(&case.target, "commit", &commit(&tree, &[], "double")));
    }),
    over("refs", 20_000, |case, n| {
        case.repository();
        let head = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
        case.write(".git/packed-refs", (0..n).map(|at| format!("{head} refs/tags/t{at:06}\n")).collect::<String>());
    }),
    over("refs to a chain of as many tags", 1_000, |case, n| {
        case.repository();
        let mut tag = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let mut refs = String::new();
        for at in 0..n {
            let kind = if at == 0 { "commit" } else { "tag" };
            let text = format!("object {tag}\ntype {kind}\ntag t{at}\ntagger A <a> 1 +0000\n\nx\n");
            tag = write(&case.target, "tag", text.as_bytes());
            refs += &format!("{tag} refs/tags/t{at:06}\n");
        }
        case.write("keys.env", keys(200, "\n"));
        case.commit("keys");
        case.write(".git/packed-refs", refs);
        case.scan(&["--history"]);
    }),
    over("parents of a commit", 5_000, |case, n| {
        case.repository();
        let head = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let tree = case.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned();
        branch(&case.target, "many", &write(&case.target, "commit", &commit(&tree, &vec![head; n], "many")));
    }),
    over("files of a work tree", 2_000, |case, n| {
        (0..n).for_each(|at| case.write(format!("d{}/{at}", at % 50), "text\n"))
    }),
    over("patterns of an ignore file, with 500 files", 2_000, |case, n| {
        case.git(&["init", "-q"]);
        (0..500).for_each(|at| case.write(format!("d/{at}"), "text\n"));
        case.write(".gitignore", (0..n).map(|at| format!("x{at}\n")).collect::<String>());
    }),
];

/// Keys of one account each, each with a variable.
fn keys(count: usize, end: &str) -> String {
    let mut forge = pinstripe::credential::forge::Forge::new(3);
    (0..count).map(|at| format!("STRIPE_SECRET_KEY_{at}={}{end}", forge.make("sk_live").unwrap())).collect()
}

fn formatted(case: &mut Case, count: usize, format: &str) {
    case.write(".env", keys(count, "\n"));
    case.scan(&[".", "--output", &format!("{format}={}", case.dir.join("out").display())]);
}

/// A delta that makes a text of nothing of its base.
fn whole(base: &[u8], text: &[u8]) -> Vec<u8> {
    let header = delta(base.len() as u64, 0, &[]);
    let size = [(text.len() as u8) | 0x80, (text.len() >> 7) as u8];
    let inserts = text.chunks(127).flat_map(|part| [&[part.len() as u8], part].concat());
    [&header[..header.len() - 1], &size].concat().into_iter().chain(inserts).collect()
}

/// Makes a repository and returns a tree of bombs, each with a key of its own.
fn bombs(case: &Case, count: usize) -> String {
    case.git(&["init", "-q", "-b", "main"]);
    let mut forge = pinstripe::credential::forge::Forge::new(3);
    let mut text = || format!("STRIPE_SECRET_KEY={}\n", forge.make("sk_live").unwrap());
    let bombs = (0..count).flat_map(|at| entry("40000", format!("b{at:06}"), &bomb(&case.target, text().as_bytes())));
    write(&case.target, "tree", &bombs.collect::<Vec<u8>>())
}

fn bombs_at_head(case: &Case, count: usize) {
    let tree = bombs(case, count);
    branch(&case.target, "main", &write(&case.target, "commit", &commit(&tree, &[], "bombs")));
}

/// Scans the change from one tree to another.
fn range(case: &mut Case, old: &str, new: &str) {
    let base = write(&case.target, "commit", &commit(old, &[], "base"));
    let head = write(&case.target, "commit", &commit(new, std::slice::from_ref(&base), "head"));
    branch(&case.target, "base", &base);
    branch(&case.target, "main", &head);
    case.scan(&["--range", "base..main"]);
}

fn measure(it: &Loop, count: usize, seconds: u64) -> Option<Watched> {
    let mut case = Case::new(false);
    (it.build)(&mut case, count);
    let run = case.run(&["--format", "json", "--threads", "1"], Ceiling { mib: 4_000, seconds });
    if let Some(killed) = &run.killed {
        eprintln!("{}: {killed} at {count}", it.over);
        return None;
    }
    assert!((0..=3).contains(&run.code) && run.code != 2, "{}: exit {}\n{}", it.over, run.code, run.stderr);
    Some(run)
}

#[test]
fn each_loop_ends() {
    let endless = |it: &&Loop| measure(it, it.count / 4, 120).is_none();
    let endless: Vec<&str> = LOOPS.iter().filter(endless).map(|it| it.over).collect();
    assert!(endless.is_empty(), "{endless:?}");
}

#[test]
#[ignore = "measures processor time; run alone, optimised, with --ignored"]
fn each_loop_is_linear() {
    let mut steep = Vec::new();
    for it in LOOPS {
        let times = [1, 2, 4].map(|times| measure(it, times * it.count, 300).map(|run| run.cpu));
        let shown = times.map(|taken| taken.map_or("-".to_owned(), |taken| format!("{:.2}", taken.as_secs_f64())));
        eprintln!("| {} | {} | {} |", it.over, it.count, shown.join(" · "));
        let linear =
            |[one, _, four]: [Option<Duration>; 3]| Some(four? <= one?.mul_f64(6.0) + Duration::from_millis(300));
        if linear(times) != Some(true) {
            steep.push(it.over);
        }
    }
    assert!(steep.is_empty(), "{steep:#?}");
}

/// Loops that did not end once, and the number to begin with.
const DECADES: [(&str, usize); 8] = [
    ("bombs of trees in a range", 1),
    ("bombs of trees at HEAD, staged", 1),
    ("bombs of trees at HEAD, history", 1),
    ("bombs of trees in a push", 1),
    ("keys on lines of an env file", 100),
    ("directories above a key in a range", 20),
    ("deltas in reverse in a pack without index", 400),
    ("files that a range renames", 100),
];

#[test]
#[ignore = "prints time and memory at n, 10 n and 100 n; run alone, optimised, with --ignored"]
fn loops_that_did_not_end() {
    for (over, count) in DECADES {
        let it = LOOPS.iter().find(|it| it.over == over).unwrap();
        let cells = [1, 10, 100].map(|times| {
            let run = measure(it, times * count, 300).unwrap_or_else(|| panic!("{over}"));
            format!("{:.2} s, {} MiB, exit {}", run.cpu.as_secs_f64(), run.peak, run.code)
        });
        eprintln!("| {over} | {count} | {} |", cells.join(" | "));
    }
}
