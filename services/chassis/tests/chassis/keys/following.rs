//! A running process follows the book, and believes only one that follows from what it has.

use std::time::Instant;

use serde_json::Value;
use xinqiao_chassis::seal::SealError;
use xinqiao_chassis::testing::eventually;

use super::*;

async fn seals_with(ring: &KeyRing, wanted: u16) {
    eventually(&format!("version {wanted} seals"), async || {
        (version(&seal(ring).1) == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_seals_from_its_time_on_and_not_before() {
    let shelf = Shelf::new().await;
    let ring = shelf.ring(SOON);
    assert_eq!(shelf.add(now() + Duration::from_secs(2)).await, 2);
    // Another process knows the key from its start and waits for its time as well.
    let late = shelf.ring(NEVER);
    assert_eq!(version(&seal(&late).1), 1);
    let (row, old) = seal(&ring);
    seals_with(&ring, 2).await;
    seals_with(&late, 2).await;
    assert_eq!(ring.open(&column(row), &old).unwrap(), b"text");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_changes_with_a_rotation_and_back() {
    let shelf = Shelf::new().await;
    let ring = shelf.ring(SOON);
    let mut sealed = vec![seal(&ring)];
    for (version, suite) in [(2, Suite::National), (3, Suite::International)] {
        let wrap = shelf.source().wrap().unwrap();
        let key = (home(), Purpose::Column);
        shelf
            .book()
            .change(async |book| book.add(wrap.as_ref(), key, suite, now()).await)
            .await
            .unwrap();
        seals_with(&ring, version).await;
        sealed.push(seal(&ring));
    }
    let suites: Vec<_> = sealed.iter().map(|(_, one)| one.as_bytes()[0]).collect();
    assert_eq!(suites, [1, 2, 1]);
    for (row, one) in &sealed {
        assert_eq!(ring.open(&column(*row), one).unwrap(), b"text");
        assert!(ring.open(&column(random::new_id()), one).is_err());
        // A value does not choose the cipher it is opened with.
        let mut other = one.clone().into_bytes();
        other[0] = 3 - other[0];
        assert!(ring.open(&column(*row), &Sealed::from_bytes(other)).is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_under_an_unknown_key_lets_the_book_be_read_at_once() {
    let shelf = Shelf::new().await;
    let (ahead, behind) = (shelf.ring(SOON), shelf.ring(NEVER));
    shelf.add(now()).await;
    seals_with(&ahead, 2).await;
    let (row, sealed) = seal(&ahead);
    assert_eq!(version(&seal(&behind).1), 1);
    assert_eq!(behind.open(&column(row), &sealed).unwrap(), b"text");
    assert_eq!(version(&seal(&behind).1), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_under_a_key_that_nobody_has_do_not_keep_the_book_busy() {
    let shelf = Shelf::new().await;
    let ring = shelf.ring(NEVER);
    let (row, sealed) = seal(&ring);
    let mut forged = sealed.into_bytes();
    forged[3] = 9;
    let forged = Sealed::from_bytes(forged);
    assert_eq!(ring.open(&column(row), &forged), Err(SealError::UnknownKey(9)));
    // The second does not read: a book that came in between is seen after the second only.
    shelf.add(now()).await;
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(ring.open(&column(row), &forged), Err(SealError::UnknownKey(9)));
    }
    if begun.elapsed() < Duration::from_millis(500) {
        assert_eq!(version(&seal(&ring).1), 1);
    }
}

/// Writes each of these over the book; after each the ring still works with what it had.
async fn stays_with_version_one(shelf: &Shelf, texts: &[String]) {
    let ring = shelf.ring(SOON);
    let good = shelf.book().text().unwrap();
    let (row, sealed) = seal(&ring);
    for text in texts {
        shelf.overwrite(text);
        // An unknown version waits for a reading.
        let mut unknown = sealed.clone().into_bytes();
        unknown[3] = 9;
        let _ = ring.open(&column(row), &Sealed::from_bytes(unknown));
        assert_eq!(ring.open(&column(row), &sealed).unwrap(), b"text", "{text}");
        assert_eq!(version(&seal(&ring).1), 1, "{text}");
    }
    // A good one is taken again.
    shelf.overwrite(&good);
    shelf.add(now()).await;
    seals_with(&ring, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_is_no_good_is_refused_and_the_keys_stay() {
    let shelf = Shelf::new().await;
    let good = shelf.book().text().unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut book: Value = serde_json::from_str(&good).unwrap();
        change(&mut book["districts"]["220502"]);
        book.to_string()
    };
    let other = Shelf::new().await;
    let texts = [
        String::new(),
        good[1..].to_owned(),
        // Wrapped by keys that are not here.
        other.book().text().unwrap(),
        // Two keys exchanged, and one taken away.
        changed(&|keys| {
            keys["fixed"]["index"] = keys["fixed"]["query-code"].clone();
        }),
        changed(&|keys| keys["sealing"]["record"] = serde_json::json!({})),
        good.replace("\"220503\"", "\"220581\""),
    ];
    stays_with_version_one(&shelf, &texts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_means_other_keys_is_refused_though_it_unwraps() {
    let shelf = Shelf::new().await;
    let mine = shelf.book().text().unwrap();
    // The same places, the same key-encrypting keys, other data keys.
    std::fs::remove_file(shelf.book().path()).unwrap();
    let districts = [home(), neighbour()];
    shelf.book().create(&shelf.kek(), &districts).await.unwrap();
    let stranger = shelf.book().text().unwrap();
    shelf.overwrite(&mine);
    stays_with_version_one(&shelf, &[stranger]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_book_does_not_take_away_the_newest_key() {
    let shelf = Shelf::new().await;
    let old = shelf.book().text().unwrap();
    shelf.add(now()).await;
    let ring = shelf.ring(SOON);
    let (row, sealed) = seal(&ring);
    assert_eq!(version(&sealed), 2);
    shelf.overwrite(&old);
    let mut unknown = sealed.clone().into_bytes();
    unknown[3] = 9;
    assert!(ring.open(&column(row), &Sealed::from_bytes(unknown)).is_err());
    assert_eq!(ring.open(&column(row), &sealed).unwrap(), b"text");
    assert_eq!(version(&seal(&ring).1), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_good_book_says_why() {
    let shelf = Shelf::new().await;
    std::fs::remove_file(shelf.book().path()).unwrap();
    let error = KeyRing::from_book(shelf.source(), NEVER).unwrap_err();
    assert!(matches!(error, BookError::File { .. }), "{error}");
    shelf.overwrite("{}");
    let error = KeyRing::from_book(shelf.source(), NEVER).unwrap_err();
    assert!(matches!(error, BookError::Syntax(_)), "{error}");
}
