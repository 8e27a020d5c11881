//! BlockStyle of code, by braces or by indentation: enough to find what encloses a statement and its alternatives.

use std::ops::Range;

use super::lexer::SourceCode;
use crate::rules::language::BlockStyle;

/// A block and its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CodeBlock {
    /// `if (secret) {`, `else:`, `rescue => e`.
    pub(super) header: Range<usize>,
    pub(super) body: Range<usize>,
}

/// Most blocks around an offset that are looked at, the innermost.
const MAX_AROUND: usize = 256;

/// All blocks of a file, outer before inner.
pub(super) struct BlockTree {
    pub(super) blocks: Vec<CodeBlock>,
    /// The position of the block around each.
    parents: Vec<Option<usize>>,
}

impl BlockTree {
    pub(super) fn new(code: &SourceCode, kind: BlockStyle) -> Self {
        let mut blocks = match kind {
            BlockStyle::Braces => braces(&code.bare),
            BlockStyle::Indentation | BlockStyle::End => indentation(&code.bare),
        };
        blocks.sort_by_key(|block| (block.body.start, usize::MAX - block.body.end));
        let mut open: Vec<usize> = Vec::new();
        let parents = blocks.iter().enumerate().map(|(at, block)| {
            while open.pop_if(|outer| blocks[*outer].body.end <= block.body.start).is_some() {}
            let parent = open.last().copied();
            open.push(at);
            parent
        });
        let parents = parents.collect();
        Self { blocks, parents }
    }

    /// Returns the blocks around an offset, innermost first.
    pub(super) fn around(&self, at: usize) -> Vec<&CodeBlock> {
        let last = self.blocks.partition_point(|block| block.body.start <= at).checked_sub(1);
        let outwards = std::iter::successors(last, |inner| *self.parents.get(*inner)?);
        let around = outwards.map(|position| &self.blocks[position]).filter(|block| block.body.contains(&at));
        around.take(MAX_AROUND).collect()
    }

    /// Returns the block that directly follows: `else` after `if`, `catch` after `try`.
    pub(super) fn next(&self, code: &SourceCode, block: &CodeBlock) -> Option<&CodeBlock> {
        let other = self.blocks.get(self.blocks.partition_point(|other| other.header.start < block.body.end))?;
        code.bare[block.body.end..other.header.start].iter().all(is_between).then_some(other)
    }

    pub(super) fn previous(&self, code: &SourceCode, block: &CodeBlock) -> Option<&CodeBlock> {
        let end = code.bare[..block.header.start].iter().rposition(|byte| !is_between(byte)).map_or(0, |at| at + 1);
        self.blocks.iter().find(|other| (end..=block.header.start).contains(&other.body.end))
    }
}

/// Returns true for what may stand between a block and the one that follows.
fn is_between(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == b'}'
}

fn braces(bare: &[u8]) -> Vec<CodeBlock> {
    let mut blocks = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut parens = 0_usize;
    // Start of the current statement, a header if a brace follows; and the next byte that is not blank.
    let (mut begin, mut solid) = (0, 0);
    for (at, byte) in bare.iter().enumerate() {
        match byte {
            b'(' => parens += 1,
            b')' => parens = parens.saturating_sub(1),
            b';' if parens == 0 => begin = at + 1,
            // Without semicolons a statement ends with its line, unless the next line begins with the brace.
            b'\n' if parens == 0 => {
                if solid <= at {
                    solid = bare.len() - bare[at..].trim_ascii_start().len();
                }
                if bare.get(solid) != Some(&b'{') {
                    begin = at + 1;
                }
            }
            b'{' => {
                open.push((begin, at));
                begin = at + 1;
                parens = 0;
            }
            b'}' => {
                if let Some((start, opened)) = open.pop() {
                    let skipped = bare[start..opened].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                    blocks.push(CodeBlock { header: start + skipped..opened, body: opened + 1..at });
                }
                begin = at + 1;
                parens = 0;
            }
            _ => {}
        }
    }
    blocks
}

/// A header line and the more indented lines below it.
fn indentation(bare: &[u8]) -> Vec<CodeBlock> {
    let mut blocks = Vec::new();
    let mut open: Vec<(usize, Range<usize>)> = Vec::new();
    let mut previous: Option<(usize, Range<usize>)> = None;
    let mut end = 0;
    let mut at = 0;
    while at < bare.len() {
        let stop = memchr::memchr(b'\n', &bare[at..]).map_or(bare.len(), |found| at + found);
        let indent = bare[at..stop].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if !bare[at..stop].trim_ascii().is_empty() {
            let line = at + indent..stop;
            let opens = |(before, header): &(usize, Range<usize>)| {
                *before < indent && !continues(&bare[header.clone()], &bare[line.clone()])
            };
            if let Some((before, header)) = previous.take().filter(opens) {
                open.push((before, header));
            }
            while open.last().is_some_and(|(outer, _)| *outer >= indent) {
                if let Some((_, header)) = open.pop() {
                    blocks.push(CodeBlock { body: header.end..end.max(header.end), header });
                }
            }
            previous = Some((indent, line));
            end = stop;
        }
        at = stop + 1;
    }
    blocks.extend(open.into_iter().map(|(_, header)| CodeBlock { body: header.end..end.max(header.end), header }));
    blocks
}

/// Returns true if the more indented line below another continues its statement instead of opening a block.
fn continues(line: &[u8], below: &[u8]) -> bool {
    let ends = line.trim_ascii_end().last();
    matches!(ends, Some(b'=' | b'(' | b'[' | b',' | b'\\' | b'+' | b'.' | b'&'))
        || (below.starts_with(b".") && !below.starts_with(b".."))
        || below.starts_with(b"&.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::language::of_path;

    fn headers(path: &str, text: &str, at: &str) -> Vec<String> {
        let syntax = of_path(path).unwrap().syntax;
        let code = SourceCode::new(text.as_bytes(), syntax);
        let tree = BlockTree::new(&code, syntax.blocks);
        let around = tree.around(text.find(at).unwrap());
        around.iter().map(|block| text[block.header.clone()].trim().to_owned()).collect()
    }

    #[test]
    fn what_a_statement_hangs_on() {
        let js = "post('/w', (req) => {\n if (a) {\n try {\n x();\n } catch (e) { y }\n } else { z }\n})";
        assert_eq!(headers("a.js", js, "x()"), ["try", "if (a)", "post('/w', (req) =>"]);
        assert_eq!(headers("a.js", js, "z"), ["else", "post('/w', (req) =>"]);
        let py = "def f():\n  if a:\n    try:\n      x()\n    except E:\n      y\n  else:\n    z\n";
        assert_eq!(headers("a.py", py, "x()"), ["try:", "if a:", "def f():"]);
        assert_eq!(headers("a.py", py, "z"), ["else:", "def f():"]);
    }

    #[test]
    fn alternatives_follow() {
        for (path, text) in [
            ("a.js", "if (a) { x } else { z }"),
            ("a.py", "if a:\n  x\nelse:\n  z\n"),
            ("a.rb", "if a\n  x\nelse\n  z\nend\n"),
        ] {
            let syntax = of_path(path).unwrap().syntax;
            let code = SourceCode::new(text.as_bytes(), syntax);
            let tree = BlockTree::new(&code, syntax.blocks);
            let first = tree.around(text.find('x').unwrap())[0];
            let next = tree.next(&code, first).unwrap();
            assert!(text[next.header.clone()].starts_with("else"), "{path}");
            assert_eq!(tree.previous(&code, next), Some(first));
        }
    }
}
