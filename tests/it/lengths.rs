//! Keys of lengths that Stripe does not give out.

use crate::support::Dir;

#[test]
fn odd_lengths_never_hide_a_random_key() {
    let mut dir = Dir::new();
    let mut text = String::new();
    for length in (20..=255).filter(|length| ![24, 34, 99].contains(length)) {
        text.push_str(&format!("A{length}={{{{sk_live:{length}}}}}\n"));
    }
    dir.write("keys.env", &text);
    let report = dir.scan(&["."]).report();
    let found = report.findings.iter().filter(|finding| finding.rule == "secret-live").count();
    assert_eq!(found, (20..=255).count() - 3);
}
