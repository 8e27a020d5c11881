//! A bounded reader of git's configuration format, for the few keys that describe how a repository is stored.
//!
//! It follows no `include`, expands no value and runs nothing: a repository's configuration is data, written by whoever
//! wrote the repository. Global and system configuration are not read at all.

/// Most entries of a configuration; the rest is ignored.
const MAX_ENTRIES: usize = 20_000;

/// The entries of a configuration file, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GitConfig {
    entries: Vec<ConfigEntry>,
    /// Set if entries were left out.
    is_cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ConfigEntry {
    section: String,
    subsection: String,
    key: String,
    /// `None` for a key without `=`, which means true.
    value: Option<String>,
}

impl GitConfig {
    /// Parses a configuration file. Malformed lines are skipped.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let mut config = Self::default();
        let (mut section, mut subsection) = (String::new(), String::new());
        let mut rest = text.trim_start_matches('\u{feff}');
        while !rest.is_empty() && config.entries.len() < MAX_ENTRIES {
            rest = rest.trim_start();
            match rest.chars().next() {
                None => break,
                Some('#' | ';') => rest = after_line(rest),
                Some('[') => {
                    let (header, after) = split_header(rest);
                    if let Some((name, sub)) = header {
                        (section, subsection) = (name, sub);
                    }
                    rest = after;
                }
                Some(_) => {
                    let (key, value, after) = split_entry(rest);
                    if !key.is_empty() && !section.is_empty() {
                        config.entries.push(ConfigEntry {
                            section: section.clone(),
                            subsection: subsection.clone(),
                            key: key.to_ascii_lowercase(),
                            value,
                        });
                    }
                    rest = after;
                }
            }
        }
        config.is_cut = !rest.is_empty();
        config
    }

    /// Returns true if it includes other files, or may do so in what was left out.
    pub(crate) fn includes(&self) -> bool {
        self.is_cut || self.entries.iter().any(|entry| matches!(&*entry.section, "include" | "includeif"))
    }

    /// Returns the last value of `section.key`; an empty string for a key without a value.
    pub(crate) fn get(&self, section: &str, key: &str) -> Option<&str> {
        self.get_in(section, "", key)
    }

    /// Returns the last value of `section.subsection.key`.
    pub(crate) fn get_in(&self, section: &str, subsection: &str, key: &str) -> Option<&str> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.section == section && entry.subsection == subsection && entry.key == key)
            .map(|entry| entry.value.as_deref().unwrap_or(""))
    }

    /// Returns the keys and values of a section without subsection, in order.
    pub(crate) fn section<'a>(&'a self, section: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.entries
            .iter()
            .filter(move |entry| entry.section == section && entry.subsection.is_empty())
            .map(|entry| (entry.key.as_str(), entry.value.as_deref().unwrap_or("")))
    }

    /// Returns the subsections with a value of `section.*.key`, and these values, in order.
    pub(crate) fn subsections<'a>(
        &'a self,
        section: &'a str,
        key: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = self.entries.iter().filter(move |entry| entry.section == section && entry.key == key);
        named.filter_map(|entry| Some((entry.subsection.as_str(), entry.value.as_deref()?)))
    }

    /// Returns true if any `section.*.key` is true.
    pub(crate) fn any_true(&self, section: &str, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.section == section && entry.key == key && entry.truth() == Some(true))
    }
}

impl ConfigEntry {
    fn truth(&self) -> Option<bool> {
        let Some(value) = &self.value else { return Some(true) };
        match value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "" | "false" | "no" | "off" => Some(false),
            number => number.parse::<i64>().ok().map(|number| number != 0),
        }
    }
}

fn after_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end + 1..])
}

/// Splits off `[section "subsection"]`; `None` if it is malformed.
fn split_header(text: &str) -> (Option<(String, String)>, &str) {
    let line_end = text.find('\n').unwrap_or(text.len());
    let body = &text[1..line_end];
    let name_end = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.')).unwrap_or(body.len());
    let (name, rest) = body.split_at(name_end);
    if rest.starts_with(']') {
        let (name, sub) = name.split_once('.').unwrap_or((name, ""));
        let after = &text[1 + name_end + 1..];
        return (Some((name.to_ascii_lowercase(), sub.to_ascii_lowercase())), after);
    }
    let Some(quoted) = rest.trim_start().strip_prefix('"') else { return (None, after_line(text)) };
    let mut sub = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let end = line_end - quoted.len() + at + 1;
                let Some(after) = text[end..].strip_prefix(']') else { break };
                return (Some((name.to_ascii_lowercase(), sub)), after);
            }
            '\\' => sub.extend(chars.next().map(|(_, c)| c)),
            c => sub.push(c),
        }
    }
    (None, after_line(text))
}

/// Splits off one `key = value` with its continuation lines.
fn split_entry(text: &str) -> (&str, Option<String>, &str) {
    let key_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(text.len());
    let (key, rest) = text.split_at(key_end);
    let rest = rest.trim_start_matches([' ', '\t']);
    let Some(rest) = rest.strip_prefix('=') else { return (key, None, after_line(rest)) };
    let mut value = String::new();
    let (mut quoted, mut comment, mut kept) = (false, false, 0);
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => {
                value.truncate(kept);
                return (key, Some(value), &rest[at + 1..]);
            }
            _ if comment => {}
            '#' | ';' if !quoted => comment = true,
            '"' => quoted = !quoted,
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('\n') | None => continue,
                Some('\r') => {
                    chars.next();
                    continue;
                }
                Some(c) => value.push(c),
            },
            c if !quoted && c.is_whitespace() => {
                if !value.is_empty() {
                    value.push(c);
                }
                continue;
            }
            c => value.push(c),
        }
        if !comment {
            kept = value.len();
        }
    }
    value.truncate(kept);
    (key, Some(value), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_writes() {
        let config = GitConfig::parse(
            b"[core]\n\trepositoryformatversion = 1\n\tbare = false ; no\n\tworktree = \"/a b\" \r\n[extensions]\n\
              objectFormat = sha256\n[remote \"or\\\"igin\"]\n promisor\n url = a\\\nb\n[Branch.Main] x = 1\n",
        );
        assert_eq!(config.get("core", "repositoryformatversion"), Some("1"));
        assert_eq!(config.get("core", "bare"), Some("false"));
        assert_eq!(config.get("core", "worktree"), Some("/a b"));
        assert_eq!(config.section("extensions").collect::<Vec<_>>(), [("objectformat", "sha256")]);
        assert!(config.any_true("remote", "promisor"));
        assert_eq!(config.entries[5].value.as_deref(), Some("ab"));
        assert_eq!((&*config.entries[6].section, &*config.entries[6].subsection), ("branch", "main"));
    }

    #[test]
    fn includes_and_nonsense_are_passed_over() {
        let config =
            GitConfig::parse(b"[include]\npath = /dev/zero\n[broken\n[ \"x\n= 3\n]]]\n[core]\nbare\n\xff\xfe=1\n");
        assert!(config.any_true("core", "bare"));
        assert_eq!(config.get("include", "path"), Some("/dev/zero"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = GitConfig::parse(&bytes);
        }

        #[test]
        fn any_configuration_like_text_ends(text in "(\\[|\\]|\"|\\\\|\n|=|[a-c .;#\t\r-]|é){0,120}") {
            let _ = GitConfig::parse(text.as_bytes());
        }
    }
}
