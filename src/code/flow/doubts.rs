//! Calls that could not be followed: whether they may have verified.

use super::super::model::Kind;
use super::Analysis;
use super::called::{Called, last, together};
use super::path::Path;
use super::stand_ins::SHOWS;
use super::value::{Traits, Value};

/// Calls that validate the form of what they are given, which says nothing of who sent it.
const FORMS: &[&str] = &[
    "validate",
    "validateAsync",
    "validate_async",
    "validateSync",
    "validateWithBag",
    "validateBody",
    "validated",
    "validator",
    "is_valid",
    "isValid",
    "IsValid",
    "valid?",
    "Valid",
    "ValidateStruct",
];

impl Analysis<'_> {
    /// Notes that something which could not be followed may have verified.
    pub(super) fn doubt(&mut self, called: &Called<'_>, target: &Value, path: &mut Path) {
        let given = together(&called.arguments);
        if is_form(called, given) || logs(called) {
            return;
        }
        let gets = given.has(Traits::BODY) || given.has(Traits::SIGNATURE) || given.has(Traits::REQUEST);
        let missing = target.has(Traits::MISSING) || called.object.has(Traits::MISSING);
        let foreign = given.has(Traits::FOREIGN) || self.words.foreign.is_match(&called.dotted);
        let checks = self.words.check.is_match(last(&called.dotted)) && !foreign;
        let verifies = checks && self.words.verifies.is_match(last(&called.dotted));
        if verifies && target.thing.is_none() && !missing && !self.is_bound(called, path) {
            // A function of this name that is declared nowhere in sight: a global, a generated one.
            path.verify();
        } else if target.thing.is_none()
            && may_verify(called, given)
            && (given.has(Traits::SIGNATURE) || path.pending.is_empty())
            || (missing && (gets || checks))
            || (checks && (gets || !called.arguments.is_empty()))
        {
            path.doubtful = true;
        }
    }

    /// Returns true if the first name of what is called is declared or imported in the file.
    fn is_bound(&mut self, called: &Called<'_>, path: &Path) -> bool {
        let root = called.dotted.split('.').next().unwrap_or_default();
        let file = self.file();
        let module = self.modules.get(&file).cloned().flatten();
        path.get(root).is_some() || module.is_some_and(|scope| scope.get(root).is_some())
    }
}

/// Returns true for a call that is given the body and its signature, or nothing but the request and what it holds.
fn may_verify(called: &Called<'_>, given: Traits) -> bool {
    let of_request = Traits::REQUEST.with(Traits::BODY).with(Traits::SIGNATURE);
    // A single text of both is what is signed: `mac.write(t + "." + payload)`.
    let is_signed =
        called.object.has(Traits::MAC) || matches!(called.arguments.as_slice(), [one] if one.thing.is_none());
    given.has(Traits::BODY) && given.has(Traits::SIGNATURE) && !is_signed
        || given.has(Traits::REQUEST) && called.arguments.iter().all(|value| value.has(of_request))
}

/// Returns true for a call that validates a form: `$request->validate(['id' => 'required'])`, `validator.validate(payload)`.
fn is_form(called: &Called<'_>, given: Traits) -> bool {
    let code = called.code;
    let has_rules = |at: usize| matches!(code.kind(code.child(called.node, at)), Kind::Object | Kind::Group);
    FORMS.contains(&last(&called.dotted))
        && !given.has(Traits::SIGNATURE.with(Traits::SECRET))
        && (!given.has(Traits::REQUEST) || has_rules(2))
}

/// Returns true for a call that only shows what it is given.
fn logs(called: &Called<'_>) -> bool {
    let root = called.dotted.split('.').next().unwrap_or_default().to_ascii_lowercase();
    root.contains("log") || root == "console" || SHOWS.contains(&last(&called.dotted))
}
