//! What one run has logged, in bounded memory, for the monitor.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use super::{Axis, Content, Entry, Item, Kind, Own, Place, Track, track};

/// Pictures of a tag whose places are held; of more, every second is left out.
const MOST_PICTURES: usize = 1 << 14;
/// Tags of pictures and of texts.
const MOST_ALBUMS: usize = 256;
/// The longest text that is held.
const LONGEST_TEXT: usize = 1 << 14;

/// A picture of a tag: its step, and where its bytes are.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    pub step: i64,
    pub time: f64,
    pub place: Place,
    source: u32,
}

/// The newest text of a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub step: i64,
    pub text: Arc<str>,
}

/// What one run has logged.
#[derive(Debug, Clone)]
pub struct LogRun {
    /// As it is shown.
    pub name: String,
    pub path: PathBuf,
    pub kind: Kind,
    /// What more is known of a run of ours.
    pub own: Option<Own>,
    /// What a person should know of how the files were read: a line each.
    pub problems: Vec<String>,
    /// Whether there is more in the files than was read.
    pub is_behind: bool,
    tracks: Vec<(Arc<str>, Track)>,
    places: HashMap<Arc<str>, usize>,
    /// Tracks held at most.
    most: usize,
    left_out: usize,
    albums: Vec<(Arc<str>, Vec<Picked>)>,
    texts: Vec<(Arc<str>, Text)>,
    /// The least time of an entry.
    start: f64,
}

impl LogRun {
    /// A run of which nothing is known yet; of its tags at most `most` are held.
    pub fn new(name: String, path: PathBuf, kind: Kind, most: usize) -> Self {
        Self {
            name,
            path,
            kind,
            own: None,
            problems: Vec::new(),
            is_behind: true,
            tracks: Vec::new(),
            places: HashMap::new(),
            most,
            left_out: 0,
            albums: Vec::new(),
            texts: Vec::new(),
            start: f64::INFINITY,
        }
    }

    /// Takes what a feed reports.
    pub fn take(&mut self, item: Item) {
        match item {
            Item::Entry(entry) => self.add(entry),
            Item::Restart { step } => {
                self.tracks.iter_mut().for_each(|(_, track)| track.cut(step));
                for (_, album) in &mut self.albums {
                    album.retain(|picture| picture.step < step);
                }
            }
            Item::Reset => {
                self.tracks.clear();
                self.places.clear();
                self.albums.clear();
                self.texts.clear();
                (self.start, self.left_out) = (f64::INFINITY, 0);
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        self.start = self.start.min(entry.time);
        match entry.content {
            Content::Number(value) => {
                if let Some(track) = self.track_of(&entry.tag) {
                    track.push(entry.step, entry.time, value, entry.source);
                }
            }
            Content::Picture(place) => {
                let Some(album) = of_tag(&mut self.albums, &entry.tag) else { return };
                let picture =
                    Picked { step: entry.step, time: entry.time, place, source: entry.source };
                add_picture(album, picture);
            }
            Content::Text(text) => {
                let text = if text.len() > LONGEST_TEXT {
                    let end = (0..=LONGEST_TEXT).rev().find(|&at| text.is_char_boundary(at));
                    Arc::from(&text[..end.unwrap_or(0)])
                } else {
                    text
                };
                let text = Text { step: entry.step, text };
                let count = self.texts.len();
                match self.texts.iter_mut().find(|(tag, _)| *tag == entry.tag) {
                    Some((_, known)) => *known = text,
                    None if count < MOST_ALBUMS => self.texts.push((entry.tag, text)),
                    None => {}
                }
            }
        }
    }

    fn track_of(&mut self, tag: &Arc<str>) -> Option<&mut Track> {
        if let Some(&place) = self.places.get(tag) {
            return self.tracks.get_mut(place).map(|(_, track)| track);
        }
        if self.tracks.len() >= self.most {
            self.left_out += 1;
            return None;
        }
        self.places.insert(tag.clone(), self.tracks.len());
        self.tracks.push((tag.clone(), Track::default()));
        self.tracks.last_mut().map(|(_, track)| track)
    }

    /// Returns the tags of numbers, in the order in which they were first logged.
    pub fn tags(&self) -> impl Iterator<Item = &Arc<str>> {
        self.tracks.iter().map(|(tag, _)| tag)
    }

    /// Returns the numbers of a tag.
    pub fn track(&self, tag: &str) -> Option<&Track> {
        self.places.get(tag).and_then(|&place| self.tracks.get(place)).map(|(_, track)| track)
    }

    /// Returns whether some tags were left out because there are too many.
    pub fn has_left_out(&self) -> bool {
        self.left_out > 0
    }

    /// Returns the tags of pictures.
    pub fn picture_tags(&self) -> impl Iterator<Item = &Arc<str>> {
        self.albums.iter().map(|(tag, _)| tag)
    }

    /// Returns the pictures of a tag, their steps rising.
    pub fn pictures(&self, tag: &str) -> &[Picked] {
        let album = self.albums.iter().find(|(known, _)| **known == *tag);
        album.map_or(&[], |(_, pictures)| pictures)
    }

    /// Returns the newest text of every tag.
    pub fn texts(&self) -> &[(Arc<str>, Text)] {
        &self.texts
    }

    /// Returns the images of a step: those of the preset's batch; 1 of a run that has none.
    pub fn batch(&self) -> f64 {
        self.own.as_ref().map_or(1.0, |own| own.batch() as f64)
    }

    /// Returns where on an axis a step is.
    pub fn on_axis(&self, axis: Axis) -> impl Fn(track::Place) -> f64 {
        let (batch, start) = (self.batch(), self.start);
        move |place| match axis {
            Axis::Step => place.step as f64,
            Axis::Images => place.step as f64 * batch,
            Axis::Time => place.time - start,
        }
    }

    /// Returns where on an axis a picture is. When the frames of a run of ours were drawn, the
    /// numbers of their steps tell.
    pub fn place_of_picture(&self, picture: &Picked, axis: Axis) -> f64 {
        let mut time = picture.time;
        if axis == Axis::Time && time.is_nan() {
            let track = self.tracks.first().map(|(_, track)| track);
            time = track.and_then(|track| track.time_at(picture.step)).unwrap_or(self.start);
        }
        self.on_axis(axis)(track::Place { step: picture.step, time })
    }

    /// Returns the ends of an axis: the first step of any tag, and the last.
    pub fn span(&self, axis: Axis) -> Option<(f64, f64)> {
        let place_of = self.on_axis(axis);
        let tracks = || self.tracks.iter().map(|(_, track)| track);
        let firsts = tracks()
            .filter_map(|track| Some((track.first()?, track.first_time()?)))
            .chain(self.albums.iter().filter_map(|(_, a)| a.first().map(|p| (p.step, p.time))));
        let lasts = tracks()
            .filter_map(|track| Some((track.last()?.0, track.last_time()?)))
            .chain(self.albums.iter().filter_map(|(_, a)| a.last().map(|p| (p.step, p.time))));
        let on = |(step, time)| place_of(track::Place { step, time });
        let low = firsts.map(on).filter(|x| x.is_finite()).fold(f64::INFINITY, f64::min);
        let high = lasts.map(on).filter(|x| x.is_finite()).fold(f64::NEG_INFINITY, f64::max);
        (low <= high).then_some((low, high))
    }

    /// Returns the newest step of any tag, and its time.
    pub fn newest(&self) -> Option<(i64, f64)> {
        let of_track = |(_, track): &(Arc<str>, Track)| Some((track.last()?.0, track.last_time()?));
        let of_album = |(_, album): &(Arc<str>, Vec<Picked>)| {
            album.last().map(|picture| (picture.step, picture.time))
        };
        let all =
            self.tracks.iter().filter_map(of_track).chain(self.albums.iter().filter_map(of_album));
        all.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
    }
}

fn of_tag<'a>(
    albums: &'a mut Vec<(Arc<str>, Vec<Picked>)>,
    tag: &Arc<str>,
) -> Option<&'a mut Vec<Picked>> {
    let place = match albums.iter().position(|(known, _)| known == tag) {
        Some(place) => place,
        None if albums.len() < MOST_ALBUMS => {
            albums.push((tag.clone(), Vec::new()));
            albums.len() - 1
        }
        None => return None,
    };
    albums.get_mut(place).map(|(_, album)| album)
}

/// Adds a picture; those of its step and later ones are of a run that began again.
fn add_picture(album: &mut Vec<Picked>, picture: Picked) {
    if album.last().is_some_and(|last| picture.source < last.source) {
        return;
    }
    let kept = album.partition_point(|known| known.step < picture.step);
    album.truncate(kept);
    album.push(picture);
    if album.len() > MOST_PICTURES {
        let last = album.len() - 1;
        let mut at = 0;
        album.retain(|_| {
            at += 1;
            at % 2 == 1 || at - 1 == last
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tag: &str, step: i64, content: Content) -> Item {
        let (tag, time) = (tag.into(), 100.0 + step as f64);
        Item::Entry(Entry { tag, step, time, source: 0, content })
    }

    fn run() -> LogRun {
        LogRun::new("run".into(), "run".into(), Kind::Events, 4)
    }

    #[test]
    fn tags_pictures_and_texts_take_bounded_memory() {
        let mut run = run();
        let place = || Place::File(std::path::Path::new("x.png").into());
        for step in 0..40_000 {
            run.take(entry("samples", step, Content::Picture(place())));
        }
        let pictures = run.pictures("samples");
        assert!(pictures.len() <= MOST_PICTURES && pictures.len() > MOST_PICTURES / 4);
        assert_eq!((pictures[0].step, pictures[pictures.len() - 1].step), (0, 39_999));
        for tag in 0..10 {
            run.take(entry(&format!("t{tag}"), 1, Content::Number(1.0)));
        }
        assert!(run.tags().count() == 4 && run.has_left_out());
        run.take(entry("text", 1, Content::Text("é".repeat(LONGEST_TEXT).into())));
        assert!(run.texts()[0].1.text.len() <= LONGEST_TEXT);
    }

    #[test]
    fn a_restart_voids_what_came_after_its_step() {
        let mut run = run();
        for step in 0..10 {
            run.take(entry("loss", step, Content::Number(step as f64)));
            let place = Place::File(std::path::Path::new("x.png").into());
            run.take(entry("samples", step, Content::Picture(place)));
        }
        assert_eq!(run.span(Axis::Time), Some((0.0, 9.0)));
        run.take(Item::Restart { step: 5 });
        assert_eq!(run.track("loss").and_then(Track::last), Some((4, 4.0)));
        assert_eq!(run.pictures("samples").len(), 5);
        run.take(Item::Reset);
        assert_eq!((run.tags().count(), run.newest()), (0, None));
    }
}
