//! The remotes that the configuration of a repository names.

use super::config::GitConfig;
use super::disk;
use super::repo::{MAX_SMALL_FILE, Repository};

/// Returns names and URLs, in order. Nothing is fetched from them here.
pub(crate) fn remotes(repo: &Repository) -> Vec<(String, String)> {
    let config = config(repo);
    let named = config.subsections("remote", "url");
    named.map(|(name, url)| (name.to_owned(), url.to_owned())).collect()
}

/// Returns the remote that a branch follows.
pub(super) fn remote_of_branch(repo: &Repository, branch: &str) -> Option<String> {
    config(repo).get_in("branch", branch, "remote").filter(|name| !name.is_empty()).map(str::to_owned)
}

fn config(repo: &Repository) -> GitConfig {
    let text = disk::read(&repo.common_dir.join("config"), MAX_SMALL_FILE).ok().flatten().unwrap_or_default();
    GitConfig::parse(&text)
}
