use super::*;

/// The sum as the module's docs define it.
fn slow(
    product: &Product,
    matrix: impl Fn(usize, usize, usize) -> f32,
    input: &[f32],
    output: &mut [f32],
) {
    for row in 0..product.rows {
        for column in 0..product.columns {
            let at = |grid: Grid| grid.start + row * grid.row_step + column * grid.column_step;
            for out in 0..product.panels.columns {
                let mut sum = product.bias.map_or(0.0, |bias| f64::from(bias[out]));
                for (tap, offset) in product.taps.iter().enumerate() {
                    for channel in 0..product.panels.depth {
                        sum += f64::from(input[at(product.input) + offset + channel])
                            * f64::from(matrix(tap, channel, out));
                    }
                }
                output[at(product.output) + out] = sum as f32;
            }
        }
    }
}

fn number(index: usize) -> f32 {
    ((index * 2_654_435_761) % 1009) as f32 / 504.5 - 1.0
}

/// Shapes with odd sizes: one pixel, partial tiles, partial panels, many blocks.
const SHAPES: [(usize, usize, usize, usize); 8] = [
    (1, 1, 1, 1),
    (1, 7, 3, 16),
    (3, 5, 9, 9),
    (2, 2, 32, 33),
    (7, 7, 17, 64),
    (4, 4, 128, 48),
    (5, 1, 100, 70),
    (1, 13, 257, 31),
];

fn check(path: Path, run: impl Fn(&Product, &[f32], &mut [f32])) {
    for (rows, columns, depth, outputs) in SHAPES {
        let taps = [0, 2 * depth, (columns + 3) * depth, (columns + 4) * depth + 1];
        let input: Vec<f32> = (0..(rows + 3) * (columns + 4) * depth + 8).map(number).collect();
        let stored = |tap: usize, row: usize, column: usize| {
            number(tap * 7919 + row * 104_729 + column * 31)
        };
        let numbers = [3, 1, 0, 2];
        let at =
            |index: usize| (index / (depth * outputs), index / outputs % depth, index % outputs);
        let values: Vec<f32> = (0..4 * depth * outputs)
            .map(at)
            .map(|(number, row, column)| stored(number, row, column))
            .collect();
        let panels = Panels::pack(path, &values, &numbers, depth, outputs, None);
        let matrix = |tap: usize, row: usize, column: usize| stored(numbers[tap], row, column);
        let bias: Vec<f32> = (0..outputs).map(number).collect();
        let product = Product {
            rows,
            columns,
            input: Grid { start: 1, row_step: (columns + 3) * depth, column_step: depth },
            output: Grid {
                start: 5,
                row_step: (2 * columns + 1) * outputs,
                column_step: 2 * outputs,
            },
            taps: &taps,
            panels: &panels,
            bias: (rows > 1).then_some(&bias),
        };
        let size = 5 + rows * (2 * columns + 1) * outputs;
        let (mut fast, mut expected) = (vec![7.0; size], vec![7.0; size]);
        run(&product, &input, &mut fast);
        slow(&product, matrix, &input, &mut expected);
        for (index, (fast, slow)) in fast.iter().zip(&expected).enumerate() {
            assert!(
                (fast - slow).abs() < 1e-4,
                "{path:?} {rows}x{columns} {depth}->{outputs} at {index}: {fast} for {slow}"
            );
        }
    }
}

#[test]
fn every_path_is_the_slow_sum() {
    for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
        check(path, |product, input, output| product.run(input, output));
    }
}

/// The tiles of sixteen floats, on any processor: the code of AVX-512 but for its six
/// instructions.
#[test]
fn wide_tiles_are_the_slow_sum() {
    check(Path::Avx512, |product, input, output| {
        // SAFETY: `Plain` needs no instructions of its own, and the slices are those that `run`
        // accepts.
        unsafe { all_tiles::<Plain<16>>(product, input, output) }
    });
}

#[test]
fn transposed_panels_are_those_of_the_transposed_matrix() {
    for (depth, columns) in [(1, 1), (17, 33), (40, 9), (256, 128)] {
        let matrices: Vec<f32> = (0..2 * depth * columns).map(number).collect();
        let transposed: Vec<f32> = (0..2 * depth * columns)
            .map(|index| (index / (depth * columns), index / columns % depth, index % columns))
            .map(|(matrix, row, column)| matrices[(matrix * columns + column) * depth + row])
            .collect();
        let scale = vec![1.0; columns];
        let expected =
            Panels::pack(Path::Portable, &transposed, &[1, 0], depth, columns, Some(&scale));
        assert_eq!(
            Panels::pack_transposed(Path::Portable, &matrices, &[1, 0], depth, columns).data[..],
            expected.data[..]
        );
    }
}

#[test]
#[should_panic(expected = "the input ends before its last pixel")]
fn a_pixel_outside_is_refused() {
    let panels = Panels::pack(Path::Portable, &[1.0; 4], &[0], 2, 2, None);
    let product = Product {
        rows: 1,
        columns: 3,
        input: Grid::rows(2),
        output: Grid::rows(2),
        taps: &[0],
        panels: &panels,
        bias: None,
    };
    product.run(&[0.0; 5], &mut [0.0; 6]);
}
