//! Whether there is memory for the images, asked before it is taken.

use std::{fs, path::Path};

use crate::DataError;
use gan_tui_core::image::ImageShape;

/// Checks that `count` images of a shape take at most half of the memory that is available. Where
/// the system does not say how much that is, nothing is refused.
///
/// # Errors
/// Returns an error that says how many would fit.
pub(super) fn check(path: &Path, count: usize, shape: ImageShape) -> Result<(), DataError> {
    let Some(available) = available() else { return Ok(()) };
    check_within(path, (count, shape), available / 2)
}

fn check_within(
    path: &Path,
    (count, shape): (usize, ImageShape),
    most: u64,
) -> Result<(), DataError> {
    let needed = (count as u64).saturating_mul(shape.values() as u64);
    if needed <= most {
        return Ok(());
    }
    Err(DataError::TooMuch { path: path.into(), count, shape, needed, most })
}

/// Returns the memory that this process can still take: the machine's, or its control group's.
fn available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let machine = in_meminfo(&text)?;
    let number = |name: &str| {
        let text = fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let group = number("memory.max").zip(number("memory.current"));
    Some(group.map_or(machine, |(most, used)| machine.min(most.saturating_sub(used))))
}

fn in_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn too_many_images_are_refused_with_the_number_that_fits() {
        let shape = ImageShape::rgb(64, 64);
        let check = |count| check_within(Path::new("d"), (count, shape), 1_000_000_000);
        check(81_380).unwrap();
        assert_eq!(
            check(1_000_000).unwrap_err().to_string(),
            "d: 1,000,000 images of 64x64x3 take 12.3 GB, more than half of the memory available \
             (1.0 GB); use at most 81,380 of them, or a model of smaller images"
        );
        assert_eq!(in_meminfo("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), Some(2 << 20));
    }
}
