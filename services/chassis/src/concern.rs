//! Whom a case concerns `[R:28(3)]`: the persons and units complained about, and who is recused from it.
//!
//! Triage says it, the order of assignment, and whoever recuses himself; the service that hears it tells the others by
//! its event. Each keeps it in its table `concern`, with the places of the units in `unit_place`, and fills the facts
//! with it that the hard rules decide by (rule book §5.2): nobody decides on a complaint about himself. Accusations are
//! never told of here: they have marks instead (DEC-14).

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::event::{CaseAssigned, CaseDiverted, CaseInvestigationStarted, CaseReleased, UnitChanged};

use crate::desk::{Act, Actor};
use crate::inbox::Incoming;
use crate::refusal::Refusal;

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

/// Persons and units a case concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concern {
    /// Subjects of those complained about or recused.
    pub persons: Vec<String>,
    /// Units complained about.
    pub units: Vec<Uuid>,
}

/// What a case concerns, with the unit of whoever acts when it stands under one complained about: that is enough to
/// decide about him.
pub async fn of(act: &mut Act, case: Uuid) -> Result<Concern, sqlx::Error> {
    let mut concern = told(act, case).await?;
    let his = match act.actor() {
        Actor::Person(caller) => caller.unit_id,
        Actor::Service(_) => None,
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

/// What all sources have said of a case.
pub async fn told(act: &mut Act, case: Uuid) -> Result<Concern, sqlx::Error> {
    let district = act.district();
    let rows: Vec<(Vec<String>, Vec<Uuid>)> =
        sqlx::query_as("SELECT person_ids, unit_ids FROM concern WHERE district_code = $1 AND case_id = $2")
            .bind(district.as_str())
            .bind(case)
            .fetch_all(act.conn())
            .await?;
    let (persons, units): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    Ok(Concern {
        persons: persons.concat(),
        units: units.concat(),
    })
}

/// Keeps what a source says now. Of a source that names nobody no row stays.
pub async fn put(act: &mut Act, case: Uuid, source: Source, said: &Concern) -> Result<(), sqlx::Error> {
    let district = act.district();
    if said.persons.is_empty() && said.units.is_empty() {
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
        "INSERT INTO concern (district_code, case_id, source, person_ids, unit_ids, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (district_code, case_id, source) DO UPDATE
         SET person_ids = excluded.person_ids, unit_ids = excluded.unit_ids, updated_at = excluded.updated_at",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(source.code())
    .bind(&said.persons)
    .bind(&said.units)
    .bind(now)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Keeps that persons have recused themselves, beside those who did before.
pub async fn recuse(act: &mut Act, case: Uuid, persons: &[String]) -> Result<(), sqlx::Error> {
    if persons.is_empty() {
        return Ok(());
    }
    let (district, now) = (act.district(), act.now());
    sqlx::query(
        "INSERT INTO concern AS c (district_code, case_id, source, person_ids, unit_ids, updated_at)
         VALUES ($1, $2, $3, $4, '{}', $5)
         ON CONFLICT (district_code, case_id, source) DO UPDATE
         SET person_ids = ARRAY(SELECT DISTINCT unnest(c.person_ids || excluded.person_ids)),
             updated_at = excluded.updated_at",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(Source::Declaration.code())
    .bind(persons)
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
            let said = complained(body.complained_person_ids, &body.complained_unit_ids)?;
            put(act, case, Source::Triage, &said).await?;
        }
        "case.diverted" => {
            let body: CaseDiverted = event.decode()?;
            let said = complained(body.complained_person_ids, &body.complained_unit_ids)?;
            put(act, case, Source::Triage, &said).await?;
        }
        "case.assigned" => {
            let body: CaseAssigned = event.decode()?;
            let said = Concern {
                persons: body.excluded_person_ids,
                units: Vec::new(),
            };
            put(act, case, Source::Order, &said).await?;
        }
        "case.investigation_started" => {
            let body: CaseInvestigationStarted = event.decode()?;
            recuse(act, case, &body.recused_person_ids).await?;
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

fn complained(persons: Vec<String>, units: &[String]) -> Result<Concern, Refusal> {
    let units = units.iter().map(|unit| id(unit)).collect::<Result<_, _>>()?;
    Ok(Concern { persons, units })
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
