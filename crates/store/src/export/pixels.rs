//! Images as SVG drawings: each pixel a square, those of one colour one path.

use std::{collections::BTreeMap, fmt::Write};

use gan_tui_core::image::{Image, RGB};

/// Returns a picture as an SVG document, each pixel `scale` by `scale` units.
pub fn document(picture: &Image, scale: usize) -> String {
    let scale = scale.max(1);
    let (width, height) = (picture.width, picture.height);
    let (wide, high) = (width.saturating_mul(scale), height.saturating_mul(scale));
    let mut out = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{wide}" height="{high}">"#
    );
    group(&mut out, picture, (0.0, 0.0), 1.0);
    out.push_str("</svg>\n");
    out
}

/// Writes a picture as a group of a document, its corner at a place and its pixels `scale` wide.
pub fn group(out: &mut String, picture: &Image, (left, top): (f64, f64), scale: f64) {
    let _ = writeln!(
        out,
        r#"<g transform="translate({left} {top}) scale({scale})" shape-rendering="crispEdges">"#
    );
    let _ = writeln!(
        out,
        r##"<rect width="{}" height="{}" fill="#000000"/>"##,
        picture.width, picture.height
    );
    for ([red, green, blue], path) in runs(picture) {
        let _ = writeln!(out, r##"<path fill="#{red:02x}{green:02x}{blue:02x}" d="{path}"/>"##);
    }
    out.push_str("</g>\n");
}

/// Returns, for each colour but black, the runs of it in the rows as rectangles of one path.
fn runs(picture: &Image) -> BTreeMap<[u8; RGB], String> {
    let mut paths: BTreeMap<[u8; RGB], String> = BTreeMap::new();
    for y in 0..picture.height {
        let row: Vec<[u8; RGB]> = (0..picture.width).map(|x| picture.rgb(x, y)).collect();
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] != [0; RGB] {
                let _ = write!(
                    paths.entry(run[0]).or_default(),
                    "M{x} {y}h{length}v1h-{length}z",
                    length = run.len()
                );
            }
            x += run.len();
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use gan_tui_core::image::ImageShape;

    use super::*;

    #[test]
    fn pixels_of_one_shade_are_one_path() {
        let picture = Image { channels: 1, width: 3, height: 2, pixels: vec![0, 9, 9, 255, 0, 9] };
        let svg = document(&picture, 4);
        assert!(svg.starts_with(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2" width="12" height="8">"#), "{svg}");
        assert!(svg.contains(r##"<path fill="#090909" d="M1 0h2v1h-2zM2 1h1v1h-1z"/>"##), "{svg}");
        assert!(svg.contains(r##"<path fill="#ffffff" d="M0 1h1v1h-1z"/>"##), "{svg}");
        assert!(svg.contains(r##"<rect width="3" height="2" fill="#000000"/>"##));
    }

    #[test]
    fn colours_have_paths_of_their_own() {
        let picture = Image::new(ImageShape::rgb(3, 1), vec![255, 0, 9, 255, 0, 9, 0, 1, 0]);
        let svg = document(&picture, 1);
        assert!(svg.contains(r##"<path fill="#ff0009" d="M0 0h2v1h-2z"/>"##), "{svg}");
        assert!(svg.contains(r##"<path fill="#000100" d="M2 0h1v1h-1z"/>"##), "{svg}");
    }
}
