#![expect(clippy::disallowed_methods, reason = "the tests build repositories with git")]

use super::*;
use std::process::Command;

fn git(dir: &Path, args: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    git(&path, &["init", "-q", "r"]);
    git(&path.join("r"), &["commit", "-q", "--allow-empty", "-m", "one"]);
    let repo = path.join("r");
    (dir, repo)
}

fn open(path: &Path) -> Repository {
    Repository::discover(path, &OpenOptions::default()).unwrap()
}

#[test]
fn work_tree_bare_and_linked() {
    let (_dir, root) = fresh();
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    let repo = open(&root.join("a/b"));
    assert_eq!(repo.work_tree.as_deref(), Some(&*root));
    assert_eq!((&repo.git_dir, &repo.common_dir), (&root.join(".git"), &root.join(".git")));
    assert_eq!((repo.format, repo.ref_storage.clone()), (ObjectFormat::Sha1, RefStorage::Files));
    assert!(repo.problems.is_empty() && !repo.foreign && !repo.partial && repo.shallow.is_empty());

    git(&root, &["worktree", "add", "-q", "-b", "w", "../linked"]);
    let linked = open(&root.join("../linked"));
    assert_eq!(linked.common_dir, root.join(".git"));
    assert_eq!(linked.git_dir, root.join(".git/worktrees/linked"));
    assert_eq!(linked.object_dirs, [root.join(".git/objects")]);

    git(&root, &["clone", "-q", "--bare", ".", "../bare.git"]);
    let bare = open(&root.join("../bare.git/refs"));
    assert_eq!(bare.work_tree, None);
    assert!(matches!(Repository::discover(Path::new("/"), &OpenOptions::default()), Err(OpenError::NotFound(_))));
}

#[test]
fn formats_and_extensions() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    git(&root, &["init", "-q", "--object-format=sha256", "s"]);
    assert_eq!(open(&root.join("s")).format, ObjectFormat::Sha256);
    git(&root, &["init", "-q", "x"]);
    let config = root.join("x/.git/config");
    let text = "[core]\nrepositoryformatversion=2\nworktree=/etc\n[extensions]\nfancy=1\nrefStorage=reftable\n\
                [remote \"o\"]\npromisor=true\n";
    std::fs::write(&config, text).unwrap();
    let repo = open(&root.join("x"));
    assert_eq!(repo.ref_storage, RefStorage::Reftable);
    assert_eq!(repo.work_tree, Some(root.join("x")));
    assert!(repo.partial);
    let named: Vec<_> = repo.problems.iter().map(|problem| problem.1.as_str()).collect();
    assert_eq!(named, ["repository format version 2", "extensions.fancy"]);
}

#[test]
fn alternates_are_followed_only_inside_or_when_allowed() {
    let (_dir, root) = fresh();
    git(&root, &["clone", "-q", "--shared", ".", "../shared"]);
    let shared = root.join("../shared");
    let repo = open(&shared);
    assert_eq!(repo.object_dirs.len(), 1);
    assert_eq!(repo.problems[0].0, SkipReason::Alternate);
    let allowed = OpenOptions { alternates: true, ..OpenOptions::default() };
    let repo = Repository::open(&shared, &allowed).unwrap();
    assert_eq!(repo.object_dirs[1], root.join(".git/objects"));
    assert!(repo.problems.is_empty());

    let env = GitEnv { alternate_object_dirs: vec![root.join(".git/objects")], ..GitEnv::default() };
    let named = OpenOptions { env: Some(env), ..OpenOptions::default() };
    assert_eq!(Repository::open(&shared, &named).unwrap().object_dirs.len(), 2);

    // A loop, one inside, one that is not there.
    std::fs::create_dir_all(shared.join("sub/objects/info")).unwrap();
    std::fs::write(shared.join("sub/objects/info/alternates"), "../../.git/objects\n").unwrap();
    std::fs::write(shared.join(".git/objects/info/alternates"), "../../sub/objects\n# no\n/nowhere\n").unwrap();
    let repo = open(&shared);
    assert_eq!(repo.object_dirs.len(), 2);
    assert_eq!(repo.problems.len(), 1);
}

#[test]
fn what_leads_out_of_the_work_tree_is_followed_only_if_it_points_back() {
    let (_dir, root) = fresh();
    git(&root, &["commit", "-q", "--allow-empty", "-m", "two"]);
    git(&root, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./", "sub"]);
    assert_eq!(open(&root.join("sub")).git_dir, root.join(".git/modules/sub"));
    let trap = root.join("../trap");
    std::fs::create_dir_all(trap.join("own")).unwrap();
    let trap = trap.canonicalize().unwrap();
    let refused = |why: &str| {
        let error = Repository::discover(&trap, &OpenOptions::default()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    // Another's repository, and another's submodule.
    for target in [".git", ".git/modules/sub"] {
        std::fs::write(trap.join(".git"), format!("gitdir: {}\n", root.join(target).display())).unwrap();
        refused("point back");
    }
    let env = GitEnv { git_dir: Some(root.join(".git")), ..GitEnv::default() };
    assert!(Repository::discover(&trap, &OpenOptions { env: Some(env), ..OpenOptions::default() }).is_ok());
    // One inside of the work tree, as people lay out worktrees of a bare repository.
    git(&root, &["clone", "-q", "--bare", ".", "../trap/.bare"]);
    std::fs::write(trap.join(".git"), "gitdir: ./.bare\n").unwrap();
    assert_eq!(open(&trap).git_dir, trap.join(".bare"));
    git(&trap, &["worktree", "add", "-q", "linked"]);
    assert_eq!(open(&trap.join("linked")).common_dir, trap.join(".bare"));
    // Another's objects under an own HEAD.
    std::fs::write(trap.join(".bare/commondir"), format!("{}\n", root.join(".git").display())).unwrap();
    refused("commondir");
}

#[cfg(unix)]
#[test]
fn links_in_a_repository_do_not_lead_out() {
    let (_dir, root) = fresh();
    let objects = root.join("../objects");
    std::fs::rename(root.join(".git/objects"), &objects).unwrap();
    std::os::unix::fs::symlink(objects.canonicalize().unwrap(), root.join(".git/objects")).unwrap();
    let repo = open(&root);
    assert!(repo.object_dirs.is_empty());
    assert_eq!(repo.problems[0].0, SkipReason::Alternate);
    let allowed = OpenOptions { alternates: true, ..OpenOptions::default() };
    assert_eq!(Repository::open(&root, &allowed).unwrap().object_dirs.len(), 1);
    std::fs::create_dir_all(root.join("real")).unwrap();
    std::os::unix::fs::symlink(root.join("real"), root.join("listed")).unwrap();
    assert!(matches!(disk::list(&root.join("listed"), 10), Err(DiskError::NotAFile { .. })));
    std::os::unix::fs::symlink(root.join(".git"), root.join("real/.git")).unwrap();
    assert!(matches!(Repository::open(&root.join("real"), &OpenOptions::default()), Err(OpenError::Malformed { .. })));
}

#[test]
fn shallow_clone() {
    let (_dir, root) = fresh();
    git(&root, &["commit", "-q", "--allow-empty", "-m", "two"]);
    let url = format!("file://{}", root.display());
    git(&root, &["clone", "-q", "--depth=1", &url, "../shallow"]);
    assert_eq!(open(&root.join("../shallow")).shallow.len(), 1);
    std::fs::write(root.join("../shallow/.git/shallow"), "junk\n").unwrap();
    let repo = open(&root.join("../shallow"));
    assert_eq!(repo.problems[0].0, SkipReason::Damaged);
}

#[cfg(unix)]
#[test]
fn fifos_and_stray_git_files_never_hang() {
    let (_dir, root) = fresh();
    let fifo = |path: &str| {
        let path = root.join(path);
        let _ = std::fs::remove_file(&path);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    };
    for path in [".git/config", ".git/shallow", ".git/objects/info/alternates"] {
        fifo(path);
    }
    assert_eq!(open(&root).problems.len(), 3);
    std::fs::create_dir_all(root.join("sub/.git")).unwrap();
    assert_eq!(open(&root.join("sub")).work_tree.as_deref(), Some(&*root));
    std::fs::create_dir_all(root.join("junk")).unwrap();
    std::fs::write(root.join("junk/.git"), "nothing").unwrap();
    let refused = Repository::discover(&root.join("junk"), &OpenOptions::default());
    assert!(matches!(refused, Err(OpenError::Malformed { .. })));
    fifo("junk/.git");
    assert!(Repository::discover(&root.join("junk"), &OpenOptions::default()).is_err());
}
