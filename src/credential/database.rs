//! Connection strings of StripeDB, the hosted copy of an account's data. Source: `pkg/cmd/resource/databases.go` in
//! stripe/stripe-cli, whose `stripe databases create` prints them.

use super::randomness;

/// The end of a host's name.
const DOMAIN: &str = ".db.stripe.com";

/// A user with a password at a database: the credential, whatever port, database and options follow.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseLogin {
    user: Vec<u8>,
    password: Vec<u8>,
    host: Vec<u8>,
}

impl DatabaseLogin {
    /// Reads `postgres://USER:PASSWORD@db_….db.stripe.com`, percent-encoded as a whole or in part.
    #[must_use]
    pub fn parse(url: &[u8]) -> Option<Self> {
        let scheme = url.get(..8)?;
        let at = memchr::memmem::rfind(url, b"db_").filter(|_| scheme.eq_ignore_ascii_case(b"postgres"))?;
        let host = url[at..].to_ascii_lowercase();
        let login = &url[..at];
        let login = login.strip_suffix(b"@").or_else(|| login.strip_suffix(b"%40"))?;
        let start = login.iter().position(|byte| matches!(byte, b':' | b'%'))?;
        // Slashes may be escaped.
        let rest = login[start..].strip_prefix(b":").unwrap_or(&login[start..]);
        let slashes = [&b"//"[..], b"\\/\\/", b"%3A%2F%2F", b"%3a%2f%2f", b"%3A//", b"%2F%2F", b"%2f%2f"];
        let rest = slashes.iter().find_map(|slashes| rest.strip_prefix(*slashes))?;
        let plain = rest.iter().position(|byte| *byte == b':').map(|at| (at, 1));
        let coded = || [b"%3A", b"%3a"].iter().find_map(|colon| memchr::memmem::find(rest, *colon)).map(|at| (at, 3));
        let (colon, width) = plain.or_else(coded)?;
        let is_host = host.ends_with(DOMAIN.as_bytes());
        is_host.then(|| Self { user: decoded(&rest[..colon]), password: decoded(&rest[colon + width..]), host })
    }

    /// Writes it in one way, however it was written.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        [b"postgresql://", &self.user[..], b":", &self.password, b"@", &self.host].concat()
    }

    /// The only form in which it is shown.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = super::masked(b"postgresql://\xe2\x80\xa6:", &self.password);
        format!("{shown}@db_…")
    }

    /// Returns true if the password is one that a person wrote in place of it.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        let password = self.password.to_ascii_lowercase();
        let is_template = |byte: &u8| matches!(byte, b'<' | b'>' | b'{' | b'}' | b'$' | b'*' | b'[' | b']' | b'|');
        let has = |word: &[u8]| memchr::memmem::find(&password, word).is_some();
        let is_variable = password.starts_with(b"$") || password.iter().filter(|byte| is_template(byte)).count() > 1;
        let is_dull = randomness::distinct(&password) < 6 || has(b"...") || has("…".as_bytes());
        let letters: Vec<u8> = password.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        password.len() < 8
            || is_variable
            || is_dull
            || has(b"pass")
            || has(b"pwd")
            || randomness::says_made_up(&letters)
    }

    /// Returns true if the password can only have been drawn at random.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.password.len() >= 12
            && randomness::distinct(&self.password) >= 8
            && !randomness::is_made_of_words(&self.password)
    }
}

/// Undoes percent-encoding, up to two layers of it: that of the password, and of the address around it.
fn decoded(text: &[u8]) -> Vec<u8> {
    let once = |text: &[u8]| {
        let (mut plain, mut at) = (Vec::with_capacity(text.len()), 0);
        while at < text.len() {
            let code =
                text.get(at + 1..at + 3).filter(|_| text[at] == b'%').and_then(|code| std::str::from_utf8(code).ok());
            let byte = code.filter(|code| !code.starts_with('+')).and_then(|code| u8::from_str_radix(code, 16).ok());
            plain.push(byte.unwrap_or(text[at]));
            at += if byte.is_some() { 3 } else { 1 };
        }
        plain
    };
    let plain = once(text);
    if memchr::memmem::find(text, b"%25").is_some() { once(&plain) } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(url: &str) -> Option<DatabaseLogin> {
        DatabaseLogin::parse(url.as_bytes())
    }

    #[test]
    fn every_spelling_is_the_same_login() {
        let host = "db_1XyZ2aBc.db.stripe.com";
        let known = login(&format!("postgresql://llama:a:b@c/d@{host}")).map(|login| login.canonical());
        assert_eq!(known.as_deref(), Some(format!("postgresql://llama:a:b@c/d@{}", host.to_lowercase()).as_bytes()));
        for url in [
            format!("postgres://llama:a:b@c/d@{host}"),
            format!("postgresql+asyncpg://llama:a%3Ab%40c%2Fd@{host}"),
            format!("postgresql:\\/\\/llama:a%3ab%40c%2fd@{host}"),
            format!("postgresql%3A%2F%2Fllama%3Aa%253Ab%2540c%252Fd%40{host}"),
        ] {
            assert_eq!(login(&url).map(|login| login.canonical()), known, "{url}");
        }
        for url in ["postgresql://llama@db_1.db.stripe.com", "mysql://a:b@db_1.db.stripe.com", "postgresql://a:b@db_1"]
        {
            assert!(login(url).is_none(), "{url}");
        }
    }

    #[test]
    fn made_up_passwords() {
        for (password, expected) in [
            ("PASSWORD", true),
            ("pass_123", true),
            ("$PGPASSWORD", true),
            ("${DB_PW}", true),
            ("<secret>", true),
            ("********", true),
            ("xxxxxxxxxxxx", true),
            ("your-secret-here", true),
            ("k9-Zq.v_3!tR", false),
            ("a1B2c3D4%2F9", false),
        ] {
            let login = login(&format!("postgresql://u:{password}@db_1.db.stripe.com")).unwrap();
            assert_eq!(login.is_placeholder(), expected, "{password}");
        }
    }
}
