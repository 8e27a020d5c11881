//! Repositories as a plan names them: the absolute path of one, or the URL of one to be mirrored.

use super::digest::Digest;
use crate::model::escape::is_unsafe;

/// Longest name, in bytes.
const MAX_NAME: usize = 4_096;

/// Longest part of a mirror's directory that is for people.
const MAX_SLUG: usize = 60;

/// The protocols that may be fetched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// HTTPS and SSH.
    Remote,
    /// Also files and servers of this machine, for tests.
    Local,
}

impl Protocols {
    /// Returns the value of `GIT_ALLOW_PROTOCOL`.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Remote => "https:ssh",
            Self::Local => "https:ssh:file:http",
        }
    }
}

/// A repository by path or URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RepositoryName {
    Path(String),
    Url(String),
}

impl RepositoryName {
    /// Reads a name, and refuses what git or a shell could take for something else. A relative path is no name.
    ///
    /// # Errors
    /// Fault of the name, without the name itself.
    pub(crate) fn parse(text: &str, protocols: Protocols) -> Result<Self, &'static str> {
        if text.is_empty() || text.len() > MAX_NAME {
            return Err("is empty or too long");
        }
        if text.contains(is_unsafe) {
            return Err("has control characters or invisible ones");
        }
        if text.starts_with('-') {
            return Err("begins with -, as an option does");
        }
        if is_absolute(text) {
            let is_plain = text.split(['/', '\\']).all(|part| part != "..");
            return if is_plain { Ok(Self::Path(text.to_owned())) } else { Err("leads through ..") };
        }
        let remote = Remote::of(text)?;
        remote.check(protocols)?;
        Ok(Self::Url(text.to_owned()))
    }

    /// Returns true if a line means a URL and no path.
    pub(crate) fn is_remote(text: &str) -> bool {
        !is_absolute(text) && text.split('/').next().is_some_and(|first| first.contains(':'))
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Path(text) | Self::Url(text) => text,
        }
    }

    /// Returns the name of the mirror's directory; `None` for a path, which is read where it is.
    pub(crate) fn mirror(&self) -> Option<String> {
        let Self::Url(url) = self else { return None };
        let mut digest = Digest::new("pinstripe-mirror/1");
        digest.add(url.as_bytes());
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
        let mut slug = String::new();
        for character in rest.trim_end_matches('/').trim_end_matches(".git").chars().take(MAX_SLUG) {
            match character.to_ascii_lowercase() {
                kept @ ('a'..='z' | '0'..='9' | '.' | '_') if !(slug.is_empty() && kept == '.') => slug.push(kept),
                _ if slug.is_empty() || slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
        }
        let hash = digest.finish();
        let slug = Some(slug.trim_end_matches('-')).filter(|slug| !slug.is_empty()).unwrap_or("mirror");
        Some(format!("{slug}-{}.git", hash.get(..16).unwrap_or_default()))
    }
}

fn is_absolute(text: &str) -> bool {
    text.starts_with('/') || matches!(text.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

/// The parts of a URL, or of `user@host:path`.
struct Remote<'a> {
    scheme: &'a str,
    user: Option<&'a str>,
    host: &'a str,
    path: &'a str,
}

impl<'a> Remote<'a> {
    fn of(text: &'a str) -> Result<Self, &'static str> {
        let (scheme, authority, path) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (scheme, &rest[..end], &rest[end..])
            }
            None => {
                let (authority, path) = text.split_once(':').ok_or("is neither an absolute path nor a URL")?;
                ("", authority, path)
            }
        };
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        Ok(Self { scheme, user, host, path })
    }

    fn check(&self, protocols: Protocols) -> Result<(), &'static str> {
        let is_here = matches!(self.host.split(':').next(), Some("localhost" | "127.0.0.1"));
        let is_local = match self.scheme {
            "file" => self.host.is_empty(),
            "http" => is_here,
            _ => false,
        };
        let is_remote = matches!(self.scheme, "https" | "ssh" | "");
        let is_taken = is_remote || is_local && protocols == Protocols::Local;
        if !is_taken {
            return Err("has another protocol than https and ssh");
        }
        match (self.scheme, self.user) {
            (_, None) => {}
            ("ssh" | "", Some(user)) if user.contains(':') => return Err("has a password in it"),
            ("ssh" | "", Some(user)) if is_word(user) => {}
            ("ssh" | "", Some(_)) => return Err("has an odd user name"),
            _ => return Err("has credentials in it; use a credential helper of git"),
        }
        let (host, port) = self.host.split_once(':').unwrap_or((self.host, "0"));
        let is_host = is_word(host) || self.scheme == "file";
        if !is_host || port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("has an odd host");
        }
        check_path(self.path)
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    let lower = path.to_ascii_lowercase();
    if path.trim_matches('/').is_empty() || path.starts_with([':', '-']) || path.split('/').any(|part| part == "..") {
        return Err("has an odd path");
    }
    // An @ ends a password with a typing error before it: `https:/user:password@host`.
    if path.contains([' ', '?', '#', '@', '\\', '"', '\'', '`', '$']) || lower.contains("%0") {
        return Err("has characters that no path on a server needs");
    }
    Ok(())
}

/// Letters, digits, dots, hyphens and underscores, not beginning like an option.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && !text.starts_with(['-', '.']) && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken() {
        for (text, mirror) in [
            ("/srv/a b/c.git", None),
            ("C:\\mirrors\\a", None),
            ("https://github.com/Acme/Web.git", Some("github.com-acme-web-")),
            ("https://git.example.com:8443/a/b/", Some("git.example.com-8443-a-b-")),
            ("ssh://git@host/~me/x", Some("host-me-x-")),
            ("git@host:a/b.git", Some("host-a-b-")),
            ("host:a", Some("host-a-")),
        ] {
            let name = RepositoryName::parse(text, Protocols::Remote).unwrap();
            let (made, expected) = (name.mirror(), mirror);
            assert_eq!(made.is_some(), expected.is_some(), "{text}");
            if let Some((made, expected)) = made.zip(expected) {
                let hash = made.strip_prefix(expected).and_then(|rest| rest.strip_suffix(".git"));
                assert_eq!(hash.map(str::len), Some(16), "{made}");
            }
        }
        let name = |text| RepositoryName::parse(text, Protocols::Remote).unwrap().mirror();
        assert_ne!(name("https://h/a-b"), name("https://h/a/b"));
    }

    #[test]
    fn hostile_names_are_refused() {
        for text in [
            "",
            "--upload-pack=touch x",
            "-x:y",
            "ext::sh -c touch% /tmp/x",
            "fd::17",
            "/srv/../etc",
            "relative/path",
            "/a\nb",
            "/a\u{202e}b",
            "https://user:pass@h/a",
            "https://token@h/a",
            "ssh://u:p@h/a",
            "ssh://-oProxyCommand=x/a",
            "ssh://-x@h/a",
            "-oProxyCommand=x:a",
            "h:-x",
            "h::a",
            "https://h/../a",
            "https://h",
            "https:///a",
            "https://h/a?token=x",
            "https:/user:pass@h/a",
            "git:pass@h:a",
            "https://h/a%0ahost=b",
            "https://h:/a",
            "https://h:8x/a",
            "http://h/a",
            "http://127.0.0.1/a",
            "git://h/a",
            "file:///a",
            "ftp://h/a",
            "https://h/a b",
        ] {
            assert!(RepositoryName::parse(text, Protocols::Remote).is_err(), "{text}");
        }
        for (text, is_taken) in
            [("file:///a", true), ("http://127.0.0.1:1/a", true), ("http://h/a", false), ("file://h/a", false)]
        {
            assert_eq!(RepositoryName::parse(text, Protocols::Local).is_ok(), is_taken, "{text}");
        }
    }
}
