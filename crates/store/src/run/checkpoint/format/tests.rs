#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

pub fn snapshot(iteration: u64) -> Snapshot {
    let tensor = |name: &str, shape: &[usize]| NamedTensor {
        name: name.into(),
        shape: shape.to_vec(),
        data: (0..shape.iter().product())
            .map(|i| (i as f32 - 3.0) / 7.0 + iteration as f32)
            .collect(),
    };
    Snapshot {
        iteration,
        seed: u64::MAX,
        model: "dcgan".into(),
        latent: 100,
        classes: Vec::new(),
        preset: "{\"batch\":32}".into(),
        generator_steps: iteration,
        discriminator_steps: 2 * iteration,
        tensors: vec![
            tensor("discriminator.dense.bias", &[1]),
            tensor("generator.conv1.kernel", &[3, 3, 2, 4]),
            tensor("generator.empty", &[0, 5]),
            tensor("generator.norm1.gamma", &[4]),
        ],
    }
}

#[test]
fn a_snapshot_survives_the_way_there_and_back() {
    let mut there = snapshot(500);
    there.tensors[1].data[..4].copy_from_slice(&[
        f32::INFINITY,
        -0.0,
        f32::MIN_POSITIVE / 2.0,
        f32::MAX,
    ]);
    let bytes = encode(&there).unwrap();
    let back = decode(&bytes).unwrap();
    assert_eq!(back, there);
    assert!(back.tensors[1].data[1].is_sign_negative());
}

#[test]
fn equal_snapshots_give_equal_bytes_with_sorted_metadata() {
    let bytes = encode(&snapshot(7)).unwrap();
    for _ in 0..20 {
        assert_eq!(encode(&snapshot(7)).unwrap(), bytes);
    }
    let header = String::from_utf8_lossy(&bytes[8..]).into_owned();
    let start = r#"{"__metadata__":{"gan-tui":"{\"discriminator_steps\":14,\"format_version\":2,\"generator_steps\":7,\"iteration\":7,\"latent\":100,\"model\":\"dcgan\",\"preset\":\"{\\\"batch\\\":32}\",\"seed\":18446744073709551615,\"sha256\":\""#;
    assert!(header.starts_with(start), "{header}");
    assert_ne!(encode(&snapshot(8)).unwrap(), bytes);
}

#[test]
fn what_is_not_sound_is_not_written() {
    let mut wrong = snapshot(1);
    wrong.tensors[1].shape[0] = 4;
    assert!(
        encode(&wrong)
            .unwrap_err()
            .contains("generator.conv1.kernel: the shape [4, 3, 2, 4] does not hold 72 numbers")
    );
    let mut twice = snapshot(1);
    twice.tensors[3].name = "generator.empty".into();
    assert!(encode(&twice).unwrap_err().contains("order"));
}

#[test]
fn every_cut_is_noticed() {
    let bytes = encode(&snapshot(3)).unwrap();
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
    assert!(decode(&[bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn every_flipped_byte_is_noticed_or_harmless() {
    let there = snapshot(3);
    let bytes = encode(&there).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= random.gen_range(1..=255u8);
        // White space of the header may become other white space; then nothing is lost.
        assert!(decode(&damaged).map_or(true, |back| back == there), "byte {at}");
    }
    let data =
        bytes.len() - there.tensors.iter().map(|tensor| tensor.data.len() * 4).sum::<usize>();
    for at in data..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(
            decode(&damaged).unwrap_err().to_string().starts_with("damaged: expected the checksum"),
            "byte {at}"
        );
    }
}

fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; data]);
    bytes
}

#[test]
fn lying_headers_are_refused_in_words() {
    let entry = |version: u32| {
        format!(
            r#""__metadata__":{{"gan-tui":"{{\"format_version\":{version},\"discriminator_steps\":0,\"generator_steps\":0,\"iteration\":1,\"latent\":100,\"model\":\"dcgan\",\"seed\":1,\"sha256\":\"00\"}}"}}"#
        )
    };
    let huge = 1u64 << 62;
    for (bytes, reason) in [
        (u64::MAX.to_le_bytes().to_vec(), "a header of 18446744073709551615 bytes"),
        (file("{}", 0), "no `gan-tui` entry"),
        (file(r#"{"__metadata__":{"gan-tui":"{}"}}"#, 0), "missing field `format_version`"),
        (file(&format!("{{{}}}", entry(3)), 0), "format version 1 to 2, found 3"),
        (file(&format!("{{{}}}", entry(0)), 0), "format version 1 to 2, found 0"),
        (file(&format!("{{{}}}", entry(1)), 0), "checksum"),
        (
            file(
                &format!(
                    r#"{{{},"a":{{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}}}"#,
                    entry(1)
                ),
                8,
            ),
            "tensor a: expected F32, found F64",
        ),
        (
            file(
                &format!(
                    r#"{{{},"a":{{"dtype":"F32","shape":[{huge}],"data_offsets":[0,4]}}}}"#,
                    entry(1)
                ),
                4,
            ),
            "overflow",
        ),
        (
            file(
                &format!(
                    r#"{{{},"a":{{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}}}"#,
                    entry(1)
                ),
                4,
            ),
            "not a whole safetensors file",
        ),
        (
            file(
                &format!(
                    r#"{{{},"a":{{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}}}"#,
                    entry(1)
                ),
                8,
            ),
            "not a whole safetensors file",
        ),
    ] {
        let error = decode(&bytes).unwrap_err().to_string();
        assert!(error.contains(reason), "{error} instead of {reason}");
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(mut bytes in proptest::collection::vec(any::<u8>(), 0..600), honest in any::<bool>()) {
        if honest && bytes.len() > 8 {
            let length = (bytes.len() - 8) as u64;
            bytes[..8].copy_from_slice(&length.to_le_bytes());
        }
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn any_header_can_be_read(text in r#"\{("[a-z_]{1,9}":(\{"dtype":"F32","shape":\[[0-9]{1,20}(,[0-9]{1,20}){0,3}\],"data_offsets":\[[0-9]{1,20},[0-9]{1,20}\]\}|[0-9]{1,4}),?){0,4}\}"#) {
        prop_assert!(decode(&file(&text, 16)).is_err());
    }
}
