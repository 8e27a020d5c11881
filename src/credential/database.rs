//! Connection strings of StripeDB, the hosted copy of an account's data. Source: `pkg/cmd/resource/databases.go` in
//! stripe/stripe-cli, whose `stripe databases create` prints them.

use std::ops::Range;

use super::randomness;

/// Longest value of a field.
const MAX_FIELD: usize = 128;

/// Bytes of a name with its mark in front of a value.
const FIELD: usize = 24;

/// The end of a host's name.
const DOMAIN: &str = ".db.stripe.com";

/// Names of the fields of a login, in lower case.
const PASSWORDS: &[&[u8]] = &[b"password", b"passwd", b"pwd"];
const USERS: &[&[u8]] = &[b"user", b"username", b"userid", b"user id", b"user_name", b"uid", b"-u"];

/// A user with a password at a database: the credential, whatever port, database and options follow.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseLogin {
    user: Vec<u8>,
    password: Vec<u8>,
    host: Vec<u8>,
    /// Host, user and password are fields with names, whose values may be anything.
    named: bool,
}

impl DatabaseLogin {
    /// Reads `postgres://USER:PASSWORD@db_….db.stripe.com`, or host, user and password as fields: of a JDBC address, of a
    /// `host=… user=… password=…`, of variables, of a `.pgpass` file.
    #[must_use]
    pub fn parse(token: &[u8]) -> Option<Self> {
        Self::of_url(token).or_else(|| {
            let at = memchr::memmem::find(token, DOMAIN.as_bytes())?;
            Self::of_fields(token, at).map(|(login, _)| login)
        })
    }

    /// Finds the fields around a host whose domain is at `at`, and the bytes that they take.
    #[must_use]
    pub fn of_fields(text: &[u8], at: usize) -> Option<(Self, Range<usize>)> {
        let name = text.get(..at)?.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let host = at.checked_sub(name + 3)?..at + DOMAIN.len();
        if !text.get(host.clone())?.starts_with(b"db_") {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let (user, password) = match pgpass(text, host.end) {
            Some((user, password)) => (Some(user), password),
            None => {
                (field(&lower, USERS, &host).or_else(|| user_of(text, host.start)), field(&lower, PASSWORDS, &host)?)
            }
        };
        let all = || [Some(&host), Some(&password), user.as_ref()].into_iter().flatten();
        let span = all().map(|part| part.start).min()?..all().map(|part| part.end).max()?;
        let user = user.map(|user| decoded(&text[user])).unwrap_or_default();
        let password = decoded(&text[password]);
        // The names stand in the token, too.
        let span = span.start.saturating_sub(FIELD)..span.end;
        Some((Self { user, password, host: lower[host].to_vec(), named: true }, span))
    }

    /// Reads `postgres://USER:PASSWORD@db_….db.stripe.com`, percent-encoded as a whole or in part.
    fn of_url(url: &[u8]) -> Option<Self> {
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
        // Files of properties escape colons.
        let user = rest[..colon].strip_suffix(b"\\").unwrap_or(&rest[..colon]);
        let (user, password) = (decoded(user), decoded(&rest[colon + width..]));
        is_host.then_some(Self { user, password, host, named: false })
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

    /// Returns true if the password may be anything that has a name, such as an expression.
    #[must_use]
    pub fn may_be_code(&self) -> bool {
        self.named && !(self.is_random() && self.password.iter().any(u8::is_ascii_digit))
    }

    /// Returns true if the password can only have been drawn at random.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.password.len() >= 12
            && randomness::distinct(&self.password) >= 8
            && !randomness::is_made_of_words(&self.password)
    }
}

/// Returns the value of the first field behind the host, or else of the last one before it.
fn field(lower: &[u8], names: &[&[u8]], host: &Range<usize>) -> Option<Range<usize>> {
    let values = |name: &&[u8]| {
        let name_len = name.len();
        memchr::memmem::find_iter(lower, *name).filter_map(move |at| value(lower, at + name_len)).collect::<Vec<_>>()
    };
    let mut values: Vec<Range<usize>> = names.iter().flat_map(values).collect();
    values.sort_by_key(|value| (value.start, value.end));
    let behind = values.iter().find(|value| value.start >= host.end);
    behind.or_else(|| values.iter().rev().find(|value| value.end <= host.start)).cloned()
}

/// Returns the value of a field whose name ends at `at`.
fn value(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    let skip = |at: &mut usize, wanted: fn(u8) -> bool, most: usize| {
        let count = text[*at..].iter().take(most).take_while(|byte| wanted(**byte)).count();
        *at += count;
        count
    };
    let is_option = text[..at].ends_with(b" -u");
    skip(&mut at, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b']'), 3);
    let blanks = skip(&mut at, |byte| matches!(byte, b' ' | b'\t'), 3);
    let mark = [&b"=>"[..], b"%3d", b":=", b"=", b":"].into_iter().find(|mark| text[at..].starts_with(mark));
    match mark {
        Some(mark) => at += mark.len(),
        None if is_option && blanks > 0 => {}
        None => return None,
    }
    skip(&mut at, |byte| matches!(byte, b' ' | b'\t'), 3);
    let quote = text.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    at += usize::from(quote.is_some());
    let ends = |rest: &[u8]| match quote {
        Some(quote) => rest[0] == quote || rest[0] == b'\n',
        None => {
            rest[0].is_ascii_whitespace()
                || matches!(rest[0], b'"' | b'\'' | b'`' | b'&' | b';' | b',' | b'<' | b'>' | b')' | b'}' | b'\\')
                || rest.starts_with(b"%26")
        }
    };
    let end = (at..text.len()).find(|at| ends(&text[*at..])).unwrap_or(text.len());
    (end > at && end - at <= MAX_FIELD).then_some(at..end)
}

/// Returns user and password of a line of `.pgpass`: `HOST:PORT:DATABASE:USER:PASSWORD`.
fn pgpass(text: &[u8], end: usize) -> Option<(Range<usize>, Range<usize>)> {
    let line = text[end..].split(|byte| byte.is_ascii_whitespace()).next()?;
    let mut at = end;
    let mut parts = line.splitn(5, |byte| *byte == b':').map(|part| {
        let range = at..at + part.len();
        at = range.end + 1;
        range
    });
    let (before, port, _) = (parts.next()?, parts.next()?, parts.next()?);
    let is_port = text[port].iter().all(|byte| byte.is_ascii_digit() || *byte == b'*');
    let (user, password) = (parts.next()?, parts.next()?);
    (before.is_empty() && is_port && password.len() <= MAX_FIELD).then_some((user, password))
}

/// Returns the user in front of a host: `//USER@`.
fn user_of(text: &[u8], host: usize) -> Option<Range<usize>> {
    let before = text[..host].strip_suffix(b"@")?;
    let slash = memchr::memrchr(b'/', before)? + 1;
    (before.len() - slash <= MAX_FIELD).then_some(slash..before.len())
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
            format!("postgresql\\://llama\\:a%3ab%40c%2fd@{host}"),
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
    fn a_login_in_fields() {
        let (host, secret) = ("db_1XyZ2aBc.db.stripe.com", ["k9Zq7v", "_3tRw2"].concat());
        let known = login(&format!("postgresql://llama:{secret}@{host}")).unwrap().canonical();
        for text in [
            "jdbc:postgresql://HOST:5432/data?user=llama&password=SECRET",
            "<url>jdbc:postgresql://HOST/data?password=SECRET&amp;user=llama</url>",
            "jdbc%3Apostgresql%3A%2F%2FHOST%2Fdata%3Fuser%3Dllama%26password%3DSECRET",
            "postgresql://llama@HOST:5432/data?password=SECRET",
            "host=HOST port=5432 user='llama' password='SECRET' sslmode=require",
            "Server=HOST;User Id=llama;Password=SECRET;Database=data",
            "export PGPASSWORD=\"SECRET\"\nexport PGUSER=\"llama\"\nexport PGHOST=\"HOST\"\n",
            "PGPASSWORD=SECRET psql -h HOST -U llama data",
            "{\"host\": \"HOST\", \"user\": \"llama\", \"password\": \"SECRET\"}",
            "HOST:5432:data:llama:SECRET\n",
        ] {
            let text = format!("x = 1\n{}", text.replace("HOST", host).replace("SECRET", &secret));
            let at = text.find(DOMAIN).unwrap();
            let (found, span) = DatabaseLogin::of_fields(text.as_bytes(), at).unwrap();
            assert_eq!(found.canonical(), known, "{text}");
            assert!(!found.may_be_code());
            assert_eq!(login(&text[span]).map(|login| login.canonical()), Some(known.clone()), "{text}");
        }
        for text in ["psql -h HOST -U llama", "host=HOST user=llama password_file=SECRET"] {
            assert!(login(&text.replace("HOST", host).replace("SECRET", &secret)).is_none(), "{text}");
        }
        for code in ["process.env.DB_SECRET", "config.get(", "$PGPASSWORD", "databaseSecretOfUs"] {
            let text = format!("host: '{host}', user: 'llama', password: {code}");
            assert!(login(&text).is_none_or(|login| login.may_be_code()), "{text}");
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
