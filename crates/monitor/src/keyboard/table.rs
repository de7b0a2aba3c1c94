//! The table of actions: one row for each thing that a key can do.
//!
//! The enum [`Action`](super::action::Action), the key map, the names in the configuration file,
//! the help, the footer's hints, the read-only rule, the dispatch and the documentation's table of keys
//! are all made from these rows. To add an action, write its row here and its handler in
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
//! - `in_replay` replaces the handler while a recorded run is played; read-only does not disable
//!   it.

/// Passes every row to the macro `$callback`.
macro_rules! with_actions {
    ($callback:ident) => {
        $callback! {
            Quit {
                keys: &[(Main, "q")],
                group: Ending,
                help: "save and quit",
                hints: &[hint(0, When::Always, "quit")],
            } => run::quit();

            Interrupt {
                keys: &[(Always, "Ctrl-C")],
                group: Ending,
                help: "quit; press again to quit immediately",
            } => run::interrupt();

            Detach {
                keys: &[(Main, "d"), (Question, "d")],
                group: Detaching,
                help: "detach; train on in the background",
                hints: &[hint(7, When::Always, "detach")],
            } => run::detach();

            TogglePause {
                keys: &[(Main, "space")],
                group: Training,
                help: "pause or resume",
                hints: &[
                    hint(1, When::PauseOff, "pause"),
                    hint(1, When::PauseOn, "resume"),
                    hint(1, When::ReplayEnded, "play again"),
                ],
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
                help: "next set of image characters",
                hints: &[hint(14, When::Always, "glyphs")],
            } => look::cycle_glyphs();

            CycleColors {
                keys: &[(Main, "c")],
                group: Pictures,
                help: "next colour depth",
                hints: &[hint(15, When::Always, "colours")],
            } => look::cycle_colors();

            CycleTheme {
                keys: &[(Main, "t")],
                group: Pictures,
                help: "next theme",
            } => look::cycle_theme();

            Paper {
                keys: &[(Main, "i")],
                group: Pictures,
                help: "grey images as ink on paper, or back",
            } => look::toggle_paper();

            CycleWindow {
                keys: &[(Main, "x")],
                group: Charts,
                help: "losses of the whole run or the latest part",
                hints: &[hint(13, When::Always, "window")],
            } => look::cycle_window();

            CycleAxis {
                keys: &[(Main, "X")],
                group: Charts,
                help: "charts by iteration, its logarithm or time",
            } => look::cycle_axis();

            Larger {
                keys: &[(Main, "+ =")],
                group: Pictures,
                help: "fewer, larger images",
                hints: &[hint(16, When::Always, "larger")],
            } => look::zoom(1);

            Smaller {
                keys: &[(Main, "-")],
                group: Pictures,
                help: "more, smaller images",
            } => look::zoom(-1);

            Step {
                keys: &[(Main, "n")],
                group: Training,
                help: "run one iteration while paused",
                changes_run: true,
            } => run::step(), in_replay: replay::step();

            Save {
                keys: &[(Main, "w")],
                group: Training,
                help: "save a checkpoint",
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
                help: "start a run of the changed preset file",
                changes_run: true,
            } => presets::reload();

            ExportChoices {
                keys: &[(Main, "E")],
                group: Exporting,
                help: "choose what to export",
            } => export::choose();

            CopyPath {
                keys: &[(Main, "Y")],
                group: Exporting,
                help: "copy the path of the last export",
            } => export::copy_path();

            NextView {
                keys: &[(Main, "s")],
                group: Samples,
                help: "next view of the samples",
                hints: &[hint(5, When::Always, "samples")],
            } => samples::next_view();

            Shuffle {
                keys: &[(Main, "f")],
                group: Samples,
                help: "draw fresh samples",
            } => samples::shuffle();

            Number {
                keys: &[(Main, "#")],
                group: Numbers,
                help: "type a number to generate",
            } => samples::begin_number();

            Back {
                keys: &[(Main, "Left h")],
                group: Time,
                help: "back one frame, or move the cursor",
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
                help: "jump to the first frame",
            } => time::travel(Travel::ToStart), in_replay: replay::travel(Travel::ToStart);

            Live {
                keys: &[(Main, "End G")],
                group: Time,
                help: "return to live",
            } => time::live(), in_replay: replay::end();

            Play {
                keys: &[(Main, "r")],
                group: Time,
                help: "play or stop the frames",
                hints: &[hint(10, When::Always, "play")],
            } => time::play(), in_replay: replay::toggle_pause();

            Slower {
                keys: &[(Main, "<")],
                group: Time,
                help: "halve the replay speed",
                hints: &[hint(3, When::InReplay, "slower")],
            } => time::refuse_speed(), in_replay: replay::change_speed(0.5);

            Faster {
                keys: &[(Main, ">")],
                group: Time,
                help: "double the replay speed",
                hints: &[hint(3, When::InReplay, "faster")],
            } => time::refuse_speed(), in_replay: replay::change_speed(2.0);

            ScrollUp {
                keys: &[(Main, "Up k")],
                group: Scrolling,
                help: "up: previous sample, or the log",
            } => time::scroll(-1);

            ScrollDown {
                keys: &[(Main, "Down j")],
                group: Scrolling,
                help: "down",
            } => time::scroll(1);

            LogScale {
                keys: &[(Main, "y")],
                group: Charts,
                help: "logarithmic scale for the losses",
            } => look::toggle_log_scale();

            Smooth {
                keys: &[(Main, "S")],
                group: Charts,
                help: "more smoothing of the charts, or none",
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
                help: "focus the previous panel",
            } => look::focus(-1);

            Enlarge {
                keys: &[(Main, "Enter z")],
                group: Panels,
                help: "enlarge the focused panel",
                hints: &[hint(8, When::PanelsShared, "enlarge")],
            } => look::enlarge();

            Restore {
                keys: &[(Main, "Esc")],
                group: Panels,
                help: "restore the panel",
                hints: &[hint(1, When::PanelEnlarged, "restore")],
            } => look::restore();

            Preset(number: u8) {
                keys: &[(Main, "1 2 3 4 5 6 7 8 9")],
                group: Presets,
                help: "start a run of this preset",
                changes_run: true,
            } => presets::choose_numbered(number);

            Suspend {
                keys: &[(Always, "Ctrl-Z")],
                group: System,
                help: "suspend; resume with fg",
            } => run::suspend();

            Redraw {
                keys: &[(Always, "Ctrl-L")],
                group: System,
                help: "redraw the screen",
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
                help: "decrease",
            } => lists::adjust(0.5);

            More {
                keys: &[(List, "Right l")],
                group: Lists,
                help: "increase",
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
                help: "delete the last digit",
            } => samples::erase_digit();

            Confirm {
                keys: &[(List, "Enter"), (Question, "y Enter"), (Context::Number, "Enter")],
                group: Lists,
                help: "confirm",
            } => lists::confirm();

            Cancel {
                keys: &[(List, "Esc q ?"), (Question, "n Esc"), (Context::Number, "Esc")],
                group: Lists,
                help: "cancel",
            } => lists::cancel();
        }
    };
}

pub(super) use with_actions;
