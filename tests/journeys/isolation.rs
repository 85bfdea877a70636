//! Another district's case cannot be told from one that does not exist: every RPC answers both alike, to the byte.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use time::{Date, OffsetDateTime, macros::date};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use xinqiao_kernel::{CaseNumber, local};
use xinqiao_local::journey::patience::describe;
use xinqiao_local::journey::schedule::Day;
use xinqiao_local::journey::{Cast, Journey, masters, script::Script};
use xinqiao_local::people::{DISTRICT_A, DISTRICT_B, LEADER_ZHANG, PEOPLE, UNIT_HOUSING};
use xinqiao_proto::intake::{GetCaseRequest, get_case_request};
use xinqiao_proto::scheduling::{
    AppointmentVisitor, BookAppointmentRequest, BookingChannel, ListFreeSlotsRequest,
};
use xinqiao_tests::dynamic::{Filling, Rpc, rpcs};
use xinqiao_tests::fleet::Fleet;

/// Stands in every text of the foreign district.
const MARK: &str = "〔东昌标记〕";

/// Commands that make something of the caller's own under an id he chooses: that field looks nothing up.
const OWN_IDS: [(&str, &str); 2] = [
    ("/xinqiao.assignment.v1.UnitService/PutUnit", "unit_id"),
    ("/xinqiao.scheduling.v1.MasterService/PutLeader", "leader_id"),
];
/// Reasons by which a field says that what it names is not there.
const NOT_THERE: [&str; 3] = ["UNKNOWN_LEADER", "UNKNOWN_UNIT", "NOT_FOUND"];

/// What the fields that name something are filled with: the foreign district's, or nobody's.
struct Names {
    by_field: BTreeMap<&'static str, String>,
    /// A field whose id the caller chooses.
    own: Option<&'static str>,
    now: OffsetDateTime,
}

impl Filling for Names {
    fn name_of(&self, field: &str) -> String {
        if self.own == Some(field) {
            return random_id();
        }
        let known = self
            .by_field
            .iter()
            .find(|(name, _)| field.trim_end_matches('s').ends_with(**name));
        known.map_or_else(random_id, |(_, id)| id.clone())
    }

    fn text_of(&self, field: &str) -> Option<String> {
        let today = local::local_date(self.now);
        let text = match field {
            "page_token" | "cause_code" | "addr_code" | "landline" | "file_sha256" | "path" | "due_hint"
            | "certificate_pem" | "substitute_day" | "uscc" => String::new(),
            "query_code" => random_code(),
            "phone_last_four" => "0002".to_owned(),
            "content_code" => "030100".to_owned(),
            "district_code" | "problem_loc_code" => DISTRICT_B.to_owned(),
            "problem_town_code" => format!("{DISTRICT_B}100"),
            "field_code" | "portfolio" => "03".to_owned(),
            "item" => "13".to_owned(),
            "id_no" => "440524188001010014".to_owned(),
            "mobile" | "phone" => "19900000002".to_owned(),
            "start" => "09:00".to_owned(),
            "room" => "1".to_owned(),
            "name" | "title" | "addressee" | "contact" | "place" | "by" | "result" | "article" => {
                "测试甲乙丙丁".to_owned()
            }
            "postmark_on" | "received_on" | "served_on" | "notice_served_on" => today.to_string(),
            "feedback_due" | "plan_due" | "due" | "day" | "last_day" | "to" => after(today, 7).to_string(),
            "first_day" | "from" => after(today, 1).to_string(),
            _ => return None,
        };
        Some(text)
    }

    fn now(&self) -> OffsetDateTime {
        self.now
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_districts_case_is_answered_as_one_that_does_not_exist() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    fleet.settle(DISTRICT_B).await?;
    let foreign = play(&fleet, &cast).await?;
    fleet.quiet().await?;
    let before = fleet.digests().await?;
    let now = fleet.platform.legal_time()?;

    let mut found = Vec::new();
    let mut looked_up = 0;
    for rpc in rpcs()?.into_iter().filter(Rpc::names_something) {
        match compare(&fleet, &rpc, &foreign, now).await {
            Ok(()) => looked_up += 1,
            Err(error) => found.push(format!("{}: {error:#}", rpc.path())),
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    eprintln!("{looked_up} RPCs answer a foreign id as one that does not exist");
    fleet.quiet().await?;
    of_the_foreign_district_nothing_changed(&before, &fleet.digests().await?)?;
    fleet.end().await
}

/// A whole journey in the foreign district, and an appointment: the ids that exist there.
async fn play(fleet: &Fleet, cast: &Cast) -> Result<BTreeMap<&'static str, String>> {
    let (session, schedule) = fleet.next_session(cast).await?;
    let reception_day_id = session.reception_day_id.clone();
    let appointment_id = book(cast, &session.day).await?;
    let mut journey = Journey::new(cast, Script::marked(MARK), schedule.clone(), reception_day_id);
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        if day == Day::Reception {
            masters::open(&cast.clerk, &session).await?;
        }
        journey.act(day).await?;
    }
    let registered = journey.registration()?.clone();
    let query = GetCaseRequest {
        case: Some(get_case_request::Case::CaseId(registered.case_id.clone())),
    };
    let seen = cast.clerk.cases().get_case(query).await?.into_inner();
    let petitioner = seen
        .submissions
        .first()
        .and_then(|submission| submission.petitioners.first())
        .context("nobody petitions")?;
    Ok(BTreeMap::from([
        ("case_id", registered.case_id),
        ("case_no", registered.case_no),
        ("petitioner_id", petitioner.petitioner_id.clone()),
        ("reception_id", seen.reception_id),
        ("reception_day_id", session.reception_day_id),
        ("appointment_id", appointment_id),
        ("package_id", journey.package_id.clone().context("no package")?),
        ("leader_id", LEADER_ZHANG.to_string()),
        ("unit_id", UNIT_HOUSING.to_string()),
    ]))
}

async fn book(cast: &Cast, day: &str) -> Result<String> {
    let query = ListFreeSlotsRequest { day: day.to_owned() };
    let free = cast
        .clerk
        .appointments()
        .list_free_slots(query)
        .await?
        .into_inner();
    let request = BookAppointmentRequest {
        request_id: random_id(),
        slot: free.slots.first().cloned(),
        visitors: vec![AppointmentVisitor {
            name: "测试乙".to_owned(),
            id_no: "440524188001010014".to_owned(),
            phone: "19900000003".to_owned(),
        }],
        subject: format!("外墙改造后房屋漏雨{MARK}"),
        case_id: String::new(),
        channel: BookingChannel::Counter.into(),
    };
    let booked = cast
        .clerk
        .appointments()
        .book_appointment(request)
        .await?
        .into_inner();
    Ok(booked.appointment.unwrap_or_default().appointment_id)
}

/// A query code that nobody has, another each time: one that fails often is locked.
fn random_code() -> String {
    let letters = random_id().to_uppercase().replace('-', "");
    letters
        .chars()
        .rev()
        .take(10)
        .collect::<String>()
        .replace('0', "X")
        .replace('1', "Y")
}

/// Calls one RPC as everybody of district B, with the foreign ids and with random ones. Fails also when nobody
/// got as far as the look-up.
async fn compare(
    fleet: &Fleet,
    rpc: &Rpc,
    foreign: &BTreeMap<&'static str, String>,
    now: OffsetDateTime,
) -> Result<()> {
    let own = OWN_IDS.iter().find(|(path, _)| *path == rpc.path());
    let own = own.map(|(_, field)| *field);
    let theirs = Names {
        by_field: foreign.clone(),
        own,
        now,
    };
    let nobodys = Names {
        by_field: nobodys_names()?,
        own,
        now,
    };
    let channel = fleet.platform.channel(&rpc.process()?)?;
    let mut looked_up = own.is_some();
    let mut refused_for = Vec::new();
    for person in PEOPLE.iter().filter(|person| person.district == DISTRICT_B) {
        let token = fleet.platform.issuer.token(person)?;
        for (with_theirs, with_nobodys) in rpc.requests(&theirs).into_iter().zip(rpc.requests(&nobodys)) {
            let foreign_answer = rpc.call(channel.clone(), &token, with_theirs).await;
            let nobodys_answer = rpc.call(channel.clone(), &token, with_nobodys).await;
            match (foreign_answer, nobodys_answer) {
                (Err(foreign), Err(nobodys)) => {
                    must_be_alike(&foreign, &nobodys)?;
                    looked_up |= foreign.code() == Code::NotFound || names_what_is_not_there(&foreign);
                    refused_for.push(describe(&foreign));
                }
                (Ok(foreign), Ok(nobodys)) => {
                    let shown = rpc.show(&foreign);
                    ensure!(!shown.contains(MARK), "{} sees {shown}", person.name);
                    ensure!(
                        rpc.is_command() || foreign == nobodys,
                        "{} sees {shown} and, of nobody, {}",
                        person.name,
                        rpc.show(&nobodys)
                    );
                    looked_up = true;
                }
                (foreign, nobodys) => bail!(
                    "{} is answered differently: {} and {}",
                    person.name,
                    outcome(&foreign),
                    outcome(&nobodys)
                ),
            }
        }
    }
    refused_for.dedup();
    ensure!(looked_up, "never got as far as looking it up: {refused_for:#?}");
    Ok(())
}

fn names_what_is_not_there(status: &Status) -> bool {
    let details = status.get_details_bad_request();
    let named = details.map(|details| details.field_violations);
    let mut named = named.into_iter().flatten();
    named.any(|named| NOT_THERE.contains(&named.reason.as_str()))
}

fn must_be_alike(foreign: &Status, nobodys: &Status) -> Result<()> {
    ensure!(
        foreign.code() == nobodys.code()
            && foreign.message() == nobodys.message()
            && foreign.details() == nobodys.details(),
        "{} is not {}",
        describe(foreign),
        describe(nobodys)
    );
    Ok(())
}

fn outcome(answer: &Result<Vec<u8>, Status>) -> String {
    match answer {
        Ok(bytes) => format!("{} bytes", bytes.len()),
        Err(status) => describe(status),
    }
}

/// Ids that exist nowhere, and a number that was never given.
fn nobodys_names() -> Result<BTreeMap<&'static str, String>> {
    let number: CaseNumber = "XF-220503-2026-2-000123-8".parse()?;
    Ok(BTreeMap::from([("case_no", number.to_string())]))
}

/// Events of B's own acts may have come; of A's entities every line is as before.
fn of_the_foreign_district_nothing_changed(
    before: &BTreeMap<&'static str, String>,
    after: &BTreeMap<&'static str, String>,
) -> Result<()> {
    let of_a = |digest: &str| {
        let district = format!("\"district\":\"{DISTRICT_A}\"");
        digest
            .lines()
            .filter(|line| line.contains(&district))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (service, before) in before {
        let after = after.get(service).map(String::as_str).unwrap_or_default();
        ensure!(
            of_a(before) == of_a(after),
            "{service} has something else of {DISTRICT_A} now"
        );
        ensure!(!of_a(before).is_empty(), "{service} has nothing of {DISTRICT_A}");
    }
    Ok(())
}

fn random_id() -> String {
    xinqiao_chassis::random::new_id().to_string()
}

fn after(day: Date, days: i64) -> Date {
    day + time::Duration::days(days)
}
