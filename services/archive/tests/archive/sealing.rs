//! Sealing: gaps, the package, its number, its finality, and what may not be seen.

use tonic::Code;
use uuid::Uuid;
use xinqiao_archive::domain::process_log::ProcessLog;
use xinqiao_chassis::{identity::Role, random, testing::Person};
use xinqiao_proto::{
    archive::{
        GetDossierRequest, ItemStatus, ListDeskRequest, PackageState, ReadPackageRequest, Retention,
        SealPackageRequest, VerifyPackageRequest,
    },
    common::LegalTerm,
    event::{
        ArchiveFinal, CaseArchived, CaseClosed, CaseDiverted, CaseFiled, CaseRegistered, ClockChanged, Remedy,
    },
};

use super::calls::{findings, told};
use super::world::{Case, PAPERS, World, archivist};

const NUMBER: &str = "XF-220502-2026-2-000123-9";
const SECOND: &str = "XF-220502-2026-1-000045-6";

#[tokio::test(flavor = "multi_thread")]
async fn the_main_journey_ends_in_a_valid_package_that_becomes_final() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    world.bench.set_clock("2026-04-29T10:00:00+08:00");
    let before = world.dossier(&case).await;
    assert!(before.sealable);
    assert_eq!((before.state.as_str(), before.remedy.as_str()), ("C70", "R1"));
    assert_eq!(before.k15.unwrap().due_eff, "2026-05-14");
    let missing: Vec<_> = before
        .items
        .iter()
        .filter(|item| item.status() == ItemStatus::Missing)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");

    let package = world.seal(&case).await.unwrap();
    assert_eq!(package.archival_no, "J101-XF·2026-Y-LXB-0001");
    assert_eq!(
        (package.retention(), package.state()),
        (Retention::Y, PackageState::SealedProvisional)
    );
    assert_eq!(package.document_count as usize, PAPERS.len());
    let archived: CaseArchived = world.bench.event("case.archived").await;
    assert_eq!(archived.archival_no, package.archival_no);
    assert_eq!(archived.tagmanifest_sha512, package.tagmanifest_sha512);

    let files = world.read(&package).await.unwrap();
    assert_eq!(findings(&files), []);
    assert_eq!(files.len(), package.file_count as usize);
    for (_, item, form, text) in PAPERS {
        let found = files.iter().any(|(path, bytes)| {
            path.starts_with(&format!("data/{item}_"))
                && path.ends_with(&format!("_{form}.txt"))
                && String::from_utf8_lossy(bytes).contains(text)
        });
        assert!(found, "{text} not found under item {item}");
    }
    let log: ProcessLog = serde_json::from_slice(&files["data/21_过程日志/process-log.json"]).unwrap();
    assert_eq!(log.events.len(), before.event_count as usize);
    assert!(
        log.events
            .iter()
            .any(|line| line.clock.as_ref().is_some_and(|clock| clock.clock == "K15"))
    );
    let verified = world.verify(&package).await;
    assert!(verified.valid, "{:?}", verified.findings);
    assert_eq!(verified.documents as usize, PAPERS.len());

    world
        .remedy(&case, "2026-05-22T00:00:00+08:00", Remedy::Final, "2026-05-22")
        .await;
    let last: ArchiveFinal = world.bench.event("archive.final").await;
    assert_eq!(
        (last.package_id, last.final_on.as_str()),
        (package.package_id.clone(), "2026-05-22")
    );
    let after = world.dossier(&case).await;
    let sealed = after.package.unwrap();
    assert_eq!(
        (sealed.state(), sealed.final_on.as_str()),
        (PackageState::SealedFinal, "2026-05-22")
    );
    assert_eq!((after.state.as_str(), after.remedy.as_str()), ("C80", "R6"));
    assert_eq!(
        sealed.tagmanifest_sha512, package.tagmanifest_sha512,
        "nothing is sealed again"
    );
    assert!(world.verify(&package).await.valid);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_signature_every_gap_is_named_and_nothing_is_changed() {
    let world = World::start().await;
    let case = Case::new(NUMBER);
    world.handled(&case).await;
    world.closed(&case, &["CHECKLIST", "INSPECTION"]).await;
    let refused = world.seal(&case).await.unwrap_err();
    let (code, reason, fields) = told(&refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "DOSSIER_INCOMPLETE")
    );
    let expected = [("items[15]", "ITEM_MISSING"), ("items[16]", "FORM_MISSING")];
    assert_eq!(
        fields,
        expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()))
    );
    assert!(
        refused.message().contains("信访人签署意见"),
        "{}",
        refused.message()
    );
    let dossier = world.dossier(&case).await;
    assert_eq!(dossier.items[15].status(), ItemStatus::Missing);
    assert_eq!(dossier.items[16].status(), ItemStatus::NotApplicable);

    world.papers(&case, &["D16", "D17"]).await;
    let package = world.seal(&case).await.unwrap();
    assert_eq!(
        package.archival_no, "J101-XF·2026-Y-LXB-0001",
        "the refused attempt took no number"
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_are_absent_altered_or_false_are_told_apart() {
    let world = World::start().await;
    let case = Case::new(NUMBER);
    world.handled(&case).await;
    world.closed(&case, &["CHECKLIST", "INSPECTION", "D17"]).await;
    let (absent, sealed) = world.announce(&case, PAPERS[15]).await;
    let (altered, mut bytes) = world.announce(&case, PAPERS[14]).await;
    *bytes.last_mut().unwrap() ^= 1;
    world.store(&altered.ciphertext_sha256, bytes).await;
    let waiting = &world.dossier(&case).await.items[14];
    assert_eq!(waiting.status(), ItemStatus::Waiting);
    let (_, reason, fields) = told(&world.seal(&case).await.unwrap_err());
    assert_eq!(reason, "DOSSIER_INCOMPLETE");
    let expected = [("items[14]", "OBJECT_ALTERED"), ("items[15]", "OBJECT_ABSENT")];
    assert_eq!(
        fields,
        expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()))
    );

    world.store(&absent.ciphertext_sha256, sealed).await;
    let (_, _, fields) = told(&world.seal(&case).await.unwrap_err());
    assert_eq!(fields, [("items[14]".to_owned(), "OBJECT_ALTERED".to_owned())]);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_has_one_effect_and_a_second_sealing_none() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let mut request = SealPackageRequest {
        request_id: random::new_id().to_string(),
        case_id: case.id.to_string(),
        version: world.dossier(&case).await.version,
        note: String::new(),
    };
    let mut client = world.dossiers(&archivist());
    let first = client.seal_package(request.clone()).await.unwrap().into_inner();
    let again = client.seal_package(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    request.note = "另一说明".into();
    assert!(
        client.seal_package(request.clone()).await.is_err(),
        "the same id with another body"
    );
    request.request_id = random::new_id().to_string();
    let (code, reason, _) = told(&client.seal_package(request).await.unwrap_err());
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "ALREADY_SEALED")
    );
    let published = world.bench.published().await;
    assert_eq!(
        published
            .iter()
            .filter(|event| event.kind == "case.archived")
            .count(),
        1
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_has_not_come_is_not_yet_here_and_a_foreign_one_is_not_found() {
    let world = World::start().await;
    let case = Case::new(NUMBER);
    world.handled(&case).await;
    let (code, reason, _) = told(&world.seal(&case).await.unwrap_err());
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "NOT_YET_HERE")
    );
    world
        .closed(&case, &["CHECKLIST", "D16", "INSPECTION", "D17"])
        .await;
    let request = SealPackageRequest {
        request_id: random::new_id().to_string(),
        case_id: case.id.to_string(),
        version: 1,
        note: String::new(),
    };
    let (code, reason, _) = told(
        &world
            .dossiers(&archivist())
            .seal_package(request)
            .await
            .unwrap_err(),
    );
    assert_eq!((code, reason.as_str()), (Code::Aborted, "STALE_VERSION"));
    let package = world.seal(&case).await.unwrap();

    let foreign = Person::new("other", "外区档案").with(Role::Arc).of("220503");
    for case_id in [case.id, Uuid::from_u128(1)] {
        let request = GetDossierRequest {
            case_id: case_id.to_string(),
        };
        let refused = world.dossiers(&foreign).get_dossier(request).await.unwrap_err();
        assert_eq!(told(&refused), (Code::NotFound, "NOT_FOUND".into(), vec![]));
        assert_eq!(refused.message(), "未找到该信访事项的卷宗");
    }
    let read = ReadPackageRequest {
        package_id: package.package_id.clone(),
        path: String::new(),
        reason: "核对归档材料".to_owned(),
    };
    let refused = world
        .packages(&foreign)
        .read_package(read.clone())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let verify = VerifyPackageRequest {
        package_id: package.package_id.clone(),
    };
    assert_eq!(
        world
            .packages(&foreign)
            .verify_package(verify)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    let clerk = Person::new("li", "李登记").with(Role::Clk);
    assert_eq!(
        world
            .packages(&clerk)
            .read_package(read)
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_sees_his_own_cases_only() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let request = GetDossierRequest {
        case_id: case.id.to_string(),
    };
    let own = Person::new("zhang", "张副区长")
        .with(Role::Ldr)
        .leader(case.leader);
    assert!(world.dossiers(&own).get_dossier(request.clone()).await.is_ok());
    let other = Person::new("liu", "刘副区长")
        .with(Role::Ldr)
        .leader(random::new_id());
    let refused = world.dossiers(&other).get_dossier(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_commit_leaves_no_package_and_no_gap() {
    let world = World::start().await;
    let first = world.ready(NUMBER).await;
    sqlx::raw_sql(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''power cut''; END';
         CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON package DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION fail();",
    )
    .execute(world.bench.pool())
    .await
    .unwrap();
    assert_eq!(world.seal(&first).await.unwrap_err().code(), Code::Internal);
    assert!(world.dossier(&first).await.package.is_none());
    assert!(world.bench.published().await.is_empty());
    sqlx::raw_sql("DROP TRIGGER cut ON package")
        .execute(world.bench.pool())
        .await
        .unwrap();

    let package = world.seal(&first).await.unwrap();
    assert_eq!(package.archival_no, "J101-XF·2026-Y-LXB-0001");
    assert!(world.verify(&package).await.valid);
    let kept = std::fs::read_dir(world.folder.path().join("packages/220502"))
        .unwrap()
        .count();
    let aside = std::fs::read_dir(world.folder.path().join("packages/.set-aside"))
        .unwrap()
        .count();
    assert_eq!((kept, aside), (1, 1));
    let second = world.ready(SECOND).await;
    assert_eq!(
        world.seal(&second).await.unwrap().archival_no,
        "J101-XF·2026-Y-LXB-0002"
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_shows_what_waits_and_empties() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let rows = async || {
        let answer = world
            .dossiers(&archivist())
            .list_desk(ListDeskRequest::default())
            .await
            .unwrap();
        answer.into_inner().rows
    };
    let waiting = rows().await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].case_no.as_str(), waiting[0].missing_items),
        (NUMBER, 0)
    );
    assert!(!waiting[0].overdue);
    world.bench.set_clock("2026-05-15T00:00:00+08:00");
    assert!(rows().await[0].overdue);
    world.seal(&case).await.unwrap();
    assert!(rows().await.is_empty());
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_goes_by_the_day_to_which_another_calendar_has_moved_the_term() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let k15 = LegalTerm {
        clock: "K15".into(),
        due_eff: "2026-05-15".into(),
        ..LegalTerm::default()
    };
    let recomputed = ClockChanged {
        term: Some(k15),
        ..ClockChanged::default()
    };
    let at = "2026-04-29T10:00:00+08:00";
    world
        .tell(&case, "supervision", "clock.recomputed", at, &recomputed)
        .await;
    let overdue = async || {
        let request = ListDeskRequest::default();
        let answer = world.dossiers(&archivist()).list_desk(request).await.unwrap();
        answer.into_inner().rows[0].overdue
    };
    world.bench.set_clock("2026-05-15T00:00:00+08:00");
    assert!(!overdue().await);
    world.bench.set_clock("2026-05-16T00:00:00+08:00");
    assert!(overdue().await);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filed_matter_is_sealed_with_the_proof_that_its_notice_was_served() {
    let world = World::start().await;
    let case = Case::new(NUMBER);
    let registered = CaseRegistered {
        leader_received: true,
        ..CaseRegistered::default()
    };
    let at = "2026-03-03T09:12:00+08:00";
    world
        .tell(&case, "intake", "case.registered", at, &registered)
        .await;
    world.papers(&case, &["D01", "ORIGINAL", "D27", "D29"]).await;
    let diverted = CaseDiverted {
        leader_received: true,
        ..CaseDiverted::default()
    };
    let at = "2026-03-05T09:00:00+08:00";
    world.tell(&case, "intake", "case.diverted", at, &diverted).await;
    world
        .file(&case, ("intake", "07", "D05", "依法导入诉讼途径"))
        .await;
    let filed = CaseFiled {
        to_leader_review: true,
        ..CaseFiled::default()
    };
    let at = "2026-03-09T09:00:00+08:00";
    world.tell(&case, "supervision", "case.filed", at, &filed).await;
    world.papers(&case, &["D17"]).await;
    let closed = CaseClosed {
        leader_received: true,
        ..CaseClosed::default()
    };
    let at = "2026-03-10T09:00:00+08:00";
    world.tell(&case, "supervision", "case.closed", at, &closed).await;

    let (_, reason, fields) = told(&world.seal(&case).await.unwrap_err());
    assert_eq!(reason, "DOSSIER_INCOMPLETE");
    let expected = [("items[07]".to_owned(), "FORM_MISSING".to_owned())];
    assert_eq!(
        fields, expected,
        "neither a closure report nor his opinion is demanded"
    );
    world
        .file(&case, ("supervision", "07", "D14", "挂号邮寄，有收据"))
        .await;
    let package = world.seal(&case).await.unwrap();
    assert_eq!(
        package.state(),
        PackageState::SealedFinal,
        "there is nothing to review"
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_case_concerns_does_not_seal_its_package() {
    let world = World::start().await;
    let mut case = Case::new(NUMBER);
    case.concerned = vec!["zhou".to_owned()];
    world.finished(&case).await;
    world.bench.set_clock("2026-04-29T10:00:00+08:00");
    let refused = world.seal(&case).await.unwrap_err();
    let (code, reason, _) = told(&refused);
    assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "RECUSED"));
    let colleague = Person::new("feng", "冯档案").with(Role::Arc);
    let request = SealPackageRequest {
        request_id: random::new_id().to_string(),
        case_id: case.id.to_string(),
        version: world.dossier(&case).await.version,
        note: String::new(),
    };
    world.dossiers(&colleague).seal_package(request).await.unwrap();
    world.bench.finish().await;
}
