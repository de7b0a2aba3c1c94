#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_folder_has_one_owner_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(owner(folder.path()).unwrap(), None);
    let lock = Lock::acquire(folder.path()).unwrap();
    let found = owner(folder.path()).unwrap().unwrap();
    assert_eq!((found.process, found.is_elsewhere()), (Some(std::process::id()), false));
    let error = Lock::acquire(folder.path()).unwrap_err().to_string();
    assert!(
        error.ends_with(&format!("is being written by process {}", std::process::id())),
        "{error}"
    );
    drop(lock);
    assert_eq!(owner(folder.path()).unwrap(), None);
    Lock::acquire(folder.path()).unwrap();
    let other = Owner { process: Some(7), host: Some("node-of-a-cluster".into()), is_here: false };
    assert_eq!(other.to_string(), "process 7 on node-of-a-cluster");
}

#[test]
fn an_owner_is_found_by_its_process_where_the_machine_has_another_name_now() {
    let folder = tempfile::tempdir().unwrap();
    let mut lock = Lock::acquire(folder.path()).unwrap();
    write(&mut lock.file, format!("{} its-former-name\n", std::process::id()).as_bytes()).unwrap();
    let found = owner(folder.path()).unwrap().unwrap();
    assert_eq!((found.host.as_deref(), found.is_elsewhere()), (Some("its-former-name"), false));
    // A process of the same number on another machine does not have the file open here.
    write(&mut lock.file, b"1 another-machine\n").unwrap();
    assert!(owner(folder.path()).unwrap().unwrap().is_elsewhere());
}

#[test]
fn work_on_an_abandoned_run_waits_for_certainty() {
    let folder = tempfile::tempdir().unwrap();
    let is_abandoned = |dir: &Path| {
        let mut done = false;
        while_abandoned(dir, || done = true);
        done
    };
    assert!(is_abandoned(&folder.path().join("gone")));
    assert!(!is_abandoned(folder.path()), "without its lock, nothing is known of it");
    let mut lock = Lock::acquire(folder.path()).unwrap();
    lock.keep();
    assert!(!is_abandoned(folder.path()));
    drop(lock);
    assert!(is_abandoned(folder.path()));
}

#[test]
fn a_lock_file_made_for_a_successor_that_does_not_begin_goes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(paths::LOCK);
    let lock = Lock::acquire(folder.path()).unwrap();
    let given = lock.share(folder.path()).unwrap();
    lock.take_back();
    drop(Lock::inherit(folder.path(), given).unwrap());
    assert!(!file.exists(), "the successor was refused");
    let lock = Lock::acquire(folder.path()).unwrap();
    let given = lock.share(folder.path()).unwrap();
    lock.take_back();
    drop(given);
    remove_unkept(folder.path());
    assert!(!file.exists(), "the successor never came as far");
    fs::write(&file, "1 an-earlier-machine\n").unwrap();
    remove_unkept(folder.path());
    assert!(file.exists());
}

#[test]
fn errors_that_mean_that_there_are_no_locks() {
    for (error, expected) in [
        (Errno::NOLCK, true),
        (Errno::OPNOTSUPP, true),
        (Errno::NOSYS, true),
        (Errno::INVAL, true),
        (Errno::IO, false),
        (Errno::ACCESS, false),
        (Errno::STALE, false),
        (Errno::BADF, false),
    ] {
        assert_eq!(has_no_locks(&error.into()), expected, "{error}");
    }
}

#[test]
fn a_lock_that_is_not_kept_leaves_the_folder_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(paths::LOCK);
    drop(Lock::acquire(folder.path()).unwrap());
    assert!(!file.exists());
    fs::write(&file, "1 an-earlier-machine\n").unwrap();
    drop(Lock::acquire(folder.path()).unwrap());
    assert_eq!(fs::read_to_string(&file).unwrap(), "1 an-earlier-machine\n");
    let mut lock = Lock::acquire(folder.path()).unwrap();
    lock.keep();
    drop(lock);
    assert!(fs::read_to_string(&file).unwrap().starts_with(&format!("{} ", std::process::id())));
}

#[test]
fn a_lock_is_handed_over_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut lock = Lock::acquire(folder.path()).unwrap();
    lock.keep();
    let given = lock.share(folder.path()).unwrap();
    drop(lock);
    assert!(owner(folder.path()).unwrap().is_some(), "it is held on the way");
    let lock = Lock::inherit(folder.path(), given).unwrap();
    assert!(lock.is_there(folder.path()).unwrap() && owner(folder.path()).unwrap().is_some());
    let other = tempfile::tempdir().unwrap();
    let stranger = Lock::acquire(other.path()).unwrap().share(other.path()).unwrap();
    assert!(
        Lock::inherit(folder.path(), stranger)
            .unwrap_err()
            .to_string()
            .contains("expected the lock that was passed to this process")
    );
    drop(lock);
    assert_eq!(owner(folder.path()).unwrap(), None);
}
