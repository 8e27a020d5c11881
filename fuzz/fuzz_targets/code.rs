//! Everything that is done with a tree: program code, sections, manifests, groups of keys. A line `--- path` begins a
//! file; 0x01 stands for a live key, 0x02 for a publishable one of another account, 0x03 for a test key.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::credential::forge::Forge;
use pinstripe::detect::Engine;
use pinstripe::fuzzing::scan;
use pinstripe::lints::LintSet;
use pinstripe::rules::load::load;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(load(true, &[]).expect("the rules load")).expect("the rules can be searched"));
static LINTS: LazyLock<LintSet<'static>> = LazyLock::new(|| LintSet::new(&ENGINE));
static KEYS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let mut forge = Forge::new(7);
    ["sk_live", "pk_live@b", "sk_test"].map(|name| forge.make(name).expect("a known name"))
});

fuzz_target!(|bytes: &[u8]| {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for (mark, key) in ["\u{1}", "\u{2}", "\u{3}"].iter().zip(KEYS.iter()) {
        text = text.replace(mark, key);
    }
    let most = text.matches(['\n', '\r']).count() + 1;
    for finding in scan::findings(&LINTS, &ENGINE, &text) {
        assert!(!finding.locations.is_empty());
        assert!(finding.locations.iter().all(|at| at.line >= 1 && at.column >= 1 && at.line <= most as u64));
    }
});
