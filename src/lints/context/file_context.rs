//! Path, content and package of a file combined: does it ship, or stay on a server?
//!
//! A file that could do either gets no claim. Each claim carries its reason and evidence for the message.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::directives::Directives;
use super::framework::{Package, Packages};
use super::path_purpose::PathPurpose;
use crate::lints::cached_tree::CachedTree;
use crate::lints::lexer::SourceCode;
use crate::lints::line_syntax::{self, IndexedText};
use crate::lints::sections;
use crate::lints::variable_names::lists;
use crate::model::{Confidence, Context, Evidence};
use crate::rules::language::{self, Language};
use crate::rules::lint::FileKind;

/// Variables that set the environment of a program.
const ENVIRONMENT_VARIABLES: &str = "APP_ENV NODE_ENV RAILS_ENV RACK_ENV ENVIRONMENT FLASK_ENV DJANGO_ENV \
                                     ASPNETCORE_ENVIRONMENT SPRING_PROFILES_ACTIVE MIX_ENV";

/// The reason that a file ships.
#[derive(Debug, Clone)]
pub(crate) struct Frontend {
    /// High for code that certainly ships, medium for code that likely does.
    pub(crate) confidence: Confidence,
    /// A clause for the message: "`apps/web` is a Vite app, whose code ships".
    pub(crate) why: String,
    /// The way on which it ships, step by step.
    pub(crate) evidence: Vec<Evidence>,
}

impl Frontend {
    pub(super) fn new(confidence: Confidence, why: impl Into<String>, evidence: Option<Evidence>) -> Self {
        Self { confidence, why: why.into(), evidence: evidence.into_iter().collect() }
    }

    pub(super) fn certain(why: impl Into<String>) -> Self {
        Self::new(Confidence::High, why, None)
    }
}

/// The classification of a file.
#[derive(Debug, Clone)]
pub(crate) struct FileContext {
    /// Tags for the report, sorted.
    pub(crate) tags: Vec<Context>,
    pub(crate) frontend: Option<Frontend>,
    pub(crate) kind: FileKind,
    vendored: bool,
    is_script: bool,
    /// Tags by the path alone.
    path_tags: Vec<Context>,
    /// Lines that run on a server although the file ships.
    server_lines: Range<u64>,
    pub(crate) package: Rc<Package>,
    text: Option<IndexedText>,
    /// Facts about lines with credentials, each read once.
    lines: RefCell<BTreeMap<(u64, u64), Rc<LineContext>>>,
}

/// The surroundings of the credentials of a line.
#[derive(Debug)]
pub(crate) struct LineContext {
    /// False for comments and for one of several values that a condition selects.
    pub(crate) in_effect: bool,
    /// Names of the sections around the line, innermost first.
    pub(crate) sections: Vec<String>,
}

impl FileContext {
    pub(crate) fn classify(path: &str, tree: &CachedTree<'_>, packages: &Packages<'_>) -> Self {
        let text = tree.text(path);
        let clues = FileClues::new(path, text.as_deref().unwrap_or(""), (tree, packages));
        let frontend = if clues.purpose.vendored { None } else { clues.frontend() };
        let mut tags = clues.purpose.tags.clone();
        if frontend.is_some() {
            tags.retain(|tag| *tag != Context::Server);
            tags.push(Context::Frontend);
        } else if clues.directives.server || lists("python ruby php go csharp rust", clues.language) {
            tags.push(Context::Server);
        }
        if clues.is_production() {
            tags.retain(|tag| *tag != Context::Development);
            tags.push(Context::Production);
        }
        tags.sort_unstable();
        tags.dedup();
        let (is_script, path_tags) = (clues.language == "javascript", clues.purpose.tags.clone());
        let server_lines = clues.front_matter();
        let (kind, vendored, package) = (clues.kind(), clues.purpose.vendored, Rc::clone(&clues.package));
        let (text, lines) = (text.map(IndexedText::new), RefCell::default());
        Self { tags, frontend, kind, vendored, is_script, path_tags, server_lines, package, text, lines }
    }

    /// Replaces the classification by one that the policy sets.
    pub(crate) fn set_tags(&mut self, mut tags: Vec<Context>) {
        tags.sort_unstable();
        tags.dedup();
        if !tags.contains(&Context::Frontend) {
            self.frontend = None;
        } else if self.frontend.is_none() {
            self.frontend = Some(Frontend::certain("the policy says that it ships"));
        }
        self.tags = tags;
    }

    /// Returns the tags of a line.
    pub(crate) fn tags_at(&self, line: u64) -> Vec<Context> {
        let mut tags = self.tags.clone();
        if self.server_lines.contains(&line) {
            tags.retain(|tag| *tag != Context::Frontend);
        }
        tags
    }

    /// Returns true for code that may ship if client code imports it.
    pub(crate) fn may_be_imported(&self) -> bool {
        let elsewhere = [Context::Server, Context::Test, Context::Docs, Context::Example];
        self.frontend.is_none() && self.is_script && !elsewhere.iter().any(|tag| self.path_tags.contains(tag))
    }

    /// Notes the way on which client code comes to the file, if there is one.
    pub(crate) fn ship_by(&mut self, way: Vec<Evidence>) {
        let Some(entry) = way.first() else { return };
        let why = format!("it is in the client graph, which starts at `{}`", entry.path);
        self.tags.retain(|tag| *tag != Context::Server);
        self.tags.push(Context::Frontend);
        self.tags.sort_unstable();
        self.frontend = Some(Frontend { confidence: Confidence::High, why, evidence: way });
    }

    /// Returns true if the file is not vendored, and a line has one of the required tags, if any, and none of the
    /// excluded.
    pub(crate) fn admits(&self, line: u64, required: &[Context], excluded: &[Context]) -> bool {
        let own = self.tags_at(line);
        let has_any = |tags: &[Context]| tags.iter().any(|tag| own.contains(tag));
        !self.vendored && (required.is_empty() || has_any(required)) && !has_any(excluded)
    }

    /// Returns a 1-based line, empty behind the end. `None` if the file cannot be read.
    pub(crate) fn line(&self, number: u64) -> Option<&str> {
        self.text.as_ref().map(|text| text.line(number))
    }

    /// Returns what stands around a 1-based line and column.
    pub(crate) fn around(&self, number: u64, column: u64) -> Rc<LineContext> {
        if let Some(known) = self.lines.borrow().get(&(number, column)) {
            return Rc::clone(known);
        }
        let read = self.text.as_ref().map_or(LineContext { in_effect: true, sections: Vec::new() }, |text| {
            let line = text.line(number);
            let in_effect = !line_syntax::is_comment(line) && !line_syntax::is_conditional(line);
            LineContext { in_effect, sections: sections::around(text, number, column) }
        });
        let read = Rc::new(read);
        self.lines.borrow_mut().insert((number, column), Rc::clone(&read));
        read
    }
}

/// The facts that classify a file.
pub(super) struct FileClues<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    pub(super) purpose: PathPurpose,
    /// Name of the language, empty if unknown.
    pub(super) language: &'static str,
    pub(super) directives: Directives,
    pub(super) package: Rc<Package>,
    pub(super) tree: &'a CachedTree<'a>,
}

impl<'a> FileClues<'a> {
    fn new(path: &'a str, text: &'a str, (tree, packages): (&'a CachedTree<'a>, &Packages<'_>)) -> Self {
        let language = language::of_path(path);
        // The front matter of an Astro component runs on the server, and says nothing of the rest.
        let shown =
            text.split_once("\n---\n").map(|(_, shown)| shown).filter(|_| path.ends_with(".astro")).unwrap_or(text);
        let directives = language.filter(|language| runs(language)).map_or_else(Directives::default, |language| {
            Directives::read(&String::from_utf8_lossy(&SourceCode::new(shown.as_bytes(), language.syntax).text))
        });
        Self {
            path,
            text,
            purpose: PathPurpose::of(path),
            language: language.map_or("", |language| language.name),
            directives,
            package: packages.of(path),
            tree,
        }
    }

    /// Returns true if the file sets the environment to production.
    fn is_production(&self) -> bool {
        if !matches!(self.kind(), FileKind::Env | FileKind::Config)
            || self.purpose.is(Context::Test)
            || self.purpose.is(Context::Example)
        {
            return false;
        }
        self.text.lines().any(|line| {
            let line = line.trim().trim_start_matches("export ").trim_start_matches("- ");
            line.split_once(['=', ':']).is_some_and(|(name, value)| {
                let value = value.trim().trim_matches(['"', '\'', ',', ' ']);
                ["production", "prod"].iter().any(|word| value.eq_ignore_ascii_case(word))
                    && lists(ENVIRONMENT_VARIABLES, name.trim().trim_matches(['"', '\'']))
            })
        })
    }

    fn kind(&self) -> FileKind {
        match self.language {
            "env" | "dockerfile" => FileKind::Env,
            "html" | "template" => FileKind::Markup,
            "json" | "yaml" | "config" => FileKind::Config,
            "" if self.purpose.is(Context::Docs) => FileKind::Prose,
            "" if self.path.ends_with(".xml") || self.path.ends_with(".plist") => FileKind::Config,
            "" if !self.purpose.settings => FileKind::Other,
            "component" => FileKind::Code,
            _ if self.purpose.settings => FileKind::Settings,
            _ => FileKind::Code,
        }
    }
}

/// Returns true for languages whose files run somewhere, so that their code shows where.
fn runs(language: &Language) -> bool {
    !matches!(language.name, "json" | "yaml" | "config" | "env" | "dockerfile" | "shell")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classify(files: &[(&str, &str)], path: &str) -> (Option<Confidence>, Vec<Context>) {
        let tree: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let cached = CachedTree::new(&tree);
        let file = FileContext::classify(path, &cached, &Packages::new(&cached));
        (file.frontend.map(|it| it.confidence), file.tags)
    }

    #[test]
    fn what_ships_and_what_does_not() {
        let next = ("package.json", r#"{"dependencies":{"next":"15","stripe":"1"}}"#);
        let vite = ("package.json", r#"{"devDependencies":{"vite":"6"}}"#);
        let cra = ("package.json", r#"{"dependencies":{"react-scripts":"5"}}"#);
        let expo = ("package.json", r#"{"dependencies":{"expo":"5"}}"#);
        let page = ("index.html", "<html>");
        let gatsby = ("package.json", r#"{"dependencies":{"gatsby":"5"}}"#);
        let nuxt = ("package.json", r#"{"dependencies":{"nuxt":"3"}}"#);
        let kit = ("package.json", r#"{"devDependencies":{"@sveltejs/kit":"2","vite":"6"}}"#);
        let angular = ("package.json", r#"{"dependencies":{"@angular/core":"18"}}"#);
        let high = Some(Confidence::High);
        for (files, path, expected) in [
            (vec![next, ("app/pay.tsx", "'use client'\nconst a = 1")], "app/pay.tsx", high),
            (vec![next, ("src/lib/stripe.ts", "export const a = 1")], "src/lib/stripe.ts", None),
            (vec![next, ("app/page.tsx", "import Stripe from 'stripe'")], "app/page.tsx", None),
            (vec![next, ("pages/api/a.ts", "x")], "pages/api/a.ts", None),
            (vec![vite, page, ("src/api/stripe.ts", "x")], "src/api/stripe.ts", high),
            (vec![vite, ("src/stripe.ts", "x")], "src/stripe.ts", None),
            (vec![vite, page, ("vite.config.ts", "x")], "vite.config.ts", None),
            (vec![cra, ("src/App.js", "x")], "src/App.js", high),
            (vec![cra, ("server/index.js", "x")], "server/index.js", None),
            (vec![cra, ("src/setupProxy.js", "x")], "src/setupProxy.js", None),
            (vec![gatsby, ("src/pages/pay.js", "x")], "src/pages/pay.js", high),
            (vec![gatsby, ("src/api/pay.js", "x")], "src/api/pay.js", None),
            (vec![nuxt, ("plugins/stripe.client.ts", "x")], "plugins/stripe.client.ts", high),
            (vec![("src/stripe.client.ts", "x")], "src/stripe.client.ts", None),
            (vec![kit, ("src/routes/+page.ts", "x")], "src/routes/+page.ts", high),
            (vec![kit, ("src/routes/+page.server.ts", "x")], "src/routes/+page.server.ts", None),
            (vec![kit, ("src/routes/api/+server.ts", "x")], "src/routes/api/+server.ts", None),
            (vec![angular, ("src/app/pay.service.ts", "x")], "src/app/pay.service.ts", high),
            (vec![angular, ("src/server.ts", "x")], "src/server.ts", None),
            (vec![expo, ("components/Pay.tsx", "x")], "components/Pay.tsx", high),
            (vec![expo, ("app/pay+api.ts", "x")], "app/pay+api.ts", None),
            (vec![("public/js/pay.js", "x")], "public/js/pay.js", high),
            (vec![("public/index.php", "x")], "public/index.php", None),
            (vec![("src/Pay.vue", "<script>")], "src/Pay.vue", high),
            (vec![("dist/app.js", "x"), ("dist/index.html", "x")], "dist/app.js", high),
            (vec![("dist/app.js", "x")], "dist/app.js", None),
            (vec![("lib/main.dart", "x"), ("pubspec.yaml", "flutter:\n")], "lib/main.dart", high),
            (vec![("app/src/main/res/values/strings.xml", "x")], "app/src/main/res/values/strings.xml", high),
            (
                vec![("src/pay.js", "import {loadStripe} from '@stripe/stripe-js'")],
                "src/pay.js",
                Some(Confidence::Medium),
            ),
        ] {
            assert_eq!(classify(&files, path).0, expected, "{path} {files:?}");
        }
    }

    #[test]
    fn lower_case_may_be_longer() {
        assert_eq!(classify(&[("İ/dist/é.js", "x")], "İ/dist/é.js").0, None);
        let site = [("İ/dist/é.js", "x"), ("İ/dist/index.html", "<html>")];
        assert_eq!(classify(&site, "İ/dist/é.js").0, Some(Confidence::High));
    }

    #[test]
    fn a_file_may_say_that_it_is_production() {
        assert!(classify(&[(".env", "APP_ENV=production\n")], ".env").1.contains(&Context::Production));
        assert!(!classify(&[(".env", "APP_ENV=local\n")], ".env").1.contains(&Context::Production));
    }
}
