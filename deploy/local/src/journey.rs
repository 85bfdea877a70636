//! The main journey: one petition from the reception hall to the sealed archive, through the public API.
//!
//! [`Journey`] is one case and the people who handle it; each method is one act, in the order in which
//! they happen. An act that is cut off is sent again with the same request id, as a good client does.

mod closing;
mod hall;
pub mod masters;
pub mod patience;
pub mod schedule;
pub mod script;
mod unit;
pub mod verdict;

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::random;

use crate::clients::Desk;
use crate::people::{self, DISTRICT_A, DISTRICT_B, Person};
use crate::platform::Platform;
use crate::signing::Signatory;
use schedule::{Day, Schedule};
use script::Script;

/// The people who handle a case in one district.
#[derive(Debug)]
pub struct Cast {
    /// 登记员.
    pub clerk: Desk,
    /// 分办员.
    pub dispatcher: Desk,
    /// The receiving leader 接访领导.
    pub leader: Desk,
    /// Head of the responsible unit 责任单位负责人.
    pub unit_head: Desk,
    /// Handler at the unit 承办人.
    pub handler: Desk,
    /// 档案员.
    pub archivist: Desk,
    /// 督查员.
    pub supervisor: Desk,
    /// Who the leader is.
    pub leader_id: Uuid,
    /// The responsible unit.
    pub unit_id: Uuid,
    /// The two persons who investigate, with their names.
    pub investigators: [&'static Person; 2],
    signatory: Signatory,
}

impl Cast {
    /// The people of 东昌区, with 张副区长 as the leader.
    pub fn of_district_a(platform: &Platform) -> Result<Self> {
        Self::assemble(
            platform,
            [
                "li-dengji",
                "wang-fenban",
                "zhang-fuquzhang",
                "qian-juzhang",
                "zhao-chengban",
                "feng-chengban",
                "zhou-dangan",
                "sun-ducha",
            ],
        )
    }

    /// The people of 二道江区.
    pub fn of_district_b(platform: &Platform) -> Result<Self> {
        Self::assemble(
            platform,
            [
                "wu-dengji",
                "ma-fenban",
                "chen-fuquzhang",
                "guo-juzhang",
                "tang-chengban",
                "song-chengban",
                "shen-dangan",
                "han-ducha",
            ],
        )
    }

    /// The same people handling a case that no leader received: the head of the office does the leader's part (DEC-16).
    pub fn without_leader(self, platform: &Platform, head: &Person) -> Result<Self> {
        Ok(Self {
            leader: platform.desk(head)?,
            signatory: Signatory::open(platform.data(), head)?,
            ..self
        })
    }

    /// The people of a district by its code.
    pub fn of(platform: &Platform, district: &str) -> Result<Self> {
        match district {
            DISTRICT_A => Self::of_district_a(platform),
            DISTRICT_B => Self::of_district_b(platform),
            other => anyhow::bail!("no demo people work in district {other}"),
        }
    }

    fn assemble(platform: &Platform, ids: [&str; 8]) -> Result<Self> {
        let person = |index: usize| {
            people::find(ids[index]).with_context(|| format!("nobody is called {}", ids[index]))
        };
        let desk = |index: usize| platform.desk(person(index)?);
        let leader = person(2)?;
        Ok(Self {
            clerk: desk(0)?,
            dispatcher: desk(1)?,
            leader: desk(2)?,
            unit_head: desk(3)?,
            handler: desk(4)?,
            archivist: desk(6)?,
            supervisor: desk(7)?,
            leader_id: leader
                .leader
                .with_context(|| format!("{} is no leader", leader.id))?,
            unit_id: person(3)?
                .unit
                .with_context(|| format!("{} works at no unit", ids[3]))?,
            investigators: [person(4)?, person(5)?],
            signatory: Signatory::open(platform.data(), leader)?,
        })
    }
}

/// One case under way.
#[derive(Debug)]
pub struct Journey<'a> {
    cast: &'a Cast,
    /// What the people say and write.
    pub script: Script,
    /// Staff the petition complains about: subjects of their tokens, for the triage sheet.
    pub concerned: Vec<String>,
    schedule: Schedule,
    reception_day_id: String,
    case: Option<Registration>,
    reception_id: Option<String>,
    /// The archive's package, once sealed.
    pub package_id: Option<String>,
    requests: Mutex<BTreeMap<&'static str, Uuid>>,
}

/// What the petitioner takes home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Identifier of the case.
    pub case_id: String,
    /// Its number.
    pub case_no: String,
    /// 查询码.
    pub query_code: String,
}

impl<'a> Journey<'a> {
    /// A journey that begins on a published reception day of the cast's leader.
    pub fn new(cast: &'a Cast, script: Script, schedule: Schedule, reception_day_id: String) -> Self {
        Self {
            cast,
            script,
            concerned: Vec::new(),
            schedule,
            reception_day_id,
            case: None,
            reception_id: None,
            package_id: None,
            requests: Mutex::default(),
        }
    }

    /// The same case with fresh request ids: what was done before is asked for anew, not answered again.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self {
            cast: self.cast,
            script: self.script.clone(),
            concerned: self.concerned.clone(),
            schedule: self.schedule.clone(),
            reception_day_id: self.reception_day_id.clone(),
            case: self.case.clone(),
            reception_id: self.reception_id.clone(),
            package_id: self.package_id.clone(),
            requests: Mutex::default(),
        }
    }

    /// Its dates.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What was registered; an error before that.
    pub fn registration(&self) -> Result<&Registration> {
        self.case.as_ref().context("the case is not registered yet")
    }

    /// Everything that happens on one day.
    pub async fn act(&mut self, day: Day) -> Result<()> {
        match day {
            Day::Reception => {
                self.register().await?;
                self.record_reception().await
            }
            Day::Assignment => {
                self.finalise_reception().await?;
                self.triage().await?;
                self.release().await?;
                self.assign().await
            }
            Day::Acceptance => {
                self.draft_acceptance().await?;
                self.issue_acceptance().await?;
                self.name_investigators().await
            }
            Day::Report => {
                self.submit_report().await?;
                self.read_report().await
            }
            Day::Opinion => {
                self.draft_opinion().await?;
                self.issue_opinion().await
            }
            Day::Service => {
                self.serve_opinion().await?;
                self.start_execution().await
            }
            Day::Closure => {
                self.submit_closure_report().await?;
                self.check_completeness().await
            }
            Day::PetitionerOpinion => self.record_petitioner_opinion().await,
            Day::Signature => {
                self.record_inspection().await?;
                self.sign_review().await
            }
            Day::Archive => self.seal_package().await,
        }
    }

    /// The request id of an act: chosen once, the same at every try.
    fn request_id(&self, act: &'static str) -> String {
        let mut requests = self
            .requests
            .lock()
            .expect("invariant: no act panics while it asks for its request id");
        requests.entry(act).or_insert_with(random::new_id).to_string()
    }

    fn case_id(&self) -> Result<String> {
        Ok(self.registration()?.case_id.clone())
    }
}

/// An instant as the contracts carry it.
pub fn timestamp(instant: OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.unix_timestamp(),
        nanos: i32::try_from(instant.nanosecond())
            .expect("invariant: a second has fewer than 2^31 nanoseconds"),
    }
}
