//! The policy: configuration, baseline, inline directives, and what is imported of gitleaks. The first byte says which.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::policy;
use pinstripe::rules::{RuleSet, load::load};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| load(true, &[]).expect("the rules load"));

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((b'a'..=b'f', text)) => policy::config(text, &RULES),
        Some((b'g'..=b'l', text)) => policy::baseline(text),
        Some((_, text)) => policy::foreign(&String::from_utf8_lossy(text)),
        None => {}
    }
});
