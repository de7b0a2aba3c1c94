//! Interpolation between the input rows of a generator: spherical for the latent, linear for the
//! one-hot class after it.

/// Interpolates from each row (n, `width`) to the next and from the last to the first, in `steps`
/// rows each: (n * steps, `width`). The first `latent` numbers of a row are its latent.
pub fn closed_path(rows: &[f32], width: usize, latent: usize, steps: usize) -> Vec<f32> {
    let count = rows.len() / width;
    let row = |index: usize| &rows[index % count * width..][..width];
    let pairs = (0..count).map(|index| (row(index), row(index + 1)));
    pairs
        .flat_map(|(from, to)| {
            (0..steps).flat_map(move |step| {
                interpolated_row(from, to, latent, step as f32 / steps as f32)
            })
        })
        .collect()
}

/// Interpolates from each row to the next, in `steps` rows each (at least two), both ends included.
pub fn open_path(rows: &[f32], width: usize, latent: usize, steps: usize) -> Vec<f32> {
    let rows: Vec<&[f32]> = rows.chunks_exact(width).collect();
    let last = steps.max(2) - 1;
    let way = |pair: &[&[f32]]| {
        (0..=last)
            .flat_map(|step| interpolated_row(pair[0], pair[1], latent, step as f32 / last as f32))
            .collect::<Vec<f32>>()
    };
    rows.windows(2).flat_map(way).collect()
}

fn interpolated_row(from: &[f32], to: &[f32], latent: usize, t: f32) -> Vec<f32> {
    let mut row = slerp(&from[..latent], &to[..latent], t);
    row.extend(
        from[latent..].iter().zip(&to[latent..]).map(|(from, to)| (1.0 - t) * from + t * to),
    );
    row
}

/// Returns the point a share `t` of the way from one latent to another, along the great circle.
///
/// Nearly all normal latents have about the same distance from zero; a straight line between two
/// would pass through a region without latents. The arc keeps the distance
/// (Shoemake, "Animating rotation with quaternion curves", 1985).
pub fn slerp(from: &[f32], to: &[f32], t: f32) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let length = (dot(from, from) * dot(to, to)).sqrt();
    let angle = if length > 0.0 { (dot(from, to) / length).clamp(-1.0, 1.0).acos() } else { 0.0 };
    let sine = angle.sin();
    // The arc is not defined if both have the same or opposite directions.
    let (a, b) = if sine > 1e-3 {
        (((1.0 - t) * angle).sin() / sine, (t * angle).sin() / sine)
    } else {
        (1.0 - t, t)
    };
    from.iter().zip(to).map(|(from, to)| a * from + b * to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::{self, Stream};

    #[test]
    fn a_closed_path_passes_every_latent_and_keeps_its_distance() {
        let latents = [3.0, 0.0, 0.0, 3.0, -3.0, 0.0];
        let walk = closed_path(&latents, 2, 2, 4);
        assert_eq!(walk.len(), 3 * 4 * 2);
        for (index, row) in walk.chunks_exact(2).enumerate().take(8) {
            assert!((row[0].hypot(row[1]) - 3.0).abs() < 1e-4, "{row:?}");
            if index % 4 == 0 {
                let expected = &latents[index / 2..][..2];
                assert!(
                    row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5),
                    "{row:?} {expected:?}"
                );
            }
        }
        assert!(
            walk.iter().all(|value| value.is_finite()),
            "opposite latents have no single arc between them"
        );
    }

    #[test]
    fn an_interpolated_latent_keeps_its_length() {
        let (from, to) =
            (random::normal(1, Stream::Walk, 0, 100), random::normal(1, Stream::Walk, 1, 100));
        let length = |latent: &[f32]| latent.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert_eq!(slerp(&from, &to, 0.0), from);
        assert!(
            slerp(&from, &to, 1.0).iter().zip(&to).all(|(found, to)| (found - to).abs() < 1e-5)
        );
        assert!(length(&slerp(&from, &to, 0.5)) > 0.9 * length(&from).min(length(&to)));
        assert_eq!(slerp(&from, &from, 0.5), from);
    }

    #[test]
    fn an_open_path_leads_from_each_latent_to_the_next() {
        let walk = open_path(&[2.0, 0.0, 0.0, 2.0, -2.0, 0.0], 2, 2, 3);
        let expected = [
            2.0,
            0.0,
            2f32.sqrt(),
            2f32.sqrt(),
            0.0,
            2.0,
            0.0,
            2.0,
            -(2f32.sqrt()),
            2f32.sqrt(),
            -2.0,
            0.0,
        ];
        assert!(
            walk.len() == expected.len()
                && walk.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5),
            "{walk:?}"
        );
    }

    #[test]
    fn the_class_is_interpolated_linearly() {
        let walk = open_path(&[2.0, 0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 1.0], 4, 2, 3);
        let classes: Vec<&[f32]> = walk.chunks_exact(4).map(|row| &row[2..]).collect();
        assert_eq!(classes, [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]);
    }

    #[test]
    fn one_latent_stays() {
        let walk = closed_path(&[0.5, -1.0], 2, 2, 3);
        assert!(
            walk.chunks_exact(2)
                .all(|row| (row[0] - 0.5).abs() < 1e-6 && (row[1] + 1.0).abs() < 1e-6),
            "{walk:?}"
        );
        assert_eq!(closed_path(&[0.0, 0.0], 2, 2, 2), [0.0; 4]);
    }
}
