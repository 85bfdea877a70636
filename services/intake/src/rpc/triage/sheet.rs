//! The triage sheet as typed: every wrong field at once.

use uuid::Uuid;
use xinqiao_chassis::districts::District;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::intake::complained_object::Kind;
use xinqiao_proto::intake::{ComplainedObject, TriageCaseRequest};

use crate::domain::codes::{LegalRoute, Purpose};
use crate::domain::submission::has_identity_number;
use crate::store::cases::content::{Sheet, Triage};

/// Objects of complaint at the most.
const COMPLAINED_MAX: usize = 20;

/// The units that a sheet names, as far as they can be read.
pub(super) fn units(query: &TriageCaseRequest) -> Vec<Uuid> {
    let named = query.complained.iter().take(COMPLAINED_MAX);
    named
        .filter_map(|object| Uuid::try_parse(&object.unit_id).ok())
        .collect()
}

/// Checks a triage sheet against the known ones of its units; the case, the purpose and the sheet. `mark` makes the
/// marks of persons for a case.
pub(super) fn read(
    district: &District,
    query: &TriageCaseRequest,
    known_units: &[Uuid],
    mark: impl Fn(Uuid, &[String]) -> Vec<Vec<u8>>,
) -> Result<(Uuid, Purpose, Triage), Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", &query.case_id);
    let purpose = fields.choice::<Purpose>("purpose", query.purpose);
    let route = fields.choice::<LegalRoute>("legal_route", query.legal_route);
    let content_code = fields.digits("content_code", &query.content_code, 6);
    let (place, town) = place(&mut fields, district, query);
    let field_code = fields.digits("field_code", &query.field_code, 2);
    let cause = query.cause_code.trim();
    fields.require(
        "cause_code",
        cause.len() <= 6 && cause.bytes().all(|byte| byte.is_ascii_digit()),
        "BAD_FORMAT",
        "信访原因代码最多6位数字",
        "a cause code has at most 6 digits",
    );
    let summary = fields.text("summary", &query.summary, 5..=2_000);
    fields.require(
        "summary",
        !has_identity_number(&summary),
        "IDENTITY_NUMBER",
        "概况中不能出现证件号码",
        "the summary must not contain identity numbers",
    );
    let objects = complained(&mut fields, &query.complained, known_units);
    fields.finish()?;
    let (id, purpose) = id.zip(purpose).expect("invariant: nothing was wrong");
    let sheet = Triage {
        legal_route: route.expect("invariant: nothing was wrong"),
        content_code,
        problem_loc_code: place,
        problem_town_code: town,
        field_code,
        cause_code: Some(cause.to_owned()).filter(|cause| !cause.is_empty()),
        complained_unit_ids: objects.units,
        complained_person_marks: mark(id, &objects.persons),
        sheet: Sheet {
            summary,
            complained: objects.names,
        },
    };
    Ok((id, purpose, sheet))
}

/// Place and township; inside the district the township must be one of its own.
fn place(fields: &mut Fields, district: &District, query: &TriageCaseRequest) -> (String, String) {
    let place = fields.digits("problem_loc_code", &query.problem_loc_code, 6);
    let town = fields.digits("problem_town_code", &query.problem_town_code, 9);
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

fn complained(fields: &mut Fields, objects: &[ComplainedObject], known: &[Uuid]) -> Objects {
    fields.count("complained", objects.len(), 0..=COMPLAINED_MAX);
    let mut all = Objects::default();
    for (index, object) in objects.iter().take(COMPLAINED_MAX).enumerate() {
        fields.within(&format!("complained[{index}]"), |fields| {
            fields.choice::<Kind>("kind", object.kind);
            let unit = fields.optional_uuid("unit_id", &object.unit_id);
            fields.require(
                "unit_id",
                unit.is_none_or(|unit| known.contains(&unit)),
                "UNKNOWN_UNIT",
                "本区没有该单位，请核对单位标识；对象不是本区单位的，只填写名称",
                "the district has no such unit; check it, or give only the name of one that is not the district's",
            );
            all.units.extend(unit);
            let person = fields.text("person_id", &object.person_id, 0..=128);
            let least = usize::from(object.unit_id.is_empty() && person.is_empty());
            let name = fields.text("name", &object.name, least..=100);
            all.persons
                .extend(Some(person).filter(|person| !person.is_empty()));
            all.names.extend(Some(name).filter(|name| !name.is_empty()));
        });
    }
    all
}
