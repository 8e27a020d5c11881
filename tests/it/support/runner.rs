//! Runs the steps of `action.yml` as GitHub's runner does: inputs by the expressions that name them, an event file, a
//! workspace, outputs from step to step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The outcome of the Action's steps.
pub(crate) struct Step {
    pub(crate) outputs: BTreeMap<String, String>,
    /// Inputs of the uploading step, if it ran.
    pub(crate) upload: Option<BTreeMap<String, String>>,
    /// Set if the job goes on after the last step.
    pub(crate) passed: bool,
    pub(crate) summary: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Step {
    pub(crate) fn code(&self) -> &str {
        self.outputs.get("exit-code").unwrap_or_else(|| panic!("{}{}", self.stdout, self.stderr))
    }
}

/// One step of `action.yml`: its keys, and those below `env` and `with` behind a dot.
type Keys = BTreeMap<String, String>;

/// The defaults of the inputs, and the steps.
fn manifest() -> (BTreeMap<String, String>, Vec<Keys>) {
    let text = std::fs::read_to_string(root().join("action.yml")).unwrap();
    let (mut defaults, mut steps, mut above) = (BTreeMap::new(), Vec::<Keys>::new(), String::new());
    for line in text.lines() {
        assert!(!line.contains("run:") || !line.contains("${{"), "an expression in a script: {line}");
        let indent = line.len() - line.trim_start().len();
        let Some((key, value)) = line.trim().trim_start_matches("- ").split_once(':') else { continue };
        let value = value.split(" # ").next().unwrap().trim();
        let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        let value = quoted.unwrap_or(value).to_owned();
        if line.starts_with("    - name") {
            steps.push(Keys::new());
        }
        match (steps.last_mut(), indent) {
            (Some(step), 8) => drop(step.insert(format!("{above}.{key}"), value)),
            (Some(step), _) => {
                key.clone_into(&mut above);
                step.insert(key.to_owned(), value);
            }
            (None, 2) => key.clone_into(&mut above),
            (None, 4) if key == "default" => drop(defaults.insert(above.clone(), value)),
            _ => {}
        }
    }
    (defaults, steps)
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The contexts of a runner: `inputs.NAME`, `steps.ID.outputs.NAME`, `github.NAME`.
type Context = BTreeMap<String, String>;

fn operand(text: &str, context: &Context) -> String {
    let text = text.trim();
    match text.strip_prefix('\'') {
        Some(literal) => literal.trim_end_matches('\'').to_owned(),
        None => context.get(text).cloned().unwrap_or_default(),
    }
}

/// The value of a text that is an expression as a whole, or none.
fn value(text: &str, context: &Context) -> String {
    match text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")) {
        Some(expression) => operand(expression, context),
        None => text.to_owned(),
    }
}

fn holds(condition: &str, context: &Context) -> bool {
    let condition = condition.trim_start_matches("${{").trim_end_matches("}}");
    condition.split("&&").all(|term| match (term.split_once("=="), term.split_once("!=")) {
        (Some((a, b)), _) => operand(a, context) == operand(b, context),
        (_, Some((a, b))) => operand(a, context) != operand(b, context),
        _ => panic!("what is {term}?"),
    })
}

/// The machine that runs the Action.
pub(crate) struct Runner {
    pub(crate) action: PathBuf,
    pub(crate) path: String,
    pub(crate) server: String,
    /// Further variables of the job.
    pub(crate) variables: Vec<(String, String)>,
}

/// Programs of coreutils that a container always has, beside bash and git.
const COREUTILS: &str = "basename cat chmod cp cut dirname env head ls mkdir mktemp mv printf rm sha256sum sleep sort tail \
                         touch tr uname wc";

/// A directory of links to these programs and to nothing else: what is installed on a machine never decides a test.
pub(crate) fn tools(more: &str) -> PathBuf {
    static MADE: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    let directory = made.entry(more.to_owned()).or_insert_with(|| {
        let name = format!("tools-{}", more.replace(' ', "-"));
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        for name in format!("bash git {COREUTILS} {more}").split_whitespace() {
            let program = std::env::split_paths(&path).map(|place| place.join(name)).find(|file| file.is_file());
            if let Some(program) = program {
                std::os::unix::fs::symlink(program, directory.join(name)).unwrap();
            }
        }
        directory
    });
    directory.clone()
}

impl Runner {
    pub(crate) fn new() -> Self {
        Self {
            action: root().to_owned(),
            path: tools("").display().to_string(),
            variables: Vec::new(),
            server: "http://localhost:1".to_owned(),
        }
    }

    /// Runs the steps for an event, as a runner does.
    pub(crate) fn run(&self, workspace: &Path, event: &str, payload: &str, inputs: &[(&str, &str)]) -> Step {
        let temp = tempfile::tempdir().unwrap();
        let file = |name: &str| -> PathBuf { temp.path().join(name) };
        std::fs::write(file("event.json"), payload).unwrap();
        let (defaults, steps) = manifest();
        let mut context: Context =
            defaults.into_iter().map(|(name, value)| (format!("inputs.{name}"), value)).collect();
        context.insert("github.action_repository".to_owned(), "owner/pinstripe".to_owned());
        context.extend(inputs.iter().map(|(name, value)| (format!("inputs.{name}"), (*value).to_owned())));
        let read = |name: &str| std::fs::read_to_string(file(name)).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (mut stdout, mut stderr, mut upload, mut passed) = (String::new(), String::new(), None, true);
        for step in &steps {
            if !passed || step.get("if").is_some_and(|condition| !holds(condition, &context)) {
                continue;
            }
            let below = |prefix: &str| -> BTreeMap<String, String> {
                let keys = step.iter().filter_map(|(key, text)| Some((key.strip_prefix(prefix)?, text)));
                keys.map(|(key, text)| (key.to_owned(), value(text, &context))).collect()
            };
            let Some(script) = step.get("run") else {
                assert_eq!(step["continue-on-error"], "true", "an upload never decides");
                upload = Some(below("with."));
                continue;
            };
            let output = Command::new("bash")
                .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
                .current_dir(workspace)
                .env_clear()
                .env("PATH", &self.path)
                .env("HOME", temp.path())
                .env("GITHUB_ACTION_PATH", &self.action)
                .env("GITHUB_SERVER_URL", &self.server)
                .env("GITHUB_WORKSPACE", workspace)
                .env("GITHUB_EVENT_NAME", event)
                .env("GITHUB_EVENT_PATH", file("event.json"))
                .env("GITHUB_OUTPUT", file("output"))
                .env("GITHUB_STEP_SUMMARY", file("summary"))
                .env("RUNNER_TEMP", temp.path())
                .envs(self.variables.iter().map(|(name, value)| (name, value)))
                .envs(below("env."))
                .output()
                .unwrap();
            stdout += &text(&output.stdout);
            stderr += &text(&output.stderr);
            passed = output.status.success();
            let id = step.get("id").cloned().unwrap_or_default();
            for (name, value) in read("output").lines().filter_map(|line| line.split_once('=')) {
                context.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
            assert!(passed || id.is_empty(), "only the last step fails: {stdout}{stderr}");
        }
        let outputs = context.iter().filter_map(|(k, v)| Some((k.strip_prefix("steps.scan.outputs.")?, v)));
        let outputs: BTreeMap<String, String> = outputs.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        if let Some(file) = upload.as_ref().map(|with: &BTreeMap<String, String>| &with["sarif_file"]) {
            let sarif: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            assert_eq!(sarif["version"], "2.1.0");
        }
        Step { outputs, upload, passed, summary: read("summary"), stdout, stderr }
    }
}
