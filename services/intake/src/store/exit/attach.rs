//! What was said in a joined case goes on under the open one (RP-1).
//!
//! The words are kept once, and both cases name them; what is sealed in a row is sealed anew, for it opens in its own row
//! only.

use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::KeyRing;
use xinqiao_kernel::DistrictCode;

use crate::store::cases::By;
use crate::store::cases::content::{self, PetitionerRow, SubmissionRow};

/// From which case to which, and behind which ordinal of that.
#[derive(Clone, Copy, Debug)]
struct Way {
    from: Uuid,
    to: Uuid,
    last: i16,
}

/// Puts the submissions of a case under an open one, with the next ordinals and as repeats of its first. The first
/// ordinal given.
pub(crate) async fn attach(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    (from, to): (Uuid, Uuid),
    by: By<'_>,
) -> Result<i16, Refusal> {
    let last =
        sqlx::query_scalar("SELECT max(ordinal) FROM submission WHERE district_code = $1 AND case_id = $2")
            .bind(district.as_str())
            .bind(to)
            .fetch_one(&mut *connection)
            .await?;
    let way = Way { from, to, last };
    for submission in content::submissions(connection, district, from).await? {
        put_submission(connection, keys, district, way, &submission, by).await?;
    }
    for petitioner in content::petitioners(connection, district, from).await? {
        put_petitioner(connection, keys, district, way, &petitioner, by).await?;
    }
    Ok(last + 1)
}

async fn put_submission(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    way: Way,
    submission: &SubmissionRow,
    by: By<'_>,
) -> Result<(), Refusal> {
    let id = new_id();
    let particulars = submission.particulars(None, keys, district)?;
    let particulars = particulars.map(|them| content::seal_particulars(keys, district, id, &them));
    sqlx::query(
        "INSERT INTO submission (district_code, case_id, ordinal, id, channel, received_at, registered_at, postmark_on,
                                 visit_count, affected_count, joint, oral, confidential, consent_public, first_flag,
                                 repeat_of, original_id, particulars, created_at, created_by, updated_at, updated_by,
                                 version)
         SELECT s.district_code, $3, s.ordinal + $4, $5, s.channel, s.received_at, s.registered_at, s.postmark_on,
                s.visit_count, s.affected_count, s.joint, s.oral, s.confidential, s.consent_public, false, t.id,
                s.original_id, $6, $7, $8, $7, $8, 1
         FROM submission s
         JOIN submission t ON t.district_code = s.district_code AND t.case_id = $3 AND t.ordinal = 1
         WHERE s.district_code = $1 AND s.case_id = $2 AND s.ordinal = $9",
    )
    .bind(district.as_str())
    .bind(way.from)
    .bind(way.to)
    .bind(way.last)
    .bind(id)
    .bind(particulars)
    .bind(by.at)
    .bind(by.actor)
    .bind(submission.ordinal)
    .execute(connection)
    .await?;
    Ok(())
}

async fn put_petitioner(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    way: Way,
    petitioner: &PetitionerRow,
    by: By<'_>,
) -> Result<(), Refusal> {
    let id = new_id();
    let identity = petitioner.identity(None, keys, district)?;
    sqlx::query(
        "INSERT INTO petitioner (district_code, case_id, ordinal, position, id, kind, preferred_channel,
                                 representative, identity, id_index, mobile_index,
                                 created_at, created_by, updated_at, updated_by, version)
         SELECT district_code, $3, ordinal + $4, position, $5, kind, preferred_channel, representative, $6, id_index,
                mobile_index, $7, $8, $7, $8, 1
         FROM petitioner WHERE district_code = $1 AND case_id = $2 AND id = $9",
    )
    .bind(district.as_str())
    .bind(way.from)
    .bind(way.to)
    .bind(way.last)
    .bind(id)
    .bind(content::seal_identity(keys, district, id, &identity))
    .bind(by.at)
    .bind(by.actor)
    .bind(petitioner.id)
    .execute(connection)
    .await?;
    Ok(())
}
