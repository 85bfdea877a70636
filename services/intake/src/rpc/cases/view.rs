//! A case as the contract shows it, identity data masked.

use std::collections::HashMap;

use prost::Message as _;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::Right;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::Opening;
use xinqiao_kernel::{ClockCode, SubmissionNumber, Term, local, mask};
use xinqiao_proto::common::{LegalTerm, TermUnit};
use xinqiao_proto::intake::{
    CaseHeader, ExternalRef, ForwardedView, GetCaseResponse, OutsideVisitView, PetitionerView, ProxyView,
    SubmissionView, TriageView,
};

use crate::contract;
use crate::domain::codes::OutsideForm;
use crate::domain::particulars::{self, Forwarded, OutsideVisit, Particulars};
use crate::domain::submission::{Identity, Proxy};
use crate::store::access;
use crate::store::cases::content::{self, PetitionerRow, SubmissionRow, Triage};
use crate::store::cases::{self as rows, CaseRow};
use crate::store::exit;
use crate::store::field_drafts;
use crate::store::onlooker::Onlooker;

/// One case whole, which its petitioner is told; of a sealed one only number and state, and for who may see no more its
/// header.
pub(super) async fn case(act: &mut Act, row: &CaseRow) -> Result<GetCaseResponse, Refusal> {
    let header = headers(act, std::slice::from_ref(row)).await?.pop();
    let onlooker = Onlooker::of(act).await?;
    let Some(capacity) = act.capacity_for(Right::ReadCase, &row.resource(&onlooker)) else {
        return Ok(GetCaseResponse {
            header,
            ..GetCaseResponse::default()
        });
    };
    let (desk, district, today) = (act.desk().clone(), act.district(), act.today());
    access::note(act.conn(), district, row.id, today, capacity).await?;
    let (submissions, requests) = said(act, row, None).await?;
    let triage = content::triage(act.conn(), desk.keys(), district, row.id).await?;
    let (linked_to, linked_from) = joined(act, row).await?;
    let temporary_no = field_drafts::number_of(act.conn(), district, row.id).await?;
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let k1b = row.k1b.as_deref().map(LegalTerm::decode).transpose();
    Ok(GetCaseResponse {
        header,
        submissions,
        requests,
        triage: triage.map(triage_view),
        remedy: contract::remedy(row.remedy()),
        rule_version: row.rule_version.clone(),
        responsible_leader_id: id(row.responsible_leader_id),
        reception_id: id(row.reception_id),
        reception_day_id: id(row.reception_day_id),
        k1b: k1b.map_err(|error| Refusal::internal(&error))?,
        linked_to,
        linked_from,
        temporary_no: temporary_no.unwrap_or_default(),
    })
}

/// The case that one is joined to, and those joined to it, as far as the caller may know of them.
async fn joined(act: &mut Act, row: &CaseRow) -> Result<(Option<CaseHeader>, Vec<CaseHeader>), Refusal> {
    let district = act.district();
    let links = exit::links(act.conn(), district, row.id).await?;
    let ids: Vec<Uuid> = links.to.iter().chain(&links.from).copied().collect();
    if ids.is_empty() {
        return Ok((None, Vec::new()));
    }
    let mut found = rows::find_all(act.conn(), district, &ids).await?;
    let onlooker = Onlooker::of(act).await?;
    found.retain(|other| act.permits(Right::ReadCaseHeader, &other.resource(&onlooker)));
    found.sort_unstable_by_key(|other| other.id);
    let (to, from): (Vec<_>, Vec<_>) = found.into_iter().partition(|other| links.to == Some(other.id));
    Ok((headers(act, &to).await?.pop(), headers(act, &from).await?))
}

/// The submissions of a case with their petitioners, masked, and its requests; of a sealed case only with an opening.
pub(in crate::rpc) async fn said(
    act: &mut Act,
    row: &CaseRow,
    opening: Option<&Opening>,
) -> Result<(Vec<SubmissionView>, Vec<String>), Refusal> {
    let (desk, district) = (act.desk().clone(), act.district());
    let submissions = content::submissions(act.conn(), district, row.id).await?;
    let petitioners = content::petitioners(act.conn(), district, row.id).await?;
    let mut views = Vec::with_capacity(submissions.len());
    let mut requests = Vec::new();
    for submission in &submissions {
        let text = submission.text(opening, desk.keys(), district)?;
        let people = petitioners.iter().filter(|one| one.ordinal == submission.ordinal);
        let people = people.map(|one| Ok(petitioner(one, &one.identity(opening, desk.keys(), district)?)));
        let mut view = view_of(act, row, submission)?;
        view.petitioners = people.collect::<Result<_, Refusal>>()?;
        view.title = text.title;
        view.content = text.content;
        view.scan_reference = text.scan_reference.unwrap_or_default();
        match submission.particulars(opening, desk.keys(), district)? {
            Some(Particulars::Forwarded(from)) => view.forwarded = Some(forwarded(from)),
            Some(Particulars::OutsideVisit(visit)) => view.outside_visit = Some(outside_visit(visit)),
            None => {}
        }
        // What was joined later repeats them (RP-1).
        if submission.ordinal == 1 {
            requests = text.requests;
        }
        views.push(view);
    }
    Ok((views, requests))
}

/// Masked headers, in the order of the rows.
pub(in crate::rpc) async fn headers(act: &mut Act, found: &[CaseRow]) -> Result<Vec<CaseHeader>, Refusal> {
    let (desk, district) = (act.desk().clone(), act.district());
    let ordinary: Vec<Uuid> = found.iter().filter(|row| !row.sealed).map(|row| row.id).collect();
    let mut names = HashMap::new();
    for petitioner in content::first_petitioners(act.conn(), district, &ordinary).await? {
        let identity = petitioner.identity(None, desk.keys(), district)?;
        names.insert(petitioner.case_id, mask::name(&identity.name));
    }
    let counts: HashMap<Uuid, (i32, bool)> = content::counts(act.conn(), district, &ordinary)
        .await?
        .into_iter()
        .map(|(case, visitors, joint)| (case, (visitors, joint)))
        .collect();
    Ok(found
        .iter()
        .map(|row| {
            let (visitors, joint) = counts.get(&row.id).copied().unwrap_or_default();
            let standing = row.standing();
            let bare = CaseHeader {
                case_id: row.id.to_string(),
                case_no: row.number(district).to_string(),
                state: contract::state(standing.state),
                holder: contract::holder(standing.holder),
                sealed: row.sealed,
                ..CaseHeader::default()
            };
            if row.sealed {
                return bare;
            }
            CaseHeader {
                version: row.version.unsigned_abs(),
                channel: row.channel.into(),
                purpose: row.purpose().number().into(),
                received_at: Some(timestamp(row.received_at)),
                registered_at: Some(timestamp(row.registered_at)),
                k1: Some(k1(row)),
                petitioner_masked: names.remove(&row.id).unwrap_or_default(),
                anonymous: row.anonymous,
                joint,
                visit_count: visitors.unsigned_abs(),
                leader_received: row.reception_day_id.is_some(),
                ..bare
            }
        })
        .collect())
}

/// K1 as it was computed at the registration, or since then by supervision with another calendar.
pub(in crate::rpc) fn k1(row: &CaseRow) -> LegalTerm {
    let start = local::local_date(row.received_at);
    LegalTerm {
        clock: ClockCode::K1.code().to_owned(),
        start_date: start.to_string(),
        length: Term::until(start, row.k1_raw).count().into(),
        unit: TermUnit::Day.into(),
        calendar_version: row.k1_calendar.clone(),
        due_raw: row.k1_raw.to_string(),
        due_eff: row.k1_eff.to_string(),
        due_safe: row.k1_safe.to_string(),
        provisional: row.k1_provisional,
    }
}

fn view_of(act: &Act, row: &CaseRow, submission: &SubmissionRow) -> Result<SubmissionView, Refusal> {
    let ordinal = u8::try_from(submission.ordinal).map_err(|error| Refusal::internal(&error))?;
    let number = SubmissionNumber::new(row.number(act.district()), ordinal);
    Ok(SubmissionView {
        submission_id: submission.id.to_string(),
        submission_no: number.map_err(|error| Refusal::internal(&error))?.to_string(),
        channel: submission.channel.into(),
        received_at: Some(timestamp(submission.received_at)),
        registered_at: Some(timestamp(submission.registered_at)),
        postmark_on: submission
            .postmark_on
            .map(|day| day.to_string())
            .unwrap_or_default(),
        oral_readback: submission.oral,
        confidential_request: submission.confidential,
        consent_public: submission.consent_public,
        visit_count: submission.visit_count.unsigned_abs(),
        affected_count: submission.affected_count.unsigned_abs(),
        joint: submission.joint,
        ..SubmissionView::default()
    })
}

fn petitioner(row: &PetitionerRow, identity: &Identity) -> PetitionerView {
    PetitionerView {
        petitioner_id: row.id.to_string(),
        kind: row.kind.into(),
        name_masked: mask::name(&identity.name),
        sex: identity.sex.unwrap_or_default().into(),
        id_type: identity.id_kind.unwrap_or_default().into(),
        id_no_masked: masked(identity.id_no.as_ref(), mask::resident_id),
        mobile_masked: masked(identity.mobile.as_ref(), mask::phone),
        landline_masked: masked(identity.landline.as_ref(), mask::phone),
        addr_code: identity.addr_code.clone().unwrap_or_default(),
        addr_masked: mask::address(&identity.addr_detail),
        preferred_channel: row.preferred_channel.into(),
        representative: row.representative,
        caller_number_masked: masked(identity.caller_number.as_ref(), mask::phone),
        uscc: identity.uscc.clone().unwrap_or_default(),
        minor: identity.minor,
        id_refused: identity.id_refused,
        agents: identity.agents.iter().map(proxy).collect(),
        guardian: identity.guardian.as_ref().map(proxy),
        email_masked: masked(identity.email.as_ref(), mask::email),
        post_addr_masked: masked(identity.post_addr.as_ref(), mask::address),
        post_code: identity.post_code.clone().unwrap_or_default(),
    }
}

fn proxy(one: &Proxy) -> ProxyView {
    ProxyView {
        name_masked: mask::name(&one.name),
        id_type: one.id_kind.unwrap_or_default().into(),
        id_no_masked: masked(one.id_no.as_ref(), mask::resident_id),
        mobile_masked: masked(one.mobile.as_ref(), mask::phone),
        paper_reference: one.paper_reference.clone(),
    }
}

fn masked(text: Option<&String>, mask: fn(&str) -> String) -> String {
    text.map(|text| mask(text)).unwrap_or_default()
}

fn forwarded(from: Forwarded) -> ForwardedView {
    let number = |one: particulars::ExternalRef| ExternalRef {
        system: one.system.into(),
        number: one.number,
    };
    ForwardedView {
        source_level: from.level.into(),
        sender_org: from.sender_org,
        sender_number: from.sender_number,
        sender_on: from.sender_on.to_string(),
        sender_due: from.sender_due.map(|day| day.to_string()).unwrap_or_default(),
        external_refs: from.external_refs.into_iter().map(number).collect(),
    }
}

fn outside_visit(visit: OutsideVisit) -> OutsideVisitView {
    let at_home = visit.form() == OutsideForm::Home;
    let place = visit.place.unwrap_or_default();
    OutsideVisitView {
        outside_form: visit.form.into(),
        visit_place: if at_home { mask::address(&place) } else { place },
        staff: visit.staff,
        consent_home_visit: visit.consent_home_visit,
    }
}

fn triage_view(triage: Triage) -> TriageView {
    TriageView {
        legal_route: triage.legal_route.number().into(),
        content_code: triage.content_code,
        problem_loc_code: triage.problem_loc_code,
        problem_town_code: triage.problem_town_code,
        field_code: triage.field_code,
        cause_code: triage.cause_code.unwrap_or_default(),
        summary: triage.sheet.summary,
        complained_unit_ids: triage.complained_unit_ids.iter().map(Uuid::to_string).collect(),
    }
}
