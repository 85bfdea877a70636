//! What a field tablet took down: on the form, and claimed for its one registration.

use time::OffsetDateTime;
use tonic::Code;
use xinqiao_chassis::desk::{Authorised, person_ref};
use xinqiao_chassis::document::stamp;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::TemporaryNumber;
use xinqiao_proto::intake::{self, RegisterVisitRequest, Registered};

use super::Registration;
use crate::domain::submission::{DRAFT_AGE_MAX, FieldDraft, Submission};
use crate::store::cases::By;
use crate::store::field_drafts::{self, Claim};

/// Looks at a draft. `now` is legal time.
pub(super) fn read(
    fields: &mut Fields,
    typed: &intake::FieldDraft,
    now: OffsetDateTime,
) -> Option<FieldDraft> {
    fields.within("field_draft", |fields| {
        let number = fields.take("temporary_no", typed.temporary_no.parse::<TemporaryNumber>());
        let id = fields.uuid("draft_id", &typed.draft_id);
        let taken_at = fields.instant("taken_at", typed.taken_at.map(stamp));
        if let Some((number, id)) = number.as_ref().zip(id) {
            fields.require(
                "temporary_no",
                number.is_of(id),
                "OUT_OF_ORDER",
                "临时号与草稿不符",
                "the temporary number is another draft's",
            );
        }
        if let Some(taken_at) = taken_at {
            not_too_far(fields, taken_at, now);
        }
        Some(FieldDraft {
            number: number?,
            id: id?,
            taken_at: taken_at?,
        })
    })
}

/// A tablet's clock may be wrong, and a draft may have lain about.
fn not_too_far(fields: &mut Fields, taken_at: OffsetDateTime, now: OffsetDateTime) {
    fields.require(
        "taken_at",
        taken_at <= now,
        "IN_FUTURE",
        "平板登记时间不能晚于现在，请校准平板时钟",
        "taken down in the future: set the tablet's clock right",
    );
    let days = DRAFT_AGE_MAX.whole_days();
    fields.require(
        "taken_at",
        now - taken_at <= DRAFT_AGE_MAX,
        "TOO_OLD",
        format_args!("平板登记已超过{days}天，请核实后在窗口登记，并填写实际收到时间"),
        format_args!(
            "taken down more than {days} days ago: register it at the counter with the time of receipt"
        ),
    );
}

impl Registration {
    /// Registers what a tablet took down. Whoever brings it in, its draft is the same.
    pub(super) async fn bring_in(
        &self,
        by: &Authorised,
        draft: &FieldDraft,
        mut query: RegisterVisitRequest,
        now: OffsetDateTime,
        mut submission: Submission,
    ) -> Result<(Registered, bool), Refusal> {
        let claim = self.claim(by, draft, now).await?;
        query.request_id = claim.request_id.to_string();
        submission.case_id = Some(claim.case_id);
        let asker = draft.number.to_string();
        let done = self.asked(by, &asker, &query, now, submission).await;
        done.map_err(changed)
    }

    /// Claims a draft for its registration. Each attempt, whoever makes it, is given the same case and request.
    async fn claim(
        &self,
        by: &Authorised,
        draft: &FieldDraft,
        now: OffsetDateTime,
    ) -> Result<Claim, Refusal> {
        let fresh = Claim {
            case_id: random::new_id(),
            request_id: random::new_id(),
        };
        let caller = by.caller();
        let actor = person_ref(&caller.person_id);
        let mut tx = self.desk.database().begin(caller.district).await?;
        let by = By {
            actor: &actor,
            at: now,
        };
        let claim = field_drafts::claim(tx.conn(), caller.district, draft, fresh, by).await?;
        tx.commit().await?;
        claim.ok_or_else(taken)
    }
}

fn taken() -> Refusal {
    Refusal::new(
        Code::AlreadyExists,
        "TEMPORARY_NO_TAKEN",
        "该临时号已用于本平板的另一份草稿，请另存为新草稿后再同步",
        "the temporary number is another draft's of this tablet; save the draft anew and send it again",
    )
}

/// What was registered of a draft is not what is sent now.
fn changed(refusal: Refusal) -> Refusal {
    if refusal.reason() != "REQUEST_ID_REUSED" {
        return refusal;
    }
    Refusal::new(
        Code::AlreadyExists,
        "DRAFT_CHANGED",
        "该草稿已用不同内容登记，请按临时号查询已登记的事项",
        "the draft was registered with other content; look the case up by its temporary number",
    )
}
