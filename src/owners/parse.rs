//! Reads the lines of a CODEOWNERS file.

use std::collections::HashMap;

use super::{CodeOwners, MAX_OWNERS, MAX_PATTERN, MAX_RULES, Pattern, Rule};
use crate::model::OwnersDialect;

impl CodeOwners {
    /// Reads a file. `None` if it has too many lines.
    pub(crate) fn parse(dialect: OwnersDialect, path: &str, bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let rules = match dialect {
            OwnersDialect::Gitlab => gitlab(text),
            OwnersDialect::Github | OwnersDialect::Bitbucket => {
                text.lines().filter_map(|line| rule(dialect, line)).take(MAX_RULES + 1).collect()
            }
        };
        (rules.len() <= MAX_RULES).then(|| Self::new(dialect, path, rules))
    }
}

/// Reads a line of GitHub or Bitbucket. Lines that these reject are skipped, as they do.
fn rule(dialect: OwnersDialect, line: &str) -> Option<Rule> {
    let (pattern, owners) = entry(line.split('#').next().unwrap_or_default().trim())?;
    let owners: Vec<&str> = owners.split_whitespace().take(MAX_OWNERS).collect();
    if dialect == OwnersDialect::Github && !owners.iter().all(|owner| is_owner(owner)) {
        return None;
    }
    let owners = owners.into_iter().map(|owner| match dialect {
        // `@workspace/group:random(2)` says how many of a group are asked.
        OwnersDialect::Bitbucket => owner.split(':').next().unwrap_or(owner),
        _ => owner,
    });
    let owners = owners.filter(|owner| is_owner(owner)).map(str::to_owned);
    Some(Rule { section: 0, pattern: Pattern::gitignore(pattern)?, owners: Some(owners.collect()) })
}

/// A heading of GitLab: `^[name][approvals] @default-owners`.
struct Heading<'a> {
    name: &'a str,
    owners: Vec<String>,
}

/// Reads the lines of GitLab.
fn gitlab(text: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut sections: HashMap<String, u32> = HashMap::new();
    // An entry that is repeated in its section keeps its first place and has its last owners.
    let mut known: HashMap<(u32, &str), usize> = HashMap::new();
    let (mut section, mut defaults) = (0, Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = heading(line) {
            let next = sections.len() as u32 + 1;
            section = *sections.entry(heading.name.to_lowercase()).or_insert(next);
            defaults = heading.owners;
            continue;
        }
        if line.strip_prefix('^').unwrap_or(line).starts_with('[') && !line.contains(']') {
            continue;
        }
        let Some((pattern, owners)) = entry(line) else { continue };
        let (pattern, excludes) = pattern.strip_prefix('!').map_or((pattern, false), |pattern| (pattern, true));
        let owners = if owners.trim().is_empty() { defaults.clone() } else { valid(owners) };
        let owners = (!excludes).then_some(owners);
        match known.get(&(section, pattern)).and_then(|at| rules.get_mut(*at)) {
            Some(rule) => rule.owners = owners,
            None => {
                known.insert((section, pattern), rules.len());
                rules.push(Rule { section, pattern: Pattern::fnmatch(pattern), owners });
            }
        }
        if rules.len() > MAX_RULES {
            break;
        }
    }
    rules
}

fn heading(line: &str) -> Option<Heading<'_>> {
    let (name, rest) = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?.split_once(']')?;
    let approvals = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let rest =
        approvals.filter(|(count, _)| count.bytes().all(|byte| byte.is_ascii_digit())).map_or(rest, |(_, rest)| rest);
    // Text after anything else is not read.
    let owners = if rest.starts_with(char::is_whitespace) { valid(rest) } else { Vec::new() };
    Some(Heading { name, owners })
}

/// Splits a line at the first white space that is not escaped. `None` for what is too long for a path.
fn entry(line: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = line.char_indices().find(|(_, character)| {
        let ends = character.is_whitespace() && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    let (pattern, owners) = line.split_at(end.map_or(line.len(), |(at, _)| at));
    (pattern.len() <= MAX_PATTERN).then_some((pattern, owners))
}

fn valid(owners: &str) -> Vec<String> {
    owners.split_whitespace().filter(|owner| is_owner(owner)).take(MAX_OWNERS).map(str::to_owned).collect()
}

/// Returns true for `@user`, `@group/team`, `@@role` and `name@example.com`.
fn is_owner(word: &str) -> bool {
    match word.split_once('@') {
        Some(("", name)) => !name.trim_start_matches('@').is_empty(),
        Some((name, domain)) => !name.is_empty() && !domain.is_empty() && !domain.contains('@'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(dialect: OwnersDialect, text: &str, path: &str) -> String {
        let mut file = CodeOwners::parse(dialect, "CODEOWNERS", text.as_bytes()).unwrap();
        file.of(path).unwrap().join(" ")
    }

    /// Checks the owners of paths in one file.
    fn check(dialect: OwnersDialect, text: &str, table: &[(&str, &str)]) {
        for (path, expected) in table {
            assert_eq!(owners(dialect, text, path), *expected, "{path} in {text}");
        }
    }

    /// The facts of the test cases of hmarr/codeowners, and of GitHub's documentation.
    #[test]
    fn lines_of_github() {
        for (line, path, expected) in [
            ("file.txt @user", "file.txt", "@user"),
            ("file.txt @org/team", "file.txt", "@org/team"),
            ("file.txt foo@example.com", "a/file.txt", "foo@example.com"),
            ("file.txt @user @org/team foo@example.com", "file.txt", "@user @org/team foo@example.com"),
            ("d?r/* @user", "dir/x", "@user"),
            (r"foo\ bar @user", "foo bar", "@user"),
            ("file.txt\t@user # some @comment", "file.txt", "@user"),
            ("# file.txt @user", "file.txt", ""),
            ("pattern", "pattern", ""),
            ("pattern # but no more", "pattern", ""),
            (" pattern @user ", "pattern", "@user"),
            ("\u{feff}pattern @user\r", "pattern", "@user"),
            ("", "file.txt", ""),
            // A line with anything invalid is skipped.
            ("file.{txt @user", "file.{txt", ""),
            ("file.[cC] @user", "file.c", ""),
            ("file.txt missing-at-sign", "file.txt", ""),
            ("file.txt @user missing-at-sign", "file.txt", ""),
            ("!file.txt @user", "file.txt", ""),
            (r"\#file.txt @user", "#file.txt", ""),
        ] {
            assert_eq!(owners(OwnersDialect::Github, line, path), expected, "{line}");
        }
        let text = "* @global-1 @global-2\n*.js @js\n*.go docs@example.com\n/build/logs/ @doctocat\ndocs/* d@example.com\n\
                    apps/ @octocat\n/docs/ @doctocat\n/scripts/ @doctocat @octocat\n**/logs @octocat\n/apps/github\n";
        check(
            OwnersDialect::Github,
            text,
            &[
                ("README", "@global-1 @global-2"),
                ("a/b.js", "@js"),
                ("build/logs/x", "@octocat"),
                ("docs/a", "@doctocat"),
                ("x/apps/a.go", "@octocat"),
                ("scripts/a.js", "@doctocat @octocat"),
                ("deeply/nested/logs/x", "@octocat"),
                ("apps/github/x", ""),
            ],
        );
    }

    #[test]
    fn lines_of_bitbucket() {
        let text = "* alisha@example.com fred@example.com # all\n*.js @slug/frontenders:all\n\
                    *.py @slug/backenders:least_busy(2) x nobody no:one@example.com\n*.tf @teams/sre-leads:random(2)\n";
        check(
            OwnersDialect::Bitbucket,
            text,
            &[
                ("a", "alisha@example.com fred@example.com"),
                ("a.js", "@slug/frontenders"),
                ("b/a.py", "@slug/backenders"),
                ("a.tf", "@teams/sre-leads"),
            ],
        );
    }

    /// The facts of GitLab's own test cases and of its documentation.
    #[test]
    fn sections_of_gitlab() {
        let text = "* @admin\n\n[README Owners]\nREADME.md @user1 @user2\ninternal/README.md @user4\n\n\
                    [README other owners]\nREADME.md @user3\n";
        check(
            OwnersDialect::Gitlab,
            text,
            &[("README.md", "@admin @user1 @user2 @user3"), ("internal/README.md", "@admin @user4 @user3")],
        );
        let text = "* @general\n[Documentation] @docs\ndocs/\nREADME.md\n*.txt\n\
                    ^[Database][2] @db-1 @db/two\nmodel/db/\nconfig/db/database-setup.md @docs\n";
        check(
            OwnersDialect::Gitlab,
            text,
            &[
                ("model/db/CHANGELOG.txt", "@general @docs @db-1 @db/two"),
                ("config/db/database-setup.md", "@general @docs"),
                ("docs/a/b", "@general @docs"),
            ],
        );
        // Sections of one name, in any case, are one, with the defaults of each heading.
        let text = "[Docs]\nee/docs/ @a\n[Database]\nREADME.md @db\n[DOCS] @d\nREADME.md\nee/docs/x @b\n";
        check(OwnersDialect::Gitlab, text, &[("README.md", "@d @db"), ("ee/docs/x", "@b"), ("ee/docs/y", "@a")]);
    }

    #[test]
    fn headings_of_gitlab() {
        for (line, name, expected) in [
            ("[]", "", ""),
            ("[Doc]", "Doc", ""),
            ("^[Doc]", "Doc", ""),
            ("[Doc][1]", "Doc", ""),
            ("^[Doc][1] @doc @gl/doc-1", "Doc", "@doc @gl/doc-1"),
            ("[Doc] @doc @rrr.dev @dev", "Doc", "@doc @rrr.dev @dev"),
            ("[Doc] malformed", "Doc", ""),
            ("[Two Words][2]\ta@b.c @@maintainer", "Two Words", "a@b.c @@maintainer"),
            ("[Doc][q] @doc", "Doc", ""),
            ("[Double::Colon]", "Double::Colon", ""),
        ] {
            let heading = heading(line).unwrap();
            assert_eq!((heading.name, heading.owners.join(" ")), (name, expected.to_owned()), "{line}");
        }
        for line in ["foo", "[Invalid", "^[Invalid", "a [b]"] {
            assert!(heading(line).is_none(), "{line}");
        }
        // A heading that cannot be read is no entry either.
        assert_eq!(owners(OwnersDialect::Gitlab, "[Docs]\n*.md @a\n[Invalid @b\n*.rb @c\n", "[Invalid"), "");
    }

    #[test]
    fn exclusions_of_gitlab() {
        let text = "* @group-x\n!*.rb\n[Ruby]\n*.rb @ruby\n!/config/*\n/config/routes.rb @ops\n";
        check(
            OwnersDialect::Gitlab,
            text,
            &[
                ("file.txt", "@group-x"),
                ("app/models/user.rb", "@ruby"),
                ("config/routes.rb", ""),
                ("config/database.yml", "@group-x"),
            ],
        );
        let text = "* @x\n!/app/temp/*\n!/app/*/temp/*\n!pom.xml\n!**/generated/ # automation\n";
        check(
            OwnersDialect::Gitlab,
            text,
            &[
                ("app/models/user.rb", "@x"),
                ("app/temp/a", ""),
                ("app/models/temp/a", ""),
                ("a/pom.xml", ""),
                ("a/generated/b/c", ""),
            ],
        );
    }

    #[test]
    fn entries_of_gitlab() {
        let text = "* @default\n\\#file_with_pound.rb @pound\n*.rb @ruby\nCODEOWNERS @multiple @owners\t@tab-separated\n\
                    LICENSE @legal this does not match janedoe@gitlab.com\n/docs/ @all-docs\n/docs/* @root-docs\n\
                    lib/ @lib\n/config/ @config\npath\\ with\\ spaces/ @space\n";
        check(
            OwnersDialect::Gitlab,
            text,
            &[
                ("app/assets/something.vue", "@default"),
                ("hello.rb", "@ruby"),
                ("examples/#file_with_pound.rb", "@ruby"),
                ("CODEOWNERS", "@multiple @owners @tab-separated"),
                ("LICENSE", "@legal janedoe@gitlab.com"),
                ("docs/projects/index.md", "@all-docs"),
                ("docs/index.md", "@root-docs"),
                ("ee/lib/gitlab/git.x", "@lib"),
                ("other/config/database.yml", "@default"),
                ("path with spaces/docs.md", "@space"),
            ],
        );
        let spaces = r"a/weird\ path\ with/\ @username\ /\ and@lookalikes.com\ / @user-1 email@gitlab.org @user-2";
        let path = "a/weird path with/ @username / and@lookalikes.com /test.rb";
        check(OwnersDialect::Gitlab, spaces, &[(path, "@user-1 email@gitlab.org @user-2")]);
        // A repeated entry keeps its place.
        check(OwnersDialect::Gitlab, "* @a\n*.rb @b\n* @c\n", &[("x.rb", "@b"), ("x", "@c")]);
        // Malformed owners are not replaced by the default ones.
        check(OwnersDialect::Gitlab, "[A] @default\n*.rb nobody\n*.md\n", &[("x.rb", ""), ("x.md", "@default")]);
    }

    #[test]
    fn hostile_files_are_bounded() {
        let many = "a @b\n".repeat(MAX_RULES + 1);
        assert!(CodeOwners::parse(OwnersDialect::Github, "CODEOWNERS", many.as_bytes()).is_none());
        let one_line = format!("* {}", "@b ".repeat(100_000));
        assert_eq!(owners(OwnersDialect::Github, &one_line, "x"), "@b");
        let long = format!("{} @b\n* @c", "*a".repeat(1 << 20));
        assert_eq!(owners(OwnersDialect::Github, &long, "x"), "@c");
        let mut slow = CodeOwners::parse(OwnersDialect::Github, "CODEOWNERS", b"* @a\n*a*a*a*ab @b\n").unwrap();
        let path = "a".repeat(4_000);
        assert_eq!(slow.of(&path), Some(vec!["@a"]));
        slow.steps = crate::owners::MAX_STEPS;
        assert_eq!(slow.of(&path), None);
    }
}
