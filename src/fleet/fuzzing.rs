//! Entry points of the fuzz target: names, plans and manifests, which are foreign input.

use super::{FleetPlan, Manifest, PlannedRepository, Protocols, RepositoryName};

/// Reads a name in any mode; what is taken is plain, and has a directory of its own.
pub fn name(text: &str) {
    for protocols in [Protocols::Remote, Protocols::Local] {
        let Ok(name) = RepositoryName::parse(text, protocols) else { continue };
        assert!(!name.as_str().starts_with('-') && !name.as_str().contains(char::is_control));
        if let Some(mirror) = name.mirror() {
            assert!(!mirror.starts_with(['.', '-']));
            assert!(mirror.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')));
        }
    }
}

/// Reads a plan and, for the first unit of any plan, a manifest.
pub fn files(bytes: &[u8]) {
    if let Ok(plan) = FleetPlan::parse("plan.json", bytes, Protocols::Remote) {
        plan.units.iter().for_each(|unit| assert!(unit.names(Protocols::Remote).is_ok()));
    }
    let name = RepositoryName::Path("/srv/a".to_owned());
    let plan = FleetPlan::new(vec![PlannedRepository { name, bytes: None }], None);
    if let Some(unit) = plan.units.first() {
        drop(Manifest::parse(unit, bytes));
    }
}
