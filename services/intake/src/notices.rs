//! Notices 告知: the services ask that petitioners be told, intake knows them and tells them.
//!
//! A request becomes one row for each petitioner who is told, with the act or the event that asks. [`send`] claims
//! what is due, opens the contact, hands it to a [`gateway`] and writes what became of it. Of an accusation there is no
//! row, and its contacts do not open here: they have keys of their own (DEC-14).

pub(crate) mod gateway;
mod metrics;
pub(crate) mod send;

use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Notice};
use xinqiao_chassis::document::stamp;
use xinqiao_chassis::inbox::Incoming;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::local;
use xinqiao_proto::event::{NotificationRequested, NotificationTemplate};

use crate::domain::codes::NoticeTemplate;
use crate::domain::notice;
use crate::store::cases::content::{self, PetitionerRow};
use crate::store::cases::{self as rows, By, CaseRow};
use crate::store::notices::{self, Asked, NewNotice};

/// Asks with an act of intake itself that the petitioners of a case be told. Publish first what they are told of.
pub(crate) async fn tell(act: &mut Act, row: &CaseRow, template: NoticeTemplate) -> Result<(), Refusal> {
    if row.sealed {
        return Ok(());
    }
    let asked = Asked {
        publisher: act.desk().service(),
        event_id: act.tell(Notice::of(row.id, in_contract(template))),
        case_id: row.id,
        template,
        appointment_at: None,
    };
    put(act, asked).await
}

/// Notes what another service asks.
pub(crate) async fn asked(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: NotificationRequested = event.decode()?;
    let wrong = |what: &'static str| Refusal::internal(&what);
    let case_id = Uuid::parse_str(&body.case_id).map_err(|error| Refusal::internal(&error))?;
    let template = NoticeTemplate::try_from(body.template).map_err(|error| Refusal::internal(&error))?;
    let appointment_at = match body.appointment_at.map(stamp) {
        Some((seconds, nanos)) => {
            Some(local::instant(seconds, nanos).ok_or_else(|| wrong("an appointment at no instant"))?)
        }
        None => None,
    };
    let district = act.district();
    let row = rows::find(act.conn(), district, case_id)
        .await?
        .ok_or_else(|| wrong("a notice of a case that is not registered here"))?;
    if row.sealed {
        return Ok(());
    }
    let asked = Asked {
        publisher: &event.publisher,
        event_id: event.event_id,
        case_id,
        template,
        appointment_at,
    };
    put(act, asked).await
}

/// One notice for everybody who is told. Nobody is when nobody gave his name `[R:23(2)]`.
async fn put(act: &mut Act, asked: Asked<'_>) -> Result<(), Refusal> {
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let petitioners = content::petitioners(act.conn(), district, asked.case_id).await?;
    let told = notice::told(&petitioners, |petitioner: &PetitionerRow| {
        petitioner.representative
    });
    let notices: Vec<NewNotice> = told
        .into_iter()
        .map(|petitioner| NewNotice {
            id: random::new_id(),
            petitioner_id: petitioner.id,
        })
        .collect();
    notices::insert(act.conn(), district, asked, &notices, By { actor: &actor, at }).await?;
    Ok(())
}

/// The template as events name it.
pub(crate) fn in_contract(template: NoticeTemplate) -> NotificationTemplate {
    NotificationTemplate::try_from(i32::from(template.number())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_in_the_contract_under_its_number() {
        for template in NoticeTemplate::ALL {
            let number = i32::from(in_contract(*template));
            assert_eq!(number, i32::from(template.number()), "{template:?}");
        }
    }
}
