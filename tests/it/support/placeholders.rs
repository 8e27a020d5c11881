//! Fills in the placeholders of a case of `testdata/`: those of the forge, and what cases need beyond them.
//!
//! Within a case a placeholder always stands for the same key, and keys belong to account `a` unless they name another
//! one with `@`. `#` and a number behind a placeholder ask for a further key of the same kind.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pinstripe::credential::forge::Forge;

/// The keys of one case.
pub(crate) struct Placeholders {
    forge: Forge,
    known: BTreeMap<String, String>,
}

impl Placeholders {
    /// Starts a set of keys that follows from the name of the case alone.
    pub(crate) fn new(case: &str) -> Self {
        let seed = case.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self { forge: Forge::new(seed), known: BTreeMap::new() }
    }

    /// Replaces every placeholder of a text. Double braces that do not look like one stay as they are; a name that
    /// looks like one and is unknown is an error, for it may be a slip.
    pub(crate) fn fill(&mut self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) = rest.split_once("{{") {
            filled.push_str(before);
            match from.split_once("}}").filter(|(inside, _)| is_placeholder(inside)) {
                Some((inside, after)) => {
                    filled += &self.value(inside).ok_or_else(|| format!("unknown placeholder {{{{{inside}}}}}"))?;
                    rest = after;
                }
                None => {
                    filled.push_str("{{");
                    rest = from;
                }
            }
        }
        Ok(filled + rest)
    }

    /// Returns what a placeholder's inside stands for in this case.
    pub(crate) fn value(&mut self, inside: &str) -> Option<String> {
        if let Some((wrapper, rest)) = inside.split_once(':') {
            match wrapper {
                "text" => return Some(rest.replace('|', "")),
                "b64" => return Some(STANDARD.encode(self.value(rest)?)),
                "basic" => return Some(STANDARD.encode(format!("{}:", self.value(rest)?))),
                _ => {}
            }
        }
        let (name, number) = inside.split_once('#').unwrap_or((inside, ""));
        let name = if name.contains('@') { name.to_owned() } else { format!("{name}@a") };
        let full = format!("{name}#{number}");
        if let Some(known) = self.known.get(&full) {
            return Some(known.clone());
        }
        let made = self.make(&name)?;
        self.known.insert(full, made.clone());
        Some(made)
    }

    /// Makes a new key of a name and account.
    fn make(&mut self, full: &str) -> Option<String> {
        let (name, account) = full.split_once('@')?;
        let digits = name.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
        if let (Ok(length @ 1..=255), Some(letters)) = (digits.parse(), name.strip_suffix(digits)) {
            match letters {
                "rand" => return Some(self.forge.body(length)),
                "hex" => return Some((0..length).map(|_| format!("{:x}", self.forge.bits() % 16)).collect()),
                _ => {}
            }
        }
        match name {
            "acct" => Some(self.forge.account(account)),
            "svix" => self.forge.make("svix_whsec"),
            _ => self.forge.make(full),
        }
    }
}

/// Recognises a placeholder among other things in double braces: it starts with a lower-case letter and a name, which ends
/// there or at `:`, `@` or `#`, and holds no blank unless it is a text.
fn is_placeholder(inside: &str) -> bool {
    let name = inside.split([':', '@', '#']).next().unwrap_or_default();
    let named = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    named && name.starts_with(|first: char| first.is_ascii_lowercase()) && (name == "text" || !inside.contains(' '))
}

#[test]
fn a_placeholder_is_one_key_in_a_case() {
    let mut keys = Placeholders::new("a case");
    let filled = keys.fill("{{sk_live}} {{sk_live}} {{sk_live#2}} {{sk_live@a}} {{sk_live@b}}").unwrap();
    let [one, again, second, a, b] = filled.split(' ').collect::<Vec<_>>()[..] else { panic!("{filled}") };
    assert_eq!(one, again);
    assert_eq!(one, a);
    assert!(one != second && one[..25] == second[..25], "another key of the same account");
    assert_ne!(one[8..25], b[8..25]);
    let public = keys.fill("{{pk_live}} {{acct}} {{price}}").unwrap();
    assert_eq!(public[8..25], one[8..25]);
    assert!(public.contains(&format!("acct_{}", &one[9..25])) && public.ends_with(&keys.value("price@a").unwrap()));
    assert_eq!(Placeholders::new("a case").fill("{{sk_live}}").unwrap(), one);
    assert_ne!(Placeholders::new("another").fill("{{sk_live}}").unwrap(), one);
}

#[test]
fn wrappers_and_random_text() {
    let mut keys = Placeholders::new("wrappers");
    let key = keys.value("sk_test").unwrap();
    assert_eq!(keys.fill("{{b64:sk_test}}").unwrap(), STANDARD.encode(&key));
    assert_eq!(keys.fill("{{basic:sk_test}}").unwrap(), STANDARD.encode(format!("{key}:")));
    assert_eq!(keys.fill("{{text:a b|c|d}}{{repeat:ab*3}}").unwrap(), "a bcdaba");
    let [rand, hex] = ["rand60", "hex32"].map(|name| keys.value(name).unwrap());
    assert_eq!((rand.len(), hex.len()), (60, 32));
    assert!(hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(keys.value("svix").unwrap().starts_with("whsec_"));
}

#[test]
fn slips_are_errors_and_other_braces_are_not() {
    let mut keys = Placeholders::new("braces");
    let kept = "{{ .Values.key }} ${{ secrets.KEY }} {{KEY}} {{__html: a}} {{";
    assert_eq!(keys.fill(kept).unwrap(), kept);
    assert_eq!(keys.fill("{{text:{|{resolve:key}}}}").unwrap(), "{{resolve:key}}");
    for slip in ["{{sk_life}}", "{{b64:none}}", "{{rand}}", "{{sk_live:many}}"] {
        assert!(keys.fill(slip).is_err(), "{slip}");
    }
}
