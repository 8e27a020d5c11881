//! Finds the edges of a token in binary data.
//!
//! Programs store a string behind its length, and compilers glue strings without any separator: the byte before a
//! modern key is then `k` (107), a letter, and the byte behind it may be the opcode of the next object. There an edge
//! is also where the structure of the family is complete, or where the bytes before the token say its length. Only the
//! [`CONTEXT`] bytes on either side decide, so that a window of a text and a delta of a history give the same.

use std::ops::Range;

use super::boundary::{self, Right};
use super::nested::Layer;
use crate::credential::family::client_secret_length;
use crate::credential::randomness as shape;
use crate::credential::{Generation, is_cli_webhook_secret, split_by};
use crate::model::limits::{CONTEXT, MAX_BODY};
use crate::rules::rule::{BodyCheck, KeyPattern};

/// Bytes that the opcode, the length and the first letters of the next string may add to the run of a token.
const SWALLOWED: usize = 4;

/// Longest word from the start of a token to its literal.
const MAX_START: usize = 80;

/// Random characters that are a key whatever word precedes them.
const LONG: usize = 100;

/// Characters of a modern body.
const MODERN: usize = 99;

/// Digits of the secret that the CLI prints.
const CLI: usize = 64;

/// Returns the end of a token that the edges of text do not give: the pattern took bytes behind it, or a word ends
/// before it. Also returns true if the end is a guess. `None` where those edges decide.
pub(super) fn end_of_token(layer: &Layer<'_>, run: &Range<usize>, detect: &KeyPattern) -> Option<(usize, bool)> {
    let bytes = layer.bytes;
    let token = Token::new(layer, run, detect);
    let is_sure = |end| (end, false);
    if let Some(end) = token.end_by_written_length() {
        return Some(is_sure(end));
    }
    let is_name = boundary::right(bytes, run.end) == Right::Name;
    if detect.check == BodyCheck::Database {
        let goes_on = bytes.get(run.end).is_some_and(u8::is_ascii_alphanumeric) || is_name;
        let is_told = || token.written_length() == Some(run.len()) || surroundings(layer, &token) != Surroundings::Text;
        return (goes_on && is_told()).then_some((run.end, false));
    }
    let is_clean = boundary::left_is_clean(bytes, run.start);
    let is_whole = match token.lengths {
        [] => {
            let is_in_record = token.length_by_record().is_some() || token.end_by_deleted_record().is_some();
            !token.has_frame_before() && !is_in_record
        }
        _ => token.is_complete(&bytes[token.body..run.end]),
    };
    let is_key = detect.check == BodyCheck::ApiKey;
    if is_clean && is_whole && (is_key || !is_name) {
        return None;
    }
    let strict = is_clean && !is_name;
    let around = surroundings(layer, &token);
    let by_length = || token.end_by_length(strict, around);
    let by_shape = || token.end_by_shape(strict, around).map(|end| (end, token.lengths.is_empty()));
    match around {
        Surroundings::Text => token.end_at_another(is_clean).map(is_sure),
        _ => token
            .end_by_structure(strict)
            .map(is_sure)
            .or_else(|| token.end_by_record().map(is_sure))
            .or_else(|| by_length().filter(|(_, is_guess)| !is_guess))
            .or_else(|| token.end_by_deleted_record().map(|end| (end, true)))
            .or_else(by_length)
            .or_else(by_shape)
            .or_else(|| token.end_at_another(is_clean).map(is_sure)),
    }
}

/// Returns true for what stands before the random part of a client secret.
fn is_client_secret(start: &[u8]) -> bool {
    start.ends_with(b"_secret_")
}

/// Returns the offset of the random part.
fn body_start(token: &[u8], detect: &KeyPattern) -> usize {
    match memchr::memmem::rfind(token, b"_secret_") {
        Some(at) => at + "_secret_".len(),
        None => split_by(token, &detect.literals).prefix.len(),
    }
}

/// The kind of the bytes around a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surroundings {
    Text,
    /// No line break for as long as the context goes: glued strings, or a long line.
    Line,
    /// Control characters, or bytes that are no UTF-8.
    Binary,
}

fn surroundings(layer: &Layer<'_>, token: &Token<'_>) -> Surroundings {
    let (bytes, run) = (layer.bytes, &token.run);
    let before = &bytes[run.start.saturating_sub(CONTEXT)..run.start];
    let after = &bytes[run.end..bytes.len().min(run.end + CONTEXT)];
    let is_long = |part: &[u8]| part.len() == CONTEXT && memchr::memchr2(b'\n', b'\r', part).is_none();
    let is_wide = layer.depth > 0 && layer.plain;
    if has_binary(before) || has_binary(after) || is_wide && has_binary(&layer.outer) || token.is_a_record() {
        return Surroundings::Binary;
    }
    if is_long(before) || is_long(after) { Surroundings::Line } else { Surroundings::Text }
}

/// Returns true for control characters that text does not have, and for bytes that are no UTF-8. A character that the
/// start or the end of a full part cuts is none of these.
fn has_binary(part: &[u8]) -> bool {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let is_full = part.len() >= CONTEXT;
    let cut = part.iter().take(3).take_while(|byte| is_full && matches!(byte, 0x80..=0xbf)).count();
    part.iter().any(is_control)
        || std::str::from_utf8(&part[cut..]).is_err_and(|error| error.error_len().is_some() || !is_full)
}

/// A token as far as its pattern goes.
struct Token<'a> {
    bytes: &'a [u8],
    run: Range<usize>,
    /// Offset of the random part.
    body: usize,
    /// Lengths that the random part may have; none where nobody knows.
    lengths: &'a [usize],
    detect: &'a KeyPattern,
    /// The bytes as they are stored, the offset of the token in them, and the bytes of a character.
    stored: (&'a [u8], usize, usize),
}

impl<'a> Token<'a> {
    fn new(layer: &Layer<'a>, run: &Range<usize>, detect: &'a KeyPattern) -> Self {
        let bytes = layer.bytes;
        let token = &bytes[run.clone()];
        let body = body_start(token, detect);
        // The lengths of client secrets are those of some objects.
        let is_open = is_client_secret(&token[..body]) && client_secret_length(token).is_none();
        let lengths = if is_open { &[] } else { detect.lengths.as_slice() };
        Self { bytes, run: run.clone(), body: body + run.start, lengths, detect, stored: layer.stored(run.start) }
    }

    fn before(&self) -> &[u8] {
        &self.bytes[..self.run.start]
    }

    /// Returns true for a whole record that looks like a line of text: a tag (`\n` is that of field 1), the length of
    /// the key, which is a letter, the key.
    fn is_a_record(&self) -> bool {
        let before = self.before();
        let is_tagged = matches!(before, [.., tag, _] if !boundary::is_word(*tag)) || before.len() <= 2;
        let length = before.last().filter(|byte| byte.is_ascii_alphanumeric()).map(|byte| usize::from(*byte));
        let body = &self.bytes[self.body..self.run.end];
        let is_whole = || self.is_complete(body) || self.lengths.is_empty() && shape::looks_random(body);
        is_tagged && length == Some(self.run.len()) && is_whole()
    }

    /// Returns the length that stands before the token in digits: `107:`, as in bencode.
    fn written_length(&self) -> Option<usize> {
        let before = self.before().strip_suffix(b":")?;
        let digits = before.iter().rev().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(&before[before.len() - digits..]).ok()?.parse().ok()
    }

    /// Returns the end that digits before the token say, where the pattern took bytes behind it.
    fn end_by_written_length(&self) -> Option<usize> {
        let end = self.run.start + self.written_length().filter(|length| *length < self.run.len())?;
        let body = self.bytes.get(self.body..end)?;
        (self.is_complete(body) || self.lengths.is_empty() && shape::looks_random(body)).then_some(end)
    }

    /// Returns true if the byte before the token is none of text, and may belong to a length.
    fn has_frame_before(&self) -> bool {
        self.before().last().is_some_and(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
    }

    /// Returns the end of a modern or middle key: their structure is proof.
    fn end_by_generation(&self) -> Option<usize> {
        let run = &self.bytes[self.body..self.run.end];
        // A key of a family whose length nobody knows may have the structure all the same.
        let is_modern =
            |body: &&[u8]| Generation::of_api_key(body) == Generation::Modern && shape::distinct(body) >= 12;
        if self.lengths.is_empty() && run.get(..MODERN).as_ref().is_some_and(is_modern) {
            return Some(self.body + MODERN);
        }
        let is_one = |length: &&usize| {
            let body = run.get(..**length).filter(|body| self.is_complete(body));
            body.is_some_and(|body| Generation::of_api_key(body) != Generation::Legacy)
        };
        let is_api_key = self.detect.check == BodyCheck::ApiKey;
        self.detect.lengths.iter().rev().filter(|_| is_api_key).find(is_one).map(|length| self.body + length)
    }

    fn end_by_structure(&self, strict: bool) -> Option<usize> {
        let end = self.end_by_generation()?;
        (!strict || end < self.run.end).then_some(end)
    }

    /// Returns the end that the bytes before the token say, where no known length tells it. Also returns true if that
    /// leaves much behind the token.
    fn end_by_length(&self, strict: bool, around: Surroundings) -> Option<(usize, bool)> {
        // A blank says 32 where more of a length stands before it.
        let is_blank = self.detect.check == BodyCheck::ApiKey && matches!(self.before(), [.., 0, b' ']);
        if strict && !is_blank && !self.has_frame_before() {
            return None;
        }
        // In a long line of noise any letter may be the length by chance.
        let is_told = around == Surroundings::Binary || self.has_frame_before();
        lengths_before(self.before()).into_iter().enumerate().find_map(|(at, length)| {
            let end = self.run.start.checked_add(length).filter(|end| *end <= self.run.end)?;
            let (body, rest) = (self.bytes.get(self.body..end)?, self.run.end - end);
            // A byte that is no letter says more.
            let most = if length < 128 { SWALLOWED } else { 4 * SWALLOWED };
            let is_whole = rest == 0 && !strict;
            let is_far = rest > most;
            let is_known = self.lengths.is_empty() || self.lengths.contains(&body.len());
            let is_inner = at < 2 && is_known && rest > 0 && !(strict && is_far);
            let is_one = self.is_complete(body) || is_told && (is_whole || is_inner) && shape::looks_random(body);
            is_one.then_some((end, is_far && !self.is_complete(body)))
        })
    }

    /// Returns the length that a SQLite record before the token says, by `say`. Wide text of a byte order that nothing tells
    /// may begin a byte before or behind.
    fn stored_length(&self, say: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        let (bytes, at, width) = self.stored;
        let places = if width > 1 { at.saturating_sub(1)..at + 2 } else { at..at + 1 };
        let length = places.filter_map(|at| bytes.get(..at)).find_map(say)?;
        length.is_multiple_of(width).then_some(length / width)
    }

    /// Returns the length that the header of a SQLite record says.
    fn length_by_record(&self) -> Option<usize> {
        self.stored_length(record::length_by_header)
    }

    fn end_by_record(&self) -> Option<usize> {
        self.length_by_record().filter(|length| self.is_random_up_to(*length)).map(|length| self.run.start + length)
    }

    /// As [`Self::end_by_record`], for a deleted record, where no known length tells it. A guess.
    fn end_by_deleted_record(&self) -> Option<usize> {
        let is_near = |length| self.is_random_up_to(length) && self.run.len() - length <= 4 * SWALLOWED;
        let is_wanted = |size: usize| size.is_multiple_of(self.stored.2) && is_near(size / self.stored.2);
        let find = |before: &[u8]| record::length_of_deleted(before, is_wanted);
        let length = if self.lengths.is_empty() { self.stored_length(find)? } else { return None };
        Some(self.run.start + length)
    }

    fn is_random_up_to(&self, length: usize) -> bool {
        let body = self.bytes.get(self.body..self.run.start + length);
        length <= self.run.len() && body.is_some_and(shape::looks_random)
    }

    /// Returns the end of a body of a known length that looks random. Where the edges of text hold too, only if what
    /// follows it is plainly something else.
    fn end_by_shape(&self, strict: bool, around: Surroundings) -> Option<usize> {
        let run = &self.bytes[self.body..self.run.end];
        let is_long = run.get(..LONG).is_some_and(shape::looks_random)
            || is_client_secret(&self.bytes[self.run.start..self.body]) && shape::looks_random(run);
        if self.lengths.is_empty() && !self.detect.plain_only && !strict && is_long {
            // Of unknown structure, and too long for a name. The strings glued behind it cannot be told from it.
            return Some(self.run.end.min(self.body + MAX_BODY));
        }
        if self.detect.check == BodyCheck::WebhookEndpoint && run.get(..CLI).is_some_and(is_cli_webhook_secret) {
            // That of the CLI, which another rule takes.
            return Some(self.body + CLI);
        }
        let most = if around == Surroundings::Binary { SWALLOWED } else { 0 };
        let is_foreign = |rest: &[u8]| rest.len() <= most || shape::is_made_of_words(rest);
        let mut ends = self.lengths.iter().rev().filter(|length| {
            run.len() >= **length
                && self.is_complete(&run[..**length])
                && (!strict || (**length < run.len() && is_foreign(&run[**length..])))
        });
        ends.next().map(|length| self.body + length)
    }

    /// Returns the end of a token of a known length that is glued to another one of its rule.
    fn end_at_another(&self, is_clean: bool) -> Option<usize> {
        let is_last = |end: usize| end == self.run.end && boundary::right(self.bytes, end) != Right::Name;
        let ends = self.lengths.iter().rev().map(|length| self.body + length);
        let mut whole = ends.filter(|end| *end <= self.run.end && self.is_complete(&self.bytes[self.body..*end]));
        let is_glued = is_clean || self.follows_another();
        whole.find(|end| is_glued && (self.another_follows(*end) || !is_clean && is_last(*end)))
    }

    /// Returns true if a literal of the rule stands in the word that begins at `end`.
    fn another_follows(&self, end: usize) -> bool {
        let word = self.bytes[end..].iter().take(MAX_START).take_while(|byte| boundary::is_word(**byte)).count();
        let word = &self.bytes[end..end + word];
        let is_there = |literal: &String| match memchr::memmem::find(word, literal.as_bytes()) {
            Some(at) => at == 0 || self.detect.lookbehind > 0,
            None => false,
        };
        self.detect.literals.iter().any(is_there)
    }

    /// Returns true if a body behind a literal of the rule ends where the token begins.
    fn follows_another(&self) -> bool {
        let is_body = |length: &usize| {
            let Some((before, body)) =
                self.run.start.checked_sub(*length).map(|at| self.bytes[..self.run.start].split_at(at))
            else {
                return false;
            };
            self.detect.literals.iter().any(|literal| before.ends_with(literal.as_bytes())) && shape::looks_random(body)
        };
        self.lengths.iter().any(is_body)
    }

    /// Returns true if a body is one of the family, by its length and its characters.
    fn is_complete(&self, body: &[u8]) -> bool {
        let is_random = |body: &[u8]| shape::looks_random(body) && !shape::is_made_of_words(body);
        let is_hex = |body: &[u8]| body.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.lengths.contains(&body.len())
            && match self.detect.check {
                BodyCheck::ApiKey => match Generation::of_api_key(body) {
                    Generation::Modern | Generation::Middle => shape::distinct(body) >= 12,
                    Generation::Legacy => is_random(body),
                    Generation::Irregular | Generation::Unknown => false,
                },
                BodyCheck::WebhookEndpoint => {
                    body.iter().all(u8::is_ascii_alphanumeric) && is_random(body) && !is_hex(body)
                }
                BodyCheck::WebhookCli => is_cli_webhook_secret(body) && shape::distinct(body) >= 8,
                BodyCheck::Opaque => {
                    let longest = body.split(|byte| *byte == b'_').max_by_key(|part| part.len()).unwrap_or(body);
                    client_secret_length(&self.bytes[self.run.clone()]).is_none_or(|length| length == body.len())
                        && is_random(longest)
                }
                BodyCheck::Unprefixed | BodyCheck::Database | BodyCheck::Any => false,
            }
    }
}

/// Returns the lengths that the bytes before a string can say: in one byte, in several of either order, in groups of
/// seven bits, or as Lua (one more) and Ruby (five more) write them.
fn lengths_before(before: &[u8]) -> [usize; 4] {
    let zeros = before.iter().rev().take(8).take_while(|byte| **byte == 0).count();
    let value = before.len().checked_sub(zeros + 1).map_or(0, |at| usize::from(before[at]));
    match before {
        [.., low @ 0x80..=0xff, high @ 1..=3] => [usize::from(low & 0x7f) | usize::from(*high) << 7, value, 0, 0],
        _ => [value, 0, value.saturating_sub(1), value.saturating_sub(5)],
    }
}

mod record;
#[cfg(test)]
mod tests;
