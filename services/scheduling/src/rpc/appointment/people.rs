//! Who holds an appointment, told by blind index: of a petitioner who books himself nothing else is known here.

use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::Refusal;

use crate::domain::appointment::Visitor;
use crate::rpc::error::{Error, What};
use crate::store;
use crate::store::known::KnownCase;

/// The sealed form of a visitor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SealedVisitor {
    pub(super) name: String,
    id_no: Option<String>,
    phone: Option<String>,
}

impl From<&Visitor> for SealedVisitor {
    fn from(visitor: &Visitor) -> Self {
        Self {
            name: visitor.name.clone(),
            id_no: visitor.id_no.as_ref().map(|id| id.as_str().to_owned()),
            phone: visitor.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        }
    }
}

impl SealedVisitor {
    /// What tells this person from others, each under the name that intake has for it.
    fn identities(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let id_no = self.id_no.as_deref().map(|id| ("id_no", id));
        let phone = self.phone.as_deref().map(|phone| {
            let mobile = phone.starts_with('1');
            (if mobile { "mobile" } else { "landline" }, phone)
        });
        id_no.into_iter().chain(phone)
    }
}

/// Blind indexes, in hexadecimal, of who comes: the visitors that were named, or those of the case.
pub(super) async fn of(
    act: &mut Act,
    visitors: &[SealedVisitor],
    case_id: Option<Uuid>,
) -> Result<Vec<String>, Refusal> {
    let case_id = case_id.filter(|_| visitors.is_empty());
    let Some(case_id) = case_id else {
        let identities = visitors.iter().flat_map(SealedVisitor::identities);
        return Ok(identities
            .map(|(field, value)| index(act, field, value))
            .collect());
    };
    let case = store::known::case(act, case_id)
        .await?
        .ok_or(Error::NotFound(What::Case))?;
    of_case(act, &case)
}

/// Blind indexes of who may book for a case. Where intake knows neither number nor mobile, the case stands for its
/// petitioner.
pub(super) fn of_case(act: &Act, case: &KnownCase) -> Result<Vec<String>, Refusal> {
    let sealed = case.persons.as_ref();
    let opened = sealed.map(|persons| act.open("known_case", "persons", case.id, persons));
    let opened = opened.transpose().map_err(|error| Refusal::internal(&error))?;
    let persons = opened.unwrap_or_default();
    let persons: Vec<String> = persons
        .split(',')
        .filter(|index| !index.is_empty())
        .map(str::to_owned)
        .collect();
    Ok(if persons.is_empty() {
        vec![index(act, "case", &case.id.to_string())]
    } else {
        persons
    })
}

/// The indexes together with the date, so that nobody can be followed from day to day; sorted and without doubles, so
/// that two bookings of the same people wait for each other in one order.
pub(super) fn on(act: &Act, day: Date, persons: &[String]) -> Vec<Vec<u8>> {
    let keys = act.keys();
    let mut indexes: Vec<Vec<u8>> = persons
        .iter()
        .map(|person| keys.blind_index(act.district(), "person-on-day", &format!("{day}/{person}")))
        .map(|index| index.to_vec())
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes
}

fn index(act: &Act, field: &str, value: &str) -> String {
    hex::encode(act.keys().blind_index(act.district(), field, value))
}
