//! The families of Stripe credentials by prefix: the one place where a prefix is given its meaning.

use super::{Kind, Mode};

/// A prefix and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// The characters in front of the body.
    pub prefix: &'static str,
    /// The purpose of a credential with this prefix.
    pub kind: Kind,
    /// Its mode, where the prefix tells.
    pub mode: Mode,
    /// Set if it is rare enough to count in encoded text.
    pub encoded: bool,
}

const fn family(prefix: &'static str, kind: Kind, mode: Mode) -> Family {
    Family { prefix, kind, mode, encoded: false }
}

const fn rare(prefix: &'static str, kind: Kind, mode: Mode) -> Family {
    Family { encoded: true, ..family(prefix, kind, mode) }
}

/// Longer prefixes stand before their own beginnings (`sk_org_live_` before `sk_org_`).
pub const FAMILIES: &[Family] = &[
    rare("sk_live_", Kind::Secret, Mode::Live),
    rare("sk_test_", Kind::Secret, Mode::Test),
    rare("rk_live_", Kind::Restricted, Mode::Live),
    rare("rk_test_", Kind::Restricted, Mode::Test),
    rare("pk_live_", Kind::Publishable, Mode::Live),
    rare("pk_test_", Kind::Publishable, Mode::Test),
    rare("sk_org_live_", Kind::Organization, Mode::Live),
    rare("sk_org_test_", Kind::Organization, Mode::Test),
    rare("sk_org_", Kind::Organization, Mode::Unknown),
    rare("whsec_", Kind::WebhookSigning, Mode::Unknown),
    rare("ek_live_", Kind::Ephemeral, Mode::Live),
    rare("ek_test_", Kind::Ephemeral, Mode::Test),
    rare("rkcs_live_", Kind::SandboxClaim, Mode::Live),
    rare("rkcs_test_", Kind::SandboxClaim, Mode::Test),
    family("rkcs_", Kind::SandboxClaim, Mode::Unknown),
    rare("pst_live_", Kind::Terminal, Mode::Live),
    rare("pst_test_", Kind::Terminal, Mode::Test),
    rare("pss_live_", Kind::Terminal, Mode::Live),
    rare("pss_test_", Kind::Terminal, Mode::Test),
    family("oak_live_", Kind::OauthAccess, Mode::Live),
    family("oak_test_", Kind::OauthAccess, Mode::Test),
    family("oak_", Kind::OauthAccess, Mode::Unknown),
    family("oart_", Kind::OauthRefresh, Mode::Unknown),
    family("rt_", Kind::OauthRefresh, Mode::Unknown),
    family("uk_", Kind::UserKey, Mode::Unknown),
    family("absec_", Kind::AppSigning, Mode::Unknown),
    family("src_client_secret_", Kind::ClientSecret, Mode::Unknown),
    family("cuss_secret_", Kind::ClientSecret, Mode::Unknown),
    family("accs_secret__", Kind::ClientSecret, Mode::Unknown),
    family("accs_secret_", Kind::ClientSecret, Mode::Unknown),
    rare("cs_live_", Kind::ClientSecret, Mode::Live),
    rare("cs_test_", Kind::ClientSecret, Mode::Test),
    family("fcsess_client_secret_", Kind::ClientSecret, Mode::Unknown),
    family("las_client_secret_", Kind::ClientSecret, Mode::Unknown),
    family("fcsess_", Kind::ClientSecret, Mode::Unknown),
    family("seti_", Kind::ClientSecret, Mode::Unknown),
    family("pi_", Kind::ClientSecret, Mode::Unknown),
    family("cos_", Kind::ClientSecret, Mode::Unknown),
    family("vs_", Kind::ClientSecret, Mode::Unknown),
    family("ca_", Kind::ConnectClientId, Mode::Unknown),
];

/// Lengths of the random part of client secrets, by what they begin with. Sources: the fixtures of stripe/openapi;
/// docs.stripe.com/crypto/using-the-api for `cos_`; tests of stripe-ios and stripe-android for sessions of linked accounts.
const CLIENT_SECRETS: &[(&str, usize)] = &[
    ("pi_", 25),
    ("seti_", 31),
    ("cos_", 35),
    ("src_client_secret_", 24),
    ("fcsess_client_secret_", 24),
    ("las_client_secret_", 24),
    ("cuss_secret_", 47),
    ("accs_secret_", 47),
];

/// Returns the length of the random part of a client secret of a known object.
#[must_use]
pub fn client_secret_length(token: &[u8]) -> Option<usize> {
    CLIENT_SECRETS.iter().find(|(prefix, _)| token.starts_with(prefix.as_bytes())).map(|(_, length)| *length)
}

/// A token taken apart. `prefix` and `body` together are the token.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The family its prefix names, `None` for a token without a known prefix.
    pub family: Option<&'static Family>,
    /// The characters that are no secret: shown as they are.
    pub prefix: &'a [u8],
    /// Everything behind the prefix.
    pub body: &'a [u8],
}

/// Takes a token apart at its prefix. A token of a rule that this table does not know ends its prefix at its last
/// underscore within the first 16 bytes, if it has one.
#[must_use]
pub fn split(token: &[u8]) -> Parts<'_> {
    let family = FAMILIES.iter().find(|family| token.starts_with(family.prefix.as_bytes()));
    let at = match family {
        Some(family) => family.prefix.len(),
        None => token[..token.len().min(16)].iter().rposition(|byte| *byte == b'_').map_or(0, |at| at + 1),
    };
    let (prefix, body) = token.split_at(at);
    Parts { family, prefix, body }
}

/// Takes a token of a rule apart: behind the prefix of its family, else behind the longest of the rule's literals that it
/// begins with. What else it begins with may be random, and is no prefix.
#[must_use]
pub fn split_by<'a>(token: &'a [u8], literals: &[String]) -> Parts<'a> {
    let parts = split(token);
    if parts.family.is_some() {
        return parts;
    }
    let literals = literals.iter().filter(|literal| token.starts_with(literal.as_bytes()));
    let (prefix, body) = token.split_at(literals.map(String::len).max().unwrap_or(0));
    Parts { family: None, prefix, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_family_hides_a_longer_one() {
        for (at, earlier) in FAMILIES.iter().enumerate() {
            for later in &FAMILIES[at + 1..] {
                assert!(!later.prefix.starts_with(earlier.prefix), "{} hides {}", earlier.prefix, later.prefix);
            }
        }
    }

    #[test]
    fn a_rule_s_literal_is_the_prefix_of_its_tokens() {
        let literals = ["zz-".to_owned(), "zz-live-".to_owned()];
        for (token, prefix) in
            [("zz-ab_cd_ef", "zz-"), ("zz-live-ab_c", "zz-live-"), ("ab_zz-c", ""), ("pi_zz-", "pi_")]
        {
            assert_eq!(split_by(token.as_bytes(), &literals).prefix, prefix.as_bytes());
        }
    }

    #[test]
    fn unknown_prefixes_end_at_an_underscore() {
        let parts = split(b"acme_live_abc");
        assert!(parts.family.is_none());
        assert_eq!(parts.prefix, b"acme_live_");
        assert_eq!(split(b"abcdef").prefix, b"");
    }
}
