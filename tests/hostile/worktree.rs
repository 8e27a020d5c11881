//! Rows W: files, links, names and directories of a work tree.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

use crate::case::Case;
use crate::races;
use crate::table::{Row, elsewhere, own, prove, row};

const SCAN: &str = "tests/it/scan.rs";
const PULL_REQUEST: &str = "tests/it/hostile_pull_request.rs";

pub(crate) const ROWS: &[Row] = &[
    row("W01", "link to /etc/passwd", 0, &["symlink-target"], |case| {
        case.control();
        case.link("/etc/passwd", "passwd");
        let key = case.key();
        case.link(&format!("/nowhere/{key}"), "telling");
    }),
    row("W02", "loop of links, link to the directory above", 0, &["symlink-target"], |case| {
        case.control();
        case.link("b", "a");
        case.link("a", "b");
        case.link("..", "zz/up");
    }),
    own("W03", "file swapped for a link while the walk goes on", races::swapped_for_a_link),
    own("W03b", "directory swapped for a link during the walk", races::directory_swapped_for_a_link),
    row("W04", "FIFO as notes.txt", 0, &["special-file"], |case| {
        case.control();
        case.fifo("notes.txt");
    }),
    row("W05", "socket", 0, &["special-file"], |case| {
        case.control();
        drop(std::os::unix::net::UnixListener::bind(case.path("socket")).unwrap());
    }),
    row("W05b", "device named as an input", 3, &["unreadable"], |case| {
        case.control();
        case.scan(&["zz", "/dev/zero"]);
    }),
    row("W06", "FIFO as pinstripe.toml", 2, &[], |case| {
        case.control();
        case.fifo("pinstripe.toml");
    }),
    row("W06b", "FIFO as .gitignore and .gitattributes", 0, &["special-file"], |case| {
        case.control();
        case.git(&["init", "-q"]);
        case.fifo(".gitignore");
        case.fifo("sub/.gitattributes");
    }),
    row("W06c", ".gitignore of a megabyte", 3, &["over-limit"], |case| {
        case.control();
        case.git(&["init", "-q"]);
        case.write(".gitignore", (0..60_000).map(|at| format!("a*{at}?[b-y]z/\n")).collect::<String>());
    }),
    row("W06d", "FIFO named as an input", 3, &["unreadable"], |case| {
        case.control();
        case.fifo("pipe");
        case.scan(&["zz", "pipe"]);
    }),
    row("W07", "directory named .gitignore, .git that is junk", 0, &["git-dir"], |case| {
        case.control();
        case.git(&["init", "-q"]);
        case.write("a/.git", "junk");
        case.write(".gitignore/x", "y");
    }),
    elsewhere("W08", "file of mode 000", SCAN, "what_cannot_be_read_is_named"),
    row("W08b", "file of mode 000, as a user who may not read it", 3, &["unreadable"], |case| {
        case.control();
        case.write("closed.env", "x");
        close(case, "closed.env");
    }),
    row("W09", "directory of mode 000", 3, &["unreadable"], |case| {
        case.control();
        case.write("closed/a.env", "x");
        close(case, "closed");
    }),
    own("W10", "file removed between listing and opening", races::removed),
    own("W11", "file cut to nothing while it is read", races::cut),
    own("W12", "file that grows without end", races::growing),
    row("W13", "sparse file of a TiB with a key at its end", 0, &[], |case| {
        case.control();
        let key = case.line();
        let mut file = File::create(case.path("sparse")).unwrap();
        file.seek(SeekFrom::Start(1 << 40)).unwrap();
        file.write_all(key.as_bytes()).unwrap();
    }),
    row("W14", "line of 16 MiB with a key at three places (1 GiB: `loads`)", 0, &[], |case| {
        case.control();
        let filler = vec![b'x'; 8 << 20];
        let keys = [case.key(), case.key(), case.key()].map(|key| format!(" {key} ").into_bytes());
        case.write("line", [&keys[0], &filler, &keys[1], &filler, &keys[2]].map(Vec::as_slice).concat());
    }),
    row("W15", "ten million empty lines, then a key", 0, &[], |case| {
        case.control();
        let key = case.line();
        case.write("lines", [&vec![b'\n'; 10_000_000], key.as_bytes()].concat());
    }),
    elsewhere(
        "W16",
        "key at each offset around a window edge",
        "tests/it/windows.rs",
        "a_key_is_found_around_a_window_edge",
    ),
    elsewhere("W17", "names with line ends, escapes, bidi", PULL_REQUEST, "every_format_is_inert"),
    row("W17b", "name of 255 bytes, name of control characters", 0, &[], |case| {
        case.control();
        let line = case.line();
        case.write_named(&[b'n'; 255], line.as_bytes());
        let line = case.line();
        case.write_named(b"a\x07\x1b]0;x\x07\r\n\xc2\x9b31m\xe2\x80\xae.env", line.as_bytes());
    }),
    elsewhere("W18", "names that are commands of a workflow", PULL_REQUEST, "every_format_is_inert"),
    elsewhere("W19", "names that are formulas, HTML or Markdown", PULL_REQUEST, "every_format_is_inert"),
    elsewhere("W20", "name that is no UTF-8", SCAN, "names_that_are_no_text_are_reported_reversibly"),
    row("W20b", "names in NFC and NFD, surrogates in UTF-8", 0, &[], |case| {
        case.control();
        for name in [&b"\xc3\xa9.env"[..], b"e\xcc\x81.env", b"\xed\xa0\x80.env"] {
            let line = case.line();
            case.write_named(name, line.as_bytes());
        }
    }),
    row("W21", "A.env beside a.env", 0, &[], |case| {
        case.control();
        let (one, two) = (case.line(), case.line());
        case.write("A.env", one);
        case.write("a.env", two);
    }),
    row("W22", "4,500 directories within each other", 3, &[], |case| {
        case.control();
        let key = case.key_or_named("d/d/d");
        deep_directories(case, 4_500, &key);
    }),
    row("W23", "5,000 files in a directory (100,000: `loads`)", 0, &[], |case| {
        case.control();
        (0..5_000).for_each(|at| case.write(format!("many/{at}"), ""));
    }),
    row("W24", "a file with a thousand names", 0, &[], |case| {
        case.control();
        let line = case.line();
        case.write("links/0", line);
        (1..1_000).for_each(|at| std::fs::hard_link(case.path("links/0"), case.path(&format!("links/{at}"))).unwrap());
    }),
    elsewhere(
        "W25",
        "hidden file; ignored and tracked .env",
        SCAN,
        "tracked_files_are_scanned_whatever_an_ignore_file_says",
    ),
    elsewhere("W26", ".ignore of the parent directory", SCAN, "only_ignore_files_of_the_repository_count"),
];

/// Takes all permissions from a path, and scans as somebody whom that stops.
fn close(case: &mut Case, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    case.as_nobody();
    std::fs::set_permissions(case.path(name), std::fs::Permissions::from_mode(0o000)).unwrap();
}

/// Makes directories within each other, deeper than a path can say, with a key in the last.
fn deep_directories(case: &Case, depth: usize, key: &str) {
    use rustix::fs::{Mode, OFlags, mkdirat, openat};
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = rustix::fs::open(&case.target, flags, Mode::empty()).unwrap();
    for _ in 0..depth {
        mkdirat(&at, "d", Mode::RWXU).unwrap();
        at = openat(&at, "d", flags, Mode::empty()).unwrap();
    }
    let file =
        openat(&at, "k.env", OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR).unwrap();
    File::from(file).write_all(format!("K={key}\n").as_bytes()).unwrap();
}

#[test]
fn the_work_tree() {
    prove(ROWS);
}
