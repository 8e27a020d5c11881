//! Embeds the built-in rules, so that adding a rule takes its file and nothing else, and start-up neither hashes a rule
//! nor parses TOML.

#![expect(clippy::disallowed_methods, reason = "a build script reads its environment and the rule files")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

/// Keys that are parsed from the text of a rule, because scans never need them.
const EXAMPLES: [&str; 2] = ["examples", "counter-examples"];

fn main() -> Result<(), Box<dyn Error>> {
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
    let mut list = String::from("pub(super) const BUILTIN: &[BuiltinRule] = &[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        list.push_str(&rule(file).map_err(|error| format!("{}: {error}", file.display()))?);
    }
    list.push_str("];\n");
    let output = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&output).join("builtin_rules.rs"), list)?;
    Ok(())
}

/// Returns a rule as an element of the list: its text and its hash, and as JSON what scans need of it.
fn rule(file: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let mut table: Table = text.parse()?;
    let hash: String = Sha256::digest(&text).iter().map(|byte| format!("{byte}, ")).collect();
    let id = file.file_stem().unwrap_or_default().to_string_lossy();
    let detect = optional(table.remove("detect").as_ref())?;
    let role = optional(table.get("role"))?;
    table.retain(|key: &str, _| !EXAMPLES.contains(&key));
    let (facts, text) = (literal(&serde_json::to_string(&table)?), literal(&text));
    let id = literal(&id);
    let fields = format!("id: {id}, text: {text}, hash: [{hash}], detect: {detect}, role: {role}, facts: {facts}");
    Ok(format!("    BuiltinRule {{ {fields} }},\n"))
}

fn optional(value: Option<&Value>) -> Result<String, serde_json::Error> {
    let Some(value) = value else { return Ok("None".to_owned()) };
    Ok(format!("Some({})", literal(&serde_json::to_string(value)?)))
}

fn literal(text: &str) -> String {
    format!("r####\"{text}\"####")
}
