//! A chart as an SVG document.

use std::fmt::Write;

use super::{BAND, ChartPanel, Curve, GRID, INK, LEFT, MetricsChart, PAPER, RIGHT, Rgb, WIDTH};

impl MetricsChart {
    /// The document, `scale` times as large.
    pub fn svg(&self, scale: usize) -> String {
        let (width, height) = self.size(scale);
        let mut out = String::new();
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {}" width="{width}" height="{height}">"#,
            self.height()
        );
        let _ = writeln!(out, r#"<rect width="100%" height="100%" fill="{}"/>"#, hex(PAPER));
        let _ = writeln!(out, r#"<g font-family="sans-serif" font-size="13" fill="{}">"#, hex(INK));
        text(&mut out, (LEFT, 22.0), "start", INK, &self.title);
        for panel in &self.panels {
            self.write(&mut out, panel);
        }
        let _ = writeln!(
            out,
            r#"<text x="{}" y="{}" text-anchor="middle">{}</text>"#,
            (LEFT + RIGHT) / 2.0,
            self.height() - 8.0,
            self.axis
        );
        out.push_str("</g>\n</svg>\n");
        out
    }

    fn write(&self, out: &mut String, panel: &ChartPanel) {
        for (y, name) in &panel.marks {
            line(out, (LEFT, *y), (RIGHT, *y), GRID);
            text(out, (LEFT - 8.0, y + 4.0), "end", INK, name);
        }
        for (x, name) in &self.across {
            line(out, (*x, panel.top), (*x, panel.bottom), GRID);
            text(out, (*x, panel.bottom + 18.0), "middle", INK, name);
        }
        text(out, (LEFT, panel.top - 10.0), "start", INK, &panel.name);
        let mut right = RIGHT;
        for curve in panel.curves.iter().rev() {
            text(out, (right, panel.top - 10.0), "end", curve.color, &curve.name);
            right -= 8.0 * curve.name.len() as f64 + 16.0;
        }
        panel.curves.iter().for_each(|curve| draw(out, curve));
    }
}

fn draw(out: &mut String, curve: &Curve) {
    let mut band = String::new();
    let highs = curve.points.iter().map(|point| (point.x, point.high));
    for (x, y) in highs.chain(curve.points.iter().rev().map(|point| (point.x, point.low))) {
        let _ = write!(band, "{x},{y:.1} ");
    }
    let color = hex(curve.color);
    let _ = writeln!(
        out,
        r#"<polygon points="{}" fill="{color}" fill-opacity="{BAND}"/>"#,
        band.trim_end()
    );
    let points: Vec<String> =
        curve.points.iter().map(|point| format!("{},{:.1}", point.x, point.mean)).collect();
    let _ = writeln!(
        out,
        r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="1.5" stroke-linejoin="round"/>"#,
        points.join(" ")
    );
}

fn line(out: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64), color: Rgb) {
    let _ = writeln!(
        out,
        r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{}"/>"#,
        hex(color)
    );
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, color: Rgb, words: &str) {
    let words: String = words.chars().filter(|letter| !letter.is_control()).collect();
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        out,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{}">{words}</text>"#,
        hex(color)
    );
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::chart::tests::rows;

    #[test]
    fn every_curve_has_a_line_a_band_and_a_name() {
        let rows = rows(40);
        let svg =
            MetricsChart::new("night <1> & more\u{7}", &rows.iter().collect::<Vec<_>>()).svg(2);
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<polygon").count()), (5, 5));
        assert!(svg.contains(r#"width="1920" height="1200""#));
        for name in [
            "night &lt;1&gt; &amp; more<",
            ">discriminator loss<",
            ">D(G(z))<",
            ">iteration<",
            ">40<",
        ] {
            assert!(svg.contains(name), "{name} in {svg}");
        }
    }
}
