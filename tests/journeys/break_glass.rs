//! AS-15: city support is let into one case, reads it wherever it is worked on and nothing else, changes nothing, and is
//! seen: by the audit chains, and by the petitioner, who also sees who else has opened his case.
//!
//! When the time is over no token is given any more, and none lives longer than the time. When the office ends it
//! before, no token is given from that moment on; the last one ends by itself within its ten minutes.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::Connection as _;
use time::{Duration, OffsetDateTime, macros::date};
use tonic::{Code, Response, Status};
use xinqiao_local::clients::Desk;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::patience::{describe, until};
use xinqiao_local::journey::schedule::{Day, Schedule};
use xinqiao_local::journey::{Cast, Journey, masters, script::Script};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_proto::archive::GetDossierRequest;
use xinqiao_proto::assignment::GetCaseFileRequest;
use xinqiao_proto::common::{Bilingual, PageRequest};
use xinqiao_proto::intake::{
    BreakGlass, BreakGlassState, EndBreakGlassRequest, GetCaseRequest, GetOwnCaseRequest,
    ListBreakGlassRequest, PetitionerField, UnmaskPetitionerRequest, get_case_request,
};
use xinqiao_proto::scheduling::{GetReceptionRequest, ReceptionDay};
use xinqiao_proto::supervision::GetCaseSupervisionRequest;
use xinqiao_tests::dynamic::{Filling, rpcs};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::refused::{must_be, refusal};
use xinqiao_tests::secrets::Secrets;
use xinqiao_tests::tokens::{FAULT, approve, ask, enter, person, petitioner};
use xinqiao_tests::underneath::database;

/// How the operator is called in the audit chains.
const OPERATOR: &str = "wei-yunwei";
/// An operator may ask to be let in, and take a token while he is: with a token for one case too.
const OWN_STEPS: [&str; 2] = ["/RequestBreakGlass", "/EnterBreakGlass"];

/// A case and what is found under it.
#[derive(Clone, Debug)]
struct Known {
    case_id: String,
    case_no: String,
    query_code: String,
    reception_id: String,
    petitioner_id: String,
    script: Script,
}

impl Filling for Known {
    fn name_of(&self, field: &str) -> String {
        match field.trim_end_matches('s') {
            "case_id" => self.case_id.clone(),
            "case_no" => self.case_no.clone(),
            "reception_id" => self.reception_id.clone(),
            "petitioner_id" => self.petitioner_id.clone(),
            _ => fresh(),
        }
    }

    fn text_of(&self, field: &str) -> Option<String> {
        (field == "page_token").then(String::new)
    }

    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn city_support_reads_one_case_for_four_hours_and_is_seen() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let people = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&people).await?;
    let mut journeys = Vec::new();
    for mark in ["〔标记甲〕", "〔标记乙〕"] {
        let reception_day = session.reception_day_id.clone();
        journeys.push(Journey::new(
            &people,
            Script::marked(mark),
            schedule.clone(),
            reception_day,
        ));
    }
    to_the_unit(&fleet, &people, &session, &schedule, &mut journeys).await?;
    let [case, other] = [
        known(&people, &journeys[0]).await?,
        known(&people, &journeys[1]).await?,
    ];
    let operator = fleet.platform.desk(person(OPERATOR)?)?;
    for (service, answer) in look_everywhere(&operator, &case).await {
        refused(service, answer).context("nobody has let him in")?;
    }

    let id = let_in(&operator, &people, &case).await?;
    let entered = enter(&operator, &id).await?;
    let inside = fleet.platform.desk_with_token(&entered.access_token)?;
    reads_it_everywhere(&fleet, &inside, &case).await?;
    reads_nothing_else(&inside, &other).await?;
    unmasks_and_changes_nothing(&fleet, &inside, &entered.access_token, &case).await?;
    the_petitioner_sees_it(&fleet, &people, &case).await?;

    is_over_after_four_hours(&fleet, &operator, &people, &case, &id).await?;
    is_ended_before_its_time(&fleet, &operator, &people, &case).await?;
    fleet.end().await
}

/// Both cases come to the hall, are received, and are assigned to the unit.
async fn to_the_unit(
    fleet: &Fleet,
    people: &Cast,
    session: &ReceptionDay,
    schedule: &Schedule,
    journeys: &mut [Journey<'_>],
) -> Result<()> {
    for day in [Day::Reception, Day::Assignment] {
        fleet.platform.move_on(schedule.begins(day)?).await?;
        if day == Day::Reception {
            masters::open(&people.clerk, session).await?;
        }
        for journey in journeys.iter_mut() {
            journey.act(day).await?;
        }
    }
    fleet.quiet().await
}

async fn known(people: &Cast, journey: &Journey<'_>) -> Result<Known> {
    let registered = journey.registration()?.clone();
    let seen = people
        .clerk
        .cases()
        .get_case(by_id(&registered.case_id))
        .await?
        .into_inner();
    let first = seen.submissions.first().context("nothing was brought")?;
    let petitioner = first.petitioners.first().context("nobody petitions")?;
    Ok(Known {
        case_id: registered.case_id,
        case_no: registered.case_no,
        query_code: registered.query_code,
        reception_id: seen.reception_id,
        petitioner_id: petitioner.petitioner_id.clone(),
        script: journey.script.clone(),
    })
}

/// The operator asks, and another lets him in: he himself cannot.
async fn let_in(operator: &Desk, people: &Cast, case: &Known) -> Result<String> {
    let id = ask(operator, &case.case_no).await?;
    let early = enter(operator, &id).await;
    must_be(
        "enter",
        &refused("enter", early)?,
        Code::FailedPrecondition,
        "NOT_OPEN",
    )?;
    let himself = refused("approve", approve(operator, &id).await)?;
    ensure!(himself.code() == Code::PermissionDenied, "{}", describe(&himself));
    approve(&people.dispatcher, &id).await?;
    Ok(id)
}

/// One look into a case at each service.
async fn look_everywhere(who: &Desk, case: &Known) -> Vec<(&'static str, Result<(), Status>)> {
    let case_id = || case.case_id.clone();
    let reception = GetReceptionRequest {
        reception_id: case.reception_id.clone(),
    };
    let file = GetCaseFileRequest { case_id: case_id() };
    let supervised = GetCaseSupervisionRequest { case_id: case_id() };
    let dossier = GetDossierRequest { case_id: case_id() };
    let (mut intake, mut scheduling) = (who.cases(), who.receptions());
    let (mut assignment, mut supervision) = (who.handling(), who.supervision());
    vec![
        ("intake", intake.get_case(by_id(&case.case_id)).await.map(drop)),
        ("scheduling", scheduling.get_reception(reception).await.map(drop)),
        ("assignment", assignment.get_case_file(file).await.map(drop)),
        (
            "supervision",
            supervision.get_case_supervision(supervised).await.map(drop),
        ),
        ("archive", who.dossiers().get_dossier(dossier).await.map(drop)),
    ]
}

/// He is shown the case in every service but the archive, whose papers hold identity data in clear; and every look leaves
/// one audit row there.
async fn reads_it_everywhere(fleet: &Fleet, inside: &Desk, case: &Known) -> Result<()> {
    let before = looks(fleet, case).await?;
    for (service, answer) in look_everywhere(inside, case).await {
        if service == "archive" {
            refused(service, answer)?;
        } else {
            answer.with_context(|| format!("{service} does not show it"))?;
        }
    }
    let shown = inside.cases().get_case(by_id(&case.case_id)).await?.into_inner();
    let said = shown.submissions.first().context("nothing is shown")?;
    ensure!(said.content == case.script.content, "{}", said.content);
    for (service, after) in looks(fleet, case).await? {
        let shown = match service {
            // Asked twice.
            "intake" => 2,
            "archive" => 0,
            _ => 1,
        };
        let wanted = before[service] + shown;
        ensure!(
            after == wanted,
            "{service} has {after} audit rows of his looks, not {wanted}"
        );
    }
    Ok(())
}

/// Rows of each service's audit chain that say the operator looked into the case.
async fn looks(fleet: &Fleet, case: &Known) -> Result<BTreeMap<&'static str, i64>> {
    let mut found = BTreeMap::new();
    for service in SERVICES {
        let mut database = database(&fleet.platform, service).await?;
        let rows = sqlx::query_scalar(
            "SELECT count(*) FROM audit WHERE object = $1
               AND position(convert_to('person:' || $2::text, 'UTF8') IN canonical) > 0
               AND position('city-operator.let-in'::bytea IN canonical) > 0
               AND position('Read'::bytea IN canonical) > 0",
        )
        .bind(format!("case:{}", case.case_id))
        .bind(OPERATOR)
        .fetch_one(&mut database)
        .await?;
        database.close().await?;
        found.insert(service, rows);
    }
    Ok(found)
}

/// The archive lets him into no case at all, and says so of every one alike.
async fn reads_nothing_else(inside: &Desk, other: &Known) -> Result<()> {
    for (service, answer) in look_everywhere(inside, other).await {
        let told = refused(service, answer)?;
        let wanted = if service == "archive" {
            Code::PermissionDenied
        } else {
            Code::NotFound
        };
        ensure!(told.code() == wanted, "{service}: {}", describe(&told));
    }
    Ok(())
}

/// No RPC that changes anything lets him in, and none tells who petitions.
async fn unmasks_and_changes_nothing(fleet: &Fleet, inside: &Desk, token: &str, case: &Known) -> Result<()> {
    let unmask = UnmaskPetitionerRequest {
        case_id: case.case_id.clone(),
        petitioner_id: case.petitioner_id.clone(),
        fields: vec![PetitionerField::IdNo.into()],
        reason: FAULT.to_owned(),
    };
    let unmasked = refused("unmask", inside.cases().unmask_petitioner(unmask).await)?;
    ensure!(
        unmasked.code() == Code::PermissionDenied,
        "{}",
        describe(&unmasked)
    );

    let identity = [&case.script.id_no, &case.script.mobile, &case.script.address];
    let identity = Secrets::new(identity.map(Clone::clone).to_vec())?;
    let mut shown = 0;
    for rpc in rpcs()? {
        let path = rpc.path();
        if OWN_STEPS.iter().any(|own| path.ends_with(own)) {
            continue;
        }
        let channel = fleet.platform.channel(rpc.process())?;
        for request in rpc.requests(case) {
            match rpc.call(channel.clone(), token, request).await {
                Ok(_) if rpc.is_command() => bail!("{path} was done for city support"),
                Ok(answer) => {
                    shown += 1;
                    identity.must_not_be_in(&path, &answer)?;
                }
                Err(_) => {}
            }
        }
    }
    ensure!(shown >= SERVICES.len(), "only {shown} answers were shown");
    Ok(())
}

/// Who has opened the case: by day, role and office, from every service; nobody's name.
async fn the_petitioner_sees_it(fleet: &Fleet, people: &Cast, case: &Known) -> Result<()> {
    let case_id = || case.case_id.clone();
    let file = GetCaseFileRequest { case_id: case_id() };
    people.handler.handling().get_case_file(file).await?;
    let supervised = GetCaseSupervisionRequest { case_id: case_id() };
    people
        .supervisor
        .supervision()
        .get_case_supervision(supervised)
        .await?;
    let reception = GetReceptionRequest {
        reception_id: case.reception_id.clone(),
    };
    people.leader.receptions().get_reception(reception).await?;
    fleet.quiet().await?;
    let token = petitioner(&fleet.platform, DISTRICT_A, &case.query_code, &case.script.mobile).await?;
    let own = fleet.platform.desk_with_token(&token)?;
    let own = own
        .petitioner()
        .get_own_case(GetOwnCaseRequest {})
        .await?
        .into_inner();
    let all = format!("{own:?}");
    let words = |text: Option<Bilingual>| text.unwrap_or_default().zh;
    let told = own.accesses.into_iter();
    let told: Vec<_> = told
        .map(|access| (words(access.role), words(access.office)))
        .collect();
    let office = "东昌区信访工作联席会议办公室";
    for (role, office) in [
        ("市级技术支持", "市级技术支持部门"),
        ("联席办登记员", office),
        ("联席办分办员", office),
        ("督查员", office),
        ("责任单位承办人", "区住建局"),
        ("接访领导", "区领导办公室"),
    ] {
        let is_there = told.iter().any(|(told, at)| told == role && at == office);
        ensure!(is_there, "{role} of {office} is not among {told:?}");
    }
    for name in [
        "魏运维",
        OPERATOR,
        "赵承办",
        "zhao-chengban",
        "张副区长",
        "孙督查",
    ] {
        ensure!(!all.contains(name), "the petitioner is told {name}");
    }
    Ok(())
}

/// A token taken shortly before the end lives as long as the time does; after it there is none.
async fn is_over_after_four_hours(
    fleet: &Fleet,
    operator: &Desk,
    people: &Cast,
    case: &Known,
    id: &str,
) -> Result<()> {
    let hours = Duration::hours(4);
    let opened = fleet.platform.legal_time()?;
    fleet
        .platform
        .set_legal_time(opened + hours - Duration::seconds(3))?;
    let last = enter(operator, id).await?;
    ensure!(
        last.expires_in_seconds <= 3,
        "good for {} s",
        last.expires_in_seconds
    );
    let inside = fleet.platform.desk_with_token(&last.access_token)?;
    until("the token ends with the time", async || {
        match inside.cases().get_case(by_id(&case.case_id)).await {
            Ok(_) => Ok(None),
            Err(status) if status.code() == Code::Unauthenticated => Ok(Some(())),
            Err(status) => bail!("{}", describe(&status)),
        }
    })
    .await?;
    fleet.platform.set_legal_time(opened + hours)?;
    let late = refused("enter", enter(operator, id).await)?;
    must_be("enter", &late, Code::FailedPrecondition, "NOT_OPEN")?;
    must_stand(people, id, BreakGlassState::Over).await
}

/// From the end on no token is given; the one that was given has ten minutes at the most.
async fn is_ended_before_its_time(fleet: &Fleet, operator: &Desk, people: &Cast, case: &Known) -> Result<()> {
    let id = let_in(operator, people, case).await?;
    let entered = enter(operator, &id).await?;
    ensure!(
        entered.expires_in_seconds <= 600,
        "good for {} s",
        entered.expires_in_seconds
    );
    let end = EndBreakGlassRequest {
        request_id: fresh(),
        break_glass_id: id.clone(),
    };
    people.dispatcher.break_glass().end_break_glass(end).await?;
    let late = refused("enter", enter(operator, &id).await)?;
    must_be("enter", &late, Code::FailedPrecondition, "NOT_OPEN")?;
    let inside = fleet.platform.desk_with_token(&entered.access_token)?;
    inside
        .cases()
        .get_case(by_id(&case.case_id))
        .await
        .context("a token that was given is good to its end")?;
    must_stand(people, &id, BreakGlassState::Over).await
}

async fn must_stand(people: &Cast, id: &str, wanted: BreakGlassState) -> Result<()> {
    let request = ListBreakGlassRequest {
        waiting: false,
        page: Some(PageRequest::default()),
    };
    let listed = people.dispatcher.break_glass().list_break_glass(request).await?;
    let listed = listed.into_inner().requests;
    let row = listed.iter().find(|row| row.break_glass_id == id);
    let found = row.map(BreakGlass::state);
    ensure!(found == Some(wanted), "it stands at {found:?}");
    Ok(())
}

fn refused<A>(what: &str, outcome: Result<A, Status>) -> Result<Status> {
    refusal(what, outcome.map(Response::new))
}

fn by_id(case_id: &str) -> GetCaseRequest {
    GetCaseRequest {
        case: Some(get_case_request::Case::CaseId(case_id.to_owned())),
    }
}

fn fresh() -> String {
    xinqiao_chassis::random::new_id().to_string()
}
