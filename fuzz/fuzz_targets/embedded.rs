//! Names of the cells of notebooks and the sources of maps, and hashes of lines.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::detect::Redactor;
use pinstripe::fuzzing::source;
use pinstripe::model::line_hash::{TokenSpan, compute};
use pinstripe::rules::load::load;

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(&load(true, &[]).expect("the rules load")));

fuzz_target!(|bytes: &[u8]| {
    for start in [&b"{\"sourcesContent\":"[..], b"{\"nbformat\":4,\"cells\":", b"{"] {
        source::embedded(&[start, bytes].concat(), &REDACTOR);
    }
    let tokens: Vec<TokenSpan> = bytes
        .chunks(4)
        .take(8)
        .map(|chunk| {
            let [line, column] = [1 + u64::from(chunk[0] % 8), 1 + u64::from(chunk[chunk.len() - 1])];
            TokenSpan { start: (line, column), end: (line, column + 20) }
        })
        .collect();
    assert_eq!(compute(bytes, &tokens).len(), tokens.len());
});
