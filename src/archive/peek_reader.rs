//! A buffered reader that can look ahead, from which every format reads.
//!
//! An error of the underlying reader means that an outer archive is damaged or that the budget is spent, which is
//! reported already. So it ends this reader too, and `failed` distinguishes that end from a proper one.

use std::io::{self, BufRead, Read};

use memchr::memmem;

use super::budget::ArchiveBudget;

/// Bytes of the first read; most members are small.
const FIRST: usize = 4 << 10;

/// Bytes of later reads.
const CHUNK: usize = 64 << 10;

pub(super) struct PeekReader<'a> {
    inner: &'a mut dyn Read,
    buf: Vec<u8>,
    pos: usize,
    taken: u64,
    ended: bool,
    failed: bool,
    /// The visitor has these bytes already, as they are.
    pub(super) covered: bool,
}

impl<'a> PeekReader<'a> {
    pub(super) fn new(inner: &'a mut dyn Read) -> Self {
        Self { inner, buf: Vec::new(), pos: 0, taken: 0, ended: false, failed: false, covered: false }
    }

    /// Returns the next `count` bytes without taking them; fewer only at the end.
    pub(super) fn peek(&mut self, count: usize) -> &[u8] {
        if self.buf.len() - self.pos < count && !self.ended {
            self.fill(count);
        }
        let end = self.buf.len().min(self.pos + count);
        &self.buf[self.pos..end]
    }

    /// Takes up to `count` bytes and returns their number.
    pub(super) fn skip(&mut self, count: u64) -> u64 {
        let mut left = count;
        while left > 0 {
            let here = self.peek(1).len().max(self.buf.len() - self.pos) as u64;
            if here == 0 {
                break;
            }
            let step = here.min(left);
            self.consume(usize::try_from(step).unwrap_or(usize::MAX));
            left -= step;
        }
        count - left
    }

    pub(super) fn drain(&mut self) {
        self.skip(u64::MAX);
    }

    /// Takes everything, unless the budget is spent and nothing will be read any more.
    pub(super) fn drain_within(&mut self, budget: &ArchiveBudget) {
        if !budget.is_stopped() {
            self.drain();
        }
    }

    /// Takes zero bytes up to the first byte that is not zero.
    pub(super) fn skip_zeros(&mut self) {
        while !self.is_at_end() {
            let ahead = &self.buf[self.pos..];
            let zeros = ahead.iter().position(|byte| *byte != 0);
            let step = zeros.unwrap_or(ahead.len());
            self.consume(step);
            if zeros.is_some() {
                return;
            }
        }
    }

    /// Takes bytes up to the next occurrence of `mark`. Returns false, and takes everything, if there is none.
    pub(super) fn seek_mark(&mut self, mark: &[u8]) -> bool {
        let finder = memmem::Finder::new(mark);
        loop {
            if self.peek(mark.len()).len() < mark.len() {
                self.drain();
                return false;
            }
            let ahead = &self.buf[self.pos..];
            if let Some(at) = finder.find(ahead) {
                self.consume(at);
                return true;
            }
            let step = ahead.len() + 1 - mark.len();
            self.consume(step);
        }
    }

    /// Returns everything that is buffered; at least one byte unless this is the end.
    pub(super) fn ahead(&mut self) -> &[u8] {
        self.peek(1);
        &self.buf[self.pos..]
    }

    /// Goes back to the oldest byte that is still buffered, to show what a decoder failed on.
    pub(super) fn rewind(&mut self) {
        self.taken -= self.pos as u64;
        self.pos = 0;
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek(1).is_empty()
    }

    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    fn fill(&mut self, want: usize) {
        self.buf.drain(..self.pos);
        self.pos = 0;
        let goal = want.max(if self.taken == 0 && self.buf.is_empty() { FIRST } else { CHUNK });
        let mut filled = self.buf.len();
        self.buf.resize(goal, 0);
        // A reader may return a few bytes at a time, and room for all of them is made once.
        while filled < goal && !self.ended {
            filled += self.pull(filled);
        }
        self.buf.truncate(filled);
    }

    fn pull(&mut self, from: usize) -> usize {
        match retry(self.inner, &mut self.buf[from..]) {
            Ok(0) => self.ended = true,
            Ok(got) => return got,
            Err(_) => {
                self.ended = true;
                self.failed = true;
            }
        }
        0
    }
}

impl Read for PeekReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.pos == self.buf.len() && out.len() >= CHUNK && !self.ended {
            self.buf.clear();
            self.pos = 0;
            let got = retry(self.inner, out);
            match &got {
                Ok(0) => self.ended = true,
                Ok(got) => self.taken += *got as u64,
                Err(_) => {
                    self.ended = true;
                    self.failed = true;
                }
            }
            return got;
        }
        let ahead = self.fill_buf()?;
        let count = ahead.len().min(out.len());
        out[..count].copy_from_slice(&ahead[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for PeekReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_at_end() && self.failed {
            return Err(io::ErrorKind::Other.into());
        }
        Ok(&self.buf[self.pos..])
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.buf.len() - self.pos);
        self.pos += count;
        self.taken += count as u64;
    }
}

/// Reads once, and again after a signal.
fn retry(inner: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(out) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A member of known size, read from its archive.
pub(super) struct MemberRegion<'a, 'b> {
    source: &'a mut PeekReader<'b>,
    left: u64,
}

impl<'a, 'b> MemberRegion<'a, 'b> {
    pub(super) fn new(source: &'a mut PeekReader<'b>, size: u64) -> Self {
        Self { source, left: size }
    }

    /// Takes the rest. Returns true if the archive ended early and this was not reported yet.
    pub(super) fn finish(mut self, budget: &ArchiveBudget) -> bool {
        if budget.is_stopped() {
            return false;
        }
        self.left -= self.source.skip(self.left);
        self.left > 0 && !self.source.failed()
    }
}

impl Read for MemberRegion<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let got = self.source.read(&mut out[..most])?;
        self.left -= got as u64;
        Ok(got)
    }
}

/// A reader that ends where another fails: what a visitor gets.
pub(super) struct InfallibleReader<'a>(pub(super) &'a mut dyn Read);

impl Read for InfallibleReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.read(out).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_ahead_and_finds_marks_across_refills() {
        let mut data = vec![b'x'; CHUNK * 2 + 1];
        data[CHUNK + FIRST - 1..CHUNK + FIRST + 3].copy_from_slice(b"MARK");
        let mut inner = &data[..];
        let mut source = PeekReader::new(&mut inner);
        assert_eq!(source.peek(3), b"xxx");
        assert!(source.seek_mark(b"MARK"));
        assert_eq!(source.taken(), (CHUNK + FIRST - 1) as u64);
        assert_eq!(source.peek(4), b"MARK");
        assert_eq!(source.skip(4), 4);
        assert!(!source.seek_mark(b"MARK"));
        assert!(source.is_at_end());
        assert_eq!(source.taken(), data.len() as u64);
    }

    #[test]
    fn a_failure_below_is_not_an_end() {
        struct Broken(u8);
        impl Read for Broken {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                if self.0 > 1 {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                out[0] = b'a';
                Ok(1)
            }
        }
        let mut inner = Broken(0);
        let mut source = PeekReader::new(&mut inner);
        assert_eq!(source.peek(5), b"a");
        assert!(source.failed());
        let mut out = Vec::new();
        assert!(source.read_to_end(&mut out).is_err());
        assert_eq!(out, b"a");
    }
}
