//! Whom a case concerns `[R:28(3)]`: the persons and units complained about, and who is recused from it.
//!
//! Triage says it, the order of assignment, and whoever recuses himself; the service that hears it tells the others by
//! its event. Each keeps it in its table `concern`, with the places of the units in `unit_place`, and fills the facts
//! with it that the hard rules decide by (rule book §5.2): nobody decides on a complaint about himself. Who is
//! complained about is class P2, so persons stand in tables and events by marks: a service can ask whether somebody is
//! one of them, and a copy of its database answers nothing. Accusations are never told of here (DEC-14).

use bytes::Bytes;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::event::{CaseAssigned, CaseDiverted, CaseInvestigationStarted, CaseReleased, UnitChanged};

use crate::desk::{Act, Actor};
use crate::inbox::Incoming;
use crate::refusal::Refusal;
use crate::seal::KeyRing;

/// A mark as events hold it.
pub type Mark = Bytes;

/// Length of a mark in bytes.
pub const MARK: usize = 32;

/// Who says it. What a source says takes the place of what it said before; declarations add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The triage sheet 分类审核单.
    Triage,
    /// The order of assignment 交办单.
    Order,
    /// Somebody recused himself 回避声明.
    Declaration,
}

impl Source {
    const fn code(self) -> &'static str {
        match self {
            Self::Triage => "TRIAGE",
            Self::Order => "ORDER",
            Self::Declaration => "DECLARATION",
        }
    }
}

/// What a source says: by marks the persons, by identifiers the units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Marks of those complained about or recused.
    pub marks: Vec<Vec<u8>>,
    /// Units complained about.
    pub units: Vec<Uuid>,
}

/// What decides about whoever acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concern {
    /// Himself, when the case concerns him.
    pub persons: Vec<String>,
    /// Units complained about, and his own when it stands under one of them.
    pub units: Vec<Uuid>,
}

/// Whether a case concerns whoever acts, and the units complained about.
pub async fn of(act: &mut Act, case: Uuid) -> Result<Concern, sqlx::Error> {
    let told = told(act, case).await?;
    let (person, his) = match act.actor() {
        Actor::Person(caller) => (Some(caller.person_id.clone()), caller.unit_id),
        Actor::Service(_) => (None, None),
    };
    let mut concern = Concern {
        persons: told.of_these(act, case, person),
        units: told.units,
    };
    if let Some(unit) = his.filter(|_| !concern.units.is_empty()) {
        let district = act.district();
        let above = lineage(act.conn(), district, unit).await?;
        if above.iter().any(|unit| concern.units.contains(unit)) {
            concern.units.push(unit);
        }
    }
    Ok(concern)
}

/// Those of some persons whom a case concerns.
pub async fn among(
    act: &mut Act,
    case: Uuid,
    persons: impl IntoIterator<Item = String>,
) -> Result<Vec<String>, sqlx::Error> {
    let told = told(act, case).await?;
    Ok(told.of_these(act, case, persons))
}

impl Said {
    fn of_these(&self, act: &Act, case: Uuid, persons: impl IntoIterator<Item = String>) -> Vec<String> {
        if self.marks.is_empty() {
            return Vec::new();
        }
        let (keys, district) = (act.desk().keys(), act.district());
        let is_one = |person: &String| {
            let wanted = person_mark(keys, district, case, person);
            self.marks.iter().any(|mark| *mark == wanted)
        };
        persons.into_iter().filter(is_one).collect()
    }
}

/// The marks of persons, as tables and events hold them.
pub fn marks(act: &Act, case: Uuid, persons: &[String]) -> Vec<Vec<u8>> {
    let (keys, district) = (act.desk().keys(), act.district());
    let mark = |person: &String| person_mark(keys, district, case, person).to_vec();
    persons.iter().map(mark).collect()
}

/// The mark of a person that a case is about: another in every case, so that cases of one person cannot be told.
pub fn person_mark(keys: &KeyRing, district: DistrictCode, case: Uuid, person: &str) -> [u8; MARK] {
    mark(keys, district, case, b"person", person.as_bytes())
}

/// The mark of a unit that an accusation is about.
pub fn unit_mark(keys: &KeyRing, district: DistrictCode, case: Uuid, unit: Uuid) -> [u8; MARK] {
    mark(keys, district, case, b"unit", unit.as_bytes())
}

fn mark(keys: &KeyRing, district: DistrictCode, case: Uuid, kind: &[u8], id: &[u8]) -> [u8; MARK] {
    let bytes = [case.as_bytes().as_slice(), kind, id].concat();
    keys.keyed_hash(district, "accused", &bytes)
}

/// What all sources have said of a case.
async fn told(act: &mut Act, case: Uuid) -> Result<Said, sqlx::Error> {
    let district = act.district();
    let rows: Vec<(Vec<Vec<u8>>, Vec<Uuid>)> = sqlx::query_as(
        "SELECT person_marks, unit_ids FROM concern WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_all(act.conn())
    .await?;
    let (marks, units): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    Ok(Said {
        marks: marks.concat(),
        units: units.concat(),
    })
}

/// Keeps what a source says now. Of a source that names nobody no row stays.
pub async fn put(act: &mut Act, case: Uuid, source: Source, said: &Said) -> Result<(), sqlx::Error> {
    let district = act.district();
    if said.marks.is_empty() && said.units.is_empty() {
        sqlx::query("DELETE FROM concern WHERE district_code = $1 AND case_id = $2 AND source = $3")
            .bind(district.as_str())
            .bind(case)
            .bind(source.code())
            .execute(act.conn())
            .await?;
        return Ok(());
    }
    let now = act.now();
    sqlx::query(
        "INSERT INTO concern (district_code, case_id, source, person_marks, unit_ids, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (district_code, case_id, source) DO UPDATE
         SET person_marks = excluded.person_marks, unit_ids = excluded.unit_ids, updated_at = excluded.updated_at",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(source.code())
    .bind(&said.marks)
    .bind(&said.units)
    .bind(now)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Keeps that persons have recused themselves, beside those who did before.
pub async fn recuse(act: &mut Act, case: Uuid, marks: &[Vec<u8>]) -> Result<(), sqlx::Error> {
    if marks.is_empty() {
        return Ok(());
    }
    let (district, now) = (act.district(), act.now());
    sqlx::query(
        "INSERT INTO concern AS c (district_code, case_id, source, person_marks, unit_ids, updated_at)
         VALUES ($1, $2, $3, $4, '{}', $5)
         ON CONFLICT (district_code, case_id, source) DO UPDATE
         SET person_marks = ARRAY(SELECT DISTINCT unnest(c.person_marks || excluded.person_marks)),
             updated_at = excluded.updated_at",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(Source::Declaration.code())
    .bind(marks)
    .bind(now)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Keeps what an event of another service tells: whom its case concerns, or where a unit stands. Any other is passed
/// by.
pub async fn follow(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let case = event.entity_id;
    match event.kind.as_str() {
        "case.released" => {
            let body: CaseReleased = event.decode()?;
            let said = complained(body.complained_person_marks, &body.complained_unit_ids)?;
            put(act, case, Source::Triage, &said).await?;
        }
        "case.diverted" => {
            let body: CaseDiverted = event.decode()?;
            let said = complained(body.complained_person_marks, &body.complained_unit_ids)?;
            put(act, case, Source::Triage, &said).await?;
        }
        "case.assigned" => {
            let body: CaseAssigned = event.decode()?;
            let said = Said {
                marks: read(body.excluded_person_marks),
                units: Vec::new(),
            };
            put(act, case, Source::Order, &said).await?;
        }
        "case.investigation_started" => {
            let body: CaseInvestigationStarted = event.decode()?;
            recuse(act, case, &read(body.recused_person_marks)).await?;
        }
        "unit.changed" => {
            let body: UnitChanged = event.decode()?;
            let parent = Some(body.parent_unit_id.as_str()).filter(|parent| !parent.is_empty());
            let (parent, district) = (parent.map(id).transpose()?, act.district());
            place(act.conn(), district, event.entity_id, parent, event.occurred_at).await?;
        }
        _ => {}
    }
    Ok(())
}

fn complained(marks: Vec<Mark>, units: &[String]) -> Result<Said, Refusal> {
    let units = units.iter().map(|unit| id(unit)).collect::<Result<_, _>>()?;
    Ok(Said {
        marks: read(marks),
        units,
    })
}

fn read(marks: Vec<Mark>) -> Vec<Vec<u8>> {
    marks.into_iter().map(Vec::from).collect()
}

fn id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|error| Refusal::internal(&error))
}

/// Notes under which unit a unit stands.
async fn place(
    connection: &mut PgConnection,
    district: DistrictCode,
    unit: Uuid,
    parent: Option<Uuid>,
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO unit_place (district_code, unit_id, parent_unit_id, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (district_code, unit_id) DO UPDATE
         SET parent_unit_id = excluded.parent_unit_id, updated_at = excluded.updated_at",
    )
    .bind(district.as_str())
    .bind(unit)
    .bind(parent)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// A unit and all above it, as far as they are known.
pub async fn lineage(
    connection: &mut PgConnection,
    district: DistrictCode,
    unit: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "WITH RECURSIVE lineage (unit_id) AS (
             SELECT $2::uuid
             UNION
             SELECT p.parent_unit_id FROM unit_place p JOIN lineage l ON l.unit_id = p.unit_id
             WHERE p.district_code = $1 AND p.parent_unit_id IS NOT NULL
         )
         SELECT unit_id FROM lineage",
    )
    .bind(district.as_str())
    .bind(unit)
    .fetch_all(connection)
    .await
}
