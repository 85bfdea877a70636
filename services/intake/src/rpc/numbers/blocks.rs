//! Blocks of numbers for the counters of the hall.

use tonic::Code;
use xinqiao_chassis::desk::{Act, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_proto::intake::{
    CloseBlockRequest, CloseBlockResponse, ListBlocksRequest, ListBlocksResponse, NumberBlock,
    ReserveBlockRequest, ReserveBlockResponse,
};

use super::year;
use crate::config::NumberSettings;
use crate::domain::codes::BlockCloseReason;
use crate::store::cases::By;
use crate::store::number_blocks::{self as rows, Reserved, Row, Wanted};
use crate::store::registration::Series;

const COUNTER_MAX: usize = 30;

pub(super) async fn reserve(
    act: &mut Act,
    limits: NumberSettings,
    query: ReserveBlockRequest,
) -> Result<ReserveBlockResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_block)?;
    let mut fields = Fields::new();
    let counter = fields.text("counter", &query.counter, 1..=COUNTER_MAX);
    fields.require(
        "numbers",
        (1..=limits.block_max).contains(&query.numbers),
        "OUT_OF_RANGE",
        format_args!("一次预留1至{}个号码", limits.block_max),
        format_args!("a block has 1 to {} numbers", limits.block_max),
    );
    fields.finish()?;
    let (actor, at, year) = (act.actor_ref().to_owned(), act.now(), act.today().year());
    let wanted = Wanted {
        id: random::new_id(),
        year: i16::try_from(year).expect("invariant: years have four digits"),
        numbers: query.numbers,
        counter: &counter,
        paper: act.district_file().paper_last(year),
    };
    let by = By { actor: &actor, at };
    match rows::reserve(act.conn(), district, wanted, limits.blocks_open_max, by).await? {
        Reserved::Block(row) => {
            note(act, &row, "reserved");
            Ok(ReserveBlockResponse {
                block: Some(view(row)),
            })
        }
        Reserved::TooMany => Err(too_many(limits.blocks_open_max)),
        Reserved::Exhausted => Err(Series::Counter.exhausted()),
    }
}

pub(super) async fn close(act: &mut Act, query: CloseBlockRequest) -> Result<CloseBlockResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_block)?;
    let mut fields = Fields::new();
    let id = fields.uuid("number_block_id", &query.number_block_id);
    let reason = fields.choice::<BlockCloseReason>("reason", query.reason);
    fields.finish()?;
    let (id, reason) = id.zip(reason).expect("invariant: nothing was wrong");
    let row = rows::take(act.conn(), district, id)
        .await?
        .ok_or_else(no_such_block)?;
    if row.closed_at.is_some() {
        return Err(closed());
    }
    let (actor, at) = (act.actor_ref().to_owned(), act.now());
    let row = rows::close(act.conn(), district, id, reason, By { actor: &actor, at }).await?;
    note(act, &row, "closed");
    Ok(CloseBlockResponse {
        block: Some(view(row)),
    })
}

pub(super) async fn list(act: &mut Act, query: ListBlocksRequest) -> Result<ListBlocksResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_block)?;
    let mut fields = Fields::new();
    let year = year(&mut fields, query.year);
    let page: Page<i32> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let wanted = (year.expect("invariant: nothing was wrong"), query.open);
    let mut found = rows::list(act.conn(), district, wanted, page.after, page.limit()).await?;
    let info = page.cut(&mut found, |row| row.first);
    Ok(ListBlocksResponse {
        blocks: found.into_iter().map(view).collect(),
        page: Some(info),
    })
}

/// Leaves in the audit chain which numbers it is about.
fn note(act: &mut Act, row: &Row, step: &str) {
    let told = [
        step.to_owned(),
        format!("year={}", row.year),
        format!("first={}", row.first),
        format!("last={}", row.last),
        format!("taken={}", row.taken),
    ];
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    act.audit(object_ref("number_block", row.id), &told, None);
}

fn view(row: Row) -> NumberBlock {
    NumberBlock {
        number_block_id: row.id.to_string(),
        year: u32::from(row.year.unsigned_abs()),
        first: row.first.unsigned_abs(),
        last: row.last.unsigned_abs(),
        used: (row.taken - row.first + 1).unsigned_abs(),
        counter: row.counter,
        reserved_at: Some(timestamp(row.created_at)),
        closed_at: row.closed_at.map(timestamp),
        close_reason: row.close_reason.unwrap_or_default().into(),
    }
}

/// The same for a block that does not exist and one of another district.
fn no_such_block() -> Refusal {
    Refusal::not_found("该预留号段", "the block of numbers")
}

fn closed() -> Refusal {
    Refusal::new(
        Code::FailedPrecondition,
        "BLOCK_CLOSED",
        "该预留号段已经关闭",
        "the block is closed already",
    )
}

fn too_many(max: u32) -> Refusal {
    Refusal::new(
        Code::FailedPrecondition,
        "TOO_MANY_BLOCKS",
        format!("本区县已有{max}个预留号段尚未关闭，请先关闭不用的号段"),
        format!("{max} blocks of the district are open; close those that are not used any more"),
    )
}
