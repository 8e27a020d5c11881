//! Programs that manage the hooks of a repository and would overwrite ours, or be overwritten.

use std::path::{Path, PathBuf};

use crate::git::disk;

/// Files that configure lefthook, below the top of the work tree.
const LEFTHOOK: [&str; 10] = [
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".config/lefthook.yml",
    ".config/lefthook.yaml",
    "lefthook.toml",
    ".lefthook.toml",
    "lefthook.json",
    ".lefthook.json",
];

/// Largest configuration that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A manager of hooks, with the file that a hook's line belongs to.
pub(super) struct HookManager {
    pub(super) name: &'static str,
    /// The configuration of lefthook, or the directory of husky's hooks.
    place: PathBuf,
}

impl HookManager {
    /// Recognizes the manager by its configuration, or by the directory that git runs hooks from.
    pub(super) fn of(top: &Path, hooks: &Path) -> Option<Self> {
        let husky = hooks.to_string_lossy().replace('\\', "/");
        if husky.trim_end_matches('/').ends_with(".husky/_") {
            return Some(Self { name: "husky", place: top.join(".husky") });
        }
        let file = LEFTHOOK.iter().map(|name| top.join(name)).find(|file| disk::exists(file))?;
        Some(Self { name: "lefthook", place: file })
    }

    fn file(&self, hook: &str) -> PathBuf {
        if self.name == "husky" { self.place.join(hook) } else { self.place.clone() }
    }

    /// Returns true if the manager runs this program already.
    pub(super) fn runs(&self, hook: &str) -> bool {
        let text = disk::read(&self.file(hook), MAX_FILE).ok().flatten().unwrap_or_default();
        memchr::memmem::find(&text, format!("pinstripe hook {}", command(hook)).as_bytes()).is_some()
    }

    /// Returns the lines to add for a hook.
    pub(super) fn lines(&self, hook: &str) -> String {
        let file = self.file(hook);
        let command = command(hook);
        if self.name == "husky" {
            let arguments = if hook == "pre-commit" || hook == "pre-merge-commit" { "" } else { " \"$@\"" };
            return format!("  {}:\n    pinstripe hook {command}{arguments}", file.display());
        }
        let arguments = match hook {
            "commit-msg" => " {1}",
            "pre-push" => " {1} {2}",
            _ => "",
        };
        let stdin = if hook == "pre-push" { "\n          use_stdin: true" } else { "" };
        format!(
            "  {}:\n    {hook}:\n      commands:\n        pinstripe:\n          run: pinstripe hook {command}{arguments}{stdin}",
            file.display()
        )
    }
}

/// `git merge` runs a hook of its own, for which the command is that of a commit.
pub(super) fn command(hook: &str) -> &str {
    if hook == "pre-merge-commit" { "pre-commit" } else { hook }
}
