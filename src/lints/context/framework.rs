//! The framework of a package, told by the nearest manifest: what it inlines, what it ships.
//!
//! In a monorepo every package is judged by its own manifest. The facts are data: `rules/tables/frameworks.toml`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::lints::neighbours::{Cached, ancestors, join};

/// One framework of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Framework {
    pub(crate) name: String,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    pub(crate) prefixes: Vec<String>,
    #[serde(default)]
    pub(crate) ignore_case: bool,
    #[serde(default)]
    pub(crate) ships: Vec<String>,
    #[serde(default)]
    server: Vec<String>,
    #[serde(default)]
    client: Vec<String>,
    entry: Option<String>,
    #[serde(default)]
    pub(crate) native: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    framework: Vec<Framework>,
}

/// Every framework that is known.
pub(crate) fn all() -> &'static [Framework] {
    static TABLE: OnceLock<Table> = OnceLock::new();
    // A test reads the table; a mistake in it cannot get here.
    &TABLE
        .get_or_init(|| toml::from_str(include_str!("../../../rules/tables/frameworks.toml")).unwrap_or_default())
        .framework
}

impl Framework {
    /// The prefix of a variable's name that this framework inlines.
    pub(crate) fn prefix_of(&self, name: &str) -> Option<&str> {
        self.prefixes.iter().map(String::as_str).find(|prefix| match name.get(..prefix.len()) {
            Some(head) if self.ignore_case => head.eq_ignore_ascii_case(prefix),
            Some(head) => head == *prefix,
            None => false,
        })
    }

    /// Whether all code of a place of the package ships. `relative` begins with a slash.
    pub(crate) fn ships_from(&self, relative: &str) -> bool {
        let below = |list: &[String]| list.iter().any(|directory| relative.starts_with(directory.as_str()));
        below(&self.ships) && !below(&self.server)
    }

    /// Whether a file's name says that it runs in the browser.
    pub(crate) fn names_client(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.client.iter().any(|part| name.contains(part.as_str()))
    }

    /// `a Vite app`, `an Expo app`.
    pub(crate) fn called(&self) -> String {
        let article = if self.name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
        let noun = if self.name.ends_with("App") || self.name.ends_with("Storybook") { "" } else { " app" };
        format!("{article} {}{noun}", self.name)
    }
}

/// Whether any framework inlines variables of this name.
pub(crate) fn any_prefix(name: &str) -> bool {
    all().iter().any(|framework| framework.prefix_of(name).is_some())
}

/// Whether a text holds a prefix that any framework inlines. Where case does not matter, upper and lower count.
pub(crate) fn any_prefix_in(text: &[u8]) -> bool {
    static FINDERS: OnceLock<Vec<Finder<'static>>> = OnceLock::new();
    let finders = FINDERS.get_or_init(|| {
        let mut prefixes: Vec<String> = Vec::new();
        for framework in all() {
            prefixes.extend(framework.prefixes.iter().cloned());
            prefixes.extend(framework.prefixes.iter().filter(|_| framework.ignore_case).map(|it| it.to_lowercase()));
        }
        let within = |a: &String| prefixes.iter().filter(|b| a.contains(b.as_str())).any(|b| b.len() < a.len());
        let mut shortest: Vec<&String> = prefixes.iter().filter(|prefix| !within(prefix)).collect();
        shortest.sort_unstable();
        shortest.dedup();
        shortest.into_iter().map(|prefix| Finder::new(prefix.as_bytes()).into_owned()).collect()
    });
    finders.iter().any(|finder| finder.find(text).is_some())
}

/// The package that a file belongs to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    /// Its directory; empty for the root.
    pub(crate) directory: String,
    /// The manifest, if there is one.
    pub(crate) manifest: Option<String>,
    /// Its frameworks, in the table's order.
    pub(crate) frameworks: Vec<&'static Framework>,
    /// Frameworks whose shipping directories hold: those with an entry page have it.
    pub(crate) shipping: Vec<&'static Framework>,
    /// `envPrefix` of its Vite configuration, if set: replaces `VITE_`.
    pub(crate) env_prefix: Option<Vec<String>>,
    /// Where that is set.
    pub(crate) env_prefix_file: Option<String>,
}

impl Package {
    /// What to call it in a message.
    pub(crate) fn shown(&self) -> String {
        if self.directory.is_empty() { "this package".to_owned() } else { format!("`{}`", self.directory) }
    }

    /// A path of this package relative to it, with a slash in front.
    pub(crate) fn relative<'a>(&self, path: &'a str) -> &'a str {
        if self.directory.is_empty() { path } else { path.strip_prefix(&self.directory).unwrap_or(path) }
    }
}

/// Packages by directory, remembered.
pub(crate) struct Packages<'a> {
    tree: &'a Cached<'a>,
    known: RefCell<BTreeMap<String, Rc<Package>>>,
}

impl<'a> Packages<'a> {
    pub(crate) fn new(tree: &'a Cached<'a>) -> Self {
        Self { tree, known: RefCell::default() }
    }

    /// The package of a file.
    pub(crate) fn of(&self, path: &str) -> Rc<Package> {
        let home = crate::lints::neighbours::directory(path);
        if let Some(known) = self.known.borrow().get(home) {
            return Rc::clone(known);
        }
        let package = Rc::new(ancestors(path).find_map(|directory| self.read(directory)).unwrap_or_default());
        self.known.borrow_mut().insert(home.to_owned(), Rc::clone(&package));
        package
    }

    /// The package of a directory, if a manifest or configuration there makes it one.
    fn read(&self, directory: &str) -> Option<Package> {
        let manifest = join(directory, "package.json")?;
        let dependencies = self.tree.text(&manifest).map(|text| dependencies(&text));
        let has = |name: &String| join(directory, name).is_some_and(|path| self.tree.has(&path));
        let mut package = Package { directory: directory.to_owned(), ..Package::default() };
        match dependencies {
            // A manifest that only says `"type": "module"` is not a package of its own.
            Some(dependencies) if !dependencies.is_empty() => {
                package.manifest = Some(manifest);
                package.frameworks =
                    all().iter().filter(|it| it.packages.iter().any(|name| dependencies.contains(name))).collect();
            }
            _ => {}
        }
        if package.frameworks.is_empty() {
            package.frameworks = all().iter().filter(|it| it.files.iter().any(has)).collect();
        }
        if package.manifest.is_none() && package.frameworks.is_empty() {
            return None;
        }
        package.shipping = package.frameworks.iter().copied().filter(|it| it.entry.as_ref().is_none_or(has)).collect();
        self.read_env_prefix(&mut package);
        Some(package)
    }

    fn read_env_prefix(&self, package: &mut Package) {
        for name in [
            "vite.config.ts",
            "vite.config.js",
            "vite.config.mts",
            "vite.config.mjs",
            "astro.config.mjs",
            "astro.config.ts",
        ] {
            let Some(path) = join(&package.directory, name) else { continue };
            if let Some(prefixes) = self.tree.text(&path).and_then(|text| env_prefix(&text)) {
                package.env_prefix = Some(prefixes);
                package.env_prefix_file = Some(path);
                return;
            }
        }
    }
}

/// The names of a manifest's dependencies of every kind.
fn dependencies(manifest: &str) -> Vec<String> {
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(manifest) else { return Vec::new() };
    ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"]
        .iter()
        .filter_map(|kind| manifest.get(kind)?.as_object())
        .flat_map(|names| names.keys().cloned())
        .collect()
}

/// `envPrefix: 'APP_'` or `envPrefix: ['VITE_', 'APP_']`.
fn env_prefix(config: &str) -> Option<Vec<String>> {
    let rest = config[config.find("envPrefix")? + "envPrefix".len()..].trim_start().strip_prefix(':')?.trim_start();
    let list = match rest.strip_prefix('[') {
        Some(list) => list.split(']').next()?,
        None => rest.split([',', '\n', '}']).next()?,
    };
    let prefixes: Vec<String> = list
        .split(',')
        .filter_map(|item| {
            let item = item.trim();
            let inner = item.trim_matches(['"', '\'', '`']);
            // A variable's name says nothing.
            (inner.len() + 2 == item.len()).then(|| inner.to_owned())
        })
        .filter(|item| !item.is_empty() && item.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    (!prefixes.is_empty()).then_some(prefixes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn names(files: &[(&str, &str)], path: &str) -> (Vec<String>, usize) {
        let tree = tree(files);
        let cached = Cached::new(&tree);
        let package = Packages::new(&cached).of(path);
        (package.frameworks.iter().map(|it| it.name.clone()).collect(), package.shipping.len())
    }

    #[test]
    fn every_package_has_its_own_framework() {
        let files = [
            ("package.json", r#"{"devDependencies":{"turbo":"2"}}"#),
            ("apps/web/package.json", r#"{"dependencies":{"next":"15"}}"#),
            ("apps/admin/package.json", r#"{"devDependencies":{"vite":"6"}}"#),
            ("apps/admin/index.html", "<html>"),
            ("apps/worker/package.json", r#"{"devDependencies":{"vite":"6"}}"#),
            ("apps/web/src/package.json", r#"{"type":"module"}"#),
        ];
        assert_eq!(names(&files, "apps/web/src/a.ts"), (vec!["Next.js".to_owned()], 1));
        assert_eq!(names(&files, "apps/admin/src/a.ts"), (vec!["Vite".to_owned()], 1));
        assert_eq!(names(&files, "apps/worker/src/a.ts"), (vec!["Vite".to_owned()], 0));
        assert_eq!(names(&files, "scripts/a.ts"), (vec![], 0));
    }

    #[test]
    fn env_prefixes_are_read() {
        assert_eq!(env_prefix("defineConfig({ envPrefix: 'APP_', })"), Some(vec!["APP_".to_owned()]));
        assert_eq!(env_prefix("envPrefix: [\"VITE_\", 'X_'],"), Some(vec!["VITE_".to_owned(), "X_".to_owned()]));
        assert_eq!(env_prefix("envPrefix: prefixes"), None);
        assert_eq!(env_prefix("plugins: []"), None);
    }
}
