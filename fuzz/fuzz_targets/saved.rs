//! Saved reports: what is taken is merged with nothing else, written in every format, and read back the same.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::audit::SavedReport;
use pinstripe::detect::Redactor;
use pinstripe::model::Severity;
use pinstripe::report::{FORMATS, Options, Redacted};
use pinstripe::rules::{RuleSet, load::load};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| load(true, &[]).expect("the rules load"));
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(&RULES));

fn written(report: &Redacted, format: &str) -> Vec<u8> {
    let options = Options {
        color: false, verbose: 2, quiet: false, min_severity: Severity::Note, fail_on: Severity::Medium,
        repository_url: None, sarif_category: None,
    };
    let format = FORMATS.iter().find(|known| known.name == format).expect("a format");
    let mut out = Vec::new();
    format.write(report, &RULES, &options, &mut out).expect("memory can be written");
    out
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(saved) = SavedReport::parse("fuzz.json", bytes) else { return };
    let report = Redacted::of_saved(saved, &REDACTOR);
    for format in FORMATS {
        written(&report, format.name);
    }
    let json = written(&report, "json");
    let again = SavedReport::parse("again.json", &json).unwrap_or_else(|error| panic!("{error}"));
    assert!(written(&Redacted::of_saved(again, &REDACTOR), "json") == json);
});
