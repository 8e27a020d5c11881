//! Makes keys that are nobody's, so that no key-shaped text has to be committed anywhere.
//!
//! Tests, `rules check` and documentation name a key by a placeholder: `{{NAME}}`, `{{NAME:VARIANT}}`,
//! `{{NAME@ACCOUNT}}`. The name is a family (`sk_live`, `whsec`, `pi_secret`, …), the variant a length or shape, the
//! account any word: keys of the same word embed the same account. Everything follows from the seed.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::MAX_BODY;
use super::randomness::looks_random;

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A deterministic source of keys.
#[derive(Debug, Clone)]
pub struct Forge {
    state: u64,
    accounts: BTreeMap<String, String>,
}

impl Forge {
    /// A forge that always makes the same keys for the same seed and order of calls.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5eed, accounts: BTreeMap::new() }
    }

    /// The next 64 bits of the SplitMix64 sequence.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn draw(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[(self.bits() % alphabet.len() as u64) as usize])).collect()
    }

    /// Alphanumerics that look random; short ones cannot and are taken as they come.
    pub fn body(&mut self, length: usize) -> String {
        loop {
            let body = self.draw(ALPHANUMERIC, length);
            if length < 20 || looks_random(body.as_bytes()) {
                return body;
            }
        }
    }

    /// The id of the account that `name` stands for.
    pub fn account(&mut self, name: &str) -> String {
        if let Some(id) = self.accounts.get(name) {
            return id.clone();
        }
        // The second character keeps the creation time within the years that Stripe accounts have.
        let second = self.draw(b"FGHIJKLMNOPQ", 1);
        let id = format!("acct_1{second}{}", self.body(14));
        self.accounts.insert(name.to_owned(), id.clone());
        id
    }

    fn modern(&mut self, account: Option<&str>) -> String {
        let id = match account {
            Some(name) => self.account(name),
            None => {
                let fresh = self.bits().to_string();
                self.account(&fresh)
            }
        };
        format!("5{}{}00{}", &id["acct_".len()..], self.body(72), self.body(8))
    }

    fn api_key(&mut self, prefix: &str, variant: &str, account: Option<&str>) -> Option<String> {
        let body = match variant {
            "" | "99" => self.modern(account),
            "34" => format!("{}00{}", self.body(24), self.body(8)),
            other => {
                let length = other.parse().ok()?;
                self.body(length)
            }
        };
        Some(format!("{prefix}_{body}"))
    }

    fn webhook(&mut self, variant: &str) -> Option<String> {
        let body = match variant {
            "" => self.body(32),
            "hex" => self.draw(HEX, 64),
            "base64" => self.base64_of(33),
            other => {
                let length = other.parse().ok()?;
                self.body(length)
            }
        };
        Some(format!("whsec_{body}"))
    }

    /// Base64 of random bytes that has both `+` and `/`.
    fn base64_of(&mut self, bytes: usize) -> String {
        loop {
            let raw: Vec<u8> = (0..bytes).map(|_| self.bits() as u8).collect();
            let text = STANDARD.encode(raw);
            if text.contains('+') && text.contains('/') {
                return text;
            }
        }
    }

    /// The construction of `ek_` and `pss_`: base64 of the account and 31 characters, then a tail.
    fn session(&mut self, prefix: &str, account: Option<&str>) -> String {
        let id = self.account(account.unwrap_or("session"));
        let random = self.body(31);
        let (marker, tail) = if prefix.starts_with("pss") { ("_", self.body(10)) } else { ("_00", self.body(8)) };
        format!("{prefix}_{}{marker}{tail}", STANDARD_NO_PAD.encode(format!("{id},{random}")))
    }

    /// The login of a StripeDB, with another password for each call.
    fn database(&mut self, variant: &str) -> String {
        let length = variant.parse().unwrap_or(24);
        let (id, password) = (self.body(23), self.body(length));
        format!("postgresql://llama_user:{password}@db_{}.db.stripe.com", id.to_lowercase())
    }

    /// The id of an object of an account: the account's last ten characters stand at offset 6.
    fn object(&mut self, prefix: &str, account: Option<&str>) -> String {
        let id = self.account(account.unwrap_or("object"));
        format!("{prefix}_1{}{}{}", self.body(5), &id[id.len() - 10..], self.body(8))
    }

    fn client_secret(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "pi_secret" => format!("pi_3{}_secret_{}", self.body(23), self.body(25)),
            "seti_secret" => format!("seti_1{}_secret_{}", self.body(23), self.body(31)),
            "cos_secret" => format!("cos_1{}_secret_{}", self.body(23), self.body(35)),
            "src_secret" => format!("src_client_secret_{}", self.body(24)),
            "fcsess_client_secret" => format!("fcsess_client_secret_{}", self.body(24)),
            "las_client_secret" => format!("las_client_secret_{}", self.body(24)),
            "cuss_secret" => format!("cuss_secret_{}", self.body(47)),
            "accs_secret" => format!("accs_secret__{}", self.body(47)),
            "fcsess_secret" => format!("fcsess_1{}_secret_{}", self.body(23), self.body(25)),
            "cs_live_secret" => format!("cs_live_a1{}_secret_{}", self.body(56), self.body(40)),
            "cs_test_secret" => format!("cs_test_a1{}_secret_{}", self.body(56), self.body(40)),
            "vs_secret" => format!("vs_1{}_secret_test_{}", self.body(23), self.body(30)),
            _ => return None,
        })
    }

    /// Keys of other vendors that share a prefix with Stripe's.
    fn foreign(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "clerk_sk_live" => format!("sk_{}_{}", "live", self.body(42)),
            "clerk_pk_live" => {
                let host = format!("{}.clerk.accounts.dev$", self.draw(b"abcdefghijklmnopqrstuvwxyz", 12));
                format!("pk_{}_{}", "live", STANDARD_NO_PAD.encode(host))
            }
            "paystack_sk_live" => format!("sk_{}_{}", "live", self.draw(HEX, 40)),
            "highnote_sk_live" => {
                let inner = format!("key_01{}", self.body(38));
                format!("sk_{}_{}", "live", STANDARD_NO_PAD.encode(inner))
            }
            "svix_whsec" => format!("whsec_{}", self.base64_of(24)),
            _ => return None,
        })
    }

    /// Makes the key that a placeholder's inside names; `None` for a name that this forge does not know.
    pub fn make(&mut self, placeholder: &str) -> Option<String> {
        let (rest, account) = match placeholder.split_once('@') {
            Some((rest, account)) => (rest, Some(account)),
            None => (placeholder, None),
        };
        let (name, variant) = rest.split_once(':').unwrap_or((rest, ""));
        match name {
            "sk_live" | "sk_test" | "rk_live" | "rk_test" | "pk_live" | "pk_test" => {
                self.api_key(name, variant, account)
            }
            "whsec" => self.webhook(variant),
            "ek_live" | "ek_test" | "pss_live" | "pss_test" => Some(self.session(name, account)),
            "sk_org" => Some(format!("sk_org_{}_{}", "live", self.body(220))),
            "sk_org_bare" => Some(format!("sk_org_{}", self.body(130))),
            "rkcs_test" => Some(format!("rkcs_test_{}", self.body(60))),
            "pst_live" | "pst_test" => Some(format!("{name}_{}", self.body(23))),
            "oak" => Some(format!("oak_{}_{}", self.body(20), self.body(32))),
            "oart" => Some(format!("oart_{}", self.body(48))),
            "rt" => Some(format!("rt_{}", self.body(48))),
            "uk" => Some(format!("uk_{}", self.body(48))),
            "absec" => Some(format!("absec_{}", self.body(40))),
            "ca" => Some(format!("ca_{}", self.body(32))),
            "legacy" => Some(self.body(32)),
            "account" => Some(self.account(account.unwrap_or("account"))),
            "price" | "prctbl" | "buy_btn" | "prod" | "pi" => Some(self.object(name, account)),
            "we" => Some(format!("we_1{}", self.body(23))),
            "hex40" => Some(self.draw(HEX, 40)),
            "database" => Some(self.database(variant)),
            "repeat" => repeated(variant),
            _ => self.client_secret(name).or_else(|| self.foreign(name)),
        }
    }

    /// Replaces every `{{…}}` that names a key; other double braces stay as they are.
    pub fn fill(&mut self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let (before, from) = rest.split_at(open);
            filled.push_str(before);
            let made = from[2..].find("}}").and_then(|end| Some((self.make(&from[2..2 + end])?, end + 4)));
            match made {
                Some((key, used)) => {
                    filled.push_str(&key);
                    rest = &from[used..];
                }
                None => {
                    filled.push_str("{{");
                    rest = &from[2..];
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// `CHARACTERS*LENGTH`: the characters over and over up to a length, as people write where a key should stand.
fn repeated(variant: &str) -> Option<String> {
    let (characters, length) = variant.split_once('*')?;
    let length = length.parse::<usize>().ok().filter(|length| *length <= MAX_BODY)?;
    (!characters.is_empty()).then(|| characters.chars().cycle().take(length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_keys() {
        assert_eq!(Forge::new(7).fill("a {{sk_live}} b"), Forge::new(7).fill("a {{sk_live}} b"));
        assert_ne!(Forge::new(7).fill("{{sk_live}}"), Forge::new(8).fill("{{sk_live}}"));
    }

    #[test]
    fn keys_of_one_account_share_seventeen_characters() {
        let mut forge = Forge::new(1);
        let (secret, public) = (forge.make("sk_test@a").unwrap(), forge.make("pk_live@a").unwrap());
        assert_eq!(secret[8..25], public[8..25]);
        assert_ne!(secret[25..], public[25..]);
        let price = forge.make("price@a").unwrap();
        assert!(price[12..].starts_with(&secret[15..25]));
    }

    #[test]
    fn other_braces_are_left_alone() {
        assert_eq!(Forge::new(1).fill("x_{{repeat:abc*7}} {{repeat:*3}}"), "x_abcabca {{repeat:*3}}");
        assert_eq!(Forge::new(1).fill("{{ .Values.key }} {{nothing}} {{"), "{{ .Values.key }} {{nothing}} {{");
    }
}
