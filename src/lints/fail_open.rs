//! Webhook handlers that verify, unless: `if (secret) verify else trust`, a failure that is caught and forgotten.
//!
//! Patterns cannot tell these from honest handlers; the blocks around the verifier can. A handler is honest if whatever
//! happens without a verified signature ends the request.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::blocks::{Block, Tree};
use super::compiled::Patterns;
use super::facts::{File, Spot};
use crate::rules::language::BlockStyle;
use crate::rules::pattern;

/// Patterns of this module, compiled once.
struct Words {
    /// A condition that asks whether a secret or a signature is there.
    secret: Regex,
    /// The request's body taken for an event.
    parse: Regex,
    /// The request ends here.
    exit: Regex,
    /// Something is done with an event's type.
    uses: Regex,
    /// The condition is turned around.
    negated: Regex,
    /// Production is told apart.
    production: Regex,
}

fn words() -> Option<&'static Words> {
    static WORDS: OnceLock<Option<Words>> = OnceLock::new();
    let build = || {
        let compile = |pattern| pattern::compile_lint(pattern).ok();
        Some(Words {
            secret: compile(r"(?i)secret|whsec|signing_?key|signature|sig_?header|\bsig\b")?,
            parse: compile("%body-parse%")?,
            exit: compile("%request-ends%")?,
            uses: compile(r#"%event-name%|\.type\b|\[["']type["']\]|\.getType\(|\.Type\b|->type\b"#)?,
            negated: compile(
                r"(?i)!\s*[\w$@(.]|\bnot\b|\bunless\b|==\s*(?:null|nil|None|undefined|\W{2})|\bempty\s*\(|is_null|\.isEmpty|\.empty\?|\.blank\?|\.nil\?|isBlank|is None|IsNullOr|=== undefined",
            )?,
            production: compile(r"(?i)prod|NODE_ENV|APP_ENV|isDev|environment")?,
        })
    };
    WORDS.get_or_init(build).as_ref()
}

/// Verifiers that do not keep an unverified event out.
pub(super) fn spots(file: &File<'_>, patterns: &Patterns) -> Vec<Spot> {
    let (Some(words), Some(verifier)) = (words(), patterns.patterns.first()) else { return Vec::new() };
    if !verifier.is_match(&file.code.text) {
        return Vec::new();
    }
    let handler = Handler { file, words, tree: Tree::read(&file.code, file.language.syntax.blocks) };
    let mut spots: Vec<Spot> = Vec::new();
    for found in verifier.find_iter(&file.code.text) {
        if file.code.in_string(found.start()) {
            continue;
        }
        if let Some(spot) = handler.judge(found.range())
            && !spots.iter().any(|known| known.span == spot.span)
        {
            spots.push(spot);
        }
    }
    spots
}

struct Handler<'a> {
    file: &'a File<'a>,
    words: &'a Words,
    tree: Tree,
}

impl Handler<'_> {
    fn judge(&self, verifier: Range<usize>) -> Option<Spot> {
        let around = self.tree.around(verifier.start);
        let function = around
            .iter()
            .find(|block| !self.is_control(block))
            .map_or(0..self.file.bytes.len(), |block| block.body.clone());
        let found = around
            .iter()
            .take_while(|block| self.is_control(block))
            .find_map(|block| self.conditional(block, &function).or_else(|| self.forgiving(block, &function)))
            .or_else(|| self.ternary(&verifier));
        found.map(|(at, why)| Spot {
            span: verifier,
            value: Some(why.to_owned()),
            identity: Some(format!("{why}: {}", self.name_of(&function))),
            evidence: Some((at, why.to_owned())),
            ..Spot::default()
        })
    }

    /// `if (secret) { verify } else { trust }`, also turned around, also without an `else`.
    fn conditional(&self, block: &Block, function: &Range<usize>) -> Option<(usize, &'static str)> {
        let header = self.text(&block.header);
        if is_else(header) && !header_has_if(header) {
            let condition = self.tree.previous(&self.file.code, block)?;
            let asked = self.text(&condition.header);
            let trusts = is_if(asked)
                && self.words.secret.is_match(asked)
                && self.words.negated.is_match(asked)
                && self.trusts(&condition.body);
            return trusts.then_some((condition.header.start, "without a secret the body is trusted"));
        }
        if !is_if(header) || !self.words.secret.is_match(header) || self.asks_to_refuse(header) {
            return None;
        }
        match self.tree.next(&self.file.code, block).filter(|next| is_else(self.text(&next.header))) {
            Some(other) => {
                let named = header_has_if(self.text(&other.header));
                let trusts =
                    self.trusts(&other.body) && !(named && self.words.production.is_match(self.text(&other.header)));
                trusts.then_some((other.header.start, "without a secret the body is trusted"))
            }
            None => {
                let (before, behind) = (function.start..block.header.start, block.body.end..function.end);
                let parsed =
                    self.words.parse.is_match(self.text(&before)) || self.words.parse.is_match(self.text(&behind));
                let goes_on = parsed && self.words.uses.is_match(self.text(&behind)) && !self.is_guarded(&before);
                goes_on.then_some((block.header.start, "without a secret the check is skipped"))
            }
        }
    }

    /// `try { verify } catch { log }`, and the body is used all the same.
    fn forgiving(&self, block: &Block, function: &Range<usize>) -> Option<(usize, &'static str)> {
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
        let parsed_before = self.words.parse.is_match(self.text(&before)) && !self.assigns(&block.body);
        let parsed_behind = self.words.parse.is_match(self.text(&behind));
        (reparsed || parsed_before || parsed_behind)
            .then_some((open.header.start, "a failed check is caught and forgotten"))
    }

    /// `event = secret ? verify(…) : JSON.parse(body)`.
    fn ternary(&self, verifier: &Range<usize>) -> Option<(usize, &'static str)> {
        if self.file.language.syntax.blocks == BlockStyle::Indentation {
            return None;
        }
        let bare = &self.file.code.bare;
        let start =
            bare[..verifier.start].iter().rposition(|byte| matches!(byte, b';' | b'{' | b'}')).map_or(0, |at| at + 1);
        let end = bare[verifier.end..]
            .iter()
            .position(|byte| matches!(byte, b';' | b'}'))
            .map_or(bare.len(), |at| verifier.end + at);
        let question = start + memchr::memchr(b'?', &bare[start..verifier.start])?;
        // `a?.b` and `a ?? b` ask for something else.
        if matches!(bare.get(question + 1), Some(b'.' | b'?' | b':'))
            || !self.words.secret.is_match(&self.file.code.text[start..question])
        {
            return None;
        }
        let colon = verifier.end + memchr::memrchr(b':', &bare[verifier.end..end])?;
        self.words
            .parse
            .is_match(&self.file.code.text[colon..end])
            .then_some((colon, "without a secret the body is trusted"))
    }

    /// The `catch`, `except` and `rescue` blocks of a `try`.
    fn handlers(&self, block: &Block) -> Vec<&Block> {
        let mut handlers = Vec::new();
        let mut at = block;
        while let Some(next) = self.tree.next(&self.file.code, at).filter(|next| is_catch(self.text(&next.header))) {
            handlers.push(next);
            at = next;
        }
        handlers
    }

    /// Whether a branch takes the body for an event and goes on.
    fn trusts(&self, branch: &Range<usize>) -> bool {
        self.words.parse.is_match(self.text(branch)) && !self.ends(branch)
    }

    /// Whether a branch ends the request, on its own level or where production is told apart.
    fn ends(&self, branch: &Range<usize>) -> bool {
        self.words.exit.find_iter(self.text(branch)).any(|found| {
            let at = branch.start + found.start();
            let inner: Vec<&Block> = self
                .tree
                .around(at)
                .into_iter()
                .filter(|block| block.body.start > branch.start && block.body.end <= branch.end)
                .collect();
            !self.file.code.in_string(at)
                && inner.iter().all(|block| {
                    let header = self.text(&block.header);
                    !self.is_control(block) || (is_if(header) && self.words.production.is_match(header))
                })
        })
    }

    /// Whether the missing secret ended the request earlier in the function.
    fn is_guarded(&self, before: &Range<usize>) -> bool {
        let guards = self
            .tree
            .blocks
            .iter()
            .filter(|block| before.contains(&block.header.start) && block.body.end <= before.end);
        let in_blocks = guards.clone().any(|block| {
            let header = self.text(&block.header);
            is_if(header) && self.words.secret.is_match(header) && self.ends(&block.body)
        });
        // `if (!secret) return …` on one line.
        in_blocks
            || self.text(before).split(|byte| *byte == b'\n').any(|line| {
                is_if(line.trim_ascii()) && self.words.secret.is_match(line) && self.words.exit.is_match(line)
            })
    }

    /// `if (!secret) { … }` around a verifier makes no sense; what it asks is something else.
    fn asks_to_refuse(&self, header: &[u8]) -> bool {
        self.words.negated.is_match(header)
            && !header.windows(2).any(|pair| pair == b"!=")
            && !has_double_negation(header)
    }

    /// Whether the block sets the event from what the verifier gives.
    fn assigns(&self, body: &Range<usize>) -> bool {
        static ASSIGNS: OnceLock<Option<Regex>> = OnceLock::new();
        let pattern = ASSIGNS.get_or_init(|| pattern::compile_lint(r"(?i)\b(?:const|let|var|final|event \w+)\s").ok());
        pattern.as_ref().is_some_and(|pattern| pattern.is_match(self.text(body)))
    }

    fn text(&self, span: &Range<usize>) -> &[u8] {
        &self.file.code.text[span.start..span.end.max(span.start)]
    }

    fn is_control(&self, block: &Block) -> bool {
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

    /// The first line of the function's header: stays the same when lines move.
    fn name_of(&self, function: &Range<usize>) -> String {
        let header = self
            .tree
            .blocks
            .iter()
            .find(|block| block.body == *function)
            .map(|block| self.text(&block.header))
            .unwrap_or_default();
        String::from_utf8_lossy(header)
            .lines()
            .last()
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(80)
            .collect()
    }
}

/// What a header begins with, once an assignment is taken away: `val event = if (secret)`.
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

/// `if !secret.empty?`, `if (!string.IsNullOrEmpty(secret))`, `if not secret is None`.
fn has_double_negation(header: &[u8]) -> bool {
    static DOUBLE: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r"(?i)(?:!|\bnot\s|\bunless\s)[^&|]*(?:empty|blank|nil\?|IsNull|is_null|none|null)";
    DOUBLE.get_or_init(|| pattern::compile_lint(pattern).ok()).as_ref().is_some_and(|double| double.is_match(header))
}
