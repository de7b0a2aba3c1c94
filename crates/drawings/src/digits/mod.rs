//! The embedded digits: each a pure function of (seed, index), drawn as MNIST's are, from the
//! skeletons in `data/strokes.ron`.
//!
//! A drawing blends the shapes of a form, bends the paper (a smooth random deformation that no
//! slant or rotation could make), slants, turns and stretches it, fits it into the 20x20 box that
//! MNIST's digits have and puts its centre of mass into the middle of 28x28. Only additions,
//! multiplications, divisions and square roots are used, which give the same bits on every machine:
//! the dataset's hash never changes.

mod pen;
mod strokes;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use gan_tui_core::preset::MNIST_SHAPE;
use pen::Mark;
use strokes::{Alphabet, Stroke, StrokePoint};

/// Height and width of a digit, in pixels.
const SIDE: usize = MNIST_SHAPE.height;
/// Pixels of a digit.
const PIXELS: usize = MNIST_SHAPE.values();
/// Points on the curve between two points of a stroke.
const STEPS: usize = 8;
/// The side of the box a digit fits into, ink included, in pixels.
const BOX: f32 = 20.0;

/// How much further than their blend a form's shapes are taken apart.
const EXAGGERATION: f32 = 1.6;
/// Deviation of a skeleton's point from its place; a digit is about 100 high.
const UNSTEADINESS: f32 = 2.4;

/// The label of digit `index`: 0 to 9 in turn, equally many of each.
pub fn label(index: usize) -> u8 {
    (index % 10) as u8
}

/// The 28x28 pixels of digit `index` of a seed.
pub fn digit(seed: u64, index: usize) -> [u8; PIXELS] {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(index as u64);
    let skeleton = skeleton(label(index), &mut random);
    let hand = Hand::random(&mut random);
    let mut lines: Vec<Vec<StrokePoint>> = skeleton.iter().map(|stroke| smooth(stroke)).collect();
    lines.iter_mut().flatten().for_each(|point| *point = hand.bend(*point));
    pen::draw(&hand.fit(&lines), hand.softness)
}

/// Chooses a form of the digit and blends its shapes.
fn skeleton(digit: u8, random: &mut ChaCha8Rng) -> Vec<Stroke> {
    let form = Alphabet::embedded().form(digit, random.r#gen());
    let mut weights: Vec<f32> = form.shapes.iter().map(|_| random.gen_range(0.02..1.0)).collect();
    let (sum, even) = (weights.iter().sum::<f32>(), 1.0 / weights.len() as f32);
    weights.iter_mut().for_each(|weight| *weight = even + EXAGGERATION * (*weight / sum - even));
    let mut blend: Vec<Stroke> =
        form.shapes[0].iter().map(|stroke| vec![(0.0, 0.0); stroke.len()]).collect();
    for (shape, weight) in form.shapes.iter().zip(weights) {
        for (point, from) in blend.iter_mut().flatten().zip(shape.iter().flatten()) {
            *point = (point.0 + weight * from.0, point.1 + weight * from.1);
        }
    }
    unsteady(&mut blend, random);
    blend
}

/// Moves every point a little, points that lie on each other together, so that corners and closed
/// curves stay what they are.
fn unsteady(strokes: &mut [Stroke], random: &mut ChaCha8Rng) {
    let amount = random.gen_range(0.6..1.4) * UNSTEADINESS;
    let mut moved: Vec<(StrokePoint, StrokePoint)> = Vec::new();
    for point in strokes.iter_mut().flatten() {
        let to = moved.iter().find(|(from, _)| from == point).map_or_else(
            || (point.0 + amount * normal(random), point.1 + amount * normal(random)),
            |&(_, to)| to,
        );
        moved.push((*point, to));
        *point = to;
    }
}

/// A Catmull-Rom curve through the points of a stroke; a closed stroke is smooth where it closes.
fn smooth(stroke: &[StrokePoint]) -> Vec<StrokePoint> {
    let last = stroke.len() - 1;
    let closed = last > 2 && stroke[0] == stroke[last];
    let before = if closed { stroke[last - 1] } else { mirrored(stroke[0], stroke[1]) };
    let after = if closed { stroke[1] } else { mirrored(stroke[last], stroke[last - 1]) };
    let points: Vec<StrokePoint> =
        [before].into_iter().chain(stroke.iter().copied()).chain([after]).collect();
    let mut line = Vec::with_capacity(last * STEPS + 1);
    for around in points.windows(4) {
        let axis = |pick: fn(&StrokePoint) -> f32| {
            [pick(&around[0]), pick(&around[1]), pick(&around[2]), pick(&around[3])]
        };
        let (x, y) = (axis(|p| p.0), axis(|p| p.1));
        line.extend(
            (0..STEPS)
                .map(|step| step as f32 / STEPS as f32)
                .map(|t| (catmull_rom(x, t), catmull_rom(y, t))),
        );
    }
    line.push(stroke[last]);
    line
}

/// `other`, mirrored at `centre`.
fn mirrored(centre: StrokePoint, other: StrokePoint) -> StrokePoint {
    (2.0 * centre.0 - other.0, 2.0 * centre.1 - other.1)
}

/// Between `p[1]` (t = 0) and `p[2]` (t = 1).
fn catmull_rom(p: [f32; 4], t: f32) -> f32 {
    let (a, b) = ((p[2] - p[0]) / 2.0, (p[3] - p[1]) / 2.0);
    let rest = p[2] - p[1];
    p[1] + t * (a + t * (3.0 * rest - 2.0 * a - b + t * (a + b - 2.0 * rest)))
}

/// How one digit is written.
struct Hand {
    /// Bends of the paper, moving x or y.
    waves_x: [Wave; 3],
    waves_y: [Wave; 3],
    /// Sideways for each unit upwards.
    slant: f32,
    /// Sine of the angle it is turned by.
    turn: f32,
    /// Width for each unit of width.
    stretch: f32,
    /// Half the width of the line, in pixels.
    radius: f32,
    /// Pressure along the line: relative depth, changes for each unit, and where it begins.
    pressure: (f32, f32, f32),
    softness: f32,
    /// Side of the box it is fitted into, in pixels.
    size: f32,
    /// From the centre, in pixels.
    shift: StrokePoint,
}

/// A smooth displacement: `height` units at the crest, `(across, down)` waves in a unit of length.
struct Wave {
    height: f32,
    across: f32,
    down: f32,
    phase: f32,
}

impl Hand {
    fn random(random: &mut ChaCha8Rng) -> Self {
        let bending = random.gen_range(0.5..1.5);
        let wave = |random: &mut ChaCha8Rng, octave: usize| {
            let frequency = [0.005, 0.008, 0.013][octave];
            Wave {
                height: bending * [6.0, 4.0, 1.6][octave],
                across: frequency * random.gen_range(-1.0..1.0),
                down: frequency * random.gen_range(-1.0..1.0),
                phase: random.r#gen(),
            }
        };
        Self {
            waves_x: [0, 1, 2].map(|octave| wave(random, octave)),
            waves_y: [0, 1, 2].map(|octave| wave(random, octave)),
            slant: (0.15 + 0.22 * normal(random)).clamp(-0.3, 0.75),
            turn: 0.08 * normal(random),
            stretch: (1.06 + 0.18 * normal(random)).clamp(0.65, 1.5),
            radius: (1.22 + 0.30 * normal(random)).clamp(0.75, 2.1),
            pressure: (random.gen_range(0.0..0.22), random.gen_range(0.004..0.015), random.r#gen()),
            softness: random.gen_range(0.8..1.4),
            size: BOX * random.gen_range(0.95..1.0),
            shift: (random.gen_range(-0.5..0.5), random.gen_range(-0.5..0.5)),
        }
    }

    /// Maps a point of the skeleton by the bend, the slant and the rotation.
    fn bend(&self, (x, y): StrokePoint) -> StrokePoint {
        let moved = |waves: &[Wave]| {
            waves.iter().map(|w| w.height * wave(w.across * x + w.down * y + w.phase)).sum::<f32>()
        };
        let (x, y) = (x + moved(&self.waves_x) - 50.0, y + moved(&self.waves_y) - 50.0);
        let x = (x - self.slant * y) * self.stretch;
        let cosine = (1.0 - self.turn * self.turn).sqrt();
        (cosine * x - self.turn * y, self.turn * x + cosine * y)
    }

    /// Scales the lines so that their ink fits the box, and puts their centre of mass into the
    /// middle of the picture.
    fn fit(&self, lines: &[Vec<StrokePoint>]) -> Vec<Vec<Mark>> {
        let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
        for &(x, y) in lines.iter().flatten() {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        let extent = (high.0 - low.0).max(high.1 - low.1).max(1.0);
        let scale = (self.size - 2.0 * self.radius) / extent;
        let lines: Vec<Vec<Mark>> = lines.iter().map(|line| self.marks(line, scale)).collect();
        let (x, y) = centre_of_mass(&lines);
        let middle = SIDE as f32 / 2.0;
        let (dx, dy) = (middle - x + self.shift.0, middle - y + self.shift.1);
        let move_mark = |mark: Mark| Mark { x: mark.x + dx, y: mark.y + dy, radius: mark.radius };
        lines.into_iter().map(|line| line.into_iter().map(move_mark).collect()).collect()
    }

    /// One line at its size, with the pen's pressure.
    fn marks(&self, line: &[StrokePoint], scale: f32) -> Vec<Mark> {
        let (depth, frequency, phase) = self.pressure;
        let mut along = 0.0;
        let mut previous = line[0];
        let mut marks = Vec::with_capacity(line.len());
        for &(x, y) in line {
            along += distance((x, y), previous);
            previous = (x, y);
            let radius = self.radius * (1.0 + depth * wave(along * frequency + phase));
            marks.push(Mark { x: x * scale, y: y * scale, radius });
        }
        marks
    }
}

/// Of the ink: each segment weighs its length times its width.
fn centre_of_mass(lines: &[Vec<Mark>]) -> StrokePoint {
    let (mut x, mut y, mut mass) = (0.0, 0.0, f32::MIN_POSITIVE);
    for (a, b) in lines.iter().flat_map(|line| line.windows(2)).map(|pair| (pair[0], pair[1])) {
        let weight = distance((a.x, a.y), (b.x, b.y)) * (a.radius + b.radius);
        x += weight * (a.x + b.x) / 2.0;
        y += weight * (a.y + b.y) / 2.0;
        mass += weight;
    }
    (x / mass, y / mass)
}

fn distance(a: StrokePoint, b: StrokePoint) -> f32 {
    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
    (dx * dx + dy * dy).sqrt()
}

/// A smooth wave of period 1 between -1 and 1, in place of a sine, which differs in its last bits
/// between machines.
fn wave(turns: f32) -> f32 {
    let t = turns - turns.floor();
    if t < 0.5 { 16.0 * t * (0.5 - t) } else { -16.0 * (t - 0.5) * (1.0 - t) }
}

/// Nearly normal, mean 0 and deviation 1, within ±3.5: the sum of four uniform numbers.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    let sum: f32 = (0..4).map(|_| random.gen_range(-1.0f32..1.0)).sum();
    sum * 0.866_025_4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_passes_through_its_points_and_closes_smoothly() {
        let line = smooth(&[
            (0.0, 0.0),
            (10.0, 0.0),
            (15.0, 8.0),
            (10.0, 16.0),
            (0.0, 16.0),
            (-5.0, 8.0),
            (0.0, 0.0),
        ]);
        assert_eq!(
            [line[0], line[STEPS], line[2 * STEPS], line[6 * STEPS]],
            [(0.0, 0.0), (10.0, 0.0), (15.0, 8.0), (0.0, 0.0)]
        );
        // At its end it continues in the direction of its start.
        let (before, after) = (line[6 * STEPS - 1], line[1]);
        let cosine = -(before.0 * after.0 + before.1 * after.1)
            / (distance(before, (0.0, 0.0)) * distance(after, (0.0, 0.0)));
        assert!(cosine > 0.95, "cosine {cosine}");
    }
}
