//! The client graph: modules that code for the browser imports, and how it comes to them.
//!
//! Pages, components and modules with `use client` are its entries; types and modules for servers end an edge.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::cached_tree::CachedTree;
use super::context::path_purpose::PathPurpose;
use super::line_syntax::position;
use super::paths::{ancestors, directory, file_name, join};
use crate::code::model::{Code, Kind};
use crate::code::{self, program::Program};
use crate::model::{Context, Evidence};
use crate::rules::{language, pattern};

/// Modules that the graph holds at most.
const MAX_MODULES: usize = 4_000;

/// Files whose text is searched for imports at most.
const MAX_READ: usize = 400;

/// Imports of one file that are followed by its text.
const MAX_IMPORTS: usize = 500;

/// Modules that are looked at because one gives on what the next exports.
const MAX_GIVEN_ON: usize = 16;

/// Steps of a way that are told.
const MAX_STEPS: usize = 8;

/// Bytes at the beginning of a file that are searched for its directive.
const HEAD: usize = 512;

/// The step by which the graph comes to a module.
struct Step {
    /// The module or page that loads it, and where; `None` for an entry.
    from: Option<(String, usize)>,
}

/// Modules by the step that leads to them.
type Steps = BTreeMap<String, Step>;

#[derive(Default)]
pub(super) struct ClientGraph {
    /// Files from which client code starts.
    entries: Vec<String>,
    /// Modules that an entry may lead to by the text of imports alone: types, comments and servers' modules are followed
    /// too. Most files that are asked for are not among them, and then nothing is parsed.
    candidates: OnceCell<BTreeSet<String>>,
    steps: OnceCell<Steps>,
}

/// Returns true for a file that browsers load, or that a framework compiles for them.
pub(super) fn is_entry(path: &str, bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    let has = |text: &[u8], word: &[u8]| memchr::memmem::find(text, word).is_some();
    match language::of_path(path).map_or("", |language| language.name) {
        "javascript" => has(head, b"use client"),
        "component" => has(bytes, b"import"),
        "html" => has(bytes, b"<script") && has(bytes, b"src"),
        _ => false,
    }
}

impl ClientGraph {
    pub(super) fn new(entries: Vec<String>) -> Self {
        Self { entries, ..Self::default() }
    }

    /// Returns the way to a module from an entry; empty if there is none.
    pub(super) fn way(&self, tree: &CachedTree<'_>, path: &str, expired: &dyn Fn() -> bool) -> Vec<Evidence> {
        if !self.candidates.get_or_init(|| candidates(tree, &self.entries, expired)).contains(path) {
            return Vec::new();
        }
        let steps = self.steps.get_or_init(|| steps(tree, &self.entries, expired));
        let (mut way, mut at) = (Vec::new(), path);
        while let Some((from, offset)) = steps.get(at).and_then(|step| step.from.as_ref()) {
            let text = tree.text(from);
            let place = text.as_deref().map_or(crate::detect::lines::Position::START, |text| {
                position(text.as_bytes(), (*offset).min(text.len()))
            });
            let message = format!("`{from}` loads `{at}`");
            way.push(Evidence { message, path: from.clone(), line: place.line, column: place.column });
            at = from;
            if way.len() == MAX_STEPS {
                break;
            }
        }
        way.reverse();
        way
    }
}

/// Returns true if a module that a server's file imports is for the browser, or gives on what one of them exports.
pub(super) fn is_client_module(tree: &CachedTree<'_>, from: &str, module: &str) -> bool {
    if module.is_empty() || tree.text(from).is_some_and(|text| is_entry(from, text.as_bytes())) {
        return false;
    }
    let program = Program::new(tree, &|_| true);
    let start =
        code::candidates(from, module, "javascript", tree).into_iter().find(|path| code::reads(path) && tree.has(path));
    let (mut open, mut seen) = (VecDeque::from_iter(start), BTreeSet::new());
    while let Some(path) = open.pop_front().filter(|_| seen.len() < MAX_GIVEN_ON) {
        if !seen.insert(path.clone()) {
            continue;
        }
        if tree.text(&path).is_some_and(|text| is_entry(&path, text.as_bytes())) {
            return true;
        }
        let Some(file) = program.load(&path) else { continue };
        let code = Arc::clone(&program.file(file).code);
        for export in code.children(code.root()).iter().filter(|at| code.kind(**at) == Kind::Export) {
            let given = code.children(*export).iter().filter(|at| code.kind(**at) == Kind::Import);
            let found = given.filter_map(|at| program.module(file, code.name(*at)));
            open.extend(found.map(|at| program.file(at).path.clone()));
        }
    }
    false
}

/// Follows the text of imports from the entries.
fn candidates(tree: &CachedTree<'_>, entries: &[String], expired: &dyn Fn() -> bool) -> BTreeSet<String> {
    static IMPORTS: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"(?:\bfrom|\brequire\s*\(|\bimport\s*\(?)\s*["'`]([^"'`\n]{1,300})["'`]"#;
    let Some(imports) = IMPORTS.get_or_init(|| pattern::compile_lint(pattern).ok()) else { return BTreeSet::new() };
    let mut found: BTreeSet<String> = entries.iter().filter(|path| !is_elsewhere(path)).cloned().collect();
    let mut open: VecDeque<String> = found.iter().cloned().collect();
    // The packages that files of one directory import are the same.
    let mut packages: BTreeMap<(String, String), Option<String>> = BTreeMap::new();
    for _ in 0..MAX_READ {
        let Some(path) = open.pop_front().filter(|_| !expired()) else { break };
        let Some(text) = tree.text(&path) else { continue };
        let mut next = Vec::new();
        if language::of_path(&path).is_some_and(|language| language.name == "html") {
            next.extend(scripts(tree, &path, &text).into_iter().map(|(script, _)| script));
        } else {
            let modules = imports.captures_iter(text.as_bytes()).filter_map(|captures| captures.get(1));
            for module in modules.take(MAX_IMPORTS) {
                let module = String::from_utf8_lossy(module.as_bytes()).into_owned();
                let resolve = || {
                    let paths = code::candidates(&path, &module, "javascript", tree);
                    paths.into_iter().filter(|path| code::reads(path)).find(|path| tree.has(path))
                };
                if module.starts_with('.') {
                    next.extend(resolve());
                } else {
                    let package = (directory(&path).to_owned(), module.clone());
                    next.extend(packages.entry(package).or_insert_with(resolve).clone());
                }
            }
        }
        for module in next.into_iter().filter(|path| !is_elsewhere(path)) {
            if found.insert(module.clone()) {
                open.push_back(module);
            }
        }
    }
    found
}

/// Follows the imports of the entries.
fn steps(tree: &CachedTree<'_>, entries: &[String], expired: &dyn Fn() -> bool) -> Steps {
    let program = Program::new(tree, &|_| true);
    let (mut steps, mut open) = (Steps::new(), VecDeque::new());
    for entry in entries.iter().filter(|path| !is_elsewhere(path)) {
        steps.insert(entry.clone(), Step { from: None });
        let Some(text) = tree.text(entry) else { continue };
        match language::of_path(entry).map_or("", |language| language.name) {
            "html" => {
                for (script, at) in scripts(tree, entry, &text) {
                    let file = program.load(&script);
                    open.extend(add(&mut steps, &script, (entry.as_str(), at), file));
                }
            }
            "component" => {
                let code = code::parse("component.ts", script_of(&text).as_bytes());
                open.extend(code.map(|code| program.add(entry, Arc::new(code))));
            }
            _ => open.extend(program.load(entry)),
        }
    }
    while let Some(file) = open.pop_front().filter(|_| steps.len() < MAX_MODULES && !expired()) {
        let from = program.file(file);
        for (module, at) in imports(&from.code) {
            if let Some(found) = program.module(file, module) {
                let path = program.file(found).path.clone();
                open.extend(add(&mut steps, &path, (from.path.as_str(), at), Some(found)));
            }
        }
    }
    steps
}

/// Adds a module that is new and may ship. Returns its file, which is to be followed.
fn add(steps: &mut Steps, path: &str, (from, at): (&str, usize), file: Option<usize>) -> Option<usize> {
    if is_elsewhere(path) || steps.contains_key(path) {
        return None;
    }
    steps.insert(path.to_owned(), Step { from: Some((from.to_owned(), at)) });
    file
}

/// Returns true for what does not ship although client code names it, and for tests and examples.
fn is_elsewhere(path: &str) -> bool {
    let purpose = PathPurpose::of(path);
    purpose.vendored || [Context::Server, Context::Test, Context::Docs].iter().any(|tag| purpose.is(*tag))
}

/// Returns the names of the modules that a file imports when it runs, with their places; none for a server's.
fn imports(code: &Code) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let statements = code.children(code.root());
    let is_server = |text: &str| text == "use server";
    if statements.first().is_some_and(|first| code.kind(*first) == Kind::Text && is_server(code.name(*first))) {
        return found;
    }
    for (id, node) in code.nodes() {
        let module = match node.kind {
            Kind::Import => code.name(id),
            Kind::Call if matches!(code.name(code.child(id, 0)), "import" | "require") => code.name(code.child(id, 1)),
            _ => continue,
        };
        if module == "server-only" {
            return Vec::new();
        }
        if !module.is_empty() {
            found.push((module, code.span(id).start));
        }
    }
    found
}

/// Returns the scripts in a component, without what a server runs.
fn script_of(text: &str) -> String {
    let mut scripts = String::new();
    let mut rest = text;
    while let Some((head, inner)) = rest.find("<script").and_then(|at| rest[at..].split_once('>')) {
        let (script, behind) = inner.split_once("</script>").unwrap_or((inner, ""));
        if !head.contains("server") {
            scripts.push_str(script);
            scripts.push('\n');
        }
        rest = behind;
    }
    scripts
}

/// Returns the local scripts that a page loads, with their places.
fn scripts(tree: &CachedTree<'_>, page: &str, text: &str) -> Vec<(String, usize)> {
    static SOURCES: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"<script\b[^>]{0,300}?\bsrc\s*=\s*["']?([^"'\s>]{1,300})"#;
    let Some(sources) = SOURCES.get_or_init(|| pattern::compile_lint(pattern).ok()) else { return Vec::new() };
    let mut found = Vec::new();
    for source in sources.captures_iter(text.as_bytes()).filter_map(|captures| captures.get(1)).take(100) {
        let name = String::from_utf8_lossy(source.as_bytes());
        let name = name.split(['?', '#']).next().unwrap_or_default();
        if name.contains("//") || name.contains("{{") {
            continue;
        }
        let homes: Vec<&str> = if name.starts_with('/') { ancestors(page).collect() } else { vec![directory(page)] };
        let path = homes.into_iter().filter_map(|home| join(home, name)).find(|path| tree.has(path));
        found.extend(path.filter(|path| file_name(path).contains('.')).map(|path| (path, source.start())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(files: &[(&str, &str)], path: &str) -> Vec<String> {
        let tree: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        let cached = CachedTree::new(&tree);
        let entries: Vec<String> = files
            .iter()
            .filter(|(path, text)| is_entry(path, text.as_bytes()))
            .map(|(path, _)| (*path).to_owned())
            .collect();
        let graph = ClientGraph::new(entries);
        graph.way(&cached, path, &|| false).into_iter().map(|step| format!("{}:{}", step.path, step.line)).collect()
    }

    #[test]
    fn ways_lead_from_an_entry_to_a_module() {
        let keys = ("lib/keys.ts", "export const key = 1;");
        let pay = ("lib/pay.ts", "import { key } from './keys';\nexport const pay = () => key;");
        let button = |import: &'static str| ("app/button.tsx", import);
        let client = "'use client'\nimport { pay } from '../lib/pay'";
        assert_eq!(way(&[keys, pay, button(client)], "lib/keys.ts"), ["app/button.tsx:2", "lib/pay.ts:1"]);
        assert!(way(&[keys, pay, button("import { pay } from '../lib/pay'")], "lib/keys.ts").is_empty());
        assert!(
            way(&[keys, pay, button("'use client'\nimport type { pay } from '../lib/pay'")], "lib/keys.ts").is_empty()
        );
        let guarded =
            ("lib/pay.ts", "import 'server-only';\nimport { key } from './keys';\nexport const pay = () => key;");
        assert!(way(&[keys, guarded, button(client)], "lib/keys.ts").is_empty());
        let action = ("lib/pay.ts", "'use server';\nimport { key } from './keys';\nexport const pay = () => key;");
        assert!(way(&[keys, action, button(client)], "lib/keys.ts").is_empty());
        let barrel = ("lib/pay.ts", "export * from './keys';");
        assert_eq!(way(&[keys, barrel, button(client)], "lib/keys.ts").len(), 2);
        let page = ("index.html", "<p>\n<script type=module src=\"/lib/pay.ts\"></script>");
        assert_eq!(way(&[keys, pay, page], "lib/keys.ts"), ["index.html:2", "lib/pay.ts:1"]);
        let component = ("Pay.vue", "<template/>\n<script setup>\nimport { pay } from './lib/pay'\n</script>");
        assert_eq!(way(&[keys, pay, component], "lib/keys.ts").len(), 2);
    }
}
