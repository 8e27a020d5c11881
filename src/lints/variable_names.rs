//! Claims that the name of a variable makes about its value.

use crate::rules::lint::NameClaim;

/// Words for the kind of a credential: two names that are equal without them are a pair.
const KIND_WORDS: &str = "secret sk private restricted rk publishable publishablekey secretkey pk pub public key keys api \
                          apikey token webhook webhooks whsec endpoint signing hook value id";

/// Words for the consumer of a variable.
const PREFIX_WORDS: &str = "next vite react app vue expo gatsby nuxt env ng storybook my default";

/// Returns true if a list separated by blanks contains a word.
pub(super) fn lists(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// Splits a name: `NEXT_PUBLIC_StripeKey` is `next`, `public`, `stripe`, `key`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous: Option<char> = None;
    for character in name.chars() {
        let begins = previous.is_none_or(|previous| {
            !previous.is_alphanumeric() || (previous.is_lowercase() && character.is_uppercase())
        });
        if character.is_alphanumeric() {
            match words.last_mut() {
                Some(last) if !begins => last.extend(character.to_lowercase()),
                _ => words.push(character.to_lowercase().collect()),
            }
        }
        previous = Some(character);
    }
    words
}

/// Returns true if `name` makes a claim. [`NameClaim::Public`] depends on the framework and is false here.
pub(super) fn claims(name: &str, claim: NameClaim) -> bool {
    let words = words(name);
    let has = |list: &str| words.iter().any(|word| lists(list, word));
    let webhook =
        has("whsec webhooksecret") || (has("webhook webhooks endpoint signing hook") && has("secret key signing"));
    let publishable = has("publishable publishablekey pk pub") || is_public_key(&words);
    match claim {
        NameClaim::Public => false,
        NameClaim::Webhook => webhook,
        NameClaim::Publishable => publishable && !has("secret secretkey sk"),
        NameClaim::Secret => {
            !webhook
                && !publishable
                && !has("client clientsecret")
                && (has("secret secrets secretkey sk rk") || (has("private restricted") && has("key token")))
        }
        NameClaim::StripeSecret => {
            has("stripe") && is_stripe_secret(name) && !has("intent session setup client ephemeral")
        }
        NameClaim::Live => has("live prod production livemode"),
        NameClaim::Test => has("test testing sandbox dev development staging stage testmode local demo"),
    }
}

/// Returns true for `STRIPE_PUBLIC_KEY`, but not for `NEXT_PUBLIC_STRIPE_KEY`.
fn is_public_key(words: &[String]) -> bool {
    let prefix = match words {
        [first, second, ..] if second == "public" && matches!(first.as_str(), "next" | "expo" | "nuxt") => 2,
        [first, _, ..] if first == "public" => 1,
        _ => 0,
    };
    words[prefix..].windows(2).any(|pair| pair[0] == "public" && pair[1] == "key")
        || words.iter().any(|word| word == "publickey")
}

/// Returns true if a name contains `stripe` and claims a secret key, a restricted key or a webhook secret.
pub(super) fn is_stripe_secret(name: &str) -> bool {
    name.to_ascii_lowercase().contains("stripe")
        && (claims(name, NameClaim::Secret) || claims(name, NameClaim::Webhook))
}

/// Returns the name without the words for its kind: equal for a pair.
pub(super) fn residue(name: &str) -> String {
    let mut rest = words(name);
    rest.retain(|word| !lists(KIND_WORDS, word) && !lists(PREFIX_WORDS, word) && word != "stripe");
    rest.sort_unstable();
    rest.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_hold() {
        for (name, secret, publishable, webhook) in [
            ("STRIPE_SECRET_KEY", true, false, false),
            ("stripeSecretKey", true, false, false),
            ("STRIPE_SK", true, false, false),
            ("STRIPE_SECRET", true, false, false),
            ("STRIPE_PRIVATE_KEY", true, false, false),
            ("NEXT_PUBLIC_STRIPE_SECRET_KEY", true, false, false),
            ("STRIPE_CLIENT_SECRET", false, false, false),
            ("STRIPE_PUBLISHABLE_KEY", false, true, false),
            ("STRIPE_PUBLIC_KEY", false, true, false),
            ("NEXT_PUBLIC_STRIPE_KEY", false, false, false),
            ("NEXT_PUBLIC_STRIPE_PUBLIC_KEY", false, true, false),
            ("STRIPE_WEBHOOK_SECRET", false, false, true),
            ("STRIPE_SIGNING_SECRET", false, false, true),
            ("STRIPE_KEY", false, false, false),
            ("STRIPE_WEBHOOK_URL", false, false, false),
        ] {
            let found =
                [NameClaim::Secret, NameClaim::Publishable, NameClaim::Webhook].map(|claim| claims(name, claim));
            assert_eq!(found, [secret, publishable, webhook], "{name}");
        }
    }

    #[test]
    fn pairs_are_equal_without_their_kind() {
        assert_eq!(residue("STRIPE_SECRET_KEY"), residue("NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"));
        assert_eq!(residue("STRIPE_TEST_SK"), residue("STRIPE_TEST_PK"));
        assert_ne!(residue("STRIPE_SECRET_KEY_US"), residue("STRIPE_PUBLISHABLE_KEY_EU"));
        assert_ne!(residue("STRIPE_CONNECT_SECRET"), residue("STRIPE_PUBLISHABLE_KEY"));
    }
}
