//! Finds the name that a value is assigned to, in the text before it.
//!
//! Reads env files, YAML, JSON, TOML, properties, XML, shell and program code, by the small grammar that they
//! share: a name, an assignment, and the value. The name is evidence for the classification and for the reader, so none is
//! better than a guess.

/// Bytes before a token that are read.
const REACH: usize = 400;

/// Returns the name that the token at `start` is assigned to.
#[must_use]
pub fn name_of_value(bytes: &[u8], start: usize) -> Option<String> {
    let before = &bytes[start.saturating_sub(REACH)..start];
    name_before(&String::from_utf8_lossy(before))
}

fn name_before(before: &str) -> Option<String> {
    let value_side = strip_value_lead(before);
    xml_name(value_side)
        .or_else(|| serialized_name(value_side))
        .or_else(|| sibling_name(value_side))
        .or_else(|| assigned(value_side))
        .or_else(|| call_name(value_side))
        .or_else(|| name_on_line_before(before, value_side))
        .map(|name| block_name(before, &name).unwrap_or(name))
}

/// Finds the name on the line before a value that stands on a line of its own: in quotes, indented, or in the block that
/// the line before opens.
fn name_on_line_before(before: &str, value_side: &str) -> Option<String> {
    let head = value_side.trim_end_matches([' ', '\t']);
    let line = head.strip_suffix('\n')?.trim_end();
    let is_indented = head.len() < value_side.len() || value_side.len() < before.len();
    if let Some(line) = strip_block_start(line) {
        return assigned(line).or_else(|| key_of_line(line));
    }
    let line = line.trim_end_matches('\\').trim_end();
    if !is_indented || line.ends_with(';') {
        return None;
    }
    let line = line.strip_suffix("= (").map_or(line, |start| &line[..=start.len()]);
    match line.as_bytes().last()? {
        b':' => key_of_line(line),
        b'=' | b'>' | b'?' | b'|' => assigned(line),
        b'(' | b',' => call_name(line),
        _ => None,
    }
}

/// Drops what opens a block of text at the end of a line: `>-`, `|`, `<<~KEY`, three quotes.
fn strip_block_start(line: &str) -> Option<&str> {
    let scalar = line.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    if let Some(start) = scalar.strip_suffix(['|', '>']).map(str::trim_end).filter(|start| start.ends_with(':')) {
        return Some(start);
    }
    let last = line.rfind('\n').map_or(0, |at| at + 1);
    if let Some(at) = line[last..].rfind("<<") {
        let start = line[..last + at].trim_end();
        let start = start.strip_suffix("cat").map_or(start, |call| call.trim_end_matches(['$', '(', '"']));
        return Some(start.trim_end_matches(['(', '<', ' ']));
    }
    let start = line.trim_end_matches(['"', '\'', '`']);
    (start.len() < line.len()).then(|| start.trim_end_matches(['@', '$', 'f', 'r', ' ']))
}

/// Returns the name that is all of a line but its colon, quotes and indentation. Prose ends in a colon, too.
fn key_of_line(line: &str) -> Option<String> {
    let line = line.rsplit('\n').next()?.trim().strip_suffix(':')?;
    let key = line.trim_start_matches(['-', ' ']).trim_matches(['"', '\'']);
    clean_name(key)
}

/// Returns the name of the Terraform variable whose default a value is.
fn block_name(before: &str, name: &str) -> Option<String> {
    if name != "default" {
        return None;
    }
    let head = &before[before.rfind("variable \"")? + "variable \"".len()..];
    let (block, rest) = head.split_once('"')?;
    (rest.trim_start().starts_with('{') && !rest.contains("\n}")).then(|| clean_name(block)).flatten()
}

/// Drops the start of the value: its quote, `Bearer `, the opening of a template.
fn strip_value_lead(before: &str) -> &str {
    let mut rest = before;
    for lead in ["Bearer ", "bearer ", "Basic ", "Token "] {
        rest = rest.strip_suffix(lead).unwrap_or(rest);
    }
    rest.trim_end_matches(['"', '\'', '`', '\\'])
}

/// Matches `NAME = `, `NAME: `, `"NAME": `, `NAME := `, `NAME => `, `name["KEY"] = `, `X || `, `X ?? `,
/// `ENV NAME `, `export NAME=`.
fn assigned(before: &str) -> Option<String> {
    let line = before.rsplit(['\n', '\r', ';']).next().unwrap_or(before);
    let trimmed = line.trim_end();
    let spaced = trimmed.len() < line.len();
    for operator in [":=", "=>", "||=", "?:", "??", "||", "->", "=", ":"] {
        if let Some(rest) = trimmed.strip_suffix(operator) {
            return last_name(rest);
        }
    }
    // Docker's `ENV NAME value`, tcsh's `setenv NAME value`, `--api-key value`, XML-like `name value` in .netrc.
    if spaced {
        let mut words = trimmed.rsplit(|c: char| c.is_whitespace());
        let name = words.next()?;
        let keyword = words.next().unwrap_or("");
        if matches!(keyword, "ENV" | "ARG" | "setenv" | "SetEnv" | "env" | "set") || name.starts_with('-') {
            return clean_name(name);
        }
    }
    None
}

/// Returns the last name in an expression: `config["stripe"]["key"]` is `key`, `process.env.STRIPE_KEY` is `STRIPE_KEY`.
fn last_name(expression: &str) -> Option<String> {
    let inner = expression.trim_end().trim_end_matches(['"', '\'', '`', ']', ')', '\\', '?', '!', ' ']);
    let name_end = inner.len();
    let name_start = inner
        .char_indices()
        .rev()
        .find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$')))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let path = &inner[name_start..name_end];
    // `name: Type = value` in typed languages: a capitalised or known type behind a colon is not the name.
    if let Some(head) = inner[..name_start].trim_end().strip_suffix(':')
        && is_type(path)
    {
        return last_name(head);
    }
    // `const char *name`, `let mut name`: the last word is the name already.
    clean_name(path.rsplit('.').next().unwrap_or(path))
}

fn is_type(word: &str) -> bool {
    matches!(
        word,
        "str"
            | "string"
            | "String"
            | "any"
            | "Any"
            | "NSString"
            | "CharSequence"
            | "unknown"
            | "const"
            | "static"
            | "char"
            | "Secret"
            | "SecretStr"
            | "Final"
            | "Text"
    ) || word.ends_with(".str")
}

/// Matches `<name>`, `<string name="NAME">`, `<add key="NAME" value="`.
fn xml_name(before: &str) -> Option<String> {
    if let Some(open) = before.trim_end().strip_suffix('>') {
        let tag = &open[open.rfind('<')? + 1..];
        if let Some(name) = attribute(tag, &["name", "key", "id"]) {
            return Some(name);
        }
        let element = tag.split(|c: char| c.is_whitespace()).next()?;
        if matches!(element, "string" | "value" | "data" | "String") {
            // A property list: `<key>NAME</key> <string>`.
            let key_end = open.rfind("</key>")?;
            let key = &open[..key_end];
            return clean_name(&key[key.rfind('>')? + 1..]);
        }
        return clean_name(element);
    }
    let tag = &before[before.rfind('<')? + 1..];
    if tag.contains('>') || !tag.trim_end().ends_with('=') {
        return None;
    }
    attribute(tag, &["key", "name"])
}

/// Returns the value of one of these attributes of an XML tag.
fn attribute(tag: &str, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let at = tag.find(&format!(" {name}=")).or_else(|| tag.find(&format!("\t{name}=")))? + name.len() + 2;
        let mut characters = tag[at..].chars();
        let quote = characters.next().filter(|c| matches!(c, '"' | '\''))?;
        clean_name(tag[at + 1..].split(quote).next()?)
    })
}

/// Matches a serialised PHP array: `s:10:"secret_key";s:107:"`.
fn serialized_name(before: &str) -> Option<String> {
    let rest = before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ':' | '\\' | '"'));
    let rest = rest.strip_suffix("s")?.strip_suffix(';')?;
    let rest = rest.trim_end_matches(['"', '\\']);
    clean_name(rest.rsplit(['"', ':', '\\']).next()?)
}

/// Matches `- name: NAME⏎  value: `, `"key": "NAME", "value": "`: an entry with its name in a field of
/// its own.
fn sibling_name(before: &str) -> Option<String> {
    let rest = before.trim_end().strip_suffix(':')?.trim_end_matches(['"', '\'', '\\', ' ']);
    let rest = rest.strip_suffix("value").or_else(|| rest.strip_suffix("Value"))?;
    let entry = &rest[rest.rfind(['{', '}']).map_or(0, |at| at)..];
    let entry = &entry[entry.rfind("- ").unwrap_or(0)..];
    ["name", "key", "Name", "Key", "variable"].iter().find_map(|field| {
        entry.rmatch_indices(field).find_map(|(at, _)| {
            let named = entry[at + field.len()..].trim_start_matches(['"', '\'', '\\', ' ']).strip_prefix(':')?;
            let named = named.trim_start_matches(['"', '\'', '\\', ' ']);
            clean_name(named.split(['"', '\'', '\n', ',', '\r', '\\']).next()?.trim())
        })
    })
}

/// Matches `define('NAME', '`, `set("NAME", "`, `env('NAME', '`, `Stripe.setApiKey('`, `stripe.Client(`.
fn call_name(before: &str) -> Option<String> {
    let rest = before.trim_end();
    if let Some(arguments) = rest.strip_suffix(',') {
        let argument = arguments.trim_end();
        let quote = argument.chars().last().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let inner = &argument[..argument.len() - 1];
        return clean_name(&inner[inner.rfind(quote)? + 1..]);
    }
    last_name(rest.strip_suffix('(')?)
}

/// Returns a name of sensible length and characters, without the dashes of an option.
fn clean_name(name: &str) -> Option<String> {
    let name = name.trim().trim_start_matches(['-', '$', '@', '%', '.', '*']);
    let plausible = name.len() >= 2
        && name.len() <= 100
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '/'))
        && name.chars().any(char::is_alphabetic);
    plausible.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_formats_that_hold_keys() {
        for (before, expected) in [
            ("STRIPE_SECRET_KEY=", Some("STRIPE_SECRET_KEY")),
            ("export STRIPE_SECRET_KEY=\"", Some("STRIPE_SECRET_KEY")),
            ("  stripe_key: ", Some("stripe_key")),
            ("{\"stripeKey\": \"", Some("stripeKey")),
            ("{\\\"stripeKey\\\":\\\"", Some("stripeKey")),
            ("secret_key = '", Some("secret_key")),
            ("const key = \"", Some("key")),
            ("let key: string = \"", Some("key")),
            ("API_KEY: Final = \"", Some("API_KEY")),
            ("stripe.api_key = \"", Some("api_key")),
            ("key := \"", Some("key")),
            ("'secret' => '", Some("secret")),
            ("config['stripe']['key'] = '", Some("key")),
            ("process.env.STRIPE_KEY || '", Some("STRIPE_KEY")),
            ("process.env.STRIPE_KEY ?? \"", Some("STRIPE_KEY")),
            ("env('STRIPE_SECRET', '", Some("STRIPE_SECRET")),
            ("define('STRIPE_KEY', '", Some("STRIPE_KEY")),
            ("Stripe.setApiKey(\"", Some("setApiKey")),
            ("<stripeKey>", Some("stripeKey")),
            ("<string name=\"stripe_key\">", Some("stripe_key")),
            ("<key>StripeKey</key>\n\t<string>", Some("StripeKey")),
            ("<add key=\"StripeKey\" value=\"", Some("StripeKey")),
            ("s:10:\"secret_key\";s:107:\"", Some("secret_key")),
            ("- name: STRIPE_KEY\n  value: \"", Some("STRIPE_KEY")),
            ("{\"key\":\"secret_key\",\"value\":\"", Some("secret_key")),
            ("ENV STRIPE_KEY ", Some("STRIPE_KEY")),
            ("stripe --api-key ", Some("api-key")),
            ("Authorization: Bearer ", Some("Authorization")),
            ("curl -u ", Some("u")),
            ("the key is ", None),
            ("", None),
            ("a,b,", None),
        ] {
            let found = name_of_value(before.as_bytes(), before.len());
            let expected = expected.filter(|name| name.len() > 1);
            assert_eq!(found.as_deref(), expected, "{before}");
        }
    }

    #[test]
    fn names_on_the_line_before() {
        for (before, expected) in [
            ("  final stripeKey =\n      '", Some("stripeKey")),
            ("  static const String key =\r\n      \"", Some("key")),
            ("String STRIPE_KEY =\n        \"", Some("STRIPE_KEY")),
            ("    Stripe.setApiKey(\n        \"", Some("setApiKey")),
            ("stripe_key: >-\n  ", Some("stripe_key")),
            ("  - stripeKey: |\n      ", Some("stripeKey")),
            ("key: |2-\n  ", Some("key")),
            ("stripe_key:\n  \"", Some("stripe_key")),
            ("{\n  \"stripeKey\":\n    \"", Some("stripeKey")),
            ("STRIPE_KEY = <<~KEY\n  ", Some("STRIPE_KEY")),
            ("STRIPE_KEY = <<-'EOS'.strip\n  ", Some("STRIPE_KEY")),
            ("  stripe_key = <<EOT\n", Some("stripe_key")),
            ("export STRIPE_KEY=$(cat <<EOF\n", Some("STRIPE_KEY")),
            ("$stripeKey = <<<'KEY'\n    ", Some("stripeKey")),
            ("STRIPE_KEY = (\n    \"", Some("STRIPE_KEY")),
            ("STRIPE_KEY = \"\"\"\n    ", Some("STRIPE_KEY")),
            ("const stripeKey = `\n  ", Some("stripeKey")),
            ("const stripeKey = process.env.KEY ??\n  '", Some("KEY")),
            ("define('STRIPE_KEY',\n  '", Some("STRIPE_KEY")),
            ("export STRIPE_KEY=\\\n  ", Some("STRIPE_KEY")),
            ("variable \"stripe_key\" {\n  type = string\n  default = \"", Some("stripe_key")),
            ("variable \"a\" {\n}\nlocals {\n  default = \"", Some("default")),
            ("This is your key:\n\n  ", None),
            ("EMPTY=\n", None),
            ("foo();\n  \"", None),
        ] {
            assert_eq!(name_of_value(before.as_bytes(), before.len()).as_deref(), expected, "{before}");
        }
    }
}
