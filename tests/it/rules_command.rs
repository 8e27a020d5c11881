//! `rules`, `completions` and `man`.

use crate::support::Dir;

#[test]
fn every_rule_is_listed_and_explained() {
    let dir = Dir::new();
    let list = dir.run(&["rules", "list"]);
    assert_eq!(list.code, 0, "{}", list.stderr);
    let ids: Vec<&str> = list.stdout.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert!(ids.len() >= 22 && list.stdout.starts_with("critical"), "{}", list.stdout);
    for id in ids {
        let told = dir.run(&["rules", "explain", id]);
        assert_eq!(told.code, 0, "{id}: {}", told.stderr);
        assert!(told.stdout.contains(&format!("[{id}]")) && told.stdout.contains("What to do"));
        assert!(!told.stdout.contains("{api-keys}") && !told.stdout.contains('\u{1b}'));
    }
}

#[test]
fn the_general_advice_has_links() {
    let dir = Dir::new();
    let live = dir.run(&["rules", "explain", "secret-live"]).stdout;
    assert!(live.contains("https://dashboard.stripe.com/apikeys\n"), "{live}");
    assert!(live.contains("https://dashboard.stripe.com/apikeys/create?name=least-privilege\n"), "{live}");
    assert!(!live.contains("rak_") && !live.contains("permissions[]"), "{live}");
    let test = dir.run(&["rules", "explain", "secret-test"]).stdout;
    assert!(test.contains("https://dashboard.stripe.com/test/apikeys\n"), "{test}");
}

#[test]
fn an_unknown_rule_is_an_error_with_a_hint() {
    let run = Dir::new().run(&["rules", "explain", "live-secret"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean") && run.stderr.contains("secret-live"), "{}", run.stderr);
}

#[test]
fn checking_proves_built_in_rules_and_ones_own() {
    let mut dir = Dir::new();
    let run = dir.run(&["rules", "check"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let rule = |example: &str| {
        format!(
            "title = \"Internal token\"\nseverity = \"high\"\nexamples = ['{example}']\n[detect]\nliterals = ['acme_tok_']\npattern = 'acme_tok_[a-z]{{12}}'\ncheck = 'any'\n[help]\nwhat = 'w'\nwhy = 'y'\nfix = 'f'\n"
        )
    };
    dir.write("own/acme-token.toml", &rule("t=acme_tok_abcdefghijkl"));
    let run = dir.run(&["rules", "check", "own"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lint = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/policy/rule-of-ones-own/files/rules");
    assert_eq!(dir.run(&["rules", "check", lint]).code, 0, "a lint of one's own");
    assert!(dir.run(&["rules", "list", "--rules", "own"]).stdout.contains("acme-token"));
    dir.write("own/acme-token.toml", &rule("nothing"));
    let run = dir.run(&["rules", "check", "own"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("acme-token: the rule does not find its example: nothing"), "{}", run.stderr);
    dir.write("own/acme-token.toml", "title = 3\n");
    let run = dir.run(&["rules", "check", "own"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("acme-token.toml: title"), "{}", run.stderr);
}

#[test]
fn completions_and_manual_know_the_commands() {
    let dir = Dir::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = dir.run(&["completions", shell]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        for word in ["fail-on", "secret-live", "webhook-unverified"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
    let page = dir.run(&["man"]);
    assert_eq!(page.code, 0, "{}", page.stderr);
    for part in [
        ".TH pinstripe 1",
        ".SH \"PINSTRIPE SCAN\"",
        ".SH \"PINSTRIPE RULES EXPLAIN\"",
        "fail\\-on",
        "EXIT STATUS",
        ".SH EXAMPLES",
    ] {
        assert!(page.stdout.contains(part), "{part}: {}", page.stdout);
    }
}
