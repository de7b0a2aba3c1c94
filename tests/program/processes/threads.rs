//! The number of threads, as schedulers and users ask for it.

use std::process::Output;

use gan_tui_testing::Sandbox;
use serde_json::Value;

fn with(sandbox: &Sandbox, words: &[&str], variables: &[(&str, &str)]) -> Output {
    let output = sandbox.command(words).envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_scheduler_says_how_many_threads_there_are() {
    let sandbox = Sandbox::new("iterations: 2, frame_every: 2, checkpoint_every: 2");
    let train = |out: &str, more: &[&str], variables: &[(&str, &str)]| {
        let output = with(&sandbox, &sandbox.training(out, more), variables);
        let manifest = sandbox.manifest(out);
        (manifest["threads"].as_u64(), manifest["threads_from"].clone(), errors(&output))
    };
    let none = String::new;
    assert_eq!(
        train("slurm", &[], &[("SLURM_CPUS_PER_TASK", "1"), ("OMP_NUM_THREADS", "2")]),
        (Some(1), "SLURM_CPUS_PER_TASK".into(), none())
    );
    assert_eq!(
        train("omp", &[], &[("OMP_NUM_THREADS", "1,2")]),
        (Some(1), "OMP_NUM_THREADS".into(), none())
    );
    assert_eq!(
        train("asked", &["--threads", "3"], &[("OMP_NUM_THREADS", "1"), ("NSLOTS", "x")]),
        (Some(3), "--threads".into(), none())
    );
    let (threads, from, said) = train("nonsense", &[], &[("OMP_NUM_THREADS", "many")]);
    assert!(threads.is_some() && from != "OMP_NUM_THREADS", "{threads:?} {from}");
    assert_eq!(
        said,
        "warning: OMP_NUM_THREADS is ignored: expected a whole number above 0, found `many`\n"
    );
}

#[test]
fn another_number_of_threads_is_told_when_a_run_is_resumed() {
    let sandbox = Sandbox::new("iterations: 2, frame_every: 2, checkpoint_every: 2");
    sandbox.train("run", &["--threads", "2"]);
    let resume = |iterations: &str, more: &[&str], variables: &[(&str, &str)]| {
        let words = ["resume", "run", "--headless", "--iterations", iterations];
        errors(&with(&sandbox, &[&words[..], more].concat(), variables))
    };
    let said = resume("4", &[], &[("SLURM_CPUS_PER_TASK", "1")]);
    let note = "note: continues with 1 thread (SLURM_CPUS_PER_TASK); it had 2 before\n";
    assert!(said.starts_with(note), "{said}");
    let part = sandbox.manifest("run")["resumed"][0].clone();
    assert_eq!(
        (&part["threads"], &part["threads_from"]),
        (&1.into(), &"SLURM_CPUS_PER_TASK".into())
    );
    let said = resume("6", &[], &[("OMP_NUM_THREADS", "1")]);
    assert!(!said.contains("continues with"), "the same number: {said}");
    let said = resume("8", &["--quiet", "--threads", "2"], &[]);
    assert_eq!(said, "", "only errors");
}

#[test]
fn a_benchmark_tells_its_threads() {
    let sandbox = Sandbox::new("iterations: 2");
    let words = ["bench", "--preset", "small.ron", "--iterations", "1"];
    let slurm = [("SLURM_CPUS_PER_TASK", "1")];
    let text = String::from_utf8(with(&sandbox, &words, &slurm).stdout).unwrap();
    assert!(text.contains(", 1 thread (SLURM_CPUS_PER_TASK) on "), "{text}");
    let json = with(&sandbox, &[&words[..], &["--json", "--threads", "2"]].concat(), &slurm);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["threads"], &json["threads_from"]), (&2.into(), &"--threads".into()));
    assert_eq!(json["profile"], Value::Null);
}

#[test]
fn a_benchmark_tells_where_the_time_goes() {
    let sandbox = Sandbox::new("iterations: 2");
    let words = ["bench", "--preset", "small.ron", "--iterations", "1", "--profile"];
    let text = String::from_utf8(with(&sandbox, &words, &[]).stdout).unwrap();
    let lines: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).collect();
    let is_row = |words: &[&str]| lines.iter().any(|line| line.starts_with(words));
    assert!(is_row(&["layer", "work", "ms", "share", "GFLOP", "GFLOP/s"]), "{text}");
    assert!(is_row(&["generator", "dense2", "forward"]), "{text}");
    assert!(is_row(&["discriminator", "dense3", "weight", "gradient"]), "{text}");
    let json = with(&sandbox, &[&words[..], &["--json"]].concat(), &[]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let rows = json["profile"]["rows"].as_array().unwrap();
    let ms: f64 = rows.iter().map(|row| row["ms"].as_f64().unwrap()).sum();
    assert!((ms / json["profile"]["ms"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{json}");
    let other = rows.iter().find(|row| row["work"] == "other").unwrap();
    assert!(other["layer"].is_null() && other["network"].is_null(), "{other}");
}
