//! Colours, and paragraphs that fit an 80-column terminal.

use anstyle::{AnsiColor, Color, Style};
use unicode_width::UnicodeWidthStr;

use crate::model::Severity;

/// Columns that a report fits in. Links are never broken.
pub(super) const WIDTH: usize = 80;

const fn colored(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// What a piece of text is, hence how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The name of a severity, and the mark below a key.
    Severity(Severity),
    /// The first line of a block.
    Headline,
    /// Gutters and labels.
    Frame,
    /// What matters less.
    Aside,
    /// What must not be overlooked.
    Alarm,
    /// Everything is fine.
    Fine,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Severity(Severity::Critical) | Self::Alarm => colored(AnsiColor::BrightRed).bold(),
            Self::Severity(Severity::High) => colored(AnsiColor::Red).bold(),
            Self::Severity(Severity::Medium) => colored(AnsiColor::Yellow).bold(),
            Self::Severity(Severity::Low) => colored(AnsiColor::Cyan).bold(),
            Self::Severity(Severity::Note) => colored(AnsiColor::Green).bold(),
            Self::Headline => Style::new().bold(),
            Self::Frame => colored(AnsiColor::Blue).bold(),
            Self::Aside => Style::new().dimmed(),
            Self::Fine => colored(AnsiColor::Green),
        }
    }
}

/// Puts a text into its colour, if colours are wanted.
pub(super) fn paint(color: bool, role: Role, text: &str) -> String {
    if !color || text.is_empty() {
        return text.to_owned();
    }
    let style = role.style();
    format!("{style}{text}{style:#}")
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a paragraph into lines of at most `columns`; a longer word has a line of its own.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_fit_and_links_stay_whole() {
        let link = format!("https://dashboard.stripe.com/{}", "x".repeat(90));
        let text = format!("Roll the key at {link} and then go on with what you were doing before you were told.");
        let lines = wrap(&text, 30);
        assert!(lines.contains(&link));
        assert!(lines.iter().filter(|line| **line != link).all(|line| width(line) <= 30));
        assert_eq!(lines.join(" "), text);
    }

    #[test]
    fn no_colour_means_no_escape() {
        assert_eq!(paint(false, Role::Alarm, "x"), "x");
        assert!(paint(true, Role::Alarm, "x").starts_with('\u{1b}'));
    }
}
