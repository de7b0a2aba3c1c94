//! The list of presets for a new run, and how the selected one differs from the present run's.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Paragraph, Wrap},
};

use super::{item, open};
use crate::{
    keyboard::action::{Action, Context},
    state::{app::App, number},
    theme::Role,
};
use gan_tui_core::{preset::Preset, text};

/// Draws the list of presets, and how the selected one differs. Returns the area of its box.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, selected: usize, keep: bool) -> Rect {
    let can_keep = app.presets.get(selected).is_some_and(|preset| app.can_keep_weights(preset));
    let start = [(Action::Confirm, Context::List, "start")];
    let weights =
        [(Action::More, Context::List, if keep { "new weights" } else { "keep weights" })];
    let back = [(Action::Cancel, Context::List, "back")];
    let hints = [&start[..], if can_keep { &weights } else { &[] }, &back].concat();
    let rows = app.presets.len() as u16 + 17;
    let (place, inside) =
        open(frame, area, app, "Start a new run", (76, rows.min(area.height)), &hints);
    let list = Rect {
        height: (app.presets.len() as u16 + 1)
            .min(inside.height.saturating_sub(10).max(3))
            .min(inside.height),
        ..inside
    };
    let about = inside.height - list.height;
    let visible = usize::from(list.height.saturating_sub(1)).max(1);
    let first = (selected + 1).saturating_sub(visible);
    for (row, (number, preset)) in
        app.presets.iter().enumerate().skip(first).take(visible).enumerate()
    {
        let line = Rect { y: list.y + row as u16, height: 1, ..list };
        let present = if *preset == app.run.preset { " (running)" } else { "" };
        let digit = if number < 9 { format!("{} ", number + 1) } else { "  ".into() };
        frame.render_widget(
            item(
                app,
                &format!("{digit}{}{present}", text::escaped(&preset.name)),
                number == selected,
            ),
            line,
        );
    }
    if let Some(preset) = app.presets.get(selected) {
        let text = Rect { y: list.bottom(), height: about, ..inside };
        let faint = app.look.theme.style(Role::Faint);
        let (otherwise, same) = compared(&app.run.preset, preset);
        let mut lines = vec![Line::raw(text::escaped(&preset.description).into_owned())];
        let weights = match keep {
            true => format!(
                "starts with the weights of iteration {}",
                number::count(app.run.iteration())
            ),
            false if can_keep => "starts with new weights".into(),
            false => "starts with new weights: the networks differ".into(),
        };
        lines.push(Line::styled(
            weights,
            app.look.theme.strong(if keep { Role::Accent } else { Role::Faint }),
        ));
        lines.extend(otherwise.into_iter().map(Line::raw));
        lines.push(Line::styled(same, faint));
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), text);
    }
    place
}

/// Returns how the other preset differs, a line for each field; then all that is the same, in one.
fn compared(now: &Preset, then: &Preset) -> (Vec<String>, String) {
    let (mut otherwise, mut same) = (Vec::new(), Vec::new());
    for ((name, now), (_, then)) in fields(now).into_iter().zip(fields(then)) {
        if now == then {
            same.push(format!("{name} {now}"));
        } else {
            otherwise.push(format!("{name}: {now} now, {then} then"));
        }
    }
    if otherwise.is_empty() {
        otherwise.push("same parameters as the current run".into());
    }
    (otherwise, format!("unchanged: {}", same.join(", ")))
}

/// Every parameter with its name, but for what a preset is called.
fn fields(preset: &Preset) -> Vec<(String, String)> {
    fn flatten(name: &str, value: &serde_json::Value, into: &mut Vec<(String, String)>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (field, value) in fields {
                    let field = field.replace('_', " ");
                    flatten(
                        &if name.is_empty() { field } else { format!("{name}'s {field}") },
                        value,
                        into,
                    );
                }
            }
            serde_json::Value::String(text) => {
                into.push((name.into(), text::escaped(text).into_owned()));
            }
            // Rates are single numbers of 32 bits, and read as such.
            serde_json::Value::Number(number) if number.is_f64() => {
                into.push((name.into(), (number.as_f64().unwrap_or(f64::NAN) as f32).to_string()));
            }
            value => into.push((name.into(), value.to_string())),
        }
    }
    let mut out = Vec::new();
    flatten("", &serde_json::to_value(preset).unwrap_or_default(), &mut out);
    out.retain(|(name, _)| name != "name" && name != "description");
    out
}
