//! Program code of every language as one model, read with real grammars.
//!
//! [`parse`] turns a file into [`model::Code`]: functions, calls, assignments, conditions and exits. A language is a table
//! of what the nodes of its grammar become (`languages/`).

mod aliases;
mod build;
mod declare;
pub(crate) mod flow;
mod grammar;
mod languages;
mod lower;
mod macros;
pub(crate) mod model;
pub(crate) mod program;
mod resolve;
pub(crate) use resolve::{Tree, ancestors, candidates, directory, join, parse_json};

use std::cell::Cell;
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser};

use model::Code;

/// Largest file that is parsed, in bytes.
const MAX_BYTES: usize = 2 << 20;

/// Work of the parser for a file, in steps: so many, and one more for so many bytes. Real code takes one for 80 to 250.
const STEPS: usize = 2_000;
const BYTES_A_STEP: usize = 25;

/// Bytes that the parser is given at a time, and how often it may ask for a whole file and some more: a text that does not
/// end, such as a regular expression, is read up to the end of its line from each place where one can begin.
const PART: usize = 1 << 10;
const MAX_READS: usize = 16;
const SPARE_BYTES: usize = 1 << 20;

/// Returns true for a file in a language that is parsed.
pub(crate) fn reads(path: &str) -> bool {
    languages::of_path(path).is_some()
}

/// Returns the model of a file, or `None` if its language is unknown or it is too much work.
pub(crate) fn parse(path: &str, bytes: &[u8]) -> Option<Code> {
    let grammar = languages::of_path(path).filter(|_| bytes.len() <= MAX_BYTES)?;
    let mut parser = Parser::new();
    parser.set_language(&(grammar.language)()).ok()?;
    let steps = Cell::new(STEPS + bytes.len() / BYTES_A_STEP);
    let reads = Cell::new(SPARE_BYTES + MAX_READS * bytes.len());
    let spend = |left: &Cell<usize>, cost| left.get().checked_sub(cost).map(|fewer| left.set(fewer));
    let mut progress = |_: &ParseState| match spend(&steps, 1).filter(|()| reads.get() > 0) {
        Some(()) => ControlFlow::Continue(()),
        None => ControlFlow::Break(()),
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let mut read = |at: usize, _| {
        let part = bytes.get(at..bytes.len().min(at.saturating_add(PART))).unwrap_or_default();
        match spend(&reads, part.len()) {
            Some(()) => part,
            None => {
                reads.set(0);
                &[]
            }
        }
    };
    let tree = parser.parse_with_options(&mut read, None, Some(options));
    lower::lower(&tree.filter(|_| reads.get() > 0)?, bytes, grammar)
}

#[cfg(test)]
mod tests {
    use super::model::{Kind, NodeId};
    use super::*;

    /// Writes a node as an s-expression.
    pub(crate) fn show(code: &Code, node: NodeId) -> String {
        let name = code.name(node);
        let inner: Vec<String> = code.children(node).iter().map(|child| show(code, *child)).collect();
        let inner = if inner.is_empty() { String::new() } else { format!("({})", inner.join(" ")) };
        match code.kind(node) {
            Kind::Nothing => "-".to_owned(),
            Kind::Name => name.to_owned(),
            Kind::Text => format!("'{name}'{inner}"),
            kind => format!("{kind:?}{}{name}{inner}", if name.is_empty() { "" } else { ":" }),
        }
    }

    /// Prints the model of the file that `DUMP` names.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a tool for whoever writes a table or a lint")]
    fn dump() {
        let Ok(path) = std::env::var("DUMP") else { return };
        let code = parse(&path, &std::fs::read(&path).unwrap()).unwrap();
        for child in code.children(code.root()) {
            println!("{}", show(&code, *child));
        }
    }

    #[test]
    fn texts_without_an_end_are_not_read_again_and_again() {
        for (path, part) in [("a.js", "=/["), ("a.ts", "=/["), ("a.tsx", "=/[")] {
            assert!(parse(path, part.repeat(100_000).as_bytes()).is_none(), "{path}");
        }
        // One long line of much that ends.
        assert!(parse("a.js", "a(/x[/]/,1/2);".repeat(20_000).as_bytes()).is_some());
    }
}
