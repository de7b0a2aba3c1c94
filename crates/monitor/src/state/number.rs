//! Numbers as a person reads them.

use gan_tui_core::text;
use std::time::Duration;

pub use gan_tui_core::text::grouped as count;

/// A loss or a probability in at most seven characters: `0.693`, `12.35`, `1.2e9`, `NaN`.
pub fn value(number: f32) -> String {
    match number.abs() {
        _ if number.is_nan() => "NaN".into(),
        _ if number.is_infinite() => if number > 0.0 { "inf" } else { "-inf" }.into(),
        size if size < 10.0 => format!("{number:.3}"),
        size if size < 100.0 => format!("{number:.2}"),
        size if size < 10_000.0 => format!("{number:.0}"),
        _ => format!("{number:.1e}"),
    }
}

/// The same in its shortest form, such as for the ends of an axis: `0`, `0.5`, `1.2`.
pub fn short(number: f32) -> String {
    let text = value(number);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

/// A number of something, in three digits: `1.62 cores`, `72.1 ms`, `320 MB`.
pub fn measured(number: f32, unit: &str) -> String {
    let digits = match number.abs() {
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    format!("{number:.digits$} {unit}")
}

/// A share as whole percent: `71%`.
pub fn percent(share: f32) -> String {
    if share.is_finite() { format!("{:.0}%", share * 100.0) } else { value(share) }
}

/// A rate: `38.2/s`, `0.41/s`, `240/s`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        slow if slow < 1.0 => format!("{slow:.2}/s"),
        fast if fast < 100.0 => format!("{fast:.1}/s"),
        faster => format!("{faster:.0}/s"),
    }
}

/// A rate of bytes: `0 B/s`, `740 B/s`, `3.1 KB/s`, `12 KB/s`.
pub fn bytes_a_second(bytes: f64) -> String {
    // -0.0 is shown as zero.
    match bytes + 0.0 {
        few if few < 1000.0 => format!("{:.0} B/s", (few / 10.0).round() * 10.0),
        some if some < 10_000.0 => format!("{:.1} KB/s", some / 1000.0),
        many => format!("{:.0} KB/s", many / 1000.0),
    }
}

/// Bytes of memory or of a disk: `740 B`, `320 MB`, `5.1 GB`, `12 GB`.
pub fn bytes(bytes: u64) -> String {
    let (mut value, mut units) = (bytes as f64, ["B", "kB", "MB", "GB", "TB", "PB", "EB"].iter());
    let mut unit = units.next();
    while value >= 999.5
        && let Some(next) = units.next()
    {
        (value, unit) = (value / 1000.0, Some(next));
    }
    let digits = usize::from(value < 9.95 && bytes >= 1000);
    format!("{value:.digits$} {}", unit.copied().unwrap_or_default())
}

/// A duration in its two largest units: `12s`, `3m 49s`, `1h 02m`, `2d 03h`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// `text` in at most `width` cells, its middle left out where it is longer: paths keep their
/// beginning and their end. What would have an effect on a terminal is escaped.
pub fn shortened(text: &str, width: usize, gap: &str) -> String {
    let text = text::escaped(text);
    if text::width(&text) <= width {
        return text.into_owned();
    }
    let kept = width.saturating_sub(text::width(gap));
    let head = kept / 3;
    let start = fitting(text.chars(), head);
    let end: String = fitting(text.chars().rev(), kept - head).chars().rev().collect();
    fitting(format!("{start}{gap}{end}").chars(), width)
}

/// A text in at most so many cells: `gap` is put for its end.
pub fn cut(text: &str, width: usize, gap: &str) -> String {
    let text = text::escaped(text);
    if text::width(&text) <= width {
        return text.into_owned();
    }
    let start = fitting(text.chars(), width.saturating_sub(text::width(gap)));
    fitting(format!("{start}{gap}").chars(), width)
}

/// The first of some characters, as many as fit into so many cells.
fn fitting(letters: impl Iterator<Item = char>, width: usize) -> String {
    let mut fitting = String::new();
    for letter in letters {
        fitting.push(letter);
        if text::width(&fitting) > width {
            fitting.pop();
            break;
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0.6172, -12.345, 345.6, 123_456.0, f32::NAN, f32::NEG_INFINITY].map(value),
            ["0.617", "-12.35", "346", "1.2e5", "NaN", "-inf"]
        );
        assert_eq!([0.0, 0.5, 1.25, 12_000.0].map(short), ["0", "0.5", "1.25", "1.2e4"]);
        assert_eq!(
            [1.618, 9.999, 72.06, 320.4].map(|number| measured(number, "ms")),
            ["1.62 ms", "10.0 ms", "72.1 ms", "320 ms"]
        );
        assert_eq!([0.706, 1.0, f32::NAN].map(percent), ["71%", "100%", "NaN"]);
        assert_eq!([0.412, 38.21, 240.4].map(rate), ["0.41/s", "38.2/s", "240/s"]);
        assert_eq!(
            [740, 9_960, 320_400_000, 5_100_000_000, 999_600_000_000, u64::MAX].map(bytes),
            ["740 B", "10 kB", "320 MB", "5.1 GB", "1.0 TB", "18 EB"]
        );
        assert_eq!(bytes_a_second(-0.0), "0 B/s");
        assert_eq!(
            [0.0, 744.0, 3149.0, 12_000.0].map(bytes_a_second),
            ["0 B/s", "740 B/s", "3.1 KB/s", "12 KB/s"]
        );
        assert_eq!(
            [12, 229, 3720, 183_600].map(|seconds| duration(Duration::from_secs(seconds))),
            ["12s", "3m 49s", "1h 02m", "2d 03h"]
        );
        assert_eq!(shortened("runs/quick-20260101-120000", 13, "..."), "run...-120000");
        assert_eq!(shortened("runs", 4, "..."), "runs");
        assert_eq!(shortened("runs", 2, "..."), "..");
        assert_eq!(shortened("日本語日本語", 12, "..."), "日本語日本語");
        assert_eq!(shortened("日本語日本語", 10, "..."), "日...本語");
        assert_eq!(shortened("\u{1b}]0;x\u{7}", 20, "..."), "\\x1b]0;x\\x07");
    }
}
