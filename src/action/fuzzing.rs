//! Entry point of the fuzz target to events.

use super::{Event, Inputs, LocalClone, Payload, Step, plan};
use crate::git::Oid;

/// A clone that has the commits whose ids are even.
struct AnyClone;

impl LocalClone for AnyClone {
    fn remote(&self) -> Option<String> {
        Some("origin".to_owned())
    }

    fn remote_url(&self) -> Option<String> {
        None
    }

    fn resolve(&self, revision: &str) -> Option<Oid> {
        Oid::from_hex(revision.as_bytes()).filter(|oid| oid.as_bytes()[0].is_multiple_of(2))
    }

    fn tip(&self, _: &str, branch: &str) -> Option<Oid> {
        branch.len().is_multiple_of(2).then(|| Oid::from_raw(&[2; 20])).flatten()
    }

    fn is_part(&self) -> bool {
        false
    }

    fn is_shallow(&self) -> bool {
        false
    }

    fn is_partial(&self) -> bool {
        false
    }

    fn holds(&self, _: Option<Oid>, _: Oid) -> bool {
        true
    }

    fn missing(&self, _: Option<Oid>, _: Oid) -> Vec<Oid> {
        Vec::new()
    }
}

/// Plans for an event with any payload, and checks that no argument is more than one word.
pub fn plan_any(name: &str, payload: &[u8]) {
    let variables = |wanted: &str| match wanted {
        "GITHUB_EVENT_NAME" => Some(name.to_owned()),
        "PINSTRIPE_ACCEPT_POLICY_LABEL" => Some("ok".to_owned()),
        _ => None,
    };
    let Ok(inputs) = Inputs::read(&variables) else { return };
    let event = Event { variables: &variables, payload: Payload::parse(payload) };
    let words = match plan(&event, &inputs, &AnyClone, "") {
        Ok(Step::Scan(scan)) => scan.arguments,
        Ok(Step::Fetch(commands)) => commands.join(" ").split(' ').map(str::to_owned).collect(),
        Err(_) => return,
    };
    for word in words {
        assert!(
            !word.contains(|c: char| c.is_whitespace() || c.is_control() || "'\"\\$`*?;&|<>".contains(c)),
            "{word:?}"
        );
    }
}
