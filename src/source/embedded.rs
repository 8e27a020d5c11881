//! Names the text that holds a hit in a file which embeds other texts: the original source in a source map, the cell of a
//! notebook.
//!
//! Runs for files with a hit only. The JSON is walked once, without building anything, and a damaged file gives no names
//! rather than wrong ones.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::detect::Redactor;

/// Nesting that is followed.
const MAX_DEPTH: usize = 256;

/// Longest name, in characters.
const MAX_NAME: usize = 256;

/// One step down into a JSON value.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a [u8]),
    Index(usize),
}

/// Returns false if no text that begins with these bytes embeds others.
pub(super) fn may_hold_texts(bytes: &[u8]) -> bool {
    let begins = bytes.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf));
    begins == Some(&b'{')
}

/// Names the original source or the cell that holds each of these offsets. Redacts names, because long ones are cut.
pub(super) fn names(bytes: &[u8], offsets: &[u64], redactor: &Redactor) -> Vec<Option<String>> {
    let nothing = vec![None; offsets.len()];
    if !may_hold_texts(bytes) {
        return nothing;
    }
    let holds = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
    if holds(b"\"sourcesContent\"") {
        sources(bytes, offsets, redactor)
    } else if holds(b"\"cells\"") && holds(b"\"nbformat\"") {
        cells(bytes, offsets)
    } else {
        nothing
    }
}

fn sources(bytes: &[u8], offsets: &[u64], redactor: &Redactor) -> Vec<Option<String>> {
    // A map of maps has `sections`, each with sources of its own: the path to their map tells them apart.
    let mut contents: Vec<(Range<usize>, (String, usize))> = Vec::new();
    let mut names: BTreeMap<(String, usize), &[u8]> = BTreeMap::new();
    walk(bytes, &mut |path, value| {
        if let [map @ .., Step::Key(list), Step::Index(index)] = path {
            match *list {
                b"sourcesContent" => contents.push((value, (place(map), *index))),
                b"sources" => {
                    names.insert((place(map), *index), &bytes[value]);
                }
                _ => {}
            }
        }
    });
    let name = |offset: &u64| {
        let offset = usize::try_from(*offset).ok()?;
        let next = contents.partition_point(|(range, _)| range.start <= offset);
        let (range, key) = contents.get(next.checked_sub(1)?)?;
        let quoted = names.get(key).filter(|_| range.contains(&offset))?;
        let name: String = serde_json::from_slice(quoted).ok()?;
        Some(redactor.sanitize(&name).chars().take(MAX_NAME).collect())
    };
    offsets.iter().map(name).collect()
}

fn cells(bytes: &[u8], offsets: &[u64]) -> Vec<Option<String>> {
    let mut values: Vec<(Range<usize>, usize)> = Vec::new();
    walk(bytes, &mut |path, value| {
        if let [Step::Key(b"cells"), Step::Index(index), ..] = path {
            values.push((value, *index));
        }
    });
    let name = |offset: &u64| {
        let offset = usize::try_from(*offset).ok()?;
        let next = values.partition_point(|(range, _)| range.start <= offset);
        let (range, index) = values.get(next.checked_sub(1)?)?;
        range.contains(&offset).then(|| format!("cell {}", index + 1))
    };
    offsets.iter().map(name).collect()
}

fn place(path: &[Step<'_>]) -> String {
    path.iter()
        .map(|step| match step {
            Step::Key(key) => format!("/{}", String::from_utf8_lossy(key)),
            Step::Index(index) => format!("/{index}"),
        })
        .collect()
}

/// Visits every string of a JSON text with the path to it, in order, until the text ends or is malformed.
fn walk<'a>(bytes: &'a [u8], visit: &mut dyn FnMut(&[Step<'a>], Range<usize>)) {
    let mut path: Vec<Step<'a>> = Vec::new();
    let mut at = 0;
    let mut key_next = false;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' if path.len() >= MAX_DEPTH => return,
            b'{' => {
                path.push(Step::Key(b""));
                key_next = true;
            }
            b'[' => {
                path.push(Step::Index(0));
                key_next = false;
            }
            b'}' | b']' => {
                if path.pop().is_none() {
                    return;
                }
                key_next = false;
            }
            b',' => match path.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                Some(Step::Key(_)) => key_next = true,
                None => return,
            },
            b'"' => {
                let Some(end) = string_end(bytes, at) else { return };
                at = end;
                match path.last_mut() {
                    Some(Step::Key(key)) if key_next => {
                        *key = &bytes[start + 1..end - 1];
                        key_next = false;
                    }
                    _ => visit(&path, start..end),
                }
            }
            _ => {}
        }
    }
}

/// Returns the offset after the quote that ends the string whose text begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[found] == b'"' {
            return Some(found + 1);
        }
        at = found + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redactor() -> Redactor {
        Redactor::new(&crate::rules::load::load(true, &[]).unwrap())
    }

    fn at(text: &str, word: &str) -> Option<String> {
        names(text.as_bytes(), &[text.find(word).unwrap() as u64], &redactor()).remove(0)
    }

    #[test]
    fn the_original_source_of_a_source_map() {
        for text in [
            r#"{"version":3,"sources":["a.ts","src/\u0070ay.ts"],"sourcesContent":["x \"y\"","k = 'HIT'"],"mappings":"A"}"#,
            r#"{"sourcesContent":[null,"k = 'HIT'"],"names":["HI"],"sources":["a.ts","src/pay.ts"]}"#,
            r#"{"sections":[{"map":{"sources":["no"],"sourcesContent":["no"]}},{"map":{"sourcesContent":["","HIT"],"sources":["no","src/pay.ts"]}}]}"#,
        ] {
            assert_eq!(at(text, "HIT").as_deref(), Some("src/pay.ts"), "{text}");
        }
        let other = r#"{"sources":["a.ts"],"sourcesContent":["x"],"file":"HIT"}"#;
        assert_eq!(at(other, "HIT"), None);
    }

    #[test]
    fn the_cell_of_a_notebook() {
        let text = r#"{"cells":[{"source":["a",
            "b"]},{"cell_type":"code","outputs":[{"text":["HIT"]}],"source":[]}],"metadata":{"x":"META"},"nbformat":4}"#;
        assert_eq!(at(text, "HIT").as_deref(), Some("cell 2"));
        assert_eq!(at(text, "\"b\"").as_deref(), Some("cell 1"));
        assert_eq!(at(text, "META"), None);
    }

    #[test]
    fn other_files_have_no_names() {
        for text in [
            "HIT",
            "[\"HIT\", \"sourcesContent\"]",
            "{\"cells\": [\"HIT\"]}",
            "{\"sourcesContent\": [\"HIT",
            "{\"sourcesContent\"]]]\"HIT\"",
        ] {
            assert_eq!(at(text, "HIT"), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_walked(text in r#"[\[\]{}",:\\ a-c0\n]{0,80}"#, offset in 0u64..100) {
            let text = format!("{{\"sourcesContent\"{text}\"sources\"");
            let _ = names(text.as_bytes(), &[offset], &redactor());
        }
    }
}
