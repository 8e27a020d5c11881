//! Every kind of key in everything that keys are put into.

use pinstripe::credential::{Key, Kind, Mode};

use crate::support::Dir;

/// Kinds that stand for themselves, with the rule and facts that they must be reported with.
const KINDS: &[(&str, &str, Kind, Mode)] = &[
    ("sk_live", "secret-live", Kind::Secret, Mode::Live),
    ("sk_live:24", "secret-live", Kind::Secret, Mode::Live),
    ("sk_live:34", "secret-live", Kind::Secret, Mode::Live),
    ("sk_live:57", "secret-live", Kind::Secret, Mode::Live),
    ("sk_live:200", "secret-live", Kind::Secret, Mode::Live),
    ("sk_test", "secret-test", Kind::Secret, Mode::Test),
    ("rk_live", "restricted-live", Kind::Restricted, Mode::Live),
    ("rk_test", "restricted-test", Kind::Restricted, Mode::Test),
    ("pk_live", "publishable-live", Kind::Publishable, Mode::Live),
    ("pk_test:24", "publishable-test", Kind::Publishable, Mode::Test),
    ("sk_org", "organization-key", Kind::Organization, Mode::Live),
    ("sk_org_bare", "organization-key", Kind::Organization, Mode::Unknown),
    ("whsec", "webhook-secret", Kind::WebhookSigning, Mode::Unknown),
    ("whsec:hex", "webhook-secret-cli", Kind::WebhookSigning, Mode::Test),
    ("ek_live", "ephemeral-key-live", Kind::Ephemeral, Mode::Live),
    ("ek_test", "ephemeral-key-test", Kind::Ephemeral, Mode::Test),
    ("rkcs_test", "sandbox-claim-key", Kind::SandboxClaim, Mode::Test),
    ("pi_secret", "client-secret", Kind::ClientSecret, Mode::Unknown),
    ("seti_secret", "client-secret", Kind::ClientSecret, Mode::Unknown),
    ("src_secret", "client-secret", Kind::ClientSecret, Mode::Unknown),
    ("cuss_secret", "client-secret", Kind::ClientSecret, Mode::Unknown),
    ("accs_secret", "client-secret", Kind::ClientSecret, Mode::Unknown),
    ("fcsess_secret", "client-secret", Kind::ClientSecret, Mode::Unknown),
    ("cs_live_secret", "client-secret", Kind::ClientSecret, Mode::Live),
    ("pst_live", "terminal-token", Kind::Terminal, Mode::Live),
    ("pss_live", "terminal-token", Kind::Terminal, Mode::Live),
    // These count beside Stripe context only, which every template below gives.
    ("oak", "oauth-access-key", Kind::OauthAccess, Mode::Unknown),
    ("oart", "oauth-refresh-token", Kind::OauthRefresh, Mode::Unknown),
    ("rt", "oauth-refresh-token", Kind::OauthRefresh, Mode::Unknown),
    ("uk", "user-key", Kind::UserKey, Mode::Unknown),
    ("absec", "app-signing-secret", Kind::AppSigning, Mode::Unknown),
    ("ca", "connect-client-id", Kind::ConnectClientId, Mode::Unknown),
];

/// `KEY` is where the key goes.
const TEMPLATES: &[&str] = &[
    "# stripe\nSTRIPE=KEY\n",
    "export STRIPE=\"KEY\"\n",
    "stripe = 'KEY'",
    "stripe(`KEY`)",
    "stripe: {key: KEY, other: 1}",
    "stripe: [KEY, x]",
    "{\"stripe\":\"KEY\"}",
    "\"{\\\"stripe\\\":\\\"KEY\\\"}\"",
    "<stripe>KEY</stripe>",
    "<add key=\"stripe\" value=\"KEY\"/>",
    "curl https://api.stripe.com/v1/balance -u KEY:",
    "https://KEY:@api.stripe.com/v1/balance",
    "https://KEY@api.stripe.com/",
    "https://js.stripe.com/?key=KEY&x=1",
    "stripe,KEY,1\n",
    "stripe;KEY;1\n",
    "stripe\tKEY\t1\n",
    "| stripe | KEY |\n",
    "stripe `KEY`, **KEY**, (KEY) [KEY](x)",
    "stripe s:10:\"secret_key\";s:107:\"KEY\";",
    "INSERT INTO stripe VALUES (1,'KEY',NULL);",
    "var stripe=Stripe(\"KEY\"),a=1;",
    "stripe\rKEY\rother\r",
    "stripe\0KEY\0\0",
    "stripe KEY",
    "stripe=\"first\\nKEY\\nlast\"",
    "stripe=\\\"KEY\\\"",
    "stripe %22KEY%22",
    "stripe%3DKEY%26",
    "stripe &quot;KEY&quot;",
    "stripe \\u0022KEY\\u0022",
    "stripe \\x22KEY\\x22",
    "Authorization: Bearer KEY\r\nstripe",
    "stripe <KEY>",
    "stripe $KEY$ #KEY# @KEY@ *KEY* !KEY! ?KEY? +KEY+ ~KEY~ ^KEY^",
    "stripe é\u{201c}KEY\u{201d}é",
    "stripe {{KEY}} ${KEY}",
    "stripe KEY.",
    "stripe KEY->",
    "stripe --api-key=KEY",
    "stripe\u{feff}KEY",
];

#[test]
fn every_kind_is_found_behind_every_delimiter() {
    let mut dir = Dir::new();
    let mut expected = Vec::new();
    for (k, (name, rule, kind, mode)) in KINDS.iter().enumerate() {
        let key = dir.forge.make(name).unwrap();
        for (t, template) in TEMPLATES.iter().enumerate() {
            let text = template.replace("KEY", &key);
            let file = format!("{k:02}/{t:02}.bin");
            dir.write_bytes(&file, text.as_bytes());
            let at = template.find("KEY").unwrap();
            let before = &text[..at];
            let line = before.bytes().filter(|b| *b == b'\n' || *b == b'\r').count() as u64 + 1;
            let column = (at - before.rfind(['\n', '\r']).map_or(0, |end| end + 1)) as u64 + 1;
            let account = Key::read(key.as_bytes(), None).account;
            expected.push((file, *rule, *kind, *mode, account, line - before.matches("\r\n").count() as u64, column));
        }
    }
    let report = dir.scan(&["."]).report();
    let mut missed = Vec::new();
    for (file, rule, kind, mode, account, line, column) in expected {
        let hit = report.findings.iter().filter(|finding| finding.rule == rule).find_map(|finding| {
            let at = finding.locations.iter().find(|at| at.path == file)?;
            Some((finding.key.as_ref()?, at))
        });
        match hit {
            Some((key, at)) => {
                let facts = (key.kind, key.mode, key.account.clone(), at.line, at.column);
                if facts != (kind, mode, account, line, column) {
                    missed.push(format!("{file} {rule}: {facts:?}"));
                }
            }
            None => missed.push(format!("{file} {rule}: missed")),
        }
    }
    assert!(missed.is_empty(), "{} of {}: {missed:#?}", missed.len(), KINDS.len() * TEMPLATES.len());
    // Keys in URLs and publishable keys given to `curl -u` are misuse, and said to be.
    let misuse = ["key-in-url", "publishable-used-as-secret"];
    let strangers: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .filter(|rule| !KINDS.iter().any(|(_, known, _, _)| known == rule) && !misuse.contains(rule))
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}
