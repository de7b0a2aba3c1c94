use super::*;

fn number(index: usize) -> f32 {
    ((index * 2_654_435_761) % 1009) as f32 / 504.5 - 1.0
}

fn numbers(count: usize, salt: usize) -> Vec<f32> {
    (0..count).map(|index| number(index + salt)).collect()
}

/// The three matrices of a line's algorithm, row-major: inputs to points, taps to points, points to
/// outputs.
type Matrices = [&'static [&'static [f64]]; 3];

const UPSAMPLED: Matrices = [
    &[&[1.0, -1.0, 0.0], &[0.0, 1.0, 0.0], &[0.0, -1.0, 1.0]],
    &[&[1.0, 0.0, 0.0], &[1.0, 1.0, 1.0], &[0.0, 0.0, 1.0]],
    &[&[1.0, 1.0, 0.0], &[0.0, 1.0, 1.0]],
];

const UPSAMPLED_PAIRS: Matrices = [
    &[
        &[1.0, -1.5, 0.5, 0.0],
        &[0.0, 2.0, -1.0, 0.0],
        &[0.0, -1.0, 1.0, 0.0],
        &[0.0, 2.0, -3.0, 1.0],
    ],
    &[&[1.0, 0.0, 0.0], &[1.0, 1.0, 1.0], &[1.0, 1.0, 2.0], &[1.0, 2.0, 2.0], &[0.0, 0.0, 1.0]],
    &[
        &[1.0, 1.0, 0.0, 0.5, 0.0],
        &[0.0, 1.0, 1.0, 0.0, 0.0],
        &[0.0, 1.0, 0.0, 1.0, 0.0],
        &[0.0, 1.0, 2.0, 0.0, 1.0],
    ],
];

const WINOGRAD: Matrices = [
    &[
        &[1.0, 0.0, -1.0, 0.0],
        &[0.0, 1.0, 1.0, 0.0],
        &[0.0, -1.0, 1.0, 0.0],
        &[0.0, 1.0, 0.0, -1.0],
    ],
    &[&[1.0, 0.0, 0.0], &[0.5, 0.5, 0.5], &[0.5, -0.5, 0.5], &[0.0, 0.0, 1.0]],
    &[&[1.0, 1.0, 1.0, 0.0], &[0.0, 1.0, -1.0, -1.0]],
];

const WINOGRAD_FOUR: Matrices = [
    &[
        &[4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
        &[0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
        &[0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
        &[0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
        &[0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
        &[0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
    ],
    &[
        &[0.25, 0.0, 0.0],
        &[-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        &[-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        &[1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        &[1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        &[0.0, 0.0, 1.0],
    ],
    &[
        &[1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
        &[0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
        &[0.0, 1.0, 1.0, 4.0, 4.0, 0.0],
        &[0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
    ],
];

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Upsampled, Algorithm::UpsampledPairs, Algorithm::Winograd, Algorithm::WinogradFour];

fn matrices_of(algorithm: Algorithm) -> Matrices {
    match algorithm {
        Algorithm::Upsampled => UPSAMPLED,
        Algorithm::UpsampledPairs => UPSAMPLED_PAIRS,
        Algorithm::Winograd => WINOGRAD,
        Algorithm::WinogradFour => WINOGRAD_FOUR,
    }
}

/// A linear map as (to, from, weight), and what it makes of some numbers.
struct Map {
    weights: Vec<(usize, usize, f64)>,
}

impl Map {
    fn apply(&self, values: &[f32], count: usize) -> Vec<f64> {
        let mut out = vec![0.0; count];
        for &(to, from, weight) in &self.weights {
            out[to] += weight * f64::from(values[from]);
        }
        out
    }

    fn transposed(&self) -> Self {
        Self {
            weights: self.weights.iter().map(|&(to, from, weight)| (from, to, weight)).collect(),
        }
    }
}

/// A strip with its channels and places.
struct Case {
    strip: Strip,
    channels: usize,
    places: Places,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for algorithm in ALGORITHMS {
        for (line, rows) in [(1, 0..1), (2, 0..2), (5, 1..4), (4, 0..4)] {
            for channels in [1, 8, 16, 19, 35] {
                let strip = Strip { algorithm, line, rows: rows.clone() };
                let tile = channels + 2;
                let places = Places { point: strip.tiles() * tile + 3, tile };
                cases.push(Case { strip, channels, places });
            }
        }
    }
    cases
}

impl Case {
    /// Floats of as many numbers of (point, tile, channel) as there are points, or sums if these
    /// are more.
    fn numbers(&self) -> usize {
        self.strip.points() * self.places.point
    }

    fn image(&self) -> usize {
        self.strip.side().pow(2) * self.channels
    }

    fn made(&self) -> usize {
        self.strip.made().pow(2) * self.channels
    }

    /// Where a number of point (u, v) is, of a square of `line` times `line` points.
    fn place(&self, line: usize, number: usize, (u, v): (usize, usize), channel: usize) -> usize {
        (u * line + v) * self.places.point + number * self.places.tile + channel
    }

    /// Numbers of (point, tile, channel) from an image.
    fn inputs(&self) -> Map {
        let [matrix, ..] = matrices_of(self.strip.algorithm);
        let (side, step) = (self.strip.side(), self.strip.algorithm.step());
        let mut weights = Vec::new();
        for (number, row, column) in tiles(&self.strip) {
            for (u, down) in matrix.iter().enumerate() {
                for (v, across) in matrix.iter().enumerate() {
                    for (r, a) in down.iter().enumerate() {
                        for (c, b) in across.iter().enumerate() {
                            let at = |tile: usize, read: usize| (tile * step + read).checked_sub(1);
                            let (Some(y), Some(x)) = (at(row, r), at(column, c)) else { continue };
                            if y >= side || x >= side {
                                continue;
                            }
                            weights.extend((0..self.channels).map(|channel| {
                                let from = (y * side + x) * self.channels + channel;
                                (self.place(matrix.len(), number, (u, v), channel), from, a * b)
                            }));
                        }
                    }
                }
            }
        }
        Map { weights }
    }

    /// Outputs from numbers of (point, tile, channel).
    fn outputs(&self) -> Map {
        let [.., matrix] = matrices_of(self.strip.algorithm);
        let mut weights = Vec::new();
        for (number, row, column) in tiles(&self.strip) {
            for (a, down) in matrix.iter().enumerate() {
                for (b, across) in matrix.iter().enumerate() {
                    for (u, p) in down.iter().enumerate() {
                        for (v, q) in across.iter().enumerate() {
                            let made = self.strip.algorithm.made();
                            let pixel =
                                (made * row + a) * made * self.strip.line + made * column + b;
                            weights.extend((0..self.channels).map(|channel| {
                                let to = pixel * self.channels + channel;
                                (to, self.place(down.len(), number, (u, v), channel), p * q)
                            }));
                        }
                    }
                }
            }
        }
        Map { weights }
    }
}

fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_available())
}

/// How far sums of about the size of `expected` may be off by rounding.
fn tolerance(expected: &[f64]) -> f64 {
    expected.iter().fold(5.0, |most: f64, x| most.max(x.abs())) * 2e-6
}

fn close(what: &str, found: &[f32], expected: &[f64]) {
    let tolerance = tolerance(expected);
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(*found) - expected).abs() < tolerance,
            "{what} at {at}: {found} for {expected}"
        );
    }
}

#[test]
fn inputs_and_their_transpose_are_the_slow_sums() {
    for case in cases() {
        let map = case.inputs();
        let (image, sums) = (numbers(case.image(), 1), numbers(case.numbers(), 2));
        // What the map does not reach stays as it was.
        let mut expected = map.apply(&image, case.numbers());
        let mut reached = vec![false; case.numbers()];
        for (number, ..) in tiles(&case.strip) {
            let line = case.strip.algorithm.sums();
            for place in (0..line * line).map(|sum| (sum / line, sum % line)) {
                (0..case.channels).for_each(|c| reached[case.place(line, number, place, c)] = true);
            }
        }
        for (expected, _) in expected.iter_mut().zip(&reached).filter(|(_, reached)| !**reached) {
            *expected = 7.0;
        }
        let before = numbers(case.image(), 3);
        let gradient = map.transposed().apply(&sums, case.image());
        let gradient: Vec<f64> =
            gradient.iter().zip(&before).map(|(sum, &before)| sum + f64::from(before)).collect();
        for path in paths() {
            let what = format!("{path:?} {:?} {}", case.strip, case.channels);
            let mut found = vec![7.0; case.numbers()];
            inputs(path, &case.strip, &image, case.channels, case.places, &mut found);
            close(&what, &found, &expected);
            let mut found = before.clone();
            add_gradients(path, &case.strip, &sums, case.channels, case.places, &mut found);
            close(&what, &found, &gradient);
        }
    }
}

#[test]
fn outputs_and_their_transpose_are_the_slow_sums() {
    for case in cases() {
        let map = case.outputs();
        let (products, error) = (numbers(case.numbers(), 1), numbers(case.made(), 2));
        let bias = numbers(case.channels, 3);
        let made = map.apply(&products, case.made());
        let tolerance = tolerance(&made);
        let errors_expected = map.transposed().apply(&error, case.numbers());
        for path in paths() {
            let what = format!("{path:?} {:?} {}", case.strip, case.channels);
            let mut found = vec![7.0; case.made()];
            outputs(path, &case.strip, &products, case.places, &bias, &mut found);
            for (at, (found, made)) in found.iter().zip(&made).enumerate() {
                let row = at / case.channels / case.strip.made() / case.strip.algorithm.made();
                let expected = match case.strip.rows.contains(&row) {
                    true => made + f64::from(bias[at % case.channels]),
                    false => 7.0,
                };
                assert!((f64::from(*found) - expected).abs() < tolerance, "{what} at {at}");
            }
            let mut found = vec![7.0; case.numbers()];
            errors(path, &case.strip, &error, case.channels, case.places, &mut found);
            for (point, found) in found.chunks(case.places.point).enumerate() {
                let whole = case.strip.tiles() * case.places.tile;
                let expected = &errors_expected[point * case.places.point..];
                close(&what, &found[..whole], &expected[..whole]);
                assert!(found[whole..].iter().all(|&x| x == 7.0), "{what}");
            }
        }
    }
}

/// The code of AVX-512 but for its instructions, on any processor.
#[test]
fn wide_registers_are_the_slow_sum() {
    for case in cases() {
        let (strip, channels, places) = (&case.strip, case.channels, case.places);
        let (image, products) = (numbers(case.image(), 1), numbers(case.numbers(), 2));
        let bias = numbers(channels, 3);
        let mut sums = vec![7.0; case.numbers()];
        let mut made = vec![7.0; case.made()];
        let mut on_path = (sums.clone(), made.clone());
        inputs(Path::Portable, strip, &image, channels, places, &mut on_path.0);
        outputs(Path::Portable, strip, &products, places, &bias, &mut on_path.1);
        macro_rules! on_plain {
            ($line:ident, $($numbers:literal),*) => {
                // SAFETY: `Plain` needs no instructions of its own, and the slices are those that
                // the functions on a path accept.
                unsafe {
                    inputs_of::<Plain<16>, $line, $($numbers),*>(
                        strip, &image, channels, places, &mut sums,
                    );
                    outputs_of::<Plain<16>, $line, $($numbers),*>(
                        strip, &products, places, &bias, &mut made,
                    );
                }
            };
        }
        match strip.algorithm {
            Algorithm::Upsampled => on_plain!(Upsampled, 3, 3, 3, 2),
            Algorithm::UpsampledPairs => on_plain!(UpsampledPairs, 4, 4, 5, 4),
            Algorithm::Winograd => on_plain!(Winograd, 4, 4, 4, 2),
            Algorithm::WinogradFour => on_plain!(WinogradFour, 6, 6, 6, 4),
        }
        assert_eq!((sums, made), on_path, "{strip:?} {channels}");
    }
}

#[test]
fn matrices_and_their_transpose_are_the_slow_sums() {
    for algorithm in ALGORITHMS {
        let [_, matrix, _] = matrices_of(algorithm);
        let points = algorithm.points();
        for size in [1, 16, 37] {
            let mut weights = Vec::new();
            for (u, down) in matrix.iter().enumerate() {
                for (v, across) in matrix.iter().enumerate() {
                    for (r, a) in down.iter().enumerate() {
                        for (c, b) in across.iter().enumerate() {
                            weights.extend((0..size).map(|at| {
                                ((u * points + v) * size + at, (r * 3 + c) * size + at, a * b)
                            }));
                        }
                    }
                }
            }
            let map = Map { weights };
            let (kernel, gradient) = (numbers(9 * size, 1), numbers(points * points * size, 2));
            for path in paths() {
                let mut found = vec![7.0; points * points * size];
                for (line, found) in found.chunks_mut(points * size).enumerate() {
                    matrices(path, algorithm, line, &kernel, found);
                }
                close("matrices", &found, &map.apply(&kernel, found.len()));
                let mut found = vec![7.0; 9 * size];
                for (row, found) in found.chunks_mut(3 * size).enumerate() {
                    taps(path, algorithm, row, &gradient, found);
                }
                close("taps", &found, &map.transposed().apply(&gradient, found.len()));
            }
        }
    }
}
