//! Draws a line of varying width into 28x28 pixels, anti-aliased.

use super::{PIXELS, SIDE};

/// A point of a line on its way over the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// In pixels from the left edge.
    pub x: f32,
    /// In pixels from the top edge.
    pub y: f32,
    /// Half the line's width there, in pixels.
    pub radius: f32,
}

/// Draws lines, each through its marks. `softness` is the width in pixels over which an edge fades
/// from 255 to 0: 1 is the area a pixel is covered by, more is a blurred scan. What lies outside
/// the picture is cut off.
pub fn draw(lines: &[Vec<Mark>], softness: f32) -> [u8; PIXELS] {
    // The depth of a pixel inside the line: radius minus distance, the largest of all segments.
    let mut depth = [f32::NEG_INFINITY; PIXELS];
    for line in lines {
        for pair in line.windows(2) {
            stamp(&mut depth, pair[0], pair[1], softness);
        }
    }
    depth.map(|depth| ((depth / softness + 0.5).clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// Raises the depth of the pixels around one segment.
fn stamp(depth: &mut [f32; PIXELS], from: Mark, to: Mark, softness: f32) {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length_squared = dx * dx + dy * dy;
    let reach = from.radius.max(to.radius) + softness / 2.0;
    let columns = covered(from.x.min(to.x) - reach, from.x.max(to.x) + reach);
    let rows = covered(from.y.min(to.y) - reach, from.y.max(to.y) + reach);
    for row in rows {
        let y = row as f32 + 0.5 - from.y;
        for column in columns.clone() {
            let x = column as f32 + 0.5 - from.x;
            let along = if length_squared > 0.0 {
                ((x * dx + y * dy) / length_squared).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let (x, y) = (x - along * dx, y - along * dy);
            let radius = from.radius + along * (to.radius - from.radius);
            let here = &mut depth[row * SIDE + column];
            *here = here.max(radius - (x * x + y * y).sqrt());
        }
    }
}

/// The pixels whose centres lie between two coordinates, within the picture.
fn covered(from: f32, to: f32) -> std::ops::Range<usize> {
    // Casts saturate: what is left of the picture becomes 0.
    let first = (from - 0.5).ceil() as usize;
    let end = (to + 0.5).floor() as usize;
    first.min(SIDE)..end.min(SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(x: f32, y: f32, radius: f32) -> Mark {
        Mark { x, y, radius }
    }

    #[test]
    fn a_line_covers_what_it_should_and_its_edges_are_grey() {
        let picture = draw(&[vec![mark(4.0, 10.5, 1.25), mark(24.0, 10.5, 1.25)]], 1.0);
        let column: Vec<u8> = (8..14).map(|y| picture[y * SIDE + 14]).collect();
        // 2.5 wide around the centre of row 10: that row and, to three quarters, its neighbours.
        assert_eq!(column, [0, 191, 255, 191, 0, 0]);
        assert_eq!(picture[10 * SIDE + 1], 0);
        assert!(picture[10 * SIDE + 4] > 0);
    }

    #[test]
    fn a_single_place_is_a_dot_and_what_is_outside_is_cut_off() {
        let dot = draw(&[vec![mark(14.0, 14.0, 2.0); 2]], 1.0);
        assert_eq!(dot[14 * SIDE + 14], 255);
        assert_eq!(dot.iter().filter(|&&p| p > 0).count(), 16, "a disc of radius 2");
        assert!(
            draw(&[vec![mark(-90.0, -90.0, 2.0), mark(-50.0, 300.0, 2.0)]], 1.0)
                .iter()
                .all(|&p| p == 0)
        );
        assert!(draw(&[], 1.0).iter().all(|&p| p == 0));
    }
}
