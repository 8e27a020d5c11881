//! Words for errors of TOML files: where and why in the first line, then the line itself.

use toml::de::Error;

/// Names line and column of an error, if it has them.
pub(crate) fn place(error: &Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map(|before| {
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("line {line}, column {column}: ")
    });
    place.unwrap_or_default()
}

/// Says where, why, and quotes the line.
pub(crate) fn explain(error: &Error, text: &str) -> String {
    let frame = error.to_string();
    let frame: Vec<&str> = frame.trim_end().lines().filter(|line| line.contains('|')).take(3).collect();
    let frame = frame.join("\n");
    format!("{}{}{}{frame}", place(error, text), error.message(), if frame.is_empty() { "" } else { "\n" })
}
