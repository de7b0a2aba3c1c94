//! The Fréchet distance between two normal distributions.

/// Mean (n) and covariance (n, n) of feature vectors, in double precision.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMoments {
    pub mean: Vec<f64>,
    /// Row-major, divided by one less than the number of vectors.
    pub covariance: Vec<f64>,
}

impl FeatureMoments {
    /// Computes the moments of feature vectors of `width` numbers.
    pub fn of(vectors: &[f32], width: usize) -> Self {
        let count = vectors.len() / width;
        let mut mean = vec![0.0; width];
        for vector in vectors.chunks_exact(width) {
            mean.iter_mut().zip(vector).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        mean.iter_mut().for_each(|sum| *sum /= count.max(1) as f64);
        let mut covariance = vec![0.0; width * width];
        let mut off = vec![0.0; width];
        for vector in vectors.chunks_exact(width) {
            off.iter_mut()
                .zip(vector)
                .zip(&mean)
                .for_each(|((off, &x), mean)| *off = f64::from(x) - mean);
            for (row, &a) in covariance.chunks_exact_mut(width).zip(&off) {
                row.iter_mut().zip(&off).for_each(|(sum, b)| *sum += a * b);
            }
        }
        covariance.iter_mut().for_each(|sum| *sum /= count.saturating_sub(1).max(1) as f64);
        Self { mean, covariance }
    }
}

/// Returns the Fréchet distance of two normal distributions:
/// `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))` (Dowson and Landau 1982; for images, Heusel et al.
/// 2017).
///
/// The root's trace is that of `(S C2 S)^(1/2)` with `S = C1^(1/2)`, which is symmetric, so that
/// only symmetric matrices have to be decomposed.
///
/// # Panics
/// Panics if the two are of vectors of different lengths, which is a mistake of the caller.
pub fn distance(a: &FeatureMoments, b: &FeatureMoments) -> f64 {
    assert_eq!(a.mean.len(), b.mean.len(), "features of one kind");
    let width = a.mean.len();
    let means: f64 = a.mean.iter().zip(&b.mean).map(|(a, b)| (a - b).powi(2)).sum();
    let trace = |matrix: &[f64]| (0..width).map(|index| matrix[index * width + index]).sum::<f64>();
    let root = root(&a.covariance, width);
    let between = product(&product(&root, &b.covariance, width), &root, width);
    let (values, _) = eigen(between, width);
    let roots: f64 = values.iter().map(|value| value.max(0.0).sqrt()).sum();
    let distance = means + trace(&a.covariance) + trace(&b.covariance) - 2.0 * roots;
    // Rounding may make it negative; NaN stays NaN.
    if distance < 0.0 { 0.0 } else { distance }
}

/// Returns the symmetric root of a symmetric matrix without negative eigenvalues.
fn root(matrix: &[f64], width: usize) -> Vec<f64> {
    let (values, vectors) = eigen(matrix.to_vec(), width);
    let mut root = vec![0.0; width * width];
    for (value, vector) in values.iter().zip(vectors.chunks_exact(width)) {
        let size = value.max(0.0).sqrt();
        for (row, &a) in root.chunks_exact_mut(width).zip(vector) {
            row.iter_mut().zip(vector).for_each(|(sum, b)| *sum += size * a * b);
        }
    }
    root
}

fn product(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let mut out = vec![0.0; width * width];
    for (out, row) in out.chunks_exact_mut(width).zip(a.chunks_exact(width)) {
        for (&factor, b) in row.iter().zip(b.chunks_exact(width)) {
            out.iter_mut().zip(b).for_each(|(sum, x)| *sum += factor * x);
        }
    }
    out
}

/// Sweeps over all pairs before giving up; a dozen are enough for any matrix.
const SWEEPS: usize = 60;

/// Returns the eigenvalues and eigenvectors (a row each) of a symmetric matrix, by Jacobi's
/// rotations (Golub and Van Loan, "Matrix computations", 8.5).
fn eigen(mut matrix: Vec<f64>, width: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; width * width];
    (0..width).for_each(|index| vectors[index * width + index] = 1.0);
    let whole: f64 = matrix.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let rest: f64 = (0..width)
            .flat_map(|p| (0..p).map(move |q| (p, q)))
            .map(|(p, q)| matrix[p * width + q].powi(2))
            .sum();
        // With NaN it would never converge.
        if rest <= 1e-26 * whole || rest.is_nan() {
            break;
        }
        for p in 1..width {
            for q in 0..p {
                rotate(&mut matrix, &mut vectors, width, p, q);
            }
        }
    }
    ((0..width).map(|index| matrix[index * width + index]).collect(), vectors)
}

/// Rotates rows and columns `p` and `q` so that their common element is zero.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], width: usize, p: usize, q: usize) {
    let common = matrix[p * width + q];
    if common == 0.0 {
        return;
    }
    let angle = (matrix[q * width + q] - matrix[p * width + p]) / (2.0 * common);
    let tangent = angle.signum() / (angle.abs() + (angle * angle + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for index in 0..width {
        let (a, b) = (matrix[index * width + p], matrix[index * width + q]);
        matrix[index * width + p] = cosine * a - sine * b;
        matrix[index * width + q] = sine * a + cosine * b;
    }
    for index in 0..width {
        let (a, b) = (matrix[p * width + index], matrix[q * width + index]);
        matrix[p * width + index] = cosine * a - sine * b;
        matrix[q * width + index] = sine * a + cosine * b;
        let (a, b) = (vectors[p * width + index], vectors[q * width + index]);
        vectors[p * width + index] = cosine * a - sine * b;
        vectors[q * width + index] = sine * a + cosine * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mean: &[f64], covariance: &[f64]) -> FeatureMoments {
        FeatureMoments { mean: mean.to_vec(), covariance: covariance.to_vec() }
    }

    #[test]
    fn the_distance_of_independent_numbers_is_the_sum_of_theirs() {
        // (1 - 3)^2 + (2 - 5)^2 and 0 + (3 - 1)^2 for deviations.
        let (a, b) = (
            moments(&[1.0, 0.0], &[4.0, 0.0, 0.0, 9.0]),
            moments(&[3.0, 0.0], &[25.0, 0.0, 0.0, 1.0]),
        );
        assert!((distance(&a, &b) - (4.0 + 9.0 + 4.0)).abs() < 1e-9);
        assert!((distance(&b, &a) - 17.0).abs() < 1e-9);
    }

    /// Covariances that do not commute: what SciPy 1.17 gives for `|m|^2 + trace(C1 + C2 - 2
    /// sqrtm(C1 @ C2))`.
    #[test]
    fn the_distance_is_scipys() {
        let a = moments(&[0.0, 0.0, 0.0], &[2.0, 0.5, 0.1, 0.5, 1.0, -0.2, 0.1, -0.2, 0.7]);
        let b = moments(&[0.1, -0.2, 0.3], &[1.5, -0.4, 0.3, -0.4, 2.5, 0.6, 0.3, 0.6, 0.9]);
        assert!((distance(&a, &b) - SCIPY).abs() < 1e-7, "{}", distance(&a, &b));
    }

    const SCIPY: f64 = 1.086_547_108_833_164_2;

    #[test]
    fn the_distance_from_itself_is_zero() {
        let vectors: Vec<f32> =
            (0..1000).map(|index| ((index * 7919) % 1000) as f32 / 500.0 - 1.0).collect();
        let a = FeatureMoments::of(&vectors, 5);
        assert!(distance(&a, &a) < 1e-9);
        // One vector again and again has no covariance, and its root is zero.
        let b = FeatureMoments::of(&vectors[..5].repeat(40), 5);
        assert!(b.covariance.iter().all(|x| x.abs() < 1e-12) && distance(&a, &b) > 0.1);
    }

    #[test]
    fn nan_ends_the_iteration() {
        let bad = moments(&[f64::NAN, 0.0], &[f64::NAN, f64::NAN, f64::NAN, f64::INFINITY]);
        assert!(!distance(&bad, &bad).is_sign_negative());
    }
}
