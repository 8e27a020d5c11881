//! The loader of rules, and the matcher with whatever rules it takes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::detect::Engine;
use pinstripe::lints::LintSet;
use pinstripe::model::{PathText, ScanLocation};
use pinstripe::rules::load::load_with;

fuzz_target!(|bytes: &[u8]| {
    let Ok(rules) = load_with(false, &[], &[("own/acme-key.toml".to_owned(), bytes.to_vec())]) else { return };
    let Ok(engine) = Engine::new(rules) else { return };
    for hit in engine.scan(bytes) {
        assert!(hit.span.start < hit.span.end);
    }
    let _ = engine.redactor().sanitize(&String::from_utf8_lossy(bytes));
    let _ = LintSet::new(&engine).collect(&ScanLocation::file(PathText::new(b"src/stripe.ts")), bytes, true);
});
