//! Item 21: the process log 过程日志, for programs and for people.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;
use xinqiao_kernel::{CaseNumber, local::SHANGHAI};

use super::{bag::sha256, dossier::LoggedEvent};

/// The log as it lies in the bag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLog {
    /// Name and version of this form.
    pub form: String,
    /// Number of the case.
    pub case_no: CaseNumber,
    /// Every event in the order in which each follows its cause.
    pub events: Vec<LogLine>,
}

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Who acted.
    pub actor: String,
    /// The body, hexadecimal: its SHA-256 can be taken again.
    pub body: String,
    /// SHA-256 of the body, hexadecimal.
    pub body_sha256: String,
    /// The foreign event it builds on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Uuid>,
    /// What it says of a clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockLine>,
    /// Identifier.
    pub event_id: Uuid,
    /// Name.
    pub kind: String,
    /// Local time, RFC 3339.
    pub occurred_at: String,
    /// Place in the log, 1 first.
    pub position: u32,
    /// The service that published it.
    pub publisher: String,
    /// Number within publisher and case.
    pub sequence: u64,
    /// State of the case after it.
    pub state: String,
}

/// A clock in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockLine {
    /// For example `K4`.
    pub clock: String,
    /// Legal end.
    pub due_eff: String,
    /// Plain arithmetic.
    pub due_raw: String,
    /// What staff aim at.
    pub due_safe: String,
    /// Event day.
    pub start: String,
    /// Why it stopped.
    pub stop_reason: String,
}

/// Version of the form.
const FORM: &str = "xinqiao.process-log.v1";

impl ProcessLog {
    /// The log of a case.
    pub fn of(case_no: CaseNumber, events: &[LoggedEvent]) -> Self {
        Self {
            form: FORM.to_owned(),
            case_no,
            events: events.iter().map(line).collect(),
        }
    }

    /// As JSON, one event a line so that people can compare two of them.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("plain values have a JSON form")
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut text = format!("过程日志  {}\n\n", self.case_no);
        for line in &self.events {
            let LogLine {
                position,
                occurred_at,
                publisher,
                sequence,
                kind,
                state,
                actor,
                ..
            } = line;
            write!(
                text,
                "{position:>4}  {occurred_at}  {publisher}#{sequence}  {kind}  {state}  {actor}"
            )
            .expect("writing to a string cannot fail");
            if let Some(ClockLine {
                clock,
                start,
                due_raw,
                due_eff,
                due_safe,
                stop_reason,
            }) = &line.clock
            {
                write!(
                    text,
                    "  {clock} 起 {start} 届满 {due_raw} / {due_eff} / {due_safe} {stop_reason}"
                )
                .expect("writing to a string cannot fail");
            }
            text.push('\n');
        }
        text
    }
}

fn line(event: &LoggedEvent) -> LogLine {
    let occurred_at = event.occurred_at.to_offset(SHANGHAI).format(&Rfc3339);
    LogLine {
        actor: event.actor_ref.clone(),
        body: hex::encode(&event.body),
        body_sha256: sha256(&event.body),
        causation_id: event.causation_id,
        clock: event.clock.as_ref().map(|note| ClockLine {
            clock: note.clock.clone(),
            due_eff: note.due_eff.clone(),
            due_raw: note.due_raw.clone(),
            due_safe: note.due_safe.clone(),
            start: note.start.clone(),
            stop_reason: note.stop_reason.clone(),
        }),
        event_id: event.event_id,
        kind: event.kind.clone(),
        occurred_at: occurred_at.expect("instants of a case lie in years that RFC 3339 can write"),
        position: event.position,
        publisher: event.publisher.clone(),
        sequence: event.sequence,
        state: event.state.code().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dossier::{ClockNote, tests::event};

    fn case_no() -> CaseNumber {
        "XF-220502-2026-2-000123-9".parse().unwrap()
    }

    #[test]
    fn the_log_reads_back_and_carries_what_can_be_checked() {
        let log = ProcessLog::of(case_no(), &[event(1, "intake", 1), event(2, "assignment", 1)]);
        let back: ProcessLog = serde_json::from_slice(&log.json()).unwrap();
        assert_eq!(back, log);
        assert_eq!(
            back.events[0].body_sha256,
            sha256(&hex::decode(&back.events[0].body).unwrap())
        );
        assert_eq!(back.events[0].occurred_at, "2026-03-03T09:12:00+08:00");
    }

    #[test]
    fn people_see_state_and_clock() {
        let mut started = event(1, "supervision", 1);
        "clock.started".clone_into(&mut started.kind);
        started.clock = Some(ClockNote {
            clock: "K15".into(),
            start: "2026-04-28".into(),
            due_raw: "2026-05-14".into(),
            due_eff: "2026-05-14".into(),
            due_safe: "2026-05-14".into(),
            stop_reason: String::new(),
        });
        let text = ProcessLog::of(case_no(), &[started]).text();
        assert!(
            text.contains("supervision#1  clock.started  C10  person:p-1  K15 起 2026-04-28"),
            "{text}"
        );
    }
}
