//! Directives in the scanned text: `pinstripe:allow RULE reason`, and gitleaks' own `gitleaks:allow`.

use crate::model::Finding;

/// An allowance on the line of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// The rule that it is for; `None` for every key rule.
    pub rule: Option<String>,
    /// Why.
    pub reason: String,
}

impl Inline {
    /// Whether this is about a finding.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        match &self.rule {
            Some(rule) => *rule == finding.rule,
            None => finding.key.is_some(),
        }
    }
}

/// Ends of comments, which are no part of a reason.
const ENDS: [&str; 5] = ["*/", "-->", "%>", "#}", "}}"];

/// Reads the text from the marker on.
///
/// # Errors
/// A sentence on what is missing.
pub fn read(directive: &str) -> Result<Inline, String> {
    if directive.starts_with("gitleaks:allow") {
        return Ok(Inline { rule: None, reason: "gitleaks:allow".to_owned() });
    }
    let rest = directive.strip_prefix("pinstripe:allow").unwrap_or_default();
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return Err("write `pinstripe:allow RULE reason`".to_owned());
    }
    let mut rest = rest.trim();
    for end in ENDS {
        rest = rest.split(end).next().unwrap_or_default().trim_end();
    }
    let (rule, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if rule.is_empty() || reason.trim().is_empty() {
        return Err("an inline allow needs a rule and a reason: `pinstripe:allow RULE reason`".to_owned());
    }
    Ok(Inline { rule: Some(rule.trim_end_matches(':').to_owned()), reason: reason.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        let read = |text| read(text).map(|inline| (inline.rule.unwrap_or_default(), inline.reason));
        assert_eq!(
            read("pinstripe:allow secret-test used in CI only */"),
            Ok(("secret-test".into(), "used in CI only".into()))
        );
        assert_eq!(read("gitleaks:allow"), Ok((String::new(), "gitleaks:allow".into())));
        for text in ["pinstripe:allow", "pinstripe:allow secret-test", "pinstripe:allowed x y", "pinstripe:allow -->"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
