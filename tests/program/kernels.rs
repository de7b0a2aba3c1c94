//! The real program on every kernel path this processor has: the checkpoint's bytes are the same
//! for every number of threads.

use std::fs;

use gan_tui_kernels::{Path, VARIABLE};
use gan_tui_testing::{Sandbox, idx};

/// Trains two iterations of the small convolutional networks on a batch of three, and returns the
/// checkpoint's bytes.
fn checkpoint(sandbox: &Sandbox, path: Path, threads: usize) -> Vec<u8> {
    let (out, threads) = (format!("{}-{threads}", path.name()), threads.to_string());
    let mut train = sandbox.command(&["train", "--preset", "dcgan-small", "--iterations", "2"]);
    train.args(["--batch", "3", "--quiet", "--data", "images", "--threads", &threads]);
    let output = train.args(["--out", &out]).env(VARIABLE, path.name()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sandbox.manifest(&out)["kernel_path"], path.name(), "the path is recorded");
    fs::read(sandbox.join(out).join("checkpoints/00000002.safetensors")).unwrap()
}

#[test]
fn threads_change_no_byte_on_any_path() {
    let sandbox = Sandbox::empty();
    let images = idx::images(20, 28, 28, &idx::noise(20));
    sandbox.write(std::path::Path::new("images").join(idx::IMAGES), images);
    for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
        let one = checkpoint(&sandbox, path, 1);
        for threads in [2, 4] {
            assert!(
                one == checkpoint(&sandbox, path, threads),
                "{} with {threads} threads",
                path.name()
            );
        }
    }
}
