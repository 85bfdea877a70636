//! What the counter form says about a petitioner.

use time::Date;
use xinqiao_chassis::refusal::Fields;
use xinqiao_kernel::email::Email;
use xinqiao_kernel::uscc::CreditCode;
use xinqiao_kernel::{Phone, ResidentId};
use xinqiao_proto::intake::{PetitionerInput, ProxyInput, SubmissionInput};

use crate::domain::codes::{IdKind, PetitionerKind, Sex};
use crate::domain::submission::{
    AGENTS_MAX, Identity, PETITIONERS_MAX, Petitioner, Proxy, is_minor, paper_number,
};

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
    match kind {
        Some(PetitionerKind::Person) => natural(fields, input, &identity),
        Some(kind) => organised(fields, input, kind),
        None => {}
    }
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
    let mobile = mobile(fields, &input.mobile);
    let birth_date = birth_date(fields, input, today);
    let landline = given(&input.landline).and_then(|typed| fields.take("landline", Phone::landline(typed)));
    let addr_code = given(&input.addr_code).map(|typed| address_code(fields, typed));
    let addr_detail = fields.text("addr_detail", &input.addr_detail, 0..=200);
    Identity {
        name,
        sex: sex.map(Sex::number),
        id_kind: id_kind.map(IdKind::number),
        id_no,
        mobile,
        landline: landline.map(|phone| phone.as_str().to_owned()),
        addr_code,
        addr_detail,
        caller_number: None,
        uscc: given(&input.uscc)
            .and_then(|typed| fields.take("uscc", typed.parse::<CreditCode>()))
            .map(|code| code.to_string()),
        birth_date,
        minor: birth_date.is_some_and(|born| is_minor(born, today)),
        id_refused: input.id_refused,
        agents: agents(fields, input, today),
        guardian: input
            .guardian
            .as_ref()
            .map(|typed| fields.within("guardian", |fields| proxy(fields, typed, today))),
        email: given(&input.email)
            .and_then(|typed| fields.take("email", typed.parse::<Email>()))
            .map(|email| email.as_str().to_owned()),
        post_addr: Some(fields.text("post_addr", &input.post_addr, 0..=200)).filter(|text| !text.is_empty()),
        post_code: given(&input.post_code).map(|typed| fields.digits("post_code", typed, 6)),
    }
}

fn mobile(fields: &mut Fields, typed: &str) -> Option<String> {
    let phone = fields.take("mobile", Phone::mobile(given(typed)?))?;
    Some(phone.as_str().to_owned())
}

/// The date of birth, as told or as the resident ID says; both say the same.
fn birth_date(fields: &mut Fields, input: &PetitionerInput, today: Date) -> Option<Date> {
    let told = fields.optional_date("birth_date", &input.birth_date);
    let resident = IdKind::try_from(input.id_type) == Ok(IdKind::ResidentId);
    let shown = Some(input.id_no.as_str()).filter(|_| resident);
    let shown = shown.and_then(|typed| ResidentId::parse(typed, today).ok());
    let shown = shown.map(|id| id.birth_date());
    if let Some(born) = told {
        fields.require(
            "birth_date",
            born <= today,
            "IN_FUTURE",
            "出生日期不能晚于今天",
            "nobody is born after today",
        );
        fields.require(
            "birth_date",
            shown.is_none_or(|shown| shown == born),
            "DIFFERS",
            "出生日期与居民身份证不一致",
            "the resident ID says another date of birth",
        );
    }
    shown.or(told)
}

fn agents(fields: &mut Fields, input: &PetitionerInput, today: Date) -> Vec<Proxy> {
    fields.count("agents", input.agents.len(), 0..=AGENTS_MAX);
    let agents = input.agents.iter().take(AGENTS_MAX).enumerate();
    let read =
        |(index, typed)| fields.within(&format!("agents[{index}]"), |fields| proxy(fields, typed, today));
    agents.map(read).collect()
}

/// Who acts for a petitioner: never without the paper that says so `[SD:28]` `[BJ:27]`.
fn proxy(fields: &mut Fields, input: &ProxyInput, today: Date) -> Proxy {
    let name = fields.text("name", &input.name, 2..=100);
    let (id_kind, id_no) = paper(fields, input.id_type, &input.id_no, today);
    Proxy {
        name,
        id_kind: id_kind.map(IdKind::number),
        id_no,
        mobile: mobile(fields, &input.mobile),
        paper_reference: fields.text("paper_reference", &input.paper_reference, 1..=200),
    }
}

/// A person: a minor has a guardian `[CC:23]`, and whoever shows no paper leaves his address `[R:19(1)]`.
fn natural(fields: &mut Fields, input: &PetitionerInput, identity: &Identity) {
    not_of_this_kind(fields, "uscc", input.uscc.is_empty());
    if identity.minor && input.guardian.is_none() {
        fields.missing("guardian");
    }
    if !input.id_refused {
        return;
    }
    fields.require(
        "id_refused",
        input.id_type == 0 && given(&input.id_no).is_none(),
        "OUT_OF_ORDER",
        "拒绝出示证件的，不登记证件类型和号码",
        "who refuses to show a paper has none on the form",
    );
    if given(&input.addr_detail).is_none() {
        fields.missing("addr_detail");
    }
}

/// A legal person has its credit code; another organisation may have none yet. Neither has what only a person has.
fn organised(fields: &mut Fields, input: &PetitionerInput, kind: PetitionerKind) {
    if kind == PetitionerKind::LegalPerson && given(&input.uscc).is_none() {
        fields.missing("uscc");
    }
    not_of_this_kind(fields, "sex", input.sex == 0);
    not_of_this_kind(fields, "id_type", input.id_type == 0);
    not_of_this_kind(fields, "birth_date", input.birth_date.is_empty());
    not_of_this_kind(fields, "id_refused", !input.id_refused);
    not_of_this_kind(fields, "guardian", input.guardian.is_none());
}

fn not_of_this_kind(fields: &mut Fields, field: &str, holds: bool) {
    fields.require(
        field,
        holds,
        "NOT_OF_THIS_KIND",
        "该项不适用于此类信访人",
        "this kind of petitioner has none",
    );
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
