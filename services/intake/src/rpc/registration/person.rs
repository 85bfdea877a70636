//! What the counter form says about a petitioner.

use time::Date;
use xinqiao_chassis::refusal::Fields;
use xinqiao_kernel::email::Email;
use xinqiao_kernel::{Phone, ResidentId};
use xinqiao_proto::intake::{PetitionerInput, SubmissionInput};

use crate::domain::codes::{IdKind, Sex};
use crate::domain::submission::{Identity, PETITIONERS_MAX, Petitioner, paper_number};

/// Longest number of an identity paper.
const ID_NO_MAX: usize = 32;

/// Every petitioner of a submission; `None` when any is wrong.
pub(super) fn petitioners(
    fields: &mut Fields,
    input: &SubmissionInput,
    today: Date,
) -> Option<Vec<Petitioner>> {
    let mut all = Some(Vec::with_capacity(input.petitioners.len()));
    for (index, petitioner) in input.petitioners.iter().take(PETITIONERS_MAX).enumerate() {
        let checked = fields.within(&format!("petitioners[{index}]"), |fields| {
            one(fields, petitioner, today)
        });
        all = all.zip(checked).map(|(mut all, checked)| {
            all.push(checked);
            all
        });
    }
    all
}

fn one(fields: &mut Fields, input: &PetitionerInput, today: Date) -> Option<Petitioner> {
    let kind = fields.choice("kind", input.kind);
    let preferred = fields.choice("preferred_channel", input.preferred_channel);
    let identity = identity(fields, input, today);
    Some(Petitioner {
        kind: kind?,
        preferred: preferred?,
        representative: input.representative,
        identity,
    })
}

fn identity(fields: &mut Fields, input: &PetitionerInput, today: Date) -> Identity {
    let name = fields.text("name", &input.name, 2..=100);
    let sex = fields.optional_choice::<Sex>("sex", input.sex);
    let (id_kind, id_no) = paper(fields, input.id_type, &input.id_no, today);
    let mobile = given(&input.mobile).and_then(|typed| fields.take("mobile", Phone::mobile(typed)));
    let landline = given(&input.landline).and_then(|typed| fields.take("landline", Phone::landline(typed)));
    let email = given(&input.email).and_then(|typed| fields.take("email", typed.parse::<Email>()));
    let addr_code = given(&input.addr_code).map(|typed| address_code(fields, typed));
    let addr_detail = fields.text("addr_detail", &input.addr_detail, 0..=200);
    Identity {
        name,
        sex: sex.map(Sex::number),
        id_kind: id_kind.map(IdKind::number),
        id_no,
        mobile: mobile.map(|phone| phone.as_str().to_owned()),
        landline: landline.map(|phone| phone.as_str().to_owned()),
        email: email.map(|address| address.as_str().to_owned()),
        addr_code,
        addr_detail,
    }
}

/// Kind and number of an identity paper: both or neither, showing one is the petitioner's choice.
pub(super) fn paper(
    fields: &mut Fields,
    id_type: i32,
    id_no: &str,
    today: Date,
) -> (Option<IdKind>, Option<String>) {
    let kind = fields.optional_choice::<IdKind>("id_type", id_type);
    let number = given(id_no);
    match (kind, number) {
        (Some(IdKind::ResidentId), Some(typed)) => {
            let id = fields.take("id_no", ResidentId::parse(typed, today));
            (kind, id.map(|id| id.as_str().to_owned()))
        }
        (Some(_), Some(typed)) => {
            let number = paper_number(typed);
            let fits = |found: char| found.is_alphanumeric() || "-()".contains(found);
            fields.require(
                "id_no",
                number.chars().count() <= ID_NO_MAX && number.chars().all(fits),
                "BAD_FORMAT",
                format!("证件号码由字母和数字组成，最多{ID_NO_MAX}位"),
                format!("letters and digits, at most {ID_NO_MAX}"),
            );
            (kind, Some(number))
        }
        (Some(_), None) => {
            fields.wrong(
                "id_no",
                "REQUIRED",
                "请填写证件号码，或不选证件类型",
                "give the number of the paper, or no kind",
            );
            (kind, None)
        }
        (None, Some(_)) if id_type == 0 => {
            fields.wrong(
                "id_type",
                "REQUIRED",
                "请选择证件类型",
                "give the kind of the paper",
            );
            (None, None)
        }
        (None, _) => (None, None),
    }
}

fn address_code(fields: &mut Fields, typed: &str) -> String {
    let fits = matches!(typed.len(), 6 | 9) && typed.bytes().all(|byte| byte.is_ascii_digit());
    fields.require(
        "addr_code",
        fits,
        "BAD_FORMAT",
        "住址代码应为6位或9位数字",
        "an address code has 6 or 9 digits",
    );
    typed.to_owned()
}

pub(super) fn given(typed: &str) -> Option<&str> {
    Some(typed.trim()).filter(|typed| !typed.is_empty())
}
