//! `presets`, and presets in the user's folder.

use gan_tui_testing::Sandbox;

#[test]
fn presets_are_listed_shown_and_checked() {
    let sandbox = Sandbox::empty();
    let list = sandbox.only_stdout(&["presets", "list"]);
    assert_eq!(list, sandbox.only_stdout(&["presets"]));
    assert!(list.lines().any(|line| line.starts_with("dcgan  ")), "{list}");
    let shown = sandbox.only_stdout(&["presets", "show", "dcgan"]);
    assert!(
        shown.contains("// generator: 726,401 parameters, of them 726,209 trainable\n"),
        "{shown}"
    );
    assert!(
        shown.contains("// discriminator: 393,729 parameters, of them 392,833 trainable\n"),
        "{shown}"
    );
    sandbox.write("mine.ron", shown);
    assert_eq!(
        sandbox.only_stdout(&["presets", "check", "mine.ron", "quick"]),
        "mine.ron: valid (preset mine)\nquick: valid (preset quick)\n"
    );
    assert_eq!(
        sandbox.only_stdout(&["presets", "diff", "mine.ron", "dcgan"]),
        "mine.ron and dcgan do not differ\n"
    );
    let diff = sandbox.only_stdout(&["presets", "diff", "dcgan", "quick"]);
    assert!(
        diff.starts_with("field ")
            && diff.contains("\ngenerator.learning_rate      0.0002   0.0008\n"),
        "{diff}"
    );
    assert!(
        sandbox
            .only_stdout(&["presets", "fields"])
            .contains("| `batch` | whole number | images | a whole number from 1 to 1024 | `32` |")
    );
}

#[test]
fn presets_in_the_users_folder_have_names() {
    let sandbox = Sandbox::empty();
    sandbox.write(
        "gan-tui/presets/night.ron",
        "(name: \"night\", description: \"Long\", iterations: 3, batch: 2)",
    );
    sandbox.write("gan-tui/presets/quick.ron", "(name: \"quick\", description: \"Quicker\")");
    let list = sandbox.only_stdout(&["presets"]);
    let file = |name: &str| sandbox.path().join("gan-tui/presets").join(name).display().to_string();
    assert!(list.contains(&format!("night            Long  ({})\n", file("night.ron"))), "{list}");
    assert!(
        list.contains(&format!("quick            Quicker  ({})\n", file("quick.ron"))),
        "{list}"
    );
    let rows: serde_json::Value =
        serde_json::from_str(&sandbox.only_stdout(&["presets", "list", "--json"])).unwrap();
    let own = rows.as_array().unwrap().iter().find(|row| row["name"] == "night");
    assert_eq!(
        own.map(|row| row["file"].as_str()),
        Some(Some(file("night.ron").as_str())),
        "{rows}"
    );
    assert!(rows[0]["file"].is_null() && rows[0]["default"].as_bool() == Some(true));
    let said = sandbox.only_stdout(&[
        "train",
        "--preset",
        "night",
        "--data",
        "synthetic",
        "--iterations",
        "1",
        "--out",
        "run",
    ]);
    assert!(said.starts_with("preset night: 1 iterations of batch 2"), "{said}");
    sandbox.assert_error(
        &["train", "--preset", "nigth"],
        1,
        "no preset named `nigth`; did you mean `night`?",
    );

    sandbox.write("gan-tui/presets/night.ron", "(batch: 0)");
    let output = sandbox.run(&["presets", "list"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.ends_with("night.ron:1:9: batch: expected a whole number from 1 to 1024, found 0\n"),
        "{said}"
    );
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stdout).unwrap().lines().count()),
        (Some(1), 10),
        "the others are listed"
    );
}
