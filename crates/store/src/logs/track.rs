//! The numbers of one tag in bounded memory: merged in pairs as they grow, every extreme kept.

/// Points held at most.
const MOST: usize = 2048;

/// What is along the horizontal axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axis {
    #[default]
    Step,
    /// Steps times the images in a batch.
    Images,
    /// Seconds since the run began.
    Time,
}

impl Axis {
    /// The next one, round and round.
    pub fn next(self) -> Self {
        match self {
            Self::Step => Self::Images,
            Self::Images => Self::Time,
            Self::Time => Self::Step,
        }
    }
}

/// Some values: the finite ones, merged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stat {
    pub min: f64,
    pub mean: f64,
    pub max: f64,
}

/// One or more steps that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    first: i64,
    last: i64,
    /// Of the last step.
    time: f64,
    min: f64,
    max: f64,
    sum: f64,
    /// Finite values; 0 if all of them are infinite or no numbers.
    count: u32,
}

impl Point {
    fn of(step: i64, time: f64, value: f64) -> Self {
        let (first, last) = (step, step);
        if value.is_finite() {
            Self { first, last, time, min: value, max: value, sum: value, count: 1 }
        } else {
            let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
            Self { first, last, time, min, max, sum: 0.0, count: 0 }
        }
    }

    fn merge(&mut self, later: &Self) {
        self.last = later.last;
        self.time = later.time;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.sum += later.sum;
        self.count = self.count.saturating_add(later.count);
    }

    fn stat(&self) -> Option<Stat> {
        let mean = self.sum / f64::from(self.count);
        (self.count > 0).then_some(Stat { min: self.min, mean, max: self.max })
    }
}

/// The numbers of one tag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Track {
    points: Vec<Point>,
    /// Steps that a point may span.
    stride: i64,
    /// The newest step and its value, which may be no number.
    last: Option<(i64, f64, f64)>,
    /// Which file the newest step is from.
    source: u32,
    /// The first step since the last restart whose value was no finite number.
    first_bad: Option<i64>,
}

impl Track {
    /// Adds a value. One for an earlier step than the newest overrides that step and all later
    /// ones, as the steps of a program that began again do; one from an earlier file than the
    /// newest is left out. Returns whether it was added.
    pub fn push(&mut self, step: i64, time: f64, value: f64, source: u32) -> bool {
        if source < self.source {
            return false;
        }
        if source > self.source || self.last.is_some_and(|(last, ..)| step <= last) {
            self.cut(step);
        }
        self.source = source;
        self.last = Some((step, time, value));
        if !value.is_finite() {
            self.first_bad.get_or_insert(step);
        }
        let point = Point::of(step, time, value);
        let stride = self.stride.max(1);
        match self.points.last_mut() {
            Some(last) if step.saturating_sub(last.first) < stride => last.merge(&point),
            _ => self.points.push(point),
        }
        while self.points.len() > MOST {
            self.halve();
        }
        true
    }

    fn halve(&mut self) {
        self.stride = self.stride.max(1).saturating_mul(2);
        let mut merged: Vec<Point> = Vec::with_capacity(MOST);
        for point in self.points.drain(..) {
            match merged.last_mut() {
                Some(last) if point.last.saturating_sub(last.first) < self.stride => {
                    last.merge(&point);
                }
                _ => merged.push(point),
            }
        }
        self.points = merged;
    }

    /// Removes a step and all later ones. Of a long track, whose points span many steps, some steps
    /// before go too: those of the same point.
    pub fn cut(&mut self, step: i64) {
        let kept = self.points.partition_point(|point| point.last < step);
        if kept == self.points.len() {
            return;
        }
        self.points.truncate(kept);
        self.first_bad = self.first_bad.filter(|&bad| bad < step);
        self.last = self
            .points
            .last()
            .map(|point| (point.last, point.time, point.stat().map_or(f64::NAN, |stat| stat.mean)));
    }

    /// Returns the newest step and its value.
    pub fn last(&self) -> Option<(i64, f64)> {
        self.last.map(|(step, _, value)| (step, value))
    }

    /// Returns the time of the newest step.
    pub fn last_time(&self) -> Option<f64> {
        self.last.map(|(_, time, _)| time)
    }

    /// Returns the time of the point at or before a step.
    pub fn time_at(&self, step: i64) -> Option<f64> {
        let count = self.points.partition_point(|point| point.first <= step);
        self.points[..count].last().map(|point| point.time)
    }

    /// Returns the first step.
    pub fn first(&self) -> Option<i64> {
        self.points.first().map(|point| point.first)
    }

    /// Returns the time of the first point.
    pub fn first_time(&self) -> Option<f64> {
        self.points.first().map(|point| point.time)
    }

    /// Returns the first step whose value was no finite number.
    pub fn first_bad(&self) -> Option<i64> {
        self.first_bad
    }

    /// Returns the least and the greatest value.
    pub fn range(&self) -> Option<(f64, f64)> {
        let known = || self.points.iter().filter(|point| point.count > 0);
        let low = known().map(|point| point.min).fold(f64::INFINITY, f64::min);
        let high = known().map(|point| point.max).fold(f64::NEG_INFINITY, f64::max);
        (low <= high).then_some((low, high))
    }

    /// Returns the mean over the newest points, and their number.
    pub fn recent(&self, count: usize) -> Option<(f64, usize)> {
        let recent = &self.points[self.points.len().saturating_sub(count)..];
        let stats: Vec<f64> = recent.iter().filter_map(|p| p.stat()).map(|s| s.mean).collect();
        let sum: f64 = stats.iter().sum();
        (!stats.is_empty()).then(|| (sum / stats.len() as f64, stats.len()))
    }

    /// Returns whether it has more points than that.
    pub fn is_longer_than(&self, count: usize) -> bool {
        self.points.len() >= count
    }

    /// Returns the median of the points before the newest `count`.
    pub fn usual(&self, count: usize) -> Option<f64> {
        let before = &self.points[..self.points.len().saturating_sub(count)];
        let mut means: Vec<f64> = before.iter().filter_map(|p| p.stat()).map(|s| s.mean).collect();
        means.sort_by(f64::total_cmp);
        means.get(means.len() / 2).copied()
    }

    /// Returns the values over a range of an axis in `columns` equal parts. Between two points that
    /// are farther apart than a column, the line is straight.
    pub fn columns(
        &self,
        (low, high): (f64, f64),
        columns: usize,
        place_of: impl Fn(Place) -> f64,
    ) -> Vec<Option<Stat>> {
        let mut out: Vec<Option<(Stat, f64)>> = vec![None; columns];
        if columns == 0 || !(high - low).is_finite() {
            return vec![None; columns];
        }
        let scale = if high > low { (columns - 1) as f64 / (high - low) } else { 0.0 };
        let mut before: Option<(usize, Stat)> = None;
        for point in &self.points {
            let at = place_of(Place { step: middle(point), time: point.time });
            let column = (at - low) * scale;
            // A tenth of a column beyond either end is rounding.
            if !(-0.1..=(columns - 1) as f64 + 0.1).contains(&column) {
                continue;
            }
            let column = column.round() as usize;
            let Some(stat) = point.stat() else {
                before = None;
                continue;
            };
            if let Some((from, earlier)) = before {
                let empty = out.iter_mut().enumerate().take(column).skip(from + 1);
                for (between, place) in empty {
                    let share = (between - from) as f64 / (column - from) as f64;
                    let mean = earlier.mean + (stat.mean - earlier.mean) * share;
                    *place = Some((Stat { min: mean, mean, max: mean }, 1.0));
                }
            }
            let weight = f64::from(point.count);
            let all = merged(out[column], stat, weight);
            out[column] = Some(all);
            before = Some((column, all.0));
        }
        out.into_iter().map(|stat| stat.map(|(stat, _)| stat)).collect()
    }

    /// Returns the value at a place of an axis: that of the nearest point at or before it.
    pub fn at(&self, x: f64, place_of: impl Fn(Place) -> f64) -> Option<f64> {
        let of = |point: &Point| place_of(Place { step: point.first, time: point.time });
        let count = self.points.partition_point(|point| of(point) <= x);
        self.points[..count].last()?.stat().map(|stat| stat.mean)
    }
}

/// A place of a point, before it is put on an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub step: i64,
    pub time: f64,
}

fn middle(point: &Point) -> i64 {
    // Of one step, that step; of many, the middle.
    point.first.midpoint(point.last)
}

fn merged(known: Option<(Stat, f64)>, stat: Stat, weight: f64) -> (Stat, f64) {
    let Some((known, before)) = known else { return (stat, weight) };
    let all = before + weight;
    let mean = (known.mean * before + stat.mean * weight) / all;
    (Stat { min: known.min.min(stat.min), mean, max: known.max.max(stat.max) }, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(place: Place) -> f64 {
        place.step as f64
    }

    #[test]
    fn a_long_track_takes_bounded_memory_and_keeps_extremes() {
        let mut track = Track::default();
        for step in 0..1_000_000 {
            let value = if step == 123_456 { 99.0 } else { 0.5 };
            track.push(step, step as f64, value, 0);
        }
        assert!(track.points.len() <= MOST);
        assert_eq!(track.range(), Some((0.5, 99.0)));
        assert_eq!(track.last(), Some((999_999, 0.5)));
        let columns = track.columns((0.0, 999_999.0), 100, steps);
        assert!(columns.iter().all(Option::is_some));
        let highest = columns.iter().flatten().map(|stat| stat.max).fold(0.0, f64::max);
        assert_eq!(highest, 99.0);
    }

    #[test]
    fn points_that_are_far_apart_are_joined_by_a_straight_line() {
        let mut track = Track::default();
        track.push(0, 0.0, 0.0, 0);
        track.push(10, 1.0, f64::NAN, 0);
        track.push(20, 2.0, 4.0, 0);
        track.push(40, 4.0, 8.0, 0);
        let means: Vec<Option<f64>> =
            track.columns((0.0, 40.0), 9, steps).iter().map(|s| s.map(|s| s.mean)).collect();
        let line = [4.0, 5.0, 6.0, 7.0, 8.0].map(Some);
        assert_eq!(means[4..], line);
        assert_eq!(means[..4], [Some(0.0), None, None, None], "nothing is drawn across a gap");
        assert_eq!(track.first_bad(), Some(10));
        assert_eq!((track.at(39.0, steps), track.at(-1.0, steps)), (Some(4.0), None));
    }

    #[test]
    fn a_later_file_overrides_steps_after_its_first() {
        let mut track = Track::default();
        for step in 0..100 {
            track.push(step, 0.0, 1.0, 0);
        }
        assert!(track.push(50, 0.0, 2.0, 1));
        assert_eq!(track.last(), Some((50, 2.0)));
        assert!(!track.push(100, 0.0, 1.0, 0), "the earlier file counts no more");
        assert_eq!(track.points.len(), 51);
        // The same file: a step again, and a step back.
        track.push(50, 0.0, 3.0, 1);
        track.push(10, 0.0, 4.0, 1);
        assert_eq!((track.points.len(), track.last()), (11, Some((10, 4.0))));
        track.cut(i64::MIN);
        assert_eq!((track.last(), track.range()), (None, None));
    }

    #[test]
    fn no_steps_and_any_steps_are_no_trouble() {
        let mut track = Track::default();
        assert!(track.columns((0.0, 1.0), 10, steps).iter().all(Option::is_none));
        for step in [i64::MIN, -5, 0, i64::MAX - 1, i64::MAX] {
            track.push(step, f64::NAN, 1.0, 0);
        }
        track.columns((f64::NEG_INFINITY, f64::INFINITY), 10, steps);
        track.columns((0.0, 0.0), 10, steps);
        assert!(track.columns((0.0, 1.0), 0, steps).is_empty());
    }
}
