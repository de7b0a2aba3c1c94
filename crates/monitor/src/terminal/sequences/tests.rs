//! Every sequence that terminals send, whole, in parts and broken.

use proptest::prelude::*;

use super::*;

fn all(bytes: &[u8]) -> Vec<Input> {
    let mut decoder = Decoder::default();
    decoder.add(bytes);
    let mut found = decoder.decode(false);
    found.extend(decoder.decode(true));
    assert_eq!(decoder.unfinished(), Unfinished::Nothing);
    found
}

fn name(input: Input) -> String {
    match input {
        Input::Key(key) => key.to_string(),
        Input::Paste(text) => format!("paste {text:?}"),
        Input::Report { row, column } => format!("{row};{column}"),
        other => format!("{other:?}"),
    }
}

fn names(bytes: impl AsRef<[u8]>) -> String {
    all(bytes.as_ref()).into_iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn keys_are_told_apart() {
    assert_eq!(names(b"aG?\x03\x1a\r\t \x7f"), "a G ? Ctrl-C Ctrl-Z Enter Tab space Backspace");
    assert_eq!(
        names(b"\x1b[A\x1bOB\x1b[1;5C\x1b[H\x1b[4~\x1b[5~\x1b[6~\x1b[Z"),
        "Up Down Ctrl-Right Home End PgUp PgDn Shift-Tab"
    );
    assert_eq!(names(b"\x1bOP\x1b[11~\x1b[[A\x1b[24~"), "F1 F1 F1 F12");
    assert_eq!(names("\x1bxé\x1b[113;5u"), "Alt-x é Ctrl-Q");
    assert_eq!(names(b"\x1b[27u\x1b[13u"), "Esc Enter");
    assert_eq!(names(b"\x1b"), "Esc");
    assert_eq!(names(b"\x1b\x1b[A"), "Esc Up");
    assert_eq!(names(b"\x1b["), "Alt-[");
    assert_eq!(names(b"\x1bX"), "Alt-X");
}

/// The application modes of cursor keys and keypad (DECCKM, DECKPAM), left on by others.
#[test]
fn keys_of_the_application_modes_are_keys() {
    assert_eq!(names(b"\x1bOA\x1bOH\x1bOM\x1bOp\x1bOy\x1bOk\x1bOo"), "Up Home Enter 0 9 + /");
}

/// kitty's protocol, left on by another program.
#[test]
fn keys_with_event_types_and_alternatives_are_one_key_each() {
    assert_eq!(names(b"\x1b[32;1:1u\x1b[32;1:3u"), "space");
    assert_eq!(names(b"\x1b[106;1:1u\x1b[106;1:2u\x1b[106;1:2u\x1b[106;1:3u"), "j j j");
    assert_eq!(names(b"\x1b[101;2u\x1b[101:69;2u\x1b[47:63;2:1u\x1b[101u"), "E E ? e");
    assert_eq!(names("\x1b[223;2u\x1b[228:196;2u\x1b[49;2;33u"), "ß Ä !");
    assert_eq!(
        names(b"\x1b[27;1:1u\x1b[27;1:3u\x1b[13;1u\x1b[9u\x1b[9;2u\x1b[127u"),
        "Esc Enter Tab Shift-Tab Backspace"
    );
    assert_eq!(
        names(b"\x1b[1;1:1A\x1b[1;1:3A\x1b[1;5:2D\x1b[5;1:3~\x1b[6;1:1~\x1b[1;1:1P"),
        "Up Ctrl-Left PgDn F1"
    );
    assert_eq!(
        names(b"\x1b[99;5u\x1b[99;6u\x1b[99:67;6u\x1b[120;3u\x1b[120;4u"),
        "Ctrl-C Ctrl-C Ctrl-C Alt-x Alt-X"
    );
    // Caps Lock and Num Lock change nothing; Super, Hyper and Meta make another key of it.
    assert_eq!(names(b"\x1b[101;65u\x1b[101;130:1u\x1b[1;129B\x1b[113;9u\x1b[1;33A"), "e E Down");
    // Keys by number, keys of the keypad, and Shift alone.
    assert_eq!(
        names(
            b"\x1b[57352u\x1b[57364;5u\x1b[57399u\x1b[57408;129u\x1b[57414;1:1u\x1b[57414;1:3u\
        \x1b[57441;2u\x1b[57358u"
        ),
        "Up Ctrl-F1 0 9 Enter"
    );
    assert_eq!(names(b"\x1b[u\x1b[;5u\x1b[99999999999u\x1b[55296u\x1b[1114112u\x1b[3;5u"), "");
}

/// xterm's modifyOtherKeys, left on by another program.
#[test]
fn other_keys_have_their_modifiers() {
    assert_eq!(
        names(b"\x1b[27;5;99~\x1b[27;2;69~\x1b[27;2;63~\x1b[27;6;67~\x1b[27;3;120~"),
        "Ctrl-C E ? Ctrl-C Alt-x"
    );
    assert_eq!(
        names(b"\x1b[27;2;9~\x1b[27;5;13~\x1b[27;1;27~\x1b[27~\x1b[27;5~"),
        "Shift-Tab Ctrl-Enter Esc"
    );
}

#[test]
fn answers_and_the_mouse_stand_between_keys() {
    assert_eq!(
        names(b"a\x1b[24;80Rb\x1b[>62;22cc\x1b]11;rgb:0/0/0\x1b\\d"),
        "a 24;80 b c Background { is_light: false } d"
    );
    assert_eq!(names(b"\x1b]11;rgba:ffff/ffff/ffff/8000\x07"), "Background { is_light: true }");
    assert_eq!(
        names(b"a\x1bP>|foot(1.13.1)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62;4cb"),
        "a Pixels(Name(\"foot(1.13.1)\")) Pixels(Kitty) Pixels(Cell((9, 18))) \
         Pixels(Attributes { has_sixels: true }) b"
    );
    // Answers to what others asked.
    assert_eq!(names(b"\x1b[?1;1R\x1b[?0u\x1b[?2026;2$y\x1b[8;24;80t\x1b[0n\x1b[I\x1b[O"), "");
    assert_eq!(names(b"\x1bP1+r524742\x1b\\\x1b]10;rgb:0/0/0\x07\x1b_Gi=1;OK\x1b\\q"), "q");
    assert_eq!(
        all(b"\x1b[<0;3;4M\x1b[<0;3;4m\x1b[<32;5;4M\x1b[<64;1;1M\x1b[<65;9;9M\
            \x1b[<35;1;1M\x1b[M !!"),
        [
            Input::Mouse(MouseAction::Press, 2, 3),
            Input::Mouse(MouseAction::Drag, 4, 3),
            Input::Mouse(MouseAction::ScrollUp, 0, 0),
            Input::Mouse(MouseAction::ScrollDown, 8, 8),
            Input::Mouse(MouseAction::Press, 0, 0),
        ]
    );
    assert_eq!(names(b"\x1b[<0;99999;4M\x1b[<0;3M\x1b[<0;3;4;5M\x1b[M\x03"), "Ctrl-C");
}

#[test]
fn a_pasted_text_is_no_keys() {
    assert_eq!(names(b"a\x1b[200~cd runs && ls\rq\x1b[201~b"), "a paste \"cd runs && ls\\rq\" b");
    assert_eq!(names(b"\x1b[200~\x1b[201~\x1b[201~q"), "paste \"\" q");
    assert_eq!(
        names("\x1b[200~é\x1b[A\x03\x1b[200~\x1b[20\x1b[201~".as_bytes()),
        "paste \"é\\u{1b}[A\\u{3}\\u{1b}[200~\\u{1b}[20\""
    );
    assert_eq!(names(b"\x1b[200~no end \x1b[20"), "paste \"no end \"");
    assert_eq!(names(b"\x1b[200~\xff\xfe\x1b[201~"), "paste \"\u{fffd}\u{fffd}\"");
}

#[test]
fn what_breaks_a_sequence_off_ends_it() {
    // CAN and SUB belong to the sequence: they are neither Ctrl-X nor Ctrl-Z.
    assert_eq!(names(b"\x1b[1;5\x18a\x1b[1\x1ab\x1b]11;\x18c\x1bP\x1ad\x1bO\x18e"), "a b c d e");
    assert_eq!(names(b"\x1b[1;5\x03\x1b[\x1b[A\x1bO\x03"), "Ctrl-C Up Ctrl-C");
    assert_eq!(names(b"\x1b]2;title\x1b[B"), "Down");
    assert_eq!(names("\x1b[1é\x1b[\u{2500}"), "é \u{2500}");
}

#[test]
fn control_functions_of_eight_bits_are_those_of_seven_and_break_no_text() {
    assert_eq!(
        names(b"\x9bA\x8fB\x9b1;5C\x9d11;rgb:f/f/f\x9c\x9b5;6Rq"),
        "Up Down Ctrl-Right Background { is_light: true } 5;6 q"
    );
    assert_eq!(names("\u{9b}A\u{84}q"), "Up q");
    // The same bytes within characters.
    assert_eq!(names("ÛÜ\u{201b}│Ý"), "Û Ü \u{201b} │ Ý");
    assert_eq!(names("\x1b]2;Ü\x07q"), "q");
    assert_eq!(names(b"\x9b\xc3\xa9"), "é");
    assert_eq!(names(b"\x80\x99q"), "q");
}

#[test]
fn a_sequence_may_come_in_parts() {
    let text = "a\x1b[1;5C\x1b[<64;10;20M\x1bOB\x1b[24;80Ré\x1b[101:69;2:1u\x1b[200~é\x1b[A\
        \x1b[201~\x1b]11;rgb:f/f/f\x1b\\\x1b[27;5;99~\x1b[5~"
        .as_bytes();
    let whole = all(text);
    assert_eq!(whole.len(), 11);
    for cut in 0..text.len() {
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        for part in [&text[..cut], &text[cut..]] {
            decoder.add(part);
            found.extend(decoder.decode(false));
        }
        assert_eq!(found, whole, "cut at {cut}");
    }
    let mut decoder = Decoder::default();
    let single = text.iter().flat_map(|byte| {
        decoder.add(&[*byte]);
        decoder.decode(false)
    });
    assert_eq!(single.collect::<Vec<_>>(), whole);
}

/// What terminals send, and its beginnings, middles and ends.
const PARTS: [&[u8]; 24] = [
    b"\x1b[",
    b"\x1b[<",
    b"\x1b]11;rgb:",
    b"ffff/",
    b"\x1b\\",
    b"\x07",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b[20",
    b"1~",
    b"\x1bO",
    b"\x1bP",
    b"\x1b[27;",
    b"\x1b[M",
    b"57",
    b";1:3",
    b"u",
    b";",
    b":",
    b"R",
    b"\x9b",
    b"\x9c",
    b"\xe2\x94",
    b"\x18",
];

/// Any bytes, those that sequences are made of more often.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        3 => proptest::sample::select(PARTS.to_vec()).prop_map(<[u8]>::to_vec),
        1 => Just(vec![0x1b]),
        2 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => (b'0'..=b'9').prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(part, 0..most).prop_map(|parts| parts.concat())
}

/// Numbers that are the same every time (Knuth's linear congruential generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end as u64) as usize
    }
}

/// One decoder for a long stream of sequences, parts of them and noise, which comes in pieces of
/// any size. `PROPTEST_CASES` says how many inputs there are (20,000 unless it does).
#[test]
fn a_stream_without_an_end_is_no_trouble_and_fills_no_memory() {
    let inputs = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    let (mut random, mut decoder) = (Random(20_260_101), Decoder::default());
    let (mut total, mut found, mut stream) = (0, 0, Vec::new());
    for _ in 0..inputs.unwrap_or(20_000u64) {
        stream.clear();
        for _ in 0..random.below(30) {
            match random.below(6) {
                0 => stream.push(random.below(256) as u8),
                1 => stream.push(b'0' + random.below(10) as u8),
                2 => stream.push(ESC),
                _ => stream.extend_from_slice(PARTS[random.below(PARTS.len())]),
            }
        }
        total += stream.len();
        for piece in stream.chunks(1 + random.below(40)) {
            decoder.add(piece);
            found += decoder.decode(false).len();
            assert!(decoder.waiting() <= LONGEST + piece.len());
        }
        if random.below(8) == 0 {
            decoder.decode(true);
            assert_eq!(decoder.unfinished(), Unfinished::Nothing);
            decoder.add(b"q");
            assert_eq!(decoder.decode(false), [Input::Key(character('q'))]);
        }
    }
    assert!(found > 0 && total > found, "{found} inputs in {total} bytes");
}

proptest! {
    #[test]
    fn no_bytes_are_trouble(bytes in bytes(60)) {
        all(&bytes);
    }

    /// Whatever came before, a key is heard as soon as nothing is left to be waited for.
    #[test]
    fn noise_swallows_no_later_key(bytes in bytes(40)) {
        let mut decoder = Decoder::default();
        decoder.add(&bytes);
        decoder.decode(false);
        decoder.decode(true);
        decoder.add(b"q");
        prop_assert_eq!(decoder.decode(false), [Input::Key(character('q'))]);
    }

    /// What bytes mean does not depend on how they come, if nothing is given up in between.
    #[test]
    fn parts_mean_what_the_whole_means(bytes in bytes(40), cuts in proptest::collection::vec(0usize..80, 0..4)) {
        let whole = all(&bytes);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        for cut in cuts.windows(2) {
            decoder.add(&bytes[cut[0]..cut[1]]);
            found.extend(decoder.decode(false));
        }
        found.extend(decoder.decode(true));
        prop_assert_eq!(found, whole);
    }

    /// Between its marks, nothing but the end mark ends a pasted text.
    #[test]
    fn a_pasted_text_stays_text(mut bytes in bytes(40)) {
        while let Some(end) = bytes.windows(6).position(|window| window == b"\x1b[201~") {
            bytes.drain(end..end + 6);
        }
        let pasted = [b"\x1b[200~", &bytes[..], b"\x1b[201~q"].concat();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        prop_assert_eq!(all(&pasted), [Input::Paste(text), Input::Key(character('q'))]);
    }
}
