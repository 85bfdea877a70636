//! Planning a year.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::districts::District;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::scheduling as wire_v1;

use super::announce;
use crate::domain::reception_day::{Kind, State};
use crate::domain::roster::{self, PlannedDay, Turn};
use crate::domain::slots::HallPlan;
use crate::rpc::error::Error;
use crate::rpc::wire;
use crate::store;
use crate::store::days::ReceptionDay;
use crate::store::leaders::Leader;

/// Years behind and ahead of today's that can be planned.
const YEARS_BEHIND: i32 = 1;
const YEARS_AHEAD: i32 = 2;

pub(super) async fn generate(
    act: &mut Act,
    query: wire_v1::GenerateRosterRequest,
) -> Result<wire_v1::GenerateRosterResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let bounds = year(&mut fields, query.year, act.today());
    let team = store::leaders::team(act).await?;
    let order = rota(&mut fields, &query.leader_ids, &team);
    fields.finish()?;
    let Some((first, last)) = bounds else {
        return Err(Refusal::internal(&"the year was checked"));
    };
    let turns = turns(act, order, first, last).await?;
    let there = store::days::dates(act, first, last).await?;
    let standing = store::days::between(act, first, last).await?;
    let held: Vec<Uuid> = standing.iter().map(|day| day.leader_id).collect();
    let mut days = roster::session_days(act.calendar(), query.year);
    days.retain(|session| !there.contains(&session.day));
    let plan = roster::assign(&days, &turns, &held).map_err(Error::from)?;
    let mut added = 0;
    for planned in &plan {
        let day = planned_day(act.district_file(), planned);
        if add(act, &day).await? {
            added += 1;
        }
    }
    let all = store::days::between(act, first, last).await?;
    Ok(wire_v1::GenerateRosterResponse {
        reception_days: all.iter().map(wire::reception_day).collect(),
        added,
    })
}

/// The bounds of a year that can be planned or published.
pub(super) fn year(fields: &mut Fields, year: i32, today: Date) -> Option<(Date, Date)> {
    let known = (today.year() - YEARS_BEHIND..=today.year() + YEARS_AHEAD).contains(&year);
    let bounds = known.then(|| wire::year_bounds(year)).flatten();
    fields.some(
        "year",
        bounds,
        "OUT_OF_RANGE",
        "年份须在去年至后年之间",
        "year is from last year to the year after next",
    )
}

/// Adds a planned day with its slots and announces it. False when the date has a session already.
pub(super) async fn add(act: &mut Act, day: &ReceptionDay) -> Result<bool, Refusal> {
    if !store::days::insert(act, day).await? {
        return Ok(false);
    }
    let hall = hall(act.district_file());
    store::slots::insert(act, day.id, i32::from(hall.minutes), &hall.slots()).await?;
    announce(act, "reception_day.planned", day);
    Ok(true)
}

/// A day of the plan as a row.
pub(super) fn planned_day(district: &District, planned: &PlannedDay) -> ReceptionDay {
    let hours = hall(district).hours();
    let (open_from, open_to) = hours.expect("invariant: a district file names at least one session");
    ReceptionDay {
        id: random::new_id(),
        day: planned.session.day,
        kind: planned.session.kind,
        state: State::Planned,
        leader_id: planned.leader_id,
        backup_leader_id: planned.backup_leader_id,
        hall: district.reception.name_zh.clone(),
        open_from,
        open_to,
        provisional: planned.session.provisional,
        published_at: None::<OffsetDateTime>,
        cancel_reason: None,
        substitute_id: None,
        joint_leader_ids: Vec::new(),
        duty_unit_ids: Vec::new(),
        version: 1,
    }
}

/// An extra day in place of a cancelled one, with the same leaders.
pub(super) fn substitute(act: &Act, cancelled: &ReceptionDay, day: Date) -> ReceptionDay {
    let session = roster::SessionDay {
        day,
        kind: Kind::Extra,
        provisional: act.calendar().is_provisional(day),
    };
    let (leader_id, backup_leader_id) = (cancelled.leader_id, cancelled.backup_leader_id);
    let planned = PlannedDay {
        session,
        leader_id,
        backup_leader_id,
    };
    ReceptionDay {
        joint_leader_ids: cancelled.joint_leader_ids.clone(),
        duty_unit_ids: cancelled.duty_unit_ids.clone(),
        ..planned_day(act.district_file(), &planned)
    }
}

fn hall(district: &District) -> HallPlan {
    let reception = &district.reception;
    HallPlan {
        stretches: reception
            .sessions
            .iter()
            .map(|session| (session.start, session.end))
            .collect(),
        minutes: reception.slot_minutes,
        rooms: reception.rooms.clone(),
        walk_in_slots: reception.walk_in_slots,
    }
}

/// Who takes turns: those named, or the whole team.
fn rota(fields: &mut Fields, named: &[String], team: &[Leader]) -> Vec<Uuid> {
    if named.is_empty() {
        return team.iter().map(|leader| leader.id).collect();
    }
    let mut order = Vec::with_capacity(named.len());
    for (index, text) in named.iter().enumerate() {
        let field = format!("leader_ids[{index}]");
        let Some(id) = fields.uuid(&field, text) else {
            continue;
        };
        let of_the_team = team.iter().any(|leader| leader.id == id);
        if !of_the_team {
            fields.about(
                &field,
                "UNKNOWN_LEADER",
                "不存在或已停用",
                "is not known or active",
            );
        }
        if order.contains(&id) {
            fields.about(&field, "DUPLICATE", "重复", "is named twice");
        }
        order.push(id);
    }
    order
}

/// Who takes turns, with his leave in a stretch.
pub(crate) async fn turns(
    act: &mut Act,
    order: Vec<Uuid>,
    first: Date,
    last: Date,
) -> Result<Vec<Turn>, Refusal> {
    let leave = store::leaders::leave_between(act, first, last).await?;
    let turn = |leader_id: Uuid| {
        let own = leave.iter().filter(|leave| leave.leader_id == leader_id);
        Turn {
            leader_id,
            leave: own.map(|leave| (leave.first_day, leave.last_day)).collect(),
        }
    };
    Ok(order.into_iter().map(turn).collect())
}
