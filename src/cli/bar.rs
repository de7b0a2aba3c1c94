//! Bars on stderr, where that is a terminal, for work that is not training.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;
use gan_tui_core::event::Preparing;

/// How often a bar is redrawn while nothing arrives.
pub const TICK: Duration = Duration::from_millis(200);
/// Drawings in a second: smooth to the eye and light on a line.
pub const HERTZ: u8 = 10;

/// A bar that clears itself away when dropped.
pub struct Bar(pub ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar's style from a template of ours; of plain characters, since the terminal may know no
/// others.
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// The same with the monitor's line where the terminal shows more than ASCII.
pub fn line_style(template: &str) -> ProgressStyle {
    let style = style(template);
    if terminal::has_unicode() { style.progress_chars("━━─") } else { style }
}

/// A bar for `count` things.
pub fn counting(count: usize, what: &'static str) -> Bar {
    let bar = ProgressBar::with_draw_target(
        Some(count as u64),
        ProgressDrawTarget::stderr_with_hz(HERTZ),
    );
    Bar(bar.with_style(style("[{bar:20}] {pos}/{len}  {msg}")).with_message(what))
}

/// A sign of life for work whose length is not known.
pub fn waiting(what: &'static str) -> Bar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(HERTZ));
    bar.enable_steady_tick(TICK);
    Bar(bar.with_style(style("{spinner} {msg}").tick_chars("|/-\\ ")).with_message(what))
}

/// Returns what shows the progress of a dataset's loading in a bar; the bar goes when it is
/// dropped.
pub fn preparing() -> impl FnMut(Preparing) {
    let bar = Bar(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(HERTZ)));
    bar.0.set_style(style("{msg}  {wide_bar}  {percent}%"));
    move |work: Preparing| {
        bar.0.set_length(work.total);
        bar.0.set_position(work.done);
        bar.0.set_message(work.what);
    }
}
