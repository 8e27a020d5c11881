//! Measures encodings in the worst text: each corpus through the engine with them and blind to them, read from a file
//! in windows as a scan reads it, alternating, the fastest of several rounds. Prints the ratio; the bar is 2.
//!
//! `cargo bench --bench noise` generates 100 MiB each of base64 (wrapped, on one line, URL-safe), hexadecimal digits,
//! random bytes and zeros. `PINSTRIPE_NOISE=FILE[:FILE…]` adds files, such as the minified bundles of some packages,
//! each repeated to the same size; `PINSTRIPE_NOISE_MIB` changes the size.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads its corpus and prints what it measured"
)]
#![expect(clippy::unwrap_used, reason = "a bench stops at the first surprise")]

use std::io::Write;
use std::time::{Duration, Instant};

use pinstripe::credential::forge::Forge;
use pinstripe::detect::{
    Engine,
    stream::{Scratch, scan_reader},
};
use pinstripe::rules::load::load;

const ROUNDS: usize = 7;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn digits(alphabet: &[u8], size: usize) -> Vec<u8> {
    let mut forge = Forge::new(1);
    let mut text = Vec::with_capacity(size + 8);
    while text.len() < size {
        text.extend(forge.bits().to_le_bytes().map(|byte| alphabet[usize::from(byte) % alphabet.len()]));
    }
    text
}

fn corpora(size: usize) -> Vec<(String, Vec<u8>)> {
    let wrapped = digits(BASE64, size).chunks(76).flat_map(|line| [line, b"\n"].concat()).collect();
    let mut corpora = vec![
        ("base64 at 76".to_owned(), wrapped),
        ("base64 on one line".to_owned(), digits(BASE64, size)),
        ("base64url".to_owned(), digits(BASE64URL, size)),
        ("hex".to_owned(), digits(b"0123456789abcdef", size)),
        ("bytes".to_owned(), digits(&(0..=255).collect::<Vec<u8>>(), size)),
        ("zeros".to_owned(), vec![0; size]),
    ];
    let files = std::env::var("PINSTRIPE_NOISE").unwrap_or_default();
    for path in files.split(':').filter(|path| !path.is_empty()) {
        let text = std::fs::read(path).unwrap();
        let text = text.iter().copied().cycle().take(size).collect();
        corpora.push((path.to_owned(), text));
    }
    corpora
}

fn scan(engine: &Engine, file: &tempfile::NamedTempFile, scratch: &mut Scratch) -> (Duration, usize) {
    let mut reader = file.reopen().unwrap();
    let mut hits = Vec::new();
    let begun = Instant::now();
    scan_reader(engine, &mut reader, scratch, &mut hits).unwrap();
    (begun.elapsed(), hits.len())
}

fn main() {
    let size = std::env::var("PINSTRIPE_NOISE_MIB").map_or(100, |size| size.parse().unwrap()) << 20;
    let rules = load(true, &[]).unwrap();
    let engines = [Engine::without_encodings(rules.clone()).unwrap(), Engine::new(rules).unwrap()];
    let mut scratch = Scratch::default();
    for (name, text) in corpora(size) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&text).unwrap();
        drop(text);
        let mut best = [Duration::MAX; 2];
        for _ in 0..ROUNDS {
            for (best, engine) in best.iter_mut().zip(&engines) {
                *best = scan(engine, &file, &mut scratch).0.min(*best);
            }
        }
        let [off, on] = best.map(|time| time.as_secs_f64() * 1e3);
        println!("{name}: {off:.1} ms without encodings, {on:.1} ms with them, ratio {:.2}", on / off);
    }
}
