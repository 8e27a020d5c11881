//! Strict judgement: what a loosely matched token is.
//!
//! Each check answers for the families that name it in their rule file. It sees the token, its body and the text
//! around it, and never a path: where only the path could tell, the verdict carries the condition ([`PathRule`]).

use std::cell::OnceCell;
use std::ops::Range;

use super::disguise::Text;
use super::{assignment, boundary, lines, vendors};
use crate::credential::randomness as shape;
use crate::credential::{Generation, is_cli_webhook_secret, split, split_by};
use crate::model::{
    Confidence,
    limits::{CONTEXT, MAX_BODY},
};
use crate::rules::rule::{BodyCheck, KeyPattern, RequiredContext};

/// What a path must or must not say for a verdict to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PathRule {
    /// Any path will do.
    #[default]
    Any,
    /// Not one that names another vendor.
    NoOtherVendor,
    /// One that has `stripe` or one of the rule's words.
    SaysSo,
}

/// The outcome of a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A credential.
    Credential(Confidence, PathRule),
    /// Made up.
    Placeholder,
    /// Nothing of Stripe's.
    Nothing,
}

/// A token with what stands around it.
pub(super) struct Candidate<'a> {
    bytes: &'a [u8],
    pub(super) span: Range<usize>,
    text: &'a Text<'a>,
    named: OnceCell<Option<String>>,
}

impl<'a> Candidate<'a> {
    pub(super) fn new(text: &'a Text<'a>, span: Range<usize>) -> Self {
        Self { bytes: text.bytes, span, text, named: OnceCell::new() }
    }

    /// The name it is assigned to, also where only an outer layer of an encoded text tells. Found out when first asked
    /// for: most candidates are nothing, and say so without it.
    pub(super) fn variable(&self) -> Option<&str> {
        let name = || assignment::name_of_value(self.bytes, self.span.start).or_else(|| self.text.name());
        self.named.get_or_init(name).as_deref()
    }

    fn token(&self) -> &'a [u8] {
        &self.bytes[self.span.clone()]
    }

    fn variable_has(&self, words: &[String]) -> bool {
        self.variable().is_some_and(|name| says_one_of(name, words))
    }

    /// `stripe` in the variable's name or within [`CONTEXT`] bytes on either side.
    fn near_stripe(&self) -> bool {
        let from = self.span.start.saturating_sub(CONTEXT);
        let to = self.span.end.saturating_add(CONTEXT).min(self.bytes.len());
        self.variable().is_some_and(|name| has_stripe(name.as_bytes()))
            || has_stripe(&self.bytes[from..self.span.start])
            || has_stripe(&self.bytes[self.span.end..to])
            || has_stripe(&self.text.outer)
    }

    /// Whether the variable or the line names another vendor.
    fn of_another_vendor(&self) -> bool {
        if let Some(name) = self.variable() {
            if vendors::names_another(name.as_bytes()) {
                return true;
            }
            if has_stripe(name.as_bytes()) {
                return false;
            }
        }
        let line = lines::line_around(self.bytes, self.span.start, self.span.end, CONTEXT);
        vendors::names_another(&self.bytes[line]) || vendors::names_another(&self.text.outer)
    }
}

/// Whether `stripe` occurs in any case.
pub(crate) fn has_stripe(text: &[u8]) -> bool {
    memchr::memchr2_iter(b's', b'S', text)
        .any(|at| text[at..].get(..6).is_some_and(|w| w.eq_ignore_ascii_case(b"stripe")))
}

/// Whether a name contains one of these words, ignoring case and separators.
pub(crate) fn says_one_of(name: &str, words: &[String]) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let name = plain(name);
    words.iter().any(|word| name.contains(&plain(word)))
}

/// Judges a token. A check may move the end of the span back, where the pattern took too much.
pub(super) fn judge(candidate: &mut Candidate<'_>, detect: &KeyPattern) -> Verdict {
    let verdict = match detect.check {
        BodyCheck::ApiKey => api_key(candidate, detect),
        BodyCheck::WebhookEndpoint => webhook_endpoint(candidate),
        BodyCheck::WebhookCli => webhook_cli(candidate),
        BodyCheck::Opaque => opaque(candidate, detect),
        BodyCheck::Unprefixed => unprefixed(candidate),
        BodyCheck::Any => Verdict::Credential(Confidence::High, PathRule::Any),
    };
    match (verdict, detect.near) {
        (Verdict::Nothing, _) | (_, RequiredContext::Nothing) => verdict,
        _ if candidate.near_stripe() => verdict,
        (Verdict::Credential(confidence, _), RequiredContext::SaysSo) if candidate.variable_has(&detect.says_so) => {
            Verdict::Credential(confidence, PathRule::Any)
        }
        (Verdict::Credential(confidence, _), RequiredContext::SaysSo) => {
            Verdict::Credential(confidence, PathRule::SaysSo)
        }
        _ => Verdict::Nothing,
    }
}

fn api_key(candidate: &Candidate<'_>, detect: &KeyPattern) -> Verdict {
    let parts = split_by(candidate.token(), &detect.literals);
    let (prefix, body) = (parts.prefix, parts.body);
    let known = detect.lengths.contains(&body.len());
    let is_name = boundary::right(candidate.bytes, candidate.span.end) == boundary::Right::Name;
    if body.len() > MAX_BODY || vendors::has_foreign_shape(prefix, body) || (is_name && !known) {
        return Verdict::Nothing;
    }
    let generation = Generation::of_api_key(body);
    if generation == Generation::Modern && shape::distinct(body) >= 12 {
        return Verdict::Credential(Confidence::High, PathRule::Any);
    }
    let random = if known { !shape::looks_made_up(body) } else { shape::looks_random(body) };
    match (random, is_name) {
        (false, true) => Verdict::Nothing,
        (false, false) => Verdict::Placeholder,
        (true, _) if candidate.of_another_vendor() => Verdict::Nothing,
        (true, _) => Verdict::Credential(
            match generation {
                Generation::Modern | Generation::Middle => Confidence::High,
                _ if known => Confidence::Medium,
                _ => Confidence::Low,
            },
            PathRule::NoOtherVendor,
        ),
    }
}

fn webhook_endpoint(candidate: &mut Candidate<'_>) -> Verdict {
    let body = split(candidate.token()).body;
    let plain = body.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    // Standard Webhooks write `v1,whsec_…`; Stripe never does.
    if candidate.bytes[..candidate.span.start].ends_with(b"v1,") || is_cli_webhook_secret(&body[..plain]) {
        return Verdict::Nothing;
    }
    // 32 bytes are 44 characters of base64, 24 are 32: only a body of another length than those of base64 may be a
    // Dashboard secret with a slash or plus behind it.
    // Stripe draws from both cases: 32 hexadecimal digits are somebody else's.
    let is_hex = body[..plain].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_dashboard = plain == 32 && !is_hex && (body.len() == plain || !body.len().is_multiple_of(4));
    if is_dashboard {
        candidate.span.end -= body.len() - plain;
    }
    let is_name = boundary::right(candidate.bytes, candidate.span.end) == boundary::Right::Name;
    let body = split(candidate.token()).body;
    let random = if is_dashboard { !shape::looks_made_up(body) } else { shape::looks_random(body) };
    match (random, is_dashboard) {
        _ if body.len() > MAX_BODY || (is_name && !(random && is_dashboard)) => Verdict::Nothing,
        (false, _) => Verdict::Placeholder,
        (true, _) if candidate.of_another_vendor() => Verdict::Nothing,
        (true, true) => Verdict::Credential(Confidence::Medium, PathRule::NoOtherVendor),
        (true, false) if candidate.near_stripe() => Verdict::Credential(Confidence::Low, PathRule::NoOtherVendor),
        (true, false) => Verdict::Nothing,
    }
}

fn webhook_cli(candidate: &Candidate<'_>) -> Verdict {
    let body = split(candidate.token()).body;
    let followed = candidate.bytes.get(candidate.span.end).copied();
    if !is_cli_webhook_secret(body)
        || followed.is_some_and(|byte| boundary::is_word(byte) || matches!(byte, b'+' | b'/'))
    {
        return Verdict::Nothing;
    }
    if shape::distinct(body) < 8 {
        return Verdict::Placeholder;
    }
    if candidate.of_another_vendor() {
        return Verdict::Nothing;
    }
    Verdict::Credential(Confidence::Medium, PathRule::NoOtherVendor)
}

fn opaque(candidate: &Candidate<'_>, detect: &KeyPattern) -> Verdict {
    let token = candidate.token();
    // A client secret's random part is what follows `_secret_`; elsewhere it is what follows the prefix.
    let body = match memchr::memmem::rfind(token, b"_secret_") {
        Some(at) => &token[at + "_secret_".len()..],
        None => split_by(token, &detect.literals).body,
    };
    let known = detect.lengths.contains(&body.len());
    let is_name = boundary::right(candidate.bytes, candidate.span.end) == boundary::Right::Name;
    if body.len() > MAX_BODY || body.len() < detect.min_length || (detect.only_lengths && !known) || is_name {
        return Verdict::Nothing;
    }
    let longest = body.split(|byte| *byte == b'_').max_by_key(|part| part.len()).unwrap_or(body);
    if shape::looks_random(longest) || (known && !shape::looks_made_up(longest)) {
        let confidence = if known { Confidence::High } else { Confidence::Medium };
        return Verdict::Credential(confidence, PathRule::Any);
    }
    if detect.plain_only || body.len() < 10 { Verdict::Nothing } else { Verdict::Placeholder }
}

/// Prefix-less keys are believed only by name: assigned to something that says Stripe and key.
fn unprefixed(candidate: &Candidate<'_>) -> Verdict {
    let token = candidate.token();
    let not_hex = token.iter().any(|byte| !byte.is_ascii_hexdigit());
    let Some(name) = candidate.variable() else { return Verdict::Nothing };
    let lower = name.to_lowercase();
    let line = lines::line_around(candidate.bytes, candidate.span.start, candidate.span.end, CONTEXT);
    let says_key = ["key", "secret", "token"].iter().any(|word| lower.contains(word));
    let says_stripe = has_stripe(name.as_bytes())
        || (matches!(
            lower.as_str(),
            "api_key" | "apikey" | "setapikey" | "setpublishablekey" | "secret_key" | "secretkey"
        ) && has_stripe(&candidate.bytes[line.start..candidate.span.start]));
    if not_hex && says_key && says_stripe && shape::looks_random(token) {
        Verdict::Credential(Confidence::Low, PathRule::NoOtherVendor)
    } else {
        Verdict::Nothing
    }
}
