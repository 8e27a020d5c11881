//! Patterns of paths: those of gitignore as GitHub and Bitbucket read them, and those of Ruby's `File.fnmatch` in GitLab.

use std::str::Chars;

/// A pattern, by segment of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    segments: Vec<Segment>,
    /// Also matches everything below what it matches.
    descends: bool,
    /// `[a-z]` is a class of characters.
    classes: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// Any number of segments.
    Any,
    /// One segment without wildcards.
    Literal(String),
    /// One segment.
    Glob(String),
}

impl Pattern {
    /// Reads a pattern of GitHub or Bitbucket. `None` if it is invalid there, or matches nothing.
    pub(super) fn gitignore(text: &str) -> Option<Self> {
        let invalid = text.starts_with('!') || text.contains(['[', ']', '{', '}']) || text.contains("***");
        let inner = text.strip_prefix('/').unwrap_or(text);
        let directory = inner.strip_suffix('/');
        let inner = directory.unwrap_or(inner);
        if invalid || inner.is_empty() {
            return None;
        }
        let mut segments: Vec<Segment> = inner.split('/').map(|segment| Segment::new(segment, false)).collect();
        // A name without a slash is one of any directory.
        if !text.starts_with('/') && segments.len() == 1 && segments.first() != Some(&Segment::Any) {
            segments.insert(0, Segment::Any);
        }
        let descends = directory.is_none() && segments.last() != Some(&Segment::Glob("*".to_owned()));
        segments.extend(directory.map(|_| Segment::Any));
        Some(Self { segments, descends, classes: false })
    }

    /// Reads a pattern of GitLab.
    pub(super) fn fnmatch(text: &str) -> Self {
        let rooted = text.strip_prefix('/');
        let mut segments: Vec<Segment> =
            rooted.unwrap_or(text).split('/').map(|segment| Segment::new(segment, true)).collect();
        if rooted.is_none() {
            segments.insert(0, Segment::Any);
        }
        match segments.last_mut() {
            // `a/` is every file below it.
            Some(last) if *last == Segment::Literal(String::new()) => {
                *last = Segment::Any;
                segments.push(Segment::Glob("*".to_owned()));
            }
            // Only `**/` crosses directories.
            Some(last) if *last == Segment::Any => *last = Segment::Glob("*".to_owned()),
            _ => {}
        }
        Self { segments, descends: false, classes: true }
    }

    /// Returns the longest segment that a path must have to match.
    pub(super) fn required(&self) -> Option<&str> {
        let literals = self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(text) => Some(text.as_str()),
            _ => None,
        });
        literals.max_by_key(|text| text.len())
    }

    /// Returns true if it matches the segments of a path. Counts steps, of which there are at most the product of lengths.
    pub(super) fn matches(&self, path: &[&str], steps: &mut u64) -> bool {
        let (mut at, mut rest) = (self.segments.as_slice(), path);
        // The place at which the last `**` may take one segment more.
        let mut retry: Option<(&[Segment], &[&str])> = None;
        loop {
            *steps += 1;
            let matched = match (at.split_first(), rest.split_first()) {
                (None, None) => return true,
                (None, Some(_)) => self.descends,
                (Some((Segment::Any, [])), left) => return left.is_some(),
                (Some((Segment::Any, after)), _) => {
                    retry = Some((after, rest));
                    at = after;
                    continue;
                }
                (Some((segment, after)), Some((name, left))) if segment.matches(name, self.classes, steps) => {
                    (at, rest) = (after, left);
                    continue;
                }
                _ => false,
            };
            if matched {
                return true;
            }
            let Some((after, [_, left @ ..])) = retry else { return false };
            retry = Some((after, left));
            (at, rest) = (after, left);
        }
    }
}

impl Segment {
    fn new(text: &str, classes: bool) -> Self {
        match text {
            "**" => Self::Any,
            _ if text.contains(['*', '?']) || classes && text.contains('[') => Self::Glob(text.to_owned()),
            _ => Self::Literal(unescaped(text)),
        }
    }

    fn matches(&self, name: &str, classes: bool, steps: &mut u64) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(text) => text == name,
            Self::Glob(text) => glob(text, name, classes, steps),
        }
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

fn glob(pattern: &str, name: &str, classes: bool, steps: &mut u64) -> bool {
    let (mut at, mut rest) = (pattern.chars(), name.chars());
    // The place at which the last `*` may take one character more.
    let mut retry: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        *steps += 1;
        let (mut after, mut left) = (at.clone(), rest.clone());
        match (after.next(), left.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                retry = Some((after.clone(), rest.clone()));
                at = after;
                continue;
            }
            (Some(first), Some(character)) if one(first, &mut after, character, classes) => {
                (at, rest) = (after, left);
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        (at, rest) = (after.clone(), from.clone());
    }
}

/// Matches one character with what begins with `first` and goes on in `pattern`.
fn one(first: char, pattern: &mut Chars<'_>, character: char, classes: bool) -> bool {
    match first {
        '?' => true,
        '\\' => pattern.next() == Some(character),
        '[' if classes => class(pattern, character).unwrap_or(false),
        literal => literal == character,
    }
}

/// Matches a class of characters, up to its `]`. `None` if it has none.
fn class(pattern: &mut Chars<'_>, character: char) -> Option<bool> {
    let mut peeked = pattern.clone();
    let negated = matches!(peeked.next()?, '^' | '!');
    if negated {
        *pattern = peeked;
    }
    let mut found = false;
    loop {
        let from = match pattern.next()? {
            ']' => return Some(found != negated),
            '\\' => pattern.next()?,
            from => from,
        };
        let mut range = pattern.clone();
        let to = match (range.next(), range.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                *pattern = range;
                to
            }
            _ => from,
        };
        found |= (from..=to).contains(&character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &Pattern, path: &str) -> bool {
        pattern.matches(&path.split('/').collect::<Vec<_>>(), &mut 0)
    }

    /// Patterns with paths that they match, and paths that they do not.
    type Table = [(&'static str, &'static [&'static str], &'static [&'static str])];

    fn check(table: &Table, read: impl Fn(&str) -> Option<Pattern>) {
        for (text, yes, no) in table {
            let pattern = read(text);
            for (paths, expected) in [(yes, true), (no, false)] {
                for path in *paths {
                    let found = pattern.as_ref().is_some_and(|pattern| matches(pattern, path));
                    assert_eq!(found, expected, "{text} and {path}");
                }
            }
        }
    }

    /// The facts of the test cases of hmarr/codeowners, and of GitHub's documentation.
    #[test]
    fn as_github() {
        let table: &Table = &[
            ("foo", &["foo", "foo/bar", "bar/foo", "bar/foo/baz"], &["foo.txt", "bar/foo.txt", "bar/baz"]),
            ("/foo", &["foo", "foo/bar", "foo/bar/baz"], &["fool.txt", "bar/foo", "bar/baz", "bar/foo/baz"]),
            ("foo/", &["foo/bar", "foo/bar/baz", "bar/foo/baz", "bar/foo/baz/qux"], &["foo", "bar/foo", "bar/baz"]),
            ("/foo/", &["foo/bar", "foo/bar/baz"], &["foo", "bar/foo", "bar/foo/baz", "bar/foo/baz/qux"]),
            ("foo/bar", &["foo/bar", "foo/bar/baz"], &["foo/bart", "baz/foo/bar", "baz/foo/bar/qux"]),
            ("/foo/bar", &["foo/bar", "foo/bar/baz"], &["foo/bart", "baz/foo/bar", "baz/foo/bar/qux"]),
            ("foo/bar/", &["foo/bar/baz"], &["foo/bar", "foo/bart", "baz/foo/bar", "baz/foo/bar/qux"]),
            ("/foo/bar/", &["foo/bar/baz", "foo/bar/baz/qux"], &["foo/bar", "foo/bart", "baz/foo/bar/qux"]),
            ("*", &["foo", "foo/bar", "bar/foo/baz", ".hidden/x"], &[]),
            ("f*", &["foo", "foo/bar", "foo/bar/baz", "bar/foo", "bar/foo/baz"], &["bar/baz", "xfoo"]),
            ("/*", &["foo", "bar"], &["foo/bar", "foo/bar/baz"]),
            ("/f*", &["foo", "foo/bar", "foo/bar/baz"], &["bar/foo", "bar/foo/baz", "bar/baz", "xfoo"]),
            ("f*/", &["foo/bar", "bar/foo/baz"], &["foo", "bar/foo", "bar/baz", "xfoo"]),
            ("/*/", &["foo/bar", "bar/foo", "bar/foo/baz"], &["foo"]),
            ("/f*/", &["foo/bar"], &["foo", "bar/foo", "bar/foo/baz", "bar/baz", "xfoo"]),
            (r"f\*o", &["f*o"], &["foo"]),
            ("foo/*", &["foo/bar"], &["foo", "foo/bar/baz", "bar/foo", "bar/foo/baz", "bar/baz"]),
            ("foo/*.txt", &["foo/bar.txt"], &["foo", "foo/bar/baz.txt", "qux/foo/bar.txt"]),
            ("foo/*/baz", &["foo/bar/baz", "foo/bar/baz/qux"], &["foo", "foo/bar", "foo/baz"]),
            ("f?o", &["foo", "fäo"], &["fo", "fooo"]),
            (r"f\?o", &["f?o"], &["foo"]),
            ("**/foo/bar", &["foo/bar", "qux/foo/bar", "qux/foo/bar/baz"], &["foo/baz/bar", "qux/foo/baz/bar"]),
            ("**/*bar*", &["bar", "foo/bar", "foo/rebar", "foo/barrio", "foo/qux/bar"], &["foo"]),
            ("foo/bar/**", &["foo/bar/baz", "foo/bar/baz/qux"], &["foo/bar", "qux/foo/bar", "qux/foo/bar/baz"]),
            ("foo/**/bar", &["foo/bar", "foo/bar/baz", "foo/qux/bar/baz", "foo/q/q/bar/baz"], &["qux/foo/bar", "foo"]),
            ("foo/**/", &["foo/bar", "foo/bar/baz"], &["foo"]),
            ("foo/**/bar/b*", &["foo/bar/baz", "foo/qux/bar/baz"], &["foo/bar", "foo/bar/qux", "foo/qux/bar/qux"]),
            ("**", &["foo", "foo/bar"], &[]),
            (r"with\ space/", &["with space/x", "a/with space/x"], &["with"]),
            ("(folder)/file(1).txt", &["(folder)/file(1).txt"], &["folder/file1.txt"]),
            // These have a meaning in gitignore and none here.
            ("!foo", &[], &["foo", "!foo"]),
            ("file.[cC]", &[], &["file.c", "file.[cC]"]),
            ("file.{txt", &[], &["file.{txt"]),
            ("a***b", &[], &["ab"]),
            ("/", &[], &["foo"]),
        ];
        check(table, Pattern::gitignore);
    }

    /// The facts of GitLab's documentation and of its test cases.
    #[test]
    fn as_gitlab() {
        let table: &Table = &[
            ("*", &["a", "a/b", ".a/.b"], &[]),
            ("/*", &["README.md"], &["nested/path/README.md"]),
            ("README.md", &["README.md", "internal/README.md", "app/lib/README.md"], &["README.md/x"]),
            ("/README.md", &["README.md"], &["docs/README.md"]),
            ("internal/README.md", &["internal/README.md", "docs/api/internal/README.md"], &["internal/x/README.md"]),
            ("foo/*", &["foo/bar", "baz/foo/bar"], &["fufoo/bar", "foo/bar/baz"]),
            ("/docs/", &["docs/a", "docs/a/b"], &["docs", "x/docs/a"]),
            ("lib/", &["lib/a/b", "ee/lib/a"], &["lib", "libs/a"]),
            ("/docs/*.md", &["docs/a.md", "docs/.md"], &["docs/a/b.md", "docs/a.mdx"]),
            ("/docs/*spec*", &["docs/qa_specs.rb", "docs/runtime.spec"], &["docs/spe.c"]),
            ("/docs/*/README.md", &["docs/api/README.md"], &["docs/README.md", "docs/a/b/README.md"]),
            ("/docs/**/index.md", &["docs/index.md", "docs/api/index.md", "docs/a/b/index.md"], &["index.md"]),
            ("/config/**/*.rb", &["config/a.rb", "config/a/b.rb"], &["x/config/a.rb"]),
            ("**/generated/", &["generated/a", "a/generated/b/c"], &["generated"]),
            ("/docs/**", &["docs/a"], &["docs/a/b"]),
            ("docs", &["docs", "ee/docs"], &["docs/a"]),
            (r"\#file_with_pound.rb", &["examples/#file_with_pound.rb"], &["file_with_pound.rb"]),
            (r"path\ with\ spaces/", &["path with spaces/docs.md"], &["path"]),
            ("*.[ch]", &["a.c", "src/b.h"], &["a.d", "a.[ch]"]),
            ("[a-c0-9]x", &["bx", "7x"], &["dx", "-x"]),
            ("[^a]x", &["bx"], &["ax"]),
            ("[!a]x", &["bx"], &["ax"]),
            (r"[\]a]x", &["]x", "ax"], &["bx"]),
            ("[a-]x", &["-x", "ax"], &["bx"]),
            ("[a", &[], &["[a", "a"]),
            ("/", &["a", "a/b"], &[]),
        ];
        check(table, |text| Some(Pattern::fnmatch(text)));
    }

    #[test]
    fn the_longest_literal_is_required() {
        for (text, expected) in [("*", None), ("*.rb", None), ("a/bcd/*", Some("bcd")), (r"a\ b/x?", Some("a b"))] {
            let pattern = Pattern::gitignore(text).unwrap();
            let literal = pattern.required().or_else(|| text.contains('\\').then_some("a*b"));
            assert_eq!(literal, expected, "{text}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_their_product() {
        let stars = "*a".repeat(2_000);
        let pattern = Pattern::fnmatch(&format!("{stars}b"));
        assert!(!matches(&pattern, &"a".repeat(8_000)));
        let deep = Pattern::fnmatch(&format!("{}x", "**/a/".repeat(1_000)));
        assert!(!matches(&deep, &vec!["a"; 4_000].join("/")));
    }
}
