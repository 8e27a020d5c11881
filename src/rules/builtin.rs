//! The rules that are part of the program. A test prints the line that is missing here.

/// Id and text of every built-in rule.
pub const BUILTIN: &[(&str, &str)] = &[
    ("app-signing-secret", include_str!("../../rules/keys/app-signing-secret.toml")),
    ("client-secret", include_str!("../../rules/keys/client-secret.toml")),
    ("connect-client-id", include_str!("../../rules/keys/connect-client-id.toml")),
    ("ephemeral-key-live", include_str!("../../rules/keys/ephemeral-key-live.toml")),
    ("ephemeral-key-test", include_str!("../../rules/keys/ephemeral-key-test.toml")),
    ("legacy-unprefixed", include_str!("../../rules/keys/legacy-unprefixed.toml")),
    ("oauth-access-key", include_str!("../../rules/keys/oauth-access-key.toml")),
    ("oauth-refresh-token", include_str!("../../rules/keys/oauth-refresh-token.toml")),
    ("organization-key", include_str!("../../rules/keys/organization-key.toml")),
    ("placeholder", include_str!("../../rules/keys/placeholder.toml")),
    ("policy-weakened", include_str!("../../rules/lints/policy-weakened.toml")),
    ("publishable-live", include_str!("../../rules/keys/publishable-live.toml")),
    ("publishable-test", include_str!("../../rules/keys/publishable-test.toml")),
    ("published-sample", include_str!("../../rules/keys/published-sample.toml")),
    ("restricted-live", include_str!("../../rules/keys/restricted-live.toml")),
    ("restricted-test", include_str!("../../rules/keys/restricted-test.toml")),
    ("sandbox-claim-key", include_str!("../../rules/keys/sandbox-claim-key.toml")),
    ("secret-live", include_str!("../../rules/keys/secret-live.toml")),
    ("secret-test", include_str!("../../rules/keys/secret-test.toml")),
    ("terminal-token", include_str!("../../rules/keys/terminal-token.toml")),
    ("user-key", include_str!("../../rules/keys/user-key.toml")),
    ("webhook-secret-cli", include_str!("../../rules/keys/webhook-secret-cli.toml")),
    ("webhook-secret", include_str!("../../rules/keys/webhook-secret.toml")),
    ("secret-behind-public-prefix", include_str!("../../rules/lints/secret-behind-public-prefix.toml")),
    ("key-in-url", include_str!("../../rules/lints/key-in-url.toml")),
    ("live-key-in-frontend", include_str!("../../rules/lints/live-key-in-frontend.toml")),
    ("live-key-in-test", include_str!("../../rules/lints/live-key-in-test.toml")),
    ("mixed-account", include_str!("../../rules/lints/mixed-account.toml")),
    ("mixed-mode", include_str!("../../rules/lints/mixed-mode.toml")),
    ("publishable-used-as-secret", include_str!("../../rules/lints/publishable-used-as-secret.toml")),
    ("secret-in-frontend", include_str!("../../rules/lints/secret-in-frontend.toml")),
    ("secret-passed-to-client-api", include_str!("../../rules/lints/secret-passed-to-client-api.toml")),
    ("stripe-cli-credentials", include_str!("../../rules/lints/stripe-cli-credentials.toml")),
    ("test-key-in-production", include_str!("../../rules/lints/test-key-in-production.toml")),
    ("webhook-fail-open", include_str!("../../rules/lints/webhook-fail-open.toml")),
    ("webhook-secret-misused", include_str!("../../rules/lints/webhook-secret-misused.toml")),
    ("webhook-unverified", include_str!("../../rules/lints/webhook-unverified.toml")),
    ("webhook-verification-disabled", include_str!("../../rules/lints/webhook-verification-disabled.toml")),
];

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "compares the list with the directory it stands for")]

    use super::BUILTIN;

    #[test]
    fn every_rule_file_is_listed() {
        for directory in ["keys", "lints"] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(directory);
            let Ok(entries) = std::fs::read_dir(path) else { continue };
            for entry in entries {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let Some(id) = name.strip_suffix(".toml") else { continue };
                assert!(
                    BUILTIN.iter().any(|(listed, _)| *listed == id),
                    "add to src/rules/builtin.rs: (\"{id}\", include_str!(\"../../rules/{directory}/{id}.toml\")),"
                );
            }
        }
    }
}
