//! Datasets that cannot be read.

use std::{fs, os::unix::fs::symlink};

use gan_tui_testing::Sandbox;

use super::{SHORT, refused, ways};

#[test]
fn a_run_whose_data_cannot_be_had_is_left_as_it_is() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    // Something to cut, so that a cut would show.
    let newest = sandbox.join("run/checkpoints/00000012.safetensors");
    fs::write(&newest, "wrong content").unwrap();
    fs::rename(sandbox.join("shapes"), sandbox.join("elsewhere")).unwrap();
    for way in ways(&sandbox).into_iter().skip(2) {
        refused(way, &sandbox.join("run"), "shapes: no such folder");
    }
    symlink("/mnt/off", sandbox.join("shapes")).unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "it is a link to /mnt/off, which does not exist");
    }
}

/// `auto` takes the synthetic digits only where nobody has put MNIST.
#[test]
fn a_folder_for_mnist_that_cannot_be_used_is_told() {
    let sandbox = Sandbox::new("iterations: 2");
    let words = ["train", "--preset", "mlp", "--iterations", "2", "--quiet"];
    let refuses = |part: &str| {
        refused(sandbox.command(&words), &sandbox.join("data"), part);
        refused(sandbox.command(&["data", "check"]), &sandbox.join("data"), part);
        let listed = sandbox.stdout(&["data", "list"]);
        assert!(listed.contains(part) && !listed.contains("(auto)"), "{listed}");
    };
    let mnist = sandbox.join("data/mnist");
    fs::create_dir_all(&mnist).unwrap();
    refuses(
        "data/mnist: expected MNIST's train-images-idx3-ubyte or train-images-idx3-ubyte.gz, \
         found no files",
    );
    symlink("/mnt/off/train-images-idx3-ubyte.gz", mnist.join("train-images-idx3-ubyte.gz"))
        .unwrap();
    refuses(
        "train-images-idx3-ubyte.gz: it is a link to /mnt/off/train-images-idx3-ubyte.gz, which \
         does not exist",
    );
    fs::remove_dir_all(&mnist).unwrap();
    symlink("/mnt/off/mnist", &mnist).unwrap();
    refuses("data/mnist is a link to /mnt/off/mnist, which does not exist");
    fs::remove_file(&mnist).unwrap();
    fs::write(&mnist, "").unwrap();
    refuses("not a directory");
    fs::remove_file(&mnist).unwrap();
    sandbox.stdout(&["data", "check"]);
}

/// A class of pictures on a disk that is not mounted, or in a folder that may not be entered.
#[test]
fn pictures_that_cannot_be_looked_at_are_told() {
    let sandbox = Sandbox::new("iterations: 2");
    sandbox.stdout(&[
        "data",
        "export",
        "--data",
        "synthetic",
        "--count",
        "1",
        "--out",
        "digit.png",
        "--quiet",
    ]);
    for class in ["cats", "dogs"] {
        fs::create_dir_all(sandbox.join("pets").join(class)).unwrap();
        fs::copy(sandbox.join("digit.png"), sandbox.join("pets").join(class).join("1.png"))
            .unwrap();
    }
    let check = || sandbox.command(&["data", "check", "pets", "--json"]);
    assert!(check().status().unwrap().success());
    symlink("/mnt/off/birds", sandbox.join("pets/birds")).unwrap();
    refused(
        check(),
        &sandbox.join("pets"),
        "birds: it is a link to /mnt/off/birds, which does not exist",
    );
    fs::remove_file(sandbox.join("pets/birds")).unwrap();
    symlink("2.png", sandbox.join("pets/dogs/2.png")).unwrap();
    refused(check(), &sandbox.join("pets"), "2.png: too many levels of symbolic links");
}
