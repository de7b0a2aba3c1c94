//! How fast this machine trains.

use std::fmt::Write as _;

use crate::cli::{
    BenchOptions,
    bar::counting,
    output::{Align, counted, print, print_json, table},
    report::Exit,
};
use gan_tui_core::preset::{Plan, Preset, library};
use gan_tui_engine::train::bench::{self, BenchConfig, BenchReport, WARM_UP};

/// Measures training and prints the result.
///
/// # Errors
/// Returns an error if the preset breaks a rule, or the machine gives no threads or memory.
pub fn run(options: &BenchOptions) -> anyhow::Result<Exit> {
    let mut preset = Preset::find(options.preset.as_deref().unwrap_or(library::DEFAULT))?;
    preset.batch = options.batch.unwrap_or(preset.batch);
    let preset = preset.with_settings(&options.settings.set)?;
    let preset = Plan::try_from(preset)?.preset().clone();
    let threads = options.threads.chosen();
    let bar = counting((WARM_UP + options.iterations) as usize, "iterations");
    let report = bench::run(
        &BenchConfig { preset, iterations: options.iterations, threads },
        &mut |done, _| bar.0.set_position(done),
    );
    drop(bar);
    let report = report.map_err(anyhow::Error::msg)?;
    if options.json { print_json(&report) } else { print(text(&report)) }?;
    Ok(Exit::DONE)
}

/// The report for a person.
fn text(report: &BenchReport) -> String {
    let mut text = format!(
        "{} at batch {}, {} ({}) on {}: median of {} iterations after {WARM_UP} to warm up\n\n",
        report.preset,
        report.batch,
        counted(report.threads, "thread"),
        report.threads_from,
        report.kernels,
        report.iterations,
    );
    let number = |value: f64, unit: &str| format!("{value:.1} {unit}");
    let mut rows = vec![
        ["an iteration".to_owned(), number(report.ms_per_iteration, "ms")],
        [
            "  fastest to slowest".to_owned(),
            format!("{:.1} to {:.1} ms", report.ms_min, report.ms_max),
        ],
        [
            "  four out of five".to_owned(),
            format!("{:.1} to {:.1} ms", report.ms_p10, report.ms_p90),
        ],
        ["iterations".to_owned(), number(report.iterations_per_second, "/s")],
        ["images".to_owned(), number(report.images_per_second, "/s")],
    ];
    for part in &report.breakdown {
        rows.push([format!("  {}", part.part.replace('_', " ")), format!("{:.2} ms", part.ms)]);
    }
    rows.push([
        "arithmetic".to_owned(),
        format!("{:.2} GFLOP an iteration", report.gflop_per_iteration),
    ]);
    let share = format!(
        "{:.0}% of this machine's {:.0} GFLOP/s in a matrix product",
        100.0 * report.matrix_share,
        report.matrix_gflops
    );
    rows.push(["  reached".to_owned(), share]);
    if let Some(faults) = report.page_faults_per_iteration {
        rows.push(["page faults".to_owned(), format!("{faults:.1} an iteration")]);
    }
    if let Some(peak) = report.peak_resident_mb {
        rows.push(["peak memory".to_owned(), format!("{peak:.0} MB")]);
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "{}", table([Align::Left, Align::Left], &rows));
    text
}
