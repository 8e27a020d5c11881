//! Lists the built-in rules with their hashes, so that adding a rule takes its file and nothing else, and start-up hashes
//! nothing.

#![expect(clippy::disallowed_methods, reason = "a build script reads its environment and the rule files")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest as _, Sha256};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut files = Vec::new();
    for directory in ["rules/keys", "rules/lints"] {
        println!("cargo::rerun-if-changed={directory}");
        for entry in fs::read_dir(root.join(directory))? {
            files.push(entry?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut table = String::from("pub(super) const BUILTIN: &[(&str, &str, [u8; 32])] = &[\n");
    for file in &files {
        let id = file.file_stem().unwrap_or_default().to_string_lossy();
        println!("cargo::rerun-if-changed={}", file.display());
        let hash: String = Sha256::digest(fs::read(file)?).iter().map(|byte| format!("{byte}, ")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(table, "    (\"{id}\", include_str!(r#\"{}\"#), [{hash}]),", file.display());
    }
    table.push_str("];\n");
    let output = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&output).join("builtin_rules.rs"), table)
}
