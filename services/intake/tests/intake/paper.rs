//! Numbers that were used on paper before the system began 纸质起始号.

use std::fs;
use std::path::{Path, PathBuf};

use xinqiao_chassis::testing::Bench;
use xinqiao_proto::intake::NumberAccount;

use crate::gap_report::accounts;
use crate::people::*;

/// The district files, of which one says up to which number paper was used.
fn with_paper(folder: &Path, last: u32) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/districts");
    fs::create_dir_all(folder).unwrap();
    for district in ["220502", "220503"] {
        let name = format!("{district}.yaml");
        let text = fs::read_to_string(shipped.join(&name)).unwrap();
        let paper = match district {
            "220502" => format!("paper_numbers: {{ 2026: {last} }}\n"),
            _ => String::new(),
        };
        fs::write(folder.join(name), text + &paper).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_go_on_where_paper_ended_and_a_later_change_has_no_effect() {
    use NumberAccount::{Case, Paper};
    let folder: PathBuf = std::env::temp_dir().join(fresh());
    with_paper(&folder, 120);
    let mut bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_DISTRICTS_DIR", folder.display().to_string())
        .start()
        .await;
    let first = registered(&bench, a_visit()).await;
    assert!(first.case_no.contains("-000121-"), "{}", first.case_no);
    let of_b = registration(&bench, &clerk_of_b())
        .register_visit(a_visit())
        .await;
    let of_b = of_b.unwrap().into_inner().registered.unwrap();
    assert!(of_b.case_no.contains("-000001-"), "{}", of_b.case_no);
    bench.settled().await;

    bench.stop_service().await;
    with_paper(&folder, 500);
    bench.start_service().await.unwrap();
    let next = registered(&bench, a_visit()).await;
    assert!(next.case_no.contains("-000122-"), "{}", next.case_no);
    assert_eq!(accounts(&bench).await, [(1, 120, Paper), (121, 122, Case)]);
    bench.finish().await;
    fs::remove_dir_all(folder).unwrap();
}
