//! The other parents of the commit that is about to be made: what a merge brings need not be new.

use super::open_repository::{OpenRepository, find, tree_of};
use crate::git::ancestry::Ancestry;
use crate::git::tree_paths::TreePaths;
use crate::git::{Oid, disk, remotes, rev};

/// Files of the git directory that name commits whose content git puts into the index.
const HEADS: [&str; 3] = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"];
/// Largest of these files, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// Most parents that are compared.
const MAX_PARENTS: usize = 64;

/// A commit whose content becomes a part of the next commit.
pub(super) struct MergedParent {
    pub(super) commit: Oid,
    files: Option<TreePaths>,
    /// Set if others have it already: the default branch or a branch of the upstream's remote reaches it.
    pub(super) is_shared: bool,
}

impl MergedParent {
    /// Returns the blob that it has at a path.
    pub(super) fn blob(&mut self, repository: &OpenRepository, path: &[u8]) -> Option<Oid> {
        let found = find(repository.odb(), &mut self.files, path)?;
        (!found.is_tree() && !found.is_submodule()).then_some(found.oid)
    }
}

/// Returns the parents beside `head`; none outside of a merge, a cherry-pick or a rebase.
pub(super) fn merged_parents(repository: &OpenRepository, head: Option<Oid>) -> Vec<MergedParent> {
    let mut commits: Vec<Oid> = repository.env.iter().flat_map(|env| env.merge_heads.iter().copied()).collect();
    for name in HEADS {
        let text = disk::read(&repository.repository.git_dir.join(name), MAX_FILE).ok().flatten().unwrap_or_default();
        commits.extend(text.split(|byte| *byte == b'\n').filter_map(|line| Oid::from_hex(line.trim_ascii())));
    }
    commits.sort_unstable();
    commits.dedup();
    commits.retain(|commit| Some(*commit) != head);
    commits.truncate(MAX_PARENTS);
    if commits.is_empty() {
        return Vec::new();
    }
    let shared = shared_tips(repository);
    let is_shared = |commit: &Oid| {
        let mut ancestry = Ancestry::new(repository.odb(), &repository.repository.shallow, &|| false);
        ancestry.know(&shared);
        !shared.is_empty() && ancestry.next_range(commit).is_empty()
    };
    let parent = |commit: Oid| MergedParent {
        commit,
        files: tree_of(repository.odb(), &commit).map(TreePaths::new),
        is_shared: is_shared(&commit),
    };
    commits.into_iter().map(parent).collect()
}

/// Returns the tips of the default branch and of the remote-tracking branches of the upstream's remote.
fn shared_tips(repository: &OpenRepository) -> Vec<Oid> {
    let repo = &repository.repository;
    let upstream = rev::upstream_remote(repo).or_else(|| {
        let known = remotes(repo);
        known.iter().find(|(name, _)| name == "origin").or(known.first()).map(|(name, _)| name.clone())
    });
    let mut tips = Vec::new();
    let mut default = None;
    if let Some(remote) = upstream {
        let prefix = format!("refs/remotes/{remote}/");
        let refs = crate::git::refs::Refs::read(repo);
        tips.extend(refs.refs.iter().filter(|(name, _)| name.starts_with(prefix.as_bytes())).map(|(_, oid)| *oid));
        default =
            rev::symbolic(repo, &format!("{prefix}HEAD")).and_then(|name| Some(name.strip_prefix(&prefix)?.to_owned()));
    }
    let candidates = default.map_or_else(|| vec!["main".to_owned(), "master".to_owned()], |name| vec![name]);
    let local = candidates.iter().find_map(|name| repository.resolve(&format!("refs/heads/{name}")).ok());
    tips.extend(local);
    tips
}
