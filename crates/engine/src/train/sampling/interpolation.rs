//! Ways from one row that a generator draws from to another: its latent along an arc, what tells
//! the digit behind it in a straight line.

/// `steps` rows for each of the given ones, (n, `width`) to (n * steps, `width`): the way to the
/// next one and, from the last, to the first. The first `latent` numbers of a row are its latent.
pub fn closed(rows: &[f32], width: usize, latent: usize, steps: usize) -> Vec<f32> {
    let count = rows.len() / width;
    let row = |index: usize| &rows[index % count * width..][..width];
    let pairs = (0..count).map(|index| (row(index), row(index + 1)));
    pairs
        .flat_map(|(from, to)| {
            (0..steps)
                .flat_map(move |step| row_between(from, to, latent, step as f32 / steps as f32))
        })
        .collect()
}

/// The ways from each row to the next, `steps` rows each (two at least), both ends included.
pub fn open(rows: &[f32], width: usize, latent: usize, steps: usize) -> Vec<f32> {
    let rows: Vec<&[f32]> = rows.chunks_exact(width).collect();
    let last = steps.max(2) - 1;
    let way = |pair: &[&[f32]]| {
        (0..=last)
            .flat_map(|step| row_between(pair[0], pair[1], latent, step as f32 / last as f32))
            .collect::<Vec<f32>>()
    };
    rows.windows(2).flat_map(way).collect()
}

fn row_between(from: &[f32], to: &[f32], latent: usize, t: f32) -> Vec<f32> {
    let mut row = between(&from[..latent], &to[..latent], t);
    row.extend(
        from[latent..].iter().zip(&to[latent..]).map(|(from, to)| (1.0 - t) * from + t * to),
    );
    row
}

/// The point a share `t` of the way from one latent to another, along the great arc.
///
/// Latents are normal, so nearly all lie about as far from zero; a straight line between two would
/// pass where none are. The arc keeps the distance (Shoemake, "Animating rotation with quaternion
/// curves", 1985).
pub fn between(from: &[f32], to: &[f32], t: f32) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let length = (dot(from, from) * dot(to, to)).sqrt();
    let angle = if length > 0.0 { (dot(from, to) / length).clamp(-1.0, 1.0).acos() } else { 0.0 };
    let sine = angle.sin();
    // Where both point the same way there is no arc, and where they are opposite there are many.
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
    fn a_walk_passes_every_latent_and_keeps_its_distance() {
        let latents = [3.0, 0.0, 0.0, 3.0, -3.0, 0.0];
        let walk = closed(&latents, 2, 2, 4);
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
    fn a_way_between_latents_keeps_their_lengths_and_arrives() {
        let (from, to) =
            (random::normal(1, Stream::Walk, 0, 100), random::normal(1, Stream::Walk, 1, 100));
        let length = |latent: &[f32]| latent.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert_eq!(between(&from, &to, 0.0), from);
        assert!(
            between(&from, &to, 1.0).iter().zip(&to).all(|(found, to)| (found - to).abs() < 1e-5)
        );
        assert!(length(&between(&from, &to, 0.5)) > 0.9 * length(&from).min(length(&to)));
        assert_eq!(between(&from, &from, 0.5), from);
    }

    #[test]
    fn an_open_walk_leads_from_each_latent_to_the_next() {
        let walk = open(&[2.0, 0.0, 0.0, 2.0, -2.0, 0.0], 2, 2, 3);
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
    fn what_tells_the_digit_goes_straight() {
        let walk = open(&[2.0, 0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 1.0], 4, 2, 3);
        let told: Vec<&[f32]> = walk.chunks_exact(4).map(|row| &row[2..]).collect();
        assert_eq!(told, [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]);
    }

    #[test]
    fn one_latent_stays() {
        let walk = closed(&[0.5, -1.0], 2, 2, 3);
        assert!(
            walk.chunks_exact(2)
                .all(|row| (row[0] - 0.5).abs() < 1e-6 && (row[1] + 1.0).abs() < 1e-6),
            "{walk:?}"
        );
        assert_eq!(closed(&[0.0, 0.0], 2, 2, 2), [0.0; 4]);
    }
}
