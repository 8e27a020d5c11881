//! Texts larger than a window.

use pinstripe::credential::forge::Forge;
use pinstripe::detect::{
    Engine,
    stream::{Scratch, scan_reader},
};
use pinstripe::model::limits::{REACH, WINDOW};
use pinstripe::rules::load::load;

use crate::support::Dir;

/// The offset at which the first window stops classifying.
const EDGE: usize = WINDOW + REACH;

fn at_offset(key: &str, offset: usize, filler: &[u8]) -> Vec<u8> {
    between(key, offset, filler, [b' ', b' '])
}

fn between(key: &str, offset: usize, filler: &[u8], neighbours: [u8; 2]) -> Vec<u8> {
    let mut text: Vec<u8> = filler.iter().copied().cycle().take(offset).collect();
    text.push(neighbours[0]);
    text.extend_from_slice(key.as_bytes());
    text.push(neighbours[1]);
    text.extend(filler.iter().copied().cycle().take(2 * REACH));
    text
}

fn found_once(engine: &Engine, text: &[u8], offset: usize) -> bool {
    let (mut hits, mut scratch) = (Vec::new(), Scratch::default());
    scan_reader(engine, &mut &text[..], &mut scratch, &mut hits).unwrap();
    hits.len() == 1 && hits[0].span.start == offset as u64 + 1
}

fn around_the_edge(step: usize) {
    let engine = Engine::new(load(true, &[]).unwrap()).unwrap();
    let mut forge = Forge::new(9);
    for name in ["sk_live", "whsec", "pi_secret", "sk_org"] {
        let key = forge.make(name).unwrap();
        for delta in (0..=400).step_by(step) {
            for edge in [EDGE, WINDOW, WINDOW + 2 * REACH] {
                let offset = edge - 200 + delta;
                assert!(found_once(&engine, &at_offset(&key, offset, b"x\0\xff;"), offset), "{name} at {offset}");
                // A program: the length before the key, an opcode behind it.
                let stored = between(&key, offset, b"x\0\xff;", [u8::try_from(key.len()).unwrap(), b'T']);
                assert!(found_once(&engine, &stored, offset), "{name} behind its length at {offset}");
            }
        }
    }
}

#[test]
fn a_key_is_found_around_a_window_edge() {
    around_the_edge(37);
}

#[test]
#[ignore = "every offset; run with --ignored"]
fn a_key_is_found_at_every_offset_around_a_window_edge() {
    around_the_edge(1);
}

#[test]
fn lines_and_columns_are_right_far_into_a_file() {
    let mut dir = Dir::new();
    let key = dir.forge.make("sk_live").unwrap();
    let mut text = "x\r\n".repeat(600_000);
    text.push_str(&"y".repeat(1_500_000));
    text.push_str(&format!(" {key}\n"));
    dir.write_bytes("big.txt", text.as_bytes());
    let report = dir.scan(&["big.txt"]).report();
    let at = &report.findings[0].locations[0];
    assert_eq!((at.line, at.column), (600_001, 1_500_002));
    assert_eq!(report.coverage.bytes, text.len() as u64);
}

#[test]
fn standard_input_is_read_like_a_file() {
    let mut forge = Forge::new(3);
    let mut input = vec![b'z'; 3 * WINDOW];
    input.extend_from_slice(forge.fill("\nk={{sk_live}}\n").as_bytes());
    let dir = Dir::new();
    let run = crate::support::run_in(
        dir.path(),
        &["scan", "--stdin", "--stdin-name", "dump.sql", "--format", "json"],
        &input,
    );
    let at = &run.report().findings[0].locations[0];
    assert_eq!((at.path.as_str(), at.line, at.column), ("dump.sql", 2, 3));
    assert_eq!(run.code, 1);
    let empty = crate::support::run_in(dir.path(), &["scan", "--stdin"], b"");
    assert_eq!(empty.code, 0);
}
