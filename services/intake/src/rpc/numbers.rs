//! Numbers: what became of each.

mod blocks;
mod voids;

use tonic::{Request, Response, Status};
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::intake::number_service_server::NumberService;
use xinqiao_proto::intake::{
    CloseBlockRequest, CloseBlockResponse, GetGapReportRequest, GetGapReportResponse, GetVoidRequest,
    GetVoidResponse, ListBlocksRequest, ListBlocksResponse, ListVoidsRequest, ListVoidsResponse,
    NumberAccount, NumberRange, ReserveBlockRequest, ReserveBlockResponse,
};

use super::refused::no_such_case;
use crate::config::NumberSettings;
use crate::domain::gap::{self, Account, Range};
use crate::store::numbers as rows;

/// Who looks after the numbers.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    pub(crate) desk: Desk,
    pub(crate) limits: NumberSettings,
}

#[tonic::async_trait]
impl NumberService for Numbers {
    async fn get_gap_report(
        &self,
        request: Request<GetGapReportRequest>,
    ) -> Result<Response<GetGapReportResponse>, Status> {
        let limits = self.limits;
        self.desk
            .read(request, move |act, query| Box::pin(report(act, limits, query)))
            .await
    }

    async fn reserve_block(
        &self,
        request: Request<ReserveBlockRequest>,
    ) -> Result<Response<ReserveBlockResponse>, Status> {
        let limits = self.limits;
        self.desk
            .act(request, move |act, query| {
                Box::pin(blocks::reserve(act, limits, query))
            })
            .await
    }

    async fn close_block(
        &self,
        request: Request<CloseBlockRequest>,
    ) -> Result<Response<CloseBlockResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(blocks::close(act, query)))
            .await
    }

    async fn list_blocks(
        &self,
        request: Request<ListBlocksRequest>,
    ) -> Result<Response<ListBlocksResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(blocks::list(act, query)))
            .await
    }

    async fn list_voids(
        &self,
        request: Request<ListVoidsRequest>,
    ) -> Result<Response<ListVoidsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(voids::list(act, query)))
            .await
    }

    async fn get_void(&self, request: Request<GetVoidRequest>) -> Result<Response<GetVoidResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(voids::get(act, query)))
            .await
    }
}

async fn report(
    act: &mut Act,
    limits: NumberSettings,
    query: GetGapReportRequest,
) -> Result<GetGapReportResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_case)?;
    let mut fields = Fields::new();
    let year = year(&mut fields, query.year);
    let page: Page<u32> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let year = year.expect("invariant: nothing was wrong");

    let last = rows::last(act.conn(), district, year).await?;
    let after = page.after.unwrap_or_default().min(last);
    let upto = after.saturating_add(limits.report_span).min(last);
    let found = rows::accounts(act.conn(), district, year, (after, upto), page.limit()).await?;
    // Of the numbers behind a row that did not come any more nothing is known here.
    let known = found.last().filter(|_| found.len() > page.size as usize);
    let upto = known.map_or(upto, |range| range.last.min(upto));
    let mut ranges = gap::report(after + 1, upto, &found);
    let mut info = page.cut(&mut ranges, |range| range.last);
    if info.next_page_token.is_empty() && upto < last {
        info = Page::goes_on(&upto);
    }
    Ok(GetGapReportResponse {
        ranges: ranges.into_iter().map(view).collect(),
        page: Some(info),
        last,
    })
}

fn year(fields: &mut Fields, year: u32) -> Option<i16> {
    let known = i32::try_from(year)
        .ok()
        .filter(|year| local::YEARS.contains(year));
    fields.some(
        "year",
        known.and_then(|year| i16::try_from(year).ok()),
        "BAD_FORMAT",
        "年份应为4位数字",
        "a year has four digits",
    )
}

fn view(Range { first, last, account }: Range) -> NumberRange {
    let range = NumberRange {
        first,
        last,
        ..NumberRange::default()
    };
    let of = |account: NumberAccount| NumberRange {
        account: account.into(),
        ..range.clone()
    };
    match account {
        Account::Gap => of(NumberAccount::Gap),
        Account::Twice => of(NumberAccount::Twice),
        Account::Case => of(NumberAccount::Case),
        Account::Void { reason, role, at } => NumberRange {
            void_reason: reason.number().into(),
            voided_at: Some(timestamp(at)),
            voided_by_role: role,
            ..of(NumberAccount::Void)
        },
        Account::Field { temporary_no } => NumberRange {
            temporary_no,
            ..of(NumberAccount::Field)
        },
        Account::Paper => of(NumberAccount::Paper),
        Account::Reserved { counter } => NumberRange {
            counter,
            ..of(NumberAccount::Reserved)
        },
        Account::BlockUnused { counter, reason } => NumberRange {
            counter,
            close_reason: reason.number().into(),
            ..of(NumberAccount::BlockUnused)
        },
    }
}
