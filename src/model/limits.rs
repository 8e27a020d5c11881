//! Limits of a whole scan: of texts, archives, findings and the report. The limit of a single algorithm is defined beside
//! its code.
//!
//! Reaching a limit is never silent: what it cuts off is counted in [`crate::model::Coverage`].

pub use crate::credential::MAX_BODY;

/// Bytes around a token that are searched for the word `stripe`, a vendor's name or an assignment.
pub const CONTEXT: usize = 256;

/// Bytes of a stream that are searched at once; few for the fuzz targets, which fill windows.
pub const WINDOW: usize = if cfg!(feature = "fuzzing") { 1 << 15 } else { 1 << 20 };

/// Bytes on either side of an anchor that classification may read, and so the overlap of two windows: a 255-character body
/// in the widest encoding (UTF-32 in base64, ~6 bytes a character) fits with its context.
pub const REACH: usize = 16 << 10;

/// Largest object or archive member that is held in memory; larger ones are streamed.
pub const MAX_IN_MEMORY: u64 = 64 << 20;

/// Nesting of encodings.
pub const MAX_DECODE_DEPTH: usize = 3;

/// Hits kept per text, or of all members of an archive; the rest is counted. A hit takes about 1 kB, and its finding with
/// its part of a report 2 to 5 kB more, so a hostile text takes some 200 MB, apart from very long paths and names.
pub const MAX_HITS_PER_TEXT: usize = 30_000;

/// Locations kept per finding in one blob, and paths kept per blob.
pub const MAX_PLACES_PER_BLOB: usize = 16;

/// Examples kept per skip reason.
pub const MAX_SKIP_EXAMPLES: usize = 50;

/// Archive nesting, counted from the file in the tree.
pub const MAX_ARCHIVE_DEPTH: usize = 4;

/// Members of one outermost archive, nested ones included.
pub const MAX_ARCHIVE_ENTRIES: u64 = 100_000;

/// Bytes expanded from one outermost archive, nested ones included.
pub const MAX_ARCHIVE_BYTES: u64 = 1 << 30;

/// Expansion ratio above which an archive counts as a bomb, once it yielded [`ARCHIVE_RATIO_FLOOR`] bytes.
pub const MAX_ARCHIVE_RATIO: u64 = 200;

/// Bytes that any archive may expand to, regardless of its ratio.
pub const ARCHIVE_RATIO_FLOOR: u64 = 16 << 20;

/// Wall-clock seconds spent on one outermost archive.
pub const MAX_ARCHIVE_SECONDS: u64 = 60;

/// Largest dictionary of a decoder, in bytes: enough for `zstd -22 --long`, and twice what `xz -9` needs. A nested decoder
/// gets an eighth.
pub const MAX_DECODER_MEMORY: u64 = 128 << 20;

/// Nesting of git trees and of work-tree directories.
pub const MAX_TREE_DEPTH: usize = 4_096;

/// Refs named in an exposure, besides their total.
pub const MAX_REFS_NAMED: usize = 16;
