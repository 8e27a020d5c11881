//! Hexadecimal pairs with something in between: `73 6b 5f`, `73:6b:5f`, `73,00,6b,00` of a registry export.
//!
//! They show no anchor; a key is long enough to be found by its shape ([`super::blind`]).

use std::ops::Range;

use super::hex::{ALPHABET, value};
use super::view::{DecodedView, LEFT, RIGHT, ViewBuilder, settled};
use super::{Anchor, DecodeOutcome, Prefixes, RunDecoder};

/// Longest separator with a line end and indentation.
const MAX_GAP: usize = 33;

/// Returns true if a byte may separate two pairs.
pub(super) fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b':' | b',' | b'-')
}

fn pair(bytes: &[u8], at: usize) -> Option<u8> {
    let [high, low] = *bytes.get(at..)?.first_chunk::<2>()?;
    (ALPHABET[usize::from(high)] && ALPHABET[usize::from(low)]).then(|| value(high) << 4 | value(low))
}

/// Returns the end of a separator and of the line end and indentation that may follow it.
fn next_pair(bytes: &[u8], end: usize) -> Option<usize> {
    let rest = bytes.get(end..)?;
    let separators = usize::from(is_separator(*rest.first()?));
    let blanks = rest[separators..].iter().take(32).take_while(|byte| byte.is_ascii_whitespace() || **byte == b'\\');
    let width = separators + blanks.count();
    (width > 0).then_some(end + width)
}

/// Returns the pair from which [`next_pair`] leads to `start`.
fn pair_before(bytes: &[u8], start: usize) -> Option<usize> {
    let blank = |byte: &&u8| is_separator(**byte) || byte.is_ascii_whitespace() || **byte == b'\\';
    let gap = bytes[start.saturating_sub(MAX_GAP)..start].iter().rev().take_while(blank).count();
    let before = start.checked_sub(gap + 2)?;
    (pair(bytes, before).is_some() && next_pair(bytes, before + 2) == Some(start)).then_some(before)
}

pub(super) struct HexDump;

impl RunDecoder for HexDump {
    fn decode(&self, _prefixes: &Prefixes, bytes: &[u8], anchor: &Anchor, at: usize) -> DecodeOutcome {
        DecodeOutcome::or_skip(view_at(bytes, at), at + anchor.text.len())
    }
}

/// Decodes the pairs around the one at `at`.
pub(super) fn view_at(bytes: &[u8], at: usize) -> Option<DecodedView> {
    let low = at.saturating_sub(LEFT);
    let mut first = at;
    while let Some(before) = pair_before(bytes, first).filter(|before| *before >= low) {
        first = before;
    }
    let high = bytes.len().min(at + RIGHT);
    let mut builder = ViewBuilder::default();
    let (mut next, mut end) = (Some(first), first);
    while let Some(start) = next
        && let Some(byte) = pair(&bytes[..high], start)
    {
        builder.push(byte, start, 2);
        end = start + 2;
        next = next_pair(&bytes[..high], end);
    }
    let source: Range<usize> = first..end;
    let settled = settled(at, end, high < bytes.len() && end + 64 > high);
    (end > first).then(|| builder.finish(&["hex"], source, settled))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};

    #[test]
    fn every_separator_and_case_and_wraps() {
        let mut noise = Noise::new(72);
        for prefix in testing::PREFIXES {
            for body in [24, 99] {
                let secret = token(prefix, &noise.body(body));
                for separator in [" ", ":", ",", "-"] {
                    let lower: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
                    let upper: Vec<String> = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
                    for pairs in [lower, upper] {
                        let code = pairs.join(separator);
                        testing::finds(&format!("x = \"{code}\""), &code, &secret);
                        testing::finds(&format!("20 20 {code}\n"), "", &secret);
                        // A name makes the first line of a registry export shorter.
                        let (head, rest) = pairs.split_at(14);
                        let rest: Vec<String> = rest.chunks(25).map(|line| line.join(separator)).collect();
                        let rest = rest.join(&format!("{separator}\\\r\n  "));
                        let code = format!("{}{separator}\\\r\n  {rest}", head.join(separator));
                        if body == 99 {
                            testing::finds(&format!("\"Name\"=hex:{code}\r\n"), &code, &secret);
                        }
                        let lines: Vec<String> = pairs.chunks(25).map(|line| line.join(separator)).collect();
                        if body == 99 {
                            testing::finds(
                                &format!("x:\n  {}\n", lines.join(&format!("{separator}\\\n  "))),
                                "",
                                &secret,
                            );
                        }
                    }
                }
            }
        }
    }
}
