//! Fixity: what is done to a sealed package on the disk is found, named by file, and never served.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tonic::Code;
use xinqiao_proto::archive::{FindingKind, VerifyPackageResponse};

use super::calls::told;
use super::world::{PAPERS, World};

const NUMBER: &str = "XF-220502-2026-2-000123-9";
const OPINION: &str = "data/12_处理意见书与送达回证/01_D12.txt";

fn found(answer: &VerifyPackageResponse) -> Vec<(FindingKind, &str)> {
    answer
        .findings
        .iter()
        .map(|finding| (finding.kind(), finding.path.as_str()))
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_on_the_disk_is_found_with_its_file_and_not_served() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let package = world.seal(&case).await.unwrap();
    let folder = world.on_disk(&package);
    let target = folder.join(OPINION);
    let whole = fs::read(&target).unwrap();

    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&target, &flipped).unwrap();
    let answer = world.verify(&package).await;
    assert!(!answer.valid);
    assert!(
        found(&answer).contains(&(FindingKind::FileUnreadable, OPINION)),
        "{:?}",
        found(&answer)
    );
    let refused = world.read(&package).await.unwrap_err();
    assert_eq!(
        (refused.code(), told(&refused).1.as_str()),
        (Code::DataLoss, "PACKAGE_DAMAGED")
    );

    fs::write(&target, &whole[..whole.len() - 5]).unwrap();
    assert!(found(&world.verify(&package).await).contains(&(FindingKind::FileUnreadable, OPINION)));
    let swapped = folder.join("data/14_结案报告/01_D15.txt");
    fs::copy(&swapped, &target).unwrap();
    assert!(found(&world.verify(&package).await).contains(&(FindingKind::FileUnreadable, OPINION)));
    fs::remove_file(&target).unwrap();
    assert!(found(&world.verify(&package).await).contains(&(FindingKind::FileMissing, OPINION)));

    fs::write(&target, &whole).unwrap();
    assert!(world.verify(&package).await.valid, "restored from a copy");
    fs::write(folder.join("data/stray.txt"), b"x").unwrap();
    let kinds: Vec<_> = found(&world.verify(&package).await)
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert!(kinds.contains(&FindingKind::FileUnlisted), "{kinds:?}");
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_was_changed_is_found() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let package = world.seal(&case).await.unwrap();
    let change = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(world.bench.pool()).await.unwrap();
        world
            .verify(&package)
            .await
            .findings
            .iter()
            .map(xinqiao_proto::archive::Finding::kind)
            .collect::<Vec<_>>()
    };
    let series = change("UPDATE archival_series SET last = 2").await;
    assert_eq!(series, [FindingKind::NumberGap]);
    let events = change(
        "UPDATE archival_series SET last = 1; UPDATE dossier_event SET body = '\\x00' WHERE position = 1",
    )
    .await;
    assert_eq!(events, [FindingKind::EventsDiffer]);
    let documents =
        change("UPDATE dossier_document SET content_sha256 = sha256('x') WHERE form = 'D12'").await;
    assert!(documents.contains(&FindingKind::DocumentDiffers), "{documents:?}");
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_disk_shows_no_text() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    world.seal(&case).await.unwrap();
    let files = files_below(world.folder.path());
    assert!(files.len() > PAPERS.len());
    for file in files {
        let bytes = fs::read(&file).unwrap();
        for (.., text) in PAPERS {
            let shown = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!shown, "{} shows {text}", file.display());
        }
    }
    world.bench.finish().await;
}
