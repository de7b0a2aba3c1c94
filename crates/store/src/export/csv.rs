//! Metrics as comma-separated values (RFC 4180): a header, then a row for each iteration.

use std::fmt::Write;

use gan_tui_core::event::{Metrics, Series};

use super::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter};

pub struct Csv;

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "CSV"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv"]
    }

    fn about(&self) -> &'static str {
        "the metrics, a row for each iteration"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Metrics]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[]
    }

    fn export(&self, content: Content<'_>, _: &ExportSettings) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Metrics(rows) => Ok(write(rows).into_bytes()),
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Returns rows as text: the iteration, the series of a GAN's training, times, the score, then every
/// other series of the rows. Values that are not numbers are `NaN`; fields of scores and of other
/// series are empty in rows that have none.
fn write(rows: &[&Metrics]) -> String {
    let others = other_series(rows);
    let names = |series: &[Series]| series.iter().map(|series| field(series.name())).collect();
    let known: Vec<Series> = Series::known().collect();
    let columns: [Vec<String>; 4] = [
        vec!["iteration".into()],
        names(&known),
        ["step_ms", "elapsed_s", "frechet_distance"].map(String::from).to_vec(),
        names(&others),
    ];
    let mut out = format!("{}\n", columns.concat().join(","));
    for row in rows {
        // Writing to a string cannot fail.
        let _ = write!(out, "{}", row.iteration);
        for &series in &known {
            let _ = write!(out, ",{}", row.value(series));
        }
        let score = row.score.as_ref().map(|score| score.frechet_distance);
        let _ = write!(out, ",{},{},{}", row.step_ms, row.elapsed_s, number(score));
        for &series in &others {
            let _ = write!(out, ",{}", number(row.get(series)));
        }
        out.push('\n');
    }
    out
}

/// Returns the series of some rows that are not among [`Series::known`], in the order in which they
/// appear.
fn other_series(rows: &[&Metrics]) -> Vec<Series> {
    let known: Vec<Series> = Series::known().collect();
    let mut others = Vec::new();
    for (series, _) in rows.iter().flat_map(|row| row.values()) {
        if !known.contains(series) && !others.contains(series) {
            others.push(*series);
        }
    }
    others
}

fn number(value: Option<f32>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A name as a field, quoted if it must be.
fn field(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HEADER: &str = "iteration,d_loss,d_loss_real,d_loss_fake,g_loss,d_accuracy,d_real,d_fake,\
        step_ms,elapsed_s,frechet_distance";

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
        let text = write(&[&row]);
        assert_eq!(text, format!("{HEADER}\n20,0.5,0.25,0.75,NaN,1,0.9,0.1,12.5,0.25,\n"));
        assert_eq!(write(&[]).lines().count(), 1);
    }

    #[test]
    fn series_that_are_not_known_are_further_columns() {
        let series = |name| Series::named(name).unwrap();
        let rows = [
            Metrics::new(1, 1.0, 1.0).with([(Series::D_LOSS, 0.5), (series("penalty"), 0.25)]),
            Metrics::new(2, 1.0, 2.0).with([(series("a \"b\", c"), f32::NAN)]),
        ];
        assert_eq!(
            write(&rows.iter().collect::<Vec<_>>()),
            format!(
                "{HEADER},penalty,\"a \"\"b\"\", c\"\n\
                 1,0.5,NaN,NaN,NaN,NaN,NaN,NaN,1,1,,0.25,\n\
                 2,NaN,NaN,NaN,NaN,NaN,NaN,NaN,1,2,,,NaN\n"
            )
        );
    }
}
