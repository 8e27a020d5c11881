//! Measures the cost of a byte: clean text, text full of near misses, text full of keys.
//!
//! `cargo bench`. Keys are forged from a seed, so that runs compare.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pinstripe::credential::forge::Forge;
use pinstripe::detect::{
    Engine,
    stream::{Scratch, scan_reader},
};
use pinstripe::rules::load::load;

const SIZE: usize = 8 << 20;

/// Repeats lines until there are enough bytes.
fn text(lines: &[String]) -> Vec<u8> {
    lines.iter().cycle().flat_map(|line| line.bytes()).take(SIZE).collect()
}

/// Source code of our own, which speaks of keys now and then.
fn clean() -> Vec<u8> {
    text(&[include_str!("../src/detect/lines.rs").to_owned(), include_str!("../src/model/coverage.rs").to_owned()])
}

fn near_misses(forge: &mut Forge) -> Vec<u8> {
    let lines: Vec<String> = (0..500)
        .map(|_| format!("task_live_{} = sk_test_ab; whsec_x _secret_{}\n", forge.body(12), forge.body(5)))
        .collect();
    text(&lines)
}

fn keys(forge: &mut Forge) -> Vec<u8> {
    let lines: Vec<String> = (0..200)
        .map(|_| forge.fill("STRIPE_SECRET_KEY={{sk_live}}\nstripe:\n  key: \"{{rk_test:24}}\"\n  hook: {{whsec}}\n"))
        .collect();
    text(&lines)
}

fn engine(criterion: &mut Criterion) {
    let engine = Engine::new(load(true, &[]).unwrap()).unwrap();
    let mut forge = Forge::new(1);
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10).throughput(Throughput::Bytes(SIZE as u64));
    for (name, bytes) in [("clean", clean()), ("near misses", near_misses(&mut forge)), ("keys", keys(&mut forge))] {
        group.bench_function(name, |bencher| {
            let mut scratch = Scratch::default();
            bencher.iter(|| {
                let mut hits = Vec::new();
                scan_reader(&engine, &mut &bytes[..], &mut scratch, &mut hits).unwrap();
                hits.len()
            });
        });
    }
    group.finish();
}

fn start(criterion: &mut Criterion) {
    criterion.bench_function("rules to engine", |bencher| {
        bencher.iter(|| Engine::new(load(true, &[]).unwrap()).unwrap());
    });
}

criterion_group!(benches, engine, start);
criterion_main!(benches);
