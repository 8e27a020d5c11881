//! Rows G, the second half: commits, refs, configuration, and what lies around a repository.

use crate::case::Case;
use crate::objects::{branch, commit, replace, write};
use crate::support::{git, program};
use crate::table::{Row, elsewhere, own, prove, row};

const STORES: &str = "tests/it/stores.rs";
const HISTORY: &str = "tests/it/history.rs";

pub(crate) const ROWS: &[Row] = &[
    row(
        "G12",
        "commits: empty, without author, a date of 2^64, NUL in the message, 5,000 parents",
        3,
        &["damaged"],
        |case| {
            case.repository();
            odd_commits(case);
        },
    ),
    row("G12b", "commit whose parent is missing, commit whose tree is a blob", 3, &["missing-object"], |case| {
        case.repository();
        let key = case.line();
        let head = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let tree = case.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned();
        let orphan = commit(&tree, &["12".repeat(20)], &key);
        branch(&case.target, "orphan", &write(&case.target, "commit", &orphan));
        let blob = write(&case.target, "blob", b"no tree");
        branch(&case.target, "blob", &write(&case.target, "commit", &commit(&blob, &[head], "blob")));
    }),
    row("G13", "chain of 300 tags; tags of a blob and of a tree", 0, &[], |case| {
        case.repository();
        let key = case.line();
        let mut object = write(&case.target, "blob", key.as_bytes());
        let mut kind = "blob";
        for at in 0..300 {
            let message = if at == 150 { case.line() } else { "x\n".to_owned() };
            let text = format!("object {object}\ntype {kind}\ntag t{at}\ntagger A <a@b> 1700000000 +0000\n\n{message}");
            (object, kind) = (write(&case.target, "tag", text.as_bytes()), "tag");
        }
        case.write(".git/refs/tags/chain", format!("{object}\n"));
        let tree = case.git(&["rev-parse", "HEAD^{tree}"]);
        case.git(&["tag", "-a", "-m", "of a tree", "tree", tree.trim()]);
    }),
    row("G14", "SHA-256 and refs in tables", 0, &[], |case| {
        case.git(&["init", "-q", "--object-format=sha256", "--ref-format=reftable"]);
        case.control();
        case.commit("control");
        case.scan(&["--history"]);
    }),
    row("G15", "extension that nobody knows", 3, &["unsupported"], |case| {
        case.repository();
        case.git(&["config", "core.repositoryFormatVersion", "1"]);
        case.git(&["config", "extensions.surprise", "yes"]);
    }),
    elsewhere("G16", "clone without blobs", STORES, "a_partial_clone_is_read_to_its_end"),
    row("G16b", "clone without trees, range", 3, &["missing-object"], |case| {
        treeless(case);
        case.scan(&["--range", "HEAD~1..HEAD"]);
    }),
    elsewhere("G17", "shallow clone", STORES, "a_shallow_clone_says_where_it_ends"),
    row("G17b", "shallow file that is junk", 3, &["damaged"], |case| {
        case.repository();
        case.write(".git/shallow", b"junk\n\0\xff");
    }),
    row("G18", "configuration: includes of a FIFO and of itself, 20 MB, line ends in values", 0, &[], |case| {
        case.repository();
        case.fifo("pipe");
        let bare = std::fs::read_to_string(case.path(".git/config")).unwrap();
        let more = "[include]\n\tpath = ../pipe\n[include]\n\tpath = config\n[a \"\r\\\"b\"]\n\tc = \"d\r\\\ne\"\n";
        case.write(".git/config", format!("{bare}{more}"));
    }),
    row("G18b", "configuration of 20 MB", 3, &["over-limit"], |case| {
        case.repository();
        let bare = std::fs::read_to_string(case.path(".git/config")).unwrap();
        case.write(".git/config", format!("{bare}{}", "[a]\n\tb = c\n".repeat(1_700_000)));
    }),
    own("G19", "every key of the configuration that names a command", commands_in_the_configuration),
    row("G20", "core.worktree elsewhere", 0, &[], |case| {
        case.repository();
        let outside = case.dir.join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("x.env"), "not asked for").unwrap();
        case.git(&["config", "core.worktree", outside.to_str().unwrap()]);
        case.scan(&["."]);
    }),
    row("G20b", ".git file that leads out of the target", 2, &[], |case| {
        elsewhere_on_disk(case, |case| case.write(".git", "gitdir: ../o/.git\n"));
    }),
    row("G20c", ".git that is a link out of the target", 2, &[], |case| {
        elsewhere_on_disk(case, |case| case.link("../o/.git", ".git"));
    }),
    row("G21", "alternates: outside, missing, a loop", 3, &["alternate"], |case| {
        case.repository();
        std::fs::create_dir_all(case.dir.join("store")).unwrap();
        case.write(".git/objects/info/alternates", "../../../store\n/nowhere/objects\n../objects\n");
    }),
    row("G21b", "alternates that are a FIFO", 3, &["alternate"], |case| {
        case.repository();
        case.fifo(".git/objects/info/alternates");
    }),
    own("G22", "repository of somebody else", foreign),
    elsewhere("G23", "replace ref that hides a key", STORES, "a_replaced_object_and_its_replacement_are_both_searched"),
    elsewhere("G24", "evil merge, octopus, side branch", "tests/it/range.rs", "side_branches_merges_and_messages"),
    elsewhere("G25", "stash, older stash, reflog, dangling, staged only", HISTORY, "every_place"),
    elsewhere("G26", "key in names, notes, people, signatures, headers", HISTORY, "every_place"),
    row(
        "G27",
        "500 loose refs, 20,000 packed ones (500,000: `loads`), a loop, a link to /etc/hostname",
        3,
        &["damaged"],
        |case| {
            case.repository();
            let head = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
            (0..500).for_each(|at| branch(&case.target, &format!("many/{at}"), &head));
            let packed: String = (0..20_000).map(|at| format!("{head} refs/tags/t{at:06}\n")).collect();
            case.write(".git/packed-refs", format!("# pack-refs with: peeled fully-peeled sorted \n{packed}"));
            case.write(".git/refs/heads/loop", "ref: refs/heads/loop\n");
            case.link("/etc/hostname", ".git/refs/heads/link");
        },
    ),
    row("G27b", "FIFO and directory in the place of a ref", 3, &["unreadable"], |case| {
        case.repository();
        case.fifo(".git/refs/heads/pipe");
        std::fs::create_dir_all(case.path(".git/packed-refs")).unwrap();
    }),
    elsewhere("G28", "submodule, nested repository", STORES, "what_is_kept_elsewhere_is_named_and_not_entered"),
    elsewhere("G29", "every shape of index", "tests/it/staged.rs", "every_shape_of_index"),
    row("G29b", "index that is junk: everything counts as tracked", 0, &[], |case| {
        case.repository();
        case.write(".git/index", [&b"DIRC\0\0\0\x02\0\x0f\xff\xff"[..], &[0xff; 500]].concat());
        let line = case.line();
        case.write("ignored.env", line);
        case.write(".gitignore", "*.env\n");
        case.scan(&["."]);
    }),
    row("G29c", "index that is junk, staged", 3, &["damaged"], |case| {
        case.repository();
        case.write(".git/index", [&b"DIRC\0\0\0\x02\0\x0f\xff\xff"[..], &[0xff; 500]].concat());
    }),
    elsewhere(
        "G29d",
        "index whose cache of trees hides a file",
        "tests/it/staged.rs",
        "a_cache_of_trees_that_hides_a_file_hides_it_from_the_commit_as_well",
    ),
    elsewhere("G30", "every way to commit", "tests/it/hooks.rs", "every_way_to_commit_is_seen"),
    elsewhere(
        "G31",
        "quarantine, deleted refs, new branch, force",
        "tests/it/pre_receive.rs",
        "all_lines_deletes_branches_tags_and_force",
    ),
    row("G27c", "HEAD that is junk, history", 3, &["damaged"], |case| {
        case.repository();
        case.write(".git/HEAD", "junk\n");
    }),
    row("G27d", "HEAD that is empty, staged", 3, &["damaged"], |case| {
        case.git(&["init", "-q"]);
        case.control();
        case.git(&["add", "-A", "-f"]);
        case.write(".git/HEAD", "");
        case.scan(&["--staged"]);
    }),
    row(
        "G27e",
        "no directory of refs; a directory as reflog, and junk in another",
        3,
        &["damaged", "unreadable"],
        |case| {
            case.repository();
            std::fs::remove_dir_all(case.path(".git/refs")).unwrap();
            std::fs::remove_file(case.path(".git/logs/HEAD")).unwrap();
            case.write(".git/logs/HEAD/x", "");
            case.write(".git/logs/refs/heads/junk", "junk\n");
        },
    ),
    row("G27f", "merge of a commit that is missing", 3, &["missing-object"], |case| {
        case.repository();
        case.write(".git/MERGE_HEAD", format!("{}\n", "12".repeat(20)));
    }),
    row(
        "G27g",
        "what may have been pruned: ORIG_HEAD, FETCH_HEAD, old values of reflogs, peeled tags",
        0,
        &[],
        |case| {
            case.repository();
            let (gone, head) = ("12".repeat(20), case.git(&["rev-parse", "HEAD"]).trim().to_owned());
            case.write(".git/ORIG_HEAD", format!("{gone}\n"));
            case.write(".git/FETCH_HEAD", format!("{gone}\tnot-for-merge\tbranch 'x' of y\n"));
            case.write(".git/logs/refs/heads/old", format!("{gone} {head} A <a@b> 1 +0000\treset\n"));
            case.write(".git/packed-refs", format!("# pack-refs with: peeled \n{head} refs/tags/t\n^{gone}\n"));
        },
    ),
    row("G14b", "refs in tables, with a linked worktree", 0, &[], |case| {
        case.git(&["init", "-q", "--ref-format=reftable"]);
        case.control();
        case.commit("control");
        case.git(&["worktree", "add", "-q", "../linked"]);
        case.scan(&["--history"]);
    }),
    row("G14c", "tables of refs that are junk", 3, &["damaged"], |case| {
        case.git(&["init", "-q", "--ref-format=reftable"]);
        case.control();
        case.commit("control");
        let tables = std::fs::read_to_string(case.path(".git/reftable/tables.list")).unwrap();
        tables.lines().for_each(|table| replace(&case.path(&format!(".git/reftable/{table}")), b"junk"));
        case.scan(&["--history"]);
    }),
    row("G34b", "Git LFS pointer, work tree", 0, &["lfs-pointer"], |case| {
        case.repository();
        lfs_pointers(case);
        case.scan(&["."]);
    }),
    row("G34c", "Git LFS pointers with and without content, staged", 0, &["lfs-pointer"], |case| {
        case.git(&["init", "-q"]);
        case.control();
        lfs_content(case);
        case.git(&["add", "-A", "-f"]);
        case.scan(&["--staged"]);
    }),
    row("G34d", "Git LFS pointers with and without content, range", 0, &["lfs-pointer"], |case| {
        case.git(&["init", "-q"]);
        case.commit("first");
        case.control();
        lfs_content(case);
        case.commit("pointers");
        case.scan(&["--range", "HEAD~1..HEAD"]);
    }),
    elsewhere(
        "G34",
        "Git LFS pointer with and without its content",
        STORES,
        "the_content_of_a_pointer_is_searched_where_it_is_here",
    ),
    row("G36", "key in names: alternates, index of a lost pack, format version", 3, &[], |case| {
        case.repository();
        let [one, two, three] = [case.shown_key(), case.shown_key(), case.shown_key()];
        case.write(".git/objects/info/alternates", format!("/srv/{one}/objects\n"));
        case.write(format!(".git/objects/pack/pack-{two}.idx"), "");
        case.git(&["config", "core.repositoryFormatVersion", &three]);
    }),
];

fn odd_commits(case: &mut Case) {
    let tree = case.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned();
    let head = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let [one, two, three, four] = [case.line(), case.line(), case.line(), case.line()];
    let texts = [
        format!("tree {tree}\n\n{one}"),
        format!("tree {tree}\nparent {head}\nauthor A <a@b> 18446744073709551616 +9999\ncommitter >\n\n{two}"),
        format!(
            "tree {tree}\nparent {head}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nzero \0 byte\n{three}"
        ),
    ];
    for (at, text) in texts.iter().enumerate() {
        branch(&case.target, &format!("odd{at}"), &write(&case.target, "commit", text.as_bytes()));
    }
    let many = vec![head; 5_000];
    branch(&case.target, "many", &write(&case.target, "commit", &commit(&tree, &many, &four)));
    branch(&case.target, "empty", &write(&case.target, "commit", b""));
}

/// Writes a pointer of Git LFS whose content is not here.
fn lfs_pointers(case: &Case) {
    case.write("a.bin", pointer(&"1".repeat(64)));
}

/// Writes two pointers, one with its content.
fn lfs_content(case: &mut Case) {
    lfs_pointers(case);
    let (line, name) = (case.line(), "2".repeat(64));
    case.write(format!(".git/lfs/objects/22/22/{name}"), line);
    case.write("b.bin", pointer(&name));
}

fn pointer(name: &str) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize 12345\n")
}

/// A clone without trees of a repository with the control in its last commit.
fn treeless(case: &mut Case) {
    let source = case.dir.join("source");
    std::fs::create_dir(&source).unwrap();
    git(&source, &["init", "-q"]);
    git(&source, &["config", "uploadpack.allowFilter", "true"]);
    git(&source, &["commit", "-q", "--allow-empty", "-m", "first"]);
    std::fs::write(source.join("x"), "x\n").unwrap();
    git(&source, &["add", "-A"]);
    // The message is there whatever is missing.
    let message = case.line();
    git(&source, &["commit", "-q", "-m", &message]);
    let url = format!("file://{}", source.display());
    std::fs::remove_dir(&case.target).unwrap();
    git(case.dir.path(), &["clone", "-q", "--filter=tree:0", "--no-checkout", &url, "t"]);
}

/// A target without a repository of its own, beside one that it leads to.
fn elsewhere_on_disk(case: &mut Case, leads: fn(&Case)) {
    let other = case.dir.join("o");
    std::fs::create_dir(&other).unwrap();
    git(&other, &["init", "-q"]);
    git(&other, &["commit", "-q", "--allow-empty", "-m", "not asked for"]);
    case.control();
    leads(case);
    case.scan(&["--history"]);
}

/// Each way to have git start a program, in the configuration and the attributes; none is started by any command.
fn commands_in_the_configuration() {
    let mut case = Case::new(true);
    case.git(&["init", "-q", "-b", "main"]);
    case.commit("first");
    let canary = case.dir.join("canary");
    let command = format!("touch {}", canary.display());
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "merge.x.driver",
        "credential.helper",
        "gpg.program",
        "uploadpack.packObjectsHook",
        "alias.ls-files",
        "alias.rev-parse",
        "alias.for-each-ref",
    ] {
        case.git(&["config", key, &command]);
    }
    case.write(".git/hooks/post-index-change", format!("#!/bin/sh\n{command}\n"));
    case.git(&["config", "core.hooksPath", ".git/hooks"]);
    case.write(".git/info/attributes", "* filter=x diff=x merge=x\n");
    let _ = std::fs::remove_file(&canary);
    let key = case.line();
    case.write("a.env", &key);
    case.write(".gitattributes", "* filter=x diff=x\n");
    // Objects are written without the filter; git itself would start it here.
    let blob = write(&case.target, "blob", key.as_bytes());
    case.write("entries", format!("100644 {blob}\ta.env\n"));
    let tree = write(&case.target, "tree", &crate::objects::entry("100644", "a.env", &blob));
    let head = std::fs::read_to_string(case.path(".git/refs/heads/main")).unwrap();
    let next = write(&case.target, "commit", &commit(&tree, &[head.trim().to_owned()], "second"));
    branch(&case.target, "main", &next);
    let arguments: [&[&str]; 5] = [
        &["scan", "."],
        &["scan", "--staged"],
        &["scan", "--range", "main~1..main"],
        &["scan", "--history"],
        &["hook", "pre-commit"],
    ];
    for arguments in arguments {
        let output = program().current_dir(&case.target).args(arguments).output().unwrap();
        assert!(output.status.code().is_some(), "{arguments:?}");
        assert!(!canary.exists(), "{arguments:?} started a program\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Objects of a foreign repository are read, and its configuration is not obeyed.
fn foreign() {
    if !rustix::process::getuid().is_root() {
        eprintln!("skipped: only root can give files away");
        return;
    }
    let mut case = Case::new(true);
    case.repository();
    let given = std::process::Command::new("chown").args(["-R", "65534"]).arg(&case.target).status().unwrap();
    assert!(given.success());
    let run = case.run(&["--format", "json"], crate::watch::Ceiling { mib: 150, seconds: 120 });
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("belongs to another user"), "a warning says so: {}", run.stderr);
    // A revision that only git resolves, and git refuses, is refused in git's words.
    case.scan(&["--range", "HEAD~0..HEAD"]);
    let run = case.run(&["--format", "json"], crate::watch::Ceiling { mib: 150, seconds: 120 });
    assert!(run.code == 2 && run.stderr.contains("dubious ownership"), "exit {}: {}", run.code, run.stderr);
}

#[test]
fn repositories() {
    prove(ROWS);
}
