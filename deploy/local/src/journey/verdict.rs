//! What came of a journey: its time line for people, and everything that was not as the law has it.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use time::{Date, OffsetDateTime, macros::format_description};
use xinqiao_kernel::{
    calendar::Calendar,
    clock::ClockCode,
    local,
    rules::RuleSet,
    term::{self, Term},
};
use xinqiao_proto::archive::{GetDossierRequest, PackageState, VerifyPackageRequest};
use xinqiao_proto::intake::{GetTimelineRequest, GetTimelineResponse, TimelineEntry, get_timeline_request};
use xinqiao_proto::supervision::{Clock, ClockState, ListClocksRequest, ListClocksResponse};

use super::patience::{patiently, until};
use super::schedule::{Day, Schedule};
use super::{Cast, Journey};
use crate::platform::Platform;

/// The clocks of the main journey whose length the rule book gives, and the day each starts on.
const CLOCKS: [(ClockCode, Day); 11] = [
    (ClockCode::K0, Day::Reception),
    (ClockCode::K1, Day::Reception),
    (ClockCode::K2, Day::Assignment),
    (ClockCode::K3, Day::Assignment),
    (ClockCode::K4, Day::Acceptance),
    (ClockCode::K19, Day::Opinion),
    (ClockCode::K6, Day::Service),
    (ClockCode::K21, Day::Closure),
    (ClockCode::K12, Day::Closure),
    (ClockCode::K11, Day::PetitionerOpinion),
    (ClockCode::K15, Day::Signature),
];

/// The outcome of a journey.
#[derive(Debug, Default)]
pub struct Verdict {
    text: String,
    wrong: Vec<String>,
}

impl Verdict {
    /// The case as people read it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Everything that is not as it must be; empty when all is well.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }
}

/// Lets the review window close, waits for the final archive mark, and judges.
pub async fn conclude(
    platform: &Platform,
    cast: &Cast,
    journey: &Journey<'_>,
    calendar: &Calendar,
) -> Result<Verdict> {
    platform
        .move_on(window_closes(journey.schedule(), calendar)?)
        .await?;
    let case_id = journey.registration()?.case_id.clone();
    let timeline = until("the final archive mark", async || {
        let timeline = timeline(cast, &case_id).await?;
        Ok(has(&timeline, "archive.final").then_some(timeline))
    })
    .await?;
    let clocks = until("every clock at rest", async || {
        let clocks = clocks(cast, &case_id).await?;
        Ok(clocks
            .clocks
            .iter()
            .all(|clock| clock.state() != ClockState::Running)
            .then_some(clocks))
    })
    .await?;
    let mut verdict = Verdict::default();
    verdict.head(journey, &timeline)?;
    timeline.entries.iter().for_each(|entry| verdict.entry(entry));
    verdict.judge_clocks(&clocks, journey.schedule(), calendar)?;
    verdict.judge_package(cast, journey).await?;
    Ok(verdict)
}

/// The first instant after the petitioner's period for review `[R:35]`.
pub fn window_closes(schedule: &Schedule, calendar: &Calendar) -> Result<OffsetDateTime> {
    let served = schedule.date(Day::Service)?;
    Ok(term::due(served, Term::Days(30), calendar).overdue_from())
}

/// A date as the contracts write it.
pub fn date(text: &str) -> Result<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .with_context(|| format!("{text} is no date"))
}

/// The time line of a case.
pub async fn timeline(cast: &Cast, case_id: &str) -> Result<GetTimelineResponse> {
    let request = GetTimelineRequest {
        case: Some(get_timeline_request::Case::CaseId(case_id.to_owned())),
    };
    let mut desk = cast.supervisor.cases();
    patiently(
        "read the time line",
        async || Ok(request.clone()),
        async |request| desk.get_timeline(request).await,
    )
    .await
}

/// The clocks of a case with their derivations.
pub async fn clocks(cast: &Cast, case_id: &str) -> Result<ListClocksResponse> {
    let request = ListClocksRequest {
        case_id: case_id.to_owned(),
        without_derivation: false,
    };
    let mut desk = cast.supervisor.clocks();
    patiently(
        "list the clocks",
        async || Ok(request.clone()),
        async |request| desk.list_clocks(request).await,
    )
    .await
}

fn has(timeline: &GetTimelineResponse, kind: &str) -> bool {
    timeline.entries.iter().any(|entry| entry.kind == kind)
}

impl Verdict {
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}");
    }

    fn head(&mut self, journey: &Journey<'_>, timeline: &GetTimelineResponse) -> Result<()> {
        self.say("");
        self.say(&format!("信访事项 case {}", timeline.case_no));
        self.say(&format!("标题 title    {}", journey.script.title));
        self.say(&format!("查询码 code   {}", journey.registration()?.query_code));
        self.say("");
        self.say("办理过程 time line: when, what, who, where, trace");
        Ok(())
    }

    fn entry(&mut self, entry: &TimelineEntry) {
        let at = entry
            .at
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at.seconds).ok())
            .map(|at| format!("{} {}", local::local_date(at), clock_face(at)))
            .unwrap_or_default();
        let TimelineEntry {
            kind,
            actor,
            service,
            trace_id,
            ..
        } = entry;
        self.say(&format!(
            "  {at}  {kind:<28} {actor:<24} {service:<12} {trace_id}"
        ));
        if trace_id.is_empty() {
            self.wrong.push(format!("{kind} carries no trace"));
        }
    }

    fn judge_clocks(
        &mut self,
        clocks: &ListClocksResponse,
        schedule: &Schedule,
        calendar: &Calendar,
    ) -> Result<()> {
        self.say("");
        self.say("期限 clocks: start, raw, effective, safe, how it ended");
        for clock in &clocks.clocks {
            self.judge_clock(clock);
        }
        let rules = RuleSet::national();
        for (code, day) in CLOCKS {
            let start = schedule.date(day)?;
            let length = rules
                .term(code)
                .with_context(|| format!("{code} has no length in the rule book"))?;
            let due = term::due(start, length, calendar);
            let found = clocks
                .clocks
                .iter()
                .filter_map(|clock| clock.term.as_ref())
                .any(|term| {
                    term.clock == code.to_string()
                        && term.start_date == start.to_string()
                        && [&term.due_raw, &term.due_eff, &term.due_safe]
                            == [&due.raw.to_string(), &due.eff.to_string(), &due.safe.to_string()]
                });
            if !found {
                let wanted = format!("{} {} {}", due.raw, due.eff, due.safe);
                self.wrong.push(format!(
                    "{code} from {start} should be due {wanted} (raw, effective, safe)"
                ));
            }
        }
        Ok(())
    }

    fn judge_clock(&mut self, clock: &Clock) {
        let term = clock.term.clone().unwrap_or_default();
        let name = &term.clock;
        let ended = match clock.state() {
            ClockState::Met => "met 已完成",
            // The petitioner did not ask for review: his period ran out, as the objection period of the unit did.
            ClockState::Expired if ["K3", "K6"].contains(&name.as_str()) => "not used 未行使",
            other => {
                self.wrong.push(format!("{name} ended as {other:?}"));
                other.as_str_name()
            }
        };
        self.say(&format!(
            "  {name:<4} {}  {}  {}  {}  {ended}",
            term.start_date, term.due_raw, term.due_eff, term.due_safe
        ));
        if clock.differed {
            self.wrong.push(format!(
                "{name}: the publisher's dates differ from supervision's derivation"
            ));
        }
        if clock.derivation.is_empty() {
            self.wrong.push(format!("{name}: the derivation is missing"));
        }
    }

    async fn judge_package(&mut self, cast: &Cast, journey: &Journey<'_>) -> Result<()> {
        let package_id = journey.package_id.clone().context("no package was sealed")?;
        let verify = VerifyPackageRequest { package_id };
        let mut packages = cast.archivist.packages();
        let checked = patiently(
            "verify the package",
            async || Ok(verify.clone()),
            async |request| packages.verify_package(request).await,
        )
        .await?;
        let request = GetDossierRequest {
            case_id: journey.registration()?.case_id.clone(),
        };
        let mut dossiers = cast.archivist.dossiers();
        let dossier = patiently(
            "read the dossier",
            async || Ok(request.clone()),
            async |request| dossiers.get_dossier(request).await,
        )
        .await?;
        let package = dossier
            .dossier
            .and_then(|dossier| dossier.package)
            .context("the dossier shows no package")?;
        self.say("");
        self.say(&format!("档号 archival number {}", package.archival_no));
        self.say(&format!(
            "{} files, {} documents, final on {}",
            checked.files, checked.documents, package.final_on
        ));
        self.say("");
        if !checked.valid {
            self.wrong
                .push(format!("the package is not valid: {:?}", checked.findings));
        }
        if package.state() != PackageState::SealedFinal {
            self.wrong
                .push(format!("the package is {:?}, not final", package.state()));
        }
        Ok(())
    }
}

fn clock_face(at: OffsetDateTime) -> String {
    let time = local::local_time(at);
    format!("{:02}:{:02}", time.hour(), time.minute())
}
