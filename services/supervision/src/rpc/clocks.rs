//! Reading the clocks: of a case with their derivation, and the desk of what is due.

use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::{
    desk::Act,
    permission::{CaseFacts, Resource, Right},
    refusal::{Fields, Page, Refusal},
};
use xinqiao_kernel::{
    Calendar, ClockCode, DistrictCode,
    term::{AMBER_WORKING_DAYS, DayRole, DerivedDay, Standing},
};
use xinqiao_proto::{
    common::{Bilingual, LegalTerm, TermUnit},
    supervision::{
        self, ClockState as WireState, Colour, DerivationDay, DueClock, ListClocksRequest,
        ListClocksResponse, ListDueRequest, ListDueResponse,
    },
};

use super::{refuse, visible};
use crate::{
    domain::clocks::{Clock, ClockState, Level, is_right},
    events::wire,
    store::{
        self,
        clocks::Ledger,
        desk::{DeskFilter, DeskRow},
    },
};

/// The clocks of a case.
pub(super) async fn list_clocks(
    act: &mut Act,
    query: ListClocksRequest,
) -> Result<ListClocksResponse, Refusal> {
    let case = visible(act, &query.case_id).await?;
    let district = act.district();
    let ledger = if query.without_derivation {
        Ledger::Leave
    } else {
        Ledger::Read
    };
    let clocks = store::clocks::of_case(act.conn(), district, case.id, ledger).await?;
    let now = act.now();
    let calendar = act.calendar();
    Ok(ListClocksResponse {
        case_id: case.id.to_string(),
        case_no: case.number.to_string(),
        clocks: clocks
            .all
            .iter()
            .map(|clock| encode(clock, now, calendar))
            .collect(),
    })
}

fn encode(clock: &Clock, now: OffsetDateTime, calendar: &Calendar) -> supervision::Clock {
    let at = clock.stopped_at.unwrap_or(now);
    supervision::Clock {
        clock_id: clock.id.to_string(),
        term: Some(wire::legal_term(clock)),
        round: clock.round,
        state: state(clock.state).into(),
        colour: colour(clock, at, calendar).into(),
        purpose: Some(Bilingual {
            zh: clock.code.zh().to_owned(),
            en: clock.code.en().to_owned(),
        }),
        source: clock.code.rule().source.to_owned(),
        started_at: Some(wire::timestamp(clock.started_at)),
        stopped_at: clock.stopped_at.map(wire::timestamp),
        stopped_by: clock.stopped_by.clone().unwrap_or_default(),
        differed: clock.differed,
        rungs: clock.rungs.iter().filter_map(rung).collect(),
        derivation: clock.due.derivation.iter().map(day).collect(),
    }
}

const fn state(state: ClockState) -> WireState {
    match state {
        ClockState::Running => WireState::Running,
        ClockState::Met => WireState::Met,
        ClockState::Cancelled => WireState::Cancelled,
        ClockState::Expired => WireState::Expired,
        ClockState::Replaced => WireState::Replaced,
    }
}

fn colour(clock: &Clock, at: OffsetDateTime, calendar: &Calendar) -> Colour {
    if is_right(clock.code) {
        return Colour::Green;
    }
    match clock.due.standing(at, calendar) {
        Standing::Green => Colour::Green,
        Standing::Amber => Colour::Amber,
        Standing::Red => Colour::Red,
        Standing::Overdue => Colour::Overdue,
    }
}

/// A level of a duty; the end of a right is told by its state.
fn rung(rung: &crate::domain::clocks::Rung) -> Option<supervision::Rung> {
    let level = match rung.level {
        Level::Amber => Colour::Amber,
        Level::Red => Colour::Red,
        Level::Overdue => Colour::Overdue,
        Level::End => return None,
    };
    Some(supervision::Rung {
        level: level.into(),
        due_at: Some(wire::timestamp(rung.due_at)),
        fired_at: rung.fired_at.map(wire::timestamp),
    })
}

fn day(day: &DerivedDay) -> DerivationDay {
    let kind = match day.role {
        DayRole::Start => "start",
        DayRole::ExtensionStart => "extension_start",
        DayRole::Counted => "counted",
        DayRole::PassedOver => "passed_over",
        DayRole::Rolled => "rolled",
        DayRole::RolledTo => "rolled_to",
        DayRole::Kept => "kept",
    };
    DerivationDay {
        date: day.date.to_string(),
        kind: kind.to_owned(),
        reason: day.reason.clone(),
        counted: day.counted.unwrap_or(0),
    }
}

/// The desk of what is due.
pub(super) async fn list_due(act: &mut Act, query: ListDueRequest) -> Result<ListDueResponse, Refusal> {
    let mut fields = Fields::new();
    let page: Page<(Date, Uuid)> = Page::read(&mut fields, "page", query.page.as_ref());
    let colours = read_colours(&mut fields, &query.colours);
    let codes = read_codes(&mut fields, &query.clocks);
    fields.finish()?;
    let here = Resource::District(act.district());
    act.authorise(&here, refuse::unknown_case)?;
    let district_wide = act.permits(Right::ReadRegister, &here);
    let caller = act.caller();
    let filter = DeskFilter {
        codes,
        colours,
        rights: rights(),
        // A leader sees his own cases; without a leader's identity, none.
        leader_id: (!district_wide).then(|| caller.leader_id.unwrap_or_default()),
        today: act.today(),
        amber_until: amber_until(act.today(), act.calendar()),
        after: page.after,
    };
    let district = act.district();
    let mut rows = store::desk::page(act.conn(), district, &filter, page.limit()).await?;
    let info = page.cut(&mut rows, |row| (row.due_eff, row.clock_id));
    act.only_known(&mut rows, |row| header(district, row));
    Ok(ListDueResponse {
        clocks: rows.into_iter().map(due_clock).collect(),
        page: Some(info),
    })
}

/// What decides about a row. Cases of the sealed compartment are none.
fn header(district: DistrictCode, row: &DeskRow) -> Resource {
    let state = row.case_state.parse().expect("invariant: written from a state");
    Resource::Case(CaseFacts {
        leader: row.responsible_leader_id,
        ..CaseFacts::new(district, row.case_id, state)
    })
}

/// The codes of clocks that are rights: they have no colour but green.
fn rights() -> Vec<String> {
    let rules = xinqiao_kernel::clock::RULES.iter();
    rules
        .filter(|rule| is_right(rule.code))
        .map(|rule| rule.code.to_string())
        .collect()
}

/// The last safe date that is amber today: amber begins three working days before the safe date, and a later safe
/// date never turns amber earlier.
fn amber_until(today: Date, calendar: &Calendar) -> Date {
    let mut until = today;
    while calendar.working_days_before(until + Duration::DAY, AMBER_WORKING_DAYS) <= today {
        until += Duration::DAY;
    }
    until
}

fn read_colours(fields: &mut Fields, colours: &[i32]) -> Vec<String> {
    let mut names = Vec::new();
    for (index, colour) in colours.iter().enumerate() {
        match fields.choice::<Colour>(&format!("colours[{index}]"), *colour) {
            Some(Colour::Green) => names.push("green".to_owned()),
            Some(Colour::Amber) => names.push("amber".to_owned()),
            Some(Colour::Red) => names.push("red".to_owned()),
            Some(Colour::Overdue) => names.push("overdue".to_owned()),
            Some(Colour::Unspecified) | None => {}
        }
    }
    names
}

fn read_codes(fields: &mut Fields, clocks: &[String]) -> Vec<String> {
    let mut codes = Vec::new();
    for (index, clock) in clocks.iter().enumerate() {
        let code = clock.parse::<ClockCode>().ok();
        let field = format!("clocks[{index}]");
        let code = fields.some(
            field,
            code,
            "UNKNOWN_CLOCK",
            "期限代码须为 K0 至 K23",
            "clocks are named K0 to K23",
        );
        codes.extend(code.map(|code| code.to_string()));
    }
    codes
}

fn due_clock(row: DeskRow) -> DueClock {
    let unit = if row.term_unit == "day" {
        TermUnit::Day
    } else {
        TermUnit::WorkingDay
    };
    let colour = match row.colour.as_str() {
        "amber" => Colour::Amber,
        "red" => Colour::Red,
        "overdue" => Colour::Overdue,
        _ => Colour::Green,
    };
    DueClock {
        case_id: row.case_id.to_string(),
        case_no: row.case_no,
        clock_id: row.clock_id.to_string(),
        term: Some(LegalTerm {
            clock: row.code,
            start_date: row.start_date.to_string(),
            length: store::count(row.term_length),
            unit: unit.into(),
            calendar_version: row.calendar_version,
            due_raw: row.due_raw.to_string(),
            due_eff: row.due_eff.to_string(),
            due_safe: row.due_safe.to_string(),
            provisional: row.provisional,
        }),
        colour: colour.into(),
        case_state: row.case_state,
        responsible_leader_id: row
            .responsible_leader_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
    }
}
