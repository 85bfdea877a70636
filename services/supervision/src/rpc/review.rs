//! T33 and T34: the leader reviews, and signs 审阅签字 or sends back.

use tonic::Code;
use xinqiao_chassis::{
    desk::Act,
    random,
    refusal::{Fields, Refusal},
    seal,
};
use xinqiao_documents::{forms::review as form, part::Official};
use xinqiao_kernel::{CaseState, ClockCode};
use xinqiao_proto::{
    event::{CaseClosed, LeaderSentBack, LeaderSigned},
    supervision::{
        GetSigningSheetRequest, GetSigningSheetResponse, ReviewDecision, SendBackRequest, SendBackResponse,
        SignReviewRequest, SignReviewResponse,
    },
};

use super::{
    access, official, paper, refuse,
    sheet::{self, COMMENT_MAX, Drawn},
    take, told_term, visible,
};
use crate::{
    domain::{
        case::Case,
        clocks::Happening,
        signature::{self, SIGNATURE_BYTES, SignatureFault},
        trigger::Trigger,
    },
    events::{
        casefile::{self, CaseFile},
        wire,
    },
    store::{
        self,
        delegations::Delegation,
        reviews::{Decision, NewReview},
        signatories::Signatory,
    },
};

/// Shows what is to be signed.
pub(super) async fn get_signing_sheet(
    act: &mut Act,
    query: GetSigningSheetRequest,
) -> Result<GetSigningSheetResponse, Refusal> {
    let mut fields = Fields::new();
    let comment = fields.text("comment", &query.comment, 0..=COMMENT_MAX);
    fields.finish()?;
    let case = visible(act, &query.case_id).await?;
    case.require(CaseState::LeaderReview).map_err(refuse::misplaced)?;
    let drawn = sheet::draw(act, &case, &comment).await?;
    act.opened(case.id).await?;
    Ok(GetSigningSheetResponse {
        sheet: drawn.bytes.into(),
        sheet_sha256: drawn.sha256.to_vec().into(),
        version: case.version,
    })
}

/// T33
pub(super) async fn sign_review(
    act: &mut Act,
    query: SignReviewRequest,
) -> Result<SignReviewResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    let decision = fields.choice::<ReviewDecision>("decision", query.decision);
    let comment = fields.text("comment", &query.comment, 0..=COMMENT_MAX);
    length(&mut fields, "sheet_sha256", query.sheet_sha256.len(), 32);
    length(&mut fields, "signature", query.signature.len(), SIGNATURE_BYTES);
    fields.finish()?;
    debug_assert_eq!(
        decision,
        Some(ReviewDecision::Approve),
        "the only decision there is"
    );

    let mut file = take(act, case_id, query.version, |case| {
        case.require(CaseState::LeaderReview)
    })
    .await?;
    let drawn = sheet::draw(act, &file.case, &comment).await?;
    let signatory = verified(act, &file.case, &drawn, &query).await?;

    keep_signature(act, &file, &query, &comment, &drawn, &signatory).await?;
    file.case.signed_at = Some(act.now());
    let changes = file.happen(act, &Happening::now(Trigger::Closed, act.now()));
    let k15 = file.running(ClockCode::K15)?.clone();
    let signed = LeaderSigned {
        leader_id: signatory.leader_id.to_string(),
        signed_at: Some(wire::timestamp(act.now())),
        signed_sha256: drawn.sha256.to_vec().into(),
        delegation_id: drawn
            .delegation
            .as_ref()
            .map(|delegation| delegation.id.to_string())
            .unwrap_or_default(),
    };
    act.publish("leader.signed", file.entity(), &signed);
    let basis = basis(act, drawn.delegation.as_ref()).await?;
    let signed_sheet = form::SignatureSheet {
        delegation: basis,
        ..document(act, &file.case, &query, &comment, drawn, &signatory)
    };
    paper(act, &file, &signed_sheet).await?;
    let closed = CaseClosed {
        k15: Some(wire::legal_term(&k15)),
        leader_received: file.case.leader_received,
        outcome: wire::outcome(file.case.outcome.as_deref()).into(),
        persons: file.case.persons,
    };
    act.publish("case.closed", file.entity(), &closed);
    file.keep(act, &changes).await?;
    file.save(act).await?;
    Ok(SignReviewResponse {
        version: file.case.version,
        state: file.case.state.code().to_owned(),
        signed_at: Some(wire::timestamp(act.now())),
        archive_due: k15.due.eff.to_string(),
    })
}

fn length(fields: &mut Fields, field: &str, actual: usize, expected: usize) {
    if actual != expected {
        fields.about(
            field,
            "BAD_FORMAT",
            format_args!("须为{expected}字节，请重新签字"),
            format_args!("must be {expected} bytes; sign again"),
        );
    }
}

/// The registered signatory, when the signature is his and over the sheet as it is now.
async fn verified(
    act: &mut Act,
    case: &Case,
    drawn: &Drawn,
    query: &SignReviewRequest,
) -> Result<Signatory, Refusal> {
    let (district, person) = (act.district(), act.caller().person_id.clone());
    let leader_id = act.caller().leader_id;
    let found = store::signatories::of_person(act.conn(), district, &person).await?;
    let signatory = found
        .filter(|signatory| !case.leader_received || Some(signatory.leader_id) == leader_id)
        .filter(|signatory| !signatory.certificate_pem.is_empty())
        .ok_or_else(|| refuse::signature(SignatureFault::NoCertificate))?;
    if query.sheet_sha256.as_ref() != drawn.sha256 {
        return Err(refuse::signature(SignatureFault::SheetChanged));
    }
    signature::verify(
        &signatory.certificate_pem,
        act.now(),
        &drawn.sha256,
        &query.signature,
    )
    .map_err(refuse::signature)?;
    Ok(signatory)
}

async fn keep_signature(
    act: &mut Act,
    file: &CaseFile,
    query: &SignReviewRequest,
    comment: &str,
    drawn: &Drawn,
    signatory: &Signatory,
) -> Result<(), Refusal> {
    let review_id = random::new_id();
    let review = NewReview {
        review_id,
        case_id: file.case.id,
        round: file.case.round(),
        signer: signatory.person_id.clone(),
        leader_id: Some(signatory.leader_id),
        delegation_id: drawn.delegation.as_ref().map(|delegation| delegation.id),
        comment: act.seal("leader_review", "comment", review_id, comment),
        decision: Decision::Approve {
            sheet_sha256: drawn.sha256,
            signature: query.signature.to_vec(),
            certificate_pem: signatory.certificate_pem.clone(),
        },
    };
    let stamp = casefile::stamp(act);
    store::reviews::insert_review(act.conn(), &stamp, &review).await?;
    Ok(())
}

/// For whom a delegate signs, as the form names it.
async fn basis(act: &mut Act, delegation: Option<&Delegation>) -> Result<Option<String>, Refusal> {
    let Some(delegation) = delegation else {
        return Ok(None);
    };
    let district = act.district();
    let leader = store::signatories::of_leader(act.conn(), district, delegation.leader_id).await?;
    let leader = leader.map_or_else(String::new, |leader| format!("{}{}", leader.post, leader.name));
    let Delegation {
        id,
        first_day,
        last_day,
        ..
    } = delegation;
    Ok(Some(format!(
        "受{leader}委托（{first_day}至{last_day}），委托编号{id}"
    )))
}

/// The form D17, with the sheet byte for byte, the signature and the certificate.
fn document(
    act: &Act,
    case: &Case,
    query: &SignReviewRequest,
    comment: &str,
    drawn: Drawn,
    signatory: &Signatory,
) -> form::SignatureSheet {
    form::SignatureSheet {
        case_no: case.number,
        leader: named(signatory),
        delegation: None,
        inspections: drawn.inspections,
        comment: (!comment.is_empty()).then(|| comment.to_owned()),
        sheet: String::from_utf8(drawn.bytes).expect("invariant: the sheet is JSON, which is UTF-8"),
        sheet_sha256: hex::encode(drawn.sha256),
        signature: form::Signature {
            algorithm: "Ed25519".to_owned(),
            value_hex: hex::encode(&query.signature),
            certificate_pem: signatory.certificate_pem.clone(),
            certificate_sha256: hex::encode(seal::sha256(signatory.certificate_pem.as_bytes())),
        },
        signed_at: act.now().into(),
    }
}

fn named(signatory: &Signatory) -> Official {
    let post = (!signatory.post.is_empty()).then(|| signatory.post.clone());
    Official {
        id: signatory.leader_id.to_string(),
        name: signatory.name.clone(),
        post,
    }
}

/// T34
pub(super) async fn send_back(act: &mut Act, query: SendBackRequest) -> Result<SendBackResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    let reason = fields.text("reason", &query.reason, 5..=COMMENT_MAX);
    let due = refuse::coming_day(&mut fields, "due", &query.due, act.today());
    fields.finish()?;
    let mut file = take(act, case_id, query.version, |case| {
        case.require(CaseState::LeaderReview)
    })
    .await?;
    if file.case.was_filed() {
        return Err(Refusal::new(
            Code::FailedPrecondition,
            "NO_UNIT",
            "该事项未经责任单位办理，不能退回重办",
            "no unit has handled this case, so there is nobody to send it back to",
        ));
    }

    let round = file.case.round();
    let changes = file.happen(act, &Happening::now(Trigger::SentBack, act.now()).until(due));
    let k13 = file.running(ClockCode::K13)?.clone();
    keep_send_back(act, &file, round, &reason, k13.due.eff).await?;
    let body = LeaderSentBack {
        leader_id: file
            .case
            .responsible_leader_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        rework_due: k13.due.raw.to_string(),
        k13: Some(wire::legal_term(&k13)),
    };
    act.publish("leader.sent_back", file.entity(), &body);
    let decision = form::SendBack {
        case_no: file.case.number,
        leader: official(act),
        reason,
        k13: told_term(&k13),
        sent_back_at: act.now().into(),
    };
    paper(act, &file, &decision).await?;
    file.keep(act, &changes).await?;
    file.save(act).await?;
    Ok(SendBackResponse {
        version: file.case.version,
        state: file.case.state.code().to_owned(),
        rework_due: k13.due.eff.to_string(),
    })
}

async fn keep_send_back(
    act: &mut Act,
    file: &CaseFile,
    round: u32,
    reason: &str,
    due: time::Date,
) -> Result<(), Refusal> {
    let delegation = access::delegation(act, &file.case).await?;
    let review_id = random::new_id();
    let review = NewReview {
        review_id,
        case_id: file.case.id,
        round,
        signer: act.caller().person_id.clone(),
        leader_id: act.caller().leader_id,
        delegation_id: delegation.map(|delegation| delegation.id),
        comment: act.seal("leader_review", "comment", review_id, reason),
        decision: Decision::SendBack(due),
    };
    let stamp = casefile::stamp(act);
    store::reviews::insert_review(act.conn(), &stamp, &review).await?;
    Ok(())
}
