//! Plans units of about equal weight, the same ones from the same repositories.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::FleetError;
use super::digest::Digest;
use super::name::{Protocols, RepositoryName};
use crate::model::escape::escape;

/// The version of the plan's JSON.
const SCHEMA: &str = "pinstripe.plan/1";

/// Most units, unless the user asks for more: what a scheduler takes as one array by default.
const USUAL_UNITS: u64 = 1_000;

/// Bytes of packs that are about as much work as starting on a repository.
const START: u64 = 1 << 20;

/// Bytes of packs of a repository that is not here yet.
const UNKNOWN: u64 = 16 << 20;

/// Weight of a unit, where the user names no number of them.
const USUAL_WEIGHT: u64 = 1 << 30;

/// Bytes of packs that one thread reads in a second.
const BYTES_A_SECOND: u64 = 48 << 20;

/// Largest size of a repository that is believed.
const MAX_BYTES: u64 = 1 << 50;

/// A repository to plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlannedRepository {
    pub(crate) name: RepositoryName,
    /// The size of its packs; `None` if it is not here.
    pub(crate) bytes: Option<u64>,
}

impl PlannedRepository {
    fn bytes(&self) -> u64 {
        self.bytes.unwrap_or(UNKNOWN).min(MAX_BYTES)
    }

    fn weight(&self) -> u64 {
        self.bytes() + START
    }
}

/// Repositories that one worker scans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unit {
    /// Its number, from 0.
    pub(crate) number: u32,
    /// The beginning of the digest. Files about the unit are named so.
    pub(crate) id: String,
    /// Digest of the names of its repositories.
    pub(crate) digest: String,
    /// The size of its packs, as far as it is known.
    pub(crate) bytes: u64,
    /// Estimated time of one thread.
    pub(crate) seconds: u64,
    pub(crate) repositories: Vec<String>,
}

impl Unit {
    fn new(number: u32, repositories: &[&PlannedRepository]) -> Self {
        let names: Vec<String> = repositories.iter().map(|planned| planned.name.as_str().to_owned()).collect();
        let bytes = repositories.iter().map(|planned| planned.bytes()).fold(0, u64::saturating_add);
        let weight = weight(repositories);
        let (digest, seconds) = (digest_of(&names), weight.div_ceil(BYTES_A_SECOND));
        Self { number, id: id_of(&digest), digest, bytes, seconds, repositories: names }
    }

    /// Returns its repositories.
    ///
    /// # Errors
    /// The first name that is refused, by its position: it may hold a password.
    pub(crate) fn names(&self, protocols: Protocols) -> Result<Vec<RepositoryName>, FleetError> {
        let parse = |(at, text): (usize, &String)| {
            let refused = |why| FleetError(format!("unit {}: repository {at} {why}", self.number));
            RepositoryName::parse(text, protocols).map_err(refused)
        };
        (0..).zip(&self.repositories).map(parse).collect()
    }
}

fn weight(repositories: &[&PlannedRepository]) -> u64 {
    repositories.iter().map(|planned| planned.weight()).fold(0, u64::saturating_add)
}

fn digest_of(names: &[String]) -> String {
    let mut digest = Digest::new("pinstripe-unit/1");
    names.iter().for_each(|name| digest.add(name.as_bytes()));
    digest.finish()
}

fn id_of(digest: &str) -> String {
    digest.get(..16).unwrap_or_default().to_owned()
}

/// The units of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FleetPlan {
    schema: String,
    /// Digest of the units.
    pub(crate) digest: String,
    /// The longest first.
    pub(crate) units: Vec<Unit>,
}

impl FleetPlan {
    /// Largest plan, in bytes: that of as many names as a list has.
    pub(crate) const MAX_SIZE: u64 = 1 << 29;

    /// Most repositories of a plan.
    pub(crate) const MAX_REPOSITORIES: usize = 2_000_000;

    /// Plans at most `wanted` units; `None` for as many as suit the weight. Each repository goes to the unit that is the
    /// lightest so far, the heaviest first: a huge one stays alone, small ones fill up.
    pub(crate) fn new(mut repositories: Vec<PlannedRepository>, wanted: Option<u32>) -> Self {
        repositories.sort();
        repositories.dedup_by(|a, b| a.name == b.name);
        let total = weight(&repositories.iter().collect::<Vec<_>>());
        let usual = || total.div_ceil(USUAL_WEIGHT).min(USUAL_UNITS);
        let most = wanted.map_or_else(usual, u64::from).min(repositories.len() as u64);
        let mut heaviest: Vec<&PlannedRepository> = repositories.iter().collect();
        heaviest.sort_by_key(|planned| std::cmp::Reverse(planned.weight()));
        let mut units: BTreeSet<(u64, u64)> = (0..most).map(|number| (0, number)).collect();
        let mut parts: Vec<Vec<&PlannedRepository>> = vec![Vec::new(); usize::try_from(most).unwrap_or(0)];
        for planned in heaviest {
            let Some((weight, number)) = units.pop_first() else { break };
            if let Some(part) = usize::try_from(number).ok().and_then(|at| parts.get_mut(at)) {
                part.push(planned);
            }
            units.insert((weight.saturating_add(planned.weight()), number));
        }
        for part in &mut parts {
            part.sort_by(|a, b| a.name.cmp(&b.name));
        }
        parts
            .sort_by_cached_key(|part| (std::cmp::Reverse(weight(part)), part.first().map(|first| first.name.clone())));
        let units: Vec<Unit> = (0..).zip(&parts).map(|(number, part)| Unit::new(number, part)).collect();
        Self { schema: SCHEMA.to_owned(), digest: digest_of_units(&units), units }
    }

    /// Reads a plan, and checks what follows from the rest: it may come from anywhere.
    ///
    /// # Errors
    /// It is no plan, contradicts itself, or names what no plan names.
    pub(crate) fn parse(file: &str, bytes: &[u8], protocols: Protocols) -> Result<Self, FleetError> {
        let failed = |why: &str| FleetError(format!("{}: {}", escape(file), escape(why)));
        // Each text takes memory: a unit has eight besides its repositories, and there are at most a million units.
        let texts = bytes.iter().filter(|byte| **byte == b'"').count() / 2;
        if texts > 6 * Self::MAX_REPOSITORIES {
            return Err(failed("it has too many repositories"));
        }
        let plan: Self = serde_json::from_slice(bytes).map_err(|error| failed(&format!("it is no plan: {error}")))?;
        if plan.schema != SCHEMA {
            return Err(failed(&format!("its schema is {:?}, and this pinstripe reads {SCHEMA:?}", plan.schema)));
        }
        let mut seen = BTreeSet::new();
        for (number, unit) in (0..).zip(&plan.units) {
            let contradicts = unit.number != number || unit.digest != digest_of(&unit.repositories);
            if contradicts || unit.id != id_of(&unit.digest) || unit.repositories.is_empty() {
                return Err(failed(&format!("unit {number} contradicts itself; plan again")));
            }
            unit.names(protocols).map_err(|error| failed(&error.0))?;
            if !unit.repositories.iter().all(|name| seen.insert(name)) || seen.len() > Self::MAX_REPOSITORIES {
                return Err(failed(&format!("unit {number} has a repository twice, or there are too many")));
            }
        }
        let is_whole = plan.digest == digest_of_units(&plan.units);
        if is_whole { Ok(plan) } else { Err(failed("units were added or left out; plan again")) }
    }
}

fn digest_of_units(units: &[Unit]) -> String {
    let mut digest = Digest::new(SCHEMA);
    units.iter().for_each(|unit| digest.add(unit.digest.as_bytes()));
    digest.finish()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
