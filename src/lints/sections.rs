//! Sections around a credential: keys that it is below, tables, profiles, and conditions on the environment.

use super::line_syntax::{IndexedText, MAX_BEFORE, is_comment};
use super::variable_names::{lists, words};

/// Lines above and below a credential that are searched for sections.
const MAX_LINES: usize = 400;

/// Sections around a credential that are named.
const MAX_SECTIONS: usize = 32;

/// Bytes of a line that are read for the label of a section.
const MAX_LABEL: usize = 256;

const PRODUCTION: &str = "prod production live livemode";
const DEVELOPMENT: &str = "debug dev development";
const LOCAL: &str = "local";
const TEST: &str = "test testing testmode sandbox";
const STAGING: &str = "staging stage preview";

/// Returns the names of the sections around a place, innermost first.
pub(super) fn around(text: &IndexedText, number: u64, column: u64) -> Vec<String> {
    let Some(own) = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)) else { return Vec::new() };
    let own = own.min(text.len().saturating_sub(1));
    let mut sections = openers(text.line_at(own), column);
    sections.extend(profile_of_key(text.line_at(own)));
    above(text, own, &mut sections);
    sections.extend(profile_of_document(text, own));
    sections.retain(|section| !section.is_empty());
    sections
}

/// Returns the labels of the open brackets in front of a column: `us` for `us: { key: '`.
fn openers(line: &str, column: u64) -> Vec<String> {
    let end = usize::try_from(column).unwrap_or(1).saturating_sub(1).min(line.len());
    let Some(before) = line.get(..end) else { return Vec::new() };
    let before = &before[before.ceil_char_boundary(end.saturating_sub(MAX_BEFORE))..];
    let (mut labels, mut depth) = (Vec::new(), 0_usize);
    for (at, character) in before.char_indices().rev() {
        match character {
            '}' | ']' | ')' => depth += 1,
            '{' | '[' | '(' if depth > 0 => depth -= 1,
            '{' | '[' | '(' if labels.len() < MAX_SECTIONS => {
                labels.push(label(before[..at].rsplit([',', ';', '{']).next().unwrap_or("")));
            }
            _ => {}
        }
    }
    labels
}

/// Returns the profiles in the dotted key of a line: `prod` for `%prod.stripe.key=`.
fn profile_of_key(line: &str) -> Vec<String> {
    let line = line.trim_start();
    let end = line.find(|c: char| matches!(c, '=' | ':') || c.is_whitespace()).unwrap_or(0).min(MAX_LABEL);
    let Some((above, _)) = line.get(..end).and_then(|key| key.rsplit_once('.')) else { return Vec::new() };
    let is_profile = |part: &String| [PRODUCTION, DEVELOPMENT, LOCAL, TEST, STAGING].iter().any(|it| lists(it, part));
    above.rsplit('.').map(label).filter(is_profile).collect()
}

/// Adds the keys of less indented lines above, and the table.
fn above(text: &IndexedText, own: usize, sections: &mut Vec<String>) {
    let mut indent = indentation(text.line_at(own));
    for at in (0..own).rev().take(MAX_LINES) {
        let line = text.line_at(at);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed == "{" || is_comment(trimmed) {
            continue;
        }
        if let Some(table) = table(trimmed) {
            sections.extend(table.rsplit('.').map(|part| part.trim_matches(['"', '\'', ' ']).to_lowercase()));
            break;
        }
        let here = indentation(line);
        if here < indent {
            // A closing bracket ends a sibling section.
            let closes = trimmed.starts_with(['}', ']', ')']) && !trimmed[1..].trim_start().starts_with("else");
            indent = here + usize::from(closes);
            if !closes {
                sections.push(heading(text, at));
            }
        }
        if sections.len() >= MAX_SECTIONS {
            break;
        }
    }
}

/// Returns the dotted name of `[a.b]`, `[[a.b]]` and `[a : base]`.
fn table(line: &str) -> Option<&str> {
    let whole = line.len() <= MAX_LABEL && line.ends_with(']') && !line.contains(',');
    let name = line.strip_prefix('[').filter(|_| whole)?.split(']').next()?;
    Some(name.split(" : ").next().unwrap_or(name).trim_matches(['[', '"', '\'']))
}

/// Returns the label of a line that others are below; of a condition, the environment that it selects.
fn heading(text: &IndexedText, at: usize) -> String {
    let line = text.line_at(at);
    let label = label(line);
    let mut words = label.split(' ');
    match (words.next().unwrap_or(""), words.next().unwrap_or("")) {
        ("else", "if") | ("if" | "elif" | "elsif" | "elseif" | "unless", _) => environment(line, false),
        ("else", _) => {
            let same = |above: &&str| indentation(above) == indentation(line) && !above.trim().is_empty();
            let is_part = |above: &&str| above.trim_start().starts_with(['}', '{', '#']);
            let mut before = (0..at).rev().take(MAX_LINES).map(|at| text.line_at(at)).filter(same);
            let opener = before.find(|above| !is_part(above)).unwrap_or("");
            if opener.trim_start().starts_with("if") || opener.trim_start().starts_with("unless") {
                environment(opener, true)
            } else {
                String::new()
            }
        }
        _ => label,
    }
}

/// Returns the environment that a condition selects, if it is certain; that of the other branch, if `negated`.
fn environment(line: &str, negated: bool) -> String {
    let line = &line[..line.floor_char_boundary(MAX_LABEL)];
    let words = words(line);
    let has = |list: &str| words.iter().any(|word| lists(list, word));
    let denials = usize::from(negated)
        + line.matches('!').count()
        + words.iter().filter(|word| lists("not unless isnt false", word)).count();
    let joined = line.contains("||") || has("or") || (denials > 0 && (line.contains("&&") || has("and")));
    let mut named = [PRODUCTION, DEVELOPMENT, LOCAL, TEST, STAGING].into_iter().filter(|list| has(list));
    let selected = match (named.next(), named.next()) {
        (Some(only), None) if !joined => only,
        _ => return String::new(),
    };
    let environment = match (selected, denials % 2 == 1) {
        (PRODUCTION, false) | (DEVELOPMENT, true) => "production",
        (PRODUCTION, true) | (DEVELOPMENT | LOCAL, false) => "development",
        (TEST, false) => "test",
        (STAGING, false) => "staging",
        _ => "",
    };
    environment.to_owned()
}

/// Returns the Spring profile of the document that a line is in, among those of its file.
fn profile_of_document(text: &IndexedText, own: usize) -> Option<String> {
    let ends = |at: &usize| matches!(text.line_at(*at).trim_end(), "---" | "#---" | "!---");
    let above = (0..=own).rev().take(MAX_LINES).take_while(|at| !ends(at));
    let below = (own + 1..text.len()).take(MAX_LINES).take_while(|at| !ends(at));
    let (mut profile, mut spring) = (None, false);
    for at in above.chain(below) {
        let line = text.line_at(at).trim();
        let Some((key, value)) = line.split_once([':', '=']).filter(|(key, _)| key.len() < 64) else { continue };
        spring |= line == "spring:";
        match key.trim() {
            "on-profile" | "spring.config.activate.on-profile" | "spring.profiles" => profile = Some((value, true)),
            "profiles" if !value.trim().is_empty() => profile = profile.or(Some((value, false))),
            _ => {}
        }
    }
    let (value, certain) = profile?;
    ((certain || spring) && !value.contains('!')).then(|| label(value))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn label(line: &str) -> String {
    words(&line[..line.floor_char_boundary(MAX_LABEL)]).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::rc::Rc;

    fn sections(text: &str, number: u64) -> Vec<String> {
        around(&IndexedText::new(Rc::from(text)), number, 1)
    }

    #[test]
    fn sections_are_what_stands_around() {
        let yaml = "development:\n  stripe:\n    key: x\nproduction:\n  stripe:\n    key: y\n";
        assert_eq!(sections(yaml, 6), ["stripe", "production"]);
        assert_eq!(sections(yaml, 3), ["stripe", "development"]);
        let json = "{\n  \"dev\": {\n    \"a\": 1\n  },\n  \"prod\": {\n    \"a\": 1\n  }\n}";
        assert_eq!(sections(json, 6), ["prod"]);
        assert_eq!(sections("[default]\na = 1\n[live]\nkey = 1\n", 4), ["live"]);
        assert_eq!(sections("[env.production.vars]\nkey = 1\n", 2), ["vars", "production", "env"]);
        assert_eq!(sections("[staging : production]\nkey = 1\n", 2), ["staging"]);
        assert_eq!(sections("A=1\nB=2\n", 2), Vec::<String>::new());
        assert_eq!(sections("%prod.stripe.key=1\n", 1), ["prod"]);
        assert_eq!(sections("stripe.key=1\n", 1), Vec::<String>::new());
    }

    #[test]
    fn conditions_select_an_environment() {
        for (code, expected) in [
            ("if DEBUG:\n  a = 1\nelse:\n  key = 1", "production"),
            ("if not DEBUG:\n  key = 1", "production"),
            ("if DEBUG:\n  key = 1", "development"),
            ("if (env === 'production') {\n  a\n} else {\n  key", "development"),
            ("if (env !== 'production') {\n  key", "development"),
            ("if Rails.env.production?\n  key", "production"),
            ("unless Rails.env.production?\n  key", "development"),
            ("if config_env() == :prod do\n  key", "production"),
            ("if prod or staging:\n  key", ""),
            ("if ready:\n  a\nelse:\n  key", ""),
            ("if test:\n  a\nelse:\n  key", ""),
        ] {
            let number = code.lines().count() as u64;
            assert_eq!(sections(code, number).first().map_or("", String::as_str), expected, "{code}");
        }
    }

    #[test]
    fn documents_have_profiles() {
        let yaml =
            "stripe:\n  key: a\n---\nspring:\n  config:\n    activate:\n      on-profile: prod\nstripe:\n  key: b\n";
        assert_eq!(sections(yaml, 9), ["stripe", "prod"]);
        assert_eq!(sections(yaml, 2), ["stripe"]);
        let compose = "services:\n  web:\n    profiles: [dev]\n    key: b\n";
        assert_eq!(sections(compose, 4), ["web", "services"]);
    }

    #[test]
    fn openers_are_what_a_value_is_in() {
        for (line, expected) in [
            ("  us: { key: 'HIT' }", "us"),
            ("$s['live'] = ['key' => 'HIT']", "s live"),
            ("{ \"a\": { \"b\": 1 }, \"c\": { \"key\": \"HIT\"", "c"),
            ("KEY=HIT", ""),
            ("f(a) + 'HIT'", ""),
            ("{\"production\":{\"stripe\":{\"key\":\"HIT", "stripe"),
        ] {
            let column = line.find("HIT").unwrap() as u64 + 1;
            assert_eq!(openers(line, column).first().map_or("", String::as_str), expected, "{line}");
        }
    }
}
