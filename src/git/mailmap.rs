//! `.mailmap`: the names and addresses by which authors want to be known.

use std::collections::BTreeMap;

/// The name and the address of a person, either of which may be missing.
type Person = (Option<String>, Option<String>);

/// Replacements by the address, then by the name in commits; without a name for every name. Upper and lower case are one.
#[derive(Debug, Default)]
pub(crate) struct Mailmap(BTreeMap<(String, Option<String>), Person>);

impl Mailmap {
    /// Reads a file. Lines that make no sense have no effect, as for git.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        for line in String::from_utf8_lossy(bytes).lines().filter(|line| !line.starts_with('#')) {
            let Some((name, address, rest)) = person(line) else { continue };
            let (key, by_name, known) = match person(rest) {
                Some((old_name, old_address, _)) => (old_address, old_name, (name, Some(address))),
                None => (address, None, (name, None)),
            };
            let entry = map.0.entry((key.to_lowercase(), by_name.map(|name| name.to_lowercase()))).or_default();
            entry.0 = known.0.or(entry.0.take());
            entry.1 = known.1.or(entry.1.take());
        }
        map
    }

    /// Returns `Name <address>` of the author field of a commit, whose time is left out.
    pub(crate) fn shown(&self, field: &[u8]) -> String {
        let text = String::from_utf8_lossy(field);
        let Some((name, address, _)) = person(&text) else { return text.trim().to_owned() };
        let name = name.unwrap_or_default();
        let get = |name| self.0.get(&(address.to_lowercase(), name)).cloned();
        let (new_name, new_address) = get(Some(name.to_lowercase())).or_else(|| get(None)).unwrap_or_default();
        format!("{} <{}>", new_name.unwrap_or(name), new_address.unwrap_or(address)).trim_start().to_owned()
    }
}

/// Splits `Name <address> rest`.
fn person(text: &str) -> Option<(Option<String>, String, &str)> {
    let (name, rest) = text.split_once('<')?;
    let (address, rest) = rest.split_once('>')?;
    let name = name.trim();
    Some(((!name.is_empty()).then(|| name.to_owned()), address.trim().to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_forms() {
        let map = Mailmap::parse(
            b"# who\nJane Doe <jane@old>\n<joe@new> <joe@old>\nBob B <bob@new> <bob@old>\n\
              Shared A <a@new> alice <team@old>\nShared B <b@new> bob <Team@old>\nbroken\n<\n",
        );
        for (field, shown) in [
            ("jd <jane@old> 1 +0000", "Jane Doe <jane@old>"),
            ("jd <JANE@OLD> 1 +0000", "Jane Doe <JANE@OLD>"),
            ("Joe <joe@old> 1 +0000", "Joe <joe@new>"),
            ("b <bob@old> 1 +0000", "Bob B <bob@new>"),
            ("Alice <team@old> 1 +0000", "Shared A <a@new>"),
            ("bob <team@old> 1 +0000", "Shared B <b@new>"),
            ("carol <team@old> 1 +0000", "carol <team@old>"),
            ("<x@y> 1 +0000", "<x@y>"),
            ("nobody", "nobody"),
            ("", ""),
        ] {
            assert_eq!(map.shown(field.as_bytes()), shown, "{field}");
        }
    }
}
