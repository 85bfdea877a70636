//! Nobody decides on a complaint about himself `[R:28(3)]`: whom the triage sheet names is refused by every service, and
//! the others go on.

use anyhow::{Result, bail, ensure};
use time::macros::date;
use tonic::Code;
use xinqiao_chassis::random;
use xinqiao_local::journey::{Journey, masters, schedule::Day, script::Script};
use xinqiao_local::people::{DISTRICT_A, find};
use xinqiao_proto::intake::ReleaseCaseRequest;
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::refused::{must_be, refusal};

/// The leader who received the petitioner, and one of the two dispatchers.
const CONCERNED: [&str; 2] = ["zhang-fuquzhang", "fang-fenban"];

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_petition_is_about_neither_releases_nor_inspects_nor_signs() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 02 - 24)).await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    let (script, day_id) = (Script::demo(), session.reception_day_id.clone());
    let mut journey = Journey::new(&cast, script, schedule.clone(), day_id);
    journey.concerned = CONCERNED.map(str::to_owned).to_vec();
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        match day {
            Day::Reception => {
                masters::open(&cast.clerk, &session).await?;
                journey.act(day).await?;
            }
            Day::Assignment => {
                journey.finalise_reception().await?;
                journey.triage().await?;
                does_not_release(&fleet, &journey).await?;
                journey.release().await?;
                journey.assign().await?;
            }
            Day::Report => {
                journey.submit_report().await?;
                recused("read the report", journey.read_report().await)?;
            }
            Day::Signature => {
                recused("inspect", journey.record_inspection().await)?;
                recused("sign", journey.sign_review().await)?;
                break;
            }
            _ => journey.act(day).await?,
        }
    }
    fleet.end().await
}

async fn does_not_release(fleet: &Fleet, journey: &Journey<'_>) -> Result<()> {
    let Some(person) = find("fang-fenban") else {
        bail!("no second dispatcher")
    };
    let request = ReleaseCaseRequest {
        request_id: random::new_id().to_string(),
        case_id: journey.registration()?.case_id.clone(),
        version: 2,
    };
    let answer = fleet.platform.desk(person)?.triage().release_case(request).await;
    must_be(
        "release",
        &refusal("release", answer)?,
        Code::PermissionDenied,
        "RECUSED",
    )
}

fn recused(what: &str, outcome: Result<()>) -> Result<()> {
    let Err(refused) = outcome else {
        bail!("{what}: it was done")
    };
    let said = refused.to_string();
    ensure!(said.contains("PermissionDenied RECUSED"), "{said}");
    Ok(())
}
