//! The key-encrypting keys change; the data keys stay what they are.

use std::os::unix::fs::PermissionsExt as _;

use xinqiao_chassis::seal::{KeyPlace, Release};

use super::*;

fn wrapped_by(shelf: &Shelf) -> Vec<String> {
    let lines = shelf.book().read().unwrap().lines();
    let mut by: Vec<_> = lines.into_iter().map(|line| line.wrapped_by).collect();
    by.dedup();
    by
}

/// Takes version 1 of both key-encrypting keys out of their file.
fn forget_first_kek(shelf: &Shelf) {
    let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(shelf.kek()).unwrap()).unwrap();
    for set in ["ordinary", "accusation"] {
        file[set]["keys"].as_object_mut().unwrap().remove("1");
    }
    std::fs::write(shelf.kek(), file.to_string()).unwrap();
}

async fn rewrap(shelf: &Shelf) -> usize {
    let wrap = shelf.source().wrap().unwrap();
    shelf
        .book()
        .change(async |book| book.rewrap(wrap.as_ref()).await)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rewrap_the_old_key_encrypting_key_can_go() {
    let shelf = Shelf::new().await;
    let running = shelf.ring(SOON);
    let (row, sealed) = seal(&running);
    assert_eq!(FileKeks::advance(&shelf.kek()).unwrap(), (2, 2));
    assert_eq!(wrapped_by(&shelf), ["local:v1"]);
    assert_eq!(rewrap(&shelf).await, 12);
    assert_eq!(wrapped_by(&shelf), ["local:v2"]);
    forget_first_kek(&shelf);
    assert_eq!(shelf.ring(NEVER).open(&column(row), &sealed).unwrap(), b"text");
    assert_eq!(running.open(&column(row), &sealed).unwrap(), b"text");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_rewrap_the_start_says_which_key_encrypting_key_is_missing() {
    let shelf = Shelf::new().await;
    FileKeks::advance(&shelf.kek()).unwrap();
    forget_first_kek(&shelf);
    let error = KeyRing::from_book(shelf.source(), NEVER).unwrap_err().to_string();
    assert!(
        error.contains("key-encrypting key 1") && error.contains("`keys rewrap`"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn production_refuses_a_file_that_everybody_may_open() {
    let shelf = Shelf::new().await;
    let set = |mode| std::fs::set_permissions(shelf.kek(), std::fs::Permissions::from_mode(mode)).unwrap();
    for (mode, fine) in [(0o600, true), (0o440, true), (0o644, false), (0o602, false)] {
        set(mode);
        let loaded = FileKeks::load(&shelf.kek(), true);
        assert_eq!(loaded.is_ok(), fine, "{mode:o}");
        assert!(FileKeks::load(&shelf.kek(), false).is_ok());
        if let Err(error) = loaded {
            assert!(error.to_string().contains("chmod o-rwx"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_goes_when_every_service_has_let_it_go_and_no_sooner() {
    let shelf = Shelf::new().await;
    let mut book = shelf.book().read().unwrap();
    let wrap = shelf.source().wrap().unwrap();
    let first = |purpose| KeyPlace {
        district: home(),
        purpose,
        version: 1,
    };
    let settled = time::Duration::MINUTE;
    let column = first(Purpose::Column);
    let refused = |book: &mut xinqiao_chassis::seal::KeyBook, place, at| {
        book.release(place, "intake", at, settled)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&mut book, column, now()).contains("no newer key"));
    for purpose in [Purpose::Column, Purpose::Record] {
        book.add(wrap.as_ref(), (home(), purpose), Suite::default(), now())
            .await
            .unwrap();
    }
    assert!(refused(&mut book, column, now()).contains("no newer key"));
    let later = now() + settled;
    assert!(refused(&mut book, first(Purpose::Record), later).contains("never sealed anew"));
    let services = ["scheduling", "assignment", "supervision", "archive", "intake"];
    for (at, service) in services.iter().enumerate() {
        let released = book.release(column, service, later, settled).unwrap();
        let lines = book.lines();
        let there = lines.iter().any(|line| line.place == column);
        assert_eq!(there, at < 4, "{service}");
        assert_eq!(released == Release::Removed, at == 4, "{service}");
    }
}
