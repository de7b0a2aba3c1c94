#![allow(clippy::unwrap_used)]

use gan_tui_core::image::ImageShape;
use proptest::prelude::*;

use super::*;

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn a_file_begins_as_numpy_writes_it() {
    let bytes = write_images(&ImageBatch::grey(28, 28, vec![7; 3 * 784]));
    assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
    assert_eq!(&bytes[10..66], b"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28");
    assert_eq!((bytes[127], bytes.len()), (b'\n', 128 + 3 * 784));
    let colours = ImageBatch::new(ImageShape::rgb(4, 3), vec![7; 2 * 36]);
    let bytes = write_images(&colours);
    assert!(
        bytes[10..]
            .starts_with(b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 4, 3), }")
    );
    assert_eq!(bytes.len(), 128 + 2 * 36);
    assert!(String::from_utf8_lossy(&write_labels(&[1, 2])).contains("(2,), }"));
}

#[test]
fn arrays_survive_the_way_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let stack = ImageBatch::grey(3, 2, (0..24).collect());
    fs::write(&path, write_images(&stack)).unwrap();
    assert_eq!(read_images(&path).unwrap(), stack);
    let colours = ImageBatch::new(ImageShape::rgb(2, 4), (0..48).collect());
    fs::write(&path, write_images(&colours)).unwrap();
    assert_eq!(read_images(&path).unwrap(), colours);
    let latents: Vec<f32> = (0..20).map(|i| i as f32 / 3.0).collect();
    fs::write(&path, write_latents(5, &latents)).unwrap();
    assert_eq!(read_latents(&path, 5).unwrap(), latents);
    let error = read_latents(&path, 100).unwrap_err().to_string();
    assert!(
        error.ends_with("x.npy: expected float32 of shape (n, 100), found float32 of shape (4, 5)"),
        "{error}"
    );
}

#[test]
fn the_other_ways_to_write_the_same_are_read() {
    let data: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|value| value.to_be_bytes()).collect();
    let big = file("{\"shape\":(1,2),'fortran_order':True,'descr':'>f4'}", &data);
    assert_eq!(parse_latents(&big, 2).unwrap(), [1.5, -2.0]);
    let mut second = write_latents(1, &[3.0]);
    let text = second.split_off(10);
    second.truncate(6);
    second.extend([2, 0]);
    second.extend(118u32.to_le_bytes());
    second.extend(text);
    assert_eq!(parse_latents(&second, 1).unwrap(), [3.0]);
}

#[test]
fn what_is_wrong_is_told() {
    let latents = |header: &str, data: &[u8]| parse_latents(&file(header, data), 2).unwrap_err();
    let of = |kind: &str, shape: &str| {
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}")
    };
    for (found, expected) in [
        (
            parse_latents(b"PNG", 2).unwrap_err(),
            "not a .npy file: it does not begin with \\x93NUMPY",
        ),
        (parse_latents(b"\x93NUMPY", 2).unwrap_err(), "the file ends within its header"),
        (
            parse_latents(b"\x93NUMPY\x01\x00\xff\xff{", 2).unwrap_err(),
            "the file ends within its header",
        ),
        (
            parse_latents(b"\x93NUMPY\x04\x00\x00\x00", 2).unwrap_err(),
            "expected .npy format version 1 to 3, found 4",
        ),
        (latents("{'descr': 1}", b""), "unreadable header \"{'descr': 1}\""),
        (
            latents(&of("<f8", "(1, 2)"), &[0; 16]),
            "expected float32 of shape (n, 2), found float64 of shape (1, 2); `numpy.save(file, latents.astype('float32'))` writes it",
        ),
        (
            latents(&of("<f4", "(2,)"), &[0; 8]),
            "expected float32 of shape (n, 2), found float32 of shape (2,)",
        ),
        (
            latents(&of("<f4", "(0, 2)"), &[]),
            "expected float32 of shape (n, 2), found float32 of shape (0, 2)",
        ),
        (
            latents(&of("<f4", "(2, 2)"), &[0; 8]),
            "float32 of shape (2, 2) does not fit the 8 bytes that follow the header",
        ),
        (
            latents(&of("<f4", "(9223372036854775807, 2)"), &[0; 8]),
            "float32 of shape (9223372036854775807, 2) does not fit the 8 bytes that follow the header",
        ),
        (latents(&of("<f4", "(99999999999999999999, 2)"), &[]), "unreadable header"),
        (
            latents(&of("<f4", "(2, 2)").replace("False", "True"), &[0; 16]),
            "expected C order, found Fortran order; `numpy.ascontiguousarray` gives it",
        ),
        (
            latents(&of("<f4", "(1, 2)"), &[0, 0, 0, 0, 0, 0, 0xc0, 0x7f]),
            "latent 0, number 1: expected a finite number, found NaN",
        ),
        (
            parse_images(&file(&of("<f4", "(1, 1, 1)"), &[0; 4])).unwrap_err(),
            "expected uint8 of shape (n, height, width) or (n, height, width, 3), found float32 of shape (1, 1, 1)",
        ),
        (
            parse_images(&file(&of("|u1", "(1, 0, 1)"), &[])).unwrap_err(),
            "expected uint8 of shape (n, height, width) or (n, height, width, 3), found uint8 of shape (1, 0, 1)",
        ),
    ] {
        assert!(found.starts_with(expected), "{found}");
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [b"\x93NUMPY\x01\x00".as_slice(), &bytes].concat();
        let _ = parse_images(&bytes);
        prop_assert!(parse_latents(&bytes, 100).is_err());
    }

    #[test]
    fn any_header_can_be_read(text in r"\{('(descr|shape|fortran_order)': ?(\(([0-9]{1,22},? ?){0,4}\)|'[<>|=]?[fu][148]'|True|False),? ?){0,4}\}?", data in proptest::collection::vec(any::<u8>(), 0..64)) {
        let bytes = file(&text, &data);
        if let Ok(stack) = parse_images(&bytes) {
            prop_assert_eq!(stack.pixels, data);
        }
        if let Ok(values) = parse_latents(&bytes, 2) {
            prop_assert_eq!(values.len() * 4, bytes.len() - 10 - text.len());
        }
    }
}
