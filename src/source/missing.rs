//! Lists the objects that a range scan would read and that a partial clone has not fetched yet.

use std::collections::BTreeSet;

use super::open_repository::{OpenRepository, tree_of};
use crate::git::ancestry::Ancestry;
use crate::git::changes::TreeDiffer;
use crate::git::{Commit, ObjectKind, Oid};

/// Most objects that are listed.
const MAX_MISSING: usize = 200_000;

/// Returns the trees and files that the commits between `base` and `head` bring, and the files that they replace, as far as
/// they are not here. Behind a missing tree nothing is known, so that the answer grows once it is fetched.
pub(crate) fn missing_objects(repository: &OpenRepository, base: Option<Oid>, head: Oid) -> Vec<Oid> {
    let odb = repository.odb();
    let mut ancestry = Ancestry::new(odb, &repository.repository.shallow, &|| false);
    let old = base.and_then(|base| ancestry.merge_base(&base, &head)).and_then(|base| tree_of(odb, &base));
    ancestry.know(base.as_slice());
    let commits = ancestry.next_range(&head);
    let mut differ = TreeDiffer::new(odb, &|| false);
    let mut files = BTreeSet::new();
    differ.trees(&[old], tree_of(odb, &head));
    files.extend(differ.removed.drain(..).map(|(oid, _)| oid));
    files.extend(differ.changes.iter().filter_map(|change| change.old).map(|old| old.oid));
    for commit in commits {
        let Ok(Some((ObjectKind::Commit, bytes))) = odb.read(&commit) else { continue };
        let Some(commit) = Commit::parse(&bytes, odb.format) else { continue };
        let mut parents: Vec<Option<Oid>> = commit.parents.iter().map(|parent| tree_of(odb, parent)).collect();
        if parents.is_empty() {
            parents.push(None);
        }
        differ.trees(&parents, Some(commit.tree));
        differ.removed.clear();
        let new = differ.changes.drain(..).map(|change| change.new);
        files.extend(new.filter(|new| !new.is_submodule()).map(|new| new.oid));
        if files.len() > MAX_MISSING {
            break;
        }
    }
    let mut missing = differ.missing_trees();
    missing.extend(files.into_iter().filter(|oid| !odb.contains(oid)));
    missing.truncate(MAX_MISSING);
    missing
}
