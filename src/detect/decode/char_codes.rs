//! Lists of character codes: `String.fromCharCode(115, 107, 95, …)`, `[]byte{0x73, 0x6b, 0x5f}`, a serialised buffer.

use super::anchor::{EncodedAnchor, owned};
use super::view::ViewBuilder;
use super::{Anchor, DecodeOutcome, Prefixes, RunDecoder};

const LEFT: usize = 1 << 10;
const RIGHT: usize = 8 << 10;

/// Longest item with the separator before it.
const MAX_ITEM: usize = 40;

pub(super) struct CharCodes;

impl RunDecoder for CharCodes {
    fn decode(&self, prefixes: &Prefixes, bytes: &[u8], anchor: &Anchor, at: usize) -> DecodeOutcome {
        let low = at.saturating_sub(6);
        let start = low + bytes[low..at].iter().rposition(|byte| !is_digit(*byte)).map_or(0, |at| at + 1);
        // In most tables of numbers the item before is no letter.
        let letter = |(byte, _): (u8, usize)| byte.is_ascii_alphanumeric();
        if !item_before(bytes, start).and_then(|before| item(bytes, before)).is_some_and(letter) {
            return DecodeOutcome::Skip(at + anchor.text.len());
        }
        let near = list(bytes, start, 96, 192);
        if !prefixes.are_in(near.bytes()) {
            return DecodeOutcome::Skip(start + 96);
        }
        let source = start.saturating_sub(LEFT)..bytes.len().min(start + RIGHT);
        let builder = list(bytes, start, LEFT, RIGHT);
        DecodeOutcome::View(builder.finish(&["char-codes"], source.clone(), source.end.min(start + RIGHT / 2)))
    }
}

/// Returns the anchors of a byte in a list.
pub(super) fn byte_anchors(byte: u8) -> Vec<EncodedAnchor> {
    [format!("{byte},"), format!("x{byte:02x}"), format!("x{byte:02X}")].map(owned).into()
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X')
}

/// Decodes the items around the one that starts at `at`.
fn list(bytes: &[u8], at: usize, left: usize, right: usize) -> ViewBuilder {
    let low = at.saturating_sub(left);
    let mut first = at;
    while let Some(before) = item_before(bytes, first).filter(|before| *before >= low) {
        first = before;
    }
    let mut builder = ViewBuilder::default();
    let mut next = first;
    let high = bytes.len().min(at + right);
    while let Some((byte, end)) = item(&bytes[..high], next) {
        builder.push(byte, next, end - next);
        match separator(&bytes[..high], end) {
            Some(end) => next = end,
            None => break,
        }
    }
    builder
}

/// Parses the code at `at`: its value and its end.
fn item(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let digits = bytes.get(at..)?;
    let hex = matches!(digits, [b'0', b'x' | b'X', ..]);
    let skip = if hex { 2 } else { 0 };
    let radix = if hex { 16 } else { 10 };
    let count = digits[skip..].iter().take(4).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let text = std::str::from_utf8(&digits[skip..skip + count]).ok()?;
    let code = u8::from_str_radix(text, radix).ok()?;
    Some((code, at + skip + count))
}

/// Returns the end of a comma and the blanks around it.
fn separator(bytes: &[u8], at: usize) -> Option<usize> {
    let blank = |at: usize| at + bytes[at..].iter().take(32).take_while(|byte| byte.is_ascii_whitespace()).count();
    let comma = blank(at);
    (bytes.get(comma) == Some(&b',')).then(|| blank(comma + 1))
}

/// Returns the start of the item whose separator ends at `at`.
fn item_before(bytes: &[u8], at: usize) -> Option<usize> {
    let low = at.saturating_sub(MAX_ITEM);
    let digits = bytes[low..at].iter().rposition(|byte| is_digit(*byte)).map(|last| low + last + 1)?;
    let start = low + bytes[low..digits].iter().rposition(|byte| !is_digit(*byte)).map_or(0, |at| at + 1);
    let (_, end) = item(bytes, start)?;
    (end == digits && separator(bytes, end) == Some(at)).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, Noise, token};

    #[test]
    fn decimal_and_hexadecimal_lists() {
        let mut noise = Noise::new(81);
        for prefix in ["sk_live_", "rk_test_", "pk_live_", "whsec_", "sk_org_", "pi_x_secret_", "pst_test_"] {
            let secret = token(prefix, &noise.body(30));
            let forms: [fn(u8) -> String; 3] =
                [|byte| byte.to_string(), |byte| format!("0x{byte:02x}"), |byte| format!("0x{byte:02X}")];
            for form in forms {
                let codes: Vec<String> = secret.bytes().map(form).collect();
                for separator in [",", ", ", ",\n  "] {
                    let code = codes.join(separator);
                    testing::finds(&format!("f([1, 2, {code}])"), &code, &secret);
                }
            }
        }
    }
}
