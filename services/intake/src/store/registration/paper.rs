//! What a submission says, as the registration form writes it.

use xinqiao_documents::forms::registration as forms;

use crate::domain::particulars::{Forwarded, OutsideVisit};
use crate::domain::submission::{Petitioner, Proxy};

pub(super) fn petitioner(petitioner: &Petitioner) -> forms::Petitioner {
    let identity = &petitioner.identity;
    forms::Petitioner {
        kind: petitioner.kind.zh().to_owned(),
        name: identity.name.clone(),
        sex: identity.sex().map(|sex| sex.zh().to_owned()),
        id_kind: identity.id_kind().map(|kind| kind.zh().to_owned()),
        id_no: identity.id_no.clone(),
        mobile: identity.mobile.clone(),
        landline: identity.landline.clone(),
        addr_code: identity.addr_code.clone(),
        addr_detail: Some(identity.addr_detail.clone()).filter(|address| !address.is_empty()),
        preferred_channel: petitioner.preferred.zh().to_owned(),
        representative: petitioner.representative,
        caller_number: identity.caller_number.clone(),
        uscc: identity.uscc.clone(),
        birth_date: identity.birth_date.map(Into::into),
        id_refused: identity.id_refused.then_some(true),
        agents: identity.agents.iter().map(proxy).collect(),
        guardian: identity.guardian.as_ref().map(proxy),
        email: identity.email.clone(),
        post_addr: identity.post_addr.clone(),
        post_code: identity.post_code.clone(),
    }
}

fn proxy(one: &Proxy) -> forms::Proxy {
    forms::Proxy {
        name: one.name.clone(),
        id_kind: one.id_kind().map(|kind| kind.zh().to_owned()),
        id_no: one.id_no.clone(),
        mobile: one.mobile.clone(),
        paper_reference: one.paper_reference.clone(),
    }
}

pub(super) fn forwarded(from: &Forwarded) -> forms::Forwarded {
    let numbers = from.external_refs.iter().map(|one| forms::ExternalRef {
        system: one.system().zh().to_owned(),
        number: one.number.clone(),
    });
    forms::Forwarded {
        source_level: from.level().zh().to_owned(),
        sender_org: from.sender_org.clone(),
        sender_number: from.sender_number.clone(),
        sender_on: from.sender_on.into(),
        sender_due: from.sender_due.map(Into::into),
        external_refs: numbers.collect(),
    }
}

pub(super) fn outside_visit(visit: &OutsideVisit) -> forms::OutsideVisit {
    forms::OutsideVisit {
        outside_form: visit.form().zh().to_owned(),
        visit_place: visit.place.clone(),
        staff: visit.staff.clone(),
        consent_home_visit: visit.consent_home_visit,
    }
}
