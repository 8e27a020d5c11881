//! Frameworks of a package by its nearest manifest: what they inline and ship.
//!
//! In a monorepo every package has its own manifest. The facts are data: `rules/tables/frameworks.toml`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use crate::lints::cached_tree::CachedTree;
use crate::lints::paths::{ancestors, directory, file_name, join};
use crate::model::Evidence;

/// An entry of the table; see its head.
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
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    executors: Vec<String>,
    entry: Option<String>,
    #[serde(default)]
    pub(crate) native: bool,
    #[serde(default)]
    pub(crate) splits: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameworkTable {
    /// Packages of servers, and those that take part in making what browsers run.
    #[serde(default)]
    servers: Vec<String>,
    #[serde(default)]
    clients: Vec<String>,
    framework: Vec<Framework>,
}

/// Returns every framework.
pub(crate) fn all() -> &'static [Framework] {
    &table().framework
}

fn table() -> &'static FrameworkTable {
    static TABLE: OnceLock<FrameworkTable> = OnceLock::new();
    // Tests parse the table, so that the default is never used.
    TABLE.get_or_init(|| toml::from_str(include_str!("../../../rules/tables/frameworks.toml")).unwrap_or_default())
}

impl Framework {
    /// Returns the prefix of a variable's name, if the framework inlines such variables.
    pub(crate) fn prefix_of(&self, name: &str) -> Option<&str> {
        self.prefixes.iter().map(String::as_str).find(|prefix| match name.get(..prefix.len()) {
            Some(head) if self.ignore_case => head.eq_ignore_ascii_case(prefix),
            Some(head) => head == *prefix,
            None => false,
        })
    }

    /// Returns true if all code at a path ships. `relative` is the path in the package, with a slash in front.
    pub(crate) fn ships_from(&self, relative: &str) -> bool {
        let below = |list: &[String]| list.iter().any(|directory| relative.starts_with(directory.as_str()));
        below(&self.ships) && !below(&self.server)
    }

    /// Returns true for a module that ships unless something in it is for servers only.
    pub(crate) fn compiles(&self, relative: &str) -> bool {
        let below = |list: &[String]| list.iter().any(|directory| relative.starts_with(directory.as_str()));
        below(&self.modules) && !below(&self.server)
    }

    /// Returns true if the name of a file marks it as code for the browser.
    pub(crate) fn names_client(&self, path: &str) -> bool {
        let name = file_name(path);
        self.client.iter().any(|part| name.contains(part.as_str()))
    }

    /// Returns `a Vite app`, `an Expo app`.
    fn app_name(&self) -> String {
        let article = if self.name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
        let noun = if self.name.ends_with("App") || self.name.ends_with("Storybook") { "" } else { " app" };
        format!("{article} {}{noun}", self.name)
    }
}

/// Returns true if any framework inlines variables of this name.
pub(crate) fn any_prefix(name: &str) -> bool {
    all().iter().any(|framework| framework.prefix_of(name).is_some())
}

/// Returns true if a text has a prefix that any framework inlines; in upper or lower case, where the case is ignored.
pub(crate) fn any_prefix_in(text: &[u8]) -> bool {
    static SEARCHER: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let searcher = SEARCHER.get_or_init(|| {
        let mut prefixes: Vec<String> = Vec::new();
        for framework in all() {
            prefixes.extend(framework.prefixes.iter().cloned());
            prefixes.extend(framework.prefixes.iter().filter(|_| framework.ignore_case).map(|it| it.to_lowercase()));
        }
        // Only a search for the leftmost uses SIMD.
        AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(prefixes).ok()
    });
    searcher.as_ref().is_none_or(|searcher| searcher.is_match(text))
}

/// The package that a file belongs to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Package {
    /// Empty for the root.
    pub(crate) directory: String,
    manifest: Option<String>,
    /// In the table's order.
    pub(crate) frameworks: Vec<&'static Framework>,
    /// Frameworks whose entry page exists, or that need none.
    pub(crate) shipping: Vec<&'static Framework>,
    pub(crate) env_prefix: Option<EnvPrefix>,
    /// A server without anything that makes what browsers run.
    pub(crate) is_backend: bool,
}

/// `envPrefix` of a Vite configuration: replaces `VITE_`.
#[derive(Debug, Clone)]
pub(crate) struct EnvPrefix {
    pub(crate) file: String,
    pub(crate) prefixes: Vec<String>,
}

impl Package {
    fn name(&self) -> String {
        if self.directory.is_empty() { "this package".to_owned() } else { format!("`{}`", self.directory) }
    }

    /// Returns "`apps/web` is a Vite app".
    pub(crate) fn is_app_of(&self, framework: &Framework) -> String {
        format!("{} is {}", self.name(), framework.app_name())
    }

    /// Points to the manifest that names the framework.
    pub(crate) fn evidence(&self, framework: &Framework) -> Option<Evidence> {
        let path = self.manifest.clone()?;
        Some(Evidence { message: format!("{} uses {}", self.name(), framework.name), path, line: 1, column: 1 })
    }

    /// Returns the path of a file in the package, with a slash in front.
    pub(crate) fn relative(&self, path: &str) -> String {
        format!("/{}", path.strip_prefix(&self.directory).unwrap_or(path).trim_start_matches('/'))
    }
}

const VITE_CONFIGS: &str =
    "vite.config.ts vite.config.js vite.config.mts vite.config.mjs astro.config.mjs astro.config.ts";

/// The packages of a tree, read once per directory.
pub(crate) struct Packages<'a> {
    tree: &'a CachedTree<'a>,
    known: RefCell<BTreeMap<String, Rc<Package>>>,
}

impl<'a> Packages<'a> {
    pub(crate) fn new(tree: &'a CachedTree<'a>) -> Self {
        Self { tree, known: RefCell::default() }
    }

    pub(crate) fn of(&self, path: &str) -> Rc<Package> {
        let home = directory(path);
        if let Some(known) = self.known.borrow().get(home) {
            return Rc::clone(known);
        }
        let package = Rc::new(ancestors(path).find_map(|directory| self.read(directory)).unwrap_or_default());
        self.known.borrow_mut().insert(home.to_owned(), Rc::clone(&package));
        package
    }

    /// Returns the package of a directory, if it has a manifest or a framework's configuration.
    fn read(&self, directory: &str) -> Option<Package> {
        let manifest = join(directory, "package.json")?;
        let dependencies = self.tree.text(&manifest).map(|text| dependencies(&text));
        let has = |name: &String| join(directory, name).is_some_and(|path| self.tree.has(&path));
        let mut package = Package { directory: directory.to_owned(), ..Package::default() };
        // A manifest that only says `"type": "module"` is not a package of its own.
        if let Some(dependencies) = dependencies.filter(|dependencies| !dependencies.is_empty()) {
            package.manifest = Some(manifest);
            package.frameworks =
                all().iter().filter(|it| it.packages.iter().any(|name| dependencies.contains(name))).collect();
            let has_any = |names: &[String]| names.iter().any(|name| dependencies.contains(name));
            package.is_backend = has_any(&table().servers) && !has_any(&table().clients);
        }
        if package.frameworks.is_empty()
            && let Some(project) = join(directory, "project.json").and_then(|path| self.tree.text(&path))
        {
            let runs = |it: &&Framework| it.executors.iter().any(|executor| project.contains(executor.as_str()));
            package.frameworks = all().iter().filter(runs).collect();
        }
        if package.frameworks.is_empty() {
            package.frameworks = all().iter().filter(|it| it.files.iter().any(has)).collect();
        }
        if package.manifest.is_none() && package.frameworks.is_empty() {
            return None;
        }
        package.is_backend &= package.frameworks.iter().all(|it| it.prefixes.is_empty());
        package.shipping = package.frameworks.iter().copied().filter(|it| it.entry.as_ref().is_none_or(has)).collect();
        package.env_prefix = VITE_CONFIGS.split(' ').find_map(|name| {
            let file = join(directory, name)?;
            let prefixes = env_prefix(&self.tree.text(&file)?)?;
            Some(EnvPrefix { file, prefixes })
        });
        Some(package)
    }
}

/// Returns the names of a manifest's dependencies of every kind.
fn dependencies(manifest: &str) -> Vec<String> {
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(manifest) else { return Vec::new() };
    ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"]
        .iter()
        .filter_map(|kind| manifest.get(kind)?.as_object())
        .flat_map(|names| names.keys().cloned())
        .collect()
}

/// Reads `envPrefix: 'APP_'` or `envPrefix: ['VITE_', 'APP_']`.
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
            // Skip variables.
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
        let cached = CachedTree::new(&tree);
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
