//! The office sees what was not delivered, and does something about it.

use tonic::Code;
use xinqiao_proto::event::NotificationChannel;
use xinqiao_proto::intake::notification_service_client::NotificationServiceClient;
use xinqiao_proto::intake::{
    ListFailedRequest, ListNotificationsRequest, MarkToldByHandRequest, Notification, NotificationState,
    PetitionerTold, ProposeVoidRequest, RetryNotificationRequest, VoidCaseRequest, VoidReason,
};

use super::*;

fn notices(bench: &Bench) -> NotificationServiceClient<As> {
    NotificationServiceClient::new(bench.channel(&clerk()))
}

async fn undelivered(bench: &Bench) -> Vec<Notification> {
    let answer = notices(bench)
        .list_failed(ListFailedRequest::default())
        .await
        .unwrap();
    answer.into_inner().notifications
}

async fn of_case(bench: &Bench, case: &Registered) -> Vec<Notification> {
    let ask = ListNotificationsRequest {
        case_id: case.case_id.clone(),
    };
    notices(bench)
        .list_notifications(ask)
        .await
        .unwrap()
        .into_inner()
        .notifications
}

fn retry_of(notice: &Notification) -> RetryNotificationRequest {
    RetryNotificationRequest {
        request_id: fresh(),
        notification_id: notice.notification_id.clone(),
        version: notice.version,
    }
}

fn by_hand(notice: &Notification) -> MarkToldByHandRequest {
    MarkToldByHandRequest {
        request_id: fresh(),
        notification_id: notice.notification_id.clone(),
        version: notice.version,
        told_by: NotificationChannel::Phone.into(),
        told_on: "2026-03-03".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_often_enough_has_failed_visibly_and_is_sent_again_when_asked() {
    let gateway = Gateway::open().await;
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_NOTICE_SMS", "webhook")
        .set("XINQIAO_NOTICE_SMS_URL", gateway.url())
        .set("XINQIAO_NOTICE_SMS_KEY", KEY)
        .set("XINQIAO_NOTICE_EVERY_MS", "20")
        .set("XINQIAO_NOTICE_ATTEMPTS_MAX", "3")
        .start()
        .await;
    gateway.answers(StatusCode::BAD_GATEWAY);
    let case = registered(&bench, a_visit_by_sms()).await;
    asked(&bench, &case, NotificationTemplate::Accepted).await;
    for _ in 0..3 {
        tried(&bench).await;
        bench.pass(Duration::minutes(5));
    }
    come_to(&bench, "FAILED", 1).await;
    assert_eq!(gateway.received().len(), 3);
    let failed: NotificationFailed = bench.event("notification.failed").await;
    assert_eq!((failed.attempts, failed.reason_code.as_str()), (3, "UNREACHABLE"));

    let notice = undelivered(&bench).await.remove(0);
    assert_eq!(
        (notice.state(), notice.case_no.as_str()),
        (NotificationState::Failed, case.case_no.as_str())
    );
    let stale = RetryNotificationRequest {
        version: notice.version + 1,
        ..retry_of(&notice)
    };
    let refused = notices(&bench).retry_notification(stale).await.unwrap_err();
    assert_eq!(why(&refused).1, "STALE_VERSION");
    gateway.answers(StatusCode::OK);
    notices(&bench)
        .retry_notification(retry_of(&notice))
        .await
        .unwrap();
    come_to(&bench, "SENT", 1).await;
    assert_eq!(gateway.taken()[0].key, gateway.received()[0].key);
    assert!(undelivered(&bench).await.is_empty());
    let sent = of_case(&bench, &case).await.remove(0);
    let refused = notices(&bench)
        .retry_notification(retry_of(&sent))
        .await
        .unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::FailedPrecondition, "NOTICE_NOT_FAILED".to_owned())
    );
    let refused = notices(&bench)
        .mark_told_by_hand(by_hand(&sent))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "NOTICE_NOT_BY_HAND");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_gateway_refuses_is_not_tried_again() {
    let gateway = Gateway::open().await;
    let bench = bench(&gateway).await;
    gateway.answers(StatusCode::UNPROCESSABLE_ENTITY);
    let case = registered(&bench, a_visit_by_sms()).await;
    asked(&bench, &case, NotificationTemplate::Accepted).await;
    come_to(&bench, "FAILED", 1).await;
    assert_eq!(gateway.received().len(), 1);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_message_is_told_by_the_office_and_sees_it() {
    let gateway = Gateway::open().await;
    let bench = bench(&gateway).await;
    // He wants to be told in person.
    let case = registered(&bench, a_visit()).await;
    voided(&bench, &case).await;
    come_to(&bench, "NEEDS_HAND", 1).await;
    let notice = undelivered(&bench).await.remove(0);
    assert_eq!(notice.template(), NotificationTemplate::Voided);

    let wrong = MarkToldByHandRequest {
        told_by: NotificationChannel::Sms.into(),
        told_on: "2026-03-04".to_owned(),
        ..by_hand(&notice)
    };
    let refused = notices(&bench).mark_told_by_hand(wrong).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["told_by", "told_on"]);
    let early = MarkToldByHandRequest {
        told_on: "2026-03-02".to_owned(),
        ..by_hand(&notice)
    };
    let refused = notices(&bench).mark_told_by_hand(early).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["told_on"]);
    notices(&bench).mark_told_by_hand(by_hand(&notice)).await.unwrap();
    let sent: NotificationSent = bench.event("notification.sent").await;
    assert_eq!(sent.channel(), NotificationChannel::Phone);
    let told = of_case(&bench, &case).await.remove(0);
    assert_eq!(
        (told.state(), told.channel()),
        (NotificationState::ToldByHand, NotificationChannel::Phone)
    );
    assert!(gateway.received().is_empty());

    let own = crate::own_case::seen_by_himself(&bench, &case).await;
    assert_eq!(own.notices.len(), 1);
    assert_eq!(own.notices[0].state(), NotificationState::ToldByHand);
    assert_eq!(own.notices[0].name.clone().unwrap().zh, "登记作废");
    bench.finish().await;
}

async fn voided(bench: &Bench, case: &Registered) {
    let propose = ProposeVoidRequest {
        petitioner_told: PetitionerTold::InPerson.into(),
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: case.version,
        reason: VoidReason::EnteredTwice.into(),
        explanation: "同一来访登记了两次".to_owned(),
    };
    let proposed = triage(bench, &clerk())
        .propose_void(propose)
        .await
        .unwrap()
        .into_inner();
    let void = VoidCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: proposed.version,
    };
    triage(bench, &dispatcher()).void_case(void).await.unwrap();
}
