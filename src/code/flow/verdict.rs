//! Verdicts on what runs before a handler: whether the requests that it lets pass were verified, or those of some paths.

use std::sync::Arc;

use super::super::model::Code;
use super::Analysis;
use super::path::Path;
use super::value::{Constant, Thing, Value};

/// Verdict on a guard, by the requests that it lets pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Some were not verified.
    Open,
    /// Verifies the requests of some paths or routes; holds the texts for which it asks.
    Partly(Vec<Arc<str>>),
    Verified,
}

impl Verdict {
    /// Returns what is known of a route of this path.
    pub(super) fn at(&self, path: &str) -> Self {
        let Self::Partly(asked) = self else { return self.clone() };
        let inner = |text: &str| text.trim_matches(['/', '*']).to_owned();
        let (own, asked) = (inner(path), asked.iter().map(|text| (text, inner(text))).collect::<Vec<_>>());
        let is_path = |(text, inner): &(&Arc<str>, String)| text.contains('/') && !inner.is_empty();
        if own.is_empty() || !asked.iter().any(is_path) {
            return self.clone();
        }
        match asked.iter().filter(|text| is_path(text)).any(|(_, text)| own.contains(text) || text.contains(&own)) {
            true => Self::Verified,
            false => Self::Open,
        }
    }

    /// Returns the better one.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Verified, _) | (_, Self::Verified) => Self::Verified,
            (Self::Partly(one), Self::Partly(other)) => Self::Partly([one, other].concat()),
            (Self::Open, other) => other,
            (one, Self::Open) => one,
        }
    }

    /// Marks a way behind the function.
    pub(super) fn mark(&self, path: &mut Path) {
        match self {
            Self::Verified => path.verify(),
            Self::Partly(_) => path.doubtful = true,
            Self::Open => {}
        }
    }
}

impl Analysis<'_> {
    /// Returns what functions that run one after the other make of requests.
    pub(super) fn before(&mut self, functions: &[usize]) -> Verdict {
        functions.iter().fold(Verdict::Open, |found, at| found.or(self.verifies_first(*at)))
    }

    /// Returns what a function makes of the requests that it lets pass.
    pub(super) fn verifies_first(&mut self, at: usize) -> Verdict {
        let place = (self.closures[at].file, self.closures[at].node);
        if let Some(known) = self.routers.judged.get(&place) {
            return known.clone();
        }
        self.routers.judged.insert(place, Verdict::Open);
        if !self.is_relevant(place.0, place.1) {
            return Verdict::Open;
        }
        let outer = (std::mem::replace(&mut self.guarding, true), std::mem::take(&mut self.asked));
        let passing = self.passing(at);
        self.guarding = outer.0;
        let asked = std::mem::replace(&mut self.asked, outer.1);
        let verdict = if passing.is_empty() || !passing.iter().all(|path| path.verified || path.routed) {
            Verdict::Open
        } else if passing.iter().all(|path| path.verified) {
            Verdict::Verified
        } else if passing.iter().any(|path| path.verified) {
            Verdict::Partly(asked)
        } else {
            Verdict::Open
        };
        self.routers.judged.insert(place, verdict.clone());
        verdict
    }

    /// Returns the ways on which a function lets a request pass.
    fn passing(&mut self, at: usize) -> Vec<Path> {
        let mut open = vec![at];
        let mut passing: Vec<Path> = Vec::new();
        // A wrapper returns the function that runs.
        while let Some(at) = open.pop().filter(|_| passing.len() < 64) {
            let arguments = self.entry_arguments(at);
            let (ways, continued) = self.follow(at, arguments, Path::default(), Code::NOTHING);
            let made = ways.iter().find_map(|(_, value)| match value.thing {
                Some(Thing::Function(inner)) if inner != at => Some(inner),
                _ => None,
            });
            match made.filter(|_| continued.is_empty()) {
                Some(inner) if open.is_empty() && passing.is_empty() => open.push(inner),
                _ if !continued.is_empty() => passing.extend(continued),
                _ => {
                    let passes =
                        |(path, value): &(Path, Value)| value.constant != Some(Constant::False) && !path.refused;
                    passing.extend(ways.into_iter().filter(passes).map(|(path, _)| path));
                }
            }
        }
        passing
    }
}
