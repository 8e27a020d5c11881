//! Embeds the built-in rules, so that adding a rule takes its file and nothing else, and start-up neither hashes a rule
//! nor parses TOML; and the patterns of names, so that no scan compiles them.

#![expect(clippy::disallowed_methods, reason = "a build script reads its environment and the rule files")]

#[path = "src/rules/parts.rs"]
mod parts;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

/// Keys that are parsed from the text of a rule, because scans never need them.
const EXAMPLES: [&str; 2] = ["examples", "counter-examples"];

/// Most memory for making the automaton of a pattern, in bytes.
const MAX_AUTOMATON: usize = 32 << 20;

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
    let output = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(output.join("builtin_rules.rs"), list)?;
    automata(&root, &output)
}

/// Writes an automaton for each part of the vocabulary that says what a name means, and a list of them. What other parts
/// name is no such part itself.
fn automata(root: &Path, output: &Path) -> Result<(), Box<dyn Error>> {
    for file in ["rules/tables/vocabulary.toml", "src/rules/parts.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let vocabulary: BTreeMap<String, String> =
        toml::from_str(&fs::read_to_string(root.join("rules/tables/vocabulary.toml"))?)?;
    let is_big = env::var("CARGO_CFG_TARGET_ENDIAN")? == "big";
    let mut list = String::from("const AUTOMATA: &[(&str, &[u8])] = &[\n");
    let is_named = |name: &str| vocabulary.values().any(|pattern| pattern.contains(&format!("%{name}%")));
    for (name, pattern) in vocabulary.iter().filter(|(name, _)| name.starts_with("flow-") && !is_named(name)) {
        // A pattern whose automaton explodes ends the build instead of holding it for minutes.
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .minimize(true)
            .start_kind(StartKind::Unanchored)
            .determinize_size_limit(Some(MAX_AUTOMATON));
        let automaton = dense::Builder::new()
            .syntax(syntax::Config::new().unicode(false).utf8(false).multi_line(true))
            .thompson(thompson::Config::new().utf8(false))
            .configure(config)
            .build(&parts::expand(pattern, &vocabulary)?)
            .map_err(|error| format!("{name} of the vocabulary: {error}"))?
            .to_sparse()?;
        let bytes = if is_big { automaton.to_bytes_big_endian() } else { automaton.to_bytes_little_endian() };
        fs::write(output.join(name), bytes)?;
        list.push_str(&format!("    ({name:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))),\n"));
    }
    fs::write(output.join("automata.rs"), list + "];\n")?;
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
