//! A text in windows gives what the text gives whole. The first two bytes say how much blank text stands in front, so
//! that the rest comes to lie around the edge of a window.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinstripe::detect::{Engine, stream::{Scratch, scan_reader}};
use pinstripe::model::limits::{REACH, WINDOW};
use pinstripe::rules::load::load;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(load(true, &[]).expect("the rules load")).expect("the rules can be searched"));

fuzz_target!(|bytes: &[u8]| {
    let Some((shift, rest)) = bytes.split_first_chunk::<2>() else { return };
    if rest.len() > REACH / 4 {
        return;
    }
    let mut text = vec![b'\n'; WINDOW + REACH - usize::from(u16::from_le_bytes(*shift)) % REACH];
    text.extend_from_slice(rest);
    text.resize(text.len() + 2 * REACH, b'\n');
    let mut hits = Vec::new();
    scan_reader(&ENGINE, &mut text.as_slice(), &mut Scratch::default(), &mut hits).expect("memory can be read");
    let spans = |hits: &[pinstripe::detect::Hit]| hits.iter().map(|hit| (hit.rule, hit.span.clone())).collect::<Vec<_>>();
    assert_eq!(spans(&hits), spans(&ENGINE.scan(&text)));
});
