//! The event file of a run, for TensorBoard: what `metrics.jsonl`, `frames/` and `changes.jsonl`
//! hold, once more in its format. Cut back with them, so that a resumed run doubles nothing.

use std::{
    fs::File,
    io::{self, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use gan_tui_core::{
    event::{Change, Chart, LearningRates, Metrics, Score, Series},
    files::{self, atomic},
    image::Image as Picture,
    preset::Preset,
};
use serde_json::Value as Json;

use super::{RunError, paths};
use crate::tensorboard::{
    Message as _,
    messages::{Event, Image, Value},
    record::{self, RecordError, RecordReader},
};

/// Events wait in memory no longer than this.
const LATEST: Duration = Duration::from_millis(500);
/// The tag of the frames.
const FRAMES: &str = "fixed_latents";
/// The tag of the preset.
const PRESET: &str = "preset";
/// What the tags of scores begin with.
const SCORE: &str = "score/";

/// Appends events to a run's event file.
///
/// A write that fails leaves them in memory: the next one tries again from where the file was
/// still whole.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    /// Bytes of the file that are known to be whole records.
    written: u64,
    waiting: Vec<u8>,
    since: Instant,
    /// The last iterations whose metrics and whose frame were taken.
    last: Steps,
    preset: Preset,
    rates: LearningRates,
    schedule_end: u64,
}

/// The last iterations of an event file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Steps {
    metrics: Option<u64>,
    frame: Option<u64>,
}

impl EventFile {
    /// Continues after what the file holds; one that is not there is begun with the next event.
    ///
    /// # Errors
    /// Returns an error if there is one that cannot be read.
    pub(super) fn open(dir: &Path, preset: &Preset) -> Result<Self, RunError> {
        let path = dir.join(paths::EVENTS);
        let (mut last, mut written) = (Steps::default(), 0);
        walk(&path, &mut |event, _, end| {
            last.note(event);
            written = end;
            Ok(())
        })?;
        let mut file = Self {
            path,
            written,
            waiting: Vec::new(),
            since: Instant::now(),
            last,
            preset: preset.clone(),
            rates: LearningRates {
                generator: preset.generator.learning_rate,
                discriminator: preset.discriminator.learning_rate,
            },
            schedule_end: preset.schedule.end().unwrap_or_default(),
        };
        if written == 0 {
            file.begin();
        }
        Ok(file)
    }

    /// Takes the head of a new file.
    fn begin(&mut self) {
        self.push(&Event::file_version(now()));
        let text = parameters(&self.preset);
        self.push(&Event::summary(now(), 0, vec![Value::text(PRESET, &text)]));
    }

    /// Takes the metrics of an iteration; those already taken are passed over.
    ///
    /// # Errors
    /// Returns an error if what waits is due to be written and cannot be.
    pub(super) fn metrics(&mut self, metrics: &Metrics) -> Result<(), RunError> {
        if self.last.metrics.is_none_or(|last| metrics.iteration > last) {
            let step = metrics.iteration as i64;
            let values = metrics.values().iter();
            let mut values: Vec<Value> =
                values.map(|&(series, value)| Value::scalar(tag(series), value)).collect();
            let factor = self.preset.schedule.factor(metrics.iteration, self.schedule_end);
            for (name, rate) in
                [("generator", self.rates.generator), ("discriminator", self.rates.discriminator)]
            {
                values.push(Value::scalar(format!("learning_rate/{name}"), rate * factor));
            }
            self.push(&Event::summary(now(), step, values));
            // A record of its own: where a run is extended, the score of its former end goes.
            if let Some(score) = &metrics.score {
                self.push(&Event::summary(now(), step, score_values(score)));
            }
            self.last.metrics = Some(metrics.iteration);
        }
        if self.since.elapsed() < LATEST { Ok(()) } else { self.flush() }
    }

    /// Takes a frame, the PNG `encoded` of `picture`; one already taken is passed over.
    ///
    /// # Errors
    /// Returns an error if what waits cannot be written.
    pub(super) fn frame(
        &mut self,
        iteration: u64,
        picture: &Picture,
        encoded: Vec<u8>,
    ) -> Result<(), RunError> {
        if self.last.frame.is_none_or(|last| iteration > last) {
            let image = Image {
                height: picture.height as i32,
                width: picture.width as i32,
                colorspace: picture.channels as i32,
                encoded,
            };
            let values = vec![Value::image(FRAMES, image)];
            self.push(&Event::summary(now(), iteration as i64, values));
            self.last.frame = Some(iteration);
        }
        self.flush()
    }

    /// Notes that a learning rate was changed, or the end of their schedule.
    pub(super) fn changed(&mut self, change: &Change) {
        self.rates.apply(change);
        self.schedule_end = change.schedule_end().unwrap_or(self.schedule_end);
    }

    fn push(&mut self, event: &Event) {
        // Writing to memory cannot fail.
        let _ = record::write(&mut self.waiting, &event.encode_to_vec());
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// Returns an error if it cannot be written; it keeps waiting.
    pub(super) fn flush(&mut self) -> Result<(), RunError> {
        if !self.waiting.is_empty() {
            self.written = self.append().map_err(RunError::io("write", &self.path))?;
            self.waiting.clear();
        }
        self.since = Instant::now();
        Ok(())
    }

    /// Returns the length of the file after what waited.
    fn append(&self) -> io::Result<u64> {
        // Opened each time: a file that was removed meanwhile is begun again.
        let mut file = File::options().write(true).create(true).truncate(false).open(&self.path)?;
        let at = self.written.min(file.metadata()?.len());
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&self.waiting)?;
        let end = at + self.waiting.len() as u64;
        file.set_len(end)?;
        Ok(end)
    }

    /// Writes what waits and makes it last.
    ///
    /// # Errors
    /// As [`EventFile::flush`].
    pub(super) fn sync(&mut self) -> Result<(), RunError> {
        self.flush()?;
        let synced =
            files::open(&self.path).and_then(|file| file.map_or(Ok(()), |file| file.sync_data()));
        synced.map_err(RunError::io("write", &self.path))
    }
}

impl Drop for EventFile {
    fn drop(&mut self) {
        // The last chance of a run that ended without saying so; there is nobody left to tell.
        let _ = self.flush();
    }
}

impl Steps {
    fn note(&mut self, event: &Event) {
        let Ok(step) = u64::try_from(event.step) else { return };
        match event.values().first() {
            Some(value) if value.tag == FRAMES => self.frame = Some(step),
            Some(value) if value.tag != PRESET => self.metrics = Some(step),
            _ => {}
        }
    }
}

/// Calls `visit` with every event up to the first that is damaged or cut, and where its record
/// begins and ends. Returns what is wrong with the rest, if anything is.
///
/// # Errors
/// Returns an error if there is a file that cannot be read, or that of `visit`.
fn walk(
    path: &Path,
    visit: &mut dyn FnMut(&Event, u64, u64) -> io::Result<()>,
) -> Result<Option<String>, RunError> {
    let file = files::open(path).map_err(RunError::io("read", path))?;
    let Some(file) = file else { return Ok(None) };
    let mut reader = RecordReader::new(BufReader::new(file), 0);
    loop {
        let start = reader.offset();
        let data = match reader.next_record() {
            Ok(Some(data)) => data,
            Ok(None) => return Ok(None),
            Err(RecordError::Io(error)) => return Err(RunError::io("read", path)(error)),
            Err(error @ RecordError::Damaged { .. }) => return Ok(Some(error.to_string())),
        };
        let event = match Event::decode(&data[..]) {
            Ok(event) => event,
            Err(error) => return Ok(Some(format!("byte {start}: {error}"))),
        };
        visit(&event, start, reader.offset()).map_err(RunError::io("read", path))?;
    }
}

/// Returns what is damaged in a run's event file, if anything is.
///
/// # Errors
/// Returns an error if there is a file that cannot be read.
pub(super) fn damage(dir: &Path) -> Result<Option<String>, RunError> {
    let damage = walk(&dir.join(paths::EVENTS), &mut |_, _, _| Ok(()))?;
    Ok(damage.map(|damage| format!("{}: {damage}; what follows is left out", paths::EVENTS)))
}

/// Writes the event file of one run directory into another, or into its own place, cut back to an
/// iteration: without later steps, without the score of the iteration `unscored`, and without what
/// is damaged. Before a checkpoint was saved (`None`) nothing stays. A file of which all stays is
/// left alone.
///
/// # Errors
/// Returns an error if the one cannot be read, or the other not be written.
pub(super) fn copy_cut(
    from: &Path,
    to: &Path,
    iteration: Option<u64>,
    unscored: Option<u64>,
) -> Result<(), RunError> {
    let (source, path) = (from.join(paths::EVENTS), to.join(paths::EVENTS));
    let there = files::metadata(&source).map_err(RunError::io("read", &source))?;
    let Some(there) = there else { return Ok(()) };
    let Some(iteration) = iteration else {
        return if from == to {
            files::remove(&path).map_err(RunError::io("remove", &path))
        } else {
            Ok(())
        };
    };
    let stays = |event: &Event| {
        let is_score = event.values().first().is_some_and(|value| value.tag.starts_with(SCORE));
        let step = u64::try_from(event.step).unwrap_or(0);
        step <= iteration && !(is_score && Some(step) == unscored)
    };
    let mut kept = 0;
    walk(&source, &mut |event, start, end| {
        kept += if stays(event) { end - start } else { 0 };
        Ok(())
    })?;
    if from == to && kept == there.len() {
        return Ok(());
    }
    atomic::write_with(&path, |out| {
        let written = walk(&source, &mut |event, _, _| {
            if stays(event) { record::write(out, &event.encode_to_vec()) } else { Ok(()) }
        });
        written.map(|_| ()).map_err(|error| match error {
            RunError::Io { source, .. } => source,
            other => io::Error::other(other.to_string()),
        })
    })
    .map_err(RunError::io("write", &path))
}

/// Returns a series' tag: TensorBoard groups by what stands before the slash.
fn tag(series: Series) -> String {
    let group = match series.chart() {
        Chart::Losses => "losses",
        Chart::Discriminator => "discriminator",
        Chart::None if series.name().contains("loss") => "losses",
        Chart::None | Chart::Machine | Chart::Other => "other",
    };
    format!("{group}/{}", series.name())
}

/// Returns every number of a score.
fn score_values(score: &Score) -> Vec<Value> {
    fn add(tag: &str, json: &Json, values: &mut Vec<Value>) {
        match json {
            Json::Number(number) => {
                let number = number.as_f64().map_or(f32::NAN, |number| number as f32);
                values.push(Value::scalar(format!("{SCORE}{tag}"), number));
            }
            Json::Object(fields) => {
                for (name, value) in fields {
                    let name = if tag.is_empty() { name.clone() } else { format!("{tag}/{name}") };
                    add(&name, value, values);
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    add(&format!("{tag}/{index}"), item, values);
                }
            }
            _ => {}
        }
    }
    let mut values = Vec::new();
    add("", &serde_json::to_value(score).unwrap_or_default(), &mut values);
    values
}

/// Returns the fields of a preset as a table in Markdown.
fn parameters(preset: &Preset) -> String {
    let mut text = String::from("| field | value |\n|---|---|\n");
    let mut row = |name: &str, value: &str| {
        text.push_str(&format!("| {name} | {} |\n", value.replace('|', "\\|")));
    };
    for field in Preset::FIELDS {
        let parts = (field.parts)(preset);
        if parts.is_empty() {
            row(field.name, &(field.value)(preset));
        }
        for (part, value) in parts {
            row(&format!("{}.{part}", field.name), &value);
        }
    }
    text
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use gan_tui_core::event::{Neighbours, PictureScore};

    use super::*;

    fn row(iteration: u64) -> Metrics {
        Metrics::new(iteration, 1.0, 1.0).with([(Series::D_LOSS, iteration as f32)])
    }

    fn scored(iteration: u64) -> Metrics {
        let neighbours = Neighbours { precision: 0.5, recall: 0.5, density: 0.5, coverage: 0.5 };
        let score = PictureScore {
            samples: 10,
            sliced_wasserstein: 2.5,
            floor: 1.0,
            neighbours,
            real: neighbours,
        };
        let mut metrics = row(iteration);
        metrics.score = Some(Box::new(Score::Pictures(score)));
        metrics
    }

    /// Every event as (step, tags), and values where they are numbers.
    fn content(dir: &Path) -> Vec<(i64, Vec<Value>)> {
        let mut found = Vec::new();
        let damage = walk(&dir.join(paths::EVENTS), &mut |event, _, _| {
            found.push((event.step, event.values().to_vec()));
            Ok(())
        });
        assert_eq!(damage.unwrap(), None);
        found
    }

    fn record(dir: &Path, iterations: std::ops::RangeInclusive<u64>, preset: &Preset) {
        let mut file = EventFile::open(dir, preset).unwrap();
        let picture = Picture::filled(2, 1, 7);
        if *iterations.start() == 1 {
            file.frame(0, &picture, vec![0]).unwrap();
        }
        for iteration in iterations {
            if iteration == 3 {
                let field = "generator.learning_rate".into();
                file.changed(&Change { iteration: 2, field, old: 2e-4, new: 1e-4 });
            }
            let row = if iteration % 2 == 0 { scored(iteration) } else { row(iteration) };
            file.metrics(&row).unwrap();
            file.metrics(&row).unwrap();
            file.frame(iteration, &picture, vec![iteration as u8]).unwrap();
        }
    }

    #[test]
    fn a_file_cut_at_a_checkpoint_and_continued_is_that_of_a_run_left_alone() {
        let [whole, cut] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        let preset = Preset::default();
        record(whole.path(), 1..=6, &preset);
        record(cut.path(), 1..=5, &preset);
        // Killed within a record.
        let path = cut.path().join(paths::EVENTS);
        let length = std::fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
        copy_cut(cut.path(), cut.path(), Some(2), None).unwrap();
        assert_eq!(content(cut.path()).last().unwrap().0, 2);
        // Two more, and a further process that takes nothing back.
        record(cut.path(), 3..=4, &preset);
        copy_cut(cut.path(), cut.path(), Some(4), None).unwrap();
        let mut file = EventFile::open(cut.path(), &preset).unwrap();
        let field = "generator.learning_rate".into();
        file.changed(&Change { iteration: 2, field, old: 2e-4, new: 1e-4 });
        let picture = Picture::filled(2, 1, 7);
        for (row, iteration) in [(row(5), 5), (scored(6), 6)] {
            file.metrics(&row).unwrap();
            file.frame(iteration, &picture, vec![iteration as u8]).unwrap();
        }
        drop(file);
        assert_eq!(content(cut.path()), content(whole.path()));
        let tags: Vec<String> = content(whole.path())
            .iter()
            .flat_map(|(_, values)| values)
            .map(|v| v.tag.clone())
            .collect();
        for tag in ["losses/d_loss", "learning_rate/generator", "score/real/precision", FRAMES] {
            assert!(tags.contains(&tag.to_owned()), "{tag}: {tags:?}");
        }
    }

    #[test]
    fn what_is_cut_is_the_score_of_a_former_end_or_everything_without_a_checkpoint() {
        let [run, branch] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        record(run.path(), 1..=4, &Preset::default());
        copy_cut(run.path(), branch.path(), Some(4), Some(4)).unwrap();
        let is_score = |value: &Value| value.tag.starts_with(SCORE);
        let scored_at = |dir: &Path| -> Vec<i64> {
            let events = content(dir).into_iter();
            events.filter(|(_, values)| values.iter().any(is_score)).map(|(step, _)| step).collect()
        };
        assert_eq!(scored_at(run.path()), [2, 4]);
        assert_eq!(scored_at(branch.path()), [2]);
        copy_cut(run.path(), run.path(), None, None).unwrap();
        assert!(!run.path().join(paths::EVENTS).exists());
    }

    #[test]
    fn what_is_damaged_is_told_and_left_out() {
        let run = tempfile::tempdir().unwrap();
        record(run.path(), 1..=4, &Preset::default());
        let path = run.path().join(paths::EVENTS);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() * 3 / 4;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let damage = damage(run.path()).unwrap().unwrap();
        assert!(damage.contains("checksum"), "{damage}");
        copy_cut(run.path(), run.path(), Some(4), None).unwrap();
        assert!(!content(run.path()).is_empty());
        assert_eq!(super::damage(run.path()).unwrap(), None);
    }
}
