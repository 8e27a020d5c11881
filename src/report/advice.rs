//! What to do about a credential: the steps of its rule, with the exact Dashboard pages of its account and mode.
//!
//! The steps are the lines of a rule's `fix` text. There a page is written as `{api-keys}`, `{restricted-key}`,
//! `{webhooks}`, `{logs}` or `{org-keys}`; here it becomes a link. The links are known offline: a modern key embeds its
//! account. Source of the addresses: stripe/stripe-cli, `pkg/proxy/stripeevent.go` and `pkg/cmd/open.go`; of the prefilled
//! page for restricted keys: many public integrations. Nothing here asks Stripe anything.

use crate::credential::{AccountId, Key, Mode, family};
use crate::model::Finding;
use crate::rules::rule::Rule;

const DASHBOARD: &str = "https://dashboard.stripe.com";

/// The permission that a new restricted key starts with; the page lists all others to tick.
const FIRST_PERMISSION: &str = "rak_charge_read";

/// Whose Dashboard the links lead to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    account: Option<&'a AccountId>,
    mode: Mode,
    /// The last characters of the key, to name its successor by.
    tail: Option<&'a str>,
}

impl<'a> Owner<'a> {
    /// The owner of a key.
    pub(super) fn of_key(key: &'a Key) -> Self {
        let tail = key.masked.rsplit('…').next().filter(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        Self { account: key.account.as_ref(), mode: key.mode, tail }
    }

    /// Nobody in particular, in the mode that all of a rule's tokens have.
    pub(super) fn of_rule(rule: &Rule) -> Self {
        let literals = rule.detect.as_ref().map(|detect| detect.literals.as_slice()).unwrap_or_default();
        let test = |literal: &String| family::split(literal.as_bytes()).family.is_some_and(|f| f.mode == Mode::Test);
        let mode = if !literals.is_empty() && literals.iter().all(test) { Mode::Test } else { Mode::Unknown };
        Self { account: None, mode, tail: None }
    }

    /// A page of the Dashboard.
    fn page(self, page: &str) -> String {
        let mut link = DASHBOARD.to_owned();
        if let Some(account) = self.account {
            link.push('/');
            link.push_str(&account.to_string());
        }
        if self.mode == Mode::Test {
            link.push_str("/test");
        }
        link.push_str(page);
        link
    }

    /// The link that a placeholder stands for.
    fn link(self, placeholder: &str) -> Option<String> {
        Some(match placeholder {
            "api-keys" => self.page("/apikeys"),
            "restricted-key" => {
                let name = self.tail.map_or_else(|| "least-privilege".to_owned(), |tail| format!("replaces-{tail}"));
                self.page(&format!("/apikeys/create?name={name}&permissions[]={FIRST_PERMISSION}"))
            }
            "webhooks" => self.page("/webhooks"),
            "logs" => self.page("/logs"),
            "org-keys" => format!("{DASHBOARD}/org/api-keys/secret"),
            _ => return None,
        })
    }

    /// Replaces the placeholders of a text by links; other braces stay as they are.
    pub(super) fn fill(self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('{') {
            filled.push_str(before);
            match from.split_once('}').and_then(|(name, behind)| Some((self.link(name)?, behind))) {
                Some((link, behind)) => {
                    filled.push_str(&link);
                    rest = behind;
                }
                None => {
                    filled.push('{');
                    rest = from;
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// The steps of a rule's advice for a finding of it.
pub(super) fn steps(rule: &Rule, finding: &Finding) -> Vec<String> {
    let owner = finding.key.as_ref().map_or_else(|| Owner::of_rule(rule), Owner::of_key);
    lines(owner, &rule.help.fix)
}

/// The steps of a rule's advice for nobody in particular.
#[must_use]
pub fn general_steps(rule: &Rule) -> Vec<String> {
    lines(Owner::of_rule(rule), &rule.help.fix)
}

fn lines(owner: Owner<'_>, fix: &str) -> Vec<String> {
    fix.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| owner.fill(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::forge::Forge;

    fn key(name: &str) -> (Key, String) {
        let mut forge = Forge::new(5);
        let account = forge.account("x");
        (Key::read(forge.make(name).unwrap().as_bytes(), None), account)
    }

    #[test]
    fn links_lead_to_the_keys_own_pages() {
        let (live, account) = key("sk_live@x");
        let owner = Owner::of_key(&live);
        assert_eq!(owner.fill("Roll {api-keys}."), format!("Roll https://dashboard.stripe.com/{account}/apikeys."));
        let tail = live.masked.rsplit('…').next().unwrap();
        assert_eq!(
            owner.fill("{restricted-key}"),
            format!(
                "https://dashboard.stripe.com/{account}/apikeys/create?name=replaces-{tail}&permissions[]=rak_charge_read"
            )
        );
        let (test, account) = key("rk_test@x");
        assert_eq!(Owner::of_key(&test).fill("{logs}"), format!("https://dashboard.stripe.com/{account}/test/logs"));
        let (hook, _) = key("whsec");
        assert_eq!(Owner::of_key(&hook).fill("{webhooks}"), "https://dashboard.stripe.com/webhooks");
        assert_eq!(Owner::of_key(&live).fill("{org-keys}"), "https://dashboard.stripe.com/org/api-keys/secret");
    }

    #[test]
    fn other_braces_stay() {
        let (live, _) = key("sk_live");
        for text in ["{", "}", "${STRIPE_KEY}", "{}", "a { b } c", "{unknown}"] {
            assert_eq!(Owner::of_key(&live).fill(text), text);
        }
    }
}
