//! Thrift's compact protocol, as far as Parquet needs it: numbers in nested structures.

use super::varint::{varint, zigzag};

/// Nesting that is followed.
const MAX_DEPTH: usize = 16;

/// Reads values, and passes the path of field numbers to each whole number to a visitor. An element of a list has the path
/// of its list.
pub(super) struct CompactReader<'a> {
    pub(super) rest: &'a [u8],
    path: Vec<i64>,
}

impl<'a> CompactReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, path: Vec::new() }
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn varint(&mut self) -> Option<u64> {
        varint(&mut self.rest, 10)
    }

    fn zigzag(&mut self) -> Option<i64> {
        zigzag(&mut self.rest)
    }

    /// Reads a structure. `visit` gets numbers; for the end of a structure in a list, the list's path and `None`.
    pub(super) fn structure(&mut self, visit: &mut dyn FnMut(&[i64], Option<i64>)) -> Option<()> {
        let mut field = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            field = match head >> 4 {
                0 => self.zigzag()?,
                step => field.checked_add(i64::from(step))?,
            };
            self.path.push(field);
            self.value(head & 15, false, visit)?;
            self.path.pop();
        }
    }

    fn value(&mut self, kind: u8, is_element: bool, visit: &mut dyn FnMut(&[i64], Option<i64>)) -> Option<()> {
        if self.path.len() > MAX_DEPTH {
            return None;
        }
        match kind {
            1 | 2 if is_element => drop(self.byte()?),
            1 | 2 => visit(&self.path, Some(i64::from(kind == 1))),
            3 => drop(self.byte()?),
            4..=6 => {
                let value = self.zigzag()?;
                visit(&self.path, Some(value));
            }
            7 => self.skip(8)?,
            8 => {
                let count = self.varint()?;
                self.skip(count)?;
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // Every element takes a byte.
                for _ in 0..usize::try_from(count).ok().filter(|count| *count <= self.rest.len())? {
                    self.value(head & 15, true, visit)?;
                }
            }
            11 => self.map(visit)?,
            12 => {
                self.structure(visit)?;
                if is_element {
                    visit(&self.path, None);
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn map(&mut self, visit: &mut dyn FnMut(&[i64], Option<i64>)) -> Option<()> {
        let count = self.varint()?;
        if count == 0 {
            return Some(());
        }
        let kinds = self.byte()?;
        for _ in 0..usize::try_from(count).ok().filter(|count| *count <= self.rest.len())? {
            self.value(kinds >> 4, true, visit)?;
            self.value(kinds & 15, true, visit)?;
        }
        Some(())
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(count).ok()?..)?;
        Some(())
    }
}
