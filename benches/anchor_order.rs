//! Finds an order of the anchors in which the search is fast, and prints it to be pasted into `ORDER` of
//! `src/detect/decode/anchor.rs`.
//!
//! `PINSTRIPE_BENCH=DIR[:DIR…] cargo bench --bench anchor_order` takes the files of these directories as the corpus: source
//! trees, minified JavaScript, large JSON documents. Without it, the corpus is the sources of this repository, which is too
//! little for an order to keep. Noise in base64 and hexadecimal digits is always added.
//! The order is found by simulated annealing over 3-gram counts, with the false alarms of `aho_corasick`'s fat Teddy as the
//! cost; `cargo bench --bench engine` and `noise` confirm it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads its corpus and prints what it found"
)]

use std::collections::BTreeMap;

use pinstripe::credential::forge::Forge;
use pinstripe::detect::decode::ANCHORS;

const BUCKETS: usize = 16;
const STEPS: u32 = 120_000;

/// Most bytes of one file, so that no format outweighs the rest, and of a directory.
const MAX_FILE: usize = 1 << 20;
const MAX_DIRECTORY: usize = 64 << 20;

/// Different 3-grams to keep: the rest is too rare to matter.
const MAX_GRAMS: usize = 60_000;

const NOISE_WEIGHT: usize = 3;
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Three bytes and their frequency.
type Gram = ([u8; 3], f64);

/// Adds the 3-grams of a text, with a weight.
fn count(text: &[u8], counts: &mut BTreeMap<[u8; 3], f64>) {
    for gram in text.windows(3).filter_map(|window| window.first_chunk()) {
        *counts.entry(*gram).or_default() += 1.0;
    }
}

fn add_corpus(texts: impl Iterator<Item = Vec<u8>>, limit: usize, counts: &mut BTreeMap<[u8; 3], f64>) {
    let (mut own, mut total) = (BTreeMap::new(), 0);
    for text in texts {
        let text = &text[..text.len().min(MAX_FILE)];
        if total + text.len() > limit {
            break;
        }
        total += text.len();
        count(text, &mut own);
    }
    // Every corpus weighs the same, whatever its size.
    for (gram, times) in own {
        *counts.entry(gram).or_default() += times / total.max(1) as f64;
    }
}

fn grams() -> Vec<Gram> {
    let mut counts = BTreeMap::new();
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let directories = std::env::var("PINSTRIPE_BENCH").unwrap_or_else(|_| own.to_owned());
    for directory in directories.split(':') {
        let files = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter().flatten();
        add_corpus(files.filter_map(|file| std::fs::read(file.path()).ok()), MAX_DIRECTORY, &mut counts);
    }
    let mut forge = Forge::new(1);
    let mut noise = |digits: &[u8]| -> Vec<Vec<u8>> {
        let mut text = || (0..1 << 14).map(|_| digits[forge.bits() as usize % digits.len()]).collect();
        (0..64).map(|_| text()).collect()
    };
    // Noise weighs more than one source tree, because there the search is what a scan waits for.
    for _ in 0..NOISE_WEIGHT {
        add_corpus(noise(BASE64).into_iter(), MAX_DIRECTORY, &mut counts);
    }
    add_corpus(noise(b"0123456789abcdef").into_iter(), MAX_DIRECTORY, &mut counts);
    let mut grams: Vec<Gram> = counts.into_iter().collect();
    grams.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    grams.truncate(MAX_GRAMS);
    grams
}

/// Puts each anchor into its bucket as Teddy does: by its place, or with an earlier one of the same low halves.
fn buckets(order: &[&[u8]]) -> Vec<Vec<[u8; 3]>> {
    let mut buckets = vec![Vec::new(); BUCKETS];
    let mut by_low_halves = BTreeMap::new();
    for (place, head) in order.iter().filter_map(|text| text.first_chunk::<3>()).enumerate() {
        let low_halves = head.map(|byte| byte & 0xf);
        let bucket = *by_low_halves.entry(low_halves).or_insert(BUCKETS - 1 - place % BUCKETS);
        buckets[bucket].push(*head);
    }
    buckets
}

/// Returns the frequency of 3-grams at which a bucket fires, times the comparisons that follow.
fn bucket_cost(heads: &[[u8; 3]], grams: &[Gram]) -> f64 {
    let mut masks = [[[false; 16]; 2]; 3];
    for head in heads {
        for (mask, byte) in masks.iter_mut().zip(head) {
            mask[0][usize::from(byte & 0xf)] = true;
            mask[1][usize::from(byte >> 4)] = true;
        }
    }
    let fires = |gram: &[u8; 3]| {
        masks.iter().zip(gram).all(|(mask, byte)| mask[0][usize::from(byte & 0xf)] && mask[1][usize::from(byte >> 4)])
    };
    let fired: f64 = grams.iter().filter(|(gram, _)| fires(gram)).map(|(_, frequency)| frequency).sum();
    fired * (1.0 + heads.len() as f64 / 4.0)
}

/// The cost of an order. Costs of buckets are kept, because a step changes two of them.
fn cost(order: &[&[u8]], grams: &[Gram], known: &mut BTreeMap<Vec<[u8; 3]>, f64>) -> f64 {
    let mut total = 0.0;
    for mut heads in buckets(order) {
        heads.sort_unstable();
        total += *known.entry(heads).or_insert_with_key(|heads| bucket_cost(heads, grams));
    }
    total
}

fn main() {
    let grams = grams();
    let mut known = BTreeMap::new();
    let mut order: Vec<&[u8]> = ANCHORS.iter().map(|anchor| &*anchor.text).collect();
    let mut forge = Forge::new(2);
    let mut now = cost(&order, &grams, &mut known);
    let (mut best, mut best_order) = (now, order.clone());
    println!("cost of the present order: {now:.4}");
    for step in 0..STEPS {
        let mut pick = || (forge.bits() % order.len() as u64) as usize;
        let (one, other) = (pick(), pick());
        order.swap(one, other);
        let next = cost(&order, &grams, &mut known);
        let temperature = 0.02 * best * (1.0 - f64::from(step) / f64::from(STEPS)).powi(2);
        let chance = (forge.bits() % 1_000_000) as f64 / 1e6;
        if next <= now || chance < ((now - next) / temperature.max(1e-9)).exp() {
            now = next;
        } else {
            order.swap(one, other);
        }
        if now < best {
            (best, best_order) = (now, order.clone());
        }
        if known.len() > 200_000 {
            known.clear();
        }
    }
    println!("cost of this one: {best:.4}");
    for text in best_order {
        println!("    b\"{}\",", text.escape_ascii());
    }
}
