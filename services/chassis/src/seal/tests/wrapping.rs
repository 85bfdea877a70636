//! What wrapping keeps, and what it gives away.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::*;

/// Wraps like a file of keys and remembers every key in clear.
struct Spy {
    keks: FileKeks,
    seen: Mutex<Vec<[u8; 32]>>,
}

impl KeyWrap for Spy {
    fn wrap<'a>(&'a self, place: KeyPlace, key: &'a DataKey) -> BoxFuture<'a, Result<String, WrapError>> {
        self.seen.lock().unwrap().push(*key.bytes());
        self.keks.wrap(place, key)
    }

    fn unwrap<'a>(&'a self, place: KeyPlace, wrapped: &'a str) -> BoxFuture<'a, Result<DataKey, WrapError>> {
        self.keks.unwrap(place, wrapped)
    }
}

fn keks() -> FileKeks {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kek.json");
    std::fs::write(&path, FileKeks::generate()).unwrap();
    FileKeks::load(&path, false).unwrap()
}

fn place(purpose: Purpose) -> KeyPlace {
    KeyPlace {
        district: district(),
        purpose,
        version: 1,
    }
}

#[tokio::test]
async fn the_book_holds_no_key_in_clear() {
    let spy = Spy {
        keks: keks(),
        seen: Mutex::default(),
    };
    let mut book = KeyBook::empty();
    for code in codes() {
        book.add_district(&spy, code, now()).await.unwrap();
    }
    let text = book.to_text();
    let seen = spy.seen.into_inner().unwrap();
    assert_eq!(seen.len(), 12);
    for key in seen {
        let written = STANDARD.encode(key);
        assert!(!text.contains(written.trim_end_matches('=')), "in base64");
        assert!(!text.contains(&hex::encode(key)), "in hexadecimal");
        assert!(!text.as_bytes().windows(32).any(|window| window == key));
    }
}

#[tokio::test]
async fn a_wrapped_key_unwraps_at_its_place_only() {
    let keks = keks();
    let key = DataKey::generate();
    let home = place(Purpose::Column);
    let wrapped = keks.wrap(home, &key).await.unwrap();
    assert_eq!(keks.unwrap(home, &wrapped).await.unwrap().bytes(), key.bytes());
    let elsewhere = [
        KeyPlace {
            district: codes()[1],
            ..home
        },
        KeyPlace { version: 2, ..home },
        place(Purpose::Record),
        // Under the other key-encrypting key.
        place(Purpose::AccusationColumn),
    ];
    for place in elsewhere {
        let refused = keks.unwrap(place, &wrapped).await.unwrap_err();
        assert!(matches!(refused, WrapError::Refused(_)), "{place}: {refused}");
    }
}

#[tokio::test]
async fn accusations_are_wrapped_by_a_key_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kek.json");
    std::fs::write(&path, FileKeks::generate()).unwrap();
    let both = FileKeks::load(&path, false).unwrap();
    let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    file["accusation"] = file["ordinary"].clone();
    std::fs::write(&path, file.to_string()).unwrap();
    let ordinary_only = FileKeks::load(&path, false).unwrap();
    let (ordinary, accusation) = (place(Purpose::Record), place(Purpose::AccusationRecord));
    for (place, opens) in [(ordinary, true), (accusation, false)] {
        let wrapped = both.wrap(place, &DataKey::generate()).await.unwrap();
        assert_eq!(
            ordinary_only.unwrap(place, &wrapped).await.is_ok(),
            opens,
            "{place}"
        );
    }
}

#[test]
fn nothing_about_keys_prints_them() {
    let key = DataKey::generate();
    assert_eq!(format!("{key:?}"), "DataKey");
    assert_eq!(format!("{:?}", keks()), "FileKeks(1 versions)");
    let torn = r#"{"form":1,"districts":{"220502":{"sealing":{},"fixed":{"index":"#;
    assert!(KeyBook::parse(torn).is_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kek.json");
    let text = FileKeks::generate();
    std::fs::write(&path, &text[..text.len() - 3]).unwrap();
    let error = FileKeks::load(&path, false).unwrap_err();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let key = value["ordinary"]["keys"]["1"].as_str().unwrap();
    assert!(!format!("{error} {error:?}").contains(key));
}

#[tokio::test]
async fn what_was_wrapped_elsewhere_is_told_apart_from_what_was_changed() {
    let home = place(Purpose::Column);
    let ask = |wrapped: String| async move { keks().unwrap(home, &wrapped).map(Result::unwrap_err).await };
    assert!(matches!(
        ask("vault:v1:AAAA".to_owned()).await,
        WrapError::Foreign(_)
    ));
    let unknown = ask(format!("local:v9:{}", STANDARD.encode([0; 60]))).await;
    assert!(
        matches!(unknown, WrapError::UnknownKek { version: 9, .. }),
        "{unknown}"
    );
    let changed = ask(format!("local:v1:{}", STANDARD.encode([0; 60]))).await;
    assert!(matches!(changed, WrapError::Refused(_)), "{changed}");
}
