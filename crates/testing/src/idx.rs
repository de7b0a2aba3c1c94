//! Files in MNIST's format.

pub const IMAGES: &str = "train-images-idx3-ubyte";
pub const LABELS: &str = "train-labels-idx1-ubyte";

/// Returns a file of images, `pixels` behind the header that describes them.
pub fn images(count: u32, height: u32, width: u32, pixels: &[u8]) -> Vec<u8> {
    [&[0x803, count, height, width].map(u32::to_be_bytes).concat(), pixels].concat()
}

/// Returns a file of labels.
pub fn labels(count: u32, labels: &[u8]) -> Vec<u8> {
    [&[0x801, count].map(u32::to_be_bytes).concat(), labels].concat()
}

/// Returns the pixels of `count` images of 28x28 that look like noise, the same every time.
pub fn noise(count: u32) -> Vec<u8> {
    (0..count * 784).map(|index| (index.wrapping_mul(2_654_435_761) >> 23) as u8).collect()
}
