//! Ends a scan at Ctrl-C as at a deadline: with a report on what was read so far.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Exit code of a program that Ctrl-C ended.
pub(crate) const INTERRUPTED_CODE: u8 = 130;

/// From now on the first Ctrl-C ends scans, and the second one the program.
pub(crate) fn listen() {
    let flag = Arc::clone(INTERRUPTED.get_or_init(Arc::default));
    let again = Arc::new(AtomicBool::new(false));
    // If it cannot be caught, Ctrl-C ends the program as before. Actions run in the order of their registration: the flag
    // comes first, so that no signal is lost that arrives between two of them.
    let _ = flag::register(SIGINT, flag)
        .and_then(|_| flag::register_conditional_shutdown(SIGINT, INTERRUPTED_CODE.into(), Arc::clone(&again)))
        .and_then(|_| flag::register(SIGINT, again));
}

/// Returns true once Ctrl-C was pressed.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}
