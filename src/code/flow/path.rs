//! Ways through the code, with all that is known on them.

use std::rc::Rc;
use std::sync::Arc;

use super::scope::Scope;
use super::value::Value;

/// One way through the code up to a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) scope: Rc<Scope>,
    /// A verification whose result counts lies behind.
    pub(crate) verified: bool,
    /// Something that could not be followed may have verified.
    pub(crate) doubtful: bool,
    /// A guard asked for the request's path or route: what it did here it does not do for every request.
    pub(crate) routed: bool,
    /// The request was refused in its answer.
    pub(crate) refused: bool,
    /// The condition by which the verification was passed by, among the conditions of the analysis.
    pub(crate) skipped: Option<usize>,
    /// Uses of an unverified event on this way.
    pub(crate) pending: Vec<usize>,
    /// Number of uses before a check that failed: they are none if the way ends here.
    pub(crate) failed: usize,
}

impl Path {
    pub(crate) fn set(&mut self, name: &Arc<str>, value: Value) {
        Rc::make_mut(&mut self.scope).set(name.clone(), value);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.scope.get(name)
    }

    pub(crate) fn verify(&mut self) {
        self.verified = true;
        self.forget_uses();
    }

    pub(crate) fn forget_uses(&mut self) {
        self.pending.clear();
        self.failed = 0;
    }

    /// Notes that a check failed.
    pub(crate) fn fail(&mut self) {
        self.failed = self.pending.len();
    }

    /// Returns the uses of an unverified event on a way that ends here.
    pub(crate) fn uses(&self) -> &[usize] {
        self.pending.get(self.failed..).unwrap_or_default()
    }

    pub(crate) fn use_event(&mut self, sink: usize) {
        if self.verified || self.uses().contains(&sink) {
            return;
        }
        if let Some(at) = self.pending.iter().position(|known| *known == sink) {
            self.pending.remove(at);
            self.failed -= 1;
        }
        self.pending.push(sink);
    }

    /// Returns true if two ways differ at most in what is pending.
    fn agrees(&self, other: &Self) -> bool {
        (self.verified, self.doubtful, self.routed, self.refused, self.skipped)
            == (other.verified, other.doubtful, other.routed, other.refused, other.skipped)
    }

    fn join(&mut self, other: Self) {
        for (at, sink) in other.pending.iter().enumerate() {
            if at >= other.failed {
                self.use_event(*sink);
            } else if !self.pending.contains(sink) {
                self.pending.insert(self.failed, *sink);
                self.failed += 1;
            }
        }
        if !Rc::ptr_eq(&self.scope, &other.scope) {
            Rc::make_mut(&mut self.scope).join(&other.scope);
        }
    }
}

/// Most ways that are kept apart.
const MAX_PATHS: usize = 8;

/// Joins the ways that do not differ, and more of them if they are many.
pub(crate) fn merge(paths: Vec<Path>) -> Vec<Path> {
    let full = paths.len() > MAX_PATHS;
    join(paths, full)
}

/// Joins ways. All that were verified alike are one if it is `full`, whatever their variables are.
pub(crate) fn join(paths: Vec<Path>, full: bool) -> Vec<Path> {
    let mut kept: Vec<Path> = Vec::new();
    for path in paths {
        let same = |other: &&mut Path| other.agrees(&path) && (full || other.scope == path.scope);
        match kept.iter_mut().find(same) {
            Some(other) => other.join(path),
            None => kept.push(path),
        }
    }
    kept
}
