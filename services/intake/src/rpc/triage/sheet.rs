//! The triage sheet as typed: every wrong field at once.

use uuid::Uuid;
use xinqiao_chassis::districts::District;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::intake::complained_object::Kind;
use xinqiao_proto::intake::{ComplainedObject, TriageCaseRequest};

use crate::domain::codes::{LegalRoute, Purpose};
use crate::domain::submission::has_identity_number;
use crate::rpc::words::{self, Label, chosen, label};
use crate::store::cases::content::{Sheet, Triage};

const PURPOSE: Label = label("purpose", "信访目的", "the purpose");
const ROUTE: Label = label("legal_route", "依法分类", "the legal route");
const CONTENT: Label = label("content_code", "内容分类代码", "the content category");
const PLACE: Label = label("problem_loc_code", "问题属地代码", "the place of the problem");
const TOWN: Label = label("problem_town_code", "乡镇街代码", "the township");
const FIELD: Label = label("field_code", "分管领域代码", "the portfolio field");
const SUMMARY: Label = label("summary", "概况", "the summary");
const PERSON: Label = label("person_id", "被反映人员标识", "the person");
const NAME: Label = label("name", "被反映对象名称", "the name of the object");
/// Objects of complaint at the most.
const COMPLAINED_MAX: usize = 20;

/// Checks a triage sheet; the case, the purpose and the sheet.
pub(super) fn read(
    district: &District,
    query: &TriageCaseRequest,
) -> Result<(Uuid, Purpose, Triage), Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", &query.case_id);
    let purpose = chosen::<Purpose>(&mut fields, PURPOSE, query.purpose);
    let route = chosen::<LegalRoute>(&mut fields, ROUTE, query.legal_route);
    let content_code = words::digits(&mut fields, CONTENT, &query.content_code, 6);
    let (place, town) = place(&mut fields, district, query);
    let field_code = words::digits(&mut fields, FIELD, &query.field_code, 2);
    let cause = query.cause_code.trim();
    fields.require(
        "cause_code",
        cause.len() <= 6 && cause.bytes().all(|byte| byte.is_ascii_digit()),
        "BAD_FORMAT",
        "信访原因代码最多6位数字",
        "a cause code has at most 6 digits",
    );
    let summary = words::words(&mut fields, SUMMARY, &query.summary, 5..=2_000);
    fields.require(
        "summary",
        !has_identity_number(&summary),
        "IDENTITY_NUMBER",
        "概况中不能出现证件号码",
        "the summary must not contain identity numbers",
    );
    let objects = complained(&mut fields, &query.complained);
    fields.finish()?;
    let sheet = Triage {
        legal_route: route.expect("invariant: nothing was wrong"),
        content_code,
        problem_loc_code: place,
        problem_town_code: town,
        field_code,
        cause_code: Some(cause.to_owned()).filter(|cause| !cause.is_empty()),
        complained_unit_ids: objects.units,
        complained_person_ids: objects.persons,
        sheet: Sheet {
            summary,
            complained: objects.names,
        },
    };
    let (id, purpose) = id.zip(purpose).expect("invariant: nothing was wrong");
    Ok((id, purpose, sheet))
}

/// Place and township; inside the district the township must be one of its own.
fn place(fields: &mut Fields, district: &District, query: &TriageCaseRequest) -> (String, String) {
    let place = words::digits(fields, PLACE, &query.problem_loc_code, 6);
    let town = words::digits(fields, TOWN, &query.problem_town_code, 9);
    if place.len() == 6 && town.len() == 9 {
        fields.require(
            "problem_town_code",
            town.starts_with(&place),
            "OUT_OF_ORDER",
            "乡镇街不在所填问题属地之内",
            "the township does not lie in the place given",
        );
        let known =
            district.towns.is_empty() || district.towns.iter().any(|known| known.code.as_str() == town);
        fields.require(
            "problem_town_code",
            place != district.code.as_str() || known,
            "UNKNOWN_VALUE",
            "本区没有该乡镇街代码",
            "the district has no such township",
        );
    }
    (place, town)
}

/// What is complained about, as far as it is known here, and by name.
#[derive(Default)]
struct Objects {
    units: Vec<Uuid>,
    persons: Vec<String>,
    names: Vec<String>,
}

fn complained(fields: &mut Fields, objects: &[ComplainedObject]) -> Objects {
    fields.require(
        "complained",
        objects.len() <= COMPLAINED_MAX,
        "TOO_MANY",
        format_args!("被反映对象最多{COMPLAINED_MAX}个"),
        format_args!("at most {COMPLAINED_MAX} objects of complaint"),
    );
    let mut all = Objects::default();
    for (index, object) in objects.iter().take(COMPLAINED_MAX).enumerate() {
        fields.within(&format!("complained[{index}]"), |fields| {
            fields.choice::<Kind>("kind", object.kind);
            all.units.extend(fields.optional_uuid("unit_id", &object.unit_id));
            let person = words::words(fields, PERSON, &object.person_id, 0..=128);
            let least = usize::from(object.unit_id.is_empty() && person.is_empty());
            let name = words::words(fields, NAME, &object.name, least..=100);
            all.persons
                .extend(Some(person).filter(|person| !person.is_empty()));
            all.names.extend(Some(name).filter(|name| !name.is_empty()));
        });
    }
    all
}
