use super::*;

fn planned(name: &str, bytes: u64) -> PlannedRepository {
    PlannedRepository { name: RepositoryName::Path(name.to_owned()), bytes: Some(bytes) }
}

fn some() -> Vec<PlannedRepository> {
    let mut some: Vec<_> = (0..200_u64).map(|at| planned(&format!("/m/{at}"), at * 10_000)).collect();
    some.push(planned("/m/huge", 1 << 30));
    some.push(PlannedRepository { name: RepositoryName::Url("https://h/new".to_owned()), bytes: None });
    some
}

#[test]
fn units_are_balanced_and_a_huge_repository_stays_alone() {
    let plan = FleetPlan::new(some(), Some(41));
    assert_eq!(plan.units.len(), 41);
    assert_eq!(plan.units[0].repositories, ["/m/huge"]);
    assert_eq!(plan.units.iter().map(|unit| unit.repositories.len()).sum::<usize>(), 202);
    let seconds: Vec<u64> = plan.units.iter().map(|unit| unit.seconds).collect();
    assert!(seconds.is_sorted_by(|a, b| a >= b) && seconds[0] == 22 && seconds[40] == 1, "{seconds:?}");
    let bytes: Vec<u64> = plan.units[2..].iter().map(|unit| unit.bytes).collect();
    assert!(bytes.iter().max().unwrap() < &(2 * bytes.iter().min().unwrap()), "{bytes:?}");
}

#[test]
fn the_order_of_the_input_changes_nothing() {
    let mut other = some();
    other.reverse();
    other.push(planned("/m/7", 70_000));
    for wanted in [None, Some(1), Some(7), Some(9_999)] {
        let plan = FleetPlan::new(some(), wanted);
        assert_eq!(plan, FleetPlan::new(other.clone(), wanted));
        let bytes = serde_json::to_vec(&plan).unwrap();
        assert_eq!(FleetPlan::parse("p", &bytes, Protocols::Remote).unwrap(), plan);
    }
    assert_eq!(FleetPlan::new(Vec::new(), None).units.len(), 0);
    assert_eq!(FleetPlan::new(some(), Some(9_999)).units.len(), 202);
}

#[test]
fn a_plan_that_was_changed_is_refused() {
    let plan = serde_json::to_value(FleetPlan::new(some(), Some(3))).unwrap();
    let last = plan["units"][2].clone();
    for (place, value) in [
        ("/schema", serde_json::json!("pinstripe.plan/2")),
        ("/extra", serde_json::json!(1)),
        ("/units/0/number", serde_json::json!(1)),
        ("/units/0/id", serde_json::json!("../../x")),
        ("/units/0/digest", serde_json::json!("0".repeat(64))),
        ("/units/0/repositories", serde_json::json!([])),
        ("/units/0/repositories/0", serde_json::json!("--upload-pack=x")),
        ("/units/1", last),
        ("/units/0/bytes", serde_json::json!(-1)),
        ("/digest", serde_json::json!("")),
    ] {
        let mut changed = plan.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = changed.pointer_mut(parent).unwrap();
        match name.parse::<usize>() {
            Ok(at) => parent[at] = value,
            Err(_) => parent[name] = value,
        }
        assert!(FleetPlan::parse("p", changed.to_string().as_bytes(), Protocols::Remote).is_err(), "{place}");
    }
    let mut signed = FleetPlan::new(some(), Some(3));
    signed.units[0].repositories = vec!["ext::sh".to_owned()];
    signed.units[0].digest = digest_of(&signed.units[0].repositories);
    signed.units[0].id = id_of(&signed.units[0].digest);
    signed.digest = digest_of_units(&signed.units);
    let error = FleetPlan::parse("p", &serde_json::to_vec(&signed).unwrap(), Protocols::Remote).unwrap_err();
    assert!(error.0.contains("repository 0 has") && !error.0.contains("ext::sh"), "{error}");
    for text in ["", "[]", "{", "null", "\u{1b}[31m"] {
        let error = FleetPlan::parse("p\u{1b}", text.as_bytes(), Protocols::Remote).unwrap_err();
        assert!(!error.0.contains('\u{1b}'));
    }
}
