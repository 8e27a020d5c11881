//! Distinguishes random bodies from those that a person made up.
//!
//! The tests differ by how much is at stake. An odd length has only its randomness to show and is judged strictly; a
//! length that Stripe is known to use is believed unless it is plainly made up, because in a body of 24 to 99 random
//! characters a short run or word does occur by chance.

/// Words that people put into made-up keys, at least four letters, lower case.
const WORDS: &[&str] = &[
    "example",
    "placeholder",
    "sample",
    "dummy",
    "fake",
    "your",
    "insert",
    "replace",
    "change",
    "secret",
    "redacted",
    "stripe",
    "testkey",
    "mykey",
    "apikey",
    "xxxx",
    "abcdef",
    "qwerty",
    "invalid",
    "password",
    "hidden",
    "copypasta",
    "donotuse",
    "rotated",
    "revoked",
    "rolled",
    "removed",
    "deleted",
    "expired",
    "disabled",
    "masked",
    "censored",
    "scrubbed",
    "foobar",
    "randomkey",
    "test",
    "mock",
    "demo",
    "todo",
    "lorem",
    "goes",
    "here",
];

/// True if an odd-length body can only have been drawn at random: at least 20 characters, 12 distinct, two classes, no
/// run or sequence of four, no word that people put into made-up keys.
#[must_use]
pub fn looks_random(body: &[u8]) -> bool {
    // In long bodies a run of four comes about by chance, and so do four-letter words.
    let (longest, word) = if body.len() < 48 { (3, 4) } else { (4, 5) };
    body.len() >= 20
        && distinct(body) >= 12
        && classes(body) >= 2
        && longest_regular(body) <= longest
        && !has_word(body, word)
}

/// True if a body of a known length is plainly made up.
#[must_use]
pub fn looks_made_up(body: &[u8]) -> bool {
    distinct(body) < 10 || classes(body) < 2 || longest_regular(body) >= 6 || has_word(body, 5)
}

/// True if a body is made of words, as the name of a type is: most pairs of letters are common ones, and few neighbours
/// differ in class. One in four hundred random bodies of 24 characters is, and all but one in five hundred names.
#[must_use]
pub fn is_made_of_words(body: &[u8]) -> bool {
    let lower = body.to_ascii_lowercase();
    let pairs = lower.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_lowercase));
    let is_common = |pair: &&[u8]| PAIRS[usize::from(pair[0] - b'a')].contains(&pair[1]);
    let (all, common) = (pairs.clone().count(), pairs.filter(is_common).count());
    let class = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let changes = body.windows(2).filter(|pair| class(&pair[0]) != class(&pair[1])).count();
    all > 0 && common * 20 >= all * 11 && changes * 11 <= body.len() * 5
}

/// Letters that often follow `a`, `b`, … in identifiers: the 180 most frequent pairs of 65,000 names of programs.
#[rustfmt::skip]
const PAIRS: [&[u8]; 26] = [
    b"bcdgilmnprstuy", b"aeilou", b"aehiklortu", b"adeios", b"acdefglmnprstvwx", b"efio", b"ers", b"aeio",
    b"abcdefglmnoprstvz", b"", b"e", b"adeilostuy", b"aeiop", b"acdefgiostuv", b"bcdlmnoprstuw", b"aeiloprt", b"u",
    b"acdeimorsty", b"acehiopstu", b"acehiloprstuy", b"eilmnprst", b"aei", b"", b"et", b"p", b"e",
];

/// Returns a body without the word by which somebody defused it: `…REDACTED…`. `None` without such a word.
#[must_use]
pub fn without_word(body: &[u8]) -> Option<Vec<u8>> {
    let lower = body.to_ascii_lowercase();
    let long = WORDS.iter().filter(|word| word.len() >= 5);
    let place = long.filter_map(|word| memchr::memmem::find(&lower, word.as_bytes()).map(|at| at..at + word.len()));
    place.max_by_key(ExactSizeIterator::len).map(|word| [&body[..word.start], &body[word.end..]].concat())
}

/// True if a body says by a word or a sequence that a person made it up, whatever its length.
#[must_use]
pub fn says_made_up(body: &[u8]) -> bool {
    has_word(body, 4) || longest_regular(body) >= 6
}

/// Counts the different bytes.
#[must_use]
pub fn distinct(body: &[u8]) -> usize {
    let mut seen = [false; 256];
    body.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}

/// Counts which of upper case, lower case and digits occur.
fn classes(body: &[u8]) -> usize {
    let has = |class: fn(&u8) -> bool| usize::from(body.iter().any(class));
    has(u8::is_ascii_uppercase) + has(u8::is_ascii_lowercase) + has(u8::is_ascii_digit)
}

/// The longest stretch that goes up by one, down by one, or stays the same.
fn longest_regular(body: &[u8]) -> usize {
    [0_u8, 1, 255]
        .iter()
        .map(|step| {
            let mut longest = body.len().min(1);
            let mut current = longest;
            for pair in body.windows(2) {
                current = if pair[1] == pair[0].wrapping_add(*step) { current + 1 } else { 1 };
                longest = longest.max(current);
            }
            longest
        })
        .max()
        .unwrap_or(0)
}

fn has_word(body: &[u8], shortest: usize) -> bool {
    let lower = body.to_ascii_lowercase();
    WORDS
        .iter()
        .filter(|word| word.len() >= shortest)
        .any(|word| lower.windows(word.len()).any(|window| window == word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::forge::Forge;

    #[test]
    fn made_up_bodies_do_not_look_random() {
        for body in [
            "1234567890abcdefghij",
            "XXXXXXXXXXXXXXXXXXXXXXXX",
            "yourSecretKeyGoesHere99",
            "abcabcabcabcabcabcabcabc",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "fakekeyforunittests1A2B3",
            "ABCDEFGHIJKLMNOPQRSTUVWX",
            "short1A",
            "thisisalllowercaseletters",
        ] {
            assert!(!looks_random(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn names_are_made_of_words_and_random_bodies_are_not() {
        for name in [
            "PaymentMethodConfigurationCreate",
            "CreateCheckoutSessionRequestBody",
            "createUserAccount2WithEmail",
            "HTTPRequestHandlerWithTimeout",
            "subscriptionScheduleUpdatedEvent",
            "reflect",
            "runtime",
        ] {
            assert!(is_made_of_words(name.as_bytes()), "{name}");
        }
        let mut forge = Forge::new(12);
        let taken = (0..10_000).filter(|_| is_made_of_words(forge.body(24).as_bytes())).count();
        assert!(taken < 60, "{taken} of 10,000 random bodies");
    }

    #[test]
    fn random_bodies_of_known_lengths_are_believed() {
        let mut forge = Forge::new(11);
        for length in [24, 32, 34, 99] {
            for _ in 0..2_000 {
                // Not the forge's own bodies, which were chosen to pass.
                let body: Vec<u8> = (0..length)
                    .map(|_| {
                        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(forge.bits() % 62) as usize]
                    })
                    .collect();
                assert!(!looks_made_up(&body), "a random body of {length} was taken for a placeholder");
            }
        }
    }

    #[test]
    fn made_up_bodies_of_known_lengths_are_seen_through() {
        for body in [
            "abcdefghijklmnopqrstuvwx",
            "XXXXXXXXXXXXXXXXXXXXXXXX",
            "YOURSTRIPESECRETKEYHERE1",
            "123456789012345678901234",
        ] {
            assert!(looks_made_up(body.as_bytes()), "{body}");
        }
    }
}
