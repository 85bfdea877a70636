//! What the counter form says about whom an accusation is about.

use uuid::Uuid;
use xinqiao_chassis::refusal::Fields;
use xinqiao_proto::intake::SubmissionInput;

use crate::domain::codes::Purpose;
use crate::domain::sealed::{ACCUSED_MAX, Accused};
use crate::domain::submission::Submission;

/// Whom it is about; `None` when any entry is wrong.
pub(super) fn accused(
    fields: &mut Fields,
    input: &SubmissionInput,
    purpose: Option<Purpose>,
) -> Option<Vec<Accused>> {
    fields.require(
        "accused",
        input.accused.is_empty() || purpose.is_none_or(|purpose| purpose == Purpose::Accusation),
        "ACCUSATION_ONLY",
        "只有检举控告才登记被检举控告对象，其他事项请在分类审核单中填写被反映对象",
        "only an accusation names accused; of other petitions the triage sheet names what is complained about",
    );
    fields.count("accused", input.accused.len(), 0..=ACCUSED_MAX);
    let mut all = Some(Vec::with_capacity(input.accused.len()));
    for (index, typed) in input.accused.iter().take(ACCUSED_MAX).enumerate() {
        let checked = fields.within(&format!("accused[{index}]"), |fields| {
            let given = |text: String| Some(text).filter(|text| !text.is_empty());
            let unit = match typed.unit_id.as_str() {
                "" => Some(None),
                text => fields.uuid("unit_id", text).map(Some),
            };
            let person = given(fields.text("person_id", &typed.person_id, 0..=128));
            let name = given(fields.text("name", &typed.name, 0..=100));
            let one = Accused {
                unit: unit?,
                person,
                name,
            };
            let somebody = one.unit.is_some() || one.person.is_some() || one.name.is_some();
            fields
                .require(
                    "name",
                    somebody,
                    "REQUIRED",
                    "请填写被检举控告的单位、人员或者名称",
                    "give the unit, the person or a name",
                )
                .then_some(one)
        });
        all = all.zip(checked).map(|(mut all, checked)| {
            all.push(checked);
            all
        });
    }
    all
}

/// Notes an accusation of a unit that is not one of the district's: nobody would be kept from the case by it.
pub(super) fn known(fields: &mut Fields, submission: &Submission, units: &[Uuid]) {
    for (index, one) in submission.accused.iter().enumerate() {
        fields.require(
            format_args!("submission.accused[{index}].unit_id"),
            one.unit.is_none_or(|unit| units.contains(&unit)),
            "UNKNOWN_UNIT",
            "本区没有该单位，请核对单位标识；对象不是本区单位的，只填写名称",
            "the district has no such unit; check it, or give only the name of one that is not the district's",
        );
    }
}
