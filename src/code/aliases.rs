//! Names that a file gives to what it takes from Stripe's library: `use Stripe\\Event as StripeEvent`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::model::{Code, Kind, NodeId};

/// First names of the library where it is imported.
const LIBRARIES: &[&str] = &["stripe", "Stripe", "async_stripe", "com.stripe", "github.com/stripe/stripe-go"];

/// Most names and braces of one `use` that are read, and its longest text.
const MAX_USES: usize = 64;
const MAX_USE: usize = 4 << 10;

/// Renames what a file calls by a name of its own to the name that it has in the library.
pub(super) fn resolve(code: &mut Code) {
    let names = names(code);
    if names.is_empty() {
        return;
    }
    // Names that imports declare and keys of objects stay.
    let mut kept = HashSet::new();
    for (id, node) in code.nodes() {
        if node.kind == Kind::Alias || node.kind == Kind::Pair && code.children(id).len() > 1 {
            kept.insert(code.child(id, 0));
        }
    }
    let used = code.nodes().filter(|(id, node)| node.kind == Kind::Name && !kept.contains(id));
    let renamed: Vec<(NodeId, Arc<str>)> =
        used.filter_map(|(id, _)| Some((id, rename(code.name(id), &names)?))).collect();
    renamed.into_iter().for_each(|(id, name)| code.set_name(id, name));
}

fn names(code: &Code) -> HashMap<String, Arc<str>> {
    let mut names = HashMap::new();
    for (id, node) in code.nodes() {
        match node.kind {
            Kind::Import => {
                for alias in code.children(id).iter().filter(|alias| code.kind(**alias) == Kind::Alias) {
                    let local = code.name(code.child(*alias, 0));
                    add(&mut names, local, &imported(code, code.name(id), code.name(*alias)));
                }
            }
            // `Hook = Stripe::Webhook`
            Kind::Assign if code.kind(code.child(id, 1)) == Kind::Member => {
                let (target, value) = (code.child(id, 0), code.child(id, 1));
                let is_constant = code.name(target).starts_with(|c: char| c.is_ascii_uppercase());
                if is_constant && code.kind(target) == Kind::Name && is_pure(code, value) {
                    add(&mut names, code.name(target), &code.path(value));
                }
            }
            _ => {}
        }
    }
    names
}

/// Remembers the name of something of the library, if the file gives it another.
fn add(names: &mut HashMap<String, Arc<str>>, local: &str, original: &str) {
    let of = |library: &&str| original.strip_prefix(*library).is_some_and(|rest| !rest.starts_with(is_word));
    let is_same = original.rsplit('.').next() == Some(local);
    if !local.is_empty() && local.bytes().all(|byte| is_word(byte.into())) && !is_same && LIBRARIES.iter().any(of) {
        names.insert(local.to_owned(), Arc::from(original));
    }
}

/// Returns true for `v76`, and for nothing.
pub(super) fn is_version(part: &str) -> bool {
    part.is_empty() || part.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the dotted path of what is imported under a name.
fn imported(code: &Code, module: &str, name: &str) -> String {
    let whole = match (code.dialect.name, name.strip_prefix('*')) {
        ("javascript", _) if module == "stripe" => match name {
            "Stripe" | "default" | "*" => "Stripe".to_owned(),
            name => format!("Stripe.{name}"),
        },
        ("javascript", _) => String::new(),
        // The name of a package of Go is that of its directory, but for the version.
        ("go", _) => match module.strip_prefix("github.com/stripe/stripe-go") {
            Some(rest) => match rest.rsplit('/').next().filter(|last| !is_version(last)) {
                Some(last) => format!("stripe.{last}"),
                None => "stripe".to_owned(),
            },
            None => String::new(),
        },
        ("rust" | "elixir", _) => module.to_owned(),
        (_, Some(whole)) if !whole.is_empty() => whole.to_owned(),
        _ if module.is_empty() => name.to_owned(),
        _ => format!("{module}.{name}"),
    };
    whole.replace("::", ".").replace('\\', ".").trim_start_matches('.').to_owned()
}

/// Returns true for a chain of members that begins with a name.
fn is_pure(code: &Code, node: NodeId) -> bool {
    let mut at = node;
    while code.kind(at) == Kind::Member {
        at = code.child(at, 0);
    }
    code.kind(at) == Kind::Name
}

/// Returns a name, or the text of a type, with the names of the library in it; `None` if it has none.
fn rename(text: &str, names: &HashMap<String, Arc<str>>) -> Option<Arc<str>> {
    if text.bytes().all(|byte| is_word(byte.into())) {
        return names.get(text).cloned();
    }
    let (mut whole, mut rest, mut found) = (String::new(), text, false);
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |length| start + length);
        let name = names.get(&rest[start..end]).filter(|_| !rest[..start].ends_with(['.', ':', '\\']));
        found |= name.is_some();
        whole.push_str(&rest[..start]);
        whole.push_str(name.map_or(&rest[start..end], |name| name));
        rest = &rest[end..];
    }
    whole.push_str(rest);
    found.then(|| Arc::from(whole))
}

/// Returns the paths of a `use` of Rust, each with its local name.
pub(super) fn uses(text: &str) -> Vec<(String, String)> {
    let (mut found, mut prefixes, mut prefix, mut from) = (Vec::new(), Vec::new(), String::new(), 0);
    if text.len() > MAX_USE {
        return found;
    }
    for (at, c) in text.char_indices().chain([(text.len(), ',')]) {
        if !matches!(c, '{' | '}' | ',') || found.len() + prefixes.len() > MAX_USES {
            continue;
        }
        let token = text[from..at].trim();
        from = (at + 1).min(text.len());
        let (path, local) = token.split_once(" as ").unwrap_or((token, token));
        let path = format!("{prefix}{}", path.trim());
        if c == '{' {
            prefixes.push(std::mem::replace(&mut prefix, path));
            continue;
        }
        if !token.is_empty() {
            let path = path.strip_suffix("::self").unwrap_or(&path).to_owned();
            let local = if token == "self" { path.as_str() } else { local };
            let local = local.rsplit("::").next().unwrap_or_default().trim().to_owned();
            found.push((path, local));
        }
        if c == '}' {
            prefix = prefixes.pop().unwrap_or_default();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_use_is_found() {
        let pair = |path: &str, local: &str| (path.to_owned(), local.to_owned());
        let cases = [
            ("a::b", vec![pair("a::b", "b")]),
            ("a::b as c", vec![pair("a::b", "c")]),
            (
                "a::{self, b as c, d::{e, f}, g::*}",
                vec![
                    pair("a", "a"),
                    pair("a::b", "c"),
                    pair("a::d::e", "e"),
                    pair("a::d::f", "f"),
                    pair("a::g::*", "*"),
                ],
            ),
            ("{a, b", vec![pair("a", "a"), pair("b", "b")]),
            ("}}, a", vec![pair("a", "a")]),
        ];
        for (text, expected) in cases {
            assert_eq!(uses(text), expected, "{text}");
        }
        assert!(uses(&"a::{".repeat(1_000)).len() <= MAX_USES);
        assert!(uses(&"a,".repeat(1_000)).len() <= MAX_USES + 1);
    }

    #[test]
    fn types_are_renamed_by_words() {
        let names = HashMap::from([("S".to_owned(), Arc::from("Stripe"))]);
        assert_eq!(rename("Json<S.Event>", &names).as_deref(), Some("Json<Stripe.Event>"));
        assert_eq!(rename("a::S", &names), None);
        assert_eq!(rename("Source", &names), None);
        assert_eq!(rename("é<S>", &names).as_deref(), Some("é<Stripe>"));
    }
}
