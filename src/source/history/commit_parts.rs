//! Splits commits and tags into parts, so that a hit names the part that holds it.

use crate::git::ObjectKind;
use crate::model::Origin;

/// Returns author, committer or tagger, the other headers, and the message.
pub(super) fn commit_parts(kind: ObjectKind, bytes: &[u8]) -> Vec<(Origin, &[u8])> {
    let message_origin = if kind == ObjectKind::Tag { Origin::TagMessage } else { Origin::CommitMessage };
    let head_end = memchr::memmem::find(bytes, b"\n\n").map_or(bytes.len(), |at| at + 1);
    let mut parts = Vec::new();
    let mut at = 0;
    let mut others = 0..0;
    while at < head_end {
        let end = memchr::memchr(b'\n', &bytes[at..head_end]).map_or(head_end, |found| at + found + 1);
        let line = &bytes[at..end];
        let origin = match line {
            _ if line.starts_with(b"author ") => Some(Origin::Author),
            _ if line.starts_with(b"committer ") || line.starts_with(b"tagger ") => Some(Origin::Committer),
            _ => None,
        };
        match origin {
            Some(origin) => {
                parts.push((message_origin, &bytes[others.clone()]));
                parts.push((origin, line));
                others = end..end;
            }
            None => others.end = end,
        }
        at = end;
    }
    parts.push((message_origin, &bytes[others]));
    parts.push((message_origin, bytes.get(head_end + 1..).unwrap_or_default()));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_but_the_blank_line_is_in_one_part() {
        let commit = b"tree x\nauthor A <a> 1 +0\ncommitter C <c> 1 +0\ngpgsig a\n b\n\nsubject\n\nbody\n";
        let found = commit_parts(ObjectKind::Commit, commit);
        let origins: Vec<Origin> = found.iter().map(|part| part.0).collect();
        let message = Origin::CommitMessage;
        assert_eq!(origins, [message, Origin::Author, Origin::Committer, message, message]);
        assert_eq!(found.iter().map(|part| part.1.len()).sum::<usize>() + 1, commit.len());
        assert_eq!(found[4].1, b"subject\n\nbody\n");
        assert_eq!(commit_parts(ObjectKind::Tag, b"object x\ntagger T\n\nhello")[1].0, Origin::Committer);
        assert_eq!(commit_parts(ObjectKind::Tag, b"").len(), 0);
    }
}
