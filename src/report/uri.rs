//! Converts paths to relative URI references, byte for byte.

use crate::model::scan_location::percent_decode;

/// Converts a report's path. `encoded` paths are percent-encoded already, because they are not UTF-8.
pub(super) fn of_path(path: &str, encoded: bool) -> String {
    let bytes = if encoded { percent_decode(path) } else { path.as_bytes().to_vec() };
    let mut uri = String::with_capacity(bytes.len());
    for byte in bytes {
        // Encodes colons too: in the first segment, one would end a scheme.
        let plain = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
        if plain {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    // A leading slash would make it absolute.
    uri.trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PathText;
    use proptest::prelude::*;

    #[test]
    fn reserved_characters_are_encoded() {
        for (path, uri) in [
            ("src/a.js", "src/a.js"),
            ("a b/%41.js", "a%20b/%2541.js"),
            ("app/[slug]/(group)/@modal/+page.ts", "app/%5Bslug%5D/(group)/@modal/+page.ts"),
            ("c:/x#y?z", "c%3A/x%23y%3Fz"),
            ("é\n", "%C3%A9%0A"),
        ] {
            assert_eq!(of_path(path, false), uri);
        }
    }

    proptest! {
        #[test]
        fn every_byte_survives(bytes in proptest::collection::vec(1_u8.., 1..40)) {
            let path = PathText::new(&bytes);
            prop_assume!(bytes[0] != b'/');
            let uri = of_path(&path.text, path.percent);
            prop_assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(percent_decode(&uri), bytes);
        }
    }
}
