//! What the run is made of.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    score,
    widgets::{ends, panel, symbols},
};
use crate::{
    state::{app::App, number, panel::Panel},
    theme::Role,
};

/// How many rows there are, border left out.
pub fn rows(app: &App) -> u16 {
    facts(app).len() as u16
}

/// In a panel of its own.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) {
    let inside = panel(frame, area, app, Some(Panel::Run), "Run", "");
    for (row, (name, fact)) in facts(app).into_iter().take(usize::from(inside.height)).enumerate() {
        let line = Rect { y: inside.y + row as u16, height: 1, ..inside };
        let room = usize::from(inside.width).saturating_sub(name.len() + 1);
        let fact = number::shortened(&fact, room, symbols(app).gap);
        ends(
            frame,
            line,
            Line::from(Span::styled(name, app.look.theme.style(Role::Faint))),
            Line::raw(fact),
        );
    }
}

fn facts(app: &App) -> Vec<(&'static str, String)> {
    let run = &app.run;
    let preset = &run.preset;
    let mut facts = vec![
        ("batch", preset.batch.to_string()),
        ("learning rates", format!("G {}, D {}", run.rates.generator, run.rates.discriminator)),
        ("dropout", preset.dropout.to_string()),
        ("seed", preset.seed.to_string()),
    ];
    if let Some(started) = &run.started {
        let parameters = |count: usize| number::count(count as u64);
        facts.push((
            "generator",
            format!("{} parameters", parameters(started.generator_parameters)),
        ));
        facts.push((
            "discriminator",
            format!("{} parameters", parameters(started.discriminator_parameters)),
        ));
        facts.push(("kernels", format!("{}, {} threads", started.kernels, started.threads)));
    }
    if let Some(metrics) = run.history.latest() {
        facts.push(("last iteration", format!("{:.1} ms", metrics.step_ms)));
        facts.push(("training time", number::duration(run.elapsed())));
    }
    facts.extend(score::facts(app));
    facts.push((
        "saved",
        run.saved.map_or_else(
            || "not yet".into(),
            |iteration| format!("iteration {}", number::count(iteration)),
        ),
    ));
    facts.push(("files", run.directory.display().to_string()));
    facts
}
