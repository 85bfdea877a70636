//! Reading what a proposed calendar would do to the open clocks.

use uuid::Uuid;
use xinqiao_chassis::{
    desk::Act,
    permission::{CaseFacts, Resource},
    refusal::{Fields, Page, Refusal},
};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::supervision::{
    ClockDates, ListCalendarPreviewRequest, ListCalendarPreviewResponse, MovingClock,
};

use super::refuse;
use crate::store::{self, previews::ShownRow};

/// One page of the clocks that would change.
pub(super) async fn list_calendar_preview(
    act: &mut Act,
    query: ListCalendarPreviewRequest,
) -> Result<ListCalendarPreviewResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), refuse::unknown_proposal)?;
    let mut fields = Fields::new();
    let proposal_id = fields.uuid("proposal_id", &query.proposal_id);
    let page: Page<Uuid> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let proposal_id = proposal_id.unwrap_or_default();
    let (version, complete) = store::previews::standing(act.conn(), district, proposal_id)
        .await?
        .ok_or_else(refuse::unknown_proposal)?;
    let mut rows = store::previews::page(
        act.conn(),
        district,
        proposal_id,
        query.told_only,
        page.after,
        page.limit(),
    )
    .await?;
    let info = page.cut(&mut rows, |row| row.clock_id);
    act.only_known(&mut rows, |row| header(district, row));
    Ok(ListCalendarPreviewResponse {
        version,
        complete,
        clocks: rows.into_iter().map(moving).collect(),
        page: Some(info),
    })
}

/// What decides about a row. Cases of the sealed compartment are none.
fn header(district: DistrictCode, row: &ShownRow) -> Resource {
    let state = row.case_state.parse().expect("invariant: written from a state");
    Resource::Case(CaseFacts {
        leader: row.responsible_leader_id,
        ..CaseFacts::new(district, row.case_id, state)
    })
}

fn moving(row: ShownRow) -> MovingClock {
    MovingClock {
        case_id: row.case_id.to_string(),
        case_no: row.case_no,
        clock_id: row.clock_id.to_string(),
        clock: row.code,
        before: Some(ClockDates {
            due_raw: row.old_raw.to_string(),
            due_eff: row.old_eff.to_string(),
            due_safe: row.old_safe.to_string(),
            provisional: row.old_provisional,
        }),
        after: Some(ClockDates {
            due_raw: row.new_raw.to_string(),
            due_eff: row.new_eff.to_string(),
            due_safe: row.new_safe.to_string(),
            provisional: row.new_provisional,
        }),
        told: row.told,
        kept: row.kept,
    }
}
