//! TensorBoard's event files: how records are framed ([`record`]), what they say ([`messages`]),
//! and how they are read while they grow ([`tail`]).

pub mod messages;
pub mod record;
pub mod tail;

pub use prost::{DecodeError, Message};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;

    use super::{
        Message as _,
        messages::{Event, Image, Value},
        record::{self, RecordReader},
    };

    /// What TensorBoard's own Python package writes (2.21, `tensorboard.compat.proto` and
    /// `tensorboard.summary.writer.record_writer`).
    const OF_PYTHON: &str = include_str!("python.hex");

    fn events() -> Vec<Event> {
        let image = Image { height: 1, width: 2, colorspace: 3, encoded: b"png".to_vec() };
        vec![
            Event::file_version(1.5),
            Event::summary(2.5, 7, vec![Value::scalar("loss", 0.25), Value::scalar("b", -3.0)]),
            Event::summary(3.5, 300, vec![Value::image("images", image)]),
            Event::summary(4.5, 0, vec![Value::text("preset", "# \u{e4}")]),
        ]
    }

    #[test]
    fn what_is_written_is_what_tensorboard_writes() {
        let bytes = |text: &str| u8::from_str_radix(text, 16).unwrap();
        let digits: String = OF_PYTHON.split_whitespace().collect();
        let theirs: Vec<u8> =
            (0..digits.len() / 2).map(|at| bytes(&digits[2 * at..][..2])).collect();
        let mut ours = Vec::new();
        for event in events() {
            record::write(&mut ours, &event.encode_to_vec()).unwrap();
        }
        assert_eq!(ours, theirs);
        let mut reader = RecordReader::new(Cursor::new(theirs), 0);
        for event in events() {
            assert_eq!(Event::decode(&reader.next_record().unwrap().unwrap()[..]).unwrap(), event);
        }
        assert!(reader.next_record().unwrap().is_none());
    }
}
