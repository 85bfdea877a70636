//! What a case says: submissions, petitioners, triage sheet, void register. Sealed columns open here and nowhere
//! else.

use sqlx::{FromRow, PgConnection};
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::document;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{KeyRing, Opening, SealContext, Sealed};
use xinqiao_documents::Opened;
use xinqiao_documents::forms::registration::Original;
use xinqiao_kernel::DistrictCode;

use super::By;
use crate::domain::codes::{LegalRoute, PetitionerTold, VoidReason};
use crate::domain::particulars::Particulars;
use crate::domain::submission::{Identity, Text};

/// A submission with its text, the petitioner's own words, still sealed.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct SubmissionRow {
    pub(crate) id: Uuid,
    pub(crate) ordinal: i16,
    pub(crate) channel: i16,
    pub(crate) received_at: OffsetDateTime,
    pub(crate) registered_at: OffsetDateTime,
    pub(crate) postmark_on: Option<Date>,
    pub(crate) visit_count: i32,
    pub(crate) affected_count: i32,
    pub(crate) joint: bool,
    pub(crate) oral: bool,
    pub(crate) confidential: bool,
    pub(crate) consent_public: bool,
    original_id: Uuid,
    original: Sealed,
    particulars: Option<Sealed>,
}

impl SubmissionRow {
    /// Opens the text; an accusation's only with an opening.
    pub(crate) fn text(
        &self,
        opening: Option<&Opening>,
        keys: &KeyRing,
        district: DistrictCode,
    ) -> Result<Text, Refusal> {
        let canonical = document::open_with(opening, keys, district, self.original_id, &self.original)
            .map_err(|error| Refusal::internal(&error))?;
        let original: Original = xinqiao_documents::open(&canonical)
            .and_then(Opened::into_form)
            .map_err(|error| Refusal::internal(&error))?;
        Ok(Text {
            title: original.subject,
            content: original.content,
            requests: original.requests,
            scan_reference: original.scan_reference,
        })
    }

    /// Opens what only its channel has; an accusation's only with an opening.
    pub(crate) fn particulars(
        &self,
        opening: Option<&Opening>,
        keys: &KeyRing,
        district: DistrictCode,
    ) -> Result<Option<Particulars>, Refusal> {
        let place = SealContext::new(district, "submission", "particulars", self.id);
        let sealed = self.particulars.as_ref();
        sealed
            .map(|sealed| open(opening, keys, &place, sealed))
            .transpose()
    }
}

/// A petitioner with his identity still sealed.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct PetitionerRow {
    pub(crate) id: Uuid,
    pub(crate) case_id: Uuid,
    pub(crate) ordinal: i16,
    pub(crate) kind: i16,
    pub(crate) preferred_channel: i16,
    pub(crate) representative: bool,
    identity: Sealed,
}

impl PetitionerRow {
    /// Opens the identity; an accuser's only with an opening.
    pub(crate) fn identity(
        &self,
        opening: Option<&Opening>,
        keys: &KeyRing,
        district: DistrictCode,
    ) -> Result<Identity, Refusal> {
        open(
            opening,
            keys,
            &SealContext::new(district, "petitioner", "identity", self.id),
            &self.identity,
        )
    }
}

/// Seals an ordinary petitioner's identity for a row of his.
pub(crate) fn seal_identity(
    keys: &KeyRing,
    district: DistrictCode,
    row: Uuid,
    identity: &Identity,
) -> Sealed {
    let place = SealContext::new(district, "petitioner", "identity", row);
    seal(keys, &place, identity)
}

/// Seals what only a channel has for a submission that is no accusation.
pub(crate) fn seal_particulars(
    keys: &KeyRing,
    district: DistrictCode,
    row: Uuid,
    particulars: &Particulars,
) -> Sealed {
    let place = SealContext::new(district, "submission", "particulars", row);
    seal(keys, &place, particulars)
}

fn seal(keys: &KeyRing, place: &SealContext<'_>, value: &impl serde::Serialize) -> Sealed {
    let plain = serde_json::to_vec(value).expect("invariant: what is sealed is plain data");
    keys.seal(place, &plain)
}

fn open<T: serde::de::DeserializeOwned>(
    opening: Option<&Opening>,
    keys: &KeyRing,
    place: &SealContext<'_>,
    sealed: &Sealed,
) -> Result<T, Refusal> {
    let plain = keys
        .open_with(opening, place, sealed)
        .map_err(|error| Refusal::internal(&error))?;
    serde_json::from_slice(&plain).map_err(|error| Refusal::internal(&error))
}

/// Submissions of cases, in order.
pub(crate) async fn submissions(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
) -> Result<Vec<SubmissionRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT s.id, s.ordinal, s.channel, s.received_at, s.registered_at, s.postmark_on, s.visit_count,
                s.affected_count, s.joint, s.oral, s.confidential, s.consent_public, s.original_id,
                s.particulars, d.content AS original
         FROM submission s
         JOIN document d ON d.district_code = s.district_code AND d.document_id = s.original_id
         WHERE s.district_code = $1 AND s.case_id = $2 ORDER BY s.ordinal",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_all(connection)
    .await
}

/// Persons who came with the first submission of each case, by case.
pub(crate) async fn counts(
    connection: &mut PgConnection,
    district: DistrictCode,
    cases: &[Uuid],
) -> Result<Vec<(Uuid, i32, bool)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT case_id, visit_count, joint FROM submission
         WHERE district_code = $1 AND case_id = ANY ($2::uuid[]) AND ordinal = 1",
    )
    .bind(district.as_str())
    .bind(cases)
    .fetch_all(connection)
    .await
}

/// Petitioners of a case, in the order of submission and form.
pub(crate) async fn petitioners(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
) -> Result<Vec<PetitionerRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, case_id, ordinal, kind, preferred_channel, representative, identity FROM petitioner
         WHERE district_code = $1 AND case_id = $2 ORDER BY ordinal, position",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_all(connection)
    .await
}

/// The first petitioner of each case.
pub(crate) async fn first_petitioners(
    connection: &mut PgConnection,
    district: DistrictCode,
    cases: &[Uuid],
) -> Result<Vec<PetitionerRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, case_id, ordinal, kind, preferred_channel, representative, identity FROM petitioner
         WHERE district_code = $1 AND case_id = ANY ($2::uuid[]) AND ordinal = 1 AND position = 0",
    )
    .bind(district.as_str())
    .bind(cases)
    .fetch_all(connection)
    .await
}

/// The triage sheet.
#[derive(Clone, Debug)]
pub(crate) struct Triage {
    pub(crate) legal_route: LegalRoute,
    pub(crate) content_code: String,
    pub(crate) problem_loc_code: String,
    pub(crate) problem_town_code: String,
    pub(crate) field_code: String,
    pub(crate) cause_code: Option<String>,
    pub(crate) complained_unit_ids: Vec<Uuid>,
    pub(crate) complained_person_marks: Vec<Vec<u8>>,
    pub(crate) sheet: Sheet,
}

/// The part of the triage sheet that is sealed.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Sheet {
    pub(crate) summary: String,
    /// Names of units and persons complained about.
    pub(crate) complained: Vec<String>,
}

#[derive(FromRow)]
struct TriageRow {
    legal_route: i16,
    content_code: String,
    problem_loc_code: String,
    problem_town_code: String,
    field_code: String,
    cause_code: Option<String>,
    complained_unit_ids: Vec<Uuid>,
    complained_person_marks: Vec<Vec<u8>>,
    sheet: Sealed,
}

/// Reads the triage sheet of a case.
pub(crate) async fn triage(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    case: Uuid,
) -> Result<Option<Triage>, Refusal> {
    let row: Option<TriageRow> = sqlx::query_as(
        "SELECT legal_route, content_code, problem_loc_code, problem_town_code, field_code, cause_code,
                complained_unit_ids, complained_person_marks, sheet
         FROM triage WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Triage {
        legal_route: LegalRoute::of_number(row.legal_route).expect("invariant: written from a route"),
        content_code: row.content_code,
        problem_loc_code: row.problem_loc_code,
        problem_town_code: row.problem_town_code,
        field_code: row.field_code,
        cause_code: row.cause_code,
        complained_unit_ids: row.complained_unit_ids,
        complained_person_marks: row.complained_person_marks,
        sheet: open(
            None,
            keys,
            &SealContext::new(district, "triage", "sheet", case),
            &row.sheet,
        )?,
    }))
}

/// Writes the triage sheet, the first or a later one.
pub(crate) async fn put_triage(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    case: Uuid,
    triage: &Triage,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    let sheet = serde_json::to_vec(&triage.sheet).expect("invariant: sheets are plain data");
    let sheet = keys.seal(&SealContext::new(district, "triage", "sheet", case), &sheet);
    sqlx::query(
        "INSERT INTO triage AS t (district_code, case_id, legal_route, content_code, problem_loc_code, problem_town_code,
                                  field_code, cause_code, complained_unit_ids, complained_person_marks, sheet,
                                  created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $13, 1)
         ON CONFLICT (district_code, case_id) DO UPDATE
         SET legal_route = excluded.legal_route, content_code = excluded.content_code,
             problem_loc_code = excluded.problem_loc_code, problem_town_code = excluded.problem_town_code,
             field_code = excluded.field_code, cause_code = excluded.cause_code,
             complained_unit_ids = excluded.complained_unit_ids,
             complained_person_marks = excluded.complained_person_marks, sheet = excluded.sheet,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by, version = t.version + 1",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(triage.legal_route.number())
    .bind(&triage.content_code)
    .bind(&triage.problem_loc_code)
    .bind(&triage.problem_town_code)
    .bind(&triage.field_code)
    .bind(triage.cause_code.as_deref())
    .bind(&triage.complained_unit_ids)
    .bind(&triage.complained_person_marks)
    .bind(sheet)
    .bind(by.at)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a proposal to void a case; a later one takes the place of an earlier.
pub(crate) async fn propose_void(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    case: Uuid,
    (reason, told): (VoidReason, Option<PetitionerTold>),
    explanation: &str,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    let sealed = keys.seal_text(
        &SealContext::new(district, "void_register", "explanation", case),
        explanation,
    );
    sqlx::query(
        "INSERT INTO void_register AS v (district_code, case_id, reason, explanation, proposed_by, told,
                                         created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $7, $6, $5, $6, $5, 1)
         ON CONFLICT (district_code, case_id) DO UPDATE
         SET reason = excluded.reason, explanation = excluded.explanation, proposed_by = excluded.proposed_by,
             told = excluded.told, updated_at = excluded.updated_at, updated_by = excluded.updated_by, version = v.version + 1",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(reason.number())
    .bind(sealed)
    .bind(by.actor)
    .bind(by.at)
    .bind(told.map(PetitionerTold::number))
    .execute(connection)
    .await?;
    Ok(())
}

/// Confirms a void, as what role somebody did; returns its reason.
pub(crate) async fn confirm_void(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    role: &str,
    by: By<'_>,
) -> Result<VoidReason, sqlx::Error> {
    let reason: i16 = sqlx::query_scalar(
        "UPDATE void_register SET confirmed_by = $3, confirmed_at = $4, confirmed_role = $5, updated_by = $3,
                                  updated_at = $4, version = version + 1
         WHERE district_code = $1 AND case_id = $2 RETURNING reason",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(by.actor)
    .bind(by.at)
    .bind(role)
    .fetch_one(connection)
    .await?;
    Ok(VoidReason::of_number(reason).expect("invariant: written from a reason"))
}
