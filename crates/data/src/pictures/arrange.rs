//! Which pictures of a folder or an archive are learned from, in which order, and their classes.
//!
//! Files are ordered by their paths, part by part and byte by byte, so that a dataset is the same
//! on every machine, and the same in a folder and in an archive of it.

use std::{collections::BTreeMap, path::Path};

use super::{
    report::Counts,
    source::{Listed, Listing},
};
use crate::{DataError, Labels};
use gan_tui_core::text::{escaped, grouped};

/// Names of the folder with the images to train on, and of others beside it.
const TRAIN: [&str; 2] = ["train", "training"];
const OTHER_PARTS: [&str; 7] = ["test", "testing", "t10k", "val", "valid", "validation", "dev"];
/// Classes are numbered by a byte.
const MOST_CLASSES: usize = 256;

/// Pictures in order.
pub(super) struct Arranged {
    pub(super) files: Vec<Listed>,
    /// One for each picture, if they are in sub-folders.
    pub(super) labels: Option<Labels>,
}

/// Orders the files of a listing and finds their classes: the folders just below the one that
/// branches. What is not used is counted, and notes are added.
///
/// # Errors
/// Returns an error if there are pictures both in sub-folders and beside them.
pub(super) fn arranged(path: &Path, listing: &mut Listing) -> Result<Arranged, DataError> {
    let mut files = std::mem::take(&mut listing.files);
    files.sort_by(|one, other| one.name.split('/').cmp(other.name.split('/')));
    let mut root = String::new();
    loop {
        let folders = folders(&files, &root);
        let beside = files.len() - folders.values().sum::<usize>();
        if beside > 0 {
            break;
        }
        if let Some(train) = training_part(&folders) {
            let (below, others) = below(files, &format!("{root}{train}/"));
            listing.notes.push(format!(
                "the images of {}; {} of other parts are left out",
                escaped(&format!("{root}{train}/")),
                grouped(others.len())
            ));
            (files, root) = (below, format!("{root}{train}/"));
            continue;
        }
        match folders.keys().next() {
            // A single folder is a wrapper, but for one that is called as a digit.
            Some(only) if folders.len() == 1 && !is_class(&files, &root, only) => {
                root = format!("{root}{only}/");
            }
            _ => break,
        }
    }
    let folders = folders(&files, &root);
    let beside = files.len() - folders.values().sum::<usize>();
    if beside > 0 && !folders.is_empty() {
        files = without_strays(path, files, (&root, beside), folders.len(), &mut listing.counts)?;
    }
    let labels = labels(&files, &root, &folders, &mut listing.notes);
    Ok(Arranged { files, labels })
}

/// Returns the first folder below `root` on a file's path, if there is one.
fn folder_of<'a>(file: &'a Listed, root: &str) -> Option<&'a str> {
    file.name.strip_prefix(root)?.split_once('/').map(|(folder, _)| folder)
}

/// Returns the folders below `root` and how many files they hold, in alphabetical order.
fn folders(files: &[Listed], root: &str) -> BTreeMap<String, usize> {
    let mut folders = BTreeMap::new();
    for folder in files.iter().filter_map(|file| folder_of(file, root)) {
        match folders.get_mut(folder) {
            Some(count) => *count += 1,
            None => drop(folders.insert(folder.to_owned(), 1)),
        }
    }
    folders
}

/// Returns the folder with the images to train on, if all folders are parts of a dataset.
fn training_part(folders: &BTreeMap<String, usize>) -> Option<String> {
    let is =
        |name: &str, names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    let mut trains = folders.keys().filter(|name| is(name, &TRAIN));
    let train = trains.next()?;
    let others = folders.keys().all(|name| name == train || is(name, &OTHER_PARTS));
    (others && folders.len() > 1).then(|| train.clone())
}

fn below(files: Vec<Listed>, root: &str) -> (Vec<Listed>, Vec<Listed>) {
    files.into_iter().partition(|file| file.name.starts_with(root))
}

/// Returns whether a single folder is a class: it is called by a number, and no folder is in it.
fn is_class(files: &[Listed], root: &str, folder: &str) -> bool {
    number(folder).is_some() && folders(files, &format!("{root}{folder}/")).is_empty()
}

/// Returns the class that a folder's name says: a number as it is written, `7` and not `07`.
fn number(name: &str) -> Option<u8> {
    name.parse::<u8>().ok().filter(|number| number.to_string() == name)
}

/// Leaves out a few pictures beside the folders of the classes, or says that they are too many.
fn without_strays(
    path: &Path,
    files: Vec<Listed>,
    (root, beside): (&str, usize),
    folders: usize,
    counts: &mut Counts,
) -> Result<Vec<Listed>, DataError> {
    if beside * 100 >= files.len() {
        return Err(DataError::Missing {
            path: path.into(),
            expected: "images either in the folder itself or in subfolders".into(),
            found: format!("{beside} in the folder and {folders} subfolders with images"),
        });
    }
    let (kept, strays): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| folder_of(file, root).is_some());
    strays.iter().for_each(|file| counts.add(&file.name, "images beside the folders of classes"));
    Ok(kept)
}

/// Returns the label of each file: the numbers that the folders are called by, else their places.
fn labels(
    files: &[Listed],
    root: &str,
    folders: &BTreeMap<String, usize>,
    notes: &mut Vec<String>,
) -> Option<Labels> {
    if folders.is_empty() {
        return None;
    }
    if folders.len() > MOST_CLASSES {
        notes.push(format!(
            "{} subfolders, more than {MOST_CLASSES} classes: the images are taken without labels",
            grouped(folders.len())
        ));
        return None;
    }
    let numbers: Option<Vec<u8>> = folders.keys().map(|name| number(name)).collect();
    let is_numbered = numbers.is_some();
    let numbers = numbers.unwrap_or_else(|| (0..folders.len()).map(|place| place as u8).collect());
    let of_folder: BTreeMap<&str, u8> = folders.keys().map(String::as_str).zip(numbers).collect();
    let of =
        files.iter().filter_map(|file| of_folder.get(folder_of(file, root)?).copied()).collect();
    Some(match is_numbered {
        true => Labels::numbered(of),
        false => Labels { of, classes: folders.keys().cloned().collect() },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn arrange(names: &[&str]) -> Result<(Vec<String>, Option<Labels>, Listing), String> {
        let mut listing = Listing::default();
        for (id, name) in names.iter().enumerate() {
            listing.files.push(Listed { name: (*name).into(), id, stamp: (0, 0) });
        }
        let arranged = arranged(Path::new("d"), &mut listing).map_err(|error| error.to_string())?;
        let names = arranged.files.into_iter().map(|file| file.name).collect();
        Ok((names, arranged.labels, listing))
    }

    fn labels_of(names: &[&str]) -> (Vec<u8>, Vec<String>) {
        let labels = arrange(names).unwrap().1.unwrap();
        (labels.of, labels.classes)
    }

    #[test]
    fn files_are_ordered_part_by_part() {
        let (names, labels, _) = arrange(&["b.png", "B.png", "a10.png", "a9.png"]).unwrap();
        assert_eq!(
            (names, labels),
            (["B.png", "a10.png", "a9.png", "b.png"].map(String::from).into(), None)
        );
        let (names, ..) = arrange(&["a-b/1.png", "a/2.png", "a/1.png"]).unwrap();
        assert_eq!(names, ["a/1.png", "a/2.png", "a-b/1.png"], "as folders are listed");
    }

    #[test]
    fn folders_are_classes_by_number_only_if_every_name_is_one() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(labels_of(&["3/a.png", "1/b.png"]), (vec![1, 3], names(&["0", "1", "2", "3"])));
        assert_eq!(
            labels_of(&["0/a.png", "00/b.png", "1/c.png"]),
            (vec![0, 1, 2], names(&["0", "00", "1"])),
            "two folders are never one class"
        );
        assert_eq!(
            labels_of(&["set/dogs/x/a.jpg", "set/cats/b.png"]),
            (vec![0, 1], names(&["cats", "dogs"]))
        );
        assert_eq!(labels_of(&["7/a.png", "7/b.png"]).0, [7, 7]);
        assert_eq!(arrange(&["faces/a.png", "faces/b.png"]).unwrap().1, None, "a wrapper");
    }

    #[test]
    fn the_part_to_train_on_is_taken() {
        let (names, labels, listing) =
            arrange(&["mnist/training/5/a.png", "mnist/training/7/b.png", "mnist/testing/5/c.png"])
                .unwrap();
        assert_eq!(names, ["mnist/training/5/a.png", "mnist/training/7/b.png"]);
        assert_eq!(labels.unwrap().of, [5, 7]);
        assert_eq!(listing.notes, ["the images of mnist/training/; 1 of other parts are left out"]);
    }

    #[test]
    fn many_folders_are_no_classes_and_strays_are_left_out() {
        let many: Vec<String> = (0..300).map(|id| format!("{id}/a.png")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (_, labels, listing) = arrange(&many).unwrap();
        assert_eq!((labels, listing.notes.len()), (None, 1));
        let mut stray: Vec<String> = (0..200).map(|id| format!("{}/{id}.png", id % 2)).collect();
        stray.push("overview.png".into());
        let stray: Vec<&str> = stray.iter().map(String::as_str).collect();
        assert_eq!(arrange(&stray).unwrap().0.len(), 200);
        assert_eq!(
            arrange(&["a.png", "0/b.png"]).unwrap_err(),
            "d: expected images either in the folder itself or in subfolders, found 1 in the folder \
             and 1 subfolders with images"
        );
    }
}
