//! Single objects by name, from whatever pack or file holds a healthy copy.
//!
//! [`super::walk`] reads a store in bulk; this reads the few objects that are asked for by name. Nothing is fetched: an
//! object that is not here is `None`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::disk::{self, EntryKind};
use super::inflate::Inflater;
use super::loose;
use super::object::{Damage, ObjectError, ObjectKind, ResolveError};
use super::oid::{ObjectFormat, Oid};
use super::pack::chain::{ChainEnd, DeltaChain};
use super::pack::{Pack, PackError};
use super::repo::{MAX_PACK_FILES, Repository};
use crate::model::{Coverage, SkipReason, limits::MAX_IN_MEMORY};

/// Times that the base of a delta is looked up in another pack.
const MAX_DETOURS: usize = 8;

/// The object database of a repository.
#[derive(Debug)]
pub(crate) struct Odb {
    pub(crate) format: ObjectFormat,
    pub(crate) packs: Vec<Pack>,
    pub(crate) loose: Vec<PathBuf>,
    /// The store of Git LFS.
    pub(crate) lfs: PathBuf,
    problems: Vec<(SkipReason, String)>,
}

type ObjectContent = (ObjectKind, Vec<u8>);

impl Odb {
    /// Opens every pack of every object directory. What cannot be opened is recorded as a problem.
    pub(crate) fn open(repo: &Repository) -> Self {
        let mut odb = Self {
            format: repo.format,
            packs: Vec::new(),
            loose: repo.object_dirs.clone(),
            lfs: repo.common_dir.join("lfs/objects"),
            problems: Vec::new(),
        };
        for objects in &repo.object_dirs {
            let dir = objects.join("pack");
            match disk::list(&dir, MAX_PACK_FILES) {
                Ok((names, more)) => {
                    if more {
                        odb.problems.push((SkipReason::OverLimit, format!("{}: too many files", dir.display())));
                    }
                    let packs = names.iter().filter(|(name, _)| name.as_encoded_bytes().ends_with(b".pack"));
                    packs.for_each(|(name, _)| odb.add_pack(&dir.join(name), repo.deadline));
                    odb.report_orphans(&names, &dir);
                }
                Err(error) => odb.problems.push((error.reason(), error.to_string())),
            }
        }
        odb
    }

    /// Bounds the pages of packs that are mapped, for readers of few objects.
    pub(crate) fn give_pages_back(&self) {
        self.packs.iter().for_each(Pack::give_pages_back);
    }

    /// Gives all pages of packs back, where they are bounded.
    pub(crate) fn release(&self) {
        self.packs.iter().for_each(Pack::release);
    }

    fn add_pack(&mut self, path: &Path, deadline: Option<Instant>) {
        match Pack::open(path, self.format, deadline) {
            Ok((pack, complaints)) => {
                self.problems.extend(complaints.into_iter().map(|complaint| (SkipReason::Damaged, complaint)));
                self.packs.push(pack);
            }
            Err(PackError::Disk(error)) => self.problems.push((error.reason(), error.to_string())),
            Err(error) => self.problems.push((SkipReason::Damaged, error.to_string())),
        }
    }

    /// Records indexes whose pack is gone: the objects that they name were here.
    fn report_orphans(&mut self, names: &[(OsString, EntryKind)], dir: &Path) {
        let known: HashSet<&[u8]> = names.iter().map(|(name, _)| name.as_encoded_bytes()).collect();
        for name in known.iter().filter_map(|name| name.strip_suffix(b".idx")) {
            if name.starts_with(b"pack-") && !known.contains(&*[name, b".pack"].concat()) {
                let name = String::from_utf8_lossy(name);
                self.problems.push((SkipReason::Damaged, format!("{}/{name}.idx: pack is missing", dir.display())));
            }
        }
    }

    /// Adds the files that could not be opened to the coverage.
    pub(crate) fn report_problems(&self, coverage: &mut Coverage) {
        for (reason, example) in &self.problems {
            coverage.skip(*reason, example.clone());
        }
    }

    /// Returns true if any copy of the object is here, healthy or not.
    pub(crate) fn contains(&self, oid: &Oid) -> bool {
        self.packs.iter().any(|pack| pack.index.find(oid).is_some())
            || self.loose.iter().any(|dir| matches!(loose::open(dir, oid), Ok(Some(_)) | Err(_)))
    }

    /// Reads an object of at most [`MAX_IN_MEMORY`] bytes; `None` if it is not here.
    pub(crate) fn read(&self, oid: &Oid) -> Result<Option<ObjectContent>, ObjectError> {
        self.read_within(oid, MAX_IN_MEMORY)
    }

    /// As [`Odb::read`], for objects of at most `limit` bytes.
    pub(crate) fn read_within(&self, oid: &Oid, limit: u64) -> Result<Option<ObjectContent>, ObjectError> {
        ObjectReader { odb: self, inflater: Inflater::new(), limit, detours: MAX_DETOURS }.object(oid)
    }

    /// Reads the kind of an object from the headers of its copies.
    pub(crate) fn kind(&self, oid: &Oid) -> Result<Option<ObjectKind>, ObjectError> {
        let mut wanted = *oid;
        for _ in 0..=MAX_DETOURS {
            match self.packed_kind(&wanted) {
                Some(Ok(kind)) => return Ok(Some(kind)),
                Some(Err(base)) => wanted = base,
                None => break,
            }
        }
        let loose = self.open_loose(&wanted)?;
        let loose = if loose.is_none() { self.open_loose(oid)? } else { loose };
        Ok(loose.map(|object| object.kind))
    }

    /// Returns the kind that a pack gives an object, or else a base outside of that pack, which has the same kind.
    fn packed_kind(&self, oid: &Oid) -> Option<Result<ObjectKind, Oid>> {
        let ends = self.packs.iter().filter_map(|pack| Some(DeltaChain::follow(pack, pack.offset_of(oid)?).end));
        let mut base = None;
        for end in ends {
            match end {
                ChainEnd::Whole { kind, .. } => return Some(Ok(kind)),
                ChainEnd::Elsewhere(oid) => base = base.or(Some(oid)),
                ChainEnd::Damaged { .. } | ChainEnd::Endless => {}
            }
        }
        base.map(Err)
    }

    /// Opens a loose object of any size as a stream.
    pub(crate) fn open_loose(&self, oid: &Oid) -> Result<Option<loose::LooseObject>, ObjectError> {
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

struct ObjectReader<'a> {
    odb: &'a Odb,
    inflater: Inflater,
    limit: u64,
    detours: usize,
}

impl ObjectReader<'_> {
    /// Tries one copy after the other.
    fn object(&mut self, oid: &Oid) -> Result<Option<ObjectContent>, ObjectError> {
        let mut outcome = Ok(None);
        let odb = self.odb;
        for pack in &odb.packs {
            let Some(at) = pack.index.find(oid) else { continue };
            let read = match pack.index.offset(at) {
                Some(offset) => self.packed(pack, offset),
                None => Err(Damage::Outside.into()),
            };
            match read {
                Ok(read) => return Ok(Some(read)),
                Err(error) => outcome = Err(error.for_object(oid, self.limit)),
            }
        }
        for dir in &odb.loose {
            match loose::read(dir, oid, self.limit, &mut self.inflater) {
                Ok(None) => {}
                Ok(Some(read)) => return Ok(Some(read)),
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Rebuilds the object at an offset of a pack. A base that is missing or damaged there may be healthy in another pack.
    fn packed(&mut self, pack: &Pack, offset: u64) -> Result<ObjectContent, ResolveError> {
        let chain = DeltaChain::follow(pack, offset);
        let (kind, base) = match chain.end {
            ChainEnd::Whole { kind, at, header } => match pack.inflate(&header, self.limit, &mut self.inflater) {
                Ok(content) => (kind, content),
                Err(ResolveError::Damaged(_)) if !chain.is_empty() => self.detour(pack.oid_at(at))?,
                // The object itself may be smaller than its base; callers that need it stream it.
                Err(error) => return Err(error),
            },
            ChainEnd::Damaged { damage, .. } if chain.is_empty() => return Err(damage.into()),
            ChainEnd::Damaged { at, .. } => self.detour(pack.oid_at(at))?,
            ChainEnd::Elsewhere(base) => self.detour(Some(base))?,
            ChainEnd::Endless => return Err(Damage::Cycle.into()),
        };
        Ok((kind, chain.apply(pack, base, self.limit, &mut self.inflater)?))
    }

    fn detour(&mut self, base: Option<Oid>) -> Result<ObjectContent, Damage> {
        self.detours = self.detours.checked_sub(1).ok_or(Damage::Base)?;
        self.object(&base.ok_or(Damage::Base)?).ok().flatten().ok_or(Damage::Base)
    }
}

#[cfg(test)]
#[path = "odb_tests.rs"]
mod tests;
