//! Names the owners of findings, by the CODEOWNERS file of their repository.

use std::collections::HashMap;

use crate::model::scan_location::percent_decode;
use crate::model::snapshot::Snapshot;
use crate::model::{Finding, Location, Origin, OwnersFile, ReportedRepository};
use crate::owners::{self, CodeOwners};

/// Names the owners of each place, and the file that they come from. Returns a warning that begins with that file.
pub(super) fn assign(
    files: &dyn Snapshot,
    repository: Option<&mut ReportedRepository>,
    findings: &mut [Finding],
    expired: &dyn Fn() -> bool,
) -> Option<String> {
    if findings.is_empty() {
        return None;
    }
    let remote = repository.as_ref().and_then(|known| known.remote.as_deref());
    let mut file = match owners::find(files, remote) {
        Ok(found) => found?,
        Err(problem) => return Some(format!("{problem}; places have no owners")),
    };
    if let Some(known) = repository {
        known.codeowners = Some(OwnersFile { path: file.path.clone(), dialect: file.dialect });
    }
    let done = assign_by(&mut file, findings, expired);
    findings.iter_mut().for_each(Finding::sort_locations);
    (!done).then(|| format!("{} takes too long; some places have no owners", file.path))
}

/// Names the owners of all places. Returns false if not all were looked up.
fn assign_by(file: &mut CodeOwners, findings: &mut [Finding], expired: &dyn Fn() -> bool) -> bool {
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    for at in findings.iter_mut().flat_map(|finding| &mut finding.locations) {
        let Some(path) = path(at) else { continue };
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
