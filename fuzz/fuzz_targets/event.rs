//! Events of CI systems: any payload of any event ends in a plan of plain words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinstripe::fuzzing::action;

const EVENTS: [&str; 5] = ["pull_request", "push", "merge_group", "schedule", "issue_comment"];

fuzz_target!(|bytes: &[u8]| {
    if let Some((name, payload)) = bytes.split_first() {
        action::plan_any(EVENTS[usize::from(*name) % EVENTS.len()], payload);
    }
});
