//! The run's parameters, networks, times and files.

use gan_tui_core::{event::Machine, text::shown};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    component::{Height, Panel, Region},
    score,
    widgets::{bordered, ends, symbols},
};
use crate::{
    state::{app::App, number, panel::PanelId},
    theme::Role,
};

/// Rows of a screen from which on there is room for the machine.
const TALL: u16 = 40;
/// Columns from name to value at most: further apart they are not seen as one.
const WIDEST: u16 = 60;

pub struct Run;

impl Run {
    pub const ID: PanelId = PanelId("Run");
}

impl Panel for Run {
    fn id(&self) -> PanelId {
        Self::ID
    }

    fn region(&self) -> Region {
        Region::Left
    }

    fn height(&self, app: &App) -> Height {
        // Two rows are its border.
        Height::Exactly(facts(app).len() as u16 + 2)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        let inside = bordered(frame, area, app, Some(Self::ID), Self::ID.0, "");
        let inside = Rect { width: inside.width.min(WIDEST), ..inside };
        let facts = facts(app);
        // What has no room is counted in the last row.
        let hidden = match facts.len().checked_sub(usize::from(inside.height)) {
            Some(over @ 1..) if inside.height > 1 => over + 1,
            _ => 0,
        };
        let shown = facts.len() - hidden;
        if hidden > 0 {
            let more = format!("{hidden} more when enlarged");
            let last = Rect { y: inside.bottom() - 1, height: 1, ..inside };
            frame.render_widget(Line::styled(more, app.look.theme.style(Role::Faint)), last);
        }
        let rows = facts.into_iter().take(shown.min(usize::from(inside.height)));
        for (row, (name, fact)) in rows.enumerate() {
            let line = Rect { y: inside.y + row as u16, height: 1, ..inside };
            let room = usize::from(inside.width).saturating_sub(name.len() + 1);
            let fact = number::shortened(&fact, room, symbols(app).gap);
            let name = Span::styled(name, app.look.theme.style(Role::Faint));
            ends(frame, line, Line::from(name), Line::raw(fact));
        }
        Vec::new()
    }
}

/// Returns what is shown, a name and a value a row.
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
        facts.push(("kernels", {
            let threads = if started.threads == 1 {
                "1 thread".into()
            } else {
                format!("{} threads", started.threads)
            };
            format!("{}, {threads}", started.kernels)
        }));
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
    facts.push(("files", shown(&run.directory)));
    let has_room = app.enlarged || app.size.1 >= TALL;
    facts.extend(run.machine.iter().filter(|_| has_room).flat_map(machine));
    facts
}

/// Returns what the run takes of its machine, and where its time goes.
fn machine(machine: &Machine) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(load) = &machine.load {
        let (own, all) = (load.process, load.machine.max(load.process).min(load.cores as f64));
        facts.push((
            "processor",
            format!("{own:.1} of {} cores; all programs {all:.1}", load.cores),
        ));
        let (own, free) = (number::bytes(load.memory), number::bytes(load.available));
        facts.push(("memory", format!("{own}, {free} free")));
        facts.extend(load.disk.map(|disk| ("disk", format!("{} free", number::bytes(disk)))));
    }
    let shares = machine.spent.shares().into_iter().filter(|(_, share)| *share >= 0.005);
    let goes: Vec<String> =
        shares.map(|(name, share)| format!("{name} {}", number::percent(share as f32))).collect();
    if !goes.is_empty() {
        facts.push(("time", goes.join(", ")));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{MODERN, hear, trained};
    use gan_tui_core::event::{Event, Load, Spent};

    #[test]
    fn the_machine_is_told_where_there_is_room() {
        let mut app = trained(MODERN, 40);
        let spent = Spent { all: 2.0, discriminator: 1.0, generator: 0.62, ..Spent::default() };
        let load = Load {
            cores: 2,
            process: 1.62,
            machine: 1.96,
            memory: 320_000_000,
            available: 5_100_000_000,
            total: 8_000_000_000,
            disk: Some(12_000_000_000),
        };
        hear(&mut app, Event::Machine(Box::new(Machine { spent, load: Some(load) })));
        let before = facts(&app).len();
        app.size.1 = TALL;
        let facts = facts(&app);
        let told: Vec<String> =
            facts[before..].iter().map(|(name, fact)| format!("{name}: {fact}")).collect();
        assert_eq!(
            told,
            [
                "processor: 1.6 of 2 cores; all programs 2.0",
                "memory: 320 MB, 5.1 GB free",
                "disk: 12 GB free",
                "time: D 50%, G 31%"
            ]
        );
    }
}
