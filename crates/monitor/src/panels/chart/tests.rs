use super::*;
use crate::state::stretch::{Axis, Stretch};
use ratatui::style::Color;

const LOOK: ChartStyle =
    ChartStyle { script: Script::Unicode, vertical: "|", faint: Style::new(), has_colours: true };

fn curve(values: &[f32], band: f32) -> Curve {
    let last = values.len().max(2) as f64 - 1.0;
    let point = |(at, &value): (usize, &f32)| {
        let x = at as f64 / last;
        value.is_finite().then_some(Point { x, low: value - band, value, high: value + band })
    };
    Curve {
        mark: 'D',
        style: Style::new().fg(Color::Indexed(69)),
        band: (band > 0.0).then_some(Color::Indexed(236)),
        points: values.iter().enumerate().map(point).collect(),
    }
}

fn drawn(curves: &[Curve], look: ChartStyle, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let scale = Scale::of(curves, false, field(area).height);
    let across = Across(Stretch::new(Axis::Iterations, 1.0, 1000.0));
    let chart =
        Chart { curves, guide: None, scale: &scale, across: Some(&across), cursor: None, look };
    chart.draw(&mut buffer, area);
    buffer
}

fn text(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..area.height).map(|y| row(y).trim_end().to_owned()).collect()
}

#[test]
fn a_line_is_connected_and_stands_in_front_of_its_band() {
    let values: Vec<f32> = (0..29).map(|at| at as f32 / 14.0).collect();
    let buffer = drawn(&[curve(&values, 0.4)], LOOK, (34, 8));
    let shown = text(&buffer);
    assert!(shown.iter().any(|row| row.starts_with("    0 ")), "{shown:#?}");
    assert!(shown[7].contains("1 ") && shown[7].ends_with("1,000"), "{shown:#?}");
    assert!(shown.iter().any(|row| row.ends_with('D')), "{shown:#?}");
    let field = field(buffer.area);
    for x in field.left()..field.right() {
        let column = (field.top()..field.bottom()).map(|y| &buffer[(x, y)]);
        let cells: Vec<_> = column.collect();
        let is_line = |cell: &&ratatui::buffer::Cell| {
            let symbol = cell.symbol().chars().next().unwrap_or(' ');
            ('\u{2801}'..='\u{28ff}').contains(&symbol) || symbol == 'D'
        };
        assert!(cells.iter().any(is_line), "no line in column {x}: {shown:#?}");
        let line = cells.iter().find(|cell| is_line(cell)).expect("a line");
        assert_eq!((line.fg, line.bg), (Color::Indexed(69), Color::Indexed(236)));
    }
}

#[test]
fn without_dots_a_line_is_joined_by_corners() {
    let values = [0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 0.0, 0.0];
    let console = ChartStyle { script: Script::Console, ..LOOK };
    let shown = text(&drawn(&[curve(&values, 0.0)], console, (22, 6)));
    assert!(shown.iter().any(|row| row.contains('─')) && shown.iter().any(|row| row.contains('┌')));
    let ascii = ChartStyle { script: Script::Ascii, has_colours: false, ..LOOK };
    let shown = text(&drawn(&[curve(&values, 0.0)], ascii, (22, 6)));
    assert!(shown.iter().all(|row| row.is_ascii()), "{shown:#?}");
    assert!(shown.iter().any(|row| row.contains("--")), "{shown:#?}");
}

#[test]
fn lines_have_marks_where_there_are_no_colours() {
    let one = curve(&[1.0; 60], 0.0);
    let other = Curve { mark: 'G', ..curve(&[2.0; 60], 0.0) };
    let plain = ChartStyle { has_colours: false, ..LOOK };
    let count = |look: ChartStyle, mark: char| {
        let shown = text(&drawn(&[one.clone(), other.clone()], look, (86, 10)));
        shown.iter().map(|row| row.matches(mark).count()).sum::<usize>()
    };
    assert_eq!((count(LOOK, 'D'), count(LOOK, 'G')), (1, 1));
    assert!(count(plain, 'D') >= 3 && count(plain, 'G') >= 3);
}

#[test]
fn marks_of_lines_that_end_together_are_all_seen() {
    let ending = |mark: char, value: f32| Curve { mark, ..curve(&[value; 30], 0.0) };
    let all = [ending('x', 1.0), ending('z', 1.01), ending('a', 0.99), ending('w', 0.0)];
    let shown = text(&drawn(&all, LOOK, (40, 9)));
    let ends: String = shown.iter().filter_map(|row| row.chars().nth(39)).collect();
    let letters: String = ends.chars().filter(char::is_ascii_alphabetic).collect();
    assert_eq!(letters, "zxaw", "{shown:#?}");
}

/// Four values a row or so apart: each mark beside its line's end, none above a greater one.
#[test]
fn marks_at_ends_are_in_the_order_of_the_values() {
    assert_eq!(apart(&[3], 9), [3]);
    assert_eq!(apart(&[3, 3], 9), [2, 3]);
    assert_eq!(apart(&[3, 3, 3], 9), [2, 3, 4]);
    assert_eq!(apart(&[2, 3, 3, 8], 9), [1, 2, 3, 8]);
    assert_eq!(apart(&[0, 0, 1], 9), [0, 1, 2]);
    assert_eq!(apart(&[8, 8, 8], 9), [6, 7, 8]);
    assert_eq!(apart(&[0, 0, 0], 2), [0, 1, 1]);
    let ending = |mark: char, value: f32| Curve { mark, ..curve(&[value; 30], 0.0) };
    let all = [ending('a', 0.60), ending('x', 0.70), ending('z', 0.56), ending('w', 0.0)];
    for height in [7, 9, 12, 20] {
        let shown = text(&drawn(&all, LOOK, (40, height)));
        let ends: String = shown.iter().filter_map(|row| row.chars().nth(39)).collect();
        let letters: String = ends.chars().filter(char::is_ascii_alphabetic).collect();
        assert_eq!(letters, "xazw", "{height}: {shown:#?}");
    }
}

#[test]
fn a_spike_is_marked_once_where_it_is_cut() {
    let mut values = [0.5; 100];
    values[50] = 90.0;
    let shown = text(&drawn(&[curve(&values, 0.1)], LOOK, (60, 9)));
    assert_eq!(shown.iter().map(|row| row.matches('↑').count()).sum::<usize>(), 1, "{shown:#?}");
    assert!(shown[0].contains('↑'));
}

#[test]
fn nothing_is_no_trouble() {
    for script in [Script::Unicode, Script::Console, Script::Ascii] {
        for values in
            [&[][..], &[f32::NAN], &[0.0], &[f32::MAX, f32::MIN], &[1e-30, 1e30, f32::INFINITY]]
        {
            for size in [(0, 0), (1, 1), (7, 2), (8, 3), (40, 12)] {
                drawn(&[curve(values, 0.5)], ChartStyle { script, ..LOOK }, size);
            }
        }
    }
}
