//! What one file's code says, gathered while its bytes are in hand.
//!
//! Nothing here looks at another file: whether a name is public, a place ships or a verifier stands in an imported module
//! is settled later, when the whole tree is known.

use std::ops::Range;

use regex::bytes::{Captures, Regex};

use super::compiled::{Compiled, Patterns};
use super::imports;
use super::lexer::Code;
use super::{fail_open, public_names};
use crate::detect::{
    lines::{self, Position},
    redact::{self, Caution},
};
use crate::lints::context::place;
use crate::lints::context::surroundings::position;
use crate::model::{Origin, Reach, ScanLocation, Snippet};
use crate::rules::language::{self, Language};
use crate::rules::lint::{CodeAnalysis, CodePattern};

/// Largest file whose code is read, in bytes.
pub const MAX_SOURCE: usize = 2 << 20;

/// Most matches kept of one file.
const MAX_MATCHES: usize = 200;

/// Bytes of a line that are shown on either side of a match.
const FRAME_REACH: usize = 100;

/// Everything that source lints want to know of one file.
#[derive(Debug, Clone)]
pub struct SourceFacts {
    pub(crate) place: ScanLocation,
    pub(crate) matches: Vec<Match>,
    /// Local modules that it imports, as written; only gathered where a match depends on them.
    pub(crate) imports: Vec<String>,
}

impl SourceFacts {
    /// The place that they are about.
    #[must_use]
    pub fn place(&self) -> &ScanLocation {
        &self.place
    }

    /// Puts the file below a directory, which ends with a slash or is empty.
    pub fn move_below(&mut self, directory: &str) {
        self.place.path.text.insert_str(0, directory);
    }

    /// Marks what the file's version before had as well.
    pub fn mark_existing(&mut self, before: &Self) {
        for found in &mut self.matches {
            found.existing = before.matches.iter().any(|old| (old.rule, &old.text) == (found.rule, &found.text));
        }
    }
}

/// One match of one pattern.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    /// Index of the rule.
    pub(crate) rule: usize,
    /// Index among the rule's sources.
    pub(crate) source: usize,
    pub(crate) start: Position,
    pub(crate) end: Position,
    /// What matched, masked, white space collapsed: the identity of a finding without a literal.
    pub(crate) text: String,
    /// The pattern's group `name`.
    pub(crate) name: Option<String>,
    /// The pattern's group `value`, masked.
    pub(crate) value: Option<String>,
    pub(crate) frame: Snippet,
    /// An inline directive on the line.
    pub(crate) directive: Option<String>,
    /// Stood in the file before the change that is looked at.
    pub(crate) existing: bool,
    /// A place that explains the match: line, column, sentence.
    pub(crate) evidence: Option<(Position, String)>,
}

/// A file in hand.
pub(crate) struct File<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) language: &'static Language,
    pub(crate) code: Code,
}

/// A span worth telling, before it is placed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spot {
    pub(crate) span: Range<usize>,
    pub(crate) name: Option<String>,
    pub(crate) value: Option<String>,
    /// What identifies it, if not its text.
    pub(crate) identity: Option<String>,
    pub(crate) evidence: Option<(usize, String)>,
}

/// Reads a file's code.
pub(super) fn collect(lints: &Compiled<'_>, place: &ScanLocation, bytes: &[u8]) -> Option<SourceFacts> {
    let path = place.path.text.as_str();
    let present = matches!(place.reach, Reach::Worktree | Reach::Index | Reach::Head);
    if !present || place.origin != Origin::File || !place.archive.is_empty() {
        return None;
    }
    if bytes.len() > MAX_SOURCE {
        return None;
    }
    let language = language::of_path(path)?;
    let mut wanted = lints.sources_of(language.name, path, bytes).peekable();
    if wanted.peek().is_none() || !may_read(path) || is_minified(bytes) || memchr::memchr(0, bytes).is_some() {
        return None;
    }
    // Comments are only told from code where something might be found.
    let wanted: Vec<(usize, usize, &CodePattern, &Patterns)> = wanted
        .filter(|(rule, index, _)| lints.includes(*rule, *index, bytes))
        .filter_map(|(rule, index, source)| Some((rule, index, source, lints.patterns(rule, index)?)))
        .filter(|(.., source, patterns)| may_match(bytes, source, patterns))
        .collect();
    if wanted.is_empty() {
        return None;
    }
    let file = File { bytes, language, code: Code::read(bytes, language.syntax) };
    let mut facts = SourceFacts { place: place.clone(), matches: Vec::new(), imports: Vec::new() };
    for (rule, index, source, patterns) in wanted {
        if !lints.includes(rule, index, &file.code.text) {
            continue;
        }
        for spot in spots(&file, source, patterns) {
            if facts.matches.len() < MAX_MATCHES {
                facts.matches.push(file.place(rule, index, &spot));
            }
        }
    }
    if facts.matches.is_empty() {
        return None;
    }
    if facts.matches.iter().any(|found| lints.source(found.rule, found.source).is_some_and(|source| source.imports)) {
        facts.imports = imports::of(&file);
    }
    Some(facts)
}

/// Whether a path is that of code in a language that is known, and the repository's own.
pub(super) fn may_read(path: &str) -> bool {
    language::of_path(path).is_some() && !place::Place::of_path(path).vendored
}

/// Whether a text, its comments included, may have what code looks for.
fn may_match(bytes: &[u8], source: &CodePattern, patterns: &Patterns) -> bool {
    match source.structure {
        Some(CodeAnalysis::FailOpen) => patterns.patterns.iter().any(|pattern| pattern.is_match(bytes)),
        Some(CodeAnalysis::PublicName) => public_names::may_have(bytes),
        None => true,
    }
}

/// Code that nobody wrote: lines of many hundred bytes.
fn is_minified(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64 << 10)];
    head.len() > 4 << 10 && head.len() / (memchr::memchr_iter(b'\n', head).count() + 1) > 400
}

fn spots(file: &File<'_>, source: &CodePattern, patterns: &Patterns) -> Vec<Spot> {
    let text = &file.code.text;
    if patterns.exclude.iter().any(|pattern| pattern.is_match(text)) {
        return Vec::new();
    }
    match source.structure {
        Some(CodeAnalysis::FailOpen) => return fail_open::spots(file, patterns),
        Some(CodeAnalysis::PublicName) => return public_names::spots(file),
        None => {}
    }
    let within: Option<Vec<Range<usize>>> = patterns.within.as_ref().map(|opener| blocks(&file.code, opener));
    let mut spots = Vec::new();
    for pattern in &patterns.patterns {
        for captures in pattern.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            let counts = (source.in_strings || !file.code.in_string(whole.start()))
                && within.as_ref().is_none_or(|blocks| blocks.iter().any(|block| block.contains(&whole.start())));
            if counts {
                spots.push(spot(&captures, whole.range()));
            }
        }
    }
    spots.sort_by_key(|spot| (spot.span.start, spot.span.end));
    spots.dedup_by_key(|spot| spot.span.start);
    if source.once {
        spots.truncate(1);
    }
    spots
}

fn spot(captures: &Captures<'_>, span: Range<usize>) -> Spot {
    let group = |name: &str| captures.name(name).map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
    // A literal is what is pointed at, where there is one.
    let span = captures.name("value").or_else(|| captures.name("name")).map_or(span, |found| found.range());
    Spot { span, name: group("name"), value: group("value"), ..Spot::default() }
}

/// The insides of the brace blocks that an opener's matches end with or are followed by.
fn blocks(code: &Code, opener: &Regex) -> Vec<Range<usize>> {
    opener
        .find_iter(&code.text)
        .filter(|found| !code.in_string(found.start()))
        .filter_map(|found| {
            let open = (found.end().saturating_sub(1)..code.bare.len())
                .find(|at| matches!(code.bare[*at], b'{' | b'[' | b'('))?;
            Some(open + 1..closing(&code.bare, open)?)
        })
        .collect()
}

/// Where the bracket that opens at `open` closes.
pub(crate) fn closing(bare: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in bare.iter().enumerate().skip(open) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

impl File<'_> {
    fn place(&self, rule: usize, source: usize, spot: &Spot) -> Match {
        let (start, end) = (position(self.bytes, spot.span.start), position(self.bytes, spot.span.end));
        let line = lines::line_around(self.bytes, spot.span.start, spot.span.end, FRAME_REACH);
        let shown = redact::mask(&self.bytes[line.clone()], Caution::Everything, &[]);
        let offset = |at: usize| shown.position(at.clamp(line.start, line.end) - line.start);
        let frame = Snippet { start: offset(spot.span.start), end: offset(spot.span.end), text: shown.text.clone() };
        let text = String::from_utf8_lossy(&self.bytes[spot.span.clone()]);
        Match {
            rule,
            source,
            start,
            end,
            text: spot
                .identity
                .clone()
                .unwrap_or_else(|| masked(&text.split_whitespace().collect::<Vec<_>>().join(" "))),
            name: spot.name.as_deref().map(shown_name),
            value: spot.value.as_deref().map(shown_name),
            frame,
            directive: crate::detect::directive(self.bytes, &spot.span),
            existing: false,
            evidence: spot.evidence.clone().map(|(at, says)| (position(self.bytes, at), says)),
        }
    }
}

/// A name stays readable, however long; a literal does not.
fn shown_name(text: &str) -> String {
    let literal = text.starts_with(['"', '\'', '`']);
    if literal { masked(text) } else { redact::sanitize(text) }
}

fn masked(text: &str) -> String {
    redact::mask(text.as_bytes(), Caution::Everything, &[]).text
}
