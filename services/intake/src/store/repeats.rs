//! Which submissions have an ID number or a mobile in common: told by blind index, without opening anything.

use sqlx::{FromRow, PgConnection};
use uuid::Uuid;
use xinqiao_chassis::seal::{Compartment, KeyRing};
use xinqiao_kernel::DistrictCode;

/// What two submissions may have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shared {
    /// The number of an identity paper.
    IdNo,
    /// The mobile.
    Mobile,
}

/// The index of a normalised value. An accuser must not be found among ordinary petitioners, so his are others.
pub(crate) fn index(
    keys: &KeyRing,
    district: DistrictCode,
    compartment: Compartment,
    shared: Shared,
    value: &str,
) -> [u8; 32] {
    let field = match (compartment, shared) {
        (Compartment::Ordinary, Shared::IdNo) => "id_no",
        (Compartment::Ordinary, Shared::Mobile) => "mobile",
        (Compartment::Accusation, Shared::IdNo) => "sealed-id_no",
        (Compartment::Accusation, Shared::Mobile) => "sealed-mobile",
    };
    keys.blind_index(district, field, value)
}

/// Exact values to look for, normalised.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) id_no: Option<String>,
    pub(crate) mobile: Option<String>,
}

/// A case with one of the values on it.
#[derive(Clone, Copy, Debug, FromRow)]
pub(crate) struct Repeat {
    pub(crate) case_id: Uuid,
    pub(crate) same_id_no: bool,
    pub(crate) same_mobile: bool,
}

/// The newest ordinary cases of the district with one of the values on them.
pub(crate) async fn find(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    wanted: &Wanted,
    limit: usize,
) -> Result<Vec<Repeat>, sqlx::Error> {
    let index = |shared, value: &Option<String>| {
        let value = value.as_ref();
        value.map(|value| index(keys, district, Compartment::Ordinary, shared, value).to_vec())
    };
    sqlx::query_as(
        "SELECT p.case_id, bool_or(p.same_id_no) AS same_id_no, bool_or(p.same_mobile) AS same_mobile
         FROM (SELECT case_id, true AS same_id_no, false AS same_mobile FROM petitioner
               WHERE district_code = $1 AND id_index = $2
               UNION ALL
               SELECT case_id, false, true FROM petitioner WHERE district_code = $1 AND mobile_index = $3) p
         JOIN case_file c ON c.district_code = $1 AND c.id = p.case_id AND NOT c.sealed
         GROUP BY p.case_id ORDER BY p.case_id DESC LIMIT $4",
    )
    .bind(district.as_str())
    .bind(index(Shared::IdNo, &wanted.id_no))
    .bind(index(Shared::Mobile, &wanted.mobile))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await
}
