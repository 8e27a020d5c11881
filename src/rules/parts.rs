//! Named parts of patterns, written `%name%`. The build script reads this file as well.

use std::collections::BTreeMap;

/// Nesting of parts that name other parts.
const MAX_DEPTH: usize = 4;

/// Replaces the named parts of a pattern by their text.
pub(crate) fn expand(pattern: &str, parts: &BTreeMap<String, String>) -> Result<String, String> {
    let mut expanded = pattern.to_owned();
    for _ in 0..MAX_DEPTH {
        if !expanded.contains('%') {
            break;
        }
        // Every second segment is a name.
        let segments: Vec<&str> = expanded.split('%').collect();
        if let [.., rest] = segments.as_slice()
            && segments.len().is_multiple_of(2)
        {
            return Err(format!("unterminated `%` in {rest:?}; write \\x25 for the character"));
        }
        let mut filled = String::with_capacity(expanded.len() * 2);
        for (at, segment) in segments.iter().enumerate() {
            let part = if at % 2 == 0 { Some(*segment) } else { parts.get(*segment).map(String::as_str) };
            filled.push_str(part.ok_or_else(|| format!("no such part: %{segment}%"))?);
        }
        expanded = filled;
    }
    if expanded.contains('%') { Err("named parts are nested too deeply".to_owned()) } else { Ok(expanded) }
}
