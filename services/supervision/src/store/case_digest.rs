//! What supervision says of its cases to `digest`: state and remedy, a hash over the clocks, and their dates.

use futures::{FutureExt as _, future::BoxFuture};
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::digest::{CaseDigest, DigestSource, LegalDates};
use xinqiao_kernel::DistrictCode;

use crate::store;

/// The digests of the cases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cases;

impl DigestSource for Cases {
    fn cases<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<CaseDigest>, sqlx::Error>> {
        store::digest::cases(connection, district).boxed()
    }

    fn clocks<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<(Uuid, LegalDates)>, sqlx::Error>> {
        store::digest::clocks(connection, district).boxed()
    }
}
