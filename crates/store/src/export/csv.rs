//! Metrics as comma-separated values (RFC 4180): a header, then a row for each iteration.

use std::fmt::Write;

use gan_tui_core::event::{Metrics, Series};

/// The columns, as `metrics.jsonl` names them.
const HEADER: &str = "iteration,d_loss,d_loss_real,d_loss_fake,g_loss,d_accuracy,d_real,d_fake,step_ms,elapsed_s,frechet_distance";

/// Rows as text; numbers that are none stand as `NaN`, and where nothing was scored the last column
/// is empty.
pub fn write<'a>(rows: impl IntoIterator<Item = &'a Metrics>) -> String {
    let mut out = format!("{HEADER}\n");
    for row in rows {
        let score = row.score.as_ref().map(|score| score.frechet_distance.to_string());
        // Writing to a string cannot fail.
        let _ = write!(out, "{}", row.iteration);
        for series in Series::known() {
            let _ = write!(out, ",{}", row.value(series));
        }
        let (step_ms, elapsed_s) = (row.step_ms, row.elapsed_s);
        let _ = writeln!(out, ",{step_ms},{elapsed_s},{}", score.unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_number_for_each_column() {
        let row = Metrics::new(20, 12.5, 0.25).with([
            (Series::D_LOSS, 0.5),
            (Series::D_LOSS_REAL, 0.25),
            (Series::D_LOSS_FAKE, 0.75),
            (Series::G_LOSS, f32::NAN),
            (Series::D_ACCURACY, 1.0),
            (Series::D_REAL, 0.9),
            (Series::D_FAKE, 0.1),
        ]);
        let text = write([&row]);
        assert_eq!(text, format!("{HEADER}\n20,0.5,0.25,0.75,NaN,1,0.9,0.1,12.5,0.25,\n"));
        assert_eq!(write([]).lines().count(), 1);
    }
}
