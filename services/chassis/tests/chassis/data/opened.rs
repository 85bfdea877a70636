//! Who opened a case is told once a day, by the role that gave the right, and never who it was.

use time::Duration;
use xinqiao_chassis::desk::Capacity;
use xinqiao_chassis::permission::CaseFacts;
use xinqiao_chassis::testing::Bench;
use xinqiao_kernel::CaseState;
use xinqiao_proto::event::CaseOpened;

use super::*;

/// A clerk and supervisor, who is of a unit besides.
fn clerk_and_supervisor() -> Caller {
    Caller {
        roles: vec![Role::Sup, Role::Pet, Role::Clk],
        unit_id: Some(Uuid::from_u128(5)),
        ..clerk_of(home())
    }
}

/// Somebody of a unit.
fn township_officer(unit: Uuid) -> Caller {
    Caller {
        roles: vec![Role::Twn],
        unit_id: Some(unit),
        ..clerk_of(home())
    }
}

/// Opens a case of a unit with this right; what the caller was let in as.
async fn open(
    desk: &Desk,
    caller: Caller,
    right: Right,
    case_id: Uuid,
    unit: Uuid,
) -> Result<Option<Capacity>, tonic::Status> {
    let mut request = Request::new(WriteNote::default());
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(right);
    let (said, heard) = std::sync::mpsc::channel();
    let reading = desk.read(request, move |act, _: WriteNote| {
        Box::pin(async move {
            let case = Resource::Case(CaseFacts {
                units: vec![unit],
                ..CaseFacts::new(act.district(), case_id, CaseState::Assigned)
            });
            act.authorise(&case, not_found)?;
            act.opened(case_id).await?;
            said.send(act.capacity()).unwrap();
            Ok(NoteWritten::default())
        })
    });
    reading.await?;
    Ok(heard.recv().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_look_of_a_role_and_unit_on_a_day_is_told_and_no_other() {
    let bench = Bench::start(service()).await;
    let (case, unit) = (random::new_id(), random::new_id());
    let look = async |caller: Caller| {
        open(bench.desk(), caller, Right::ReadCase, case, unit)
            .await
            .unwrap()
    };
    for _ in 0..3 {
        look(clerk_of(home())).await;
        look(township_officer(unit)).await;
    }
    bench.pass(Duration::days(1));
    look(clerk_of(home())).await;
    let told: Vec<_> = bench
        .looks()
        .await
        .iter()
        .map(|event| {
            let CaseOpened {
                case_id,
                role,
                unit_id,
            } = event.decode();
            assert_eq!((event.kind.as_str(), case_id), ("case.opened", case.to_string()));
            (event.sequence, role, unit_id)
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "CLK".to_owned(), String::new()),
            (2, "TWN".to_owned(), unit.to_string()),
            (3, "CLK".to_owned(), String::new()),
        ]
    );
    assert_eq!(count(&bench, "SELECT count(*) FROM audit").await, 0);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_about_the_case_and_does_not_say_who_looked() {
    let bench = Bench::start(service()).await;
    let case = random::new_id();
    let caller = clerk_of(home());
    let person = caller.person_id.clone();
    open(bench.desk(), caller, Right::ReadCase, case, random::new_id())
        .await
        .unwrap();
    let event = &bench.looks().await[0];
    assert_ne!(
        event.entity_id, case,
        "the order of the case's own events is as before"
    );
    assert_eq!((event.case_no.as_deref(), event.causation_id), (None, None));
    assert_eq!(event.actor_ref, "service:intake");
    let row: String = sqlx::query_scalar("SELECT o::text FROM outbox o")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    assert!(!row.contains(&format!("person:{person}")), "{row}");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_the_role_that_gave_the_right() {
    let bench = Bench::start(service()).await;
    let (case, unit) = (random::new_id(), random::new_id());
    for (right, role) in [
        (Right::ReadCase, Role::Clk),
        (Right::ReadOpinion, Role::Sup),
        (Right::CheckClosure, Role::Clk),
    ] {
        let capacity = open(bench.desk(), clerk_and_supervisor(), right, case, unit)
            .await
            .unwrap();
        assert_eq!(capacity, Some(Capacity { role, unit_id: None }), "{right}");
    }
    let officer = open(bench.desk(), township_officer(unit), Right::ReadCase, case, unit)
        .await
        .unwrap();
    let wanted = Capacity {
        role: Role::Twn,
        unit_id: Some(unit),
    };
    assert_eq!(officer, Some(wanted));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_has_opened_nothing() {
    let bench = Bench::start(service()).await;
    let (case, unit) = (random::new_id(), random::new_id());
    let stranger = township_officer(random::new_id());
    let refused = open(bench.desk(), stranger, Right::ReadCase, case, unit).await;
    assert!(refused.is_err());
    assert_eq!(count(&bench, "SELECT count(*) FROM case_opened").await, 0);
    assert!(bench.looks().await.is_empty());
    bench.finish().await;
}
