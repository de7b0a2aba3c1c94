//! Folders of PNG images, good and bad.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tempfile::TempDir;

use super::*;

fn write_png(path: &Path, width: usize, height: usize, color: png::ColorType, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), width as u32, height as u32);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
}

fn grey(path: &Path, width: usize, height: usize, shade: impl Fn(usize, usize) -> u8) {
    let bytes: Vec<u8> = (0..width * height).map(|at| shade(at % width, at / width)).collect();
    write_png(path, width, height, png::ColorType::Grayscale, &bytes);
}

fn read_folder(folder: &TempDir) -> Result<Option<FolderImages>, String> {
    let here = folder.path().display().to_string();
    read(folder.path(), &mut |_| {}).map_err(|error| error.to_string().replace(&here, "DIR"))
}

#[test]
fn an_image_of_the_right_size_is_kept_as_it_is() {
    let folder = TempDir::new().unwrap();
    let shade = |x: usize, y: usize| if (5..20).contains(&x) { (x * y) as u8 } else { 0 };
    grey(&folder.path().join("a.png"), 28, 28, shade);
    let read = read_folder(&folder).unwrap().unwrap();
    assert_eq!(read.pixels, (0..PIXELS).map(|at| shade(at % 28, at / 28)).collect::<Vec<u8>>());
    assert_eq!((read.labels, read.inverted, read.scaled), (None, false, 0));
}

#[test]
fn sub_folders_are_labels_by_number_or_by_order() {
    let folder = TempDir::new().unwrap();
    for (class, name) in [("7", "b.png"), ("7", "a.PNG"), ("3", "c.png"), (".hidden", "d.png")] {
        grey(&folder.path().join(class).join(name), 28, 28, |_, _| 0);
    }
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join("notes.txt"), "not an image").unwrap();
    let read = read_folder(&folder).unwrap().unwrap();
    assert_eq!((read.labels, read.classes), (Some(vec![3, 7, 7]), vec!["3".into(), "7".into()]));

    grey(&folder.path().join("cats/x.png"), 28, 28, |_, _| 0);
    assert_eq!(read_folder(&folder).unwrap().unwrap().labels, Some(vec![0, 1, 1, 2]));
}

#[test]
fn light_backgrounds_are_made_dark_and_large_images_small() {
    let folder = TempDir::new().unwrap();
    // A black bar, 56 high, on white paper 112x56: 28x14, the bar 14 wide.
    grey(&folder.path().join("a.png"), 112, 56, |x, _| if (28..84).contains(&x) { 0 } else { 255 });
    grey(&folder.path().join("b.png"), 100, 100, |x, y| if x == 50 || y == 50 { 0 } else { 255 });
    let read = read_folder(&folder).unwrap().unwrap();
    assert!(read.inverted);
    assert_eq!(read.scaled, 2);
    let row = |y: usize| (0..28).filter(|x| read.pixels[y * 28 + x] == 255).collect::<Vec<_>>();
    assert_eq!(row(6), [0; 0], "above the picture there is background");
    assert_eq!(row(7), (7..21).collect::<Vec<_>>());
    assert_eq!(row(20), (7..21).collect::<Vec<_>>());
    assert_eq!(row(21), [0; 0]);
}

#[test]
fn colour_and_transparency_become_grey() {
    let folder = TempDir::new().unwrap();
    // Transparent, but for one black pixel: dark ink, so the paper is white and is inverted.
    let mut bytes = vec![0; 28 * 28 * 4];
    bytes[4 * 30 + 3] = 255;
    write_png(&folder.path().join("a.png"), 28, 28, png::ColorType::Rgba, &bytes);
    let read = read_folder(&folder).unwrap().unwrap();
    assert!(read.inverted);
    assert_eq!(
        read.pixels.iter().enumerate().filter(|(_, p)| **p > 0).collect::<Vec<_>>(),
        [(30, &255)]
    );

    let folder = TempDir::new().unwrap();
    let red: Vec<u8> = [255, 0, 0].repeat(PIXELS);
    write_png(&folder.path().join("a.png"), 28, 28, png::ColorType::Rgb, &red);
    assert_eq!(read_folder(&folder).unwrap().unwrap().pixels, vec![76; PIXELS]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = TempDir::new().unwrap();
    assert_eq!(read_folder(&folder), Ok(None));
    assert!(!PngFolder.is_in(folder.path()).unwrap());
    fs::write(folder.path().join("a.png"), "not a PNG").unwrap();
    assert_eq!(
        read_folder(&folder).unwrap_err(),
        "DIR/a.png: unreadable image: Invalid PNG signature."
    );
    grey(&folder.path().join("a.png"), 28, 28, |_, _| 9);
    let whole = fs::read(folder.path().join("a.png")).unwrap();
    fs::write(folder.path().join("a.png"), &whole[..whole.len() / 2]).unwrap();
    assert!(read_folder(&folder).unwrap_err().starts_with("DIR/a.png: unreadable image: "));
    fs::write(folder.path().join("a.png"), &whole).unwrap();
    grey(&folder.path().join("0/a.png"), 28, 28, |_, _| 9);
    assert_eq!(
        read_folder(&folder).unwrap_err(),
        "DIR: expected PNG images either in the folder itself or in subfolders, found 1 in the \
         folder and 1 subfolders with images"
    );
}
