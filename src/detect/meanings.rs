//! What finding each pivot means: which literals of which rules may stand there, and whether a disguise may.

use std::sync::Arc;

use memchr::memmem::Finder;

use crate::detect::decode::{Anchor, AnchorFilter, AnchorRole, Prefixes};
use crate::rules::RuleSet;
use crate::rules::rule::{KeyPattern, RequiredContext};

/// A rule's literal and where a pivot stands in it.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub(super) rule: usize,
    pub(super) text: Vec<u8>,
    pub(super) pivot_at: usize,
}

/// What a pivot means.
#[derive(Debug, Clone, Default)]
pub(super) struct Meaning {
    /// Literals of rules that stand around it.
    pub(super) literals: Vec<Literal>,
    /// `stripe`: short prefixes count near it.
    pub(super) near_stripe: bool,
    /// It may belong to a key in disguise.
    pub(super) disguise: Option<Anchor>,
    /// It is no text, but a long run of encoded text.
    pub(super) long_run: bool,
}

/// Everything that the rules want to be found.
pub(super) struct Wanted {
    pub(super) prefixes: Arc<Prefixes>,
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) senses: AnchorFilter,
    /// One for each text, and one for long runs.
    pub(super) meanings: Vec<Meaning>,
    /// Literals too short for a pivot of their own: looked for near `stripe` only.
    pub(super) near: Vec<(Finder<'static>, Literal)>,
}

/// What may be encoded of what the rules look for.
pub(super) fn prefixes(rules: &RuleSet) -> Prefixes {
    let encoded = rules.detecting().filter(|(_, detect)| !detect.plain_only);
    Prefixes::new(encoded.flat_map(|(_, detect)| &detect.literals).map(String::as_bytes))
}

impl Wanted {
    /// Gives each literal of the rules a pivot.
    pub(super) fn by(rules: &RuleSet, encodings: bool) -> Self {
        let prefixes = Arc::new(prefixes(rules));
        let known = prefixes.anchors().filter(|pivot| encodings || is_plain(pivot));
        let mut pivots: Vec<(Anchor, Meaning)> =
            known.map(|pivot| (pivot.clone(), meaning(pivot, encodings))).collect();
        let mut near = Vec::new();
        for (rule, detect) in rules.detecting() {
            for literal in &detect.literals {
                place_literal((rule, detect), literal, &mut pivots, &mut near);
            }
        }
        let literals = rules.detecting().flat_map(|(_, detect)| &detect.literals);
        let literals = literals.map(|literal| literal.as_bytes().to_vec()).collect();
        let senses = AnchorFilter::new(pivots.iter().map(|(pivot, _)| pivot), Arc::clone(&prefixes), literals);
        let texts = pivots.iter().map(|(pivot, _)| pivot.text.to_vec()).collect();
        let mut meanings: Vec<Meaning> = pivots.into_iter().map(|(_, meaning)| meaning).collect();
        let finder = |literal: Literal| (Finder::new(&literal.text).into_owned(), literal);
        let near = near.into_iter().map(finder).collect();
        meanings.push(Meaning { long_run: true, ..Meaning::default() });
        Self { prefixes, texts, senses, meanings, near }
    }
}

fn meaning(pivot: &Anchor, encodings: bool) -> Meaning {
    let disguise = matches!(pivot.role, AnchorRole::Core | AnchorRole::Encoded(_)) && encodings;
    let disguise = disguise.then(|| pivot.clone());
    Meaning { near_stripe: pivot.role == AnchorRole::Vendor, disguise, ..Meaning::default() }
}

/// Gives a literal to the first pivot that it contains, rather to one that is no half; one without any gets a pivot of its
/// own if it is long enough to be rare or counts anywhere, else it is looked for near `stripe`.
fn place_literal(
    (rule, detect): (usize, &KeyPattern),
    literal: &str,
    pivots: &mut Vec<(Anchor, Meaning)>,
    near: &mut Vec<Literal>,
) {
    let text = literal.as_bytes().to_vec();
    let place = |pivot: &Anchor| match pivot.role {
        AnchorRole::Core | AnchorRole::Short => memchr::memmem::find(&text, &pivot.text).map(|at| (pivot.half, at)),
        AnchorRole::Vendor | AnchorRole::Encoded(_) => None,
    };
    let known = pivots.iter_mut().filter_map(|(pivot, meaning)| Some((place(pivot)?, meaning)));
    match known.min_by_key(|(place, _)| *place) {
        Some(((_, pivot_at), meaning)) => meaning.literals.push(Literal { rule, text, pivot_at }),
        None if literal.len() >= 4 || detect.near == RequiredContext::Nothing => {
            let literals = vec![Literal { rule, text: text.clone(), pivot_at: 0 }];
            pivots.push((Anchor::new(text, AnchorRole::Short), Meaning { literals, ..Meaning::default() }));
        }
        None => near.push(Literal { rule, text, pivot_at: 0 }),
    }
}

/// Whether a pivot serves the plain search.
fn is_plain(pivot: &Anchor) -> bool {
    matches!(pivot.role, AnchorRole::Core | AnchorRole::Short | AnchorRole::Vendor) && !pivot.half
}
