//! Headers of commits and tags.

use super::oid::{ObjectFormat, Oid};

const MAX_PARENTS: usize = 65_536;

/// A commit, borrowed from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit<'a> {
    pub(crate) tree: Oid,
    pub(crate) parents: Vec<Oid>,
    /// Name, address and time of the author; empty if missing.
    pub(crate) author: &'a [u8],
    /// Name, address and time of the committer; empty if missing.
    pub(crate) committer: &'a [u8],
    /// The committer's time in seconds since 1970; 0 if missing.
    pub(crate) time: i64,
    /// Everything behind the headers.
    pub(crate) message: &'a [u8],
}

impl<'a> Commit<'a> {
    /// Parses a commit. `None` if the bytes do not begin as one.
    pub(crate) fn parse(bytes: &'a [u8], format: ObjectFormat) -> Option<Self> {
        let mut rest = bytes;
        let tree = oid(line(&mut rest).strip_prefix(b"tree ")?, format)?;
        let mut commit = Self { tree, parents: Vec::new(), author: b"", committer: b"", time: 0, message: b"" };
        while let Some(hex) = peek(rest).strip_prefix(b"parent ") {
            if commit.parents.len() == MAX_PARENTS {
                return None;
            }
            commit.parents.push(oid(hex, format)?);
            line(&mut rest);
        }
        while !rest.is_empty() {
            let header = line(&mut rest);
            if header.is_empty() {
                break;
            }
            if let Some(who) = header.strip_prefix(b"author ") {
                commit.author = who;
            } else if let Some(who) = header.strip_prefix(b"committer ") {
                commit.committer = who;
                commit.time = seconds(who).unwrap_or(0);
            }
        }
        commit.message = rest;
        Some(commit)
    }
}

/// Returns the target of an annotated tag.
pub(crate) fn tag_target(bytes: &[u8], format: ObjectFormat) -> Option<Oid> {
    oid(peek(bytes).strip_prefix(b"object ")?, format)
}

/// Parses the seconds of `Name <address> 1700000000 +0100`.
fn seconds(who: &[u8]) -> Option<i64> {
    let from = memchr::memrchr(b'>', who)? + 1;
    let text = std::str::from_utf8(&who[from..]).ok()?;
    text.split_ascii_whitespace().next()?.parse().ok()
}

fn oid(hex: &[u8], format: ObjectFormat) -> Option<Oid> {
    Oid::from_hex(hex).filter(|oid| oid.format() == format)
}

fn peek(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())]
}

fn line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let bytes = *rest;
    let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    *rest = bytes.get(end + 1..).unwrap_or_default();
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_message() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let text = format!(
            "tree {a}\nparent {b}\nparent {a}\nauthor A <a@b> 5 +0000\ncommitter C > <c@d> -17 +0100\n\
             gpgsig x\n y\n\nhello\n\nworld"
        );
        let commit = Commit::parse(text.as_bytes(), ObjectFormat::Sha1).unwrap();
        assert_eq!(commit.parents.len(), 2);
        assert_eq!((commit.time, commit.message), (-17, &b"hello\n\nworld"[..]));
        assert!(Commit::parse(text.as_bytes(), ObjectFormat::Sha256).is_none());
        for end in 0..text.len() {
            let _ = Commit::parse(&text.as_bytes()[..end], ObjectFormat::Sha1);
        }
        assert_eq!(
            tag_target(format!("object {b}\ntype commit\n").as_bytes(), ObjectFormat::Sha1),
            Oid::from_hex(b.as_bytes())
        );
    }
}
