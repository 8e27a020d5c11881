//! ar: Debian packages, and static libraries.

use super::peek_reader::{MemberRegion, PeekReader};
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, display};
use crate::model::SkipReason;

const MAGIC: &[u8] = b"!<arch>\n";

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("ar", MAGIC, is_ar, OpenMode::Stream(open));

const HEADER: usize = 60;

/// Longest table of long names that is read.
const MAX_NAMES: usize = 1 << 20;

/// Returns true if an ar archive begins here: the magic bytes are text, so a header must follow them.
fn is_ar(head: &[u8]) -> bool {
    head.get(66..68) == Some(b"`\n")
}

fn open(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
    source.skip(MAGIC.len() as u64);
    let mut names = Vec::new();
    while !walker.budget.is_stopped() {
        let header = source.peek(HEADER);
        if header.len() < HEADER || &header[58..60] != b"`\n" {
            break;
        }
        let Some(size) = number(&header[48..58]) else { break };
        let short = header[..16].trim_ascii_end().to_vec();
        source.skip(HEADER as u64);
        if short == b"//" {
            let wanted = usize::try_from(size).unwrap_or(MAX_NAMES).min(MAX_NAMES);
            names = source.peek(wanted).to_vec();
        }
        if !member(walker, source, size, &name(&short, &names)) {
            return;
        }
        if size % 2 == 1 {
            source.skip(1);
        }
    }
    if !source.is_at_end() && !walker.budget.is_stopped() {
        walker.skip(SkipReason::Damaged, "corrupt header");
        if !source.covered {
            walker.raw(source);
        }
    }
}

fn member(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, mut size: u64, name: &str) -> bool {
    let mut name = name.to_owned();
    // BSD writes a long name before the content and includes it in the size.
    if let Some(length) = name.strip_prefix("#1/").and_then(|digits| digits.parse::<u64>().ok()) {
        let length = length.min(size).min(MAX_NAMES as u64);
        let bytes = source.peek(usize::try_from(length).unwrap_or(0)).to_vec();
        name = display(bytes.split(|byte| *byte == 0).next().unwrap_or_default());
        source.skip(bytes.len() as u64);
        size -= length;
    }
    let mut region = MemberRegion::new(source, size);
    let going = walker.enter(&name, &mut region);
    if region.finish(walker.budget) {
        walker.skip_member(&name, SkipReason::Damaged, "cut off");
    }
    going
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}

/// Decodes a name. GNU ends names with a slash, and keeps long ones in a table to which `/123` points.
fn name(short: &[u8], names: &[u8]) -> String {
    if let Some(at) = short.strip_prefix(b"/").and_then(number) {
        let long = usize::try_from(at).ok().and_then(|at| names.get(at..)).unwrap_or_default();
        let long = long.split(|byte| *byte == b'\n').next().unwrap_or_default();
        return display(long.strip_suffix(b"/").unwrap_or(long));
    }
    if short == b"/" || short == b"//" {
        return display(short);
    }
    display(short.strip_suffix(b"/").unwrap_or(short))
}
