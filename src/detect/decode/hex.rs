//! Hexadecimal text in either case, wrapped or not, as `xxd -p`, SQL dumps and database exports write it.
//!
//! The anchors are parts of encoded cores in decimal digits, which are the same in both cases.

use super::anchor::{EncodedAnchor, Spelling, owned};
use super::line_wrap::{self, Alphabet};
use super::view::{DecodedView, LEFT, RIGHT, ViewBuilder, settled};
use super::{Anchor, DecodeOutcome, Prefixes, RunDecoder};

pub(super) const ALPHABET: Alphabet = {
    let mut table = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_hexdigit();
        byte += 1;
    }
    table
};

pub(super) struct Hex;

impl RunDecoder for Hex {
    fn decode(&self, prefixes: &Prefixes, bytes: &[u8], anchor: &Anchor, at: usize) -> DecodeOutcome {
        let near = decode(bytes, at, 64, 64).is_some_and(|near| prefixes.are_in(&near.bytes));
        DecodeOutcome::or_skip(if near { view_at(bytes, at) } else { None }, at + anchor.text.len())
    }
}

/// Returns the digits of a text in either case.
pub(super) fn spellings(literal: &[u8]) -> Vec<Spelling> {
    let lower: Vec<u8> = literal.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    [lower.to_ascii_uppercase(), lower].map(|digits| Spelling { digits, phase: 0 }).into()
}

/// Returns one anchor of four bytes, if possible in decimal digits.
pub(super) fn anchors(spelling: &Spelling) -> Vec<EncodedAnchor> {
    let parts = || spelling.digits.windows(spelling.digits.len().min(8)).step_by(2);
    let part = parts().find(|part| part.iter().all(u8::is_ascii_digit)).or_else(|| parts().next());
    part.into_iter().map(owned).collect()
}

/// Decodes the run around the first digit of a byte, at `at`.
pub(super) fn view_at(bytes: &[u8], at: usize) -> Option<DecodedView> {
    decode(bytes, at, LEFT, RIGHT)
}

fn decode(bytes: &[u8], at: usize, left: usize, right: usize) -> Option<DecodedView> {
    let bounds = at.saturating_sub(left)..bytes.len().min(at + right);
    let pieces = line_wrap::run_around(bytes, at, bounds.clone(), &ALPHABET);
    let source = pieces.first()?.start..pieces.last()?.end;
    let before: usize =
        pieces.iter().take_while(|piece| piece.start <= at).map(|piece| piece.end.min(at) - piece.start).sum();
    let mut digits = pieces.into_iter().flatten().skip(before % 2);
    let mut builder = ViewBuilder::with_capacity(source.len() / 2);
    while let (Some(high), Some(low)) = (digits.next(), digits.next()) {
        builder.push(value(bytes[high]) << 4 | value(bytes[low]), high, low + 1 - high);
    }
    let settled = settled(at, source.end, source.end == bounds.end && bounds.end < bytes.len());
    Some(builder.finish(&["hex"], source, settled))
}

pub(super) fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10) & 15,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};

    #[test]
    fn both_cases_at_every_offset_and_wrapped() {
        let mut noise = Noise::new(71);
        for prefix in testing::PREFIXES {
            for pad in 0..5 {
                let secret = token(prefix, &noise.body(32));
                let plain = format!("{}={secret};", noise.body(pad));
                for upper in [false, true] {
                    let digit = |byte: u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
                    let code: String = secret.bytes().map(digit).collect();
                    let all: String = plain.bytes().map(digit).collect();
                    testing::finds(&format!("X'{all}'"), &code, &secret);
                    let wrapped: Vec<&str> =
                        all.as_bytes().chunks(40).map(|line| std::str::from_utf8(line).unwrap()).collect();
                    testing::finds(&format!("x:\n{}\n", wrapped.join("\n")), "", &secret);
                }
            }
        }
    }
}
