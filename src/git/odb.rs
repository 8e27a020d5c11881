//! Single objects by name, from whatever pack or file holds a healthy copy.
//!
//! The bulk of a store is read by the walk of [`super::walk`]; this is for the few objects that somebody asks for. It
//! never fetches: an object that is not here is `None`.

use std::collections::HashSet;
use std::path::PathBuf;

use super::disk;
use super::inflate::{Buffer, Inflater};
use super::loose;
use super::object::{Damage, Kind, ObjectError};
use super::oid::{ObjectFormat, Oid};
use super::pack::entry::Content;
use super::pack::{Pack, PackError, delta};
use super::repo::{MAX_PACK_FILES, Repository};
use crate::model::{Coverage, SkipReason, limits::MAX_IN_MEMORY};

/// Deltas between an object and its base that are followed; git itself makes at most 4,095.
const MAX_CHAIN: usize = 100_000;

/// How often the base of a damaged delta is looked for in another pack.
const MAX_DETOURS: usize = 8;

/// The objects of a repository.
#[derive(Debug)]
pub struct Odb {
    pub(crate) format: ObjectFormat,
    pub(crate) packs: Vec<Pack>,
    pub(crate) loose: Vec<PathBuf>,
    problems: Vec<(SkipReason, String)>,
}

impl Odb {
    /// Opens every pack of every object directory. What cannot be opened is a problem, not an error.
    #[must_use]
    pub fn open(repo: &Repository) -> Self {
        let mut odb =
            Self { format: repo.format, packs: Vec::new(), loose: repo.object_dirs.clone(), problems: Vec::new() };
        for objects in &repo.object_dirs {
            let dir = objects.join("pack");
            match disk::list(&dir, MAX_PACK_FILES) {
                Ok((names, more)) => {
                    if more {
                        odb.problems.push((SkipReason::OverLimit, format!("{}: too many files", dir.display())));
                    }
                    let packs = names.iter().filter(|(name, _)| name.as_encoded_bytes().ends_with(b".pack"));
                    packs.for_each(|(name, _)| odb.add(&dir.join(name)));
                    odb.report_orphans(&names, &dir);
                }
                Err(error) => odb.problems.push((error.reason(), error.to_string())),
            }
        }
        odb
    }

    fn add(&mut self, path: &std::path::Path) {
        match Pack::open(path, self.format) {
            Ok((pack, complaints)) => {
                self.problems.extend(complaints.into_iter().map(|complaint| (SkipReason::Damaged, complaint)));
                self.packs.push(pack);
            }
            Err(PackError::Disk(error)) => self.problems.push((error.reason(), error.to_string())),
            Err(error) => self.problems.push((SkipReason::Damaged, error.to_string())),
        }
    }

    /// An index whose pack is gone names objects that were here.
    fn report_orphans(&mut self, names: &[(std::ffi::OsString, disk::EntryKind)], dir: &std::path::Path) {
        let known: HashSet<&[u8]> = names.iter().map(|(name, _)| name.as_encoded_bytes()).collect();
        for name in known.iter().filter_map(|name| name.strip_suffix(b".idx")) {
            if name.starts_with(b"pack-") && !known.contains(&*[name, b".pack"].concat()) {
                let name = String::from_utf8_lossy(name);
                self.problems.push((SkipReason::Damaged, format!("{}/{name}.idx: its pack is missing", dir.display())));
            }
        }
    }

    /// Counts what could not be opened.
    pub fn report_problems(&self, coverage: &mut Coverage) {
        for (reason, example) in &self.problems {
            coverage.skip(*reason, example.clone());
        }
    }

    /// Whether any copy of the object is here, healthy or not.
    #[must_use]
    pub fn contains(&self, oid: &Oid) -> bool {
        self.packs.iter().any(|pack| pack.index.find(oid).is_some())
            || self.loose.iter().any(|dir| matches!(loose::open(dir, oid), Ok(Some(_)) | Err(_)))
    }

    /// Reads an object of at most [`MAX_IN_MEMORY`] bytes; `None` if it is not here.
    ///
    /// # Errors
    /// No copy is healthy, or it is too large.
    pub fn read(&self, oid: &Oid) -> Result<Option<(Kind, Vec<u8>)>, ObjectError> {
        self.read_within(oid, MAX_IN_MEMORY)
    }

    /// As [`Odb::read`], with a bound of the caller's.
    ///
    /// # Errors
    /// No copy is healthy, or it is larger than `limit` bytes.
    pub fn read_within(&self, oid: &Oid, limit: u64) -> Result<Option<(Kind, Vec<u8>)>, ObjectError> {
        Reader { odb: self, inflater: Inflater::new(), limit, detours: MAX_DETOURS }.object(oid)
    }

    /// The kind of an object, if any copy of it says so.
    ///
    /// # Errors
    /// As [`Odb::read`].
    pub fn kind(&self, oid: &Oid) -> Result<Option<Kind>, ObjectError> {
        for pack in &self.packs {
            if let Some(kind) = self.packed_kind(pack, oid) {
                return Ok(Some(kind));
            }
        }
        for dir in &self.loose {
            if let Some(opened) = loose::open(dir, oid)? {
                return Ok(Some(opened.kind));
            }
        }
        Ok(None)
    }

    fn packed_kind(&self, pack: &Pack, oid: &Oid) -> Option<Kind> {
        let mut offset = pack.index.offset(pack.index.find(oid)?)?;
        for _ in 0..MAX_CHAIN {
            match pack.header(offset).ok()?.content {
                Content::Whole(kind) => return Some(kind),
                Content::OffsetDelta(base) => offset = base,
                Content::NameDelta(base) => match pack.index.find(&base) {
                    Some(at) => offset = pack.index.offset(at)?,
                    None => return self.kind(&base).ok().flatten(),
                },
            }
        }
        None
    }

    /// Opens a loose object as a stream, whatever its size.
    ///
    /// # Errors
    /// Its file cannot be opened or its header means nothing.
    pub(crate) fn open_loose(&self, oid: &Oid) -> Result<Option<loose::Opened>, ObjectError> {
        let mut outcome = Ok(None);
        for dir in &self.loose {
            match loose::open(dir, oid) {
                Ok(None) => {}
                Ok(Some(opened)) => return Ok(Some(opened)),
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }
}

struct Reader<'a> {
    odb: &'a Odb,
    inflater: Inflater,
    limit: u64,
    detours: usize,
}

impl Reader<'_> {
    fn object(&mut self, oid: &Oid) -> Result<Option<(Kind, Vec<u8>)>, ObjectError> {
        let mut outcome = Ok(None);
        for (index, pack) in self.odb.packs.iter().enumerate() {
            let Some(at) = pack.index.find(oid) else { continue };
            let read = match pack.index.offset(at) {
                Some(offset) => self.packed(index, offset, oid),
                None => Err(ObjectError::Damaged { oid: *oid, damage: Damage::Outside }),
            };
            match read {
                Ok(read) => return Ok(Some(read)),
                Err(error) => outcome = Err(error),
            }
        }
        for dir in &self.odb.loose {
            match loose::read(dir, oid, self.limit, &mut self.inflater) {
                Ok(None) => {}
                Ok(Some(read)) => return Ok(Some(read)),
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Follows the chain of deltas to its end and comes back applying them.
    fn packed(&mut self, pack: usize, offset: u64, oid: &Oid) -> Result<(Kind, Vec<u8>), ObjectError> {
        let damaged = |damage| ObjectError::Damaged { oid: *oid, damage };
        let pack = &self.odb.packs[pack];
        let (mut at, mut chain) = (offset, Vec::new());
        let (kind, mut content) = loop {
            let step = pack.header(at).and_then(|header| match header.content {
                Content::Whole(_) if header.size > self.limit => Ok(Step::TooLarge(header.size)),
                Content::Whole(kind) => self.inflate(pack, at).map(|content| Step::Base(kind, content)),
                Content::OffsetDelta(base) => Ok(Step::Further(base)),
                Content::NameDelta(base) => Ok(match pack.index.find(&base).and_then(|at| pack.index.offset(at)) {
                    Some(base) => Step::Further(base),
                    None => Step::Elsewhere(base),
                }),
            });
            match step {
                Ok(Step::Base(kind, content)) => break (kind, content),
                // What is made from it may be smaller; whoever can do without the whole finds out.
                Ok(Step::TooLarge(size)) => {
                    return Err(ObjectError::TooLarge { oid: *oid, size, limit: self.limit });
                }
                Ok(Step::Further(base)) if chain.len() < MAX_CHAIN => {
                    chain.push(at);
                    at = base;
                }
                Ok(Step::Elsewhere(base)) => {
                    chain.push(at);
                    break self.detour(&base).ok_or_else(|| damaged(Damage::Base))?;
                }
                Ok(Step::Further(_)) => return Err(damaged(Damage::Cycle)),
                Err(damage) if chain.is_empty() => return Err(damaged(damage)),
                // The base is damaged here; another pack may hold it, too.
                Err(_) => {
                    let base = pack.name_at(at).ok_or_else(|| damaged(Damage::Base))?;
                    break self.detour(&base).ok_or_else(|| damaged(Damage::Base))?;
                }
            }
            self.check_size(oid, 0)?;
        };
        self.check_size(oid, content.len() as u64)?;
        while let Some(at) = chain.pop() {
            let instructions = self.inflate(pack, at).map_err(damaged)?;
            let (from, size, start) = delta::sizes(&instructions).map_err(damaged)?;
            self.check_size(oid, size)?;
            if from != content.len() as u64 {
                return Err(damaged(Damage::Delta));
            }
            let mut out = Buffer::default();
            let size = usize::try_from(size).map_err(|_| damaged(Damage::Length))?;
            delta::apply(&content, &instructions[start..], size, &mut out, &mut Vec::new()).map_err(damaged)?;
            content = out.into_vec();
        }
        Ok((kind, content))
    }

    fn detour(&mut self, base: &Oid) -> Option<(Kind, Vec<u8>)> {
        self.detours = self.detours.checked_sub(1)?;
        self.object(base).ok().flatten()
    }

    fn check_size(&self, oid: &Oid, size: u64) -> Result<(), ObjectError> {
        if size > self.limit {
            return Err(ObjectError::TooLarge { oid: *oid, size, limit: self.limit });
        }
        Ok(())
    }

    fn inflate(&mut self, pack: &Pack, offset: u64) -> Result<Vec<u8>, Damage> {
        let header = pack.header(offset)?;
        // A delta may be a little longer than what it makes.
        if header.size > self.limit.saturating_add(self.limit / 8).saturating_add(1 << 16) {
            return Err(Damage::Length);
        }
        let mut out = Buffer::default();
        let size = usize::try_from(header.size).map_err(|_| Damage::Length)?;
        self.inflater.inflate(pack.compressed(&header), size, &mut out)?;
        Ok(out.into_vec())
    }
}

enum Step {
    Base(Kind, Vec<u8>),
    TooLarge(u64),
    Further(u64),
    Elsewhere(Oid),
}

#[cfg(test)]
#[path = "odb_tests.rs"]
mod tests;
