//! `pinstripe hook install`, `uninstall` and `status`: a script that runs the previous hook, then this program.

#![expect(clippy::disallowed_methods, reason = "writes hook scripts and runs git")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::super::hook_args::{HookScope, InstallArgs};
use super::super::output;
use super::manager::{HookManager, command};

/// Marks scripts that this program wrote.
const MARK: &str = "# pinstripe-hook";

/// Appended to the name of the previous hook.
const BEFORE: &str = ".before-pinstripe";

/// Hooks that a global hooks directory disables, unless it has scripts that run them.
const ALL: &str = "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg \
                   commit-msg post-commit pre-rebase post-checkout post-merge pre-push pre-receive update post-receive \
                   post-rewrite";

pub(super) fn run(args: &InstallArgs) -> anyhow::Result<u8> {
    let mut hooks = Vec::new();
    if args.pre_commit || !(args.pre_push || args.commit_msg) {
        // `git merge` does not run the pre-commit hook.
        hooks.extend(["pre-commit", "pre-merge-commit"]);
    }
    if args.commit_msg {
        hooks.push("commit-msg");
    }
    if args.pre_push {
        hooks.push("pre-push");
    }
    let global = args.scope.global;
    let directory = if global { global_directory()? } else { own_directory()? };
    if let Some(manager) = manager(global, &directory) {
        let lines: Vec<String> =
            hooks.iter().filter(|hook| !manager.runs(hook)).map(|hook| manager.lines(hook)).collect();
        if lines.is_empty() {
            output::warn(&format!("{} runs pinstripe already", manager.name));
            return Ok(0);
        }
        bail!("{} manages the hooks here, so nothing was installed; add to\n{}", manager.name, lines.join("\n"));
    }
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    for hook in &hooks {
        install(&directory, hook, global)?;
    }
    if global {
        for hook in ALL.split(' ').filter(|hook| !hooks.contains(hook) && !directory.join(hook).exists()) {
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

/// Returns the program that manages the hooks of this repository.
fn manager(global: bool, directory: &Path) -> Option<HookManager> {
    let top = git(&["rev-parse", "--show-toplevel"]).filter(|_| !global)?;
    HookManager::of(Path::new(&top), directory)
}

/// Removes the scripts of this program, and restores the hooks that were there before them.
pub(super) fn uninstall(scope: &HookScope) -> anyhow::Result<u8> {
    let directory = if scope.global { global_directory()? } else { own_directory()? };
    let mut removed = 0;
    for hook in ALL.split(' ') {
        let file = directory.join(hook);
        if !is_ours(&file) {
            continue;
        }
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        removed += 1;
        let before = directory.join(format!("{hook}{BEFORE}"));
        if fs::symlink_metadata(&before).is_ok() {
            fs::rename(&before, &file).with_context(|| format!("cannot restore {}", file.display()))?;
            output::warn(&format!("removed {}; the previous hook is back", file.display()));
        } else {
            output::warn(&format!("removed {}", file.display()));
        }
    }
    if removed == 0 {
        output::warn(&format!("there is no hook of pinstripe in {}", directory.display()));
    }
    let is_empty = fs::read_dir(&directory).is_ok_and(|mut entries| entries.next().is_none());
    if scope.global && is_empty && git(&["config", "--global", "--unset", "core.hooksPath"]).is_some() {
        // Only an empty directory can be removed.
        let _ = fs::remove_dir(&directory);
        output::warn("core.hooksPath is no longer set");
    }
    Ok(0)
}

/// Names, for each hook that this program serves, the program that runs there.
pub(super) fn status(scope: &HookScope) -> anyhow::Result<u8> {
    let directory = if scope.global {
        global_directory()?
    } else {
        PathBuf::from(git(&["rev-parse", "--git-path", "hooks"]).context("not in a git repository")?)
    };
    let manager = manager(scope.global, &directory);
    for hook in ["pre-commit", "pre-merge-commit", "commit-msg", "pre-push"] {
        let file = directory.join(hook);
        let state = match &manager {
            Some(manager) if manager.runs(hook) => format!("run by {}", manager.name),
            Some(manager) => format!("not run; {} manages the hooks", manager.name),
            None if is_ours(&file) && scans(&file, hook) => "installed".to_owned(),
            None if is_ours(&file) => "not installed; the hook of each repository runs".to_owned(),
            None if fs::symlink_metadata(&file).is_ok() => "another program's hook".to_owned(),
            None => "not installed".to_owned(),
        };
        output::print_line(&format!("{hook}: {state} ({})", directory.display()))?;
    }
    Ok(0)
}

/// Returns true if a script of ours runs this program, and not only the hook of a repository.
fn scans(file: &Path, hook: &str) -> bool {
    let text = fs::read(file).unwrap_or_default();
    memchr::memmem::find(&text, format!("\"$pinstripe\" hook {}", command(hook)).as_bytes()).is_some()
}

/// Returns the hooks directory of this repository.
fn own_directory() -> anyhow::Result<PathBuf> {
    let path = git(&["rev-parse", "--git-path", "hooks"]).context("not in a git repository")?;
    let common = git(&["rev-parse", "--git-common-dir"]).unwrap_or_default();
    let directory = PathBuf::from(&path);
    let own = directory.starts_with(&common) || git(&["config", "--local", "--get", "core.hooksPath"]).is_some();
    if !own {
        bail!("core.hooksPath is set globally to {path}; use --global to install there");
    }
    Ok(directory)
}

/// Returns the hooks directory for all repositories of the current user.
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

/// Writes a hook. An existing hook is renamed and runs first.
fn install(directory: &Path, hook: &str, global: bool) -> anyhow::Result<()> {
    let file = directory.join(hook);
    let before = directory.join(format!("{hook}{BEFORE}"));
    let exists = |path: &Path| fs::symlink_metadata(path).is_ok();
    if exists(&file) && !is_ours(&file) {
        if exists(&before) {
            bail!("{} and {} both exist; merge them first", file.display(), before.display());
        }
        fs::rename(&file, &before).with_context(|| format!("cannot rename {}", file.display()))?;
        output::warn(&format!("kept the existing hook as {}", before.display()));
    }
    write(&file, &script(hook, global, true)?)?;
    output::warn(&format!("installed {}", file.display()));
    Ok(())
}

fn is_ours(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|there| there.is_file())
        && fs::read(file).is_ok_and(|text| memchr::memmem::find(&text, MARK.as_bytes()).is_some())
}

/// Returns a script that runs the previous hook, the repository's own if `global`, and this program if `scans`.
fn script(hook: &str, global: bool, scans: bool) -> anyhow::Result<String> {
    let program = std::env::current_exe().context("cannot find the path of this program")?;
    let program = program.to_string_lossy().replace('\'', "'\\''");
    let reads = matches!(hook, "pre-push" | "pre-receive" | "post-receive" | "post-rewrite");
    let (keep, feed) = if reads { ("input=$(cat)\n", "printf '%s\\n' \"$input\" | ") } else { ("", "") };
    let mut text = format!(
        "#!/bin/sh\n{MARK} {hook}\n# Written by `pinstripe hook install`; the previous hook runs first.\n{keep}\
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
        text.push_str(&format!("{feed}\"$pinstripe\" hook {} \"$@\"\n", command(hook)));
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

/// Runs git with the user's configuration, and returns its output.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned())
}
