//! Another district's case cannot be told from one that does not exist: every RPC that names something answers both
//! alike, to the byte; and no RPC shows anything of another district to who names nothing, nor of another case to who
//! holds a token for one.

mod callers;
mod foreign;

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use time::{Date, OffsetDateTime, macros::date};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use xinqiao_kernel::{CaseNumber, local};
use xinqiao_local::journey::patience::describe;
use xinqiao_local::people::{DISTRICT_A, DISTRICT_B};
use xinqiao_tests::dynamic::{Filling, Rpc, rpcs};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::secrets::Secrets;

use callers::{ACCOUNT, Caller};
use foreign::{Foreign, Ids, MARK, WORD};

/// Commands that make something of the caller's own under an id he chooses: that field looks nothing up.
const OWN_IDS: [(&str, &str); 2] = [
    ("/xinqiao.assignment.v1.UnitService/PutUnit", "unit_id"),
    ("/xinqiao.scheduling.v1.MasterService/PutLeader", "leader_id"),
];
/// Reasons by which a field says that what it names is not there.
const NOT_THERE: [&str; 6] = [
    "UNKNOWN_BLOCK",
    "UNKNOWN_CASE",
    "UNKNOWN_LEADER",
    "UNKNOWN_UNIT",
    "UNKNOWN_RECEPTION_DAY",
    "NOT_FOUND",
];

/// What the fields that name something are filled with: the foreign district's, or nobody's.
struct Names {
    by_field: Ids,
    /// A field whose id the caller chooses.
    own: Option<&'static str>,
    now: OffsetDateTime,
}

/// Nothing is named: lists and desks show what the caller may see.
struct Unnamed {
    texts: Names,
    /// On which both districts receive.
    reception_day: String,
}

impl Filling for Unnamed {
    fn name_of(&self, _: &str) -> String {
        String::new()
    }

    fn text_of(&self, field: &str) -> Option<String> {
        match field {
            "query" => Some(WORD.to_owned()),
            "day" => Some(self.reception_day.clone()),
            _ => self.texts.text_of(field),
        }
    }

    fn now(&self) -> OffsetDateTime {
        self.texts.now
    }
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
        let text =
            match field {
                "page_token" | "cause_code" | "addr_code" | "landline" | "file_sha256" | "path"
                | "due_hint" | "certificate_pem" | "substitute_day" | "uscc" | "birth_date" | "email"
                | "post_addr" | "post_code" => String::new(),
                "query_code" => random_code(),
                "phone_last_four" => "0002".to_owned(),
                "content_code" => "030100".to_owned(),
                "district_code" | "problem_loc_code" => DISTRICT_B.to_owned(),
                "problem_town_code" => format!("{DISTRICT_B}100"),
                "field_code" | "portfolio" => "03".to_owned(),
                "item" => "13".to_owned(),
                "id_no" => "440524188001010014".to_owned(),
                "mobile" | "phone" | "caller_number" => "19900000002".to_owned(),
                "number" | "sender_number" => "2026-0001".to_owned(),
                "start" => "09:00".to_owned(),
                "room" => "1".to_owned(),
                "name" | "title" | "addressee" | "contact" | "place" | "by" | "result" | "article"
                | "staff" => ACCOUNT.to_owned(),
                "postmark_on" | "received_on" | "served_on" | "notice_served_on" | "sender_on"
                | "told_on" => today.to_string(),
                "sender_due" | "feedback_due" | "plan_due" | "due" | "day" | "last_day" | "to" => {
                    after(today, 7).to_string()
                }
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
    let neighbours = fleet.settle(DISTRICT_B).await?;
    let foreign = Foreign::play(&fleet, &cast).await?;
    let own = callers::own_case(&neighbours.clerk, DISTRICT_B).await?;
    fleet.quiet().await?;
    let before = fleet.digests().await?;
    let now = fleet.platform.legal_time()?;
    let callers = callers::of_its_district(&fleet, &own).await?;

    let mut found = Vec::new();
    let mut looked_up = 0;
    for rpc in rpcs()?.into_iter().filter(Rpc::names_something) {
        match compare(&fleet, &rpc, &foreign, &callers, now).await {
            Ok(()) => looked_up += 1,
            Err(error) => found.push(format!("{}: {error:#}", rpc.path())),
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    eprintln!("{looked_up} RPCs answer a foreign id as one that does not exist");

    let (next, _) = fleet.next_session(&neighbours).await?;
    let unnamed = Unnamed {
        texts: Names {
            by_field: Ids::new(),
            own: None,
            now,
        },
        reception_day: next.day,
    };
    let shown = show_nothing_foreign(&fleet, &callers, &unnamed, &foreign.secrets()?).await?;
    ensure!(
        shown.contains(&own.case_no),
        "nobody is shown what is his own either"
    );
    fleet.quiet().await?;
    of_the_foreign_district_nothing_changed(&before, &fleet.digests().await?)?;
    fleet.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_one_case_shows_nothing_of_another() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let foreign = Foreign::play(&fleet, &cast).await?;
    let own = callers::own_case(&cast.clerk, DISTRICT_A).await?;
    fleet.quiet().await?;
    let now = fleet.platform.legal_time()?;
    let callers = callers::of_one_case(&fleet, &own).await?;
    let secrets = foreign.secrets_of_its_cases()?;
    let mut shown = String::new();
    for rpc in rpcs()?.into_iter().filter(|rpc| !rpc.is_command()) {
        let theirs = Names {
            by_field: foreign.names(&rpc),
            own: None,
            now,
        };
        let requests = rpc.requests(&theirs);
        shown += &show_nothing_of(&fleet, &rpc, &callers, &requests, &secrets)
            .await?
            .0;
    }
    ensure!(
        shown.contains(&own.case_no),
        "nobody is shown what is his own either"
    );
    fleet.end().await
}

/// Everybody calls whatever can be called without naming anything: every reading, and the commands that name nothing.
/// Returns all that was shown.
async fn show_nothing_foreign(
    fleet: &Fleet,
    callers: &[Caller],
    unnamed: &Unnamed,
    secrets: &Secrets,
) -> Result<String> {
    let mut all = String::new();
    for rpc in rpcs()? {
        if rpc.is_command() && rpc.names_something() {
            continue;
        }
        let mut requests = rpc.requests(unnamed);
        if !rpc.is_command() {
            // Nothing is narrowed down.
            requests.push(Vec::new());
        }
        let (shown, answers) = show_nothing_of(fleet, &rpc, callers, &requests, secrets).await?;
        let must_answer = !rpc.is_command() && !rpc.names_something();
        ensure!(answers > 0 || !must_answer, "{} answers nobody", rpc.path());
        all += &shown;
    }
    Ok(all)
}

/// Calls one RPC as everybody; fails when an answer or a refusal holds a secret. Returns what was shown, and how often.
async fn show_nothing_of(
    fleet: &Fleet,
    rpc: &Rpc,
    callers: &[Caller],
    requests: &[Vec<u8>],
    secrets: &Secrets,
) -> Result<(String, usize)> {
    let channel = fleet.platform.channel(rpc.process())?;
    let (mut shown, mut answers) = (String::new(), 0);
    for caller in callers {
        for request in requests {
            let place = format!("{} to {}", rpc.path(), caller.name);
            match rpc.call(channel.clone(), &caller.token, request.clone()).await {
                Ok(answer) => {
                    secrets.must_not_be_in(&place, &answer)?;
                    shown += &rpc.show(&answer);
                    answers += 1;
                }
                Err(status) => {
                    secrets.must_not_be_in(&place, status.message().as_bytes())?;
                    secrets.must_not_be_in(&place, status.details())?;
                }
            }
        }
    }
    Ok((shown, answers))
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
    foreign: &Foreign,
    callers: &[Caller],
    now: OffsetDateTime,
) -> Result<()> {
    let own = OWN_IDS.iter().find(|(path, _)| *path == rpc.path());
    let own = own.map(|(_, field)| *field);
    let theirs = Names {
        by_field: foreign.names(rpc),
        own,
        now,
    };
    let nobodys = Names {
        by_field: nobodys_names(&theirs.by_field)?,
        own,
        now,
    };
    let channel = fleet.platform.channel(rpc.process())?;
    let mut looked_up = own.is_some();
    let mut refused_for = Vec::new();
    for Caller { name, token } in callers {
        for (with_theirs, with_nobodys) in rpc.requests(&theirs).into_iter().zip(rpc.requests(&nobodys)) {
            let foreign_answer = rpc.call(channel.clone(), token, with_theirs).await;
            let nobodys_answer = rpc.call(channel.clone(), token, with_nobodys).await;
            match (foreign_answer, nobodys_answer) {
                (Err(foreign), Err(nobodys)) => {
                    must_be_alike(&foreign, &nobodys)?;
                    looked_up |= foreign.code() == Code::NotFound || names_what_is_not_there(&foreign);
                    refused_for.push(describe(&foreign));
                }
                (Ok(foreign), Ok(nobodys)) => {
                    let shown = rpc.show(&foreign);
                    ensure!(!shown.contains(MARK), "{name} sees {shown}");
                    ensure!(
                        rpc.is_command() || foreign == nobodys,
                        "{name} sees {shown} and, of nobody, {}",
                        rpc.show(&nobodys)
                    );
                    looked_up = true;
                }
                (foreign, nobodys) => bail!(
                    "{name} is answered differently: {} and {}",
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

/// Ids that exist nowhere, and a number that was never given: two fields name one thing where theirs do.
fn nobodys_names(theirs: &Ids) -> Result<Ids> {
    let number: CaseNumber = "XF-220503-2026-2-000123-8".parse()?;
    let mut stands_for = BTreeMap::new();
    let mut names: Ids = theirs
        .iter()
        .map(|(field, id)| (*field, stands_for.entry(id).or_insert_with(random_id).clone()))
        .collect();
    names.insert("case_no", number.to_string());
    Ok(names)
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
