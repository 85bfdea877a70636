//! Whoever looks at a case, as the accused of the case would be recognised (DEC-14).

use std::sync::Arc;

use uuid::Uuid;
use xinqiao_chassis::concern;
use xinqiao_chassis::desk::{Act, Actor};
use xinqiao_chassis::seal::KeyRing;
use xinqiao_kernel::DistrictCode;

/// Length of a mark in bytes.
const MARK: usize = 32;

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
            complained.contains(unit) || holds(marks, || unit_mark(&self.keys, self.district, case, *unit))
        };
        self.unit.filter(|_| self.lineage.iter().any(is_one))
    }

    /// Himself, when he is one of those complained about.
    pub(crate) fn accused_person(&self, case: Uuid, marks: &[u8]) -> Option<String> {
        let is_one = |person: &&String| {
            holds(marks, || {
                person_mark(&self.keys, self.district, case, person.as_str())
            })
        };
        self.person.as_ref().filter(is_one).cloned()
    }
}

fn holds(marks: &[u8], wanted: impl FnOnce() -> [u8; MARK]) -> bool {
    !marks.is_empty() && {
        let wanted = wanted();
        marks.chunks(MARK).any(|mark| mark == wanted)
    }
}

/// The mark of a unit that a case is about.
pub(crate) fn unit_mark(keys: &KeyRing, district: DistrictCode, case: Uuid, unit: Uuid) -> [u8; MARK] {
    mark(keys, district, case, b"unit", unit.as_bytes())
}

/// The mark of a person that a case is about.
pub(crate) fn person_mark(keys: &KeyRing, district: DistrictCode, case: Uuid, person: &str) -> [u8; MARK] {
    mark(keys, district, case, b"person", person.as_bytes())
}

fn mark(keys: &KeyRing, district: DistrictCode, case: Uuid, kind: &[u8], id: &[u8]) -> [u8; MARK] {
    keys.keyed_hash(
        district,
        "accused",
        &[case.as_bytes().as_slice(), kind, id].concat(),
    )
}
