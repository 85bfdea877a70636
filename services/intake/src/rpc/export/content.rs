//! The rows of an export: selected anew, each asked for by itself, masked as lists show them.

use xinqiao_chassis::desk::Act;
use xinqiao_chassis::permission::Right;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::sha256;
use xinqiao_kernel::local::local_date;
use xinqiao_proto::intake::{CaseHeader, ExportEnd, ExportRow, FetchExportResponse};

use crate::domain::codes::{Channel, ExportField};
use crate::rpc::cases::view;
use crate::store::cases::selection;
use crate::store::cases::{CaseRow, RegisterKey};
use crate::store::export::Row;
use crate::store::onlooker::Onlooker;

/// Cases read together.
const BATCH: i64 = 500;
/// Rows of one part.
const PART: usize = 200;
/// After each value, and after each row, where they are hashed.
const VALUE_END: char = '\u{1f}';
const ROW_END: char = '\u{1e}';

/// Reads the rows after a number, with their end.
pub(super) async fn read(
    act: &mut Act,
    export: &Row,
    mut after: RegisterKey,
) -> Result<FetchExportResponse, Refusal> {
    let (district, selection, fields) = (act.district(), export.selection(), export.fields());
    let onlooker = Onlooker::of(act).await?;
    let mut rows = Vec::new();
    loop {
        let mut found = selection::page(act.conn(), district, &selection, after, BATCH).await?;
        let Some(last) = found.last() else { break };
        after = (last.year, last.sequence);
        found.retain(|row| act.permits(Right::ReadCaseHeader, &row.resource(&onlooker)));
        let headers = view::headers(act, &found).await?;
        rows.extend(found.iter().zip(headers).map(|(row, header)| ExportRow {
            values: fields.iter().map(|field| value(*field, row, &header)).collect(),
            case_no: header.case_no,
        }));
    }
    let end = ExportEnd {
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        sha256: digest(&rows),
    };
    Ok(FetchExportResponse { rows, end: Some(end) })
}

/// The same in parts that fit a message; the end comes with the last.
pub(super) fn parts(mut all: FetchExportResponse) -> Vec<FetchExportResponse> {
    let mut parts = Vec::with_capacity(all.rows.len() / PART + 1);
    while all.rows.len() > PART {
        let rest = all.rows.split_off(PART);
        let rows = std::mem::replace(&mut all.rows, rest);
        parts.push(FetchExportResponse { rows, end: None });
    }
    parts.push(all);
    parts
}

fn value(field: ExportField, row: &CaseRow, header: &CaseHeader) -> String {
    let yes = |is: bool| if is { "是" } else { "否" }.to_owned();
    match field {
        ExportField::State => row.standing().state.zh().to_owned(),
        ExportField::Holder => row.standing().holder.zh().to_owned(),
        ExportField::Channel => Channel::of_number(row.channel).map_or("", Channel::zh).to_owned(),
        ExportField::Purpose => row.purpose().zh().to_owned(),
        ExportField::ReceivedOn => local_date(row.received_at).to_string(),
        ExportField::RegisteredOn => local_date(row.registered_at).to_string(),
        ExportField::DueOn => row.k1_safe.to_string(),
        ExportField::PetitionerMasked => header.petitioner_masked.clone(),
        ExportField::VisitCount => header.visit_count.to_string(),
        ExportField::Joint => yes(header.joint),
        ExportField::LeaderReceived => yes(header.leader_received),
    }
}

fn digest(rows: &[ExportRow]) -> String {
    let mut text = String::new();
    for row in rows {
        for value in std::iter::once(&row.case_no).chain(&row.values) {
            text.push_str(value);
            text.push(VALUE_END);
        }
        text.push(ROW_END);
    }
    hex::encode(sha256(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use xinqiao_proto::intake;

    use super::*;
    use crate::domain::codes::ExportPurpose;

    fn of(count: usize) -> FetchExportResponse {
        FetchExportResponse {
            rows: vec![ExportRow::default(); count],
            end: Some(ExportEnd::default()),
        }
    }

    #[test]
    fn the_end_comes_once_and_last_and_no_row_is_lost() {
        for count in [0, 1, PART, PART + 1, 3 * PART] {
            let parts = parts(of(count));
            let ends: Vec<bool> = parts.iter().map(|part| part.end.is_some()).collect();
            assert_eq!(ends.iter().position(|is| *is), Some(ends.len() - 1), "{count}");
            assert_eq!(parts.iter().map(|part| part.rows.len()).sum::<usize>(), count);
            assert!(parts.iter().all(|part| part.rows.len() <= PART));
        }
    }

    #[test]
    fn the_contract_has_the_same_fields_and_purposes() {
        let field = |number: i16| intake::ExportField::try_from(i32::from(number)).is_ok();
        let purpose = |number: i16| intake::ExportPurpose::try_from(i32::from(number)).is_ok();
        assert!(ExportField::ALL.iter().all(|one| field(one.number())));
        assert!(ExportPurpose::ALL.iter().all(|one| purpose(one.number())));
        let next = |all: usize| i16::try_from(all).unwrap() + 1;
        assert!(!field(next(ExportField::ALL.len())) && !purpose(next(ExportPurpose::ALL.len())));
    }
}
