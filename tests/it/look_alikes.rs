//! What looks like a Stripe credential and is none: nothing above `note`.

use pinstripe::model::Severity;

use crate::support::Dir;

const LOOK_ALIKES: &[&str] = &[
    "def task_live_{{legacy}}():",
    "mask_test_{{legacy}} = 1",
    "sk_test_integration_suite",
    "sk_test_fakekey123",
    "sk_live_your_secret_key_here",
    "sk_test_YOUR_SECRET_KEY",
    "sk_test_1234567890abcdef",
    "sk_live_{{repeat:X*25}}",
    "whsec_test_secret and whsec_12345 and whsec_...",
    "whsec_{{repeat:0*64}}",
    "const re = /(sk|rk)_live_[A-Za-z0-9]{24,99}/",
    "re.compile(r'sk_test_[0-9a-zA-Z]{10,247}')",
    "CLERK_SECRET_KEY={{clerk_sk_live}}",
    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY={{clerk_pk_live}}",
    "key = '{{clerk_pk_live}}'",
    "PAYSTACK_SECRET_KEY={{paystack_sk_live}}",
    "secret: {{paystack_sk_live}}",
    "WORKOS_API_KEY={{highnote_sk_live}}",
    "apiKey: '{{highnote_sk_live}}'",
    "PAYMONGO_SECRET_KEY={{sk_test:24}}",
    "MOYASAR_KEY={{sk_live:40}}",
    "SVIX_WEBHOOK_SECRET={{svix_whsec}}",
    "RESEND_WEBHOOK_SECRET={{whsec}}",
    "CLERK_WEBHOOK_SECRET={{whsec}}",
    "SEND_EMAIL_HOOK_SECRET='v1,{{svix_whsec}}'",
    "secret = '{{svix_whsec}}'",
    "ca_certificates ca_bundle_path uk_population2024",
    "/etc/ssl/ca_{{legacy}}.pem",
    "CREATE DATABASE pk_test_results_archive_2024;",
    "Keys start with sk_live_ or sk_test_, then characters.",
    "sk_test_<your key>, sk_test_${KEY}, sk_test_{{ key }}, sk_test_****************",
    "soak_{{legacy}} cloak_{{legacy}} start_{{legacy}} report_{{legacy}}",
    "etag: {{legacy}}",
    "stripe_version_commit = {{hex40}}",
    "mode = 'sk_live_'; prefix = 'rk_test_'",
    "sk_test_{{repeat:abcdefghijklmnopqrstuvwxyz*24}}",
    "rk_live_{{repeat:a*24}}",
    "sk_live_...wxyz sk_live_…wxyz sk_test_********************wxyz",
    "pi_{{legacy}} seti_{{legacy}} client_secret_{{legacy}}",
    "hook_whsec_{{legacy}}",
];

#[test]
fn nothing_above_note() {
    let mut dir = Dir::new();
    for (at, text) in LOOK_ALIKES.iter().enumerate() {
        dir.write(&format!("{at:02}.conf"), &format!("{text}\n"));
    }
    // A path may tell as well.
    dir.write("svix/webhook.ts", "const secret = '{{whsec}}'\n");
    // Other webhooks' secrets are 32 hexadecimal digits.
    let hex = dir.forge.make("whsec:hex").unwrap();
    dir.write_bytes("webhook.ts", format!("const secret = '{}'\n", &hex[..38]).as_bytes());
    let run = dir.scan(&["."]);
    let wrong: Vec<String> = run
        .report()
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| {
            let path = &finding.locations[0].path;
            let text = path.split('.').next().unwrap().parse::<usize>().map_or("", |at| LOOK_ALIKES[at]);
            format!("{} in {path}: {text}", finding.rule)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(run.code, 0);
}

#[test]
fn odd_lengths_never_hide_a_random_key() {
    let mut dir = Dir::new();
    let mut text = String::new();
    for length in (20..=255).filter(|length| ![24, 34, 99].contains(length)) {
        text.push_str(&format!("A{length}={{{{sk_live:{length}}}}}\n"));
    }
    dir.write("keys.env", &text);
    let report = dir.scan(&["."]).report();
    let found = report.findings.iter().filter(|finding| finding.rule == "secret-live").count();
    assert_eq!(found, (20..=255).count() - 3);
}
