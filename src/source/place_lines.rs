//! What code scanning wants to know about a line: GitHub's hash of it, and columns in UTF-16 units.
//!
//! Both need the text once more, from its beginning, so they are told only for the few texts in which something was found.

use std::io::Read;

use crate::model::{
    LocatedHit,
    line_hash::{self, Wanted},
};

/// Tells the sightings of one text their line hashes, unless they lie inside of archive members. `open` gives the text
/// again; where that fails there are none, and the findings stand without them.
pub(super) fn hash<R: Read>(sightings: &mut [LocatedHit], open: impl FnOnce() -> Option<R>) {
    let mut direct: Vec<&mut LocatedHit> = sightings
        .iter_mut()
        .filter(|sighting| sighting.place.archive.is_empty() && sighting.place.within.is_none())
        .collect();
    if direct.is_empty() {
        return;
    }
    let wanted: Vec<Wanted> = direct
        .iter()
        .map(|LocatedHit { hit, .. }| Wanted {
            start: (hit.start.line, hit.start.column),
            end: (hit.end.line, hit.end.column),
        })
        .collect();
    let Some(mut text) = open() else { return };
    let Ok(hashes) = line_hash::read(&mut text, &wanted) else { return };
    for (sighting, hash) in direct.iter_mut().zip(hashes) {
        sighting.place.line_hash = hash;
    }
}
