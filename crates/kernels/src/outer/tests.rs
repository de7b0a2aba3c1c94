use super::*;

fn number(index: usize) -> f32 {
    ((index * 2_654_435_761) % 1009) as f32 / 504.5 - 1.0
}

fn shapes() -> impl Iterator<Item = Outer<'static>> {
    // Images, rows, columns, input and output channels: odd sizes, one image, more than a
    // group.
    let sizes = [
        (1, 1, 1, 1, 1),
        (3, 2, 5, 9, 17),
        (33, 3, 3, 13, 33),
        (2, 7, 7, 37, 64),
        (5, 4, 4, 16, 40),
        (9, 28, 28, 9, 32),
    ];
    sizes.into_iter().map(|(images, rows, columns, input_channels, output_channels)| Outer {
        path: Path::Portable,
        images,
        rows,
        columns,
        input: Grid {
            start: 2,
            row_step: (columns + 1) * input_channels,
            column_step: input_channels,
        },
        input_step: (rows + 1) * (columns + 1) * input_channels,
        taps: &[0, 3],
        error: Grid {
            start: 1,
            row_step: 2 * columns * output_channels,
            column_step: 2 * output_channels,
        },
        error_step: rows * 2 * columns * output_channels,
        input_channels,
        output_channels,
    })
}

fn check(path: Path, run: impl Fn(&Outer, &[f32], &[f32], &mut [f32])) {
    for outer in shapes() {
        let outer = Outer { path, ..outer };
        let input: Vec<f32> = (0..outer.images * outer.input_step + 16).map(number).collect();
        let error: Vec<f32> =
            (0..outer.images * outer.error_step + 8).map(|index| number(index + 17)).collect();
        let mut fast = vec![9.0; 2 * outer.input_channels * outer.output_channels];
        run(&outer, &input, &error, &mut fast);
        for (t, tap) in outer.taps.iter().enumerate() {
            for c in 0..outer.input_channels {
                for o in 0..outer.output_channels {
                    let mut sum = 0.0;
                    for image in 0..outer.images {
                        for row in 0..outer.rows {
                            for column in 0..outer.columns {
                                let at = |grid: Grid| {
                                    grid.start + row * grid.row_step + column * grid.column_step
                                };
                                let x = input[image * outer.input_step + at(outer.input) + tap + c];
                                sum += f64::from(x)
                                    * f64::from(
                                        error[image * outer.error_step + at(outer.error) + o],
                                    );
                            }
                        }
                    }
                    let fast = fast[(t * outer.input_channels + c) * outer.output_channels + o];
                    assert!(
                        (f64::from(fast) - sum).abs() < 2e-3,
                        "{outer:?} at {c}, {o}: {fast} for {sum}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_path_is_the_slow_sum() {
    for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
        check(path, |outer, input, error, gradient| outer.run(input, error, gradient));
    }
}

/// The tiles of sixteen floats, on any processor: the code of AVX-512 but for its six
/// instructions.
#[test]
fn wide_tiles_are_the_slow_sum() {
    check(Path::Avx512, |outer, input, error, gradients| {
        let (size, panels) =
            (outer.input_channels * outer.output_channels, outer.pack_errors(error));
        let height = outer.input_channels;
        for (gradient, tap) in gradients.chunks_mut(size).zip(outer.taps) {
            let places = outer.places(outer.input, outer.input_step);
            let packed: Vec<f32> = places
                .flat_map(|place| input[place + tap..place + tap + height].to_vec())
                .collect();
            let right = Right {
                values: &panels,
                panel: outer.panel(),
                step: group(outer.path, outer.output_channels),
                columns: outer.output_channels,
            };
            // SAFETY: `Plain` needs no instructions of its own, and `pack_errors` and `packed` give
            // every pixel what its tiles read.
            unsafe { all_tiles::<Plain<16>>(right, &packed, height, false, gradient) }
        }
    });
}

/// Checks [`accumulate`] for odd sizes: one row, more than a chunk of them, partial tiles and
/// groups.
fn check_accumulate(
    path: Path,
    run: impl Fn(&[f32], usize, &[f32], (usize, usize), bool, &mut [f32]),
) {
    for (pixels, height, width) in
        [(1, 1, 1usize), (5, 7, 16), (130, 9, 33), (28, 64, 32), (300, 13, 70)]
    {
        let step = width.next_multiple_of(group(path, width));
        let left: Vec<f32> = (0..pixels * height).map(number).collect();
        let right: Vec<f32> = (0..pixels * step)
            .map(|index| if index % step < width { number(index + 5) } else { 0.0 })
            .collect();
        let mut out: Vec<f32> = (0..height * width).map(|index| number(index + 3)).collect();
        let expected: Vec<f64> = (0..height * width)
            .map(|index| {
                let (row, column) = (index / width, index % width);
                let products = (0..pixels).map(|pixel| {
                    f64::from(left[pixel * height + row]) * f64::from(right[pixel * step + column])
                });
                f64::from(out[index]) + products.sum::<f64>()
            })
            .collect();
        let mut product = vec![9.0; out.len()];
        run(&left, height, &right, (step, width), false, &mut product);
        let sums: Vec<f32> = out.iter().zip(&product).map(|(out, product)| out + product).collect();
        run(&left, height, &right, (step, width), true, &mut out);
        assert!(sums.iter().zip(&out).all(|(a, b)| (a - b).abs() < 1e-4), "{path:?} {height}");
        for (found, expected) in out.iter().zip(expected) {
            assert!(
                (f64::from(*found) - expected).abs() < 2e-4,
                "{path:?} {pixels} {height} {width}: {found} for {expected}"
            );
        }
    }
}

#[test]
fn accumulated_products_are_the_slow_sum() {
    for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
        check_accumulate(path, |left, height, right, columns, add, out| {
            accumulate(path, left, height, right, columns, add, out)
        });
    }
    check_accumulate(Path::Avx512, |left, height, right, columns, add, out| {
        // SAFETY: `Plain` needs no instructions of its own, and the slices are those that
        // `accumulate` accepts.
        unsafe {
            let (step, columns) = columns;
            let panel = group(Path::Avx512, columns);
            let right = Right { values: right, panel, step, columns };
            all_tiles::<Plain<16>>(right, left, height, add, out)
        }
    });
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let outer = shapes().nth(3).expect("there are six");
    let input: Vec<f32> = (0..outer.images * outer.input_step + 16).map(number).collect();
    let error: Vec<f32> = (0..outer.images * outer.error_step + 8).map(number).collect();
    let run = |threads| {
        let mut gradient = vec![0.0; 2 * outer.input_channels * outer.output_channels];
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| outer.run(&input, &error, &mut gradient));
        gradient
    };
    assert_eq!(run(1), run(3));
}
