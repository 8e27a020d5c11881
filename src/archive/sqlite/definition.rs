//! Reads the order of columns in records from the SQL of a schema.

/// The parts of `CREATE TABLE` that decide how its rows are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TableDefinition {
    /// The stored columns, in order.
    pub(super) columns: Vec<String>,
    /// The columns of each primary or unique key that gets an index, in order.
    pub(super) keys: Vec<Vec<String>>,
    primary: Vec<String>,
    /// The columns that the number of the row stands for, if they are the primary key.
    integers: Vec<String>,
    pub(super) without_rowid: bool,
}

/// A word, quoted name or sign, with the depth of parentheses that it stands in.
#[derive(Debug)]
struct SqlToken {
    text: String,
    is_quoted: bool,
    depth: usize,
}

impl SqlToken {
    fn is(&self, word: &str) -> bool {
        !self.is_quoted && self.text.eq_ignore_ascii_case(word)
    }
}

impl TableDefinition {
    pub(super) fn parse(sql: &str) -> Self {
        let tokens = tokens(sql);
        let mut table = Self::default();
        let Some((body, behind)) = group(&tokens, 0) else { return table };
        for part in body.split(|token| token.depth == 1 && token.is(",")) {
            table.part(part);
        }
        table.without_rowid = behind.iter().any(|token| token.depth == 0 && token.is("without"));
        if table.without_rowid {
            // The columns of the primary key come first.
            let mut columns = table.primary.clone();
            add_missing(&mut columns, &table.columns);
            table.columns = columns;
        }
        table
    }

    /// Reads the definition of a column or a constraint of the table.
    fn part(&mut self, part: &[SqlToken]) {
        let Some(first) = part.first() else { return };
        let words = || part.iter().filter(|token| token.depth == 1);
        let has = |word: &str| words().any(|token| token.is(word));
        let constraint = ["constraint", "primary", "unique", "check", "foreign"].iter().any(|word| first.is(word));
        let mut columns = vec![first.text.clone()];
        if constraint {
            columns = group(part, 1).map(|(columns, _)| names(columns, 2)).unwrap_or_default();
        } else if has("as") && !has("stored") {
            // A generated column is stored only where it says so.
            return;
        } else {
            self.columns.extend_from_slice(&columns);
            let is_integer = part.get(1).is_some_and(|kind| kind.is("integer"));
            self.integers.extend(is_integer.then(|| first.text.clone()));
        }
        if has("primary") {
            self.primary.clone_from(&columns);
            if !matches!(&columns[..], [only] if self.integers.contains(only)) {
                self.keys.push(columns.clone());
            }
        }
        if has("unique") {
            self.keys.push(columns);
        }
    }

    /// Adds to the columns of an index those of the primary key, by which it names rows.
    pub(super) fn add_primary(&self, columns: &mut Vec<String>) {
        add_missing(columns, &self.primary);
    }
}

fn add_missing(columns: &mut Vec<String>, others: &[String]) {
    for name in others {
        if !columns.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            columns.push(name.clone());
        }
    }
}

/// Returns the columns of `CREATE INDEX`; an expression has no name.
pub(super) fn index_columns(sql: &str) -> Vec<String> {
    group(&tokens(sql), 0).map(|(columns, _)| names(columns, 1)).unwrap_or_default()
}

/// Returns the first word of each item of a list at a depth, or an empty name for an expression.
fn names(list: &[SqlToken], depth: usize) -> Vec<String> {
    let name = |item: &[SqlToken]| {
        let [first, rest @ ..] = item else { return String::new() };
        let is_name = rest.first().is_none_or(|next| ["collate", "asc", "desc"].iter().any(|word| next.is(word)));
        if is_name { first.text.clone() } else { String::new() }
    };
    list.split(|token| token.depth == depth && token.is(",")).map(name).collect()
}

/// Returns what the first parentheses at a depth enclose, and what follows them.
fn group(tokens: &[SqlToken], depth: usize) -> Option<(&[SqlToken], &[SqlToken])> {
    let from = tokens.iter().position(|token| token.depth == depth && token.is("("))? + 1;
    let inside = tokens[from..].iter().position(|token| token.depth == depth).unwrap_or(tokens.len() - from);
    Some((&tokens[from..from + inside], &tokens[from + inside..]))
}

fn tokens(sql: &str) -> Vec<SqlToken> {
    let (mut tokens, mut depth, mut rest) = (Vec::new(), 0_usize, sql);
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii();
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '`' | '\'' => quoted_length(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            first if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (text, behind) = rest.split_at(length);
        rest = behind;
        if first.is_whitespace() || text.starts_with("--") || text.starts_with("/*") {
            continue;
        }
        if first == ')' {
            depth = depth.saturating_sub(1);
        }
        let is_quoted = matches!(first, '"' | '`' | '\'' | '[');
        let text = if is_quoted { unquoted(text, first) } else { text.to_owned() };
        tokens.push(SqlToken { text, is_quoted, depth });
        if first == '(' {
            depth += 1;
        }
    }
    tokens
}

/// Returns the length of a quoted text, in which a doubled mark stands for one.
fn quoted_length(text: &str, mark: char) -> usize {
    let mut at = 1;
    while let Some(end) = text[at..].find(mark) {
        at += end + 1;
        if !text[at..].starts_with(mark) {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn unquoted(text: &str, mark: char) -> String {
    let end = if mark == '[' { ']' } else { mark };
    let inside = text[1..].strip_suffix(end).unwrap_or(&text[1..]);
    inside.replace(&[mark, mark].iter().collect::<String>(), &mark.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_in_the_order_in_which_they_are_stored() {
        for (sql, columns) in [
            ("CREATE TABLE t (k)", "k"),
            (
                "create table if not exists \"a b\" (\"k \"\"x\"\"\" text, [n m], `o` int default (1, 2), -- c, d\n p)",
                "k \"x\"|n m|o|p",
            ),
            ("CREATE TABLE t (a INTEGER PRIMARY KEY, b AS (a + 1), c GENERATED ALWAYS AS (a) STORED, d)", "a|c|d"),
            ("CREATE TABLE t (a, b TEXT PRIMARY KEY, c) WITHOUT ROWID", "b|a|c"),
            (
                "CREATE TABLE t (a, b, c, CONSTRAINT x PRIMARY KEY (c, b DESC), UNIQUE (a)) STRICT, WITHOUT ROWID",
                "c|b|a",
            ),
            ("CREATE TABLE t (a CHECK (a IN ('x,y', ')')), b /* , c */)", "a|b"),
            ("CREATE TABLE t", ""),
            ("CREATE TABLE t (a, \"b", "a|b"),
        ] {
            assert_eq!(TableDefinition::parse(sql).columns.join("|"), columns, "{sql}");
        }
    }

    #[test]
    fn columns_of_an_index() {
        assert_eq!(
            index_columns("CREATE UNIQUE INDEX i ON \"t\" (\"a\" COLLATE nocase, lower(b), c DESC) WHERE x"),
            ["a", "", "c"]
        );
        let table =
            TableDefinition::parse("CREATE TABLE t (a UNIQUE, b TEXT PRIMARY KEY, c, UNIQUE (c, a)) WITHOUT ROWID");
        assert_eq!(table.keys.iter().map(|key| key.join("+")).collect::<Vec<_>>(), ["a", "b", "c+a"]);
        let mut columns = vec!["c".to_owned(), "a".to_owned()];
        table.add_primary(&mut columns);
        assert_eq!(columns, ["c", "a", "b"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(sql in "[-(),'\"`\\[\\]a-c \n/*é]{0,60}") {
            TableDefinition::parse(&sql);
            index_columns(&sql);
        }
    }
}
