//! Colours, and paragraphs that fit a terminal of 80 columns.

use anstyle::{AnsiColor, Color, Style};
use unicode_width::UnicodeWidthStr;

use crate::model::Severity;

/// Columns of a report. Links are never broken.
pub(super) const WIDTH: usize = 80;

const fn colored(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// The meaning of a text, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextStyle {
    /// The name of a severity, and the mark below a key.
    Severity(Severity),
    /// The first line of a block.
    Headline,
    /// The gutter of a snippet and the signs of facts.
    Gutter,
    /// Secondary information.
    Aside,
    /// A warning.
    Alarm,
    /// A clean scan.
    Success,
}

impl TextStyle {
    fn style(self) -> Style {
        match self {
            Self::Severity(Severity::Critical) | Self::Alarm => colored(AnsiColor::BrightRed).bold(),
            Self::Severity(Severity::High) => colored(AnsiColor::Red).bold(),
            Self::Severity(Severity::Medium) => colored(AnsiColor::Yellow).bold(),
            Self::Severity(Severity::Low) => colored(AnsiColor::Cyan).bold(),
            Self::Severity(Severity::Note) => colored(AnsiColor::Green).bold(),
            Self::Headline => Style::new().bold(),
            Self::Gutter => colored(AnsiColor::Blue).bold(),
            Self::Aside => Style::new().dimmed(),
            Self::Success => colored(AnsiColor::Green),
        }
    }

    /// Adds the escape sequences of the style, if wanted.
    pub(super) fn paint(self, color: bool, text: &str) -> String {
        if !color || text.is_empty() {
            return text.to_owned();
        }
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

/// Returns the terminal columns of a text.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a paragraph into lines of at most `columns`. A longer word gets a line of its own.
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
        assert_eq!(TextStyle::Alarm.paint(false, "x"), "x");
        assert!(TextStyle::Alarm.paint(true, "x").starts_with('\u{1b}'));
    }
}
