//! What was entered into a draft.

use prost_types::Timestamp;
use time::OffsetDateTime;
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::intake::draft_content::Channel as Form;
use xinqiao_proto::intake::{DraftContent, SubmissionInput};

use crate::domain::codes::{Channel, Purpose};
use crate::domain::submission::Submission;
use crate::rpc::registration::{channels, form};

/// Its channel and the rest, as far as a draft is looked at: it is there, no accusation, which is sealed from the first
/// moment and read by nobody afterwards (DEC-14), and nothing that a tablet took down, which is a draft of its own.
pub(super) fn read(fields: &mut Fields, content: Option<DraftContent>) -> Option<(Channel, DraftContent)> {
    let entered = content.and_then(|content| content.channel);
    let Some(form) = &entered else {
        fields.unchosen("form");
        return None;
    };
    let accusation = i32::from(Purpose::Accusation.number());
    fields.require(
        "form",
        submission(form).is_none_or(|said| said.purpose != accusation),
        "ACCUSATION_NOT_DRAFTED",
        "检举控告不得暂存，请直接登记",
        "an accusation is not drafted; register it at once",
    );
    fields.require(
        "form",
        !matches!(form, Form::Visit(visit) if visit.field_draft.is_some()),
        "TABLET_NOT_DRAFTED",
        "平板登记的内容本身就是暂存件，请直接登记",
        "what a tablet took down is a draft already; register it at once",
    );
    let channel = match form {
        Form::Visit(_) => Channel::Visit,
        Form::Letter(_) => Channel::Letter,
        Form::Call(_) => Channel::Phone,
        Form::Fax(_) => Channel::Fax,
        Form::Forwarded(_) => Channel::Forwarded,
        Form::OutsideVisit(_) => Channel::Outside,
    };
    Some((channel, DraftContent { channel: entered }))
}

fn submission(form: &Form) -> Option<&SubmissionInput> {
    match form {
        Form::Visit(form) => form.submission.as_ref(),
        Form::Letter(form) => form.submission.as_ref(),
        Form::Call(form) => form.submission.as_ref(),
        Form::Fax(form) => form.submission.as_ref(),
        Form::Forwarded(form) => form.submission.as_ref(),
        Form::OutsideVisit(form) => form.submission.as_ref(),
    }
}

/// A visit or a call that does not say when it came came when it was first saved: its clock waits for nobody.
pub(super) fn came_at(content: &mut DraftContent, saved: OffsetDateTime) {
    let fill = |at: &mut Option<Timestamp>| *at = at.or(Some(timestamp(saved)));
    match &mut content.channel {
        Some(Form::Visit(form)) => fill(&mut form.received_at),
        Some(Form::Call(form)) => fill(&mut form.received_at),
        _ => {}
    }
}

/// The submission it says, checked as the RPC of its channel does; its request is the draft.
pub(super) fn checked(content: DraftContent, id: &str, now: OffsetDateTime) -> Result<Submission, Refusal> {
    let form = content.channel.expect("invariant: saved with a channel");
    let request_id = id.to_owned();
    match form {
        Form::Visit(mut form) => {
            form.request_id = request_id;
            form::visit(&form, now)
        }
        Form::Letter(mut form) => {
            form.request_id = request_id;
            form::letter(&form, now)
        }
        Form::Call(mut form) => {
            form.request_id = request_id;
            channels::call(&form, now)
        }
        Form::Fax(mut form) => {
            form.request_id = request_id;
            channels::fax(&form, now)
        }
        Form::Forwarded(mut form) => {
            form.request_id = request_id;
            channels::forwarded(&form, now)
        }
        Form::OutsideVisit(mut form) => {
            form.request_id = request_id;
            channels::outside_visit(&form, now)
        }
    }
}
