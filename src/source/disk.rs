//! Opens files that somebody else may be changing: never follows a link, never waits for a writer.

#![expect(clippy::disallowed_methods, reason = "opens the files that are scanned")]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::holes::Holes;
use super::text_result::TextHit;

/// A regular file and its size when it was opened. Reading it leaves out most of its holes, until it is first sought in.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) size: u64,
    holes: Option<Holes>,
    is_sought: bool,
}

impl OpenFile {
    /// Returns `None` if it is no regular file.
    fn new(file: File) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        let size = metadata.len();
        Ok(metadata.is_file().then(|| Self { holes: Holes::of(&metadata), file, size, is_sought: false }))
    }

    /// Returns the number of bytes that reading left out: all are zero.
    pub(super) fn left_out(&self) -> u64 {
        self.holes.as_ref().map_or(0, Holes::left_out)
    }

    /// Corrects the places of hits by the holes before them.
    pub(super) fn place(&self, hits: &mut [TextHit]) {
        if let Some(holes) = &self.holes {
            hits.iter_mut().filter(|hit| hit.chain.is_empty()).for_each(|hit| holes.place(&mut hit.hit));
        }
    }
}

impl Read for OpenFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.holes {
            Some(holes) if !self.is_sought => holes.read(&mut self.file, out),
            _ => self.file.read(out),
        }
    }
}

impl Seek for OpenFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.is_sought = true;
        self.file.seek(to)
    }
}

/// Returns a path relative to a directory above it. Compares bytes where that is enough: parts of a path take as long to
/// compare as a file to open.
pub(super) fn relative<'a>(root: &Path, path: &'a Path) -> Option<&'a Path> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let rest = path.as_os_str().as_bytes().strip_prefix(root.as_os_str().as_bytes());
        if let Some(rest @ [first, ..]) = rest.and_then(|rest| rest.strip_prefix(b"/"))
            && *first != b'/'
        {
            return Some(Path::new(std::ffi::OsStr::from_bytes(rest)));
        }
    }
    path.strip_prefix(root).ok()
}

/// A directory below which files are opened. No link on the way is followed, so that nothing outside of it is read even
/// if a directory is replaced while it is walked.
#[derive(Debug)]
pub(super) struct RootDir {
    path: PathBuf,
    #[cfg(unix)]
    directory: Option<std::os::fd::OwnedFd>,
}

#[cfg(unix)]
mod beneath {
    use std::os::fd::{AsFd, OwnedFd};

    use rustix::fs::{Mode, OFlags};
    use rustix::io::Errno;

    use super::{File, OpenFile, Path, RootDir, bytes_of, io, relative};

    const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    impl RootDir {
        pub(in super::super) fn new(path: &Path) -> Self {
            Self { path: path.to_path_buf(), directory: rustix::fs::open(path, DIRECTORY, Mode::empty()).ok() }
        }

        /// Opens a file for reading. Returns `None` if it is no regular file any more.
        pub(in super::super) fn open(&self, path: &Path) -> io::Result<Option<OpenFile>> {
            match self.descend(path, super::READ) {
                Ok(descriptor) => OpenFile::new(File::from(descriptor)),
                Err(Errno::LOOP | Errno::NXIO) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }

        /// Returns the target of a symbolic link.
        pub(in super::super) fn link_text(&self, path: &Path) -> io::Result<Vec<u8>> {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            let parent = if parent == self.path { None } else { Some(self.descend(parent, DIRECTORY)?) };
            let at = parent.as_ref().or(self.directory.as_ref()).ok_or(io::ErrorKind::NotFound)?;
            Ok(rustix::fs::readlinkat(at, name, Vec::new())?.into_bytes())
        }

        fn descend(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
            let below = self.directory.as_ref().zip(relative(&self.path, path));
            let Some((root, relative)) = below else { return rustix::fs::open(path, flags, Mode::empty()) };
            open_beneath(root, relative, flags)
        }
    }

    #[cfg(target_os = "linux")]
    fn open_beneath(root: &OwnedFd, relative: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
        use rustix::fs::ResolveFlags;
        let resolve = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS);
        match rustix::fs::openat2(root, relative, flags, Mode::empty(), resolve) {
            // Kernels before 5.6 lack the call, and sandboxes refuse it.
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => step_down(root, relative, flags),
            opened => opened,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn open_beneath(root: &OwnedFd, relative: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
        step_down(root, relative, flags)
    }

    /// Opens one directory after the other, none through a link.
    pub(super) fn step_down(root: &OwnedFd, relative: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
        let bytes = bytes_of(relative);
        let mut names = bytes.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        let Some(last) = names.next_back() else { return Err(Errno::INVAL) };
        let mut directory: Option<OwnedFd> = None;
        for name in names {
            let at = directory.as_ref().unwrap_or(root).as_fd();
            let next = rustix::fs::openat(at, name, DIRECTORY.union(OFlags::NOFOLLOW), Mode::empty());
            // A link is no directory to this call.
            directory = Some(next.map_err(|error| if error == Errno::NOTDIR { Errno::LOOP } else { error })?);
        }
        rustix::fs::openat(directory.as_ref().unwrap_or(root), last, flags, Mode::empty())
    }
}

#[cfg(not(unix))]
impl RootDir {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }

    /// Opens a file for reading. Returns `None` if it is no regular file any more.
    pub(super) fn open(&self, path: &Path) -> io::Result<Option<OpenFile>> {
        let parent = path.parent().unwrap_or(path).canonicalize()?;
        if parent.starts_with(self.path.canonicalize()?) { open(path) } else { Ok(None) }
    }

    /// Returns the target of a symbolic link.
    pub(super) fn link_text(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read_link(path).map(|target| bytes_of(&target))
    }
}

// Without NONBLOCK a FIFO that took the file's place would make us wait for its writer.
#[cfg(unix)]
const READ: rustix::fs::OFlags = rustix::fs::OFlags::RDONLY
    .union(rustix::fs::OFlags::NOFOLLOW)
    .union(rustix::fs::OFlags::NONBLOCK)
    .union(rustix::fs::OFlags::CLOEXEC)
    .union(rustix::fs::OFlags::NOCTTY);

/// Opens a file for reading. Returns `None` if it is no regular file any more.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<Option<OpenFile>> {
    match rustix::fs::open(path, READ, rustix::fs::Mode::empty()) {
        Ok(descriptor) => OpenFile::new(File::from(descriptor)),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens a file for reading. Returns `None` if it is no regular file any more.
#[cfg(not(unix))]
pub(super) fn open(path: &Path) -> io::Result<Option<OpenFile>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    OpenFile::new(File::open(path)?)
}

/// Returns the bytes of a path. Where the platform's paths are not bytes, those of its UTF-8 form.
#[cfg(unix)]
pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// Returns the bytes of a path. Where the platform's paths are not bytes, those of its UTF-8 form.
#[cfg(not(unix))]
pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

/// Returns true if the directory is the root of a work tree.
pub(super) fn is_repository(path: &Path) -> bool {
    std::fs::symlink_metadata(path.join(".git")).is_ok_and(|git| git.is_dir() || git.is_file())
}

/// Returns the root of the work tree that holds the directory.
pub(super) fn work_tree_of(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|ancestor| is_repository(ancestor)).map(Path::to_path_buf)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_opened_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("tree/a/b")).unwrap();
        std::fs::create_dir_all(root.join("other/b")).unwrap();
        for file in ["tree/a/b/f", "other/b/f", "tree/f"] {
            std::fs::write(root.join(file), file).unwrap();
        }
        std::os::unix::fs::symlink("target", root.join("tree/a/b/l")).unwrap();
        let tree = root.join("tree");
        let opened = RootDir::new(&tree);
        let (deep, link) = (tree.join("a/b/f"), tree.join("a/b/l"));
        let steps = |path: &Path| {
            let relative = path.strip_prefix(&tree).unwrap();
            beneath::step_down(opened.directory.as_ref().unwrap(), relative, READ)
        };
        assert_eq!(opened.open(&deep).unwrap().unwrap().size, 10);
        assert_eq!(opened.open(&tree.join("f")).unwrap().unwrap().size, 6);
        assert_eq!(opened.link_text(&link).unwrap(), b"target");
        assert!(steps(&deep).is_ok() && steps(&tree.join("f")).is_ok());
        std::fs::rename(tree.join("a"), tree.join("moved")).unwrap();
        std::os::unix::fs::symlink(root.join("other"), tree.join("a")).unwrap();
        assert!(open(&deep).unwrap().is_some());
        assert!(opened.open(&deep).unwrap().is_none());
        assert!(opened.link_text(&link).is_err());
        assert_eq!(steps(&deep).unwrap_err(), rustix::io::Errno::LOOP);
    }
}
