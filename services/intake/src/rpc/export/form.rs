//! What an export asks for, checked field by field.

use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::intake::{ExportFilter, PrepareExportRequest};

use crate::domain::codes::{ExportField, ExportPurpose};
use crate::domain::export::DAYS_MAX;
use crate::rpc::cases::states;
use crate::store::cases::RegisterKey;
use crate::store::export::Wanted;

/// Reads it, or names every wrong field.
pub(super) fn read(query: PrepareExportRequest) -> Result<Wanted, Refusal> {
    let mut fields = Fields::new();
    let filter = query.filter.unwrap_or_default();
    let days = fields.within("filter", |fields| days(fields, &filter));
    let states = fields.within("filter", |fields| states(fields, &filter.states));
    let chosen = columns(&mut fields, &query.fields);
    let purpose: Option<ExportPurpose> = fields.choice("purpose", query.purpose);
    let reason = fields.text("reason", &query.reason, 5..=500);
    fields.finish()?;
    let ((first_day, last_day), purpose) = days.zip(purpose).expect("invariant: nothing was wrong");
    Ok(Wanted {
        first_day,
        last_day,
        states: states.into_iter().map(str::to_owned).collect(),
        fields: chosen,
        purpose,
        reason,
    })
}

fn days(fields: &mut Fields, filter: &ExportFilter) -> Option<(time::Date, time::Date)> {
    let first_day = fields.date("first_day", &filter.first_day);
    let last_day = fields.date("last_day", &filter.last_day);
    let (first_day, last_day) = first_day.zip(last_day)?;
    let span = (last_day - first_day).whole_days();
    fields.require(
        "last_day",
        (0..DAYS_MAX).contains(&span),
        "BAD_SPAN",
        format_args!("末日不得早于首日，且不超过{DAYS_MAX}天"),
        format_args!("the last day comes after the first, and there are at most {DAYS_MAX} days"),
    );
    Some((first_day, last_day))
}

/// The columns, each once.
fn columns(fields: &mut Fields, numbers: &[i32]) -> Vec<ExportField> {
    fields.require(
        "fields",
        !numbers.is_empty(),
        "REQUIRED",
        "请选择要导出的项目",
        "name at least one field",
    );
    let mut chosen: Vec<ExportField> = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let path = format!("fields[{index}]");
        let Some(field) = fields.choice(&path, *number) else {
            continue;
        };
        fields.require(
            &path,
            !chosen.contains(&field),
            "TWICE",
            "该项目已选择",
            "the field is named twice",
        );
        chosen.push(field);
    }
    chosen
}

/// The number that was sent last; before all of them when there is none.
pub(super) fn after(fields: &mut Fields, typed: &str) -> RegisterKey {
    const START: RegisterKey = (0, 0);
    if typed.is_empty() {
        return START;
    }
    let number = fields.take("after_case_no", typed.trim().parse::<CaseNumber>());
    let key = |number: CaseNumber| {
        let year = i16::try_from(number.year()).expect("invariant: four digits");
        let sequence = i32::try_from(number.sequence()).expect("invariant: six digits");
        (year, sequence)
    };
    number.map_or(START, key)
}
