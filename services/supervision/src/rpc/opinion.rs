//! T30, T31, T32: the petitioner's opinion 信访人签署意见.

use tonic::Code;
use xinqiao_chassis::{
    desk::Act,
    document::stamp,
    random,
    refusal::{Fields, Refusal},
};
use xinqiao_documents::forms::review as form;
use xinqiao_kernel::{CaseState, ClockCode, Explain as _};
use xinqiao_proto::{
    event::{self, PetitionerOpinionRecorded},
    supervision::{
        ContactMethod, RecordPetitionerOpinionRequest, RecordPetitionerOpinionResponse, RefusedOpinion,
        SignatureType, SignedOpinion, UnreachableRecord, WitnessKind,
        record_petitioner_opinion_request::Result as Given,
    },
};

use super::{official, paper, refuse, take};
use crate::{
    domain::{
        case::Case,
        clocks::Happening,
        opinion,
        opinion::{
            Attempt, Attitude, Method, OpinionFault, Outcome, Refused, Signed, SigningCircumstances,
            Unreachable, Witness,
        },
        trigger::Trigger,
    },
    events::{
        casefile::{self, CaseFile},
        wire,
    },
    store::{self, opinions::NewOpinion},
};

/// Most witnesses or attempts of one record.
const LIST_MAX: usize = 20;

/// What was recorded.
enum Opinion {
    Signed(Signed, SigningCircumstances),
    Refused(Refused, bool),
    Unreachable(Unreachable),
}

/// T30, T31, T32
pub(super) async fn record_petitioner_opinion(
    act: &mut Act,
    query: RecordPetitionerOpinionRequest,
) -> Result<RecordPetitionerOpinionResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    if !query.remedy_told {
        fault(&mut fields, &OpinionFault::RemedyNotTold);
    }
    let given = query.result.as_ref();
    let given = fields.some("result", given, "REQUIRED", "须填写结果", "say what happened");
    let opinion = given.and_then(|given| read(&mut fields, given));
    // What does not depend on the case is told before the case is looked at.
    let Some(opinion) = opinion.filter(|_| fields.is_clean()) else {
        fields.finish()?;
        return Err(Refusal::internal(&"an opinion without faults did not read"));
    };

    let mut file = take(act, case_id, query.version, |case| {
        case.require(CaseState::OpinionPending)
    })
    .await?;
    let representative = query.representative.max(1);
    check_against(act, &file.case, &opinion, representative)?;
    let outcome = keep(act, &file, representative, &opinion).await?;
    let district = act.district();
    let recorded = store::opinions::of_round(act.conn(), district, case_id, file.case.round()).await?;
    let heard = u32::try_from(recorded.len()).unwrap_or(u32::MAX);
    let outstanding = file.case.representatives.saturating_sub(heard);
    let mut review_due = String::new();
    if outstanding == 0 {
        let gravest = Outcome::gravest(recorded.iter().map(|opinion| opinion.outcome)).unwrap_or(outcome);
        review_due = move_on(act, &mut file, gravest).await?;
    } else {
        file.case.version += 1;
    }
    file.save(act).await?;
    Ok(RecordPetitionerOpinionResponse {
        version: file.case.version,
        state: file.case.state.code().to_owned(),
        outstanding,
        review_due,
    })
}

/// The last representative is heard: the case goes to the leader. Returns the last day of K11.
async fn move_on(act: &mut Act, file: &mut CaseFile, gravest: Outcome) -> Result<String, Refusal> {
    let changes = file.happen(act, &Happening::now(Trigger::OpinionRecorded, act.now()));
    let k11 = file.running(ClockCode::K11)?;
    let result = match gravest {
        Outcome::Signed(_) => event::OpinionResult::Signed,
        Outcome::Refused => event::OpinionResult::Refused,
        Outcome::Unreachable => event::OpinionResult::Unreachable,
    };
    let body = PetitionerOpinionRecorded {
        result: result.into(),
        attitude: wire::attitude(gravest.attitude()).into(),
        k11: Some(wire::legal_term(k11)),
    };
    let review_due = k11.due.eff.to_string();
    act.publish("petitioner.opinion_recorded", file.entity(), &body);
    file.keep(act, &changes).await?;
    Ok(review_due)
}

fn fault(fields: &mut Fields, fault: &OpinionFault) {
    fields.wrong(fault.field(), fault.reason(), fault.zh(), fault.en());
}

/// What depends on the case: who records, who is heard, and since when attempts count.
fn check_against(act: &Act, case: &Case, opinion: &Opinion, representative: u32) -> Result<(), Refusal> {
    if matches!(opinion, Opinion::Refused(..)) && case.was_registered_by(act.actor_ref()) {
        return Err(refuse::registrar());
    }
    let mut fields = Fields::new();
    fields.require(
        "representative",
        representative <= case.representatives,
        "UNKNOWN_REPRESENTATIVE",
        format_args!("本事项共有 {} 名代表", case.representatives),
        format_args!("the case has {} representatives", case.representatives),
    );
    if let Opinion::Unreachable(record) = opinion {
        let since = case.opinion_pending_since.unwrap_or_else(|| act.today());
        for wrong in record.faults(since, act.now()) {
            fault(&mut fields, &wrong);
        }
    }
    Ok(fields.finish()?)
}

/// Keeps the row and its document D16.
async fn keep(
    act: &mut Act,
    file: &CaseFile,
    representative: u32,
    opinion: &Opinion,
) -> Result<Outcome, Refusal> {
    let document = document(act, &file.case, representative, opinion);
    let details = serde_json::to_string(&document).map_err(|error| Refusal::internal(&error))?;
    let opinion_id = random::new_id();
    let (outcome, agree_closed) = match opinion {
        Opinion::Signed(signed, _) => (Outcome::Signed(signed.attitude), Some(signed.agree_closed)),
        Opinion::Refused(..) => (Outcome::Refused, None),
        Opinion::Unreachable(_) => (Outcome::Unreachable, None),
    };
    let row = NewOpinion {
        opinion_id,
        case_id: file.case.id,
        round: file.case.round(),
        representative,
        outcome,
        agree_closed,
        details: act.seal("petitioner_opinion", "details", opinion_id, &details),
    };
    let stamp = casefile::stamp(act);
    if !store::opinions::insert(act.conn(), &stamp, &row).await? {
        return Err(Refusal::new(
            Code::AlreadyExists,
            "ALREADY_RECORDED",
            "该代表的意见已经记录",
            "this representative's opinion is recorded already",
        ));
    }
    paper(act, file, &document).await?;
    Ok(outcome)
}

fn read(fields: &mut Fields, given: &Given) -> Option<Opinion> {
    match given {
        Given::Signed(signed) => read_signed(fields, signed),
        Given::Refused(refused) => Some(read_refused(fields, refused)),
        Given::Unreachable(record) => read_attempts(fields, record),
    }
}

fn read_signed(fields: &mut Fields, given: &SignedOpinion) -> Option<Opinion> {
    let circumstances = SigningCircumstances {
        identity_checked: given.identity_checked,
        needs_reading_aloud: given.needs_reading_aloud,
    };
    let signed = fields.within("signed", |fields| {
        let attitude = fields.choice::<event::Attitude>("attitude", given.attitude);
        let agree_closed = fields.some(
            "agree_closed",
            given.agree_closed,
            "REQUIRED",
            "须填写是否认可已办结",
            "say whether he agrees that the matter is settled",
        );
        let signature_type = fields.choice::<SignatureType>("signature_type", given.signature_type);
        let text = fields.text("text", &given.text, 0..=4_000);
        let reader = fields.text("read_aloud_by", &given.read_aloud_by, 0..=100);
        Some(Signed {
            attitude: attitude_of(attitude?)?,
            agree_closed: agree_closed?,
            text,
            signature_type: signature_type_of(signature_type?)?,
            read_aloud_by: (!reader.is_empty()).then_some(reader),
        })
    });
    for wrong in circumstances.faults(&given.read_aloud_by) {
        fault(fields, &wrong);
    }
    signed.map(|signed| Opinion::Signed(signed, circumstances))
}

fn read_refused(fields: &mut Fields, given: &RefusedOpinion) -> Opinion {
    let mut witnesses = Vec::new();
    let reason = fields.within("refused", |fields| {
        fields.count("witnesses", given.witnesses.len(), 0..=LIST_MAX);
        for (index, witness) in given.witnesses.iter().enumerate().take(LIST_MAX) {
            fields.within(&format!("witnesses[{index}]"), |fields| {
                let name = fields.text("name", &witness.name, 2..=100);
                let kind = fields.choice::<WitnessKind>("kind", witness.kind);
                witnesses.push(Witness {
                    name,
                    staff: kind == Some(WitnessKind::Staff),
                });
            });
        }
        fields.text("reason", &given.reason, 2..=1_000)
    });
    let refused = Refused { reason, witnesses };
    for wrong in refused.faults(given.no_adverse_effect_told) {
        fault(fields, &wrong);
    }
    Opinion::Refused(refused, given.no_adverse_effect_told)
}

fn read_attempts(fields: &mut Fields, given: &UnreachableRecord) -> Option<Opinion> {
    let attempts: Vec<_> = fields.within("unreachable", |fields| {
        fields.count("attempts", given.attempts.len(), 0..=LIST_MAX);
        let attempts = given.attempts.iter().enumerate().take(LIST_MAX);
        attempts
            .map(|(index, attempt)| {
                fields.within(&format!("attempts[{index}]"), |fields| {
                    let at = fields.instant("at", attempt.at.map(stamp));
                    let method = fields.choice::<ContactMethod>("method", attempt.method);
                    let by = fields.text("by", &attempt.by, 2..=100);
                    let result = fields.text("result", &attempt.result, 2..=500);
                    Some(Attempt {
                        at: at?,
                        method: method_of(method?)?,
                        by,
                        result,
                    })
                })
            })
            .collect()
    });
    let attempts: Option<Vec<_>> = attempts.into_iter().collect();
    attempts.map(|attempts| Opinion::Unreachable(Unreachable { attempts }))
}

const fn attitude_of(attitude: event::Attitude) -> Option<Attitude> {
    Some(match attitude {
        event::Attitude::Unspecified => return None,
        event::Attitude::Satisfied => Attitude::Satisfied,
        event::Attitude::Basically => Attitude::Basically,
        event::Attitude::Dissatisfied => Attitude::Dissatisfied,
        event::Attitude::NoComment => Attitude::NoComment,
    })
}

const fn signature_type_of(given: SignatureType) -> Option<opinion::SignatureType> {
    Some(match given {
        SignatureType::Unspecified => return None,
        SignatureType::Handwritten => opinion::SignatureType::Handwritten,
        SignatureType::Fingerprint => opinion::SignatureType::Fingerprint,
        SignatureType::ESign => opinion::SignatureType::ESign,
    })
}

const fn method_of(given: ContactMethod) -> Option<Method> {
    Some(match given {
        ContactMethod::Unspecified => return None,
        ContactMethod::Phone => Method::Phone,
        ContactMethod::Sms => Method::Sms,
        ContactMethod::RegisteredLetter => Method::RegisteredLetter,
        ContactMethod::OnlineMessage => Method::OnlineMessage,
    })
}

/// The form D16.
fn document(act: &Act, case: &Case, representative: u32, opinion: &Opinion) -> form::PetitionerOpinion {
    let (mut signed, mut refused, mut attempts) = (None, None, Vec::new());
    let result = match opinion {
        Opinion::Signed(given, circumstances) => {
            signed = Some(signed_part(given, *circumstances));
            form::OpinionResult::Signed
        }
        Opinion::Refused(given, no_adverse_effect_told) => {
            refused = Some(refused_part(given, *no_adverse_effect_told));
            form::OpinionResult::Refused
        }
        Opinion::Unreachable(given) => {
            attempts = given.attempts.iter().map(attempt_part).collect();
            form::OpinionResult::Unreachable
        }
    };
    form::PetitionerOpinion {
        case_no: case.number,
        representative,
        result,
        signed,
        refused,
        attempts,
        remedy_told: true,
        recorded_by: official(act),
        recorded_at: act.now().into(),
    }
}

fn signed_part(given: &Signed, circumstances: SigningCircumstances) -> form::Signed {
    form::Signed {
        attitude: match given.attitude {
            Attitude::Satisfied => form::Attitude::Satisfied,
            Attitude::Basically => form::Attitude::Basically,
            Attitude::Dissatisfied => form::Attitude::Dissatisfied,
            Attitude::NoComment => form::Attitude::NoComment,
        },
        agree_closed: given.agree_closed,
        text: (!given.text.is_empty()).then(|| given.text.clone()),
        signature_type: match given.signature_type {
            opinion::SignatureType::Handwritten => form::SignatureType::Handwritten,
            opinion::SignatureType::Fingerprint => form::SignatureType::Fingerprint,
            opinion::SignatureType::ESign => form::SignatureType::ElectronicSignature,
        },
        identity_checked: circumstances.identity_checked,
        read_aloud_by: given.read_aloud_by.clone(),
    }
}

fn refused_part(given: &Refused, no_adverse_effect_told: bool) -> form::Refused {
    let witness = |witness: &Witness| form::Witness {
        name: witness.name.clone(),
        kind: if witness.staff {
            form::WitnessKind::Staff
        } else {
            form::WitnessKind::Independent
        },
    };
    form::Refused {
        reason: given.reason.clone(),
        no_adverse_effect_told,
        witnesses: given.witnesses.iter().map(witness).collect(),
    }
}

fn attempt_part(given: &Attempt) -> form::Attempt {
    form::Attempt {
        at: given.at.into(),
        method: match given.method {
            Method::Phone => form::ContactMethod::Phone,
            Method::Sms => form::ContactMethod::Sms,
            Method::RegisteredLetter => form::ContactMethod::RegisteredLetter,
            Method::OnlineMessage => form::ContactMethod::OnlineMessage,
        },
        by: given.by.clone(),
        result: given.result.clone(),
    }
}
