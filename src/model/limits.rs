//! Every bound of the program in one place, each with its reason.
//!
//! A bound that is reached is never silent: whoever stops at one counts what was left out in
//! [`crate::model::Coverage`].

/// Longest body that can be a Stripe key. Stripe reserves identifiers of up to 255 characters.
pub const MAX_BODY: usize = 255;

/// Shortest body that is looked at, even if only to be called a placeholder.
pub const MIN_BODY: usize = 10;

/// How far around a token the word `stripe`, a vendor's name or an assignment is looked for, in bytes.
pub const CONTEXT: usize = 256;

/// Bytes of a stream that are searched at a time.
pub const WINDOW: usize = 1 << 20;

/// Bytes that a judgement may look at on either side of a pivot, hence the overlap of two windows: a
/// 255-character body in the widest encoding (UTF-32 in base64, ~6 bytes a character) with its context fits.
pub const REACH: usize = 16 << 10;

/// An object or archive member up to this size is held in memory; a larger one is streamed.
pub const MAX_IN_MEMORY: u64 = 64 << 20;

/// How many encodings may be wrapped around each other.
pub const MAX_DECODE_DEPTH: usize = 3;

/// Hits kept per text, the members of an archive together being one; the rest is counted. A hit takes about 1 kB, and
/// the finding that is made of it with its part of a report 2 to 5 kB more, so a hostile text takes some 200 MB.
pub const MAX_HITS_PER_TEXT: usize = 30_000;

/// Locations kept per finding in one blob, and paths kept per blob.
pub const MAX_PLACES_PER_BLOB: usize = 16;

/// Examples kept per reason in the coverage ledger.
pub const MAX_SKIP_EXAMPLES: usize = 50;

/// Archive nesting, counted from the file in the tree.
pub const MAX_ARCHIVE_DEPTH: usize = 4;

/// Members of one outermost archive, nested ones included.
pub const MAX_ARCHIVE_ENTRIES: u64 = 100_000;

/// Bytes expanded from one outermost archive, nested ones included.
pub const MAX_ARCHIVE_BYTES: u64 = 1 << 30;

/// Expansion ratio above which an archive is a bomb, once [`ARCHIVE_RATIO_FLOOR`] bytes came out of it.
pub const MAX_ARCHIVE_RATIO: u64 = 200;

/// Bytes that any archive may expand to whatever its ratio.
pub const ARCHIVE_RATIO_FLOOR: u64 = 16 << 20;

/// Wall-clock seconds spent on one outermost archive.
pub const MAX_ARCHIVE_SECONDS: u64 = 60;

/// Memory that the dictionary of a decoder may take, in bytes: what `zstd -22` and `--long` write, and twice what
/// `xz -9` does. A decoder inside another one gets an eighth.
pub const MAX_DECODER_MEMORY: u64 = 128 << 20;

/// Depth of nested trees and of a work tree's directories that is followed.
pub const MAX_TREE_DEPTH: usize = 4_096;

/// Refs named in an exposure; the total is given besides.
pub const MAX_REFS_NAMED: usize = 16;
