//! The end of a run of all tests: lists those that were skipped, and fails if one needed something
//! that `GAN_TUI_INSTALLED` (names with spaces between them) has.

use std::{env, process::ExitCode};

#[allow(clippy::print_stdout)]
fn main() -> ExitCode {
    // Tools that list tests ask every binary.
    if env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let installed = env::var("GAN_TUI_INSTALLED").unwrap_or_default();
    let is_installed = |need: &String| installed.split_whitespace().any(|name| name == need);
    let skipped = gan_tui_testing::take();
    match skipped.len() {
        0 => println!("\nNo test was skipped."),
        1 => println!("\n1 test was skipped:"),
        count => println!("\n{count} tests were skipped:"),
    }
    let mut status = ExitCode::SUCCESS;
    for skip in &skipped {
        println!("    {} needs {}", skip.test, skip.needs.join(", "));
        for need in skip.needs.iter().filter(|need| is_installed(need)) {
            println!("        error: {need} is installed");
            status = ExitCode::FAILURE;
        }
    }
    status
}
