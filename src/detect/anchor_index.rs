//! Maps each anchor to the literals of rules that contain it and to the encodings it belongs to.

use std::sync::Arc;

use memchr::memmem::Finder;

use crate::detect::decode::{Anchor, AnchorFilter, AnchorRole, Prefixes};
use crate::rules::RuleSet;
use crate::rules::rule::{BodyCheck, KeyPattern, RequiredContext};

/// A rule's literal, and the place of an anchor in it.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub(super) rule: usize,
    pub(super) text: Vec<u8>,
    pub(super) anchor_at: usize,
}

/// The meaning of an anchor's occurrence.
#[derive(Debug, Clone, Default)]
pub(super) struct AnchorEntry {
    /// Literals of rules that contain it.
    pub(super) literals: Vec<Literal>,
    /// `stripe`: short prefixes count near it.
    pub(super) near_stripe: bool,
    /// A zip ends here.
    pub(super) ends_zip: bool,
    /// The anchor, if it may belong to an encoded key.
    pub(super) encoded: Option<Anchor>,
    /// No anchor, but a long run of encoded text.
    pub(super) long_run: bool,
}

/// The anchors of a search, and what to do where each is found.
pub(super) struct AnchorIndex {
    pub(super) prefixes: Arc<Prefixes>,
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) filter: AnchorFilter,
    /// One for each text, and one for long runs.
    pub(super) entries: Vec<AnchorEntry>,
    /// Literals too short for an anchor of their own: looked for near `stripe` only.
    pub(super) near: Vec<(Finder<'static>, Literal)>,
}

/// Collects the prefixes that rules search encoded text for.
pub(super) fn prefixes(rules: &RuleSet) -> Prefixes {
    // A token that holds the vendor's name is found by that, in decoded text too.
    let is_encoded = |detect: &KeyPattern| !detect.plain_only && detect.check != BodyCheck::Database;
    let encoded = rules.detecting().filter(|(_, detect)| is_encoded(detect));
    Prefixes::new(encoded.flat_map(|(_, detect)| &detect.literals).map(String::as_bytes))
}

impl AnchorIndex {
    /// Gives each literal of the rules an anchor.
    pub(super) fn new(rules: &RuleSet, encodings: bool) -> Self {
        let prefixes = Arc::new(prefixes(rules));
        let known = prefixes.anchors().filter(|anchor| encodings || is_plain(anchor));
        let mut anchors: Vec<(Anchor, AnchorEntry)> =
            known.map(|anchor| (anchor.clone(), entry(anchor, encodings))).collect();
        let mut near = Vec::new();
        for (rule, detect) in rules.detecting() {
            for literal in &detect.literals {
                place_literal((rule, detect), literal, &mut anchors, &mut near);
            }
        }
        let literals = rules.detecting().flat_map(|(_, detect)| &detect.literals);
        let literals = literals.map(|literal| literal.as_bytes().to_vec()).collect();
        let filter = AnchorFilter::new(anchors.iter().map(|(anchor, _)| anchor), Arc::clone(&prefixes), literals);
        let texts = anchors.iter().map(|(anchor, _)| anchor.text.to_vec()).collect();
        let mut entries: Vec<AnchorEntry> = anchors.into_iter().map(|(_, entry)| entry).collect();
        let finder = |literal: Literal| (Finder::new(&literal.text).into_owned(), literal);
        let near = near.into_iter().map(finder).collect();
        entries.push(AnchorEntry { long_run: true, ..AnchorEntry::default() });
        Self { prefixes, texts, filter, entries, near }
    }
}

fn entry(anchor: &Anchor, encodings: bool) -> AnchorEntry {
    let encoded = matches!(anchor.role, AnchorRole::Core | AnchorRole::Encoded(_)) && encodings;
    let encoded = encoded.then(|| anchor.clone());
    let (near_stripe, ends_zip) = (anchor.role == AnchorRole::Vendor, anchor.role == AnchorRole::ZipEnd);
    AnchorEntry { near_stripe, ends_zip, encoded, ..AnchorEntry::default() }
}

/// Assigns a literal to the first anchor that it contains, a whole one if possible. A literal without any gets an anchor of
/// its own if it is long enough to be rare or counts anywhere; otherwise it is searched for near `stripe`.
fn place_literal(
    (rule, detect): (usize, &KeyPattern),
    literal: &str,
    anchors: &mut Vec<(Anchor, AnchorEntry)>,
    near: &mut Vec<Literal>,
) {
    let text = literal.as_bytes().to_vec();
    let place = |anchor: &Anchor| match anchor.role {
        AnchorRole::Core | AnchorRole::Short => memchr::memmem::find(&text, &anchor.text).map(|at| (anchor.half, at)),
        AnchorRole::Vendor if detect.check == BodyCheck::Database => {
            memchr::memmem::find(&text, &anchor.text).map(|at| (false, at))
        }
        AnchorRole::Vendor | AnchorRole::ZipEnd | AnchorRole::Encoded(_) => None,
    };
    let known = anchors.iter_mut().filter_map(|(anchor, entry)| Some((place(anchor)?, entry)));
    match known.min_by_key(|(place, _)| *place) {
        Some(((_, anchor_at), entry)) => entry.literals.push(Literal { rule, text, anchor_at }),
        None if literal.len() >= 4 || detect.near == RequiredContext::Nothing => {
            let literals = vec![Literal { rule, text: text.clone(), anchor_at: 0 }];
            anchors.push((Anchor::new(text, AnchorRole::Short), AnchorEntry { literals, ..AnchorEntry::default() }));
        }
        None => near.push(Literal { rule, text, anchor_at: 0 }),
    }
}

/// Returns true if an anchor serves the plain search.
fn is_plain(anchor: &Anchor) -> bool {
    matches!(anchor.role, AnchorRole::Core | AnchorRole::Short | AnchorRole::Vendor) && !anchor.half
}

#[cfg(test)]
mod tests {
    use super::super::decode::ANCHORS;
    use super::*;

    #[test]
    fn built_in_rules_need_no_encoded_anchors_of_their_own() {
        let rules = crate::rules::load::load(true, &[]).unwrap();
        assert!(prefixes(&rules).anchors().eq(ANCHORS.iter()));
        let index = AnchorIndex::new(&rules, true);
        assert_eq!(index.texts.len(), ANCHORS.len());
    }
}
