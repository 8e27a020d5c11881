//! What finding each pivot means: which literals of which rules may stand there, and whether a disguise may.

use memchr::memmem::Finder;

use crate::detect::decode::{ANCHORS, Anchor, AnchorFilter, AnchorRole};
use crate::rules::RuleSet;

use super::prefilter::CORES;

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
    pub(super) disguise: Option<&'static Anchor>,
    /// It is no text, but a long run of encoded text.
    pub(super) long_run: bool,
}

/// Everything that the rules want to be found.
pub(super) struct Wanted {
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) senses: AnchorFilter,
    /// One for each text, and one for long runs.
    pub(super) meanings: Vec<Meaning>,
    /// Literals too short for a pivot of their own: looked for near `stripe` only.
    pub(super) near: Vec<(Finder<'static>, Literal)>,
}

impl Wanted {
    /// Gives each literal of the rules a pivot.
    pub(super) fn by(rules: &RuleSet, encodings: bool) -> Self {
        let known = ANCHORS.iter().filter(|pivot| encodings || is_plain(pivot));
        let mut pivots: Vec<(Vec<u8>, Meaning)> =
            known.map(|pivot| (pivot.text.to_vec(), meaning(pivot, encodings))).collect();
        let mut near = Vec::new();
        for (rule, detect) in rules.detecting() {
            for literal in &detect.literals {
                place_literal(rule, literal, &mut pivots, &mut near);
            }
        }
        let literals = rules.detecting().flat_map(|(_, detect)| &detect.literals);
        let literals = literals.map(|literal| literal.as_bytes().to_vec()).collect();
        let senses = AnchorFilter::new(pivots.iter().map(|(text, _)| text.as_slice()), literals);
        let (texts, mut meanings): (Vec<_>, Vec<_>) = pivots.into_iter().unzip();
        let finder = |literal: Literal| (Finder::new(&literal.text).into_owned(), literal);
        let near = near.into_iter().map(finder).collect();
        meanings.push(Meaning { long_run: true, ..Meaning::default() });
        Self { texts, senses, meanings, near }
    }
}

fn meaning(pivot: &'static Anchor, encodings: bool) -> Meaning {
    let disguise = matches!(pivot.role, AnchorRole::Core | AnchorRole::Encoded(_)) && encodings;
    let disguise = disguise.then_some(pivot);
    Meaning { near_stripe: pivot.role == AnchorRole::Vendor, disguise, ..Meaning::default() }
}

/// Gives a literal to the first pivot that it contains; one without any gets a pivot of its own if it is long enough
/// to be rare, else it is looked for near `stripe`.
fn place_literal(rule: usize, literal: &str, pivots: &mut Vec<(Vec<u8>, Meaning)>, near: &mut Vec<Literal>) {
    let text = literal.as_bytes().to_vec();
    let core = CORES.iter().find_map(|core| literal.find(core).map(|at| (core.as_bytes(), at)));
    let (wanted, pivot_at) = core.unwrap_or((literal.as_bytes(), 0));
    let known = pivots.iter_mut().find(|(pivot, _)| pivot == wanted);
    match known {
        Some((_, meaning)) => meaning.literals.push(Literal { rule, text, pivot_at }),
        None if literal.len() >= 4 => {
            let literals = vec![Literal { rule, text: text.clone(), pivot_at: 0 }];
            pivots.push((text, Meaning { literals, ..Meaning::default() }));
        }
        None => near.push(Literal { rule, text, pivot_at: 0 }),
    }
}

/// Whether a pivot serves the plain search.
fn is_plain(pivot: &Anchor) -> bool {
    pivot.role == AnchorRole::Vendor || CORES.iter().any(|core| core.as_bytes() == pivot.text)
}
