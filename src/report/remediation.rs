//! Remediation: the steps of a rule's `fix` text, with links to the Dashboard pages of the credential's account and mode.
//!
//! The text names a page as `{api-keys}`, `{restricted-key}`, `{webhooks}`, `{logs}` or `{org-keys}`. The links are computed
//! offline: a modern key embeds its account. The page for a restricted key is prefilled with a name and no permission. Source of the addresses: stripe/stripe-cli, `pkg/proxy/stripeevent.go` and
//! `pkg/cmd/open.go`; of the prefilled page for restricted keys: many public integrations.

use crate::credential::{AccountId, Key, Mode, family};
use crate::model::{Finding, Reach, Severity, Status};
use crate::rules::Rule;

const DASHBOARD: &str = "https://dashboard.stripe.com";

/// Builds links to the Dashboard of one account and mode.
#[derive(Debug, Clone, Copy)]
struct DashboardLinks<'a> {
    account: Option<&'a AccountId>,
    mode: Mode,
    /// The last characters of the key, for the name of its successor.
    tail: Option<&'a str>,
}

impl<'a> DashboardLinks<'a> {
    fn of_key(key: &'a Key) -> Self {
        let tail = key.masked.rsplit('…').next().filter(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        Self { account: key.account.as_ref(), mode: key.mode, tail }
    }

    /// Links to no particular account, in the mode that all keys of a rule have.
    fn of_rule(rule: &Rule) -> Self {
        let literals = rule.detect.as_ref().map(|detect| detect.literals.as_slice()).unwrap_or_default();
        let test = |literal: &String| family::split(literal.as_bytes()).family.is_some_and(|f| f.mode == Mode::Test);
        let mode = if !literals.is_empty() && literals.iter().all(test) { Mode::Test } else { Mode::Unknown };
        Self { account: None, mode, tail: None }
    }

    fn page(self, page: &str) -> String {
        let account = self.account.map(|account| format!("/{account}")).unwrap_or_default();
        let mode = if self.mode == Mode::Test { "/test" } else { "" };
        format!("{DASHBOARD}{account}{mode}{page}")
    }

    fn link(self, placeholder: &str) -> Option<String> {
        Some(match placeholder {
            "api-keys" => self.page("/apikeys"),
            "restricted-key" => {
                let name = self.tail.map_or_else(|| "least-privilege".to_owned(), |tail| format!("replaces-{tail}"));
                self.page(&format!("/apikeys/create?name={name}"))
            }
            "webhooks" => self.page("/webhooks"),
            "logs" => self.page("/logs"),
            "org-keys" => format!("{DASHBOARD}/org/api-keys/secret"),
            _ => return None,
        })
    }

    /// Replaces the placeholders of a text with links. Other braces stay.
    fn fill(self, text: &str) -> String {
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

    fn steps(self, rule: &Rule) -> Vec<String> {
        rule.help.fix.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| self.fill(line)).collect()
    }
}

/// Returns the steps of a rule for one of its findings.
pub(super) fn steps(rule: &Rule, finding: &Finding) -> Vec<String> {
    if let Some(steps) = unpublished(rule, finding) {
        return steps;
    }
    let links = finding.key.as_ref().map_or_else(|| DashboardLinks::of_rule(rule), DashboardLinks::of_key);
    linked_steps(links, rule, finding)
}

/// Returns the steps of a rule for a finding, with `{last4}` for the last characters of its key: the same for all keys of an
/// account and a mode.
pub(super) fn shared_steps(rule: &Rule, finding: &Finding) -> Vec<String> {
    let links = |key| DashboardLinks { tail: Some("{last4}"), ..DashboardLinks::of_key(key) };
    let shared = |key| linked_steps(links(key), rule, finding);
    unpublished(rule, finding).or_else(|| finding.key.as_ref().map(shared)).unwrap_or_else(|| general_steps(rule))
}

/// Fills in the links of the steps, and leaves out rolling what nobody has seen.
fn linked_steps(links: DashboardLinks<'_>, rule: &Rule, finding: &Finding) -> Vec<String> {
    let mut steps = links.steps(rule);
    if is_unpublished(finding) && steps.len() > 1 {
        steps.retain(|step| !step.starts_with("Roll the key"));
    }
    steps
}

/// Returns true if all that is open is only staged: nobody has seen it.
fn is_unpublished(finding: &Finding) -> bool {
    let mut open = finding.locations.iter().filter(|location| location.status == Status::Open).peekable();
    open.peek().is_some() && open.all(|location| location.reach == Reach::Index)
}

/// Returns the steps for a secret that is only staged, so that it need not be rolled.
fn unpublished(rule: &Rule, finding: &Finding) -> Option<Vec<String>> {
    let path = &finding.locations.iter().find(|location| location.status == Status::Open)?.path;
    if rule.is_lint() || finding.severity < Severity::Low || !is_unpublished(finding) {
        return None;
    }
    Some(vec![
        format!("It has not left this machine. Take it out of the index: git restore --staged -- {path}"),
        "Put the value into the environment or a secret manager, and the file into .gitignore.".to_owned(),
        format!("A false positive? Put this on its line, with your reason: pinstripe:allow {} REASON", rule.id),
    ])
}

/// Returns the steps of a rule for no particular finding.
pub(crate) fn general_steps(rule: &Rule) -> Vec<String> {
    DashboardLinks::of_rule(rule).steps(rule)
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
        let links = DashboardLinks::of_key(&live);
        assert_eq!(links.fill("Roll {api-keys}."), format!("Roll https://dashboard.stripe.com/{account}/apikeys."));
        let tail = live.masked.rsplit('…').next().unwrap();
        assert_eq!(
            links.fill("{restricted-key}"),
            format!("https://dashboard.stripe.com/{account}/apikeys/create?name=replaces-{tail}")
        );
        let (test, account) = key("rk_test@x");
        assert_eq!(
            DashboardLinks::of_key(&test).fill("{logs}"),
            format!("https://dashboard.stripe.com/{account}/test/logs")
        );
        let (hook, _) = key("whsec");
        assert_eq!(DashboardLinks::of_key(&hook).fill("{webhooks}"), "https://dashboard.stripe.com/webhooks");
        assert_eq!(
            DashboardLinks::of_key(&live).fill("{org-keys}"),
            "https://dashboard.stripe.com/org/api-keys/secret"
        );
    }

    #[test]
    fn other_braces_stay() {
        let (live, _) = key("sk_live");
        for text in ["{", "}", "${STRIPE_KEY}", "{}", "a { b } c", "{unknown}"] {
            assert_eq!(DashboardLinks::of_key(&live).fill(text), text);
        }
    }
}
