//! Checkpoints: a [`Snapshot`] as a safetensors file, and back without trusting what is there.
//!
//! The file holds the tensors under their own names and one metadata entry, `gan-tui`: JSON with
//! sorted keys that says what they belong to, with a SHA-256 over all of it. Equal snapshots give
//! equal bytes.

use std::{borrow::Cow, collections::HashMap};

use gan_tui_core::{
    event::{NamedTensor, Snapshot},
    text::hex,
};
use safetensors::{Dtype, SafeTensors, View, tensor::TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The format of checkpoints that this program writes. The first one knew no preset; it is still
/// read.
pub const FORMAT_VERSION: u32 = 2;
/// The name of the one metadata entry. There is only one because the library writes several in an
/// order that differs from run to run.
pub const METADATA: &str = "gan-tui";
/// A header names some hundred tensors in a hundred bytes each.
const MOST_HEADER_BYTES: u64 = 1 << 20;

/// The metadata entry, its fields in the order of their names.
#[derive(Serialize, Deserialize)]
struct CheckpointHeader {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    discriminator_steps: u64,
    format_version: u32,
    generator_steps: u64,
    iteration: u64,
    latent: usize,
    model: String,
    #[serde(default)]
    preset: String,
    seed: u64,
    /// SHA-256 in hexadecimal over the other fields and every tensor's name, shape and numbers.
    sha256: String,
}

/// Read first, so that a newer format is named before its fields are missed.
#[derive(Deserialize)]
struct FormatVersion {
    format_version: u32,
}

/// A snapshot as the bytes of a checkpoint file.
///
/// # Errors
/// Returns an error if a shape does not fit its numbers, or names are not sorted and each there
/// once.
pub fn encode(snapshot: &Snapshot) -> Result<Vec<u8>, String> {
    for tensor in &snapshot.tensors {
        if elements(&tensor.shape) != Some(tensor.data.len()) {
            return Err(format!(
                "tensor {}: the shape {:?} does not hold {} numbers",
                tensor.name,
                tensor.shape,
                tensor.data.len()
            ));
        }
    }
    if let Some(pair) = snapshot.tensors.windows(2).find(|pair| pair[0].name >= pair[1].name) {
        return Err(format!(
            "tensors {} and {} are not in the order of their names",
            pair[0].name, pair[1].name
        ));
    }
    let mut header = CheckpointHeader::of(snapshot);
    header.sha256 = header.checksum(
        snapshot
            .tensors
            .iter()
            .map(|tensor| (tensor.name.as_str(), tensor.shape.as_slice(), bytes_of(tensor))),
    );
    let text = serde_json::to_string(&header).map_err(|error| error.to_string())?;
    let metadata = HashMap::from([(METADATA.to_string(), text)]);
    let named = snapshot.tensors.iter().map(|tensor| (tensor.name.as_str(), TensorBytes(tensor)));
    safetensors::serialize(named, Some(metadata)).map_err(|error| error.to_string())
}

/// Why bytes are no checkpoint that this program reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// The content is wrong: the reason, in one line.
    #[error("{0}")]
    Damaged(String),
    /// It is of this format version, which a later program writes.
    #[error("expected a checkpoint of format version 1 to {FORMAT_VERSION}, found {0}")]
    Newer(u32),
}

impl From<String> for Undecodable {
    fn from(reason: String) -> Self {
        Self::Damaged(reason)
    }
}

/// The snapshot in the bytes of a checkpoint file. CheckpointHeader, names, shapes, types and
/// checksum are looked at before numbers are taken.
///
/// # Errors
/// Returns what is wrong with the content, or that it is of a newer format.
pub fn decode(bytes: &[u8]) -> Result<Snapshot, Undecodable> {
    let broken = |error: &dyn std::fmt::Display| format!("not a whole safetensors file: {error}");
    let length = bytes
        .first_chunk()
        .map(|length| u64::from_le_bytes(*length))
        .ok_or_else(|| broken(&"too short"))?;
    if length > MOST_HEADER_BYTES {
        return Err(format!("not a checkpoint of gan-tui: a header of {length} bytes, expected at most {MOST_HEADER_BYTES}").into());
    }
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| broken(&error))?;
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(METADATA));
    let header = CheckpointHeader::parse(text.ok_or_else(|| {
        "not a checkpoint of gan-tui: no `gan-tui` entry in the metadata".to_owned()
    })?)?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| broken(&error))?;
    let mut tensors: Vec<(&str, TensorView)> = file.iter().collect();
    tensors.sort_unstable_by_key(|(name, _)| *name);
    if let Some((name, tensor)) = tensors.iter().find(|(_, tensor)| tensor.dtype() != Dtype::F32) {
        return Err(format!("tensor {name}: expected F32, found {}", tensor.dtype()).into());
    }
    let sum = header.checksum(
        tensors.iter().map(|(name, tensor)| (*name, tensor.shape(), Cow::Borrowed(tensor.data()))),
    );
    if sum != header.sha256 {
        return Err(format!("damaged: expected the checksum {}, found {sum}", header.sha256).into());
    }
    Ok(header
        .into_snapshot(tensors.into_iter().map(|(name, tensor)| named(name, &tensor)).collect()))
}

impl CheckpointHeader {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            classes: snapshot.classes.clone(),
            discriminator_steps: snapshot.discriminator_steps,
            format_version: FORMAT_VERSION,
            generator_steps: snapshot.generator_steps,
            iteration: snapshot.iteration,
            latent: snapshot.latent,
            model: snapshot.model.clone(),
            preset: snapshot.preset.clone(),
            seed: snapshot.seed,
            sha256: String::new(),
        }
    }

    fn parse(text: &str) -> Result<Self, Undecodable> {
        let unreadable = |error: serde_json::Error| {
            format!("unreadable `gan-tui` entry in the metadata: {error}")
        };
        let version: FormatVersion = serde_json::from_str(text).map_err(unreadable)?;
        match version.format_version {
            1..=FORMAT_VERSION => Ok(serde_json::from_str(text).map_err(unreadable)?),
            0 => Err(format!(
                "expected a checkpoint of format version 1 to {FORMAT_VERSION}, found 0"
            )
            .into()),
            newer => Err(Undecodable::Newer(newer)),
        }
    }

    /// Over every field but the checksum and over `(name, shape, little-endian bytes)` of every
    /// tensor, each preceded by its length.
    fn checksum<'a>(
        &self,
        tensors: impl Iterator<Item = (&'a str, &'a [usize], Cow<'a, [u8]>)>,
    ) -> String {
        let mut hash = Sha256::new();
        let numbers = [
            u64::from(self.format_version),
            self.iteration,
            self.seed,
            self.latent as u64,
            self.generator_steps,
        ];
        for number in numbers.into_iter().chain([self.discriminator_steps]) {
            hash.update(number.to_le_bytes());
        }
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(self.model.as_bytes());
        if self.format_version > 1 {
            part(self.preset.as_bytes());
        }
        self.classes.iter().for_each(|class| part(class.as_bytes()));
        for (name, shape, data) in tensors {
            part(name.as_bytes());
            part(&shape.iter().flat_map(|&side| (side as u64).to_le_bytes()).collect::<Vec<u8>>());
            part(&data);
        }
        hex(&hash.finalize())
    }

    fn into_snapshot(self, tensors: Vec<NamedTensor>) -> Snapshot {
        Snapshot {
            iteration: self.iteration,
            seed: self.seed,
            model: self.model,
            latent: self.latent,
            classes: self.classes,
            preset: self.preset,
            generator_steps: self.generator_steps,
            discriminator_steps: self.discriminator_steps,
            tensors,
        }
    }
}

/// A tensor as the library writes it. Its bytes are made when they are asked for, so that there is
/// one copy of a tensor at a time.
struct TensorBytes<'a>(&'a NamedTensor);

impl View for TensorBytes<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        bytes_of(self.0)
    }

    fn data_len(&self) -> usize {
        4 * self.0.data.len()
    }
}

/// The numbers as they are in the file: the tensor's own memory, except on a big-endian machine.
fn bytes_of(tensor: &NamedTensor) -> Cow<'_, [u8]> {
    match cfg!(target_endian = "little") {
        true => Cow::Borrowed(bytemuck::cast_slice(&tensor.data)),
        false => Cow::Owned(tensor.data.iter().flat_map(|number| number.to_le_bytes()).collect()),
    }
}

fn named(name: &str, tensor: &TensorView) -> NamedTensor {
    let mut data: Vec<f32> = bytemuck::pod_collect_to_vec(tensor.data());
    if cfg!(target_endian = "big") {
        for number in &mut data {
            *number = f32::from_bits(number.to_bits().swap_bytes());
        }
    }
    NamedTensor { name: name.into(), shape: tensor.shape().to_vec(), data }
}

fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side))
}

#[cfg(test)]
pub(super) mod tests;
