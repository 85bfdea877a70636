//! A case as the contract shows it, identity data masked.

use std::collections::HashMap;

use prost::Message as _;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::Right;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::Opening;
use xinqiao_kernel::{ClockCode, SubmissionNumber, local, mask};
use xinqiao_proto::common::{LegalTerm, TermUnit};
use xinqiao_proto::intake::{CaseHeader, GetCaseResponse, PetitionerView, SubmissionView, TriageView};

use crate::contract;
use crate::domain::submission::{DISPOSAL_DAYS, Identity};
use crate::store::access;
use crate::store::cases::CaseRow;
use crate::store::cases::content::{self, PetitionerRow, SubmissionRow, Triage};
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
        temporary_no: temporary_no.unwrap_or_default(),
    })
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
        requests.extend(text.requests);
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

/// K1 as it was computed at the registration.
pub(in crate::rpc) fn k1(row: &CaseRow) -> LegalTerm {
    LegalTerm {
        clock: ClockCode::K1.code().to_owned(),
        start_date: local::local_date(row.received_at).to_string(),
        length: DISPOSAL_DAYS,
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
    let masked_id = |number: &String| mask::resident_id(number);
    PetitionerView {
        petitioner_id: row.id.to_string(),
        kind: row.kind.into(),
        name_masked: mask::name(&identity.name),
        sex: identity.sex.unwrap_or_default().into(),
        id_type: identity.id_kind.unwrap_or_default().into(),
        id_no_masked: identity.id_no.as_ref().map(masked_id).unwrap_or_default(),
        mobile_masked: identity.mobile.as_deref().map(mask::phone).unwrap_or_default(),
        landline_masked: identity.landline.as_deref().map(mask::phone).unwrap_or_default(),
        addr_code: identity.addr_code.clone().unwrap_or_default(),
        addr_masked: mask::address(&identity.addr_detail),
        preferred_channel: row.preferred_channel.into(),
        representative: row.representative,
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
