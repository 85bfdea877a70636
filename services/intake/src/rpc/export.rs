//! Export 导出: a clerk prepares, the head of the office lets it go, the clerk fetches it once.

mod content;
mod form;
mod metrics;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::CaseState;
use xinqiao_proto::intake::export_service_server::ExportService;
use xinqiao_proto::intake::{
    ApproveExportRequest, ApproveExportResponse, Export, ExportFilter, ExportState, FetchExportRequest,
    FetchExportResponse, ListExportsRequest, ListExportsResponse, PrepareExportRequest,
    PrepareExportResponse, RefuseExportRequest, RefuseExportResponse,
};

use super::refused::used_up_today;
use crate::config::ExportSettings;
use crate::contract;
use crate::domain::codes::ExportField;
use crate::domain::export::{ExportError, PATIENCE, Standing, WINDOW};
use crate::store::cases::By;
use crate::store::daily::{self, Use};
use crate::store::export::{self as rows, Row};

/// The clerk and the head of the office.
#[derive(Clone, Debug)]
pub(crate) struct Exports {
    pub(crate) desk: Desk,
    pub(crate) limits: ExportSettings,
}

#[tonic::async_trait]
impl ExportService for Exports {
    type FetchExportStream = BoxStream<'static, Result<FetchExportResponse, Status>>;

    async fn prepare_export(
        &self,
        request: Request<PrepareExportRequest>,
    ) -> Result<Response<PrepareExportResponse>, Status> {
        let limits = self.limits;
        self.desk
            .act(request, move |act, query| Box::pin(prepare(act, limits, query)))
            .await
    }

    async fn list_exports(
        &self,
        request: Request<ListExportsRequest>,
    ) -> Result<Response<ListExportsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }

    async fn approve_export(
        &self,
        request: Request<ApproveExportRequest>,
    ) -> Result<Response<ApproveExportResponse>, Status> {
        let limits = self.limits;
        self.desk
            .act(request, move |act, query| Box::pin(approve(act, limits, query)))
            .await
    }

    async fn refuse_export(
        &self,
        request: Request<RefuseExportRequest>,
    ) -> Result<Response<RefuseExportResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(refuse(act, query)))
            .await
    }

    async fn fetch_export(
        &self,
        request: Request<FetchExportRequest>,
    ) -> Result<Response<Self::FetchExportStream>, Status> {
        // Not as a command: an answer that is kept for thirty days would be a copy of the register.
        let all = self
            .desk
            .read(request, |act, query| Box::pin(fetch(act, query)))
            .await?;
        let parts = content::parts(all.into_inner()).into_iter().map(Ok);
        Ok(Response::new(stream::iter(parts).boxed()))
    }
}

async fn prepare(
    act: &mut Act,
    limits: ExportSettings,
    query: PrepareExportRequest,
) -> Result<PrepareExportResponse, Refusal> {
    let (desk, district, at) = (act.desk().clone(), act.district(), act.now());
    act.authorise(&Resource::District(district), no_such_export)?;
    let wanted = form::read(query)?;
    let counted = rows::count(act.conn(), district, &wanted).await?;
    let found = u32::try_from(counted.rows).unwrap_or(u32::MAX);
    if found > limits.rows_max {
        return Err(too_large(found, limits.rows_max));
    }
    let id = random::new_id();
    let actor = act.actor_ref().to_owned();
    let by = By { actor: &actor, at };
    rows::prepare(act.conn(), desk.keys(), district, id, (&wanted, counted), by).await?;
    note(
        act,
        id,
        "prepared",
        &wanted.fields,
        &[counted_as(found)],
        Some(&wanted.reason),
    );
    Ok(PrepareExportResponse {
        export_id: id.to_string(),
        rows: found,
        lapses_at: Some(timestamp(at + PATIENCE)),
    })
}

async fn list(act: &mut Act, query: ListExportsRequest) -> Result<ListExportsResponse, Refusal> {
    let (desk, district, now) = (act.desk().clone(), act.district(), act.now());
    act.authorise(&Resource::District(district), no_such_export)?;
    let mut fields = Fields::new();
    let page: Page<rows::Key> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let waiting = query.waiting.then_some(now);
    let mut found = rows::list(act.conn(), district, waiting, page.after, page.limit()).await?;
    let info = page.cut(&mut found, |row| (row.created_at, row.id));
    let view = |row: Row| {
        let words = row.words(desk.keys(), district);
        let words = words.map_err(|error| Refusal::internal(&error))?;
        Ok(view(row, words, now))
    };
    Ok(ListExportsResponse {
        exports: found.into_iter().map(view).collect::<Result<_, Refusal>>()?,
        page: Some(info),
    })
}

fn view(row: Row, (reason, refusal): (String, String), now: time::OffsetDateTime) -> Export {
    let state = match row.export().standing(now) {
        Standing::Prepared => ExportState::Prepared,
        Standing::Lapsed => ExportState::Lapsed,
        Standing::Refused => ExportState::Refused,
        Standing::Approved => ExportState::Approved,
        Standing::Fetched => ExportState::Fetched,
        Standing::Over => ExportState::Over,
    };
    let states = row
        .states
        .iter()
        .filter_map(|code| code.parse::<CaseState>().ok());
    Export {
        export_id: row.id.to_string(),
        state: state.into(),
        filter: Some(ExportFilter {
            first_day: row.first_day.to_string(),
            last_day: row.last_day.to_string(),
            states: states.map(contract::state).collect(),
        }),
        fields: row.fields().iter().map(|field| field.number().into()).collect(),
        purpose: row.purpose.into(),
        reason,
        rows: row.counted.unsigned_abs(),
        prepared_by: row.created_by,
        prepared_at: Some(timestamp(row.created_at)),
        decided_by: row.decided_by.unwrap_or_default(),
        decided_at: row.decided_at.map(timestamp),
        refusal,
        expires_at: row.expires_at.map(timestamp),
        fetched_at: row.fetched_at.map(timestamp),
    }
}

async fn approve(
    act: &mut Act,
    limits: ExportSettings,
    query: ApproveExportRequest,
) -> Result<ApproveExportResponse, Refusal> {
    let row = take(act, &query.export_id, Fields::new()).await?;
    let (district, at, today) = (act.district(), act.now(), act.today());
    let actor = act.actor_ref().to_owned();
    row.export().decide(&actor, at)?;
    if !daily::take(act.conn(), district, today, Use::Export, limits.per_day_max).await? {
        act.exceeded(object_ref("export", row.id), "EXPORT_LIMIT");
        return Err(used_up_today(
            act,
            "EXPORT_LIMIT",
            format!("本区县今日已批准{}次导出，请明日再批准", limits.per_day_max),
            format!(
                "{} exports of the district were approved today; approve it tomorrow",
                limits.per_day_max
            ),
        ));
    }
    let expires_at = at + WINDOW;
    let by = By { actor: &actor, at };
    rows::approve(act.conn(), district, row.id, expires_at, by).await?;
    note(act, row.id, "approved", &row.fields(), &[], None);
    Ok(ApproveExportResponse {
        expires_at: Some(timestamp(expires_at)),
    })
}

async fn refuse(act: &mut Act, query: RefuseExportRequest) -> Result<RefuseExportResponse, Refusal> {
    let mut fields = Fields::new();
    let reason = fields.text("reason", &query.reason, 5..=500);
    let row = take(act, &query.export_id, fields).await?;
    let (desk, district, at) = (act.desk().clone(), act.district(), act.now());
    let actor = act.actor_ref().to_owned();
    row.export().decide(&actor, at)?;
    let by = By { actor: &actor, at };
    rows::refuse(act.conn(), desk.keys(), district, row.id, &reason, by).await?;
    note(act, row.id, "refused", &row.fields(), &[], Some(&reason));
    Ok(RefuseExportResponse {})
}

/// All that is sent, as one message.
async fn fetch(act: &mut Act, query: FetchExportRequest) -> Result<FetchExportResponse, Refusal> {
    let mut fields = Fields::new();
    let request = fields.uuid("request_id", &query.request_id).unwrap_or_default();
    let after = form::after(&mut fields, &query.after_case_no);
    let row = take(act, &query.export_id, fields).await?;
    let (district, at) = (act.district(), act.now());
    let actor = act.actor_ref().to_owned();
    row.export().fetch(&actor, request, at)?;
    let by = By { actor: &actor, at };
    rows::fetched(act.conn(), district, row.id, request, by).await?;
    let sent = content::read(act, &row, after).await?;
    let end = sent.end.clone().unwrap_or_default();
    let told = [counted_as(end.rows), format!("sha256={}", end.sha256)];
    note(act, row.id, "fetched", &row.fields(), &told, None);
    metrics::sent(district, end.rows);
    tracing::warn!(%district, export = %row.id, rows = end.rows, "rows of the register were exported");
    Ok(sent)
}

/// Takes an export for somebody who may do this with it, when nothing else of the message is wrong either.
async fn take(act: &mut Act, id: &str, mut fields: Fields) -> Result<Row, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_export)?;
    let id: Option<Uuid> = fields.uuid("export_id", id);
    fields.finish()?;
    let id = id.expect("invariant: nothing was wrong");
    rows::take(act.conn(), district, id)
        .await?
        .ok_or_else(no_such_export)
}

/// Leaves a step in the audit chain: which one, which fields, and what else is told.
fn note(act: &mut Act, id: Uuid, step: &str, fields: &[ExportField], told: &[String], reason: Option<&str>) {
    let names = fields.iter().map(|field| field.name());
    let all: Vec<&str> = std::iter::once(step)
        .chain(names)
        .chain(told.iter().map(String::as_str))
        .collect();
    act.audit(object_ref("export", id), &all, reason);
}

fn counted_as(rows: u32) -> String {
    format!("rows={rows}")
}

/// The same for an export that does not exist and one the caller may not know of.
fn no_such_export() -> Refusal {
    Refusal::not_found("该导出申请", "the export")
}

fn too_large(found: u32, max: u32) -> Refusal {
    Refusal::new(
        Code::FailedPrecondition,
        "EXPORT_TOO_LARGE",
        format!("符合条件的有{found}件，一次最多导出{max}件，请缩小日期或者状态范围"),
        format!("{found} cases fit and one export may have {max}; narrow the days or the states"),
    )
    .with_metadata("rows", found.to_string())
    .with_metadata("rows_max", max.to_string())
}

impl From<ExportError> for Refusal {
    fn from(error: ExportError) -> Self {
        let failed = |reason, zh, en| Self::new(Code::FailedPrecondition, reason, zh, en);
        match error {
            ExportError::SamePerson => failed(
                "SAME_PERSON",
                "导出须由申请人以外的人批准",
                "another person than the one who prepared it must decide",
            ),
            ExportError::NotWaiting => failed(
                "NOT_WAITING",
                "该申请已有决定或者已过期，如仍需要请重新申请",
                "the export was decided before or has lapsed; prepare it anew if it is still needed",
            ),
            ExportError::NotApproved => failed(
                "NOT_APPROVED",
                "该导出尚未批准、未获批准或者已过期",
                "the export is not approved: not decided, refused, or lapsed",
            ),
            ExportError::Over => failed(
                "EXPORT_OVER",
                "批准已满二十四小时，如仍需要请重新申请",
                "a day has passed since the approval; prepare it anew if it is still needed",
            ),
            ExportError::Fetched => failed(
                "EXPORT_FETCHED",
                "该导出已经下载，只能用同一请求编号续传",
                "the export was fetched before; only the same request_id goes on with it",
            ),
            ExportError::NotYours => no_such_export(),
        }
    }
}
