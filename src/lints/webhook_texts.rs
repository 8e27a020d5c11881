//! Texts of files that take part in the handling of webhooks: they are worth parsing.

use std::sync::OnceLock;

use memchr::memmem;
use regex::bytes::Regex;

use super::word_list::WordList;
use crate::rules::pattern;

/// Verifiers of events, and what makes one.
static WORDS: WordList = WordList::new(&[
    "onstructEvent",
    "onstruct_event",
    "onstruct_from",
    "onstructFrom",
    "erifyHeader",
    "erify_header",
    "alidatePayload",
    "ParseEvent",
    "EventType",
    "Events.",
    "tripe.Event",
    "stripe::Event",
    "Event.class",
    "WebhookSignature",
    "createHmac",
    "hmac",
    "HMAC",
    "erifyStripe",
    "erify_stripe",
    "ripe-Signature",
    "ripe-signature",
    "STRIPE_SIGNATURE",
]);

/// Registrations of handlers, and of what runs before the handlers of other files.
static ROUTES: WordList = WordList::new(&[
    ".post(",
    "Route::",
    ".all(",
    "before_action",
    "@Post(",
    "@All(",
    "PostMapping",
    "RequestMapping",
    "HttpPost",
    "MapPost",
    ".POST(",
    "HandleFunc(",
    ".route(",
    "csrf_exempt",
    "APIView",
    "Controller",
    ".use(",
    "iddleware",
    "APP_GUARD",
    "lobalGuards",
    "include_router",
    "register_blueprint",
    ".Use(",
    ".Mount(",
    "View):",
    "function POST",
    "const POST",
    "NextApiRe",
    "php://input",
    "def lambda_handler(",
    "exports.handler",
    "const handler",
    "http.ResponseWriter",
    "(req, res",
    "defineEventHandler",
    // Names of functions that are made of an event's.
    "'handle' .",
    "'handle'.",
    "'handle' +",
    "\"handle\" +",
    "'handle_",
    "\"handle_",
    "`handle$",
    "`on$",
    "'on' +",
    "\"on\" +",
]);

/// Objects that events are named after.
static OBJECTS: WordList = WordList::new(&[
    "payment_intent.",
    "checkout.",
    "invoice.",
    "customer.",
    "charge.",
    "account.",
    "setup_intent.",
    "payment_method.",
    "payout.",
    "transfer.",
    "subscription_schedule.",
    "radar.",
    "identity.",
]);

/// Returns true for the text of a file that may take part in the handling of a webhook: it names an event, verifies or makes
/// one, or registers a handler.
pub(super) fn may_handle(bytes: &[u8]) -> bool {
    static EVENTS: OnceLock<Option<Regex>> = OnceLock::new();
    let has = |word: &[u8]| memmem::find(bytes, word).is_some();
    let events = || {
        EVENTS.get_or_init(|| {
            pattern::compile_lint(r#"%event-name%|["'`]%event-prefix%["'`]|\x25[wi]\S\s*%event-type%"#).ok()
        })
    };
    WORDS.is_in(bytes)
        || (has(b"tripe") || has(b"ebhook")) && ROUTES.is_in(bytes)
        || events().as_ref().is_some_and(|events| OBJECTS.is_matched(bytes, events))
}

/// Returns true for a file whose name says that it may handle what Stripe sends, and whose text names one of its events: not
/// every program writes the word Stripe there.
pub(super) fn names_event(path: &str, bytes: &[u8]) -> bool {
    static EVENTS: WordList =
        WordList::new(&["checkout.session.", "payment_intent.", "invoice.pa", "customer.subscription."]);
    names_handler(path) && crate::code::reads(path) && EVENTS.is_in(bytes)
}

/// Returns true for a path that says that the file may handle payments, and so name an event.
pub(super) fn may_name_event(path: &str) -> bool {
    static PATHS: WordList = WordList::of_any_case(&["hook", "pay", "bill", "checkout", "subscription", "invoice"]);
    PATHS.is_in(path.as_bytes()) && crate::code::reads(path)
}

/// Returns true for a path that says that the file may handle what is sent.
pub(super) fn names_handler(path: &str) -> bool {
    static PATHS: WordList = WordList::of_any_case(&[
        "hook",
        "pay",
        "bill",
        "checkout",
        "subscription",
        "order",
        "invoice",
        "event",
        "server.",
        "app.",
        "index.",
        "main.",
    ]);
    PATHS.is_in(path.as_bytes())
}

/// Counts the verifications that a text names.
pub(super) fn verifications(bytes: &[u8]) -> usize {
    static VERIFIERS: OnceLock<Option<Regex>> = OnceLock::new();
    let verifiers = VERIFIERS.get_or_init(|| pattern::compile_lint("%verifier%|%own-check%").ok());
    verifiers.as_ref().map_or(0, |verifiers| verifiers.find_iter(bytes).count())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn events_are_found_by_their_objects() {
        let parts: BTreeMap<String, String> =
            toml::from_str(include_str!("../../rules/tables/vocabulary.toml")).unwrap();
        // Each alternative begins with its object.
        let objects = Regex::new(r"^\(\?:[a-z_]+\\\.|\)\|[a-z_]+\\\.").unwrap();
        let found = objects.find_iter(parts["event-type"].as_bytes()).map(|it| it.as_bytes()[2..].to_vec());
        let found: Vec<Vec<u8>> = found.map(|it| it.into_iter().filter(|byte| *byte != b'\\').collect()).collect();
        assert!(found.len() > 8 && found.iter().all(|object| OBJECTS.is_in(object)), "{found:?}");
        for text in
            ["x\n'invoice.paid'", "%w[\n\n  invoice.paid\n", "account.\ncase \"checkout.\":", "'charge.dispute'"]
        {
            assert!(may_handle(text.as_bytes()), "{text}");
        }
        assert!(!may_handle(b"'your account.', invoice.paid"));
    }
}
