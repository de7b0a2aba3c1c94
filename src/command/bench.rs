//! How fast this machine trains.

use std::fmt::Write as _;

use crate::cli::{
    BenchOptions,
    bar::counting,
    output::{Align, counted, print, print_json, table},
    report::Exit,
};
use gan_tui_core::preset::{Plan, Preset, library};
use gan_tui_engine::train::bench::{self, BenchConfig, BenchReport, Profile, ProfileRow, WARM_UP};

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
        &BenchConfig { preset, iterations: options.iterations, threads, profile: options.profile },
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
    if let Some(profile) = &report.profile {
        let _ = write!(text, "\n{}", profile_text(profile));
    }
    text
}

/// The table of a profile: a row for each layer and kind of work.
fn profile_text(profile: &Profile) -> String {
    let percent = |share: f64| format!("{:.0}%", 100.0 * share);
    let head = ["layer", "work", "ms", "share", "GFLOP", "GFLOP/s", "of product", "MB", "waiting"];
    let mut rows = vec![head.map(str::to_owned)];
    for row in &profile.rows {
        let names = [row.network, row.layer.as_deref()].into_iter().flatten();
        let product = |cell: String| if row.gflop > 0.0 { cell } else { String::new() };
        rows.push([
            names.collect::<Vec<_>>().join(" "),
            row.work.replace('_', " "),
            format!("{:.2}", row.ms),
            format!("{:.1}%", 100.0 * row.share),
            product(format!("{:.3}", row.gflop)),
            product(format!("{:.0}", row.gflops)),
            product(percent(row.matrix_share)),
            if row.mb > 0.0 { format!("{:.1}", row.mb) } else { String::new() },
            percent(row.waiting_share),
        ]);
    }
    let sum = |of: fn(&ProfileRow) -> f64| profile.rows.iter().map(of).sum::<f64>();
    let (gflop, ms) = (sum(|row| row.gflop), profile.ms);
    rows.push([
        "all".to_owned(),
        String::new(),
        format!("{ms:.2}"),
        "100.0%".to_owned(),
        format!("{gflop:.3}"),
        format!("{:.0}", 1e3 * gflop / ms),
        percent(sum(|row| row.matrix_share * row.share)),
        format!("{:.1}", sum(|row| row.mb)),
        percent(profile.waiting_share),
    ]);
    let mut alignment = [Align::Right; 9];
    (alignment[0], alignment[1]) = (Align::Left, Align::Left);
    table(alignment, &rows)
}
