//! Redacts texts by the rules in force.
//!
//! All foreign text that the program writes passes a [`Redactor`]: a report before any format sees it, everything
//! else at the edge of the command line. Lower layers return raw text. The line around a hit is
//! redacted where it is cut, because a cut key is no longer recognisable.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;

use super::patterns::{TokenAlphabet, TokenPatterns};
use super::prefilter::Prefilter;
use super::redact::{Caution, Masked, Span, push_plain, random_runs, replace};
use super::{anchor_index, boundary};
use crate::credential::randomness as shape;
use crate::credential::{DatabaseLogin, Family, Kind, family::FAMILIES, masked};
use crate::detect::decode::{self, Anchor, DecodedRanges, DecodedView, Prefixes};
use crate::model::escape;
use crate::model::limits::{MAX_BODY, MAX_DECODE_DEPTH};
use crate::rules::RuleSet;

/// Bytes around a cut-out line that are searched for candidates: those that reach into it are masked as a whole.
const AROUND: usize = 2 * MAX_BODY;

/// Replaces every candidate of the rules in force, whatever its class and encoding: a built-in
/// family's prefix with a body, or what a rule's pattern matches around one of its literals.
#[derive(Debug)]
pub struct Redactor {
    encoded: Arc<Prefixes>,
    patterns: Arc<TokenPatterns>,
    /// The literals of the rules, each with its rule.
    literals: Vec<(Vec<u8>, usize)>,
    /// Finds the families' prefixes and, numbered behind them, the literals.
    prefixes: OnceLock<Option<AhoCorasick>>,
    anchors: OnceLock<Option<Prefilter>>,
}

impl Redactor {
    /// Builds a redactor for these rules and the built-in families.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        Self::with(rules, Arc::new(anchor_index::prefixes(rules)), Arc::new(TokenPatterns::new(rules)))
    }

    pub(super) fn with(rules: &RuleSet, encoded: Arc<Prefixes>, patterns: Arc<TokenPatterns>) -> Self {
        let of_rule = |(rule, detect)| {
            let detect: &crate::rules::rule::KeyPattern = detect;
            detect.literals.iter().map(move |literal| (literal.as_bytes().to_vec(), rule))
        };
        let literals = rules.detecting().flat_map(of_rule).collect();
        Self { encoded, patterns, literals, prefixes: OnceLock::new(), anchors: OnceLock::new() }
    }

    /// Masks every key in a text and escapes what could act on a terminal.
    #[must_use]
    pub fn sanitize(&self, text: &str) -> String {
        self.mask(text.as_bytes(), Caution::Candidates, &[]).text
    }

    /// Masks every key in a text and leaves all else as it is, styles included.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let spans = self.spans(text.as_bytes());
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(replace(text.as_bytes(), 0..text.len(), spans, push_plain).text)
    }

    /// As [`Redactor::sanitize`], but `None` for a text without a key.
    #[must_use]
    pub fn masked(&self, text: &str) -> Option<String> {
        let spans = self.spans(text.as_bytes());
        (!spans.is_empty()).then(|| replace(text.as_bytes(), 0..text.len(), spans, escape::push).text)
    }

    /// Masks every key in `bytes`. `known` are spans that are keys without looking like one here (encoded, joined), with
    /// the masked form to show.
    #[must_use]
    pub fn mask(&self, bytes: &[u8], caution: Caution, known: &[(Range<usize>, &str)]) -> Masked {
        self.mask_part(bytes, 0..bytes.len(), caution, known)
    }

    /// As [`Redactor::mask`], for a part of `bytes`: positions and `known` count from where that begins. A candidate that
    /// the part cuts is masked like a whole one.
    #[must_use]
    pub fn mask_part(
        &self,
        bytes: &[u8],
        part: Range<usize>,
        caution: Caution,
        known: &[(Range<usize>, &str)],
    ) -> Masked {
        let wide = part.start.saturating_sub(AROUND)..bytes.len().min(part.end + AROUND);
        let mut spans = Vec::new();
        let in_wide = part.start - wide.start..part.end - wide.start;
        self.candidates(&bytes[wide], &mut spans);
        let mut cut = Vec::new();
        self.encoded_spans(&bytes[part.clone()], 0, &mut cut);
        if caution == Caution::Everything {
            random_runs(&bytes[part.clone()], &mut cut);
        }
        // Known spans come first among those that begin together, longer ones before shorter.
        let known = known.iter().map(|(span, text)| (span.clone(), (*text).to_owned()));
        let inside = spans.into_iter().filter_map(|(span, shown)| {
            let clipped = span.start.max(in_wide.start)..span.end.min(in_wide.end);
            (!clipped.is_empty()).then(|| (clipped.start - in_wide.start..clipped.end - in_wide.start, shown))
        });
        let spans = known.chain(inside).chain(cut).collect();
        replace(bytes, part, spans, escape::push)
    }

    /// Returns the spans of a text that must not be shown: candidates only.
    fn spans(&self, bytes: &[u8]) -> Vec<Span> {
        let mut spans = Vec::new();
        self.candidates(bytes, &mut spans);
        self.encoded_spans(bytes, 0, &mut spans);
        spans
    }

    fn prefixes(&self) -> Option<&AhoCorasick> {
        let texts = || FAMILIES.iter().map(|family| family.prefix.as_bytes());
        let literals = || self.literals.iter().map(|(literal, _)| literal.as_slice());
        self.prefixes.get_or_init(|| AhoCorasick::new(texts().chain(literals())).ok()).as_ref()
    }

    /// Adds the spans of unencoded candidates.
    fn candidates(&self, bytes: &[u8], spans: &mut Vec<Span>) {
        let Some(prefixes) = self.prefixes() else { return };
        let first = spans.len();
        let mut literals = Vec::new();
        for found in prefixes.find_overlapping_iter(bytes) {
            match found.pattern().as_usize().checked_sub(FAMILIES.len()) {
                None => spans.extend(of_family(bytes, &FAMILIES[found.pattern().as_usize()], found.range())),
                Some(literal) => literals.push((literal, found.start())),
            }
        }
        let mut last = (usize::MAX, 0);
        for (literal, at) in literals {
            let Some((text, rule)) = self.literals.get(literal) else { continue };
            if last.0 == *rule && at < last.1 {
                continue;
            }
            let Some(token) = self.patterns.match_at(bytes, *rule, at) else { continue };
            last = (*rule, token.end);
            let covering = spans[first..].iter_mut().find(|(old, _)| old.contains(&token.start));
            // A match that begins with a family's prefix is masked by the family's rule.
            if let Some((old, _)) = covering
                && self.patterns.is_builtin(*rule)
            {
                old.end = old.end.max(token.end);
                continue;
            }
            let begins_with_family = || FAMILIES.iter().any(|family| family.prefix.as_bytes() == text);
            if self.patterns.is_builtin(*rule) && self.patterns.begins_with_literal(*rule) && begins_with_family() {
                continue;
            }
            let Some((span, shown)) = self.of_rule(bytes, *rule, at..at + text.len(), token) else { continue };
            last.1 = span.end;
            match spans[first..].iter_mut().find(|(old, _)| old.contains(&span.start)) {
                Some((old, _)) => old.end = old.end.max(span.end),
                None => spans.push((span, shown)),
            }
        }
    }

    /// Returns the token of a rule around its literal, extended to the end of its run.
    fn of_rule(&self, bytes: &[u8], rule: usize, literal: Range<usize>, token: Range<usize>) -> Option<Span> {
        let at_start = literal.start == token.start && self.patterns.begins_with_literal(rule);
        let (prefix, body) = if at_start { (literal.clone(), literal.end..token.end) } else { (0..0, token.clone()) };
        if at_start && is_masked(&bytes[literal.end..]) {
            return None;
        }
        let (text, at) = (&bytes[token.clone()], literal.start - token.start);
        if let Some(login) = DatabaseLogin::parse(text) {
            return Some((token, login.masked()));
        }
        let mut behind = TokenAlphabet::behind(&self.patterns, rule, text, at);
        let end = token.end + bytes[token.end..].iter().take_while(|byte| behind.has(**byte)).count();
        let mut before = TokenAlphabet::before(&self.patterns, rule, text, at);
        let rest = if at_start { &[] } else { &bytes[..token.start] };
        let start = token.start - rest.iter().rev().take_while(|byte| before.has(**byte)).count();
        Some((start..end, masked(&bytes[prefix], &bytes[body.start.min(end)..end])))
    }

    /// Adds spans whose decoded text holds a candidate.
    fn encoded_spans(&self, bytes: &[u8], depth: usize, spans: &mut Vec<Span>) {
        let texts = || self.encoded.anchors().map(|anchor| anchor.text.to_vec()).collect();
        let Some(prefilter) = self.anchors.get_or_init(|| Prefilter::new(texts(), true).ok()) else { return };
        let mut found = Vec::new();
        prefilter.find(bytes, &mut found);
        if found.is_empty() {
            return;
        }
        let mut look = |view: DecodedView| {
            let mut inner = Vec::new();
            self.candidates(&view.bytes, &mut inner);
            inner.retain(|(span, _)| !view.is_plain(span.clone()));
            if depth + view.encodings.len() < MAX_DECODE_DEPTH {
                self.encoded_spans(&view.bytes, depth + view.encodings.len(), &mut inner);
            }
            spans.extend(inner.into_iter().map(|(span, shown)| (view.span(span), shown)));
        };
        let anchors: Vec<&Anchor> = self.encoded.anchors().collect();
        let (mut covered, mut covered_runs) = (DecodedRanges::new(&self.encoded), DecodedRanges::new(&self.encoded));
        for candidate in found {
            match anchors.get(candidate.anchor) {
                Some(known) => decode::views(bytes, known, candidate.at, &mut covered, &mut look),
                None => decode::blind::blind_views(bytes, candidate.at, &mut covered_runs, &mut look),
            }
        }
    }
}

/// Returns true for the rest of a masked form after its prefix, which is not masked again.
fn is_masked(rest: &[u8]) -> bool {
    let Some(tail) = rest.strip_prefix("…".as_bytes()) else { return false };
    tail.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count() <= 4
}

/// Returns the span of a family's prefix that is followed by a body: what detection would call a candidate.
fn of_family(bytes: &[u8], family: &Family, prefix: Range<usize>) -> Option<Span> {
    let rest = &bytes[prefix.end..];
    let take = |is_body: fn(&u8) -> bool| rest.iter().take_while(|byte| is_body(byte)).count();
    let plain = take(u8::is_ascii_alphanumeric);
    let words = || take(|byte| boundary::is_word(*byte));
    let is_clean = boundary::left_is_clean(bytes, prefix.start);
    let end = match family.kind {
        Kind::ClientSecret => {
            let is_whole = family.prefix.contains("_secret_");
            let end = if is_whole { plain } else { words() };
            let id = memchr::memmem::rfind(&rest[..end], b"_secret_");
            let body = id.map_or(end, |at| end - at - "_secret_".len());
            (is_clean && body >= 10 && (id.is_some() || is_whole)).then_some(end)
        }
        Kind::WebhookSigning => {
            let wide = take(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
            let is_mixed = rest[..wide].iter().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
            if wide >= 20 && is_mixed { Some(wide) } else { (plain >= 10).then_some(plain) }
        }
        Kind::Ephemeral | Kind::Terminal | Kind::OauthAccess => {
            let is_long = |part: &[u8]| part.len() >= 20 && shape::distinct(part) >= 8;
            let has_long = rest[..words()].split(|byte| *byte == b'_').any(is_long);
            let plain = (family.encoded && plain >= 10).then_some(plain);
            if has_long && (family.encoded || is_clean) { Some(words()) } else { plain }
        }
        Kind::ConnectClientId | Kind::OauthRefresh | Kind::UserKey | Kind::AppSigning => {
            (is_clean && plain >= 24 && shape::distinct(&rest[..plain]) >= 8).then_some(plain)
        }
        _ => (plain >= 10).then_some(plain),
    }?;
    let is_name = !is_clean || boundary::right(bytes, prefix.end + end) == boundary::Right::Name;
    // Part of a longer name, and made of words like it.
    if is_name && shape::is_made_of_words(&rest[..end]) {
        return None;
    }
    Some((prefix.start..prefix.end + end, masked(&bytes[prefix], &rest[..end])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::forge::Forge;
    use crate::rules::load;

    fn redactor() -> Redactor {
        Redactor::new(&load::load(true, &[]).unwrap())
    }

    #[test]
    fn no_twelve_characters_survive() {
        let mut forge = Forge::new(21);
        for name in [
            "sk_live",
            "sk_test:24",
            "rk_live:34",
            "whsec",
            "whsec:hex",
            "whsec:base64",
            "sk_org",
            "ek_live",
            "pi_secret",
            "cs_live_secret",
            "oak",
            "oart",
            "uk",
            "absec",
            "ca",
            "rt",
            "pss_live",
            "rkcs_test",
            "sk_live:17",
            "database",
        ] {
            let token = forge.make(name).unwrap();
            let line = format!("a {token}: b {token}");
            for caution in [Caution::Candidates, Caution::Everything] {
                let masked = redactor().mask(line.as_bytes(), caution, &[]);
                assert!(masked.redacted);
                let body = &token[token.len().saturating_sub(16)..];
                for window in body.as_bytes().windows(12) {
                    assert!(!masked.text.contains(std::str::from_utf8(window).unwrap()), "{name}");
                }
            }
        }
    }

    #[test]
    fn encoded_keys_are_masked_as_well() {
        use base64::Engine as _;
        let mut forge = Forge::new(22);
        for name in ["sk_live", "sk_live:24", "rk_live", "whsec", "sk_test"] {
            let token = forge.make(name).unwrap();
            let base64 = base64::engine::general_purpose::STANDARD.encode(&token);
            let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
            let percent: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let split = format!("{}\" + \"{}", &token[..6], &token[6..]);
            let twice = base64::engine::general_purpose::STANDARD.encode(&base64);
            for code in [base64, hex, percent, split, twice] {
                let masked = redactor().mask(format!("a/{code}.txt").as_bytes(), Caution::Candidates, &[]);
                let tail = &token[token.len() - 4..];
                // Padding may stay.
                assert!(masked.redacted && masked.text.contains(&format!("…{tail}")), "{name}");
                assert!(masked.text.len() < 70, "{name}: {}", masked.text.len());
            }
        }
    }

    #[test]
    fn ordinary_names_stay_readable() {
        for name in [
            "tests/pk_test_results_2024.sql",
            "src/start_task_list.rs",
            "ca_certificates",
            "a/pi_controller.c",
            "api_v1/controllers/subscription_controller.rb",
            "spec/api_v2/requests/payment_methods/subscription_items_spec.rb",
            "pi_service/internal/handlers/webhook_endpoint_secret_rotation.go",
            "src/cs_test_helpers/checkout/SessionFixturesForIntegrationTests.java",
            "lib/whsec_rotation/endpoint.rb",
            "vs_code/extensions/settings/configuration.json",
            "uk_population/statistics/england_and_wales_2021.csv",
            "sk_test_integrations_suite/readme.md",
            "report_rt_configurationOfRuntimeTypes.ts",
        ] {
            assert_eq!(redactor().sanitize(name), name);
        }
    }

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(redactor().sanitize("a\u{1b}[31mb\nc\u{202e}"), "a\\u{1b}[31mb\\u{a}c\\u{202e}");
    }

    #[test]
    fn positions_follow() {
        let token = Forge::new(3).make("sk_live").unwrap();
        let line = format!("\u{1b}k={token};");
        let masked = redactor().mask(line.as_bytes(), Caution::Everything, &[]);
        let (start, end) = (masked.position(3), masked.position(3 + token.len()));
        assert!(masked.text[start..end].starts_with("sk_live_…"), "{}", masked.text);
        assert_eq!(&masked.text[end..], ";");
    }
}
