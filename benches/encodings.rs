//! Measures encodings: the matcher with them and blind to them, on text that
//! is representative (this repository's sources), dense (minified code) and hostile (base64 noise).
//!
//! `PINSTRIPE_BENCH=DIR cargo bench --bench encodings` adds the files of a directory, up to 64 MiB of them.

#![expect(clippy::disallowed_methods, reason = "a bench reads its corpus")]
#![expect(clippy::expect_used, reason = "a bench without rules or corpus has nothing to measure")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pinstripe::credential::forge::Forge;
use pinstripe::detect::Engine;
use pinstripe::rules::load::load;

/// Bytes of each generated corpus.
const SIZE: usize = 8 << 20;

/// A name and files.
type Corpus = (&'static str, Vec<Vec<u8>>);

fn sources(directory: &Path, limit: usize) -> Vec<Vec<u8>> {
    let mut left = limit;
    walkdir::WalkDir::new(directory)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| std::fs::read(entry.path()).ok())
        .take_while(|bytes| {
            let fits = bytes.len() <= left;
            left = left.saturating_sub(bytes.len());
            fits
        })
        .collect()
}

fn noise(alphabet: &[u8], wrap: usize) -> Vec<u8> {
    let mut forge = Forge::new(1);
    (0..SIZE)
        .map(|at| {
            if wrap > 0 && at % wrap == wrap - 1 {
                b'\n'
            } else {
                alphabet[(forge.bits() % alphabet.len() as u64) as usize]
            }
        })
        .collect()
}

/// This repository's sources without blanks: one line, short names, many of them.
fn minified(sources: &[Vec<u8>]) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::with_capacity(SIZE + 4096);
    while text.len() < SIZE {
        text.extend(sources.iter().flatten().filter(|byte| !byte.is_ascii_whitespace()));
    }
    text.truncate(SIZE);
    text
}

fn corpora() -> Vec<Corpus> {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let own = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), SIZE);
    let bytes: Vec<u8> = (0..=255).collect();
    let mut corpora = vec![
        ("minified", vec![minified(&own)]),
        ("sources", own),
        ("base64-one-line", vec![noise(BASE64, 0)]),
        ("base64-at-76", vec![noise(BASE64, 77)]),
        ("hex", vec![noise(b"0123456789abcdef", 0)]),
        ("random-bytes", vec![noise(&bytes, 0)]),
    ];
    if let Some(directory) = std::env::var_os("PINSTRIPE_BENCH") {
        corpora.push(("directory", sources(Path::new(&directory), 64 << 20)));
    }
    corpora
}

fn engine(criterion: &mut Criterion) {
    let rules = load(true, &[]).expect("the built-in rules load");
    let engines = [
        ("encodings", Engine::new(rules.clone()).expect("the rules can be searched")),
        ("plain", Engine::without_encodings(rules).expect("the rules can be searched")),
    ];
    for (corpus, files) in corpora() {
        let mut group = criterion.benchmark_group(corpus);
        group.throughput(Throughput::Bytes(files.iter().map(|file| file.len() as u64).sum()));
        group.sample_size(10);
        for (name, engine) in &engines {
            group.bench_function(format!("scan/{name}"), |bencher| {
                bencher.iter(|| files.iter().map(|file| black_box(engine.scan(file)).len()).sum::<usize>());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, engine);
criterion_main!(benches);
