//! The command line as a person or a script meets it.

mod presets;
mod runs;
mod wrong_input;

use std::{fs, process::Stdio, thread};

use gan_tui_testing::Sandbox;

/// What is fetched goes by the proxy that the environment names.
#[test]
fn fetching_goes_by_the_proxy() {
    use std::io::{BufRead, BufReader, Write};

    let sandbox = Sandbox::empty();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let asked = thread::spawn(move || {
        let mut stream = proxy.accept().unwrap().0;
        let mut first = String::new();
        BufReader::new(&stream).read_line(&mut first).unwrap();
        let _ = stream
            .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        first
    });
    let words = [
        "data",
        "fetch",
        "mnist",
        "--mirror",
        "http://mirror.invalid/mnist/",
        "--to",
        "new",
        "--quiet",
    ];
    let mut command = sandbox.command(&words);
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(name);
    }
    let output = command.env("http_proxy", format!("http://{address}")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let first = asked.join().unwrap();
    assert!(first.contains("mirror.invalid"), "{first}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let sandbox = Sandbox::empty();
    let mut child = sandbox
        .command(&["presets", "show", "dcgan"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(sandbox.only_stdout(&["completions", shell]).contains("presets"), "{shell}");
    }
    assert!(sandbox.only_stdout(&["man"]).starts_with(".ie"));
    sandbox.only_stdout(&["man", "--dir", "pages"]);
    assert!(
        fs::read_to_string(sandbox.path().join("pages/gan-tui-train.1"))
            .unwrap()
            .contains("iterations")
    );
}
