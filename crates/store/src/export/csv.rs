//! Metrics as comma-separated values (RFC 4180): a header, then a row for each iteration.

use std::{fmt::Write, io};

use gan_tui_core::event::{Metrics, Score, Series};

use super::{
    Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter,
    exporter::MetricsWriter,
};
use crate::run::Run;

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

    fn metrics_writer(&self) -> Option<MetricsWriter> {
        Some(stream)
    }
}

/// The columns of a file: the iteration, the series of a GAN's training, times, the score of
/// digits, what else is compared with real images if the rows have that, then every other series of
/// the rows. Values that are not numbers are `NaN`; fields of scores and of other series are empty
/// in rows that have none.
struct Columns {
    known: Vec<Series>,
    /// Whether there are scores of pictures that are no digits, and of digits among those that are
    /// learned from.
    has_pictures: bool,
    has_variety: bool,
    others: Vec<Series>,
}

/// The distance of pictures that are no digits, the columns of all that are compared with real
/// images, and those of digits alone.
const OF_PICTURES: &str = "sliced_wasserstein";
const OF_NEIGHBOURS: [&str; 4] = ["precision", "recall", "density", "coverage"];
const OF_DIGITS: [&str; 2] = ["kernel_distance", "copies"];

impl Columns {
    fn new() -> Self {
        Self {
            known: Series::known().collect(),
            has_pictures: false,
            has_variety: false,
            others: Vec::new(),
        }
    }

    /// Adds the series of a row that have no column yet.
    fn add(&mut self, row: &Metrics) {
        match row.score.as_deref() {
            Some(Score::Pictures(_)) => self.has_pictures = true,
            Some(Score::Digits(score)) => self.has_variety |= score.variety.is_some(),
            None => {}
        }
        for (series, _) in row.values() {
            if !self.known.contains(series) && !self.others.contains(series) {
                self.others.push(*series);
            }
        }
    }

    fn header(&self) -> String {
        let names = |series: &[Series]| series.iter().map(|series| field(series.name())).collect();
        let compared = [
            self.has_pictures.then_some(&[OF_PICTURES][..]),
            (self.has_pictures || self.has_variety).then_some(&OF_NEIGHBOURS[..]),
            self.has_variety.then_some(&OF_DIGITS[..]),
        ];
        let columns: [Vec<String>; 5] = [
            vec!["iteration".into()],
            names(&self.known),
            ["step_ms", "elapsed_s", "frechet_distance"].map(String::from).to_vec(),
            compared.into_iter().flatten().flatten().map(|name| (*name).to_owned()).collect(),
            names(&self.others),
        ];
        format!("{}\n", columns.concat().join(","))
    }

    fn line(&self, row: &Metrics) -> String {
        let mut out = row.iteration.to_string();
        for &series in &self.known {
            // Writing to a string cannot fail.
            let _ = write!(out, ",{}", row.value(series));
        }
        let (digits, pictures) = match row.score.as_deref() {
            Some(Score::Digits(score)) => (Some(score), None),
            Some(Score::Pictures(score)) => (None, Some(score)),
            None => (None, None),
        };
        let variety = digits.and_then(|score| score.variety);
        let digits = digits.map(|score| score.frechet_distance);
        let _ = write!(out, ",{},{},{}", row.step_ms, row.elapsed_s, number(digits));
        let mut fields = |values: &[Option<f32>]| {
            for &value in values {
                let _ = write!(out, ",{}", number(value));
            }
        };
        if self.has_pictures {
            fields(&[pictures.map(|score| score.sliced_wasserstein)]);
        }
        if self.has_pictures || self.has_variety {
            let near = pictures
                .map(|score| score.neighbours)
                .or(variety.map(|variety| variety.neighbours))
                .map(|near| [near.precision, near.recall, near.density, near.coverage]);
            fields(&[0, 1, 2, 3].map(|at| near.map(|near| near[at])));
        }
        if self.has_variety {
            fields(&[variety.map(|of| of.kernel_distance), variety.map(|of| of.copies)]);
        }
        for &series in &self.others {
            let _ = write!(out, ",{}", number(row.get(series)));
        }
        out.push('\n');
        out
    }
}

/// Returns rows as text.
fn write(rows: &[&Metrics]) -> String {
    let mut columns = Columns::new();
    rows.iter().for_each(|row| columns.add(row));
    rows.iter().fold(columns.header(), |out, row| out + &columns.line(row))
}

/// Reads the log twice: the first line names the series of all rows.
fn stream(
    run: &Run,
    settings: &ExportSettings,
    out: &mut dyn io::Write,
) -> Result<usize, ExportError> {
    let (mut columns, mut count) = (Columns::new(), 0);
    settings.each_row(run, &mut |row| {
        columns.add(row);
        count += 1;
        Ok(())
    })?;
    if count == 0 {
        return Err(settings.nothing(run, "metrics"));
    }
    out.write_all(columns.header().as_bytes())?;
    settings.each_row(run, &mut |row| Ok(out.write_all(columns.line(row).as_bytes())?))?;
    Ok(count)
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

    use gan_tui_core::event::{Neighbours, PictureScore};

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
    fn a_score_of_pictures_has_columns_of_its_own() {
        let near = Neighbours { precision: 0.5, recall: 0.25, density: 0.75, coverage: 1.0 };
        let mut row = Metrics::new(2, 1.0, 2.0);
        row.score = Some(Box::new(Score::Pictures(PictureScore {
            samples: 1000,
            sliced_wasserstein: 12.5,
            floor: 4.0,
            neighbours: near,
            real: near,
        })));
        let text = write(&[&Metrics::new(1, 1.0, 1.0), &row]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0]
                .ends_with("frechet_distance,sliced_wasserstein,precision,recall,density,coverage")
        );
        assert!(lines[1].ends_with(",1,1,,,,,,"), "{text}");
        assert!(lines[2].ends_with(",1,2,,12.5,0.5,0.25,0.75,1"), "{text}");
    }

    #[test]
    fn what_digits_have_beside_their_distance_has_columns_too() {
        let near = r#"{"precision":0.5,"recall":0.25,"density":0.75,"coverage":1.0}"#;
        let score = format!(
            r#"{{"samples":2000,"frechet_distance":3.5,"floor":1.0,"confidence":0.9,"classes":[0.1,
            0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1],"class_kl":0.0,"smallest_class":0.1,
            "diversity":1.0,"variety":{{"compared":1000,"neighbours":{near},"real":{near},
            "kernel_distance":0.125,"kernel_error":0.5,"real_kernel_distance":0.25,
            "searched":5000,"nearest":4.0,"real_nearest":5.0,"copies":0.0625}}}}"#
        );
        let mut row = Metrics::new(2, 1.0, 2.0);
        row.score = Some(serde_json::from_str(&score).unwrap());
        let text = write(&[&row, &Metrics::new(3, 1.0, 3.0)]);
        let lines: Vec<&str> = text.lines().collect();
        let names = "frechet_distance,precision,recall,density,coverage,kernel_distance,copies";
        assert!(lines[0].ends_with(names), "{text}");
        assert!(lines[1].ends_with(",1,2,3.5,0.5,0.25,0.75,1,0.125,0.0625"), "{text}");
        assert!(lines[2].ends_with(",1,3,,,,,,,"), "{text}");
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
