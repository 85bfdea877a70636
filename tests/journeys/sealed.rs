//! AS-11(a) across all services: an accusation is seen by nobody but the office, and of it only number and state; it
//! leaves to the discipline inspection by two persons, and is read there under an opening.

use anyhow::{Context as _, Result, ensure};
use time::OffsetDateTime;
use time::macros::date;
use tonic::Code;
use xinqiao_local::journey::patience::describe;
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{DISTRICT_A, PEOPLE, Person, UNIT_HOUSING, find};
use xinqiao_proto::assignment::AssignCaseRequest;
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::{
    Accused, CaseState, ConfirmOpeningRequest, ConfirmSealedTransferRequest, GetSealedCaseRequest,
    OpenSealedRequest, ProposeSealedTransferRequest, ReadSealedCaseRequest, Registered,
    get_sealed_case_request,
};
use xinqiao_tests::counter::{register, visit};
use xinqiao_tests::dynamic::{Filling, rpcs};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::refused::{must_be, refusal};

/// Stands in every text of the accusation.
const MARK: &str = "〔检举标记〕";
/// Roles that know that there is an accusation: the office, and the discipline inspection once it has it.
const KNOWS: [&str; 3] = ["CLK", "DSP", "DIS"];

/// The accusation in every field that can name a case.
struct Names<'a> {
    case: &'a Registered,
    now: OffsetDateTime,
}

impl Filling for Names<'_> {
    fn name_of(&self, field: &str) -> String {
        match field.trim_end_matches('s') {
            "case_id" => self.case.case_id.clone(),
            "case_no" => self.case.case_no.clone(),
            _ => fresh(),
        }
    }

    fn text_of(&self, field: &str) -> Option<String> {
        match field {
            "page_token" => Some(String::new()),
            "query" => Some("检举标记".to_owned()),
            "day" | "from" | "to" => Some("2026-04-14".to_owned()),
            _ => None,
        }
    }

    fn now(&self) -> OffsetDateTime {
        self.now
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accusation_is_hidden_everywhere_and_goes_to_the_discipline_inspection() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 04 - 14)).await?;
    let people = fleet.settle(DISTRICT_A).await?;
    fleet.quiet().await?;
    let mut brought = visit(&Script::marked(MARK));
    if let Some(submission) = &mut brought.submission {
        submission.purpose = Purpose::Accusation.into();
        submission.accused = vec![Accused {
            unit_id: UNIT_HOUSING.to_string(),
            person_id: "feng-chengban".to_owned(),
            name: format!("冯承办{MARK}"),
        }];
    }
    let case = register(&people.clerk, brought).await?;
    ensure!(
        case.k1.as_ref().is_some_and(|k1| k1.due_raw == "2026-04-29"),
        "K1 is {:?}",
        case.k1
    );
    fleet.quiet().await?;
    hidden(&fleet, &case).await?;

    let assign = AssignCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: 1,
        lead_unit_id: UNIT_HOUSING.to_string(),
        requirements: "请依法依规办理并按期反馈".to_owned(),
        feedback_due: "2026-04-30".to_owned(),
        ..AssignCaseRequest::default()
    };
    let assigned = people.dispatcher.assignment().assign_case(assign).await;
    must_be(
        "assign",
        &refusal("assign", assigned)?,
        Code::PermissionDenied,
        "SEALED",
    )?;

    transfer(&fleet, &case).await?;
    fleet.quiet().await?;
    hidden(&fleet, &case).await?;
    let clocks = fleet.digests().await?;
    ensure!(
        clocks
            .get("supervision")
            .is_some_and(|digest| digest.contains("K23")),
        "supervision did not start K23"
    );
    read(&fleet, &case).await?;
    hidden(&fleet, &case).await?;
    fleet.end().await
}

fn fresh() -> String {
    xinqiao_chassis::random::new_id().to_string()
}

fn person(id: &str) -> Result<&'static Person> {
    find(id).with_context(|| format!("nobody is called {id}"))
}

/// Everybody of the district asks everything that can be read about it.
async fn hidden(fleet: &Fleet, case: &Registered) -> Result<()> {
    let names = Names {
        case,
        now: fleet.platform.legal_time()?,
    };
    let mut asked = 0;
    for rpc in rpcs()?.into_iter().filter(|rpc| !rpc.is_command()) {
        // Of a reader under an opening the journey itself asks.
        if rpc.path().ends_with("/ReadSealedCase") {
            continue;
        }
        let channel = fleet.platform.channel(rpc.process())?;
        for person in PEOPLE.iter().filter(|person| person.district == DISTRICT_A) {
            let token = fleet.platform.issuer.token(person)?;
            let knows = person.roles.iter().any(|role| KNOWS.contains(role));
            for request in rpc.requests(&names) {
                asked += 1;
                let said = match rpc.call(channel.clone(), &token, request).await {
                    Ok(answer) => rpc.show(&answer),
                    Err(status) => describe(&status),
                };
                let (what, who) = (rpc.path(), person.name);
                ensure!(!said.contains(MARK), "{what} tells {who} what it says: {said}");
                ensure!(
                    knows || !said.contains(&case.case_no) && !said.contains(&case.case_id),
                    "{what} tells {who} of it: {said}"
                );
            }
        }
    }
    ensure!(asked > 300, "only {asked} questions were asked");
    Ok(())
}

async fn transfer(fleet: &Fleet, case: &Registered) -> Result<()> {
    let (wang, fang) = (
        fleet.platform.desk(person("wang-fenban")?)?,
        fleet.platform.desk(person("fang-fenban")?)?,
    );
    let proposal = ProposeSealedTransferRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: case.version,
        addressee: "区纪委监委".to_owned(),
        reasons: "属于纪检监察机关管理权限".to_owned(),
    };
    let proposed = wang
        .sealed()
        .propose_sealed_transfer(proposal)
        .await?
        .into_inner();
    let confirmation = ConfirmSealedTransferRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: proposed.version,
    };
    let alone = wang.sealed().confirm_sealed_transfer(confirmation.clone()).await;
    let alone = refusal("one person alone", alone)?;
    must_be(
        "one person alone",
        &alone,
        Code::FailedPrecondition,
        "SAME_PERSON",
    )?;
    let done = fang
        .sealed()
        .confirm_sealed_transfer(ConfirmSealedTransferRequest {
            request_id: fresh(),
            ..confirmation
        })
        .await?
        .into_inner();
    ensure!(done.state() == CaseState::TransferredOut, "{:?}", done.state());
    Ok(())
}

async fn read(fleet: &Fleet, case: &Registered) -> Result<()> {
    let (wang, jiang) = (
        fleet.platform.desk(person("wang-fenban")?)?,
        fleet.platform.desk(person("jiang-jijian")?)?,
    );
    let reading = ReadSealedCaseRequest {
        case_id: case.case_id.clone(),
        reason: "了解检举控告内容".to_owned(),
        fields: Vec::new(),
    };
    let early = refusal("read", jiang.sealed().read_sealed_case(reading.clone()).await)?;
    must_be("read", &early, Code::PermissionDenied, "NOT_OPENED")?;
    let ask = OpenSealedRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        reason: "核实反映的问题".to_owned(),
        minutes: 30,
        readers: vec!["jiang-jijian".to_owned()],
    };
    wang.sealed().open_sealed(ask).await?;
    let query = GetSealedCaseRequest {
        case: Some(get_sealed_case_request::Case::CaseNo(case.case_no.clone())),
    };
    let seen = jiang.sealed().get_sealed_case(query).await?.into_inner();
    let opening = seen.openings.first().context("the opening is not shown")?;
    let confirm = ConfirmOpeningRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        opening_id: opening.opening_id.clone(),
    };
    jiang.sealed().confirm_opening(confirm).await?;
    let read = jiang.sealed().read_sealed_case(reading).await?.into_inner();
    let said = read.submissions.first().context("nothing is shown")?;
    ensure!(said.content.contains(MARK), "{}", said.content);
    Ok(())
}
