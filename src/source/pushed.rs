//! What a push brings besides commits: the text of tags, and tags of files and directories.

use super::range::tree_changes;
use super::{Collector, objects};
use crate::git::commit::tag_target;
use crate::git::{ObjectKind, Odb, Oid, Repository};
use crate::model::{Origin, PathText, Place, Reach, Reason};

/// Tags of tags that are followed.
const MAX_HOPS: usize = 10;

/// Searches the text of tags and gives the commit behind them. What is no commit is searched here, and gives none.
pub(super) fn unwrap(collector: &mut Collector<'_>, repository: &Repository, odb: &Odb, mut oid: Oid) -> Option<Oid> {
    for _ in 0..MAX_HOPS {
        let place = |origin| Place {
            origin,
            reach: Reach::Ref,
            blob: Some(oid.to_string()),
            ..Place::file(PathText::default())
        };
        match odb.read(&oid) {
            Ok(Some((ObjectKind::Commit, _))) => return Some(oid),
            Ok(Some((ObjectKind::Tag, bytes))) => {
                collector.coverage().objects += 1;
                collector.bytes(&bytes, &place(Origin::TagMessage));
                let Some(target) = tag_target(&bytes, repository.format) else {
                    collector.skip(Reason::Damaged, &format!("tag {oid}"));
                    return None;
                };
                oid = target;
            }
            Ok(Some((ObjectKind::Blob, _))) => {
                objects::blob(collector, odb, &oid, &place(Origin::File));
                return None;
            }
            Ok(Some((ObjectKind::Tree, _))) => {
                tree(collector, repository, odb, oid);
                return None;
            }
            Ok(None) => {
                collector.skip(Reason::MissingObject, &format!("object {oid}"));
                return None;
            }
            Err(error) => {
                collector.skip(error.reason(), &error.to_string());
                return None;
            }
        }
    }
    collector.skip(Reason::OverLimit, &format!("tag {oid}"));
    None
}

/// Searches a directory that a tag names by itself.
fn tree(collector: &mut Collector<'_>, repository: &Repository, odb: &Odb, tree: Oid) {
    for change in tree_changes(collector, repository, odb, None, Some(tree)) {
        let Some(new) = change.new else { continue };
        let path = PathText::new(&change.path);
        let place = Place { reach: Reach::Ref, blob: Some(new.oid.to_string()), ..Place::file(path) };
        if new.is_submodule() {
            collector.skip(Reason::Submodule, &place.path.text);
        } else {
            collector.name(&change.path, &place);
            objects::blob(collector, odb, &new.oid, &place);
        }
    }
}
