//! Names the owners of findings, by the CODEOWNERS file of their repository.

use std::collections::HashMap;

use super::target::TreeFiles;
use crate::model::scan_location::percent_decode;
use crate::model::{Finding, Location, Origin, OwnersFile, ReportedRepository};
use crate::owners::{self, CodeOwners};

/// Names the owners of each place, and the files that they come from. Returns warnings.
pub(super) fn assign(
    trees: &[TreeFiles],
    repositories: &mut [ReportedRepository],
    findings: &mut [Finding],
    expired: &dyn Fn() -> bool,
) -> Vec<String> {
    if findings.is_empty() {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    for tree in trees {
        let named = repositories.iter_mut().find(|known| tree.repository.as_ref().is_none_or(|id| known.id == *id));
        let remote = named.as_ref().and_then(|known| known.remote.as_deref());
        match owners::find(&*tree.files, remote) {
            Ok(Some(mut file)) => {
                if let Some(known) = named {
                    known.codeowners = Some(OwnersFile { path: file.path.clone(), dialect: file.dialect });
                }
                if !assign_by(&mut file, tree, findings, expired) {
                    let problem = "takes too long; some places have no owners";
                    warnings.push(format!("warning: {}{} {problem}", tree.below, file.path));
                }
            }
            Ok(None) => {}
            Err(problem) => warnings.push(format!("warning: {}{problem}; places have no owners", tree.below)),
        }
    }
    findings.iter_mut().for_each(Finding::sort_locations);
    warnings
}

/// Names the owners of the places in one repository. Returns false if not all were looked up.
fn assign_by(file: &mut CodeOwners, tree: &TreeFiles, findings: &mut [Finding], expired: &dyn Fn() -> bool) -> bool {
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    let places = findings.iter_mut().flat_map(|finding| &mut finding.locations);
    for at in places.filter(|at| at.repository == tree.repository) {
        let Some(path) = path(at).and_then(|path| path.strip_prefix(&*tree.below).map(str::to_owned)) else { continue };
        if let Some(owners) = known.get(&path) {
            at.owners.clone_from(owners);
            continue;
        }
        let Some(owners) = file.of(&path).filter(|_| !expired()) else { return false };
        at.owners = owners.into_iter().map(str::to_owned).collect();
        known.insert(path, at.owners.clone());
    }
    true
}

/// Returns the path of a place that is in a file.
fn path(location: &Location) -> Option<String> {
    let in_file = matches!(location.origin, Origin::File | Origin::FileName);
    in_file.then(|| match location.path_encoding {
        Some(_) => String::from_utf8_lossy(&percent_decode(&location.path)).into_owned(),
        None => location.path.clone(),
    })
}
