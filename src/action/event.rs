//! Events, and what they ask for.

use serde_json::Value;

use crate::git::Oid;

/// Looks up a variable of the environment; empty ones are `None`.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The event that started the run.
pub(crate) struct Event<'a> {
    pub(crate) variables: Variables<'a>,
    pub(crate) payload: Payload,
}

impl Event<'_> {
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    /// Returns the commit id in a variable.
    pub(super) fn variable_oid(&self, name: &str) -> Option<Oid> {
        Oid::from_hex(self.variable(name)?.as_bytes())
    }

    /// Names the event for a message.
    pub(super) fn name(&self) -> String {
        self.variable("GITHUB_EVENT_NAME").or_else(|| self.variable("CI_PIPELINE_SOURCE")).unwrap_or_default()
    }
}

/// The JSON document of an event. Nothing in it is trusted to be there or to have its type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Payload {
    value: Value,
    /// The reason why there is no document.
    pub(crate) problem: Option<String>,
}

impl Payload {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match serde_json::from_slice(bytes) {
            Ok(value) => Self { value, problem: None },
            Err(error) => Self::unreadable(format!("it is not JSON: {error}")),
        }
    }

    pub(crate) fn unreadable(problem: String) -> Self {
        Self { value: Value::Null, problem: Some(problem) }
    }

    /// Returns the text at a JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    pub(super) fn number(&self, pointer: &str) -> Option<u64> {
        self.value.pointer(pointer)?.as_u64()
    }

    pub(super) fn is_true(&self, pointer: &str) -> bool {
        self.value.pointer(pointer) == Some(&Value::Bool(true))
    }

    pub(super) fn oid(&self, pointer: &str) -> Option<Oid> {
        Oid::from_hex(self.text(pointer)?.as_bytes())
    }
}

/// The request that an event makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    Change(Change),
    /// Every object of the repository.
    History,
    /// Nothing, for this reason.
    Nothing(&'static str),
    /// The event does not say what it brings; a sentence without its full stop.
    Unknown(String),
}

/// The commits that an event brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// The beginning of the range: the first of these that is here or can be fetched.
    pub(super) bases: Vec<Base>,
    /// Its end; `None` for the commit that is checked out.
    pub(super) head: Option<Oid>,
    /// A ref of the remote that holds the end, if it cannot be fetched by its id.
    pub(super) head_ref: Option<String>,
    pub(super) policy: PolicyOf,
    /// True for commits that a branch has already, false for those that are proposed.
    pub(super) is_push: bool,
}

/// The beginning of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    Commit(Oid),
    /// The tip of a branch of the remote.
    Branch(String),
    /// Before the first commit.
    Root,
}

/// Whose policy a range obeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PolicyOf {
    /// The policy before the change.
    MergeBase,
    /// As before, with the entries that the change adds, which this user accepted.
    AcceptedBy(String),
    /// The policy at the end of the range: the content of the default branch has been reviewed.
    Head,
}

impl Change {
    /// A change whose ends are commits and which cannot allow itself.
    pub(super) fn proposed(base: Oid, head: Oid) -> Self {
        let (bases, head) = (vec![Base::Commit(base)], Some(head));
        Self { bases, head, head_ref: None, policy: PolicyOf::MergeBase, is_push: false }
    }
}

/// A push to a branch or tag.
pub(super) struct Push {
    /// The commit before it; `None` for a new ref.
    pub(super) before: Option<Oid>,
    pub(super) after: Oid,
    pub(super) default_branch: Option<String>,
    pub(super) is_default: bool,
}

impl Push {
    pub(super) fn request(self) -> Request {
        // Of the default branch itself nothing is known already.
        let otherwise = if self.is_default { Some(Base::Root) } else { self.default_branch.map(Base::Branch) };
        let bases: Vec<Base> = self.before.map(Base::Commit).into_iter().chain(otherwise).collect();
        if bases.is_empty() {
            return Request::Unknown("The event names neither an old tip nor the default branch".to_owned());
        }
        let policy = if self.is_default { PolicyOf::Head } else { PolicyOf::MergeBase };
        Request::Change(Change { bases, head: Some(self.after), head_ref: None, policy, is_push: true })
    }
}
