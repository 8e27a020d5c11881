//! A source file while its bytes are at hand, and spans in it.

use std::ops::Range;

use super::lexer::SourceCode;
use crate::rules::language::Language;

/// The code of a file.
pub(crate) struct SourceFile<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) language: &'static Language,
    pub(crate) code: SourceCode,
}

/// A span that a lint reports, before line and column are computed.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceSpan {
    pub(crate) span: Range<usize>,
    pub(crate) name: Option<String>,
    pub(crate) value: Option<String>,
    /// Identifies the finding, if the text of the span does not.
    pub(crate) identity: Option<String>,
    /// Offset and sentence.
    pub(crate) evidence: Option<(usize, String)>,
    /// The module of the component that is given this: it counts if it is for the browser.
    pub(crate) component: Option<String>,
}

impl<'a> SourceFile<'a> {
    pub(crate) fn new(bytes: &'a [u8], language: &'static Language) -> Self {
        Self { bytes, language, code: SourceCode::new(bytes, language.syntax) }
    }
}
