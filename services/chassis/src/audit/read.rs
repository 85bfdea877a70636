//! `ListAudit`: the chain of a district as the auditor reads it, without anything that somebody wrote
//! (domain rules §5.2: "AUD = R of audit rows … no content").

use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::audit::audit_service_server::{AuditService, AuditServiceServer};
use xinqiao_proto::audit::{AuditOutcome, AuditRow, ListAuditRequest, ListAuditResponse};

use super::{Entry, Outcome, canonical};
use crate::desk::{Act, Desk};
use crate::document::timestamp;
use crate::permission::{Resource, Right, RightTable};
use crate::refusal::{Fields, Page, Refusal};
use crate::server::MESSAGE_MAX_BYTES;

/// The package that every service serves beside its own.
pub(crate) const PACKAGE: &str = "xinqiao.audit.v1";

/// The right each of its RPCs needs.
pub(crate) const RIGHTS: RightTable = &[("/xinqiao.audit.v1.AuditService/ListAudit", Right::ReadAudit)];

/// Serves the chains of a service.
pub(crate) fn server(desk: Desk) -> AuditServiceServer<Chains> {
    AuditServiceServer::new(Chains(desk)).max_decoding_message_size(MESSAGE_MAX_BYTES)
}

/// The chains of a service, one for each district.
#[derive(Clone, Debug)]
pub(crate) struct Chains(Desk);

#[tonic::async_trait]
impl AuditService for Chains {
    async fn list_audit(
        &self,
        request: Request<ListAuditRequest>,
    ) -> Result<Response<ListAuditResponse>, Status> {
        self.0
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }
}

async fn list(act: &mut Act, query: ListAuditRequest) -> Result<ListAuditResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), || {
        Refusal::not_found("审计记录", "the audit rows")
    })?;
    let mut fields = Fields::new();
    let page = Page::<i64>::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let mut rows = before(act.conn(), district, page.after, page.limit()).await?;
    let info = page.cut(&mut rows, |row| row.seq);
    act.audit(format!("audit:{district}"), &["rows"], None);
    Ok(ListAuditResponse {
        rows: rows.iter().map(shown).collect::<Result<_, _>>()?,
        page: Some(info),
    })
}

#[derive(Debug, sqlx::FromRow)]
struct Link {
    seq: i64,
    canonical: Vec<u8>,
    hash: Vec<u8>,
}

/// The newest before a place in the chain.
async fn before(
    connection: &mut PgConnection,
    district: DistrictCode,
    seq: Option<i64>,
    limit: i64,
) -> Result<Vec<Link>, sqlx::Error> {
    sqlx::query_as(
        "SELECT seq, canonical, hash FROM audit
         WHERE district_code = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
    )
    .bind(district.as_str())
    .bind(seq.unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// A row whose bytes cannot be read is a fault, not a gap: it is never left out.
fn shown(row: &Link) -> Result<AuditRow, Refusal> {
    let (_, seq, entry) = canonical::decode(&row.canonical).map_err(|error| Refusal::internal(&error))?;
    let outcome = match entry.outcome {
        Outcome::Done => AuditOutcome::Done,
        Outcome::Denied => AuditOutcome::Denied,
    };
    let Entry {
        occurred_at,
        actor_ref,
        action,
        object,
        roles,
        policies,
        fields,
        reason,
        request_id,
        trace_id,
        ..
    } = entry;
    Ok(AuditRow {
        seq: u64::try_from(seq).unwrap_or_default(),
        at: Some(timestamp(occurred_at)),
        actor_ref,
        roles,
        action,
        object,
        outcome: outcome.into(),
        policies,
        fields,
        reason_given: reason.is_some(),
        request_id: request_id.map(|id| id.to_string()).unwrap_or_default(),
        trace_id: trace_id.unwrap_or_default(),
        hash: hex::encode(&row.hash),
    })
}
