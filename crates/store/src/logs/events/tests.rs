//! Event files as programs write them, and damaged.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use super::*;
use crate::tensorboard::{messages::Metadata, record};

fn tensor_value(tag: &str, plugin: &str, tensor: Tensor) -> Value {
    let plugin = messages::Plugin { name: plugin.into(), content: Vec::new() };
    let metadata =
        (!plugin.name.is_empty()).then(|| Metadata { plugin: Some(plugin), ..Metadata::default() });
    Value { tag: tag.into(), metadata, content: Some(messages::Content::Tensor(tensor)) }
}

fn write(path: &Path, events: &[Event]) {
    let mut bytes = Vec::new();
    for event in events {
        record::write(&mut bytes, &event.encode_to_vec()).unwrap();
    }
    std::fs::write(path, bytes).unwrap();
}

fn entries(items: Vec<Item>) -> Vec<Entry> {
    items
        .into_iter()
        .filter_map(|item| match item {
            Item::Entry(entry) => Some(entry),
            _ => None,
        })
        .collect()
}

#[test]
fn both_forms_of_scalars_images_and_texts_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.out.tfevents.1.host");
    let float = |value: f32| Tensor {
        dtype: 1,
        content: value.to_le_bytes().to_vec(),
        ..Tensor::default()
    };
    let strings = |texts: &[&str]| Tensor {
        dtype: Tensor::STRING,
        strings: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
        ..Tensor::default()
    };
    let half = Tensor { dtype: Tensor::HALF, content: vec![0, 0xc1], ..Tensor::default() };
    let image = messages::Image { encoded: b"png".to_vec(), ..messages::Image::default() };
    write(
        &path,
        &[
            Event::file_version(1.0),
            Event::summary(2.0, 1, vec![Value::scalar("a", 0.5), Value::image("i", image)]),
            Event::summary(3.0, 2, vec![tensor_value("b", "scalars", float(1.5))]),
            // Only the first value of a tag says what it is.
            Event::summary(4.0, 3, vec![tensor_value("b", "", float(2.5))]),
            Event::summary(
                4.0,
                3,
                vec![tensor_value("j", "images", strings(&["2", "1", "x", "y"]))],
            ),
            Event::summary(4.0, 3, vec![tensor_value("t", "text", strings(&["hello"]))]),
            Event::summary(4.0, 3, vec![tensor_value("h", "histograms", float(1.0))]),
            Event::summary(4.0, 3, vec![tensor_value("c", "", half)]),
        ],
    );
    let mut items = Vec::new();
    assert!(!EventFiles::of_folder(dir.path()).poll(1 << 20, &mut items).unwrap());
    let found = entries(items);
    let told: Vec<(&str, i64)> = found.iter().map(|entry| (&*entry.tag, entry.step)).collect();
    assert_eq!(told, [("a", 1), ("i", 1), ("b", 2), ("b", 3), ("j", 3), ("t", 3), ("c", 3)]);
    assert_eq!(found[3].content, Content::Number(2.5));
    assert_eq!(found[6].content, Content::Number(-2.5));
    assert_eq!(found[5].content, Content::Text("hello".into()));
    let bytes = std::fs::read(&path).unwrap();
    for (entry, expected) in [(1, vec!["png"]), (4, vec!["x", "y"])] {
        let Content::Picture(Place::Record { offset, value, .. }) = &found[entry].content else {
            panic!("no picture")
        };
        let length = u64::from_le_bytes(bytes[*offset as usize..][..8].try_into().unwrap());
        let data = &bytes[*offset as usize + 12..][..length as usize];
        let found = images(data, *value).unwrap();
        assert_eq!(found, expected.iter().map(|text| text.as_bytes()).collect::<Vec<_>>());
    }
}

#[test]
fn a_folder_with_new_files_and_damaged_records_is_read_on() {
    let dir = tempfile::tempdir().unwrap();
    let event = |step| Event::summary(1.0, step, vec![Value::scalar("a", step as f32)]);
    let first = dir.path().join("events.out.tfevents.1");
    write(&first, &[event(1), event(2), event(3)]);
    let mut bytes = std::fs::read(&first).unwrap();
    let third = bytes.len() / 3;
    bytes[third + 14] ^= 1;
    bytes.extend(b"torn");
    std::fs::write(&first, &bytes).unwrap();
    let mut files = EventFiles::of_folder(dir.path());
    let mut items = Vec::new();
    files.poll(1 << 20, &mut items).unwrap();
    assert_eq!(files.problems(), ["1 record of wrong checksum skipped"]);
    write(&dir.path().join("events.out.tfevents.2"), &[event(2)]);
    files.poll(1 << 20, &mut items).unwrap();
    let found = entries(items);
    let told: Vec<(i64, u32)> = found.iter().map(|entry| (entry.step, entry.source)).collect();
    assert_eq!(told, [(1, 0), (3, 0), (2, 1)]);
    write(&first, &[event(7)]);
    let mut items = Vec::new();
    while files.poll(1 << 20, &mut items).unwrap() {}
    assert_eq!(items[0], Item::Reset, "a file that became shorter is another one");
    assert_eq!(entries(items).len(), 2);
}
