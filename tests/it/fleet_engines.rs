//! The files of `docs/fleet/` for engines: their scripts run here as the engine runs them.

use std::path::Path;
use std::process::Command;

use crate::fleet::{fleet, plan};
use crate::support::Dir;

/// Runs a shell script in a directory with the program in its path.
fn shell(dir: &Dir, script: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let program = crate::support::program_path();
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(dir.path())
        .env("PATH", path)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

fn doc(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fleet").join(name)).unwrap()
}

#[test]
fn the_batch_script_requeues_what_may_pass() {
    let dir = fleet(1);
    plan(&dir, 1);
    let script = doc("slurm/fleet.sbatch").replace("sleep 60", "true");
    dir.write_bytes("list", b"http://127.0.0.1:1/a/b\n");
    dir.run(&["fleet", "plan", "list", "--local-protocols", "-o", "remote.json"]);
    let script = format!("scontrol() {{ echo \"scontrol $*\"; }}\nset +e\n{script}");
    let slurm = [("SLURM_ARRAY_TASK_ID", "0"), ("SLURM_ARRAY_JOB_ID", "7"), ("OUT", "out"), ("PLAN", "plan.json")];
    assert_eq!(shell(&dir, &script, &slurm).0, 0);
    let local = script.replace("--exit-zero", "--local-protocols --exit-zero");
    let mut failing = slurm.to_vec();
    failing.extend([("PLAN", "remote.json"), ("MIRRORS", "mirrors")]);
    let (code, text) = shell(&dir, &local, &failing);
    assert!(code == 75 && text.contains("scontrol requeue 7_0"), "{text}");
    failing.push(("SLURM_RESTART_COUNT", "3"));
    let (code, text) = shell(&dir, &local, &failing);
    assert!(code == 75 && !text.contains("scontrol"), "{text}");
}

/// The scripts of a workflow's steps by name: what is indented below `run: |`.
fn scripts(text: &str) -> Vec<(String, String)> {
    let (mut found, mut name) = (Vec::<(String, String)>::new(), String::new());
    let mut inside = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(named) = line.trim().strip_prefix("- name: ") {
            named.clone_into(&mut name);
        }
        match inside {
            Some(depth) if indent > depth || line.is_empty() => {
                let (_, script) = found.last_mut().unwrap();
                script.push_str(line.get(depth + 2..).unwrap_or_default());
                script.push('\n');
            }
            _ => inside = None,
        }
        if line.trim() == "run: |" {
            inside = Some(indent);
            found.push((name.clone(), String::new()));
        }
    }
    found
}

#[test]
fn the_matrix_of_actions_runs() {
    let text = doc("github/fleet.yml");
    let pinned = |line: &&str| line.contains("uses: ");
    assert!(text.lines().filter(pinned).all(|line| line.split(['@', ' ']).any(|word| word.len() == 40)));
    let scripts = scripts(&text);
    assert!(scripts.iter().all(|(_, script)| !script.contains("${{")), "an expression in a script");
    let of = |name: &str| &scripts.iter().find(|(known, _)| known == name).unwrap().1;
    let dir = fleet(5);
    let list: String = (0..5).map(|at| format!("r/{at}\n")).collect();
    dir.write_bytes("repositories.txt", list.as_bytes());
    let variables = [("UNITS", "3"), ("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary"), ("PAUSE", "0")];
    let (code, said) = shell(&dir, of("Plan"), &variables);
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::read_to_string(dir.join("output")).unwrap(), "units=[0,1,2]\n");
    for unit in ["0", "1", "2"] {
        let (code, said) = shell(&dir, of("Work"), &[&variables[..], &[("UNIT", unit)]].concat());
        assert_eq!(code, 0, "{said}");
    }
    assert_eq!(shell(&dir, of("Merge"), &variables).0, 1);
    assert!(std::fs::read_to_string(dir.join("summary")).unwrap().contains("sk_live_…"));
    assert!(dir.join("out/report.html").exists() && dir.join("out/audit.jsonl").exists());
    dir.write_bytes("list", b"http://127.0.0.1:1/a/b\n");
    dir.run(&["fleet", "plan", "list", "--local-protocols", "-o", "plan.json"]);
    let failing = of("Work").replace("--exit-zero", "--local-protocols --exit-zero");
    let (code, said) = shell(&dir, &failing, &[&variables[..], &[("UNIT", "0")]].concat());
    assert!(code == 75 && said.matches("trying again may help").count() == 3, "{said}");
}

#[test]
fn the_indexed_job_runs() {
    let text = doc("kubernetes/job.yaml");
    let line = |wanted: &str| text.lines().filter(|line| line.trim() == wanted).count();
    for wanted in [
        "apiVersion: batch/v1",
        "kind: Job",
        "completionMode: Indexed",
        "backoffLimitPerIndex: 3",
        "restartPolicy: Never",
        "- name: worker",
        "values: [75]",
    ] {
        assert_eq!(line(wanted), 1, "{wanted}");
    }
    assert_eq!(line("containerName: worker"), 2);
    assert!(text.lines().all(|line| !line.contains('\t') && (line.len() - line.trim_start().len()).is_multiple_of(2)));
    let (_, folded) = text.split_once("- >-\n").unwrap();
    let script: Vec<&str> =
        folded.lines().take_while(|line| line.starts_with("              ")).map(str::trim).collect();
    let dir = fleet(2);
    plan(&dir, 2);
    let script = script.join(" ").replace("/fleet/", "./");
    for index in ["0", "1"] {
        let (code, said) = shell(&dir, &script, &[("JOB_COMPLETION_INDEX", index)]);
        assert_eq!(code, 0, "{said}");
    }
    assert_eq!(dir.run(&["fleet", "merge", "out"]).code, 1);
}
