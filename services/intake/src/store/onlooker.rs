//! Whoever looks at a case, as the accused of the case would be recognised (DEC-14).

use std::sync::Arc;

use uuid::Uuid;
use xinqiao_chassis::concern::{self, MARK, person_mark, unit_mark};
use xinqiao_chassis::desk::{Act, Actor};
use xinqiao_chassis::seal::KeyRing;
use xinqiao_kernel::DistrictCode;

/// The caller of an act, with the units above his own.
#[derive(Clone, Debug)]
pub(crate) struct Onlooker {
    pub(crate) district: DistrictCode,
    keys: Arc<KeyRing>,
    person: Option<String>,
    unit: Option<Uuid>,
    /// His unit, and all above it.
    lineage: Vec<Uuid>,
}

impl Onlooker {
    /// The caller of this act; nobody, when the service itself acts.
    pub(crate) async fn of(act: &mut Act) -> Result<Self, sqlx::Error> {
        let (district, keys) = (act.district(), Arc::clone(act.desk().keys()));
        let (person, unit) = match act.actor() {
            Actor::Person(caller) => (Some(caller.person_id.clone()), caller.unit_id),
            Actor::Service(_) => (None, None),
        };
        let lineage = match unit {
            Some(unit) => concern::lineage(act.conn(), district, unit).await?,
            None => Vec::new(),
        };
        Ok(Self {
            district,
            keys,
            person,
            unit,
            lineage,
        })
    }

    /// His unit, when it is one of those complained about, by identifier or by mark, or stands under one.
    pub(crate) fn accused_unit(&self, case: Uuid, complained: &[Uuid], marks: &[u8]) -> Option<Uuid> {
        let is_one = |unit: &Uuid| {
            complained.contains(unit)
                || holds(marks.chunks(MARK), || {
                    unit_mark(&self.keys, self.district, case, *unit)
                })
        };
        self.unit.filter(|_| self.lineage.iter().any(is_one))
    }

    /// Himself, when one of the marks is his.
    pub(crate) fn concerned<'a>(
        &self,
        case: Uuid,
        marks: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<String> {
        let person = self.person.as_ref()?;
        holds(marks, || person_mark(&self.keys, self.district, case, person)).then(|| person.clone())
    }
}

/// Nothing is computed where there are no marks.
fn holds<'a>(marks: impl IntoIterator<Item = &'a [u8]>, wanted: impl FnOnce() -> [u8; MARK]) -> bool {
    let mut marks = marks.into_iter().peekable();
    marks.peek().is_some() && {
        let wanted = wanted();
        marks.any(|mark| mark == wanted)
    }
}
