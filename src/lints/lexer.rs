//! Separates code from comments and string literals.
//!
//! Comments become blanks, so that offsets in the code are offsets in the file. The pass is linear and never fails; at
//! worst it reads a string as code until the end of the line.

use std::ops::Range;

use crate::rules::language::{QuoteStyle, Syntax};

/// Longest regular expression, in bytes: where none ends, the same line is not read from each of its slashes on.
const MAX_REGEX: usize = 4 << 10;

#[derive(Debug, Clone)]
pub(crate) struct SourceCode {
    /// Comments are blank.
    pub(crate) text: Vec<u8>,
    /// Comments and the inside of strings are blank.
    pub(crate) bare: Vec<u8>,
    /// String literals with their quotes, ascending.
    strings: Vec<Range<usize>>,
}

impl SourceCode {
    pub(crate) fn new(bytes: &[u8], syntax: &Syntax) -> Self {
        let code = Self { text: bytes.to_vec(), bare: bytes.to_vec(), strings: Vec::new() };
        let mut lexer = Lexer { bytes, syntax, code };
        let opens = openers(syntax);
        let mut at = 0;
        while let Some(skipped) = bytes[at..].iter().position(|byte| opens[usize::from(*byte)]) {
            at = lexer.step(at + skipped);
        }
        lexer.code
    }

    /// Returns true for offsets inside a string literal, after its opening quote.
    pub(crate) fn in_string(&self, at: usize) -> bool {
        let next = self.strings.partition_point(|span| span.start < at);
        next > 0 && at < self.strings[next - 1].end
    }
}

/// Marks the first bytes of comments, strings and regular expressions.
fn openers(syntax: &Syntax) -> [bool; 256] {
    let mut opens = [false; 256];
    let comments = syntax.line.iter().chain(syntax.block.iter().map(|(open, _)| open));
    for mark in comments.copied().chain(syntax.quotes.iter().map(|quote| quote.open)) {
        if let Some(first) = mark.as_bytes().first() {
            opens[usize::from(*first)] = true;
        }
    }
    opens[usize::from(b'/')] |= syntax.slash_regex;
    opens
}

struct Lexer<'a> {
    bytes: &'a [u8],
    syntax: &'a Syntax,
    code: SourceCode,
}

impl Lexer<'_> {
    /// Consumes one token and returns the offset behind it.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.bytes[at..];
        for (open, close) in self.syntax.block {
            if rest.starts_with(open.as_bytes()) {
                let end = find(rest, open.len(), close).map_or(self.bytes.len(), |end| at + end + close.len());
                self.blank(at..end);
                return end;
            }
        }
        if self.is_line_comment(at) {
            let end = memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |end| at + end);
            self.blank(at..end);
            return end;
        }
        if let Some(quote) = self.syntax.quotes.iter().find(|quote| rest.starts_with(quote.open.as_bytes())) {
            return self.string(at, quote);
        }
        if self.syntax.slash_regex
            && rest[0] == b'/'
            && let Some(end) = self.regex_end(at)
        {
            self.code.bare[at + 1..end - 1].fill(b' ');
            return end;
        }
        at + 1
    }

    fn is_line_comment(&self, at: usize) -> bool {
        let fits = at.checked_sub(1).is_none_or(|before| match self.bytes[before] {
            // `https://` in JSX text and templates.
            b':' => false,
            b';' | b'{' | b'}' | b',' | b')' => true,
            byte => !self.syntax.spaced_comment || byte.is_ascii_whitespace(),
        });
        // PHP's attributes begin with `#[`.
        fits && self.syntax.line.iter().any(|mark| self.bytes[at..].starts_with(mark.as_bytes()))
            && !(self.bytes[at] == b'#'
                && matches!(self.bytes.get(at + 1), Some(b'[' | b'{'))
                && self.syntax.line.len() > 1)
    }

    /// Consumes a string literal; interpolations are code.
    fn string(&mut self, start: usize, quote: &QuoteStyle) -> usize {
        let mut at = start + quote.open.len();
        let mut from = start;
        let first = |mark: &str| mark.as_bytes().first().copied().unwrap_or(b'\n');
        let close = first(quote.close);
        // No literal that ends at its line has interpolations.
        let third = if quote.multiline { quote.interpolation.map_or(close, first) } else { b'\n' };
        let next = |at: usize| {
            memchr::memchr3(close, quote.escape.unwrap_or(close), third, self.bytes.get(at..).unwrap_or_default())
        };
        while let Some(skipped) = next(at) {
            at += skipped;
            let rest = &self.bytes[at..];
            if quote.escape == Some(rest[0]) && rest.len() > 1 && (rest[0] == b'\\' || rest[1] == rest[0]) {
                at += 2;
            } else if rest.starts_with(quote.close.as_bytes()) {
                at += quote.close.len();
                self.literal(from..at);
                return at;
            } else if rest[0] == b'\n' && !quote.multiline {
                // An apostrophe in text, not a string.
                self.literal(from..at);
                return at;
            } else if let Some(open) = quote.interpolation
                && rest.starts_with(open.as_bytes())
            {
                self.literal(from..at);
                at = self.interpolation(at + open.len());
                from = at.saturating_sub(1);
            } else {
                at += 1;
            }
        }
        self.literal(from..self.bytes.len());
        self.bytes.len()
    }

    /// Consumes interpolated code up to its closing brace.
    fn interpolation(&mut self, mut at: usize) -> usize {
        let mut depth = 1;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
        at
    }

    fn literal(&mut self, span: Range<usize>) {
        if span.len() > 2 {
            blank(&mut self.code.bare[span.start + 1..span.end - 1]);
        }
        if !span.is_empty() {
            self.code.strings.push(span);
        }
    }

    fn blank(&mut self, span: Range<usize>) {
        blank(&mut self.code.text[span.clone()]);
        blank(&mut self.code.bare[span]);
    }

    /// Returns the end of a regular expression literal at `start`, if a value may begin there.
    fn regex_end(&self, start: usize) -> Option<usize> {
        let before = self.bytes[..start].iter().rfind(|byte| !matches!(byte, b' ' | b'\t'));
        let opens = before.is_none_or(|byte| b"(,=:[!&|?{;\n~".contains(byte))
            || self.bytes[..start].trim_ascii_end().ends_with(b"return");
        if !opens {
            return None;
        }
        let (mut at, mut class) = (start + 1, false);
        while at < self.bytes.len().min(start + MAX_REGEX) {
            match self.bytes[at] {
                b'\n' => return None,
                b'\\' if self.bytes.get(at + 1) != Some(&b'\n') => at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
        None
    }
}

fn blank(text: &mut [u8]) {
    for byte in text {
        *byte = if *byte == b'\n' { b'\n' } else { b' ' };
    }
}

fn find(bytes: &[u8], from: usize, needle: &str) -> Option<usize> {
    memchr::memmem::find(bytes.get(from..)?, needle.as_bytes()).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::language::{LANGUAGES, of_path};

    fn read(path: &str, text: &str) -> (String, String) {
        let code = SourceCode::new(text.as_bytes(), of_path(path).unwrap().syntax);
        (String::from_utf8_lossy(&code.text).into_owned(), String::from_utf8_lossy(&code.bare).into_owned())
    }

    #[test]
    fn comments_become_blanks() {
        for (path, text, expected) in [
            ("a.js", "a // b 'c\nd /* e\n */ f", "a        \nd     \n    f"),
            ("a.js", "x = 'http://y' // z", "x = 'http://y'     "),
            ("a.js", "x = /'/; y // z", "x = /'/; y     "),
            ("a.tsx", "<a>https://x.y</a>", "<a>https://x.y</a>"),
            ("a.py", "a = '#b' # c", "a = '#b'    "),
            ("a.rb", "\"#{a} # b\" # c", "\"#{a} # b\"    "),
            ("a.go", "a := `// b` // c", "a := `// b`     "),
            (".env", "A=b#c\n# D=e", "A=b#c\n     "),
            ("a.php", "#[Attr] $a = 'b'; # c", "#[Attr] $a = 'b';    "),
            ("a.html", "<!-- a --> b", "           b"),
        ] {
            assert_eq!(read(path, text).0, expected, "{path}: {text}");
        }
    }

    #[test]
    fn strings_are_known() {
        let code = SourceCode::new(b"f(\"a ${b}\", `c ${d} e`)", of_path("a.ts").unwrap().syntax);
        assert!(code.in_string(3) && code.in_string(13) && !code.in_string(17) && code.in_string(20));
        assert_eq!(read("a.ts", "if (a == '}') {").1, "if (a == ' ') {");
    }

    proptest! {
        #[test]
        fn any_text_keeps_its_length(text in "[-/*#'\"`<{}!>$\\\\\na=@r ]{0,80}") {
            for language in LANGUAGES {
                let code = SourceCode::new(text.as_bytes(), language.syntax);
                prop_assert_eq!(code.text.len(), text.len());
                prop_assert_eq!(code.bare.iter().filter(|b| **b == b'\n').count(), text.matches('\n').count());
            }
        }
    }
}
