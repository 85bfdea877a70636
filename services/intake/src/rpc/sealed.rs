//! The sealed compartment: transfer by two persons, openings, and reading under one.

mod opening;
mod read;
mod transfer;

use tonic::{Request, Response, Status};
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_chassis::seal::Opening as Proof;
use xinqiao_proto::intake::sealed_service_server::SealedService;
use xinqiao_proto::intake::{
    ConfirmOpeningRequest, ConfirmOpeningResponse, ConfirmSealedTransferRequest,
    ConfirmSealedTransferResponse, EndOpeningRequest, EndOpeningResponse, GetSealedCaseRequest,
    GetSealedCaseResponse, OpenSealedRequest, OpenSealedResponse, ProposeSealedTransferRequest,
    ProposeSealedTransferResponse, ReadSealedCaseRequest, ReadSealedCaseResponse, SealedTransfer,
    get_sealed_case_request,
};

use super::cases::{Named, named_case, note_access};
use super::refused::no_such_case;
use crate::contract;
use crate::store::cases::{self as rows, CaseRow};
use crate::store::onlooker::Onlooker;
use crate::store::sealed::{self, TransferRow};

/// The desk of the sealed compartment.
#[derive(Clone, Debug)]
pub(crate) struct SealedCases {
    pub(crate) desk: Desk,
    /// Longest opening.
    pub(crate) minutes_max: u16,
}

#[tonic::async_trait]
impl SealedService for SealedCases {
    async fn get_sealed_case(
        &self,
        request: Request<GetSealedCaseRequest>,
    ) -> Result<Response<GetSealedCaseResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get(act, query)))
            .await
    }

    async fn propose_sealed_transfer(
        &self,
        request: Request<ProposeSealedTransferRequest>,
    ) -> Result<Response<ProposeSealedTransferResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(transfer::propose(act, query)))
            .await
    }

    async fn confirm_sealed_transfer(
        &self,
        request: Request<ConfirmSealedTransferRequest>,
    ) -> Result<Response<ConfirmSealedTransferResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(transfer::confirm(act, query)))
            .await
    }

    async fn open_sealed(
        &self,
        request: Request<OpenSealedRequest>,
    ) -> Result<Response<OpenSealedResponse>, Status> {
        let minutes_max = self.minutes_max;
        self.desk
            .act(request, move |act, query| {
                Box::pin(opening::ask(act, minutes_max, query))
            })
            .await
    }

    async fn confirm_opening(
        &self,
        request: Request<ConfirmOpeningRequest>,
    ) -> Result<Response<ConfirmOpeningResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(opening::confirm(act, query)))
            .await
    }

    async fn end_opening(
        &self,
        request: Request<EndOpeningRequest>,
    ) -> Result<Response<EndOpeningResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(opening::end(act, query)))
            .await
    }

    async fn read_sealed_case(
        &self,
        request: Request<ReadSealedCaseRequest>,
    ) -> Result<Response<ReadSealedCaseResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(read::read(act, query)))
            .await
    }
}

/// Takes a sealed case for an act of somebody who may do it; any other is not there.
async fn take(act: &mut Act, case_id: &str) -> Result<CaseRow, Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", case_id);
    fields.finish()?;
    let (district, id) = (act.district(), id.expect("invariant: nothing was wrong"));
    let row = rows::take(act.conn(), district, id).await?;
    let row = row.filter(|row| row.sealed).ok_or_else(no_such_case)?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&row.resource(&onlooker), no_such_case)?;
    Ok(row)
}

/// What opens class P4 in an act whose right was granted.
fn proof(act: &Act) -> Result<Proof, Refusal> {
    act.opening()
        .ok_or_else(|| Refusal::internal(&"a right of the sealed procedure opens nothing"))
}

async fn get(act: &mut Act, query: GetSealedCaseRequest) -> Result<GetSealedCaseResponse, Refusal> {
    let named = query.case.map(|case| match case {
        get_sealed_case_request::Case::CaseId(id) => Named::Id(id),
        get_sealed_case_request::Case::CaseNo(number) => Named::Number(number),
    });
    let row = named_case(act, named).await?;
    let row = Some(row).filter(|row| row.sealed).ok_or_else(no_such_case)?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&row.resource(&onlooker), no_such_case)?;
    let (proof, desk, district, now) = (proof(act)?, act.desk().clone(), act.district(), act.now());
    let transfer = sealed::transfer(act.conn(), district, row.id).await?;
    let openings = sealed::openings(act.conn(), district, row.id).await?;
    act.audit(object_ref("case", row.id), &["transfer", "openings"], None);
    note_access(act, row.id).await?;
    let shown = |transfer: &TransferRow| {
        let (addressee, reasons) = transfer.texts(desk.keys(), &proof, district)?;
        Ok::<_, Refusal>(SealedTransfer {
            addressee,
            reasons,
            proposed_by: transfer.proposed_by.clone(),
            proposed_at: Some(timestamp(transfer.created_at)),
            confirmed_by: transfer.confirmed_by.clone().unwrap_or_default(),
            confirmed_at: transfer.confirmed_at.map(timestamp),
        })
    };
    let mut views = Vec::with_capacity(openings.len());
    for opening in &openings {
        let mut view = opening::view(opening, now);
        view.reason = opening.reason(desk.keys(), &proof, district)?;
        views.push(view);
    }
    Ok(GetSealedCaseResponse {
        case_id: row.id.to_string(),
        case_no: row.number(district).to_string(),
        state: contract::state(row.standing().state),
        version: row.version.unsigned_abs(),
        transfer: transfer.as_ref().map(shown).transpose()?,
        openings: views,
    })
}
