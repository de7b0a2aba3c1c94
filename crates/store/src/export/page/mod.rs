//! A run as one self-contained page: curves, scores, film, parameters, and its generator, computed
//! in the browser. Nothing is loaded from anywhere.

mod pictures;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use gan_tui_core::{
    event::{Chart, Metrics, Pictures, Score, Series},
    generator::{Activation, GeneratorData, Layer, Operation, transposed},
    preset::Preset,
    text::{grouped, quoted},
};
use half::f16;
use serde_json::{Value, json};

use super::ExportError;
use crate::run::{Run, manifest::Resumption};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Points of a curve.
const MOST_POINTS: usize = 400;

/// A page, and what was left out of it.
pub struct Page {
    pub bytes: Vec<u8>,
    pub warnings: Vec<String>,
}

/// Returns the page of a run. Without a generator, for a run that has no checkpoint yet, it has no
/// live images. `pairs` are generated images, and then as many training images, each the nearest to
/// the generated one in the same place.
///
/// # Errors
/// Returns an error if a frame cannot be read or encoded.
pub fn page(
    run: &Run,
    generator: Option<&GeneratorData>,
    pairs: Option<&Pictures>,
) -> Result<Page, ExportError> {
    let mut warnings = Vec::new();
    let mut content = content(run, generator);
    content["film"] = pictures::film(run, &mut warnings)?;
    content["pairs"] = pairs.map(pictures::pairs).transpose()?.into();
    // What ends a script in HTML is written so that it does not.
    let data = content.to_string().replace('<', "\\u003c");
    let mut bytes = Vec::with_capacity(data.len() + PAGE.len() + STYLE.len() + SCRIPT.len());
    let title = format!("{} \u{b7} gan-tui", run.name());
    let mut rest = PAGE;
    // In the order in which they stand there.
    for (place, text) in [
        ("{{title}}", escaped(&title)),
        ("{{style}}", STYLE.into()),
        ("{{data}}", data),
        ("{{script}}", SCRIPT.into()),
    ] {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        bytes.extend(before.bytes().chain(text.into_bytes()));
        rest = after;
    }
    bytes.extend(rest.bytes());
    Ok(Page { bytes, warnings })
}

/// Returns text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns all that the page shows but the film.
fn content(run: &Run, generator: Option<&GeneratorData>) -> Value {
    let rows = run.metrics();
    let (iterations, charts) = curves(rows);
    // Where the data lie is nobody else's business.
    let preset = run
        .preset()
        .and_then(|preset| Preset::from_recorded(&preset.recorded(), preset.iterations).ok());
    let scored = || rows.iter().filter_map(|row| Some((row.iteration, row.score.as_deref()?)));
    let scores: Vec<Value> = scored()
        .map(|(iteration, score)| {
            json!({
                "iteration": iteration,
                "distance": score.distance(),
                "floor": score.floor(),
            })
        })
        .collect();
    let last = scored().next_back().map(|(_, score)| score);
    let distance = match last {
        Some(Score::Pictures(_)) => "sliced Wasserstein distance",
        _ => "Fr\u{e9}chet distance",
    };
    json!({
        "name": run.name(),
        "summary": summary(run, last),
        "generator": generator.map(live),
        "iterations": iterations,
        "charts": charts,
        "scores": scores,
        "distance": distance,
        "last_score": last.map(numbers).unwrap_or_default(),
        "facts": facts(run),
        "parameters": preset.as_ref().map(parameters).unwrap_or_default(),
        "how": how(run),
        "preset": preset.as_ref().map(Preset::to_ron).unwrap_or_default(),
    })
}

fn summary(run: &Run, last: Option<&Score>) -> String {
    let mut parts = vec![format!("{} at iteration {}", run.state(), grouped(run.last_iteration()))];
    if let Some(score) = last {
        parts.push(format!("distance {:.2}, real images {:.2}", score.distance(), score.floor()));
    }
    if let Some(row) = run.metrics().last() {
        parts.push(format!("{:.0} s of training", row.elapsed_s));
    }
    parts.join(" \u{b7} ")
}

/// Returns the generator as the script computes with it.
fn live(generator: &GeneratorData) -> Value {
    let image = generator.image;
    let is_digit = |(index, class): (usize, &String)| *class == index.to_string();
    let has_digits =
        generator.classes.len() == 10 && generator.classes.iter().enumerate().all(is_digit);
    json!({
        "latent": generator.latent,
        "room": generator.room,
        "classes": generator.classes,
        "digits": has_digits,
        "image": [image.height, image.width, image.channels],
        "layers": generator.layers.iter().map(layer).collect::<Vec<_>>(),
    })
}

fn layer(layer: &Layer) -> Value {
    let (kernel, bias) = layer.folded();
    let (operation, kernel) = match layer.operation {
        Operation::Dense => ("dense", kernel),
        Operation::Convolution => ("convolution", kernel),
        Operation::UpsampledConvolution => ("upsampled_convolution", transposed(&kernel)),
    };
    let slope = match layer.activation {
        Activation::Slope(slope) => Some(slope),
        Activation::Tanh => None,
    };
    json!({
        "operation": operation,
        "kernel": halves(&kernel),
        "bias": halves(&bias),
        "slope": slope,
        "output": layer.output,
    })
}

/// Returns numbers in half precision, little-endian, in base64.
fn halves(values: &[f32]) -> String {
    let bytes: Vec<u8> =
        values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
    BASE64_STANDARD.encode(bytes)
}

/// Returns the iterations of the curves' points, and the charts: losses, and the discriminator's
/// accuracy and outputs.
fn curves(rows: &[Metrics]) -> (Vec<u64>, Vec<Value>) {
    let groups: Vec<&[Metrics]> = rows.chunks(rows.len().div_ceil(MOST_POINTS).max(1)).collect();
    let iterations = groups.iter().filter_map(|group| group.last()).map(|row| row.iteration);
    let mean = |group: &[Metrics], series: Series| {
        let values = || group.iter().filter_map(|row| row.get(series));
        values().sum::<f32>() / values().count() as f32
    };
    let curve = |series: &Series| {
        // Four digits: more are not to be seen.
        let rounded = |value: f32| (f64::from(value) * 1e4).round() / 1e4;
        let values: Vec<f64> = groups.iter().map(|group| rounded(mean(group, *series))).collect();
        json!({ "label": series.label(), "values": values })
    };
    let mut known: Vec<Series> = Vec::new();
    for (series, _) in rows.iter().flat_map(Metrics::values) {
        if !known.contains(series) {
            known.push(*series);
        }
    }
    let of = |chart: Chart| known.iter().filter(move |series| series.chart() == chart);
    let chart = |title: &str, series: Vec<&Series>| json!({ "title": title, "curves": series.into_iter().map(curve).collect::<Vec<_>>() });
    let verdicts: Vec<&Series> = of(Chart::Discriminator).collect();
    let (accuracy, outputs): (Vec<&Series>, Vec<&Series>) =
        verdicts.into_iter().partition(|series| **series == Series::D_ACCURACY);
    let mut charts = vec![
        chart("losses", of(Chart::Losses).collect()),
        chart("discriminator outputs", outputs),
        chart("discriminator accuracy", accuracy),
    ];
    charts.extend(of(Chart::Other).map(|series| chart(series.label(), vec![series])));
    charts.retain(|chart| chart["curves"].as_array().is_some_and(|curves| !curves.is_empty()));
    (iterations.collect(), charts)
}

/// Returns every number of a score, with its name.
fn numbers(score: &Score) -> Vec<[String; 2]> {
    fn add(rows: &mut Vec<[String; 2]>, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(field, value)| {
                let name = [name, field].join(" ").trim().replace('_', " ");
                add(rows, &name, value);
            }),
            Value::Number(number) => {
                // The digits that the number was written with.
                let value = number.as_f64().unwrap_or_default() as f32;
                rows.push([name.into(), value.to_string()]);
            }
            _ => {}
        }
    }
    let mut rows = Vec::new();
    add(&mut rows, "", &serde_json::to_value(score).unwrap_or_default());
    rows
}

/// Returns what is known of how the run was made.
fn facts(run: &Run) -> Vec<[String; 2]> {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut add = |name: &str, value: String| rows.push([name.into(), value]);
    add("state", run.state().to_string());
    let Some(manifest) = run.manifest() else { return rows };
    add("program", format!("gan-tui {}", manifest.program_version));
    add("model", manifest.model.clone());
    if let Some(dataset) = &manifest.dataset {
        let (name, count) = (&dataset.name, grouped(dataset.count as u64));
        add("dataset", format!("{name}, {count} images"));
        add("SHA-256 of the pixels", dataset.sha256.clone());
    }
    if !manifest.classes.is_empty() {
        add("classes", manifest.classes.join(", "));
    }
    add("seed", manifest.seed.to_string());
    add("started", manifest.start_time.clone());
    if let Some(end) = &manifest.end_time {
        add("ended", end.clone());
    }
    if let Some((kernels, _)) = manifest.last_kernels() {
        add("kernels", kernels.into());
    }
    if let Some(threads) = manifest.last_threads() {
        add("threads", threads.to_string());
    }
    if !manifest.resumed.is_empty() {
        let at = |part: &Resumption| grouped(part.iteration);
        let parts: Vec<String> = manifest.resumed.iter().map(at).collect();
        add("resumed at iteration", parts.join(", "));
    }
    rows
}

fn parameters(preset: &Preset) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    for field in Preset::FIELDS {
        let parts = (field.parts)(preset);
        if parts.is_empty() {
            rows.push([field.name.to_owned(), (field.value)(preset)]);
        }
        rows.extend(
            parts.into_iter().map(|(part, value)| [format!("{}.{part}", field.name), value]),
        );
    }
    rows
}

/// Returns how to make the run again, in a sentence.
fn how(run: &Run) -> String {
    let kernels = run.manifest().and_then(|manifest| manifest.last_kernels());
    let bytes = kernels.map_or_else(String::new, |(kernels, _)| {
        format!(", byte for byte with GAN_TUI_KERNELS={kernels}, whatever the number of threads")
    });
    let name = quoted(std::path::Path::new("preset.ron"));
    format!("Saved as {name}, this makes the run again with gan-tui train --preset {name}{bytes}:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_ends_the_script() {
        assert_eq!(escaped("<a & b>"), "&lt;a &amp; b&gt;");
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
        let places = ["{{title}}", "{{style}}", "{{data}}", "{{script}}"];
        let found: Vec<usize> = places.iter().filter_map(|place| PAGE.find(place)).collect();
        assert!(found.len() == 4 && found.is_sorted(), "they are filled in this order");
    }

    #[test]
    fn curves_have_few_points_which_are_means() {
        let rows: Vec<Metrics> = (1..=1000)
            .map(|iteration| {
                let values = [(Series::D_LOSS, iteration as f32), (Series::D_ACCURACY, 0.5)];
                Metrics::new(iteration, 1.0, 1.0).with(values)
            })
            .collect();
        let (iterations, charts) = curves(&rows);
        assert_eq!((iterations.len(), iterations[0], iterations[333]), (334, 3, 1000));
        assert_eq!(charts.len(), 2, "losses and accuracy");
        assert_eq!(charts[0]["curves"][0]["values"][0], 2.0);
    }
}
