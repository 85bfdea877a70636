//! Personal data stays inside: what petitioners are called and say is in no signal, no log, no error, no file of the
//! bus, no database dump and no file at rest.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use time::macros::date;
use tokio::process::Command;
use tokio::task::JoinSet;
use tonic::Status;
use xinqiao_local::clients::Desk;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::{Journey, masters, schedule::Day, script::Script, verdict};
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_local::tools::Tools;
use xinqiao_proto::common::PageRequest;
use xinqiao_proto::intake::{
    GetCaseRequest, PetitionerField, SearchCasesRequest, UnmaskPetitionerRequest, get_case_request,
};
use xinqiao_tests::chance::Chance;
use xinqiao_tests::counter::{register, visit};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::otlp::Collector;
use xinqiao_tests::secrets::{RARE, Secrets, resident_id};
use xinqiao_tests::sizes::Sizes;

/// Callers at once.
const CALLERS: usize = 16;

/// A script in which every text carries a mark and the petitioner is nobody else.
struct Seeded {
    script: Script,
    mark: String,
}

impl Seeded {
    fn new(chance: &mut Chance) -> Self {
        let mark = chance.text(8, RARE);
        let mut script = Script::marked(&mark);
        script.petitioner_name = format!("测{}", chance.text(5, RARE));
        script.id_no = resident_id(chance);
        script.mobile = format!("199{:08}", chance.between(0, 99_999_999));
        Self { script, mark }
    }

    fn texts(&self) -> [String; 4] {
        let Script {
            petitioner_name,
            id_no,
            mobile,
            ..
        } = &self.script;
        [
            petitioner_name.clone(),
            id_no.clone(),
            mobile.clone(),
            self.mark.clone(),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seeded_personal_data_of_a_whole_journey_is_written_down_nowhere() -> Result<()> {
    let seeded = Seeded::new(&mut Chance::announced());
    let secrets = Secrets::new(seeded.texts().to_vec())?;
    let (fleet, collector) = watched().await?;
    play(&fleet, seeded.script).await?;
    must_keep(
        &fleet,
        &collector,
        &secrets,
        &["logs", "nats", "objects", "archive"],
    )
    .await?;
    fleet.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_seeded_petitioners_are_written_down_nowhere() -> Result<()> {
    let mut chance = Chance::announced();
    let seeded: Vec<Seeded> = (0..Sizes::in_force().seeded_petitions)
        .map(|_| Seeded::new(&mut chance))
        .collect();
    let secrets = Secrets::new(seeded.iter().flat_map(Seeded::texts).collect())?;
    let (fleet, collector) = watched().await?;
    fleet.settle(DISTRICT_A).await?;
    let clerk = people::find("li-dengji").context("the clerk is gone")?;
    let mut shares: Vec<Vec<Seeded>> = (0..CALLERS).map(|_| Vec::new()).collect();
    for (index, one) in seeded.into_iter().enumerate() {
        shares[index % CALLERS].push(one);
    }
    let mut callers = JoinSet::new();
    for share in shares {
        callers.spawn(at_the_counter(fleet.platform.desk(clerk)?, share));
    }
    for refusals in callers.join_all().await {
        for refused in refusals? {
            secrets.must_not_be_in("an error", format!("{refused:?}").as_bytes())?;
            secrets.must_not_be_in("the details of an error", refused.details())?;
        }
    }
    fleet.quiet().await?;
    must_keep(&fleet, &collector, &secrets, &["logs", "nats", "objects"]).await?;
    fleet.end().await
}

/// All five services, with everything they signal collected.
async fn watched() -> Result<(Fleet, Collector)> {
    let collector = Collector::start().await?;
    let fleet = Fleet::start_with(date!(2026 - 02 - 24), |mut options| {
        options.otlp_endpoint = Some(collector.url());
        options
    })
    .await?;
    Ok((fleet, collector))
}

/// Fails when a secret stands in a signal, a dump, or a file of these folders.
async fn must_keep(fleet: &Fleet, collector: &Collector, secrets: &Secrets, folders: &[&str]) -> Result<()> {
    ensure!(!collector.spans().is_empty(), "no span was received");
    secrets.must_not_be_in("a span, metric or log record", collector.text().as_bytes())?;
    for service in SERVICES {
        let dump = dump(fleet, service).await?;
        let journal = b"case.registered";
        ensure!(
            dump.windows(journal.len()).any(|bytes| bytes == journal),
            "the dump of {service} is empty"
        );
        secrets.must_not_be_in(&format!("the database of {service}"), &dump)?;
    }
    for folder in folders {
        let files = files(&fleet.platform.data().join(folder))?;
        ensure!(!files.is_empty(), "there is no file in {folder}");
        for file in files {
            secrets.must_not_be_in(&file.display().to_string(), &std::fs::read(&file)?)?;
            secrets.must_not_be_in("a file name", file.display().to_string().as_bytes())?;
        }
    }
    Ok(())
}

/// A clerk registers petitions, mistypes each number first, and looks for each again; what he was refused.
async fn at_the_counter(clerk: Desk, share: Vec<Seeded>) -> Result<Vec<Status>> {
    let mut refusals = Vec::new();
    for Seeded { script, mark } in share {
        let mut mistyped = visit(&script);
        let submission = mistyped.submission.as_mut().context("a visit has a submission")?;
        for petitioner in &mut submission.petitioners {
            petitioner.id_no = mistyped_number(&script.id_no);
            petitioner.mobile = format!("{}0", script.mobile);
        }
        submission.content = format!("<b>{}</b>", script.content);
        refusals.push(
            register(&clerk, mistyped)
                .await
                .err()
                .context("a mistyped form was taken")?,
        );
        register(&clerk, visit(&script)).await?;
        let search = SearchCasesRequest {
            query: mark,
            page: Some(PageRequest::default()),
            ..SearchCasesRequest::default()
        };
        clerk.cases().search_cases(search).await?;
    }
    Ok(refusals)
}

/// The number with another check character.
fn mistyped_number(id_no: &str) -> String {
    let (body, check) = id_no.split_at(id_no.len() - 1);
    format!("{body}{}", if check == "0" { "1" } else { "0" })
}

/// The whole journey, and what else is done with identity data: the register is read, a petitioner unmasked.
async fn play(fleet: &Fleet, script: Script) -> Result<()> {
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    let reception_day_id = session.reception_day_id.clone();
    let mut journey = Journey::new(&cast, script, schedule.clone(), reception_day_id);
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        if day == Day::Reception {
            masters::open(&cast.clerk, &session).await?;
        }
        journey.act(day).await?;
    }
    let verdict = verdict::conclude(&fleet.platform, &cast, &journey, &fleet.calendar).await?;
    ensure!(verdict.wrong().is_empty(), "{:#?}", verdict.wrong());

    let case_id = journey.registration()?.case_id.clone();
    let query = GetCaseRequest {
        case: Some(get_case_request::Case::CaseId(case_id.clone())),
    };
    let seen = cast.clerk.cases().get_case(query).await?.into_inner();
    let submission = seen.submissions.first().context("the case has no submission")?;
    ensure!(
        submission.content == journey.script.content,
        "the text was not the seeded one"
    );
    let petitioner = submission.petitioners.first().context("nobody petitions")?;
    let unmask = UnmaskPetitionerRequest {
        case_id,
        petitioner_id: petitioner.petitioner_id.clone(),
        fields: vec![PetitionerField::IdNo.into(), PetitionerField::Mobile.into()],
        reason: "电话核对来访时间".to_owned(),
    };
    let clear = cast.clerk.cases().unmask_petitioner(unmask).await?.into_inner();
    ensure!(
        clear.id_no == journey.script.id_no,
        "the number was not the seeded one"
    );
    fleet.quiet().await
}

async fn dump(fleet: &Fleet, service: &str) -> Result<Vec<u8>> {
    let output = Command::new(Tools::from_environment().postgres_bin()?.join("pg_dump"))
        .args(["--no-owner", "--dbname", &fleet.platform.database_url(service)])
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "pg_dump of {service}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
