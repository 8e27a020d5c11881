//! Webhook handlers that verify only sometimes: `if (secret) verify else trust`, a failure that is caught and ignored.
//!
//! Patterns cannot tell these from honest handlers; the blocks around the verifier can. A handler is honest if every path
//! without a verified signature ends the request.

use std::cell::Cell;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::blocks::{BlockTree, CodeBlock};
use super::line_syntax::MAX_BEFORE;
use super::lint_set::SourcePatterns;
use super::source_file::{SourceFile, SourceSpan};
use crate::rules::language::BlockStyle;
use crate::rules::pattern;

/// Times that a file is read to classify its verifiers, and bytes that a short text counts as.
const MAX_READINGS: usize = 200;
const MIN_TEXT: usize = 64;

const UNVERIFIED_BRANCH: &str = "without a secret the body is trusted";
const SKIPPED_CHECK: &str = "without a secret the check is skipped";
const IGNORED_FAILURE: &str = "a failed check is caught and forgotten";

/// Patterns of conditions and statements, compiled once.
struct HandlerPatterns {
    /// A secret or a signature in a condition.
    secret: Regex,
    /// The request's body is parsed.
    parse: Regex,
    /// The request ends.
    exit: Regex,
    /// An event's type is used.
    uses: Regex,
    /// The condition is negated.
    negated: Regex,
    /// `if !secret.empty?`, `if (!string.IsNullOrEmpty(secret))`, `if not secret is None`.
    double_negated: Regex,
    production: Regex,
    /// A variable is declared.
    declares: Regex,
}

impl HandlerPatterns {
    fn get() -> Option<&'static Self> {
        static PATTERNS: OnceLock<Option<HandlerPatterns>> = OnceLock::new();
        let compile = |pattern| pattern::compile_lint(pattern).ok();
        let build = || {
            Some(Self {
                secret: compile(r"(?i)secret|whsec|signing_?key|signature|sig_?header|\bsig\b")?,
                parse: compile("%body-parse%")?,
                exit: compile("%request-ends%")?,
                uses: compile(r#"%event-name%|\.type\b|\[["']type["']\]|\.getType\(|\.Type\b|->type\b"#)?,
                negated: compile(
                    r"(?i)!\s*[\w$@(.]|\bnot\b|\bunless\b|==\s*(?:null|nil|None|undefined|\W{2})|\bempty\s*\(|is_null|\.isEmpty|\.empty\?|\.blank\?|\.nil\?|isBlank|is None|IsNullOr|=== undefined",
                )?,
                double_negated: compile(
                    r"(?i)(?:!|\bnot\s|\bunless\s)[^&|]*(?:empty|blank|nil\?|IsNull|is_null|none|null)",
                )?,
                production: compile(r"(?i)prod|NODE_ENV|APP_ENV|isDev|environment")?,
                declares: compile(r"(?i)\b(?:const|let|var|final|event \w+)\s")?,
            })
        };
        PATTERNS.get_or_init(build).as_ref()
    }
}

/// Returns the verifiers that let an unverified event pass.
pub(super) fn spans(file: &SourceFile<'_>, patterns: &SourcePatterns) -> Vec<SourceSpan> {
    let (Some(words), Some(verifier)) = (HandlerPatterns::get(), patterns.patterns.first()) else { return Vec::new() };
    if !verifier.is_match(&file.code.text) {
        return Vec::new();
    }
    let tree = BlockTree::new(&file.code, file.language.syntax.blocks);
    let handler = Handler { file, words, tree, left: Cell::new(MAX_READINGS * (file.bytes.len() + MIN_TEXT)) };
    let verifiers = verifier.find_iter(&file.code.text).filter(|found| !file.code.in_string(found.start()));
    let verifiers = verifiers.take_while(|_| handler.left.get() > 0);
    verifiers.filter_map(|found| handler.classify(found.range())).collect()
}

/// A position of the flaw and its description.
type Flaw = (usize, &'static str);

struct Handler<'a> {
    file: &'a SourceFile<'a>,
    words: &'a HandlerPatterns,
    tree: BlockTree,
    /// Bytes that may still be matched.
    left: Cell<usize>,
}

impl Handler<'_> {
    fn classify(&self, verifier: Range<usize>) -> Option<SourceSpan> {
        let around = self.tree.around(verifier.start);
        let function = around
            .iter()
            .find(|block| !self.is_control(block))
            .map_or(0..self.file.bytes.len(), |block| block.body.clone());
        let found = around
            .iter()
            .take_while(|block| self.is_control(block))
            .find_map(|block| self.conditional(block, &function).or_else(|| self.ignored_failure(block, &function)))
            .or_else(|| self.ternary(&verifier));
        found.map(|(at, why)| SourceSpan {
            span: verifier,
            value: Some(why.to_owned()),
            identity: Some(format!("{why}: {}", self.name_of(&function))),
            evidence: Some((at, why.to_owned())),
            ..SourceSpan::default()
        })
    }

    /// `if (secret) { verify } else { trust }`, also negated, also without an `else`.
    fn conditional(&self, block: &CodeBlock, function: &Range<usize>) -> Option<Flaw> {
        let header = self.text(&block.header);
        if is_else(header) && !header_has_if(header) {
            self.spend(self.tree.blocks.len());
            let condition = self.tree.previous(&self.file.code, block)?;
            let tested = self.text(&condition.header);
            let trusts = is_if(tested)
                && self.words.secret.is_match(tested)
                && self.words.negated.is_match(tested)
                && self.trusts(&condition.body);
            return trusts.then_some((condition.header.start, UNVERIFIED_BRANCH));
        }
        if !is_if(header) || !self.words.secret.is_match(header) || self.requires_absence(header) {
            return None;
        }
        if let Some(other) = self.tree.next(&self.file.code, block).filter(|next| is_else(self.text(&next.header))) {
            let other_header = self.text(&other.header);
            let in_development = header_has_if(other_header) && self.words.production.is_match(other_header);
            return (self.trusts(&other.body) && !in_development).then_some((other.header.start, UNVERIFIED_BRANCH));
        }
        let (before, behind) = (function.start..block.header.start, block.body.end..function.end);
        let parsed = self.words.parse.is_match(self.text(&before)) || self.words.parse.is_match(self.text(&behind));
        let uses = parsed && self.words.uses.is_match(self.text(&behind)) && !self.is_guarded(&before);
        uses.then_some((block.header.start, SKIPPED_CHECK))
    }

    /// `try { verify } catch { log }`, and the body is used anyway.
    fn ignored_failure(&self, block: &CodeBlock, function: &Range<usize>) -> Option<Flaw> {
        if !is_try(self.text(&block.header)) {
            return None;
        }
        let handlers = self.handlers(block);
        let last = handlers.last()?.body.end;
        let behind = last..function.end;
        if !self.words.uses.is_match(self.text(&behind)) {
            return None;
        }
        let open = handlers.iter().find(|handler| !self.ends(&handler.body))?;
        let before = function.start..block.header.start;
        let reparsed = self.words.parse.is_match(self.text(&open.body));
        let parsed_before =
            self.words.parse.is_match(self.text(&before)) && !self.words.declares.is_match(self.text(&block.body));
        let parsed_behind = self.words.parse.is_match(self.text(&behind));
        (reparsed || parsed_before || parsed_behind).then_some((open.header.start, IGNORED_FAILURE))
    }

    /// `event = secret ? verify(…) : JSON.parse(body)`.
    fn ternary(&self, verifier: &Range<usize>) -> Option<Flaw> {
        if self.file.language.syntax.blocks == BlockStyle::Indentation {
            return None;
        }
        let bare = &self.file.code.bare;
        let near = verifier.start.saturating_sub(MAX_BEFORE)..bare.len().min(verifier.end + MAX_BEFORE);
        let start = bare[near.start..verifier.start]
            .iter()
            .rposition(|byte| matches!(byte, b';' | b'{' | b'}'))
            .map_or(near.start, |at| near.start + at + 1);
        let end = bare[verifier.end..near.end]
            .iter()
            .position(|byte| matches!(byte, b';' | b'}'))
            .map_or(near.end, |at| verifier.end + at);
        let question = start + memchr::memchr(b'?', &bare[start..verifier.start])?;
        // `a?.b` and `a ?? b` are no ternaries.
        if matches!(bare.get(question + 1), Some(b'.' | b'?' | b':'))
            || !self.words.secret.is_match(&self.file.code.text[start..question])
        {
            return None;
        }
        let colon = verifier.end + memchr::memrchr(b':', &bare[verifier.end..end])?;
        self.words.parse.is_match(&self.file.code.text[colon..end]).then_some((colon, UNVERIFIED_BRANCH))
    }

    /// Returns the `catch`, `except` and `rescue` blocks of a `try`.
    fn handlers(&self, block: &CodeBlock) -> Vec<&CodeBlock> {
        let mut handlers = Vec::new();
        let mut at = block;
        while let Some(next) = self.tree.next(&self.file.code, at).filter(|next| is_catch(self.text(&next.header))) {
            handlers.push(next);
            at = next;
        }
        handlers
    }

    /// Returns true if a branch parses the body and does not end the request.
    fn trusts(&self, branch: &Range<usize>) -> bool {
        self.words.parse.is_match(self.text(branch)) && !self.ends(branch)
    }

    /// Returns true if a branch ends the request, unconditionally or in production only.
    fn ends(&self, branch: &Range<usize>) -> bool {
        self.words.exit.find_iter(self.text(branch)).any(|found| {
            let at = branch.start + found.start();
            let around = self.tree.around(at).into_iter();
            let mut inner = around.filter(|block| block.body.start > branch.start && block.body.end <= branch.end);
            !self.file.code.in_string(at)
                && inner.all(|block| {
                    let header = self.text(&block.header);
                    !self.is_control(block) || (is_if(header) && self.words.production.is_match(header))
                })
        })
    }

    /// Returns true if a missing secret ends the request earlier in the function.
    fn is_guarded(&self, before: &Range<usize>) -> bool {
        let in_blocks = self.tree.blocks.iter().any(|block| {
            let header = self.text(&block.header);
            before.contains(&block.header.start)
                && block.body.end <= before.end
                && is_if(header)
                && self.words.secret.is_match(header)
                && self.ends(&block.body)
        });
        // `if (!secret) return …` on one line.
        in_blocks
            || self.text(before).split(|byte| *byte == b'\n').any(|line| {
                is_if(line.trim_ascii()) && self.words.secret.is_match(line) && self.words.exit.is_match(line)
            })
    }

    /// Returns true for `if (!secret)`: around a verifier it tests something else.
    fn requires_absence(&self, header: &[u8]) -> bool {
        self.words.negated.is_match(header)
            && !header.windows(2).any(|pair| pair == b"!=")
            && !self.words.double_negated.is_match(header)
    }

    /// Returns the code of a span, and nothing once the file was read too often.
    fn text(&self, span: &Range<usize>) -> &[u8] {
        let text = &self.file.code.text[span.start..span.end.max(span.start)];
        self.spend(text.len().max(MIN_TEXT));
        if self.left.get() > 0 { text } else { b"" }
    }

    fn spend(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_sub(bytes));
    }

    fn is_control(&self, block: &CodeBlock) -> bool {
        let header = self.text(&block.header);
        is_if(header)
            || is_else(header)
            || is_try(header)
            || is_catch(header)
            || starts(
                header,
                &[
                    "switch", "case", "when", "with ", "for ", "for(", "while", "do", "using", "default", "finally",
                    "ensure", "match",
                ],
            )
    }

    /// Returns the last line of the function's header, which does not change when lines move.
    fn name_of(&self, function: &Range<usize>) -> String {
        self.spend(self.tree.blocks.len());
        let block = self.tree.blocks.iter().find(|block| block.body == *function);
        let header = String::from_utf8_lossy(block.map(|block| self.text(&block.header)).unwrap_or_default());
        let words: Vec<&str> = header.lines().last().unwrap_or_default().split_whitespace().collect();
        words.join(" ").chars().take(80).collect()
    }
}

/// Skips an assignment in a header: `val event = if (secret)`.
fn statement(header: &[u8]) -> &[u8] {
    let keywords = ["= if", "= try", "= begin", "= match", "= unless", "= case", "= when"];
    let found = keywords.iter().filter_map(|keyword| memchr::memmem::find(header, keyword.as_bytes())).min();
    found.map_or(header, |at| &header[at + 2..])
}

fn starts(header: &[u8], words: &[&str]) -> bool {
    let header = statement(header);
    words.iter().any(|word| {
        header.starts_with(word.as_bytes())
            && (word.ends_with([' ', '('])
                || header.get(word.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_'))
    })
}

fn is_if(header: &[u8]) -> bool {
    starts(header, &["if", "unless", "elsif", "elif", "else if"])
}

fn is_else(header: &[u8]) -> bool {
    starts(header, &["else", "elif", "elsif"])
}

fn header_has_if(header: &[u8]) -> bool {
    starts(header, &["else if", "elif", "elsif", "elseif"])
}

fn is_try(header: &[u8]) -> bool {
    starts(header, &["try", "begin"])
}

fn is_catch(header: &[u8]) -> bool {
    starts(header, &["catch", "except", "rescue"])
}
