//! Pictures side by side: a column a run, each with its own at or before the slider.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{Compare, Panel, charts, key, layout, lines::LineOf};
use crate::{
    panels::{
        symbols,
        widgets::{draw_mosaic, ends, mosaic, picture, pictures_of, place_of_picture},
    },
    state::number,
    terminal::{painter::Graphics, pixels},
    theme::Role,
    views::draw::bordered,
};
use gan_tui_core::image::{Image, ImageBatch};
use gan_tui_store::{
    art::{self, Room},
    logs::{Axis, LogRun, Picked, Picture, Place, groups},
};

/// The least columns of a run's pictures.
const COLUMN: u16 = 12;
/// Pixels of a cell at most: larger pictures are made smaller before a terminal has them.
const PIXELS: (usize, usize) = (16, 32);

/// Returns the tags of pictures, of all runs.
fn tags(runs: &[LogRun]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in runs.iter().flat_map(LogRun::picture_tags) {
        if !tags.iter().any(|known| **known == **tag) {
            tags.push(tag.to_string());
        }
    }
    tags.sort();
    tags
}

/// Returns the tag whose pictures are shown, and where it is among how many.
fn tag(compare: &Compare, runs: &[LogRun]) -> Option<(String, usize, usize)> {
    let tags = tags(runs);
    let at = compare.album.checked_rem(tags.len())?;
    Some((tags[at].clone(), at, tags.len()))
}

/// Returns where on the axis a picture is.
fn place_of(run: &LogRun, picture: &Picked, axis: Axis) -> f64 {
    run.place_of_picture(picture, axis)
}

/// Returns the places on the axis at which there are pictures, rising.
pub fn stops(compare: &Compare, runs: &[LogRun]) -> Vec<f64> {
    let Some((tag, ..)) = tag(compare, runs) else { return numbers(compare, runs) };
    let shown = runs.iter().enumerate().filter(|(at, _)| !compare.hidden.contains(at));
    let mut stops: Vec<f64> = shown
        .flat_map(|(_, run)| {
            run.pictures(&tag).iter().map(|picture| place_of(run, picture, compare.axis))
        })
        .filter(|x| x.is_finite())
        .collect();
    if stops.is_empty() {
        return numbers(compare, runs);
    }
    stops.sort_by(f64::total_cmp);
    stops.dedup();
    stops
}

/// Returns places on the axis that are equally far apart, where there are no pictures.
fn numbers(compare: &Compare, runs: &[LogRun]) -> Vec<f64> {
    const STOPS: u32 = 100;
    let lines = compare.lines(runs);
    let Some((low, high)) = charts::span(compare, runs, &lines) else { return Vec::new() };
    (0..=STOPS).map(|at| low + (high - low) * f64::from(at) / f64::from(STOPS)).collect()
}

/// Returns the picture of a run that is shown: its nearest at or before the slider.
fn shown<'a>(compare: &Compare, run: &'a LogRun, tag: &str) -> Option<&'a Picked> {
    let pictures = run.pictures(tag);
    let Some(x) = compare.slider else { return pictures.last() };
    let count =
        pictures.partition_point(|picture| place_of(run, picture, compare.axis) <= x + 1e-9);
    pictures[..count].last()
}

/// Returns the runs whose pictures have room, in the order of the lines; the selected line is among
/// them.
fn columns(
    compare: &Compare,
    runs: &[LogRun],
    lines: &[LineOf],
    tag: &str,
    width: u16,
) -> Vec<usize> {
    let mut all = Vec::new();
    let mut selected = 0;
    for (at, line) in lines.iter().enumerate() {
        if at == compare.line {
            selected = all.len();
        }
        all.extend(line.runs.iter().copied().filter(|run| {
            !compare.hidden.contains(run)
                && runs.get(*run).is_some_and(|r| !r.pictures(tag).is_empty())
        }));
    }
    let room = usize::from((width / COLUMN).max(1));
    let first = selected.saturating_sub(room - 1).min(all.len().saturating_sub(room));
    all.into_iter().skip(first).take(room).collect()
}

/// Returns the pictures that are on the screen, and those that may be next.
pub fn wanted(compare: &Compare, runs: &[LogRun], lines: &[LineOf]) -> Vec<Place> {
    let Some((tag, ..)) = tag(compare, runs) else { return Vec::new() };
    let columns = columns(compare, runs, lines, &tag, compare.stage.size.0);
    let shown = columns.iter().filter_map(|&run| shown(compare, runs.get(run)?, &tag));
    shown.map(|picture| picture.place.clone()).collect()
}

/// Draws the pictures. Returns where they are.
pub fn draw(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    runs: &[LogRun],
    lines: &[LineOf],
) -> Graphics {
    let stage = &compare.stage;
    let mut graphics = Graphics::default();
    let Some((tag, at, count)) = tag(compare, runs) else { return graphics };
    let is_focused = compare.focus == Panel::Pictures && stage.front.is_none();
    let which = if count > 1 { format!("{} of {count}, v next", at + 1) } else { String::new() };
    let aside = if runs.len() > 1 { latents(runs).unwrap_or(which) } else { which };
    let symbols = symbols::of(stage.look.capabilities.script);
    let title = number::shortened(&tag, usize::from(area.width) / 2, symbols.gap);
    let inside = bordered(stage, frame, area, &title, &aside, is_focused);
    let chosen = columns(compare, runs, lines, &tag, inside.width);
    if chosen.is_empty() || inside.height < 4 {
        return graphics;
    }
    let width = inside.width / chosen.len() as u16;
    for (column, &place) in chosen.iter().enumerate() {
        let Some(run) = runs.get(place) else { continue };
        let gap = u16::from(column + 1 < chosen.len());
        let column = Rect {
            x: inside.x + column as u16 * width,
            width: width.saturating_sub(gap),
            height: inside.height - 1,
            ..inside
        };
        let line = lines.iter().find(|line| line.runs.contains(&place));
        let below = heading(compare, frame, column, run, line, &tag, runs.len() > 1);
        if let Some(picked) = shown(compare, run, &tag) {
            let of = draw_one(compare, frame, below, picked);
            if stage.look.pixels().is_some() {
                graphics.pictures.extend(of);
            }
            graphics.parts.push(below);
        }
    }
    slider(compare, frame, Rect { y: inside.bottom() - 1, height: 1, ..inside }, runs);
    graphics
}

/// Whether the runs draw the same latents: what is compared is then the same picture.
fn latents(runs: &[LogRun]) -> Option<String> {
    let of = |run: &LogRun| {
        let preset = run.own.as_ref()?.preset.as_ref()?;
        Some((preset.seed, preset.latent))
    };
    let all: Vec<_> = runs.iter().map(of).collect::<Option<_>>()?;
    let is_same = all.windows(2).all(|pair| pair[0] == pair[1]);
    Some(if is_same { "same latents".into() } else { "each run's own latents".into() })
}

/// What tells a run from the others of its line: of `rate-seed1` within `rate` it is `seed1`.
fn within<'a>(line: &LineOf, name: &'a str) -> &'a str {
    let group = groups::without_seed(name);
    let rest = name.strip_prefix(&*group).map(|rest| rest.trim_start_matches(['-', '_', '/']));
    rest.filter(|rest| line.runs.len() > 1 && !rest.is_empty()).unwrap_or(name)
}

/// Mark and name of a run, and the step of its picture. Returns the room below.
fn heading(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    run: &LogRun,
    line: Option<&LineOf>,
    tag: &str,
    has_name: bool,
) -> Rect {
    let theme = &compare.stage.look.theme;
    let symbols = symbols::of(compare.stage.look.capabilities.script);
    let step = shown(compare, run, tag).map(|picked| number::count(picked.step));
    let step = step.unwrap_or_else(|| "none yet".into());
    let mut left = Line::default();
    if let Some(line) = line.filter(|_| has_name) {
        let room = usize::from(area.width).saturating_sub(step.len() + 3);
        let name = number::shortened(within(line, &run.name), room, symbols.gap);
        left.push_span(Span::styled(format!("{} {name}", line.mark), theme.strong(line.role)));
    }
    let step = if has_name { step } else { format!("step {step}") };
    ends(frame, Rect { height: 1, ..area }, left, Line::styled(step, theme.style(Role::Faint)));
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

/// Draws the pictures of a run, or why there are none. Returns them with their cells.
fn draw_one(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    picked: &Picked,
) -> Vec<pixels::Picture> {
    match compare.pictures.get(&key(&picked.place)) {
        None => Vec::new(),
        Some(Err(error)) => {
            let style = compare.stage.look.theme.style(Role::Bad);
            let reason = error.to_string();
            let lines = textwrap::wrap(&reason, usize::from(area.width).max(8))
                .into_iter()
                .map(|line| Line::styled(line.into_owned(), style))
                .take(area.height.into());
            let lines: Vec<Line> = lines.collect();
            frame.render_widget(ratatui::widgets::Paragraph::new(lines), area);
            Vec::new()
        }
        Some(Ok(found)) => match &**found {
            Picture::One(image) => whole(compare, frame, area, image).into_iter().collect(),
            Picture::Many(images) => many(compare, frame, area, images),
        },
    }
}

fn many(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    images: &ImageBatch,
) -> Vec<pixels::Picture> {
    let look = &compare.stage.look;
    if images.width != images.height {
        let columns = (1..).find(|columns| columns * columns >= images.len());
        let grid = columns.map(|columns| images.grid(columns));
        return grid.and_then(|grid| whole(compare, frame, area, &grid)).into_iter().collect();
    }
    let fitted = mosaic(look, compare.zoom, images.len(), images, area);
    let Some(fitted) = fitted else { return Vec::new() };
    draw_mosaic(frame.buffer_mut(), area, look, fitted, images);
    pictures_of(area, look, fitted, images, 0..images.len())
}

/// A picture of any shape, as large as it goes.
fn whole(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    image: &Image,
) -> Option<pixels::Picture> {
    let look = &compare.stage.look;
    let room = Room { width: usize::from(area.width), height: usize::from(area.height) };
    // A cell is about twice as high as it is wide.
    let by_height = room.height * 2 * image.width / image.height.max(1);
    let (across, _) = look.glyphs.pixels();
    // Pixels are enlarged by whole factors only.
    let most = image.width.div_ceil(across);
    let mut width = room.width.min(by_height);
    if width > most {
        width = width / most * most;
    }
    let height = (width * image.height).div_ceil(2 * image.width.max(1)).min(room.height);
    if width == 0 || height == 0 {
        return None;
    }
    let canvas = art::draw_image(image, Room { width, height }, look.glyphs, look.colors);
    picture(frame.buffer_mut(), area, &canvas);
    let most = (width * PIXELS.0, height * PIXELS.1);
    let image = if image.width > most.0 || image.height > most.1 {
        art::scale(image, most, 0..most.1)
    } else {
        image.clone()
    };
    Some(pixels::Picture { area: place_of_picture(area, width, height), image })
}

/// `step 1,200 ━━━━━━━───── 3,000`
fn slider(compare: &Compare, frame: &mut Frame, area: Rect, runs: &[LogRun]) {
    let theme = &compare.stage.look.theme;
    let symbols = symbols::of(compare.stage.look.capabilities.script);
    let stops = stops(compare, runs);
    let (Some(first), Some(last)) = (stops.first(), stops.last()) else { return };
    let x = compare.slider.unwrap_or(*last);
    let left = format!("{} ", layout::place_name(compare.axis, x));
    let at = stops.partition_point(|&stop| stop <= x).max(1);
    let right = format!(" {at}/{}", stops.len());
    let room = usize::from(area.width).saturating_sub(left.len() + right.len());
    let share = if last > first { (x - first) / (last - first) } else { 1.0 };
    let full = (room as f64 * share.clamp(0.0, 1.0)).round() as usize;
    let role = if compare.slider.is_some() { Role::Warning } else { Role::Accent };
    let line = Line::from(vec![
        Span::styled(left, theme.strong(role)),
        Span::styled(symbols.progress.0.repeat(full), theme.style(role)),
        Span::styled(symbols.progress.1.repeat(room - full), theme.style(Role::Border)),
        Span::styled(right, theme.style(Role::Faint)),
    ]);
    frame.render_widget(line, area);
}
