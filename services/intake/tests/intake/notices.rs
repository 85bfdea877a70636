//! Petitioners are told: once, by a sentence that says nothing, or visibly not.

mod channels;
mod desk;

use aws_lc_rs::hmac;
use axum::http::StatusCode;
use time::Duration;
use uuid::Uuid;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Bench, Foreign, eventually};
use xinqiao_proto::event::{
    NotificationFailed, NotificationRequested, NotificationSent, NotificationTemplate, Purpose,
};
use xinqiao_proto::intake::{
    PetitionerInput, PreferredChannel, RegisterVisitRequest, Registered, SubmissionInput,
};

use crate::people::*;

use channels::{Gateway, MailServer};

/// What the gateway is spoken to with.
const KEY: &str = "0123456789abcdef";

async fn bench(gateway: &Gateway) -> Bench {
    Bench::of(xinqiao_intake::service())
        .set("XINQIAO_NOTICE_SMS", "webhook")
        .set("XINQIAO_NOTICE_SMS_URL", gateway.url())
        .set("XINQIAO_NOTICE_SMS_KEY", KEY)
        .set("XINQIAO_NOTICE_EVERY_MS", "20")
        .start()
        .await
}

/// A visit of somebody who wants short messages.
fn a_visit_by_sms() -> RegisterVisitRequest {
    visit_of(PetitionerInput {
        preferred_channel: PreferredChannel::Sms.into(),
        ..petitioner()
    })
}

fn visit_of(petitioner: PetitionerInput) -> RegisterVisitRequest {
    RegisterVisitRequest {
        submission: Some(SubmissionInput {
            petitioners: vec![petitioner],
            ..submission()
        }),
        ..a_visit()
    }
}

/// Another service asks that the petitioners of a case be told.
async fn asked(bench: &Bench, case: &Registered, template: NotificationTemplate) -> Uuid {
    let body = NotificationRequested {
        case_id: case.case_id.clone(),
        template: template.into(),
        appointment_at: None,
    };
    let about = Entity::other(new_id());
    let event = Foreign::new("assignment", "notification.requested", about, &body);
    bench.arrives(event).await
}

/// How many notices stand in a state.
async fn count(bench: &Bench, state: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM notification WHERE state = $1")
        .bind(state)
        .fetch_one(bench.pool())
        .await
        .unwrap()
}

async fn come_to(bench: &Bench, state: &str, wanted: i64) {
    eventually(&format!("{wanted} notices are {state}"), async || {
        (count(bench, state).await == wanted).then_some(())
    })
    .await;
}

/// Waits until everything that is due now was tried, and its end is written.
async fn tried(bench: &Bench) {
    let now = bench.desk().clock().now();
    eventually("what is due was tried", async || {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM notification WHERE state = 'DUE' AND (next_try_at <= $1 OR attempts >= version)",
        )
        .bind(now)
        .fetch_one(bench.pool())
        .await
        .unwrap();
        (left == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_down_for_ten_minutes_loses_nothing_and_sends_nothing_twice() {
    let gateway = Gateway::open().await;
    let bench = bench(&gateway).await;
    gateway.answers(StatusCode::SERVICE_UNAVAILABLE);
    for _ in 0..5 {
        let case = registered(&bench, a_visit_by_sms()).await;
        asked(&bench, &case, NotificationTemplate::Accepted).await;
    }
    for _ in 0..10 {
        tried(&bench).await;
        bench.pass(Duration::minutes(1));
    }
    tried(&bench).await;
    assert!(gateway.received().len() >= 20, "{}", gateway.received().len());
    assert_eq!((count(&bench, "DUE").await, gateway.taken().len()), (5, 0));

    gateway.answers(StatusCode::OK);
    bench.pass(Duration::hours(1));
    come_to(&bench, "SENT", 5).await;
    let mut keys: Vec<_> = gateway.taken().into_iter().map(|one| one.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((keys.len(), gateway.taken().len()), (5, 5));
    assert!(
        gateway.received().iter().all(|one| keys.contains(&one.key)),
        "one key for all attempts"
    );
    let sent: NotificationSent = bench.event("notification.sent").await;
    assert_eq!(sent.template(), NotificationTemplate::Accepted);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_crash_between_sending_and_writing_it_down_sends_twice_and_then_under_the_same_key() {
    let gateway = Gateway::open().await;
    let bench = bench(&gateway).await;
    let run = async |statement: &'static str| {
        sqlx::query(statement).execute(bench.pool()).await.unwrap();
    };
    run("CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''gone''; END'")
        .await;
    run("CREATE TRIGGER dies BEFORE UPDATE ON notification FOR EACH ROW WHEN (NEW.state = 'SENT') EXECUTE FUNCTION dies()").await;
    let case = registered(&bench, a_visit_by_sms()).await;
    asked(&bench, &case, NotificationTemplate::Extended).await;
    eventually("it is sent", async || (gateway.taken().len() == 1).then_some(())).await;
    let another: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM notification WHERE next_try_at <= $1")
        .bind(bench.desk().clock().now() + Duration::seconds(30))
        .fetch_all(bench.pool())
        .await
        .unwrap();
    assert!(
        another.is_empty(),
        "nobody else tries it while it may be on its way"
    );

    run("DROP TRIGGER dies ON notification").await;
    bench.pass(Duration::minutes(1));
    come_to(&bench, "SENT", 1).await;
    let taken = gateway.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!((&taken[0].key, &taken[0].body), (&taken[1].key, &taken[1].body));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_of_an_accusation_and_its_contact_does_not_open() {
    let gateway = Gateway::open().await;
    let bench = bench(&gateway).await;
    let mut visit = a_visit_by_sms();
    let submission = visit.submission.as_mut().unwrap();
    submission.purpose = Purpose::Accusation.into();
    let accusation = registered(&bench, visit).await;
    let event = asked(&bench, &accusation, NotificationTemplate::AppointmentConfirmed).await;
    assert_eq!(count(&bench, "DUE").await, 0);

    // A row that must not be is worth nothing either.
    sqlx::query(
        "INSERT INTO notification (district_code, id, publisher, event_id, case_id, petitioner_id, template, state,
                                   attempts, next_try_at, created_at, created_by, updated_at, updated_by, version)
         SELECT p.district_code, $2, 'assignment', $1, p.case_id, p.id, 7, 'DUE', 0, p.created_at, p.created_at, 'x',
                p.created_at, 'x', 1
         FROM petitioner p WHERE p.case_id = $3::uuid",
    )
    .bind(event)
    .bind(new_id())
    .bind(&accusation.case_id)
    .execute(bench.pool())
    .await
    .unwrap();
    come_to(&bench, "NEEDS_HAND", 1).await;
    let ordinary = registered(&bench, a_visit_by_sms()).await;
    asked(&bench, &ordinary, NotificationTemplate::Accepted).await;
    come_to(&bench, "SENT", 1).await;
    assert_eq!(gateway.received().len(), 1);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_signed_and_says_nothing_of_the_matter() {
    let gateway = Gateway::open().await;
    let bench = bench(&gateway).await;
    let case = registered(&bench, a_visit_by_sms()).await;
    asked(&bench, &case, NotificationTemplate::NotAccepted).await;
    come_to(&bench, "SENT", 1).await;
    let sent = gateway.taken().remove(0);
    for word in [
        "测试甲",
        "渗水",
        "信访",
        "受理",
        "XF-",
        &case.query_code,
        &case.case_id,
    ] {
        assert!(!sent.body.contains(word), "{word}: {}", sent.body);
    }
    assert!(
        sent.body.contains("19900000001") && sent.body.contains("您反映的事项"),
        "{}",
        sent.body
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
    let signature = hex::encode(hmac::sign(&key, sent.body.as_bytes()));
    assert_eq!(sent.signature, format!("sha256={signature}"));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petitioner_with_an_address_is_written_to() {
    let server = MailServer::open().await;
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_NOTICE_EMAIL", "smtp")
        .set("XINQIAO_NOTICE_SMTP_HOST", "127.0.0.1")
        .set("XINQIAO_NOTICE_SMTP_PORT", server.port().to_string())
        .set("XINQIAO_NOTICE_SMTP_TLS", "off")
        .set("XINQIAO_NOTICE_SMTP_FROM", "tell@example.cn")
        .set("XINQIAO_NOTICE_EVERY_MS", "20")
        .start()
        .await;
    let visit = visit_of(PetitionerInput {
        email: "ceshi@example.cn".to_owned(),
        preferred_channel: PreferredChannel::Online.into(),
        ..petitioner()
    });
    let case = registered(&bench, visit).await;
    let view = seen(&bench, &case.case_id).await;
    assert!(!view.submissions[0].petitioners[0].email_masked.contains("ceshi"));
    asked(&bench, &case, NotificationTemplate::Extended).await;
    come_to(&bench, "SENT", 1).await;
    let id: Uuid = sqlx::query_scalar("SELECT id FROM notification")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("<ceshi@example.cn>") && mails[0].contains(&format!("<{id}@example.cn>")),
        "{}",
        mails[0]
    );
    bench.finish().await;
}
