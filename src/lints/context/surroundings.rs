//! Path, content and package of a place put together: does it ship, does it stay on a server, or can nobody tell?
//!
//! A place that could be either gets no claim. What is said carries its reason, for the message, and where to read it.

use std::rc::Rc;

use super::content::{self, Says};
use super::framework::{Package, Packages};
use super::place::Place;
use crate::detect::{lines::Cursor, lines::Position};
use crate::lints::lexer::Code;
use crate::lints::neighbours::{Cached, join};
use crate::model::{Confidence, Context, Evidence};
use crate::rules::language::{self, Language};
use crate::rules::lint::FileKind;

/// Why a place ships.
#[derive(Debug, Clone)]
pub(crate) struct Frontend {
    /// High for code that certainly ships, lower for code that likely does.
    pub(crate) confidence: Confidence,
    /// The end of a sentence: "`apps/web` is a Vite app: all of its `src` ships".
    pub(crate) why: String,
    /// Where that can be seen.
    pub(crate) evidence: Option<Evidence>,
}

/// What is known of a file.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// Tags for the report, sorted.
    pub(crate) tags: Vec<Context>,
    pub(crate) frontend: Option<Frontend>,
    pub(crate) kind: FileKind,
    pub(crate) vendored: bool,
    pub(crate) package: Rc<Package>,
}

impl Surroundings {
    pub(crate) fn is(&self, tag: Context) -> bool {
        self.tags.contains(&tag)
    }

    /// Takes somebody's word for what the file is for.
    pub(crate) fn set_tags(&mut self, mut tags: Vec<Context>) {
        tags.sort_unstable();
        tags.dedup();
        if !tags.contains(&Context::Frontend) {
            self.frontend = None;
        } else if self.frontend.is_none() {
            let why = "the policy says that it ships".to_owned();
            self.frontend = Some(Frontend { confidence: Confidence::High, why, evidence: None });
        }
        self.tags = tags;
    }
}

/// Judges files of one tree.
pub(crate) struct Judge<'a> {
    pub(crate) tree: &'a Cached<'a>,
    packages: Packages<'a>,
}

/// A file about to be judged.
struct File<'a> {
    path: &'a str,
    place: Place,
    language: Option<&'static Language>,
    says: Says,
    text: &'a str,
    package: Rc<Package>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(tree: &'a Cached<'a>) -> Self {
        Self { tree, packages: Packages::new(tree) }
    }

    /// Judges a file by its path and, where it can be read, its text.
    pub(crate) fn of(&self, path: &str, text: Option<&str>) -> Surroundings {
        let language = language::of_path(path);
        let place = Place::of_path(path);
        let text = text.unwrap_or("");
        let says = language.filter(|it| runs(it)).map_or_else(Says::default, |language| {
            content::read(&String::from_utf8_lossy(&Code::read(text.as_bytes(), language.syntax).text))
        });
        let package = self.packages.of(path);
        let file = File { path, place, language, says, text, package };
        let frontend = if file.place.vendored { None } else { self.frontend(&file) };
        let mut tags = file.place.tags.clone();
        if frontend.is_some() {
            tags.retain(|tag| *tag != Context::Server);
            tags.push(Context::Frontend);
        } else if says.server.is_some() || file.is_server_language() {
            tags.push(Context::Server);
        }
        if file.is_production() {
            tags.retain(|tag| *tag != Context::Development);
            tags.push(Context::Production);
        }
        tags.sort_unstable();
        tags.dedup();
        Surroundings { tags, frontend, kind: file.kind(), vendored: file.place.vendored, package: file.package }
    }

    fn frontend(&self, file: &File<'_>) -> Option<Frontend> {
        let certain = |why: String| Some(Frontend { confidence: Confidence::High, why, evidence: None });
        if let Some((says, at)) = file.says.client {
            let evidence = Some(file.evidence(at, format!("the file {says}")));
            return Some(Frontend { confidence: Confidence::High, why: format!("the file {says}"), evidence });
        }
        if file.place.is(Context::Server) && !file.place.served {
            return None;
        }
        if let Some(why) = self.served(file) {
            return certain(why);
        }
        if file.says.server.is_some() || file.is_tooling() {
            return None;
        }
        if let Some(why) = self.native(file) {
            return certain(why);
        }
        let name = file.language.map_or("", |language| language.name);
        match name {
            "html" => return certain("it is an HTML page".to_owned()),
            "component" if !file.path.ends_with(".astro") => {
                return certain("the code of a component ships".to_owned());
            }
            "template" => return likely("templates are sent to the browser"),
            _ => {}
        }
        self.by_framework(file)
    }

    /// Files that are sent as they are: public directories and what a build made.
    fn served(&self, file: &File<'_>) -> Option<String> {
        let name = file.path.rsplit('/').next().unwrap_or_default().to_lowercase();
        let readable = [
            ".js",
            ".mjs",
            ".jsx",
            ".ts",
            ".tsx",
            ".html",
            ".htm",
            ".json",
            ".css",
            ".map",
            ".txt",
            ".xml",
            ".svg",
            ".webmanifest",
            ".vue",
        ]
        .iter()
        .any(|extension| name.ends_with(extension));
        if !readable {
            return None;
        }
        let slashed = format!("/{}", file.path.to_lowercase());
        if file.place.served && !file.place.is(Context::Server) {
            // A TypeScript file in `public/` is a source of its own, as likely as not.
            return (!name.ends_with(".ts") && !slashed.contains("/src/main/java/"))
                .then(|| "the directory is sent to browsers as it is".to_owned());
        }
        for output in ["/dist/", "/build/", "/out/", "/www/", "/docs/"] {
            let Some(at) = slashed.find(output) else { continue };
            let root = file.path[..at + output.len() - 1].trim_end_matches('/');
            if join(root, "index.html").is_some_and(|page| self.tree.has(&page)) && output != "/docs/" {
                return Some(format!("`{root}` is a built site"));
            }
        }
        None
    }

    fn native(&self, file: &File<'_>) -> Option<String> {
        if file.place.mobile {
            return Some("it is a resource of a mobile app".to_owned());
        }
        let beside = |names: &[&str], needle: &str| {
            crate::lints::neighbours::ancestors(file.path).find_map(|directory| {
                let text = names.iter().find_map(|name| self.tree.text(&join(directory, name)?))?;
                Some(text.contains(needle))
            })
        };
        match file.language.map(|language| language.name) {
            Some("dart") => beside(&["pubspec.yaml"], "flutter:")?.then(|| "it is code of a Flutter app".to_owned()),
            Some("java") => beside(&["build.gradle", "build.gradle.kts"], "com.android.")
                .unwrap_or(false)
                .then(|| "it is code of an Android app".to_owned()),
            Some("swift") => (!beside(&["Package.swift"], "vapor").unwrap_or(false))
                .then(|| "it is code of an app for Apple's devices".to_owned()),
            _ => None,
        }
    }

    fn by_framework(&self, file: &File<'_>) -> Option<Frontend> {
        let name = file.language.map_or("", |language| language.name);
        if !matches!(name, "javascript" | "json") && name != "component" {
            return None;
        }
        if let Some(framework) = file.package.frameworks.iter().find(|it| it.names_client(file.path)) {
            let why = format!("{} is {}, which sends files of such names", file.package.shown(), framework.called());
            let evidence = manifest_evidence(&file.package, &framework.name);
            return Some(Frontend { confidence: Confidence::High, why, evidence });
        }
        let relative = format!("/{}", file.package.relative(file.path).trim_start_matches('/'));
        let shipping = file.package.shipping.iter().find(|it| it.ships_from(&relative) && name != "json");
        if let Some(framework) = shipping
            && !(framework.native && file.place.server_likely)
            && !file
                .package
                .frameworks
                .iter()
                .any(|it| matches!(it.name.as_str(), "Next.js" | "Nuxt" | "SvelteKit" | "Remix" | "Astro"))
        {
            let why = format!("{} is {}, whose code ships", file.package.shown(), framework.called());
            return Some(Frontend {
                confidence: Confidence::High,
                why,
                evidence: manifest_evidence(&file.package, &framework.name),
            });
        }
        if file.place.server_likely {
            return None;
        }
        // Code that talks to Stripe.js and to nothing of a server's.
        let (says, at) = file.says.client_likely?;
        let evidence = Some(file.evidence(at, format!("the file {says}")));
        Some(Frontend { confidence: Confidence::Medium, why: format!("the file {says}"), evidence })
    }
}

/// Whether files of a language run somewhere, so that their text tells where.
fn runs(language: &Language) -> bool {
    !matches!(language.name, "json" | "yaml" | "config" | "env" | "dockerfile" | "shell")
}

fn likely(why: &str) -> Option<Frontend> {
    Some(Frontend { confidence: Confidence::Medium, why: why.to_owned(), evidence: None })
}

/// The manifest that tells the framework.
pub(crate) fn manifest_evidence(package: &Package, framework: &str) -> Option<Evidence> {
    let path = package.manifest.clone()?;
    Some(Evidence { message: format!("{} uses {framework}", package.shown()), path, line: 1, column: 1 })
}

/// Line and column of an offset.
pub(crate) fn position(text: &[u8], at: usize) -> Position {
    Cursor::new(Position::START).advance(text, at)
}

impl File<'_> {
    fn evidence(&self, at: usize, message: String) -> Evidence {
        let position = position(self.text.as_bytes(), at);
        Evidence { message, path: self.path.to_owned(), line: position.line, column: position.column }
    }

    fn is_server_language(&self) -> bool {
        matches!(
            self.language.map(|language| language.name),
            Some("python" | "ruby" | "php" | "go" | "csharp" | "rust")
        )
    }

    /// Configuration of tools, which runs when building: `vite.config.ts`, `scripts/x.js`.
    fn is_tooling(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.contains(".config.") || name.starts_with('.') || name == "gulpfile.js" || name == "Gruntfile.js"
    }

    /// Whether the file itself says that it configures production.
    fn is_production(&self) -> bool {
        if !matches!(self.kind(), FileKind::Env | FileKind::Config)
            || self.place.is(Context::Test)
            || self.place.is(Context::Example)
        {
            return false;
        }
        self.text.lines().any(|line| {
            let line = line.trim().trim_start_matches("export ").trim_start_matches("- ");
            let Some((name, value)) = line.split_once(['=', ':']) else { return false };
            let name = name.trim().trim_matches(['"', '\'']);
            let value = value.trim().trim_matches(['"', '\'', ',', ' ']);
            matches!(
                name,
                "APP_ENV"
                    | "NODE_ENV"
                    | "RAILS_ENV"
                    | "RACK_ENV"
                    | "ENVIRONMENT"
                    | "FLASK_ENV"
                    | "DJANGO_ENV"
                    | "ASPNETCORE_ENVIRONMENT"
                    | "SPRING_PROFILES_ACTIVE"
                    | "MIX_ENV"
            ) && matches!(value.to_ascii_lowercase().as_str(), "production" | "prod")
        })
    }

    fn kind(&self) -> FileKind {
        match self.language.map(|language| language.name) {
            Some("env" | "dockerfile") => FileKind::Env,
            Some("html" | "template") => FileKind::Markup,
            Some("json" | "yaml" | "config") => FileKind::Config,
            Some(_) => FileKind::Code,
            None if self.place.is(Context::Docs) => FileKind::Prose,
            None if self.path.ends_with(".xml") || self.path.ends_with(".plist") => FileKind::Config,
            None => FileKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn judge(files: &[(&str, &str)], path: &str) -> (Option<Confidence>, Vec<Context>) {
        let tree: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let cached = Cached::new(&tree);
        let text = cached.text(path);
        let judged = Judge::new(&cached).of(path, text.as_deref());
        (judged.frontend.map(|it| it.confidence), judged.tags)
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
            assert_eq!(judge(&files, path).0, expected, "{path} {files:?}");
        }
    }

    #[test]
    fn a_file_may_say_that_it_is_production() {
        assert!(judge(&[(".env", "APP_ENV=production\n")], ".env").1.contains(&Context::Production));
        assert!(!judge(&[(".env", "APP_ENV=local\n")], ".env").1.contains(&Context::Production));
    }
}
