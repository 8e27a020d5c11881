//! Several events at once: lists of their names, and what their names begin with.

/// Returns true for a call that makes a list or a table.
pub(super) fn is_list(name: &str) -> bool {
    matches!(name, "Set" | "Map" | "set" | "frozenset" | "tuple" | "list" | "freeze" | "dict")
}

/// Returns true for what the names of several events begin with.
pub(super) fn begins_event(text: &str) -> bool {
    let kinds = ["customer.subscription", "checkout.session", "charge.dispute"];
    let families = ["invoice.", "payment_intent.", "charge.", "setup_intent.", "customer."];
    kinds.contains(&text.trim_end_matches('.')) || families.contains(&text)
}
