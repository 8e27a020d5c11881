//! Rows G, the first half: objects and packs.

use crate::case::Case;
use crate::objects::{
    BLOB, NAME_DELTA, OFFSET_DELTA, Pack, bomb, branch, commit, deep, delta, distance, entry, loose_path, name,
    only_pack, raw, replace, write, write_file, zlib,
};
use crate::support::containers::{gzip, zip_as};
use crate::table::{Row, elsewhere, prove, row};

const DAMAGE: &str = "tests/it/damage.rs";

pub(crate) const ROWS: &[Row] = &[
    row("G01", "loose object cut at each of its bytes", 3, &["damaged"], |case| {
        case.repository();
        let whole = zlib(b"blob 4000\0some text that is cut");
        for at in 0..whole.len() {
            write_file(&case.target, &format!("{:040x}", at + 1), &whole[..at]);
        }
    }),
    row("G01b", "commit that a range leads to, cut short", 3, &["damaged"], |case| {
        cut_ancestor(case);
        case.scan(&["--range", "base..head"]);
    }),
    row("G02", "loose object whose header states less or more, or whose name is another's", 3, &["damaged"], |case| {
        case.repository();
        for (at, stated) in ["3", "3000", "1152921504606846976"].iter().enumerate() {
            write_file(&case.target, &format!("{:040x}", at + 1), &zlib(format!("blob {stated}\0content").as_bytes()));
        }
        let key = case.line();
        write_file(&case.target, &"ab".repeat(20), &zlib(format!("blob {}\0{key}", key.len()).as_bytes()));
    }),
    elsewhere("G03", "index with an offset behind the pack", DAMAGE, "half_a_pack_and_an_offset_past_its_end"),
    row("G04", "index whose table of counts does not grow", 3, &["damaged"], |case| {
        index(case, |index| index[8 + 4 * 100..8 + 4 * 101].copy_from_slice(&[0xff; 4]));
    }),
    row("G04b", "index with a wrong checksum", 3, &["damaged"], |case| {
        index(case, |index| {
            let last = index.len() - 1;
            index[last] ^= 1;
        });
    }),
    row("G04c", "empty index", 3, &["damaged"], |case| index(case, Vec::clear)),
    row("G04d", "index of version 1", 0, &[], |case| {
        packed(case);
        let (pack, index) = only_pack(&case.target);
        std::fs::remove_file(index).unwrap();
        case.git(&["index-pack", "--index-version=1", pack.to_str().unwrap()]);
    }),
    elsewhere("G05", "pack cut short or empty", DAMAGE, "half_a_pack_and_an_offset_past_its_end"),
    row("G05b", "pack whose checksum is another's", 3, &["damaged"], |case| {
        packed(case);
        let (pack, _) = only_pack(&case.target);
        let mut bytes = std::fs::read(&pack).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        replace(&pack, &bytes);
    }),
    row("G05c", "entry that neither the index nor the count of the pack names", 3, &["damaged"], |case| {
        case.repository();
        let key = case.key_or_named("pack-");
        let mut pack = Pack::new();
        pack.add(BLOB, 5, b"", b"first");
        let path = pack.clone().write(&case.target);
        case.git(&["index-pack", path.to_str().unwrap()]);
        pack.add(BLOB, key.len() as u64 + 2, b"", format!("K={key}").as_bytes());
        let more = pack.write(&case.target);
        let mut bytes = std::fs::read(&more).unwrap();
        bytes[11] = 1;
        replace(&path, &bytes);
        std::fs::remove_file(more).unwrap();
    }),
    row("G06", "entry that states 2^60 bytes", 3, &["damaged"], |case| {
        case.repository();
        let mut pack = Pack::new();
        pack.add(BLOB, 1 << 60, b"", b"a few");
        pack.write(&case.target);
    }),
    row("G07", "chain of 4,095 deltas", 0, &[], |case| {
        case.repository();
        let key = case.line();
        let mut text = format!("begin {}\n", "lorem ipsum ".repeat(30)).into_bytes();
        let mut pack = Pack::new();
        let mut last = pack.add(BLOB, text.len() as u64, b"", &text);
        for step in 0..4_095 {
            let more = if step == 4_094 { key.clone() } else { "x\n".to_owned() };
            let change = delta(text.len() as u64, text.len() as u32, more.as_bytes());
            let back = pack.end() - last;
            last = pack.add(OFFSET_DELTA, change.len() as u64, &distance(back), &change);
            text.extend_from_slice(more.as_bytes());
        }
        let path = pack.write(&case.target);
        case.git(&["index-pack", path.to_str().unwrap()]);
    }),
    row("G07b", "two deltas of each other", 3, &[], |case| {
        case.repository();
        let mut pack = Pack::new();
        for (own, base) in [("aa", "bb"), ("bb", "aa")] {
            let change = delta(100, 90, own.as_bytes());
            pack.add(NAME_DELTA, change.len() as u64, &raw(&base.repeat(20)), &change);
        }
        pack.write(&case.target);
    }),
    row("G07c", "delta whose result has 4 GiB", 3, &["damaged"], |case| {
        case.repository();
        let base = vec![b'a'; 0xff_ffff];
        let mut pack = Pack::new();
        let at = pack.add(BLOB, base.len() as u64, b"", &base);
        let mut change = vec![0xff, 0xff, 0xff, 0x07, 0x80, 0xfe, 0xff, 0xff, 0x0f];
        change.extend([0xf0, 0xff, 0xff, 0xff].repeat(256));
        let back = pack.end() - at;
        pack.add(OFFSET_DELTA, change.len() as u64, &distance(back), &change);
        pack.write(&case.target);
    }),
    row("G08", "blob of 80 MiB of zeros (1 GiB: `loads`)", 0, &[], |case| {
        case.repository();
        let key = case.line();
        let text = [&vec![0; 80 << 20], key.as_bytes()].concat();
        write(&case.target, "blob", &text);
    }),
    row("G08b", "zip of 65 MiB", 0, &[], |case| {
        case.repository();
        let packed = gzip(case.line().repeat(40).as_bytes());
        let members = [("zeros", &vec![0; 65 << 20][..]), ("k.env.gz", &packed)];
        case.write("large.zip", zip_as(zip::CompressionMethod::Stored, &members));
        case.commit("large");
    })
    .mib(250),
    row("G09", "git bomb: 10^10 paths, history", 0, &[], |case| {
        bomb_of_trees(case, true);
        case.scan(&["--history"]);
    }),
    row("G09b", "git bomb, range", 3, &["over-limit"], |case| {
        bomb_of_trees(case, true);
        above_nothing(case, "bomb");
    }),
    row("G09c", "git bomb at HEAD, staged", 0, &[], |case| {
        bomb_of_trees(case, false);
        case.git(&["symbolic-ref", "HEAD", "refs/heads/bomb"]);
        case.scan(&["--staged"]);
    }),
    row("G09d", "git bomb at HEAD, history", 3, &["over-limit"], |case| {
        bomb_of_trees(case, true);
        case.git(&["symbolic-ref", "HEAD", "refs/heads/bomb"]);
        case.scan(&["--history"]);
    }),
    row("G09e", "git bomb without keys at HEAD, history", 3, &["over-limit"], |case| {
        bomb_of_trees(case, false);
        case.git(&["symbolic-ref", "HEAD", "refs/heads/bomb"]);
        case.scan(&["--history"]);
    }),
    row("G09f", "tree within itself, range", 3, &["over-limit"], |case| {
        tree_within_itself(case);
        above_nothing(case, "itself");
    }),
    row("G09g", "tree within itself at HEAD, history", 3, &["over-limit"], |case| {
        tree_within_itself(case);
        case.git(&["symbolic-ref", "HEAD", "refs/heads/itself"]);
        case.scan(&["--history"]);
    }),
    row("G09h", "500 trees of two equal entries within each other, history", 3, &["over-limit"], |case| {
        case.repository();
        let key = case.line();
        doubling(case, 500, |case| {
            let blob = write(&case.target, "blob", key.as_bytes());
            write(&case.target, "tree", &entry("100644", "k.env", &blob))
        });
        case.scan(&["--history"]);
    }),
    row("G09i", "40 directories with a key each, in a million places, history", 3, &["over-limit"], |case| {
        case.repository();
        let lines: Vec<String> = (0..40).map(|_| case.line()).collect();
        doubling(case, 20, |case| {
            let directory = |(at, line): (usize, &String)| {
                let blob = write(&case.target, "blob", line.as_bytes());
                let tree = write(&case.target, "tree", &entry("100644", "k.env", &blob));
                entry("40000", format!("d{at:02}"), &tree)
            };
            write(&case.target, "tree", &lines.iter().enumerate().flat_map(directory).collect::<Vec<u8>>())
        });
        case.scan(&["--history"]);
    })
    .mib(90),
    row("G09j", "400 directories of the same 400 files, range", 3, &["over-limit"], |case| {
        case.repository();
        let line = case.line();
        let blob = write(&case.target, "blob", line.as_bytes());
        let files: Vec<u8> = (0..400).flat_map(|at| entry("100644", format!("f{at:04}"), &blob)).collect();
        let inner = write(&case.target, "tree", &files);
        let directories: Vec<u8> = (0..400).flat_map(|at| entry("40000", format!("d{at:04}"), &inner)).collect();
        tip(case, &directories, "wide");
        above_nothing(case, "wide");
    })
    .mib(90),
    row("G09k", "1,500 keys in a file that stands at 200 paths, range", 3, &["over-limit"], |case| {
        keys_at_many_paths(case);
        above_nothing(case, "many");
    }),
    row("G09l", "1,500 keys in a file that stands at 200 paths, history", 0, &[], keys_at_many_paths),
    row("G10", "5,000 trees within each other, history", 0, &[], |case| {
        case.repository();
        let line = case.line();
        deep_tree(case, 5_000, &line);
        case.scan(&["--history"]);
    }),
    row("G10b", "5,000 trees within each other, range", 0, &[], |case| {
        case.repository();
        let key = case.key_or_named("d/d/d");
        deep_tree(case, 5_000, &format!("K={key}\n"));
        above_nothing(case, "deep");
    }),
    row("G11", "tree with .., .git, a/b, an odd mode, a name of 70 kB, one name twice", 0, &[], |case| {
        case.repository();
        odd_tree(case);
    }),
    row("G11b", "entries behind a malformed one, range", 3, &["damaged"], |case| {
        case.repository();
        let key = case.key_or_named("tree");
        let blob = write(&case.target, "blob", format!("K={key}\n").as_bytes());
        let tree = [entry("100644", "a", &name("blob", b"")), b"bad ".to_vec(), entry("100644", "z", &blob)].concat();
        tip(case, &tree, "bad");
        above_nothing(case, "bad");
    }),
    row("G11c", "files that are a commit, a tag and a tree, range", 3, &["damaged"], |case| {
        case.repository();
        let key = case.key();
        let line = format!("K={}\n", case.key_or_named("tree"));
        let blob = write(&case.target, "blob", line.as_bytes());
        let below = write(&case.target, "tree", &entry("100644", "k", &blob));
        let files = ["commit", "tag"].map(|kind| {
            let object = write(&case.target, kind, format!("K={key}\n").as_bytes());
            entry("100644", kind, &object)
        });
        tip(case, &[&files.concat()[..], &entry("100644", "tree", &below)].concat(), "odd");
        above_nothing(case, "odd");
    }),
    row("G32", "two packs hold an object, one copy is damaged", 3, &["damaged"], |case| {
        packed(case);
        let (pack, _) = only_pack(&case.target);
        let key = case.line();
        let blob = case.git(&["rev-parse", "HEAD:zz/control.env"]);
        write(&case.target, "blob", key.as_bytes());
        let mut bytes = std::fs::read(&pack).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        write(&case.target, "blob", &std::fs::read(case.path("zz/control.env")).unwrap());
        assert!(loose_path(&case.target, blob.trim()).exists());
        replace(&pack, &bytes);
    }),
    row("G33", "commit-graph, bitmap and multi-pack-index that are junk", 0, &[], |case| {
        packed(case);
        let (pack, _) = only_pack(&case.target);
        std::fs::create_dir_all(case.path(".git/objects/info")).unwrap();
        case.write(".git/objects/info/commit-graph", [&b"CGPH\x01\x01\x03\0"[..], &[0xff; 3_000]].concat());
        case.write(".git/objects/pack/multi-pack-index", [&b"MIDX\x01\x01\x04\0"[..], &[0xff; 3_000]].concat());
        replace(&pack.with_extension("bitmap"), &[0xff; 100]);
    }),
    row("G35b", "index of a linked worktree that names a missing blob", 3, &["missing-object"], |case| {
        case.repository();
        case.git(&["worktree", "add", "-q", "--detach", "linked"]);
        case.write("linked/new", "staged there\n");
        case.git(&["-C", "linked", "add", "new"]);
        let blob = case.git(&["-C", "linked", "rev-parse", ":new"]);
        std::fs::remove_file(loose_path(&case.target, blob.trim())).unwrap();
    }),
    row("G35c", "FIFO for the index of a linked worktree", 3, &["unreadable"], |case| {
        case.repository();
        case.git(&["worktree", "add", "-q", "--detach", "linked"]);
        std::fs::remove_file(case.path(".git/worktrees/linked/index")).unwrap();
        case.fifo(".git/worktrees/linked/index");
    }),
    row("G35", "store without its objects", 3, &["missing-object"], |case| {
        case.repository();
        for directory in std::fs::read_dir(case.path(".git/objects")).unwrap() {
            std::fs::remove_dir_all(directory.unwrap().path()).unwrap();
        }
        case.planted.clear();
        let line = case.line();
        write(&case.target, "blob", line.as_bytes());
    }),
];

/// A repository with everything in one pack.
fn packed(case: &mut Case) {
    case.repository();
    (0..6).for_each(|at| {
        case.write("text", format!("{}{at}\n", "some text\n".repeat(200)));
        case.commit("more");
    });
    case.git(&["repack", "-adq"]);
}

/// Such a repository with a change to the index of its pack, and the control outside of the pack.
fn index(case: &mut Case, change: fn(&mut Vec<u8>)) {
    packed(case);
    let (_, index) = only_pack(&case.target);
    let mut bytes = std::fs::read(&index).unwrap();
    change(&mut bytes);
    replace(&index, &bytes);
}

/// A commit of a tree, on a branch of its own, above the control.
fn tip(case: &Case, tree: &[u8], to: &str) {
    let tree = write(&case.target, "tree", tree);
    let parent = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
    branch(&case.target, to, &write(&case.target, "commit", &commit(&tree, &[parent], to)));
}

/// Scans the range from a commit that holds nothing to a branch.
fn above_nothing(case: &mut Case, to: &str) {
    let root = write(&case.target, "commit", &commit(&write(&case.target, "tree", b""), &[], "root"));
    branch(&case.target, "base", &root);
    case.scan(&["--range", &format!("base..{to}")]);
}

/// A bomb on a branch of its own, with keys in its blob and its message if wanted.
fn keys_at_many_paths(case: &mut Case) {
    case.repository();
    let mut forge = pinstripe::credential::forge::Forge::new(3);
    let keys: String = (0..1_500).map(|_| format!("KEY={}\n", forge.make("pk_test").unwrap())).collect();
    let text = keys + &case.line();
    let blob = write(&case.target, "blob", text.as_bytes());
    let files: Vec<u8> = (0..200).flat_map(|at| entry("100644", format!("f{at:04}"), &blob)).collect();
    tip(case, &files, "many");
}

fn bomb_of_trees(case: &mut Case, keys: bool) {
    case.repository();
    let [text, message] = if keys { [case.line(), case.line()] } else { ["x".to_owned(), "x".to_owned()] };
    let tree = entry("40000", "bomb", &bomb(&case.target, text.as_bytes()));
    let root = write(&case.target, "tree", &tree);
    let parent = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
    branch(&case.target, "bomb", &write(&case.target, "commit", &commit(&root, &[parent], &message)));
}

/// A tree that names itself: its name is made up.
fn tree_within_itself(case: &mut Case) {
    case.repository();
    let tree = "5e1f".repeat(10);
    let content = entry("40000", "again", &tree);
    let object = [format!("tree {}\0", content.len()).as_bytes(), &content].concat();
    write_file(&case.target, &tree, &zlib(&object));
    tip(case, &entry("40000", "itself", &tree), "itself");
}

fn deep_tree(case: &Case, depth: usize, text: &str) {
    let tree = deep(&case.target, depth, text.as_bytes());
    let parent = case.git(&["rev-parse", "HEAD"]).trim().to_owned();
    branch(&case.target, "deep", &write(&case.target, "commit", &commit(&tree, &[parent], "deep")));
}

/// Makes HEAD a tree that is `depth` trees above another, each with two entries of the next.
fn doubling(case: &Case, depth: usize, inner: impl FnOnce(&Case) -> String) {
    let mut tree = inner(case);
    for _ in 0..depth {
        let entries = ["a", "b"].map(|name| entry("40000", name, &tree));
        tree = write(&case.target, "tree", &entries.concat());
    }
    branch(&case.target, "doubling", &write(&case.target, "commit", &commit(&tree, &[], "doubling")));
    case.git(&["symbolic-ref", "HEAD", "refs/heads/doubling"]);
}

fn odd_tree(case: &mut Case) {
    let mut tree = Vec::new();
    for (mode, name) in [
        ("100644", &b".."[..]),
        ("100644", b".git"),
        ("100644", b"a/b"),
        ("100644", b"twice"),
        ("100644", b"twice"),
        ("777", b"mode"),
        ("100644", &[b'n'; 70_000]),
    ] {
        let line = case.line();
        tree.extend(entry(mode, name, &write(&case.target, "blob", line.as_bytes())));
    }
    tip(case, &tree, "odd");
}

/// A range whose ancestry leads to a commit that is cut short.
fn cut_ancestor(case: &mut Case) {
    case.repository();
    let empty = write(&case.target, "tree", b"");
    let root = write(&case.target, "commit", &commit(&empty, &[], "root"));
    let base = write(&case.target, "commit", &commit(&empty, std::slice::from_ref(&root), "base"));
    let head = case.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned();
    let middle = write(&case.target, "commit", &commit(&head, std::slice::from_ref(&root), "middle"));
    let head = write(&case.target, "commit", &commit(&head, std::slice::from_ref(&middle), "head"));
    branch(&case.target, "base", &base);
    branch(&case.target, "head", &head);
    let path = loose_path(&case.target, &middle);
    let bytes = std::fs::read(&path).unwrap();
    write_file(&case.target, &middle, &bytes[..bytes.len() / 2]);
}

#[test]
fn objects_and_packs() {
    prove(ROWS);
}
