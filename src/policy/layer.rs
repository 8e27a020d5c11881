//! The files of a configuration: one may extend others, and those below the root add to it for their directories.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::config::AllowEntry;
use super::{CONFIG_FILE, Error, MAX_POLICY_FILE, PolicyConfig};
use crate::model::snapshot::{PolicyFile, Snapshot};
use crate::model::{Context, Finding};
use crate::rules::RuleSet;

/// Longest chain of files that extend each other, beside the first.
const MAX_DEPTH: usize = 4;

/// Most files of a configuration.
const MAX_FILES: usize = 100;

/// Directories above a path whose files are looked for.
const MAX_NESTED: usize = 64;

/// Most entries of a file below the root, so that many of them cost no more than one at the root.
const MAX_NESTED_ENTRIES: usize = 1_000;

/// Directories of code that somebody else wrote.
const VENDORED: [&str; 4] = ["node_modules", "bower_components", "vendor", "third_party"];

/// One file of a configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyLayer {
    /// Its name in messages.
    pub(crate) file: String,
    /// The directory that it is about: empty, or with a slash at its end.
    pub(crate) below: String,
    pub(crate) config: PolicyConfig,
    /// Another file names it, so that no message quotes it.
    is_extended: bool,
}

impl PolicyLayer {
    pub(super) fn new(file: &str, below: &str, config: PolicyConfig) -> Self {
        Self { file: file.to_owned(), below: below.to_owned(), config, is_extended: false }
    }

    /// Iterates over the entries that cover a place.
    pub(super) fn allows(&self, finding: &Finding, path: &str) -> impl Iterator<Item = &AllowEntry> {
        let path = path.strip_prefix(&self.below);
        self.config.allows.iter().filter(move |allow| path.is_some_and(|path| allow.covers(finding, path)))
    }

    pub(super) fn context(&self, path: &str) -> Option<&[Context]> {
        self.config.context(path.strip_prefix(&self.below)?)
    }

    /// Checks that every rule that the file names exists.
    ///
    /// # Errors
    /// The first rule that does not exist.
    pub(crate) fn check_rules(&self, rules: &RuleSet) -> Result<(), Error> {
        match self.config.unknown_rule(rules) {
            None => Ok(()),
            Some(_) if self.is_extended => Err(Error::malformed(&self.file, "it names a rule that does not exist")),
            Some(rule) => Err(Error::malformed(&self.file, super::no_rule(rule, rules))),
        }
    }
}

/// The snapshot that a configuration is read from.
#[derive(Clone, Copy)]
pub(crate) struct ConfigFiles<'a> {
    pub(crate) files: &'a dyn Snapshot,
    /// Files outside of the root may be extended.
    pub(crate) outside: bool,
}

impl ConfigFiles<'_> {
    /// Reads a file and what it extends: the file itself, which wins, comes last. Nothing if there is no such file.
    ///
    /// # Errors
    /// A file cannot be read, has invalid content, or extends what it may not.
    pub(crate) fn load(&self, path: &str) -> Result<Vec<Rc<PolicyLayer>>, Error> {
        let mut layers = Vec::new();
        if let Some(bytes) = self.files.read(path, MAX_POLICY_FILE)? {
            let layer = PolicyLayer::new(path, "", PolicyConfig::parse(path, &bytes)?);
            self.add(layer, &mut vec![path.to_owned()], &mut layers)?;
        }
        Ok(layers)
    }

    /// Adds what a file extends, then the file. `chain` leads to it.
    fn add(&self, layer: PolicyLayer, chain: &mut Vec<String>, layers: &mut Vec<Rc<PolicyLayer>>) -> Result<(), Error> {
        for (name, number) in layer.config.extends.iter().zip(1..) {
            let failed = |why: &str| Err(Error::malformed(&layer.file, format_args!("extends: file {number} {why}")));
            let path = resolve(&layer.file, name);
            if is_outside(&path) && !self.outside {
                return failed(
                    "is outside of the repository, and counts only in scans of your own work tree; name it with --config",
                );
            }
            if chain.contains(&path) {
                return failed("extends this file in turn");
            }
            if chain.len() > MAX_DEPTH || layers.len() >= MAX_FILES {
                return failed("is one file too many: at most four levels and 100 files");
            }
            let Some(bytes) = self.files.read(&path, MAX_POLICY_FILE)? else { return failed("is not there") };
            let config = PolicyConfig::parse_unquoted(&path, &bytes)?;
            chain.push(path.clone());
            self.add(PolicyLayer { is_extended: true, ..PolicyLayer::new(&path, "", config) }, chain, layers)?;
            chain.pop();
        }
        layers.push(Rc::new(layer));
        Ok(())
    }
}

/// Returns the path of a file that another file names relative to itself.
fn resolve(from: &str, name: &str) -> String {
    if is_absolute(name) {
        return name.to_owned();
    }
    let directory = from.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(name.split('/')) {
        match part {
            "" if parts.is_empty() && from.starts_with('/') => parts.push(""),
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.contains(':')
}

fn is_outside(path: &str) -> bool {
    is_absolute(path) || path.split(['/', '\\']).any(|part| part == "..")
}

/// The files below the root, each read when something in its directory is judged.
pub(crate) struct NestedLayers {
    files: Rc<dyn Snapshot>,
    /// The reason that they have no effect, if they have none.
    refused: Option<&'static str>,
    /// By directory, with a slash at its end.
    known: BTreeMap<String, Option<Rc<PolicyLayer>>>,
    /// Notices about them for the user.
    pub(super) notices: BTreeSet<String>,
    pub(super) errors: Vec<Error>,
}

impl NestedLayers {
    pub(super) fn new(files: Rc<dyn Snapshot>, refused: Option<&'static str>) -> Self {
        Self { files, refused, known: BTreeMap::new(), notices: BTreeSet::new(), errors: Vec::new() }
    }

    /// Returns the files of the directories above a path, the innermost last.
    pub(super) fn above(&mut self, path: &str) -> Vec<Rc<PolicyLayer>> {
        let ends = memchr::memchr_iter(b'/', path.as_bytes()).take(MAX_NESTED);
        ends.filter_map(|end| self.of(&path[..=end])).collect()
    }

    fn of(&mut self, directory: &str) -> Option<Rc<PolicyLayer>> {
        if let Some(known) = self.known.get(directory) {
            return known.clone();
        }
        let layer = self.read(directory).unwrap_or_else(|error| {
            self.errors.push(error);
            None
        });
        let layer = layer.map(Rc::new);
        self.known.insert(directory.to_owned(), layer.clone());
        layer
    }

    fn read(&mut self, directory: &str) -> Result<Option<PolicyLayer>, Error> {
        let path = format!("{directory}{CONFIG_FILE}");
        let vendored = is_vendored(directory).then_some("it is in vendored code");
        let (bytes, refused) = match self.files.policy_file(&path) {
            PolicyFile::Absent => (None, None),
            PolicyFile::Foreign(why) => (Some(Vec::new()), Some(why)),
            PolicyFile::Own => (self.files.read(&path, MAX_POLICY_FILE)?, vendored.or(self.refused)),
        };
        let (Some(bytes), None) = (bytes, refused) else {
            self.notices.extend(refused.map(|why| format!("{path} has no effect: {why}")));
            return Ok(None);
        };
        parse_nested(&path, &bytes).map(|config| Some(PolicyLayer::new(&path, directory, config)))
    }

    /// Checks that every rule that a file names exists.
    pub(super) fn check_rules(&mut self, rules: &RuleSet) {
        let checked = self.known.values().flatten().filter_map(|layer| layer.check_rules(rules).err());
        self.errors.extend(checked);
    }
}

/// Returns true if a path leads into code that somebody else wrote.
pub(super) fn is_vendored(path: &str) -> bool {
    path.split('/').any(|part| VENDORED.contains(&part))
}

/// Reads a file below the root.
///
/// # Errors
/// It is malformed, or holds what only the root's may hold.
pub(super) fn parse_nested(path: &str, bytes: &[u8]) -> Result<PolicyConfig, Error> {
    let config = PolicyConfig::parse(path, bytes)?;
    if !config.may_be_nested() {
        return Err(Error::malformed(path, "only [[allow]] and [[context]] may stand in a file below the root"));
    }
    if config.allows.len() + config.contexts.len() > MAX_NESTED_ENTRIES {
        return Err(Error::malformed(path, format_args!("more than {MAX_NESTED_ENTRIES} entries")));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_extended_files() {
        for (from, name, path, outside) in [
            ("pinstripe.toml", "org.toml", "org.toml", false),
            ("pinstripe.toml", "./policies//org.toml", "policies/org.toml", false),
            ("policies/a.toml", "b.toml", "policies/b.toml", false),
            ("policies/a.toml", "../b.toml", "b.toml", false),
            ("policies/a.toml", "../../b.toml", "../b.toml", true),
            ("../a.toml", "b.toml", "../b.toml", true),
            ("../a.toml", "../b.toml", "../../b.toml", true),
            ("/etc/a.toml", "b.toml", "/etc/b.toml", true),
            ("/a.toml", "../../b.toml", "/../../b.toml", true),
            ("a.toml", "/b.toml", "/b.toml", true),
            ("a.toml", "C:\\b.toml", "C:\\b.toml", true),
        ] {
            let found = resolve(from, name);
            assert_eq!((found.as_str(), is_outside(&found)), (path, outside), "{from} {name}");
        }
    }
}
