//! Recognises credentials of other vendors that share a prefix with Stripe's.
//!
//! `whsec_` is the prefix of the Standard Webhooks specification; `sk_live_` and `pk_live_` are used by several payment
//! and login services. Some of their bodies have a distinct shape, the others are recognised by a name beside them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Names of other vendors: in a token's variable, line or path they claim it.
const NAMES: &[&str] = &[
    "svix",
    "clerk",
    "resend",
    "standardwebhooks",
    "standard_webhooks",
    "standard-webhooks",
    "supabase",
    "workos",
    "highnote",
    "paystack",
    "paymongo",
    "moyasar",
    "magic_",
    "magiclink",
    "magic.link",
    "moonpay",
    "apideck",
    "medusa",
    "polar_",
    "polar.sh",
    "dodo",
    "openai",
    "replicate_",
    "hookdeck",
    "lemonsqueezy",
    "flutterwave",
    "adyen",
    "brex",
    "deepgram",
    "incident_io",
    "incident.io",
    "convoy",
    "cashfree",
    "chargily",
    "tap_payments",
    "tappayments",
];

/// Returns true if a text names another vendor and not Stripe as well.
#[must_use]
pub fn names_another(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let has = |name: &str| memchr::memmem::find(&lower, name.as_bytes()).is_some();
    !has("stripe") && NAMES.iter().any(|name| has(name))
}

/// Returns true if the body of an `sk_`, `rk_` or `pk_` key has the shape of another vendor's.
#[must_use]
pub fn has_foreign_shape(prefix: &[u8], body: &[u8]) -> bool {
    is_paystack(body) || body.starts_with(b"a2V5Xz") || (prefix.starts_with(b"pk_") && is_clerk_publishable(body))
}

/// Returns true for Paystack's 40 lower-case hex digits.
fn is_paystack(body: &[u8]) -> bool {
    body.len() == 40 && body.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns true for Clerk's base64 of a host name that ends in `$`.
fn is_clerk_publishable(body: &[u8]) -> bool {
    STANDARD_NO_PAD.decode(body).is_ok_and(|decoded| {
        decoded.last() == Some(&b'$') && decoded[..decoded.len() - 1].iter().all(|byte| byte.is_ascii_graphic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::forge::Forge;

    #[test]
    fn shapes_of_other_vendors() {
        let mut forge = Forge::new(4);
        for name in ["paystack_sk_live", "highnote_sk_live", "clerk_pk_live"] {
            let token = forge.make(name).unwrap();
            assert!(has_foreign_shape(&token.as_bytes()[..8], &token.as_bytes()[8..]), "{name}");
        }
        for name in ["sk_live", "pk_live", "sk_live:34", "pk_live:24"] {
            let token = forge.make(name).unwrap();
            assert!(!has_foreign_shape(&token.as_bytes()[..8], &token.as_bytes()[8..]), "{name}");
        }
    }

    #[test]
    fn names_in_the_neighbourhood() {
        assert!(names_another(b"CLERK_SECRET_KEY"));
        assert!(names_another(b"new Svix.Webhook("));
        assert!(!names_another(b"STRIPE_SECRET_KEY"));
        assert!(!names_another(b"// stripe, not clerk"));
    }
}
