//! Classifies loosely matched tokens: credential, placeholder or nothing.
//!
//! Each check answers for the families that name it in their rule file. It sees the token, its body and the text
//! around it, and never a path: a classification that depends on the path carries the condition ([`PathRule`]).

use std::cell::OnceCell;
use std::ops::Range;

use super::nested::Layer;
use super::{assignment, boundary, lines, vendors};
use crate::credential::randomness as shape;
use crate::credential::{DatabaseLogin, Generation, is_cli_webhook_secret, split, split_by};
use crate::model::{
    Confidence,
    limits::{CONTEXT, MAX_BODY},
};
use crate::rules::rule::{BodyCheck, KeyPattern, RequiredContext};

/// A condition on the path under which a classification holds.
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

/// The class of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classification {
    /// A credential.
    Credential(Confidence, PathRule),
    /// Made up.
    Placeholder,
    /// Nothing of Stripe's.
    Nothing,
}

/// A token with its context.
pub(super) struct TokenInContext<'a> {
    bytes: &'a [u8],
    pub(super) span: Range<usize>,
    layer: &'a Layer<'a>,
    named: OnceCell<Option<String>>,
    /// Set if it ends where its structure does, whatever follows.
    is_cut: bool,
    /// Set if it may end elsewhere, so that its fingerprint may be another one.
    is_guess: bool,
}

impl<'a> TokenInContext<'a> {
    pub(super) fn new(layer: &'a Layer<'a>, span: Range<usize>) -> Self {
        Self { bytes: layer.bytes, span, layer, named: OnceCell::new(), is_cut: false, is_guess: false }
    }

    /// A token in binary data, whose structure or length says where it ends.
    pub(super) fn cut(layer: &'a Layer<'a>, span: Range<usize>, is_guess: bool) -> Self {
        Self { is_cut: true, is_guess, ..Self::new(layer, span) }
    }

    /// Returns true if what follows makes it a name.
    fn is_name(&self) -> bool {
        !self.is_cut && boundary::right(self.bytes, self.span.end) == boundary::Right::Name
    }

    /// Returns the name it is assigned to, in an outer layer of encoded text if need be. Computed on first use: most
    /// candidates are rejected without it.
    pub(super) fn variable(&self) -> Option<&str> {
        let name = || assignment::name_of_value(self.bytes, self.span.start).or_else(|| self.layer.name());
        self.named.get_or_init(name).as_deref()
    }

    pub(super) fn token(&self) -> &'a [u8] {
        &self.bytes[self.span.clone()]
    }

    fn variable_has(&self, words: &[String]) -> bool {
        self.variable().is_some_and(|name| says_one_of(name, words))
    }

    /// Returns true for `stripe` in the variable's name or within [`CONTEXT`] bytes on either side.
    fn near_stripe(&self) -> bool {
        let from = self.span.start.saturating_sub(CONTEXT);
        let to = self.span.end.saturating_add(CONTEXT).min(self.bytes.len());
        self.variable().is_some_and(|name| has_stripe(name.as_bytes()))
            || has_stripe(&self.bytes[from..self.span.start])
            || has_stripe(&self.bytes[self.span.end..to])
            || has_stripe(&self.layer.outer)
    }

    /// Returns true if the variable or the line names another vendor.
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
        vendors::names_another(&self.bytes[line]) || vendors::names_another(&self.layer.outer)
    }

    /// Returns true for a token that its line sends to a host, and nothing within [`CONTEXT`] bytes names Stripe.
    fn is_sent_elsewhere(&self) -> bool {
        let (from, to) = (self.span.start.saturating_sub(CONTEXT), self.span.end.saturating_add(CONTEXT));
        let near = &self.bytes[from..to.min(self.bytes.len())];
        let before = &self.bytes[from..self.span.start];
        before.trim_ascii_end().to_ascii_lowercase().ends_with(b"bearer")
            && memchr::memmem::find(near, b"://").is_some()
            && !self.near_stripe()
    }
}

/// Returns true if `stripe` occurs in any case.
pub(crate) fn has_stripe(text: &[u8]) -> bool {
    memchr::memchr2_iter(b's', b'S', text)
        .any(|at| text[at..].get(..6).is_some_and(|w| w.eq_ignore_ascii_case(b"stripe")))
}

/// Returns true if a name contains one of these words, ignoring case and separators.
pub(crate) fn says_one_of(name: &str, words: &[String]) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let name = plain(name);
    words.iter().any(|word| name.contains(&plain(word)))
}

/// Classifies a token. A check may move the end of the span back, where the pattern took too much.
pub(super) fn classify(context: &mut TokenInContext<'_>, detect: &KeyPattern) -> Classification {
    let classification = match detect.check {
        BodyCheck::ApiKey => api_key(context, detect),
        BodyCheck::WebhookEndpoint => webhook_endpoint(context),
        BodyCheck::WebhookCli => webhook_cli(context),
        BodyCheck::Opaque => opaque(context, detect),
        BodyCheck::Unprefixed => unprefixed(context),
        BodyCheck::Database => database(context),
        BodyCheck::Any => Classification::Credential(Confidence::High, PathRule::Any),
    };
    let classification = match classification {
        Classification::Credential(_, path) if context.is_guess => Classification::Credential(Confidence::Low, path),
        _ => classification,
    };
    match (classification, detect.near) {
        (Classification::Nothing, _) | (_, RequiredContext::Nothing) => classification,
        _ if context.near_stripe() => classification,
        (Classification::Credential(confidence, _), RequiredContext::SaysSo)
            if context.variable_has(&detect.says_so) =>
        {
            Classification::Credential(confidence, PathRule::Any)
        }
        (Classification::Credential(confidence, _), RequiredContext::SaysSo) => {
            Classification::Credential(confidence, PathRule::SaysSo)
        }
        _ => Classification::Nothing,
    }
}

fn api_key(context: &TokenInContext<'_>, detect: &KeyPattern) -> Classification {
    let parts = split_by(context.token(), &detect.literals);
    let (prefix, body) = (parts.prefix, parts.body);
    let known = detect.lengths.contains(&body.len());
    let is_name = context.is_name();
    if body.len() > MAX_BODY || vendors::has_foreign_shape(prefix, body) || (is_name && !known) {
        return Classification::Nothing;
    }
    let generation = Generation::of_api_key(body);
    if let Some(rest) = shape::without_word(body) {
        // Defused: the structure may still be there, and the word is there by chance once in thousands of keys.
        return match generation {
            Generation::Modern | Generation::Middle if shape::looks_random(&rest) => {
                Classification::Credential(Confidence::Low, PathRule::NoOtherVendor)
            }
            _ if is_name => Classification::Nothing,
            _ => Classification::Placeholder,
        };
    }
    if generation == Generation::Modern && shape::distinct(body) >= 12 {
        return Classification::Credential(Confidence::High, PathRule::Any);
    }
    let random = if known { !shape::looks_made_up(body) } else { shape::looks_random(body) };
    match (random, is_name) {
        (false, true) => Classification::Nothing,
        (false, false) => Classification::Placeholder,
        (true, _) if context.of_another_vendor() => Classification::Nothing,
        // Of no length of Stripe's.
        (true, _) if !known && generation == Generation::Irregular && context.is_sent_elsewhere() => {
            Classification::Nothing
        }
        (true, _) => Classification::Credential(
            match generation {
                Generation::Modern | Generation::Middle => Confidence::High,
                _ if known => Confidence::Medium,
                _ => Confidence::Low,
            },
            PathRule::NoOtherVendor,
        ),
    }
}

fn webhook_endpoint(context: &mut TokenInContext<'_>) -> Classification {
    let body = split(context.token()).body;
    let plain = body.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    // Standard Webhooks write `v1,whsec_…`; Stripe never does.
    if context.bytes[..context.span.start].ends_with(b"v1,") || is_cli_webhook_secret(&body[..plain]) {
        return Classification::Nothing;
    }
    // 32 bytes are 44 characters of base64, 24 are 32: only a body of another length than those of base64 may be a
    // Dashboard secret with a slash or plus behind it.
    // Stripe uses both cases: 32 hexadecimal digits are another vendor's.
    let is_hex = body[..plain].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_dashboard = plain == 32 && !is_hex && (body.len() == plain || !body.len().is_multiple_of(4));
    if is_dashboard {
        context.span.end -= body.len() - plain;
    }
    let is_name = context.is_name();
    let body = split(context.token()).body;
    let random = if is_dashboard { !shape::looks_made_up(body) } else { shape::looks_random(body) };
    match (random, is_dashboard) {
        _ if body.len() > MAX_BODY || (is_name && !(random && is_dashboard)) => Classification::Nothing,
        (false, _) => Classification::Placeholder,
        (true, _) if context.of_another_vendor() => Classification::Nothing,
        (true, true) => Classification::Credential(Confidence::Medium, PathRule::NoOtherVendor),
        (true, false) if context.near_stripe() => Classification::Credential(Confidence::Low, PathRule::NoOtherVendor),
        (true, false) => Classification::Nothing,
    }
}

fn webhook_cli(context: &TokenInContext<'_>) -> Classification {
    let body = split(context.token()).body;
    let followed = context.bytes.get(context.span.end).copied().filter(|_| !context.is_cut);
    if !is_cli_webhook_secret(body)
        || followed.is_some_and(|byte| boundary::is_word(byte) || matches!(byte, b'+' | b'/'))
    {
        return Classification::Nothing;
    }
    if shape::distinct(body) < 8 {
        return Classification::Placeholder;
    }
    if context.of_another_vendor() {
        return Classification::Nothing;
    }
    Classification::Credential(Confidence::Medium, PathRule::NoOtherVendor)
}

fn opaque(context: &TokenInContext<'_>, detect: &KeyPattern) -> Classification {
    let token = context.token();
    // The random part of a client secret follows `_secret_`, that of other tokens the prefix.
    let body = match memchr::memmem::rfind(token, b"_secret_") {
        Some(at) => &token[at + "_secret_".len()..],
        None => split_by(token, &detect.literals).body,
    };
    let known = detect.lengths.contains(&body.len());
    let is_name = context.is_name();
    if body.len() > MAX_BODY || body.len() < detect.min_length || (detect.only_lengths && !known) || is_name {
        return Classification::Nothing;
    }
    let longest = body.split(|byte| *byte == b'_').max_by_key(|part| part.len()).unwrap_or(body);
    if shape::looks_random(longest) || (known && !shape::looks_made_up(longest)) {
        let confidence = if known { Confidence::High } else { Confidence::Medium };
        return Classification::Credential(confidence, PathRule::Any);
    }
    if longest.len() >= 48 && shape::without_word(longest).is_some_and(|rest| shape::looks_random(&rest)) {
        return Classification::Credential(Confidence::Low, PathRule::Any);
    }
    if detect.plain_only || body.len() < 10 { Classification::Nothing } else { Classification::Placeholder }
}

fn database(context: &TokenInContext<'_>) -> Classification {
    let followed = context.bytes.get(context.span.end).filter(|_| !context.is_cut);
    let goes_on = followed.is_some_and(u8::is_ascii_alphanumeric) || context.is_name();
    match DatabaseLogin::parse(context.token()) {
        Some(_) if goes_on => Classification::Nothing,
        Some(login) if login.may_be_code() => Classification::Nothing,
        Some(login) if login.is_placeholder() => Classification::Placeholder,
        Some(login) if login.is_random() => Classification::Credential(Confidence::High, PathRule::Any),
        Some(_) => Classification::Credential(Confidence::Medium, PathRule::Any),
        None => Classification::Nothing,
    }
}

/// Accepts prefix-less keys only if the name that they are assigned to says Stripe and key.
fn unprefixed(context: &TokenInContext<'_>) -> Classification {
    let token = context.token();
    // 1 in 270 random bodies has no digit; the names of types have none, or are made of words.
    let is_name = !token.iter().any(u8::is_ascii_digit) || shape::is_made_of_words(token);
    let not_hex = token.iter().any(|byte| !byte.is_ascii_hexdigit());
    let Some(name) = context.variable() else { return Classification::Nothing };
    let lower = name.to_lowercase();
    let line = lines::line_around(context.bytes, context.span.start, context.span.end, CONTEXT);
    let says_key = ["key", "secret", "token"].iter().any(|word| lower.contains(word));
    let says_stripe = has_stripe(name.as_bytes())
        || (matches!(
            lower.as_str(),
            "api_key" | "apikey" | "setapikey" | "setpublishablekey" | "secret_key" | "secretkey"
        ) && has_stripe(&context.bytes[line.start..context.span.start]));
    if not_hex && says_key && says_stripe && !is_name && shape::looks_random(token) {
        Classification::Credential(Confidence::Low, PathRule::NoOtherVendor)
    } else {
        Classification::Nothing
    }
}
