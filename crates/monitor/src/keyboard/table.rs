//! The table of actions: one row for each thing that a key can do.
//!
//! The enum [`Action`](super::action::Action), the key map, the names in the configuration file, the
//! help, the footer's hints, the read-only rule, the dispatch and the README's table of keys are all
//! made from these rows. To add an action, write its row here and its handler in
//! [`handlers`](super::handlers).
//!
//! A row is
//!
//! ```text
//! Name(argument: type) { fields of `ActionSpec` } => handler, in_replay: handler;
//! ```
//!
//! - `Name` is what the configuration file calls the action. The argument is optional; its value is
//!   the position, from 1, of the pressed key among the row's keys.
//! - The fields that are left out of `ActionSpec` are those of `ActionSpec::EMPTY`.
//! - Rows stand in the order in which the help lists them.
//! - A handler `module::function(arguments)` is called as `module::function(app, arguments)`.
//! - `in_replay` replaces the handler while a recorded run is played; read-only does not disable it.

/// Passes every row to the macro `$callback`.
macro_rules! with_actions {
    ($callback:ident) => {
        $callback! {
            Quit {
                keys: &[(Main, "q")],
                group: Ending,
                help: "quit; the run is saved first",
                hints: &[hint(0, When::Always, "quit")],
            } => run::quit();

            Interrupt {
                keys: &[(Always, "Ctrl-C")],
                group: Ending,
                help: "quit; pressed again, leave at once",
            } => run::interrupt();

            Detach {
                keys: &[(Main, "d")],
                group: Detaching,
                help: "leave the run to go on in the background",
                hints: &[hint(7, When::Always, "detach")],
            } => run::detach();

            TogglePause {
                keys: &[(Main, "space")],
                group: Training,
                help: "pause, or go on",
                hints: &[hint(1, When::PauseOff, "pause"), hint(1, When::PauseOn, "go on")],
                changes_run: true,
            } => run::toggle_pause(), in_replay: replay::toggle_pause();

            ChoosePreset {
                keys: &[(Main, "p")],
                group: Presets,
                help: "choose a preset for a new run",
                hints: &[hint(3, When::Always, "preset")],
                changes_run: true,
            } => presets::choose();

            Export {
                keys: &[(Main, "e")],
                group: Exporting,
                help: "export the frame as PNG, text and ANSI",
                hints: &[hint(4, When::Always, "export")],
            } => export::frame();

            CycleGlyphs {
                keys: &[(Main, "b")],
                group: Pictures,
                help: "next set of picture characters",
                hints: &[hint(14, When::Always, "glyphs")],
            } => look::cycle_glyphs();

            CycleColors {
                keys: &[(Main, "c")],
                group: Pictures,
                help: "next tier of colours",
                hints: &[hint(15, When::Always, "colours")],
            } => look::cycle_colors();

            CycleTheme {
                keys: &[(Main, "t")],
                group: Pictures,
                help: "next theme",
            } => look::cycle_theme();

            CycleWindow {
                keys: &[(Main, "x")],
                group: Charts,
                help: "losses of the whole run, or of its end",
                hints: &[hint(13, When::Always, "window")],
            } => look::cycle_window();

            Larger {
                keys: &[(Main, "+ =")],
                group: Pictures,
                help: "larger pictures, fewer of them",
                hints: &[hint(16, When::Always, "larger")],
            } => look::zoom(1);

            Smaller {
                keys: &[(Main, "-")],
                group: Pictures,
                help: "smaller pictures, more of them",
            } => look::zoom(-1);

            Step {
                keys: &[(Main, "n")],
                group: Training,
                help: "one iteration, while paused",
                changes_run: true,
            } => run::step(), in_replay: replay::step();

            Save {
                keys: &[(Main, "w")],
                group: Training,
                help: "save a checkpoint now",
                hints: &[hint(12, When::Always, "save")],
                changes_run: true,
            } => run::save();

            LearningRates {
                keys: &[(Main, "L")],
                group: Rates,
                help: "change the learning rates",
                hints: &[hint(11, When::Always, "rates")],
                changes_run: true,
            } => run::change_rates();

            Reload {
                keys: &[(Main, "R")],
                group: Reloading,
                help: "a new run of the preset whose file has changed",
                changes_run: true,
            } => presets::reload();

            ExportChoices {
                keys: &[(Main, "E")],
                group: Exporting,
                help: "export something else",
            } => export::choose();

            CopyPath {
                keys: &[(Main, "Y")],
                group: Exporting,
                help: "copy the last export's path",
            } => export::copy_path();

            NextView {
                keys: &[(Main, "s")],
                group: Samples,
                help: "next way to look at samples",
                hints: &[hint(5, When::Always, "samples")],
            } => samples::next_view();

            Shuffle {
                keys: &[(Main, "f")],
                group: Samples,
                help: "draw other samples",
            } => samples::shuffle();

            Number {
                keys: &[(Main, "#")],
                group: Numbers,
                help: "type a number and see it drawn",
            } => samples::begin_number();

            Back {
                keys: &[(Main, "Left h")],
                group: Time,
                help: "back: a frame, or the chart's cursor",
                hints: &[hint(9, When::Always, "back in time")],
            } => time::travel(Travel::By(-1)), in_replay: replay::travel(Travel::By(-1));

            Forward {
                keys: &[(Main, "Right l")],
                group: Time,
                help: "forward",
            } => time::travel(Travel::By(1)), in_replay: replay::travel(Travel::By(1));

            BackFar {
                keys: &[(Main, "[ PgUp")],
                group: Time,
                help: "back by ten",
            } => time::travel(Travel::By(-10)), in_replay: replay::travel(Travel::By(-10));

            ForwardFar {
                keys: &[(Main, "] PgDn")],
                group: Time,
                help: "forward by ten",
            } => time::travel(Travel::By(10)), in_replay: replay::travel(Travel::By(10));

            Start {
                keys: &[(Main, "Home g")],
                group: Time,
                help: "to the first frame",
            } => time::travel(Travel::ToStart), in_replay: replay::travel(Travel::ToStart);

            Live {
                keys: &[(Main, "End G")],
                group: Time,
                help: "to what is live",
            } => time::live(), in_replay: replay::end();

            Play {
                keys: &[(Main, "r")],
                group: Time,
                help: "play the run's frames, or stop",
                hints: &[hint(10, When::Always, "play")],
            } => time::play(), in_replay: replay::toggle_pause();

            Slower {
                keys: &[(Main, "<")],
                group: Time,
                help: "replay at half the speed",
            } => time::refuse_speed(), in_replay: replay::change_speed(0.5);

            Faster {
                keys: &[(Main, ">")],
                group: Time,
                help: "replay at twice the speed",
            } => time::refuse_speed(), in_replay: replay::change_speed(2.0);

            ScrollUp {
                keys: &[(Main, "Up k")],
                group: Scrolling,
                help: "up: the sample before, or the log",
            } => time::scroll(-1);

            ScrollDown {
                keys: &[(Main, "Down j")],
                group: Scrolling,
                help: "down",
            } => time::scroll(1);

            LogScale {
                keys: &[(Main, "y")],
                group: Charts,
                help: "losses on a logarithmic scale",
            } => look::toggle_log_scale();

            Smooth {
                keys: &[(Main, "S")],
                group: Charts,
                help: "smooth the charts more, or not at all",
            } => look::smooth_more();

            NextPanel {
                keys: &[(Main, "Tab")],
                group: Panels,
                help: "focus the next panel",
                hints: &[hint(6, When::Always, "focus")],
            } => look::focus(1);

            PreviousPanel {
                keys: &[(Main, "Shift-Tab")],
                group: Panels,
                help: "focus the panel before",
            } => look::focus(-1);

            Enlarge {
                keys: &[(Main, "Enter z")],
                group: Panels,
                help: "enlarge the panel in focus",
                hints: &[hint(8, When::PanelsShared, "enlarge")],
            } => look::enlarge();

            Restore {
                keys: &[(Main, "Esc")],
                group: Panels,
                help: "put it back",
                hints: &[hint(8, When::PanelEnlarged, "put back")],
            } => look::restore();

            Preset(number: u8) {
                keys: &[(Main, "1 2 3 4 5 6 7 8 9")],
                group: Presets,
                help: "choose this preset for a new run",
                changes_run: true,
            } => presets::choose_numbered(number);

            Suspend {
                keys: &[(Always, "Ctrl-Z")],
                group: System,
                help: "suspend; fg comes back",
            } => run::suspend();

            Redraw {
                keys: &[(Always, "Ctrl-L")],
                group: System,
                help: "draw the screen anew",
            } => run::redraw();

            Help {
                keys: &[(Main, "? F1")],
                group: KeyList,
                help: "this help",
                hints: &[hint(2, When::Always, "help")],
            } => look::help();

            Up {
                keys: &[(List, "Up k")],
                group: Lists,
                help: "up",
            } => lists::select(Motion::Up);

            Down {
                keys: &[(List, "Down j")],
                group: Lists,
                help: "down",
            } => lists::select(Motion::Down);

            Less {
                keys: &[(List, "Left h")],
                group: Lists,
                help: "less",
            } => lists::adjust(0.5);

            More {
                keys: &[(List, "Right l")],
                group: Lists,
                help: "more",
            } => lists::adjust(2.0);

            First {
                keys: &[(List, "Home g")],
                group: Lists,
                help: "to the top",
            } => lists::select(Motion::First);

            Last {
                keys: &[(List, "End G")],
                group: Lists,
                help: "to the bottom",
            } => lists::select(Motion::Last);

            Erase {
                keys: &[(Context::Number, "Backspace")],
                group: Lists,
                help: "take back the last digit",
            } => samples::erase_digit();

            Confirm {
                keys: &[(List, "Enter"), (Question, "y Enter"), (Context::Number, "Enter")],
                group: Lists,
                help: "yes",
            } => lists::confirm();

            Cancel {
                keys: &[(List, "Esc q ?"), (Question, "n Esc"), (Context::Number, "Esc")],
                group: Lists,
                help: "no, back",
            } => lists::cancel();
        }
    };
}

pub(super) use with_actions;
