//! The tree that lints run on: credentials with their files, classified once per file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::cached_tree::CachedTree;
use super::client_graph::ClientGraph;
use super::context::file_context::FileContext;
use super::context::framework::Packages;
use super::public_names::{self, PublicPrefix};
use super::source_facts::SourceFacts;
use super::variable_names;
use crate::credential::Key;
use crate::model::snapshot::Snapshot;
use crate::model::{Context, Coverage, Finding, Location, Origin, SkipReason};
use crate::rules::RuleSet;
use crate::rules::lint::NameClaim;

/// Looks up the tags that the policy sets for a path, instead of those of its classification.
pub(crate) type PolicyTags<'a> = dyn Fn(&str) -> Option<Vec<Context>> + 'a;

/// A path, and the tags that the policy sets for it.
pub(super) type PolicyAnswer = (String, Option<Vec<Context>>);

/// Input of lints beside credentials and code.
pub(crate) struct LintInput<'a> {
    pub(crate) tree: &'a dyn Snapshot,
    pub(crate) policy_tags: &'a PolicyTags<'a>,
    /// Make a record for the next scan.
    pub(crate) record: bool,
    /// Returns true once no time is left.
    pub(crate) expired: &'a dyn Fn() -> bool,
}

/// Everything that lints know about the scanned tree.
pub(super) struct LintContext<'a> {
    pub(super) tree: &'a CachedTree<'a>,
    packages: Packages<'a>,
    policy_tags: &'a PolicyTags<'a>,
    expired: &'a dyn Fn() -> bool,
    left_out: RefCell<Coverage>,
    files: RefCell<BTreeMap<String, Rc<FileContext>>>,
    asked: RefCell<Vec<PolicyAnswer>>,
    graph: ClientGraph,
}

/// One place of one credential.
#[derive(Clone, Copy)]
pub(super) struct KeySite<'a> {
    pub(super) number: usize,
    pub(super) finding: &'a Finding,
    pub(super) key: &'a Key,
    pub(super) location: &'a Location,
}

impl<'a> LintContext<'a> {
    pub(super) fn new(tree: &'a CachedTree<'a>, input: &LintInput<'a>, facts: &[SourceFacts]) -> Self {
        let (policy_tags, expired) = (input.policy_tags, input.expired);
        let packages = Packages::new(tree);
        let mut entries: Vec<String> =
            facts.iter().filter(|facts| facts.entry).map(|facts| facts.place.path.text.clone()).collect();
        entries.sort_unstable();
        let (left_out, files, asked) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { tree, packages, policy_tags, expired, left_out, files, asked, graph: ClientGraph::new(entries) }
    }

    /// Returns true once no time is left. What asks leaves its work undone.
    pub(super) fn expired(&self) -> bool {
        let expired = (self.expired)();
        if expired && self.left_out.borrow().complete() {
            self.leave_out(SkipReason::TimedOut, "lints".to_owned());
        }
        expired
    }

    pub(super) fn leave_out(&self, reason: SkipReason, what: String) {
        self.left_out.borrow_mut().skip(reason, what);
    }

    pub(super) fn left_out(&self) -> Coverage {
        self.left_out.borrow().clone()
    }

    /// Returns what the policy was asked for.
    pub(super) fn asked(&self) -> Vec<PolicyAnswer> {
        self.asked.borrow().clone()
    }

    pub(super) fn file(&self, path: &str) -> Rc<FileContext> {
        if let Some(known) = self.files.borrow().get(path) {
            return Rc::clone(known);
        }
        let mut file = FileContext::classify(path, self.tree, &self.packages);
        if file.may_be_imported() {
            file.ship_by(self.graph.way(self.tree, path, &|| self.expired()));
        }
        let tags = (self.policy_tags)(path);
        self.asked.borrow_mut().push((path.to_owned(), tags.clone()));
        if let Some(tags) = tags {
            file.set_tags(tags);
        }
        let file = Rc::new(file);
        self.files.borrow_mut().insert(path.to_owned(), Rc::clone(&file));
        file
    }

    /// Returns true if the variable of a place makes a claim.
    pub(super) fn claims(&self, location: &Location, claim: NameClaim) -> bool {
        match claim {
            NameClaim::Public => self.public_prefix(location).is_some(),
            claim => location.variable.as_deref().is_some_and(|name| variable_names::claims(name, claim)),
        }
    }

    /// Returns the public prefix of a place's variable.
    pub(super) fn public_prefix(&self, location: &Location) -> Option<PublicPrefix> {
        let name = location.variable.as_deref()?;
        let file = self.file(&location.path);
        public_names::public_prefix(name, &file.package, file.kind)
    }

    /// Replaces the tags of paths by those of the classified files.
    pub(super) fn tag(&self, places: &mut dyn Iterator<Item = &mut Location>) {
        for location in places.take_while(|_| !self.expired()) {
            location.context = self.file(&location.path).tags_at(location.line);
        }
    }
}

/// Returns true for a place in a plain file of a tree, and not in an archive or in history.
fn is_file_of(tree: &dyn Snapshot, location: &Location) -> bool {
    location.origin == Origin::File
        && location.archive.is_empty()
        && location.path_encoding.is_none()
        && tree.holds(location.reach)
}

/// Iterates over the places in files of a tree.
pub(super) fn places<'f>(findings: &'f mut [Finding], tree: &dyn Snapshot) -> impl Iterator<Item = &'f mut Location> {
    let places = findings.iter_mut().flat_map(|finding| &mut finding.locations);
    places.filter(|location| is_file_of(tree, location))
}

/// Returns the places of credentials in files of a tree.
pub(super) fn key_sites<'f>(rules: &RuleSet, findings: &'f [Finding], tree: &dyn Snapshot) -> Vec<KeySite<'f>> {
    findings
        .iter()
        .filter(|finding| rules.get(&finding.rule).is_none_or(|rule| rule.role.is_none()))
        .filter_map(|finding| Some((finding, finding.key.as_ref()?)))
        .flat_map(|(finding, key)| finding.locations.iter().map(move |location| (finding, key, location)))
        .filter(|(_, _, location)| is_file_of(tree, location))
        .enumerate()
        .map(|(number, (finding, key, location))| KeySite { number, finding, key, location })
        .collect()
}
