//! The key model: what a Stripe credential says about itself, without asking anybody.
//!
//! Pure and table-driven. A token is split into prefix and body ([`family`]), the body's structure tells its
//! generation and, since the modern generation, the account it belongs to ([`account`]). Nothing here decides whether
//! a token is worth reporting: that is the engine's judgement.

use serde::{Deserialize, Serialize};

pub mod account;
pub mod database;
pub mod family;
pub mod forge;
pub mod randomness;
mod secret;

pub use account::AccountId;
pub use database::DatabaseLogin;
pub use family::{Family, split, split_by};
pub use secret::{Fingerprint, Secret};

/// Longest body that can be a Stripe key. Stripe reserves identifiers of up to 255 characters.
pub const MAX_BODY: usize = 255;

/// The purpose of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `sk_live_`, `sk_test_`: everything the account may do.
    Secret,
    /// `rk_live_`, `rk_test_`: what its permissions say.
    Restricted,
    /// `pk_live_`, `pk_test_`: made for browsers, no secret.
    Publishable,
    /// `sk_org_…`: every account of an organization.
    Organization,
    /// `whsec_`: forges events of one webhook endpoint.
    WebhookSigning,
    /// `ek_`: one customer or card, for about an hour.
    Ephemeral,
    /// `…_secret_…`: one payment, setup or session.
    ClientSecret,
    /// `ca_`: names a Connect platform, no secret.
    ConnectClientId,
    /// `oak_`: acts as the user who signed in to the CLI.
    OauthAccess,
    /// `oart_`, `rt_`: renews an OAuth grant.
    OauthRefresh,
    /// `uk_`: a Dashboard user's key.
    UserKey,
    /// `absec_`: verifies requests of a Stripe App.
    AppSigning,
    /// `rkcs_`: a claimable sandbox.
    SandboxClaim,
    /// `pst_`, `pss_`: a Terminal reader's connection.
    Terminal,
    /// 32 characters without a prefix, of 2011 and 2012.
    Legacy,
    /// A login of a hosted database with the account's data.
    Database,
}

/// Live or test mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Real money.
    Live,
    /// Test mode or a sandbox.
    Test,
    /// The token does not say.
    Unknown,
}

impl Mode {
    /// The name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
            Self::Unknown => "unknown",
        }
    }
}

/// The shape of a body. Source: lengths observed on public publishable keys and on Stripe's own masked errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generation {
    /// 99 characters: `5`, account id (16), 72, `00`, 8.
    Modern,
    /// 34 characters: 24, `00`, 8.
    Middle,
    /// 24 characters.
    Legacy,
    /// A family with generations, in none of their shapes: truncated, invented or not yet known.
    Irregular,
    /// A family whose bodies have no known structure.
    Unknown,
}

impl Generation {
    /// Reads the generation off the body of a secret, restricted or publishable key.
    #[must_use]
    pub fn of_api_key(body: &[u8]) -> Self {
        match body.len() {
            99 if body[0] == b'5' && &body[89..91] == b"00" => Self::Modern,
            34 if &body[24..26] == b"00" => Self::Middle,
            24 => Self::Legacy,
            _ => Self::Irregular,
        }
    }
}

/// Everything a token says about itself. Holds no part of its random body but the last four characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Its purpose.
    pub kind: Kind,
    /// Live or test.
    pub mode: Mode,
    /// The shape of its body.
    pub generation: Generation,
    /// The account it belongs to, where the body embeds it.
    pub account: Option<AccountId>,
    /// When that account was created (RFC 3339, UTC), where its id tells.
    pub account_created: Option<String>,
    /// Prefix, `…`, last four characters.
    pub masked: String,
}

impl Key {
    /// Reads a token of a known family. `kind` overrides the family's where a rule knows better.
    #[must_use]
    pub fn read(token: &[u8], kind: Option<Kind>) -> Self {
        Self::of_parts(&split(token), kind)
    }

    /// As [`Key::read`], for a token of a rule with these literals.
    #[must_use]
    pub fn of_rule(token: &[u8], kind: Option<Kind>, literals: &[String]) -> Self {
        Self::of_parts(&split_by(token, literals), kind)
    }

    /// Describes the login of a database.
    #[must_use]
    pub fn of_database(login: &DatabaseLogin) -> Self {
        let (kind, mode, generation) = (Kind::Database, Mode::Unknown, Generation::Unknown);
        Self { kind, mode, generation, account: None, account_created: None, masked: login.masked() }
    }

    fn of_parts(parts: &family::Parts<'_>, kind: Option<Kind>) -> Self {
        let kind = kind.or(parts.family.map(|family| family.kind)).unwrap_or(Kind::Legacy);
        let generation = match kind {
            Kind::Secret | Kind::Restricted | Kind::Publishable => Generation::of_api_key(parts.body),
            Kind::Legacy => Generation::Legacy,
            _ => Generation::Unknown,
        };
        let account = account_of(kind, generation, parts.body);
        let account_created = account.as_ref().and_then(AccountId::created).map(|at| at.to_string());
        let masked = masked(parts.prefix, parts.body);
        Self { kind, mode: mode_of(kind, parts), generation, account, account_created, masked }
    }
}

fn mode_of(kind: Kind, parts: &family::Parts<'_>) -> Mode {
    if kind == Kind::WebhookSigning && is_cli_webhook_secret(parts.body) {
        return Mode::Test;
    }
    parts.family.map_or(Mode::Unknown, |family| family.mode)
}

/// `stripe listen` prints 64 lower-case hex digits; endpoints of the Dashboard have 32 alphanumerics.
#[must_use]
pub fn is_cli_webhook_secret(body: &[u8]) -> bool {
    body.len() == 64 && body.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn account_of(kind: Kind, generation: Generation, body: &[u8]) -> Option<AccountId> {
    match kind {
        Kind::Secret | Kind::Restricted | Kind::Publishable if generation == Generation::Modern => {
            AccountId::from_characters(&body[1..17])
        }
        Kind::Ephemeral | Kind::Terminal => account::from_encoded_body(body),
        _ => None,
    }
}

/// The only form in which a token is ever shown.
pub(crate) fn masked(prefix: &[u8], body: &[u8]) -> String {
    let tail = &body[body.len().saturating_sub(4)..];
    let mut text = String::from_utf8_lossy(prefix).into_owned();
    text.push('…');
    text.push_str(&String::from_utf8_lossy(tail));
    text
}

#[cfg(test)]
mod tests {
    use super::forge::Forge;
    use super::*;

    #[test]
    fn every_generation_is_recognised() {
        let mut forge = Forge::new(1);
        for (name, generation, length) in [
            ("sk_live", Generation::Modern, 107),
            ("sk_live:34", Generation::Middle, 42),
            ("rk_test:24", Generation::Legacy, 32),
            ("pk_live:57", Generation::Irregular, 65),
        ] {
            let token = forge.make(name).unwrap();
            assert_eq!(token.len(), length, "{name}");
            let key = Key::read(token.as_bytes(), None);
            assert_eq!(key.generation, generation, "{name}");
            assert_eq!(key.account.is_some(), generation == Generation::Modern);
            assert!(!key.masked.contains(&token[8..20]));
            assert!(key.masked.ends_with(&token[token.len() - 4..]));
        }
    }

    #[test]
    fn kind_and_mode_of_every_family() {
        let mut forge = Forge::new(2);
        for (name, kind, mode) in [
            ("sk_live", Kind::Secret, Mode::Live),
            ("sk_test", Kind::Secret, Mode::Test),
            ("rk_live", Kind::Restricted, Mode::Live),
            ("pk_test", Kind::Publishable, Mode::Test),
            ("sk_org", Kind::Organization, Mode::Live),
            ("whsec", Kind::WebhookSigning, Mode::Unknown),
            ("whsec:hex", Kind::WebhookSigning, Mode::Test),
            ("ek_test", Kind::Ephemeral, Mode::Test),
            ("pi_secret", Kind::ClientSecret, Mode::Unknown),
            ("src_secret", Kind::ClientSecret, Mode::Unknown),
            ("cs_live_secret", Kind::ClientSecret, Mode::Live),
            ("ca", Kind::ConnectClientId, Mode::Unknown),
            ("oak", Kind::OauthAccess, Mode::Unknown),
            ("oart", Kind::OauthRefresh, Mode::Unknown),
            ("rt", Kind::OauthRefresh, Mode::Unknown),
            ("uk", Kind::UserKey, Mode::Unknown),
            ("absec", Kind::AppSigning, Mode::Unknown),
            ("rkcs_test", Kind::SandboxClaim, Mode::Test),
            ("pst_live", Kind::Terminal, Mode::Live),
            ("pss_live", Kind::Terminal, Mode::Live),
            ("legacy", Kind::Legacy, Mode::Unknown),
        ] {
            let token = forge.make(name).unwrap();
            let key = Key::read(token.as_bytes(), None);
            assert_eq!((key.kind, key.mode), (kind, mode), "{name}");
        }
    }

    #[test]
    fn an_ephemeral_key_names_its_account() {
        let mut forge = Forge::new(3);
        let account = forge.account("x");
        let key = Key::read(forge.make("ek_live@x").unwrap().as_bytes(), None);
        assert_eq!(key.account.map(|id| id.to_string()), Some(account));
    }
}
