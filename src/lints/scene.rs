//! Everything that lints ask about the places of findings, looked up once per file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::names;
use super::neighbours::Cached;
use super::public_names;
use crate::credential::Key;
use crate::lints::context::surroundings::{Judge, Surroundings};
use crate::model::{Context, Finding, Location};
use crate::rules::RuleSet;
use crate::rules::lint::NameClaim;

/// A file of the tree with what is known of it.
pub(super) struct Sheet {
    pub(super) surroundings: Surroundings,
    pub(super) text: Option<Rc<str>>,
}

/// What somebody has said that a path is for, whatever it looks like.
pub type Told<'a> = dyn Fn(&str) -> Option<Vec<Context>> + 'a;

/// The tree as lints see it.
pub(super) struct Scene<'a> {
    pub(super) judge: Judge<'a>,
    pub(super) tree: &'a Cached<'a>,
    told: &'a Told<'a>,
    sheets: RefCell<BTreeMap<String, Rc<Sheet>>>,
}

/// One place of one credential.
#[derive(Clone, Copy)]
pub(super) struct Spotted<'a> {
    pub(super) finding: &'a Finding,
    pub(super) key: &'a Key,
    pub(super) location: &'a Location,
}

impl<'a> Scene<'a> {
    pub(super) fn new(tree: &'a Cached<'a>, told: &'a Told<'a>) -> Self {
        Self { judge: Judge::new(tree), tree, told, sheets: RefCell::default() }
    }

    pub(super) fn sheet(&self, path: &str) -> Rc<Sheet> {
        if let Some(known) = self.sheets.borrow().get(path) {
            return Rc::clone(known);
        }
        let text = self.tree.text(path);
        let mut surroundings = self.judge.of(path, text.as_deref());
        if let Some(tags) = (self.told)(path) {
            surroundings.set_tags(tags);
        }
        let sheet = Rc::new(Sheet { surroundings, text });
        self.sheets.borrow_mut().insert(path.to_owned(), Rc::clone(&sheet));
        sheet
    }

    /// Whether the variable of a place makes a claim.
    pub(super) fn claims(&self, location: &Location, claim: NameClaim) -> bool {
        let Some(variable) = location.variable.as_deref() else { return false };
        match claim {
            NameClaim::Public => self.public(location).is_some(),
            claim => names::claims(variable, claim),
        }
    }

    /// Why the variable of a place is public.
    pub(super) fn public(&self, location: &Location) -> Option<public_names::Public> {
        let sheet = self.sheet(&location.path);
        let surroundings = &sheet.surroundings;
        public_names::public(location.variable.as_deref()?, &surroundings.package, surroundings.kind)
    }
}

/// The places of credentials that lints look at: in files of the tree that is scanned, not in archives or history.
pub(super) fn credentials<'a>(rules: &RuleSet, findings: &'a [Finding], tree: &Cached<'_>) -> Vec<Spotted<'a>> {
    findings
        .iter()
        .filter(|finding| rules.get(&finding.rule).is_none_or(|rule| rule.role.is_none()))
        .filter_map(|finding| Some((finding, finding.key.as_ref()?)))
        .flat_map(|(finding, key)| finding.locations.iter().map(move |location| Spotted { finding, key, location }))
        .filter(|spotted| tree.holds(spotted.location))
        .collect()
}

/// The tree behind a scan, for whoever runs the lints.
impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").finish_non_exhaustive()
    }
}

/// Tags that content and packages add to those of the paths, or the tags that the policy has for a path instead.
pub(super) fn tag(findings: &mut [Finding], scene: &Scene<'_>) {
    for location in findings.iter_mut().flat_map(|finding| &mut finding.locations) {
        if scene.tree.holds(location) {
            location.context.clone_from(&scene.sheet(&location.path).surroundings.tags);
        }
    }
}
