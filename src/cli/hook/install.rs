//! `pinstripe hook install`: a small script that runs whatever was there before, then this program.

#![expect(clippy::disallowed_methods, reason = "edge module: writes hook scripts and asks git where they belong")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::super::more_args::Install;
use super::super::output;

/// The line by which a script of ours is known.
const MARK: &str = "# pinstripe-hook";

/// What a hook that was there before is called from then on.
const BEFORE: &str = ".before-pinstripe";

/// Hooks that a directory of one's own for all repositories hides, unless it passes them on.
const ALL: [&str; 16] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "pre-push",
    "pre-receive",
    "update",
    "post-receive",
    "post-rewrite",
];

pub(super) fn run(wanted: &Install) -> anyhow::Result<u8> {
    let mut hooks = Vec::new();
    if wanted.pre_commit || !(wanted.pre_push || wanted.commit_msg) {
        // `git merge` commits what it could merge without asking the pre-commit hook.
        hooks.extend(["pre-commit", "pre-merge-commit"]);
    }
    if wanted.commit_msg {
        hooks.push("commit-msg");
    }
    if wanted.pre_push {
        hooks.push("pre-push");
    }
    let directory = if wanted.global { global_directory()? } else { own_directory()? };
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    for hook in &hooks {
        install(&directory, hook, wanted.global)?;
    }
    if wanted.global {
        for hook in ALL.into_iter().filter(|hook| !hooks.contains(hook) && !directory.join(hook).exists()) {
            write(&directory.join(hook), &script(hook, true, false)?)?;
        }
        if git(&["config", "--global", "--get", "core.hooksPath"]).is_none() {
            let path = directory.to_string_lossy();
            git(&["config", "--global", "core.hooksPath", &path]).context("git config --global failed")?;
            output::warn(&format!("core.hooksPath is now {path}"));
        }
    }
    Ok(0)
}

/// Where git looks for hooks of this repository.
fn own_directory() -> anyhow::Result<PathBuf> {
    let path = git(&["rev-parse", "--git-path", "hooks"]).context("this is not a git repository")?;
    let common = git(&["rev-parse", "--git-common-dir"]).unwrap_or_default();
    let directory = PathBuf::from(&path);
    if path.replace('\\', "/").trim_end_matches('/').ends_with(".husky/_") {
        bail!("husky owns {path}; put `pinstripe hook pre-commit` into .husky/pre-commit instead");
    }
    let own = directory.starts_with(&common) || git(&["config", "--local", "--get", "core.hooksPath"]).is_some();
    if !own {
        bail!("core.hooksPath is {path} for all of your repositories; use --global to install there");
    }
    Ok(directory)
}

/// Where hooks for all repositories of this user belong.
fn global_directory() -> anyhow::Result<PathBuf> {
    if let Some(path) = git(&["config", "--global", "--type=path", "--get", "core.hooksPath"]) {
        return Ok(PathBuf::from(path));
    }
    let variable = |name| super::variable(name).map(PathBuf::from);
    let base = variable("XDG_CONFIG_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".config")))
        .or_else(|| variable("APPDATA"));
    Ok(base.context("neither XDG_CONFIG_HOME nor HOME is set")?.join("pinstripe").join("hooks"))
}

/// Puts our script in place. A hook that is there keeps its content under another name, and runs first.
fn install(directory: &Path, hook: &str, global: bool) -> anyhow::Result<()> {
    let file = directory.join(hook);
    let before = directory.join(format!("{hook}{BEFORE}"));
    let there = fs::symlink_metadata(&file).is_ok();
    if there && !is_ours(&file) {
        if fs::symlink_metadata(&before).is_ok() {
            bail!("{} and {} are both there; merge them by hand first", file.display(), before.display());
        }
        fs::rename(&file, &before).with_context(|| format!("cannot move {}", file.display()))?;
        output::warn(&format!("kept the hook that was there as {}", before.display()));
    }
    write(&file, &script(hook, global, true)?)?;
    output::warn(&format!("installed {}", file.display()));
    Ok(())
}

fn is_ours(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|there| there.is_file())
        && fs::read(file).is_ok_and(|text| memchr::memmem::find(&text, MARK.as_bytes()).is_some())
}

/// The script: what was there before, then the repository's own hook where ours is for all, then this program.
fn script(hook: &str, global: bool, scans: bool) -> anyhow::Result<String> {
    let program = std::env::current_exe().context("where this program is")?;
    let program = program.to_string_lossy().replace('\'', "'\\''");
    let reads = matches!(hook, "pre-push" | "pre-receive" | "post-receive" | "post-rewrite");
    let (keep, feed) = if reads { ("input=$(cat)\n", "printf '%s\\n' \"$input\" | ") } else { ("", "") };
    let mut text = format!(
        "#!/bin/sh\n{MARK} {hook}\n# Written by `pinstripe hook install`; what was here before runs first.\n{keep}\
         before=\"$(dirname -- \"$0\")/{hook}{BEFORE}\"\nif [ -x \"$before\" ]; then\n  {feed}\"$before\" \"$@\" || exit $?\nfi\n"
    );
    if global {
        text.push_str(&format!(
            "own=\"$(git rev-parse --git-common-dir)/hooks/{hook}\"\nif [ -x \"$own\" ] && [ ! \"$own\" -ef \"$0\" ]; then\n  \
             {feed}\"$own\" \"$@\" || exit $?\nfi\n"
        ));
    }
    if scans {
        text.push_str(&format!(
            "pinstripe='{program}'\n[ -x \"$pinstripe\" ] || pinstripe=$(command -v pinstripe) || {{\n  \
             echo \"pinstripe is not installed; install it, or remove $0\" >&2\n  exit 1\n}}\n"
        ));
        // Hooks before a commit get no arguments; the others get what they are about.
        let command = if hook == "pre-merge-commit" { "pre-commit" } else { hook };
        text.push_str(&format!("{feed}\"$pinstripe\" hook {command} \"$@\"\n"));
    }
    Ok(text)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", file.display());
    output::write_whole(file, text.as_bytes()).with_context(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).with_context(failed)?;
    }
    Ok(())
}

/// Asks git with the user's own configuration, which decides where hooks are.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned())
}
