use super::*;

fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_available())
}

fn ramp(count: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 37 % 101) as f32 - 50.0) / 25.0).collect()
}

#[test]
fn tanh_is_the_libraries_within_rounding() {
    for path in paths() {
        let inputs: Vec<f32> = (-2000..=2000)
            .map(|x| x as f32 / 150.0)
            .chain([0.0, 1e-6, 80.0, -80.0, f32::INFINITY])
            .collect();
        let mut values = inputs.clone();
        tanh(path, &mut values);
        for (x, y) in inputs.iter().zip(&values) {
            assert!((x.tanh() - y).abs() < 2e-7, "{path:?}: tanh({x}) = {}, got {y}", x.tanh());
        }
        let mut nan = [f32::NAN];
        tanh(path, &mut nan);
        assert!(nan[0].is_nan(), "a NaN must not turn into a number");
    }
}

#[test]
fn dropout_drops_its_share_and_nothing_else() {
    for rate in [0.0f32, 0.25, 0.5, 0.9] {
        let mut values = vec![1.0; 200_000];
        activate_all(Path::Portable, &mut values, 1.0, Dropout::new(rate, 7).image(3));
        let dropped =
            values.iter().filter(|&&value| value == 0.0).count() as f32 / values.len() as f32;
        assert!((dropped - rate).abs() < 0.005, "rate {rate}: {dropped} dropped");
        let scale = 1.0 / (1.0 - rate);
        assert!(values.iter().all(|&value| value == 0.0 || value == scale));
    }
}

#[test]
fn dropout_differs_between_images_keys_and_neighbours() {
    let mask = |key, image| -> Vec<bool> {
        let dropout = Dropout::new(0.5, key).image(image);
        (0..4096).map(|index| dropout.factor(index) > 0.0).collect()
    };
    let agreement = |a: &[bool], b: &[bool]| {
        a.iter().zip(b).filter(|(a, b)| a == b).count() as f32 / a.len() as f32
    };
    let first = mask(1, 0);
    assert_eq!(first, mask(1, 0));
    for other in [mask(1, 1), mask(2, 0), mask(1 << 32 | 1, 0), mask(1, 31)] {
        assert!((agreement(&first, &other) - 0.5).abs() < 0.05, "masks must be independent");
    }
    assert!(
        (agreement(&first[1..], &first[..4095]) - 0.5).abs() < 0.05,
        "neighbours must be independent"
    );
}

#[test]
fn every_path_does_what_the_formula_says() {
    let (pixels, channels) = (5, 19);
    let image = ramp(pixels * channels);
    let (scale, shift) = (ramp(channels), ramp(channels + 1)[1..].to_vec());
    let dropout = Dropout::new(0.25, 99).image(2);
    for path in paths() {
        let (mut mean, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
        statistics(path, &image, &mut mean, &mut squares);
        let mut out = vec![0.0; image.len()];
        normalise(path, &image, &scale, &shift, 0.2, dropout, &mut out);
        let upstream = ramp(image.len() + 3)[3..].to_vec();
        let deviation = vec![0.7; channels];
        let (mut error, mut sums, mut products) =
            (upstream.clone(), vec![0.0; channels], vec![0.0; channels]);
        normalise_error(
            path,
            &image,
            &scale,
            &shift,
            &mean,
            &deviation,
            0.2,
            dropout,
            &mut error,
            &mut sums,
            &mut products,
        );
        for channel in 0..channels {
            let of = |values: &[f32]| -> Vec<f64> {
                values.iter().skip(channel).step_by(channels).map(|&x| f64::from(x)).collect()
            };
            let x = of(&image);
            let true_mean = x.iter().sum::<f64>() / pixels as f64;
            assert!((f64::from(mean[channel]) - true_mean).abs() < 1e-6);
            let true_squares: f64 = x.iter().map(|x| (x - true_mean).powi(2)).sum();
            assert!((f64::from(squares[channel]) - true_squares).abs() < 1e-5);
            let (mut sum, mut product) = (0.0, 0.0);
            for (pixel, x) in x.iter().enumerate() {
                let place = pixel * channels + channel;
                let z = x * f64::from(scale[channel]) + f64::from(shift[channel]);
                let factor = f64::from(dropout.factor(place as u32));
                let expected = if z > 0.0 { z } else { 0.2 * z } * factor;
                assert!(
                    (f64::from(out[place]) - expected).abs() < 1e-5,
                    "{path:?}: {} for {expected}",
                    out[place]
                );
                let back = f64::from(upstream[place]) * factor * if z > 0.0 { 1.0 } else { 0.2 };
                assert!((f64::from(error[place]) - back).abs() < 1e-5);
                sum += back;
                product += back * (x - true_mean) * 0.7;
            }
            assert!((f64::from(sums[channel]) - sum).abs() < 1e-4);
            assert!((f64::from(products[channel]) - product).abs() < 1e-4);
        }
    }
}

#[test]
fn adam_takes_the_papers_first_step() {
    for path in paths() {
        let step = AdamStep {
            beta1: 0.5,
            beta2: 0.999,
            epsilon: 1e-7,
            learning_rate: 0.1,
            correction1: 2.0,
            correction2: 1000.0,
        };
        let (mut m, mut v, mut p) = (vec![0.0; 9], vec![0.0; 9], vec![1.0; 9]);
        adam(path, step, &[3.0; 9], &mut m, &mut v, &mut p);
        // After one step both corrected moments are the gradient and its square, so the step is
        // the learning rate.
        assert!(p.iter().all(|p| (p - 0.9).abs() < 1e-5), "{p:?}");
        assert!(
            m.iter().all(|m| (m - 1.5).abs() < 1e-6) && v.iter().all(|v| (v - 9e-3).abs() < 1e-6)
        );
    }
}

#[test]
fn zeros_of_either_sign_are_zero_and_what_is_not_finite_is_counted() {
    assert!(is_zero(&[0.0, -0.0, 0.0]) && !is_zero(&[0.0, 1e-45]) && !is_zero(&[f32::NAN]));
    assert_eq!(count_nonfinite(&[1.0, f32::NAN, f32::MAX, f32::INFINITY, f32::NEG_INFINITY]), 3);
    let mut sums = [1.0, 2.0, 3.0];
    add(&[0.5, -2.0, 1.0], &mut sums);
    assert_eq!(sums, [1.5, 0.0, 4.0]);
}
