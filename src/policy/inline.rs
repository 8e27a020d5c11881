//! Reads directives in the scanned text: `pinstripe:allow RULE reason`, and `gitleaks:allow` of gitleaks.

use crate::model::Finding;

/// A directive on the line of a finding.
pub(super) struct InlineAllow {
    /// `None` for every key rule.
    pub(super) rule: Option<String>,
    pub(super) reason: String,
}

impl InlineAllow {
    pub(super) fn covers(&self, finding: &Finding) -> bool {
        match &self.rule {
            Some(rule) => *rule == finding.rule,
            None => finding.key.is_some(),
        }
    }
}

/// Ends of comments, which are no part of a reason.
const COMMENT_ENDS: [&str; 5] = ["*/", "-->", "%>", "#}", "}}"];

/// Reads a directive from its marker on.
///
/// # Errors
/// A sentence about the missing part.
pub(super) fn parse(directive: &str) -> Result<InlineAllow, String> {
    if directive.starts_with("gitleaks:allow") {
        return Ok(InlineAllow { rule: None, reason: "gitleaks:allow".to_owned() });
    }
    let rest = directive.strip_prefix("pinstripe:allow").unwrap_or_default();
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return Err("write `pinstripe:allow RULE reason`".to_owned());
    }
    let mut rest = rest.trim();
    for end in COMMENT_ENDS {
        rest = rest.split(end).next().unwrap_or_default().trim_end();
    }
    let (rule, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if rule.is_empty() || reason.trim().is_empty() {
        return Err("an inline allow needs a rule and a reason: `pinstripe:allow RULE reason`".to_owned());
    }
    Ok(InlineAllow { rule: Some(rule.trim_end_matches(':').to_owned()), reason: reason.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        let read = |text| parse(text).map(|inline| (inline.rule.unwrap_or_default(), inline.reason));
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
