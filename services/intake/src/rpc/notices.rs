//! Notices as the office sees them: of a case, what no channel delivered, and what is done about it.

use std::collections::HashMap;

use time::{Date, OffsetDateTime};
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::common::Bilingual;
use xinqiao_proto::intake::notification_service_server::NotificationService;
use xinqiao_proto::intake::{
    ListFailedRequest, ListFailedResponse, ListNotificationsRequest, ListNotificationsResponse,
    MarkToldByHandRequest, MarkToldByHandResponse, Notification, OwnNotice, RetryNotificationRequest,
    RetryNotificationResponse,
};

use super::cases::note_access;
use super::refused::no_such_case;
use super::seen;
use crate::contract;
use crate::domain::codes::{NoticeChannel, NoticeTemplate};
use crate::domain::notice::NoticeError;
use crate::notices::in_contract;
use crate::notices::send::publish_sent;
use crate::store::cases::{self as rows, By, CaseRow};
use crate::store::notices::{self, Key, NoticeRow};
use crate::store::onlooker::Onlooker;

/// Notices shown of a case.
const SHOWN: i64 = 200;

/// The desk of the notices.
#[derive(Clone, Debug)]
pub(crate) struct Notices {
    pub(crate) desk: Desk,
}

#[tonic::async_trait]
impl NotificationService for Notices {
    async fn list_notifications(
        &self,
        request: Request<ListNotificationsRequest>,
    ) -> Result<Response<ListNotificationsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(of_case(act, query)))
            .await
    }

    async fn list_failed(
        &self,
        request: Request<ListFailedRequest>,
    ) -> Result<Response<ListFailedResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(undelivered(act, query)))
            .await
    }

    async fn retry_notification(
        &self,
        request: Request<RetryNotificationRequest>,
    ) -> Result<Response<RetryNotificationResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(retry(act, query)))
            .await
    }

    async fn mark_told_by_hand(
        &self,
        request: Request<MarkToldByHandRequest>,
    ) -> Result<Response<MarkToldByHandResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(told_by_hand(act, query)))
            .await
    }
}

async fn of_case(
    act: &mut Act,
    query: ListNotificationsRequest,
) -> Result<ListNotificationsResponse, Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", &query.case_id);
    fields.finish()?;
    let (district, id) = (act.district(), id.expect("invariant: nothing was wrong"));
    let case = rows::find(act.conn(), district, id)
        .await?
        .ok_or_else(no_such_case)?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&case.resource(&onlooker), no_such_case)?;
    note_access(act, id).await?;
    let found = notices::of_case(act.conn(), district, id, SHOWN).await?;
    let number = case.number(district).to_string();
    Ok(ListNotificationsResponse {
        notifications: found.into_iter().map(|row| view(row, &number)).collect(),
    })
}

async fn undelivered(act: &mut Act, query: ListFailedRequest) -> Result<ListFailedResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_case)?;
    let mut fields = Fields::new();
    let page: Page<Key> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let mut found = notices::undelivered(act.conn(), district, page.after, page.limit()).await?;
    let info = page.cut(&mut found, |row| (row.created_at, row.id));
    let ids: Vec<Uuid> = found.iter().map(|row| row.case_id).collect();
    let mut cases = rows::find_all(act.conn(), district, &ids).await?;
    let onlooker = Onlooker::of(act).await?;
    act.only_known(&mut cases, |case| case.resource(&onlooker));
    let number = |case: CaseRow| (case.id, case.number(district).to_string());
    let numbers: HashMap<Uuid, String> = cases.into_iter().map(number).collect();
    let known = |row: NoticeRow| numbers.get(&row.case_id).map(|number| view(row, number));
    Ok(ListFailedResponse {
        notifications: found.into_iter().filter_map(known).collect(),
        page: Some(info),
    })
}

fn view(row: NoticeRow, case_no: &str) -> Notification {
    Notification {
        notification_id: row.id.to_string(),
        case_id: row.case_id.to_string(),
        case_no: case_no.to_owned(),
        template: in_contract(row.template()).into(),
        template_name: Some(named(row.template())),
        state: contract::notice_state(row.state()),
        channel: row.channel().map_or(0, |channel| channel.number().into()),
        attempts: row.attempts.unsigned_abs(),
        requested_at: Some(timestamp(row.created_at)),
        told_at: row.told_at.map(timestamp),
        version: row.version.unsigned_abs(),
        failure: row.failure.unwrap_or_default(),
    }
}

/// A notice as the petitioner of its case sees it.
pub(super) fn own(row: &NoticeRow) -> OwnNotice {
    let state = row.state();
    OwnNotice {
        date: local::local_date(row.created_at).to_string(),
        name: Some(named(row.template())),
        state: contract::notice_state(state),
        state_name: Some(said(state.zh(), state.en())),
    }
}

fn named(template: NoticeTemplate) -> Bilingual {
    said(template.zh(), template.en())
}

fn said(zh: &str, en: &str) -> Bilingual {
    Bilingual {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

async fn retry(act: &mut Act, query: RetryNotificationRequest) -> Result<RetryNotificationResponse, Refusal> {
    let row = take(act, &query.notification_id, query.version, Fields::new()).await?;
    let state = row.state().retry()?;
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let by = By { actor: &actor, at };
    let version = notices::retry(act.conn(), district, row.id, by).await?;
    act.audit(object_ref("notification", row.id), &["state"], None);
    Ok(RetryNotificationResponse {
        state: contract::notice_state(state),
        version: version.unsigned_abs(),
    })
}

async fn told_by_hand(
    act: &mut Act,
    query: MarkToldByHandRequest,
) -> Result<MarkToldByHandResponse, Refusal> {
    let mut fields = Fields::new();
    let channel = fields.choice::<NoticeChannel>("told_by", query.told_by);
    fields.require(
        "told_by",
        channel.is_none_or(NoticeChannel::is_by_hand),
        "NOT_BY_HAND",
        "请选择信函、电话或者当面",
        "by letter, by telephone or in person",
    );
    let day = fields.date("told_on", &query.told_on);
    let told_on = day.filter(|day| *day <= act.today());
    fields.require(
        "told_on",
        day == told_on,
        "IN_FUTURE",
        "告知日期不能晚于今天",
        "nobody was told after today",
    );
    let row = take(act, &query.notification_id, query.version, fields).await?;
    let (channel, told_on) = channel.zip(told_on).expect("invariant: nothing was wrong");
    let told_at = within(&row, told_on, act.now())?;
    let state = row.state().tell_by_hand()?;
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let by = By { actor: &actor, at };
    let version = notices::told_by_hand(act.conn(), district, row.id, (channel, told_at), by).await?;
    publish_sent(act, &row, Some(channel));
    act.audit(object_ref("notification", row.id), &["state", "channel"], None);
    Ok(MarkToldByHandResponse {
        state: contract::notice_state(state),
        version: version.unsigned_abs(),
    })
}

/// When he was told: on a day that is over at its end.
fn within(row: &NoticeRow, told_on: Date, now: OffsetDateTime) -> Result<OffsetDateTime, Refusal> {
    let mut fields = Fields::new();
    fields.require(
        "told_on",
        told_on >= local::local_date(row.created_at),
        "BEFORE_NOTICE",
        "告知日期不能早于该通知产生的日期",
        "nobody was told before there was a notice",
    );
    fields.finish()?;
    Ok(local::end_of_day(told_on).min(now))
}

/// Takes a notice for somebody who may do this with its case, in the version he has seen.
async fn take(act: &mut Act, id: &str, version: u64, mut fields: Fields) -> Result<NoticeRow, Refusal> {
    let id = fields.uuid("notification_id", id);
    let district = act.district();
    let row = match id {
        Some(id) => notices::take(act.conn(), district, id).await?,
        None => None,
    };
    if id.is_some() {
        let hidden = || Refusal::not_found("该通知", "the notice");
        let row = row.as_ref().ok_or_else(hidden)?;
        let case = rows::find(act.conn(), district, row.case_id)
            .await?
            .ok_or_else(hidden)?;
        let onlooker = Onlooker::of(act).await?;
        act.authorise(&case.resource(&onlooker), hidden)?;
    }
    fields.finish()?;
    let row = row.expect("invariant: nothing was wrong");
    if row.version != seen(version) {
        return Err(Refusal::stale_version());
    }
    Ok(row)
}

impl From<NoticeError> for Refusal {
    fn from(error: NoticeError) -> Self {
        let failed = |reason, zh, en| Self::new(Code::FailedPrecondition, reason, zh, en);
        match error {
            NoticeError::NotFailed => failed(
                "NOTICE_NOT_FAILED",
                "该通知并未发送失败，无需重发",
                "the notice has not failed; there is nothing to send again",
            ),
            NoticeError::NotByHand => failed(
                "NOTICE_NOT_BY_HAND",
                "该通知正在发送、已发送或者已人工告知",
                "the notice is being sent, was sent, or the petitioner was told already",
            ),
        }
    }
}
