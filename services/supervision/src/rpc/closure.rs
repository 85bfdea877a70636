//! T28 and T29: the completeness check 材料审核.

use std::collections::BTreeMap;

use tonic::Code;
use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal, Violation},
};
use xinqiao_documents::{
    ArchiveItem,
    demand::Lack,
    forms::{
        self,
        closing::{CheckedItem, Completeness, Gap},
    },
};
use xinqiao_kernel::{CaseState, ClockCode};
use xinqiao_proto::{
    event::{CaseCompletenessPassed, CaseReturned},
    supervision::{
        self, CheckCompletenessRequest, CheckCompletenessResponse, ChecklistItem, ReturnIncompleteRequest,
        ReturnIncompleteResponse,
    },
};

use super::{official, paper, refuse, take, told_term};
use crate::{
    domain::{
        case::Case,
        checklist::{self, ITEMS},
        clocks::{Clock, Happening},
        trigger::Trigger,
    },
    events::wire,
    store,
};

/// Most gaps one return can name.
const GAPS_MAX: usize = 50;

/// The forms of the documents that each item has.
pub(super) type Papers = BTreeMap<String, Vec<String>>;

fn counted(papers: &Papers, item: ArchiveItem) -> u32 {
    let forms = papers.get(item.number()).map_or(0, Vec::len);
    u32::try_from(forms).unwrap_or(u32::MAX)
}

fn forms_of(papers: &Papers, item: ArchiveItem) -> Vec<&str> {
    let forms = papers.get(item.number()).map_or(&[][..], Vec::as_slice);
    forms.iter().map(String::as_str).collect()
}

/// The list as people see it.
pub(super) fn checklist(case: &Case, papers: &Papers) -> Vec<ChecklistItem> {
    let facts = case.file_facts();
    let line = |row: &checklist::Item| ChecklistItem {
        item: row.item.number().to_owned(),
        name_zh: row.item.zh().to_owned(),
        name_en: row.en.to_owned(),
        mandatory: row.mandatory(&facts),
        documents: counted(papers, row.item),
    };
    ITEMS.iter().map(line).collect()
}

/// T28
pub(super) async fn check_completeness(
    act: &mut Act,
    query: CheckCompletenessRequest,
) -> Result<CheckCompletenessResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    let note = fields.text("note", &query.note, 0..=2_000);
    fields.finish()?;
    let mut file = take(act, case_id, query.version, |case| {
        case.require(CaseState::ClosureReported)
    })
    .await?;
    let district = act.district();
    let papers = store::documents::forms(act.conn(), district, case_id).await?;
    let missing = checklist::gaps(&file.case.file_facts(), |item| forms_of(&papers, item));
    if !missing.is_empty() {
        return Err(gaps(&missing));
    }

    file.case.opinion_pending_since = Some(act.today());
    let changes = file.happen(act, &Happening::now(Trigger::CompletenessPassed, act.now()));
    let k12 = file.running(ClockCode::K12)?.clone();
    let body = CaseCompletenessPassed {
        k12: Some(wire::legal_term(&k12)),
    };
    act.publish("case.completeness_passed", file.entity(), &body);
    let checked = sheet(act, &file.case, &papers, Vec::new(), &note, &k12);
    paper(act, &file, &checked).await?;
    file.keep(act, &changes).await?;
    file.save(act).await?;
    Ok(CheckCompletenessResponse {
        version: file.case.version,
        state: file.case.state.code().to_owned(),
        opinion_due: k12.due.eff.to_string(),
        checklist: checklist(&file.case, &papers),
    })
}

fn gaps(missing: &[(&'static checklist::Item, Lack)]) -> Refusal {
    let told: Vec<_> = missing.iter().map(|(row, lack)| (row, told(row, lack))).collect();
    let chinese: Vec<_> = told.iter().map(|(_, (zh, _))| zh.as_str()).collect();
    let english: Vec<_> = told.iter().map(|(_, (_, en))| en.as_str()).collect();
    let refusal = Refusal::new(
        Code::FailedPrecondition,
        "CHECKLIST_GAPS",
        format!("结案材料不全，缺少：{}。可退回责任单位补齐", chinese.join("、")),
        format!(
            "the file is incomplete, missing: {}; it can be returned to the unit",
            english.join(", ")
        ),
    );
    told.iter().fold(refusal, |refusal, (row, (zh, en))| {
        refusal.with_violation(Violation::new(
            format!("checklist[{}]", row.item.number()),
            "MISSING",
            format!("缺少{zh}"),
            format!("{en} is missing"),
        ))
    })
}

/// What an item lacks, in both languages: all of it, or one form.
fn told(row: &checklist::Item, lack: &Lack) -> (String, String) {
    let (number, zh) = (row.item.number(), row.item.zh());
    match lack {
        Lack::Item(_) => (format!("{number} {zh}"), format!("{number} {}", row.en)),
        Lack::Form(group) => {
            let titles: Vec<_> = group.iter().filter_map(|code| forms::by_code(code)).collect();
            let chinese: Vec<_> = titles.iter().map(|form| form.title_zh).collect();
            let english: Vec<_> = titles.iter().map(|form| form.title_en).collect();
            (
                format!("{number} {zh}中的{}", chinese.join("或")),
                format!("{number} {}", english.join(" or ")),
            )
        }
    }
}

/// T29
pub(super) async fn return_incomplete(
    act: &mut Act,
    query: ReturnIncompleteRequest,
) -> Result<ReturnIncompleteResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    let due = refuse::coming_day(&mut fields, "due", &query.due, act.today());
    let gaps = read_gaps(&mut fields, &query.gaps);
    fields.finish()?;
    let mut file = take(act, case_id, query.version, |case| {
        case.require(CaseState::ClosureReported)
    })
    .await?;
    let district = act.district();
    let papers = store::documents::forms(act.conn(), district, case_id).await?;

    let changes = file.happen(act, &Happening::now(Trigger::Returned, act.now()).until(due));
    let k13 = file.running(ClockCode::K13)?.clone();
    let body = CaseReturned {
        gaps: gaps.iter().map(|gap| gap.item.number().to_owned()).collect(),
        k13: Some(wire::legal_term(&k13)),
    };
    act.publish("case.returned", file.entity(), &body);
    let checked = sheet(act, &file.case, &papers, gaps, "", &k13);
    paper(act, &file, &checked).await?;
    file.keep(act, &changes).await?;
    file.save(act).await?;
    Ok(ReturnIncompleteResponse {
        version: file.case.version,
        state: file.case.state.code().to_owned(),
        rework_due: k13.due.eff.to_string(),
    })
}

fn read_gaps(fields: &mut Fields, gaps: &[supervision::Gap]) -> Vec<Gap> {
    fields.count("gaps", gaps.len(), 1..=GAPS_MAX);
    let mut read = Vec::new();
    for (index, gap) in gaps.iter().enumerate().take(GAPS_MAX) {
        fields.within(&format!("gaps[{index}]"), |fields| {
            let text = fields.text("text", &gap.text, 5..=1_000);
            let item = gap
                .item
                .parse()
                .ok()
                .filter(|item| checklist::find(*item).is_some());
            let item = fields.some(
                "item",
                item,
                "UNKNOWN_ITEM",
                "归档项须为 02 至 14",
                "the item must be a number from 02 to 14",
            );
            read.extend(item.map(|item| Gap { item, text }));
        });
    }
    read
}

/// The check as a document.
fn sheet(act: &Act, case: &Case, papers: &Papers, gaps: Vec<Gap>, note: &str, term: &Clock) -> Completeness {
    let facts = case.file_facts();
    let item = |row: &checklist::Item| CheckedItem {
        item: row.item,
        name: row.item.zh().to_owned(),
        mandatory: row.mandatory(&facts),
        documents: counted(papers, row.item),
    };
    Completeness {
        case_no: case.number,
        complete: gaps.is_empty(),
        items: ITEMS.iter().map(item).collect(),
        gaps,
        note: (!note.is_empty()).then(|| note.to_owned()),
        term: told_term(term),
        checked_by: official(act),
        checked_at: act.now().into(),
    }
}
