//! Personal data stays inside: seeded names, numbers and texts of a whole journey are in no signal, no log, no
//! file of the bus, no database dump and no file at rest.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use time::macros::date;
use tokio::process::Command;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::{Journey, masters, schedule::Day, script::Script, verdict};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_local::tools::Tools;
use xinqiao_proto::intake::{GetCaseRequest, PetitionerField, UnmaskPetitionerRequest, get_case_request};
use xinqiao_tests::chance::Chance;
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::otlp::Collector;

/// Rare characters: by chance they stand nowhere.
const RARE: &str = "龘靐齉齾爩鱻麤灪籱龗鸜驫鬮";
/// Weights and check characters of GB 11643.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: &[u8; 11] = b"10X98765432";

/// What must not be found: each in the forms in which it could be written down.
struct Secrets(Vec<(String, Vec<String>)>);

impl Secrets {
    fn of(script: &Script, mark: &str) -> Self {
        let texts = [
            &script.petitioner_name,
            &script.id_no,
            &script.mobile,
            &script.address,
            mark,
        ];
        Self(
            texts
                .into_iter()
                .map(|text| (text.to_owned(), forms(text)))
                .collect(),
        )
    }

    fn must_not_be_in(&self, place: &str, bytes: &[u8]) -> Result<()> {
        // Broken characters are replaced; whole ones behind them stay, so that nothing is missed.
        let held = String::from_utf8_lossy(bytes);
        for (text, forms) in &self.0 {
            for form in forms {
                if let Some((before, after)) = held.split_once(form) {
                    let before: String = before.chars().rev().take(60).collect();
                    let before: String = before.chars().rev().collect();
                    let after: String = after.chars().take(30).collect();
                    bail!("{place} holds {text}: …{before}{form}{after}…");
                }
            }
        }
        Ok(())
    }
}

/// As it is, as hexadecimal digits, as JSON escapes, and in base64 at each of three offsets.
fn forms(text: &str) -> Vec<String> {
    let hex = hex::encode(text);
    let escaped: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut forms = vec![text.to_owned(), hex.to_uppercase(), hex, escaped.concat()];
    for skip in 0..3 {
        let shifted = [&vec![0; skip], text.as_bytes()].concat();
        let encoded = BASE64_STANDARD.encode(&shifted);
        // The first and the last group depend on what stands beside the text.
        let whole = shifted.len() / 3 * 4;
        forms.push(encoded[usize::from(skip > 0) * 4..whole].to_owned());
    }
    forms
}

#[tokio::test(flavor = "multi_thread")]
async fn seeded_personal_data_is_in_no_signal_log_bus_dump_or_file() -> Result<()> {
    let mut chance = Chance::announced();
    let mark = chance.text(8, RARE);
    let mut script = Script::marked(&mark);
    script.petitioner_name = format!("测{}", chance.text(3, RARE));
    script.id_no = resident_id(&mut chance);
    script.mobile = format!("199{:08}", chance.between(0, 99_999_999));
    let secrets = Secrets::of(&script, &mark);

    let collector = Collector::start().await?;
    let fleet = Fleet::start_with(date!(2026 - 02 - 24), |mut options| {
        options.otlp_endpoint = Some(collector.url());
        options
    })
    .await?;
    play(&fleet, script.clone()).await?;

    ensure!(!collector.spans().is_empty(), "no span was received");
    secrets.must_not_be_in("a span, metric or log record", collector.text().as_bytes())?;
    for service in SERVICES {
        let dump = dump(&fleet, service).await?;
        ensure!(
            String::from_utf8_lossy(&dump).contains("case.registered"),
            "the dump of {service} is empty"
        );
        secrets.must_not_be_in(&format!("the database of {service}"), &dump)?;
    }
    let data = fleet.platform.data();
    for folder in ["logs", "nats", "objects", "archive"] {
        let files = files(&data.join(folder))?;
        ensure!(!files.is_empty(), "there is no file in {folder}");
        for file in files {
            secrets.must_not_be_in(&file.display().to_string(), &std::fs::read(&file)?)?;
            secrets.must_not_be_in("a file name", file.display().to_string().as_bytes())?;
        }
    }
    fleet.end().await
}

#[test]
fn the_search_finds_what_is_written_down_in_any_form() {
    let script = Script::marked("龘靐齉");
    let secrets = Secrets::of(&script, "龘靐齉");
    let dumped = format!("\\x00{}ff", hex::encode(&script.petitioner_name));
    assert!(secrets.must_not_be_in("a dump", dumped.as_bytes()).is_err());
    for before in ["", "x", "xy"] {
        let encoded = BASE64_STANDARD.encode(format!("{before}{} 其他", script.id_no));
        assert!(
            secrets.must_not_be_in("base64", encoded.as_bytes()).is_err(),
            "{before}"
        );
    }
    assert!(secrets.must_not_be_in("nothing", b"case.registered").is_ok());
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

/// A fictitious number: born in the nineteenth century, with a valid check character.
fn resident_id(chance: &mut Chance) -> String {
    let month = chance.between(1, 12);
    let day = chance.between(1, 28);
    let order = chance.between(1, 999);
    let body = format!(
        "22050218{:02}{month:02}{day:02}{order:03}",
        chance.between(10, 99)
    );
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{body}{}", char::from(CHECK[(sum % 11) as usize]))
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
