//! What a run reports of one iteration: named series, times, and now and then a score.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};

use super::{Score, Series};

/// The values of one iteration: one line of `metrics.jsonl`.
///
/// As JSON it is one flat object: `iteration`, a number for each series under its name (`null` if
/// it is not finite: JSON has no NaN), `step_ms`, `elapsed_s`, and `score` if there is one. When it
/// is read, every number under a name that is none of these is a series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// From 1.
    pub iteration: u64,
    /// In the order in which they were reported; each series once.
    values: Vec<(Series, f32)>,
    /// How long the iteration took, in milliseconds.
    pub step_ms: f64,
    /// Training time since the run began, in seconds, pauses left out.
    pub elapsed_s: f64,
    /// How good the images were after this iteration, if they were scored.
    pub score: Option<Box<Score>>,
}

impl Metrics {
    /// The metrics of an iteration, without any series yet.
    pub fn new(iteration: u64, step_ms: f64, elapsed_s: f64) -> Self {
        Self { iteration, values: Vec::new(), step_ms, elapsed_s, score: None }
    }

    /// With these values added.
    #[must_use]
    pub fn with(mut self, values: impl IntoIterator<Item = (Series, f32)>) -> Self {
        let values = values.into_iter();
        self.values.reserve_exact(values.size_hint().0);
        values.for_each(|(series, value)| self.set(series, value));
        self
    }

    /// Sets the value of a series.
    pub fn set(&mut self, series: Series, value: f32) {
        match self.values.iter_mut().find(|(known, _)| *known == series) {
            Some((_, old)) => *old = value,
            None => self.values.push((series, value)),
        }
    }

    /// Returns the value of a series; NaN if the iteration has none.
    pub fn value(&self, series: Series) -> f32 {
        self.get(series).unwrap_or(f32::NAN)
    }

    /// Returns the value of a series, if the iteration has one.
    pub fn get(&self, series: Series) -> Option<f32> {
        self.values.iter().find(|(known, _)| *known == series).map(|(_, value)| *value)
    }

    /// Every series with its value, in the order in which they were reported.
    pub fn values(&self) -> &[(Series, f32)] {
        &self.values
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("iteration", &self.iteration)?;
        for (series, value) in &self.values {
            map.serialize_entry(series.name(), value)?;
        }
        map.serialize_entry("step_ms", &self.step_ms)?;
        map.serialize_entry("elapsed_s", &self.elapsed_s)?;
        if let Some(score) = &self.score {
            map.serialize_entry("score", score)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetricsVisitor)
    }
}

struct MetricsVisitor;

impl<'de> Visitor<'de> for MetricsVisitor {
    type Value = Metrics;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the metrics of an iteration")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metrics, A::Error> {
        let (mut iteration, mut step_ms, mut elapsed_s) = (None, None, None);
        let mut metrics = Metrics { values: Vec::with_capacity(8), ..Metrics::default() };
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "iteration" => iteration = Some(map.next_value()?),
                "step_ms" => step_ms = Some(map.next_value()?),
                "elapsed_s" => elapsed_s = Some(map.next_value()?),
                "score" => metrics.score = map.next_value()?,
                name => match (Series::named(name), map.next_value()?) {
                    (Some(series), Value::Number(value)) => metrics.set(series, value),
                    (Some(series), Value::Null(())) => metrics.set(series, f32::NAN),
                    (_, Value::Other(_)) | (None, _) => {}
                },
            }
        }
        metrics.iteration = iteration.ok_or_else(|| A::Error::missing_field("iteration"))?;
        metrics.step_ms = step_ms.ok_or_else(|| A::Error::missing_field("step_ms"))?;
        metrics.elapsed_s = elapsed_s.ok_or_else(|| A::Error::missing_field("elapsed_s"))?;
        Ok(metrics)
    }
}

/// What may stand under a name that is not one of the fixed fields.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(f32),
    Null(()),
    Other(IgnoredAny),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_line_has_the_series_by_name_and_reads_back() {
        let metrics = Metrics::new(7, 1.5, 2.25)
            .with([(Series::D_LOSS, 0.123_456_79), (Series::G_LOSS, f32::NAN)]);
        let line = serde_json::to_string(&metrics).unwrap();
        assert_eq!(
            line,
            r#"{"iteration":7,"d_loss":0.12345679,"g_loss":null,"step_ms":1.5,"elapsed_s":2.25}"#
        );
        let back: Metrics = serde_json::from_str(&line).unwrap();
        assert_eq!(back.value(Series::D_LOSS), 0.123_456_79);
        assert!(back.get(Series::G_LOSS).unwrap().is_nan());
        assert_eq!(back.get(Series::D_REAL), None);
    }

    #[test]
    fn numbers_under_other_names_are_series_and_anything_else_is_passed_over() {
        let line =
            r#"{"iteration":1,"penalty":0.25,"note":"x","more":[1],"step_ms":1,"elapsed_s":1}"#;
        let metrics: Metrics = serde_json::from_str(line).unwrap();
        assert_eq!(metrics.values(), [(Series::named("penalty").unwrap(), 0.25)]);
        for line in [r#"{"iteration":1,"step_ms":1}"#, r#"{"step_ms":1,"elapsed_s":1}"#, "[]"] {
            assert!(serde_json::from_str::<Metrics>(line).is_err(), "{line}");
        }
    }
}
