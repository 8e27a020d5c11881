//! String literals that a program concatenates: `"sk_" + "live_…"` in the syntax of many languages, adjacent literals,
//! a backslash at the end of a line, pieces in a template, and the elements of a list near a call of `join`.
//!
//! The glue between two pieces is short and consists of operators, blanks, brackets and comments; a variable ends a
//! token. Quotes may be escaped, as in code inside JSON.

use super::escape::{EscapeSequence, EscapeSyntax};

/// Longest glue, in bytes.
const MAX_GLUE: usize = 80;

/// Bytes before and after a piece that are searched for the call that makes commas glue.
const JOIN_BEFORE: usize = 800;
const JOIN_AFTER: usize = 800;

/// Operators between two literals. One precedes its own prefixes.
const OPERATORS: &[&[u8]] = &[
    b".concat(",
    b").append(",
    b".append(",
    b").Append(",
    b".Append(",
    b"++",
    b"+",
    b"..",
    b".",
    b"<<",
    b"<>",
    b"||",
    b"& _",
    b"&",
    b"~",
    b"^",
];

/// Returns the end of the glue that starts with the closing quote at `at`: after the next literal's opening quote.
pub(super) fn glue(bytes: &[u8], at: usize, commas: bool) -> Option<usize> {
    let bytes = &bytes[..bytes.len().min(at + MAX_GLUE)];
    let closed = quote(bytes, at)?;
    let mut next = blanks(bytes, closed);
    let rest = bytes.get(next..)?;
    if commas && rest.first() == Some(&b',') {
        next = blanks(bytes, next + 1);
    } else if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(operator)) {
        next = blanks(bytes, next + operator.len());
    }
    // r"…", f'…', L"…", @"…", u8"…"
    let letters = bytes.get(next..)?.iter().take(2).take_while(|b| b.is_ascii_alphanumeric() || **b == b'@').count();
    // Directly after the closing quote, letters belong to a name.
    let letters = if next > closed { letters } else { 0 };
    (0..=letters).rev().find_map(|letters| quote(bytes, next + letters))
}

/// Returns the end of the quote at `at`, escaped or not.
fn quote(bytes: &[u8], at: usize) -> Option<usize> {
    let slashes = bytes.get(at..)?.iter().take(7).take_while(|byte| **byte == b'\\').count();
    matches!(bytes.get(at + slashes)?, b'"' | b'\'' | b'`').then_some(at + slashes + 1)
}

/// Skips blanks, line ends (also escaped ones), brackets and short comments.
fn blanks(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at..).unwrap_or_default() {
            [b' ' | b'\t' | b'\n' | b'\r' | b'(' | b')', ..] => at += 1,
            [b'\\', b'\n' | b'\r' | b'n' | b'r' | b't', ..] => at += 2,
            [b'\\', b'\\', b'n' | b'r' | b't', ..] => at += 3,
            [b'/', b'*', rest @ ..] => match rest.windows(2).position(|end| end == b"*/") {
                Some(length) => at += length + 4,
                None => return at,
            },
            [b'/', b'/', rest @ ..] | [b'#', b' ' | b'!', rest @ ..] => match memchr::memchr(b'\n', rest) {
                Some(length) => at += length + 3,
                None => return at,
            },
            _ => return at,
        }
    }
}

/// The glue that joins literals.
#[derive(PartialEq, Eq)]
pub(super) enum StringConcat {
    /// An operator, or none between adjacent literals.
    Operators,
    /// The same, and commas in a list that is joined by nothing.
    Elements,
    /// The same, and commas in a list that is joined by underscores.
    Underscored,
}

impl EscapeSyntax for StringConcat {
    fn may_start_with(&self, byte: u8) -> bool {
        matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'$' | b'#' | b'{')
    }

    fn parse(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        let end = match bytes[at] {
            b'$' | b'#' => placeholder(bytes, at + 1),
            // `[]string{"…"}` in Go opens a list, not a placeholder.
            b'{' if bytes[..at].ends_with(b"]string") => None,
            b'{' => placeholder(bytes, at),
            b'\\' => line_end(bytes, at).or_else(|| glue(bytes, at, false)),
            _ => closing(bytes, at).or_else(|| glue(bytes, at, false)).or_else(|| frames(bytes, at)),
        };
        end.map(|end| EscapeSequence::gap(end - at)).or_else(|| self.between_elements(bytes, at))
    }
}

impl StringConcat {
    /// Parses the glue between two elements of a joined list.
    fn between_elements(&self, bytes: &[u8], at: usize) -> Option<EscapeSequence> {
        if *self == Self::Operators || !matches!(bytes[at], b'"' | b'\'' | b'`' | b'\\') {
            return None;
        }
        let width = glue(bytes, at, true)? - at;
        match self {
            Self::Underscored => is_joined_by_underscores(bytes, at).then(|| EscapeSequence::byte(b'_', width)),
            _ => is_joined(bytes, at).then(|| EscapeSequence::gap(width)),
        }
    }
}

/// Returns true if a call that joins a list is near.
fn is_joined(bytes: &[u8], at: usize) -> bool {
    let around = &bytes[at.saturating_sub(JOIN_BEFORE)..bytes.len().min(at + JOIN_AFTER)];
    [b"join".as_slice(), b"Join", b"implode", b"oncat", b"CONCAT"]
        .iter()
        .any(|word| memchr::memmem::find(around, word).is_some())
}

/// Returns true if a call that joins a list by underscores is near.
fn is_joined_by_underscores(bytes: &[u8], at: usize) -> bool {
    let around = &bytes[at.saturating_sub(JOIN_BEFORE)..bytes.len().min(at + JOIN_AFTER)];
    [b"\"_".as_slice(), b"'_", b"`_"].iter().any(|text| {
        memchr::memmem::find_iter(around, text).any(|found| {
            let quoted = around.get(found + 2..).is_some_and(|rest| quote(rest, 0).is_some());
            quoted && is_separator(&around[..found], &around[found + 3..])
        })
    })
}

/// Returns true if a literal between these texts is the separator of a join: `join("_")`, `"_".join(`, `implode('_',
/// …)`, `Join(list, "_")`.
fn is_separator(before: &[u8], after: &[u8]) -> bool {
    let (before, after) = (before.trim_ascii_end(), after.trim_ascii_start());
    let before = before.iter().rposition(|byte| *byte != b'\\').map_or(before, |last| &before[..=last]);
    [b"join(".as_slice(), b"implode("].iter().any(|call| before.ends_with(call))
        || after.starts_with(b".join")
        || after.starts_with(b")") && (before.ends_with(b"},") || before.ends_with(b"],"))
}

/// Returns the end of `{"` in `${"…"}`, `#{"…"}` or `{'…'}`.
fn placeholder(bytes: &[u8], at: usize) -> Option<usize> {
    (bytes.get(at) == Some(&b'{')).then(|| quote(bytes, blanks(&bytes[..bytes.len().min(at + MAX_GLUE)], at + 1)))?
}

/// Returns the end of `"}` if a placeholder's brace opened the literal.
fn closing(bytes: &[u8], at: usize) -> Option<usize> {
    let end = blanks(&bytes[..bytes.len().min(at + MAX_GLUE)], at + 1);
    if bytes.get(end) != Some(&b'}') {
        return None;
    }
    let low = at.saturating_sub(320);
    let open = low + memchr::memrchr(bytes[at], &bytes[low..at])?;
    let before = bytes[low..open].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\\'))?;
    (*before == b'{').then_some(end + 1)
}

/// Returns the end of what stands between the texts of two frames of a recorded terminal, as asciinema writes them:
/// `"]`, a line end, `[1.25, "o", "`.
fn frames(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes[at..bytes.len().min(at + MAX_GLUE)].strip_prefix(b"\"]")?;
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start().strip_prefix(b"[")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let mut rest = rest[digits..].trim_ascii_start().strip_prefix(b",").filter(|_| digits > 0)?.trim_ascii_start();
    for kind in [&b"\"o\""[..], b"\"i\""] {
        let text = rest.strip_prefix(kind).and_then(|rest| rest.trim_ascii_start().strip_prefix(b","));
        rest = text.map_or(rest, <[u8]>::trim_ascii_start);
    }
    let rest = rest.strip_prefix(b"\"")?;
    Some(bytes.len().min(at + MAX_GLUE) - rest.len())
}

/// Returns the end of an escaped line end and the next line's indentation. In JSON it is written `\\\n`, in messages of our
/// own `\\u{a}`.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    let slashes = bytes[at..].iter().take(8).take_while(|byte| **byte == b'\\').count();
    let end = match bytes.get(at + slashes..)? {
        [b'\r', b'\n', ..] => at + slashes + 2,
        [b'\n' | b'\r', ..] => at + slashes + 1,
        [b'n', ..] if slashes >= 3 => at + slashes + 1,
        rest if slashes >= 2 && rest.starts_with(b"u{a}") => at + slashes + 4,
        rest if slashes >= 2 && rest.starts_with(b"u{d}\\u{a}") => at + slashes + 9,
        _ => return None,
    };
    let indent = bytes[end..].iter().take(64).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    Some(end + indent)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};
    use super::*;

    #[test]
    fn frames_of_a_recorded_terminal() {
        let mut noise = Noise::new(44);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(40));
            for gap in ["\"]\n[1.25, \"o\", \"", "\"]\n[12.000001,\"o\",\"", "\"]\r\n[3, \"i\", \"", "\"],\n[0.5, \""] {
                for at in testing::splits(prefix, &secret) {
                    let code = format!("{}{gap}{}", &secret[..at], &secret[at..]);
                    testing::finds(&format!("[1.0, \"o\", \"K={code}\"]\n"), &code, &secret);
                }
            }
        }
    }

    const GLUES: &[&str] = &[
        "\" + \"",
        "\"+\"",
        "' + '",
        "' . '",
        "\".\"",
        "\" \"",
        "\"\n    \"",
        "\" +\n      \"",
        "` + `",
        "\" & \"",
        "\" & _\n \"",
        "\" .. \"",
        "\" << \"",
        "\" <> \"",
        "\" ++ \"",
        "\" || \"",
        "' || '",
        "\" ~ \"",
        "\\\n",
        "\\\n    ",
        "\\\r\n",
        "\"\"",
        "\" + f\"",
        "\" u8\"",
        "\".concat(\"",
        "\").append(\"",
        "\" + (\"",
        "\\\" + \\\"",
        "\" /* x */ + \"",
        "\" + // the rest\n  \"",
        "\"  # the rest\n  \"",
        "\" + \"\" + \"",
        "\" \\\n \"",
    ];

    #[test]
    fn every_glue_at_every_place() {
        let mut noise = Noise::new(51);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(36));
            for at in testing::splits(prefix, &secret) {
                for glue in GLUES {
                    let code = format!("{}{glue}{}", &secret[..at], &secret[at..]);
                    testing::finds(&format!("const k = \"{code}\";\n"), &code, &secret);
                }
            }
        }
    }

    #[test]
    fn line_ends_that_messages_escape() {
        let secret = token("sk_live_", &Noise::new(53).body(36));
        for glue in ["\\\\u{a}", "\\\\u{d}\\u{a}"] {
            let code = format!("{}{glue}{}", &secret[..20], &secret[20..]);
            testing::finds(&format!("error: {code}: no such file\n"), &code, &secret);
        }
    }

    #[test]
    fn many_pieces_lists_and_templates() {
        let mut noise = Noise::new(52);
        for prefix in testing::PREFIXES {
            let secret = token(prefix, &noise.body(36));
            let cut = prefix.len();
            let (head, a, b) = (&secret[..cut], &secret[cut..cut + 9], &secret[cut + 9..]);
            let rows = [
                format!("x = \"{head}\" + \"{a}\" + \"{b}\""),
                format!("x = [\"{head}\", \"{a}\", \"{b}\"].join(\"\")"),
                format!("x = ''.join(['{head}', '{a}', '{b}'])"),
                format!("$x = implode('', ['{head}', '{a}{b}']);"),
                format!("strings.Join([]string{{\"{head}\", \"{a}{b}\"}}, \"\")"),
                format!("x = `{head}${{\"{a}\"}}{b}`"),
                format!("x = `${{\"{head}\"}}${{'{a}'}}${{\"{b}\"}}`"),
                format!("x = \"{head}#{{'{a}'}}{b}\""),
                format!("x = f\"{head}{{'{a}{b}'}}\""),
            ];
            for row in rows {
                testing::finds(&row, "", &secret);
            }
        }
    }

    #[test]
    fn both_sides_of_every_mode() {
        let mut noise = Noise::new(53);
        for (head, mode) in [("sk", "live"), ("rk", "live"), ("sk", "test"), ("rk", "test"), ("sk_org", "live")] {
            let body = noise.body(36);
            let secret = format!("{head}_{mode}_{body}");
            for glue in GLUES.iter().filter(|glue| !glue.starts_with('\\') || glue.len() > 6) {
                for code in [
                    format!("{head}_{glue}{mode}{glue}_{body}"),
                    format!("{head}{glue}_{mode}{glue}_{body}"),
                    format!("{head}_{glue}{mode}_{glue}{body}"),
                    format!("{head}{glue}_{glue}{mode}{glue}_{glue}{body}"),
                ] {
                    testing::finds(&format!("const k = \"{code}\";\n"), &code, &secret);
                }
            }
            for row in [
                format!("[\"{head}\", \"{mode}\", \"{body}\"].join(\"_\")"),
                format!("k = '_'.join(['{head}', '{mode}', '{body}'])"),
                format!("$k = implode('_', ['{head}', '{mode}', '{body}']);"),
                format!("strings.Join([]string{{\"{head}\", \"{mode}\", \"{body}\"}}, \"_\")"),
                format!("[\n  \"{head}_{mode}\",\n  \"{body}\"\n].join('_')"),
                format!("[\"{head}\", \"_{mode}\", \"_{body}\"].join(\"\")"),
                format!("{{\"a\":\"[\\\"{head}\\\", \\\"{mode}\\\", \\\"{body}\\\"].join(\\\"_\\\")\"}}"),
            ] {
                testing::finds(&row, "", &secret);
            }
        }
    }

    #[test]
    fn one_character_a_piece() {
        let mut noise = Noise::new(54);
        for prefix in testing::PREFIXES.into_iter().chain(["pst_live_", "sk_org_", "pi_3x_secret_"]) {
            for length in [36, 99] {
                let secret = token(prefix, &noise.body(length));
                let pieces = |text: &str, glue: &str| text.chars().map(String::from).collect::<Vec<_>>().join(glue);
                let body = &secret[prefix.len()..];
                for code in [
                    pieces(&secret, "\", \""),
                    pieces(&secret, "','"),
                    format!("{}\",\"{body}", pieces(prefix, "\",\"")),
                ] {
                    let quote = if code.contains('"') { '"' } else { '\'' };
                    testing::finds(&format!("k = [{quote}{code}{quote}].join('')"), &code, &secret);
                    testing::finds(&format!("k = ''.join([{quote}{code}{quote}])"), &code, &secret);
                }
                for glue in ["\" + \"", "' . '", "\" \"", "' || '", "\" & \"", "\" << \""] {
                    let quote = &glue[..1];
                    let code = format!("{}{glue}{body}", pieces(prefix, glue));
                    testing::finds(&format!("k = {quote}{code}{quote};"), &code, &secret);
                }
            }
        }
    }

    #[test]
    fn what_is_no_glue() {
        for text in ["\" + x + \"", "\", \"", "\": \"", "\" == \"", "\"", "\" +"] {
            assert_eq!(glue(text.as_bytes(), 0, false), None, "{text}");
        }
        let far = format!("\"{}\"", " ".repeat(100));
        assert_eq!(glue(far.as_bytes(), 0, false), None);
    }
}
