//! Search in petition texts: candidates by their tokens, opened and read, ranked, shown as masked headers.
//!
//! The right is that of the register, on the district: the office, the supervisor, the archivist. Units and leaders do not
//! search at all, not even their own cases: they have a handful on their desks, and a search that answers them would tell
//! by its time or its silence what lies beside. Each row shown is asked for by itself with the right to read the case, so
//! that nobody is shown one he could not open. Sealed cases are not in the index, not read, and not shown.
//!
//! # Rank
//!
//! First how often the words stand in the text, then the newest. A petition that is about a leaking roof names it again
//! and again, and one that mentions it does so once. Texts are of about one length, so a measure that sets the count
//! against it would only add an argument; nothing is learnt from what people open, and nothing about a person counts.
//!
//! # Bounds
//!
//! At most `XINQIAO_SEARCH_TEXTS_MAX` candidates are opened, the newest. When there are more, they are not counted: the
//! answer says more than how many were found.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::permission::{Resource, Right};
use xinqiao_chassis::refusal::{Fields, PAGE_SIZE_MAX, Page, Refusal};
use xinqiao_chassis::search::{QUERY_MAX, Query, QueryError};
use xinqiao_proto::common::PageInfo;
use xinqiao_proto::intake::{SearchCasesRequest, SearchCasesResponse};

use super::{states, view};
use crate::rpc::refused::no_such_case;
use crate::store::cases::{self as rows, CaseRow};
use crate::store::onlooker::Onlooker;
use crate::store::search::{self as index, Bounds};

/// Headers on one page at the most.
const PAGE_MAX: u32 = 50;

/// Where a hit stands: a higher count first, then the newer case; identifiers begin with their time.
type Rank = (Reverse<u32>, Reverse<Uuid>);

/// Where a page goes on: count and case of the last hit shown.
type HitKey = (u32, Uuid);

/// Finds the cases whose texts contain all words of the query.
pub(super) async fn search(
    act: &mut Act,
    bounds: Bounds,
    query: SearchCasesRequest,
) -> Result<SearchCasesResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_case)?;
    let mut fields = Fields::new();
    let page: Page<HitKey> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.require(
        "page.page_size",
        !(PAGE_MAX + 1..=PAGE_SIZE_MAX).contains(&page.size),
        "PAGE_TOO_LARGE",
        format_args!("每页最多 {PAGE_MAX} 条"),
        format_args!("at most {PAGE_MAX} rows per page"),
    );
    let states = states(&mut fields, &query.states);
    let wanted = words(&mut fields, &query.query);
    fields.finish()?;
    let wanted = wanted.expect("invariant: nothing was wrong");

    // The fact and, sealed, the words: a search reads the texts of people who do not know of it.
    act.audit(
        format!("district:{district}"),
        &["submission.text"],
        Some(query.query.trim()),
    );
    let keys = act.desk().keys().clone();
    let waiting = index::waiting(act.conn(), &keys, district).await?;
    let found = index::find(act.conn(), &keys, district, &wanted, &states, bounds).await?;
    let hits = ranked(found.counts);
    let (shown, next) = of_page(act, &hits, &page).await?;
    Ok(SearchCasesResponse {
        headers: view::headers(act, &shown).await?,
        page: Some(next),
        more_than: if found.more { count(hits.len()) } else { 0 },
        waiting: waiting.try_into().unwrap_or_default(),
    })
}

/// Reads the query; what is wrong with it is said so that it can be mended.
fn words(fields: &mut Fields, typed: &str) -> Option<Query> {
    let error = match Query::parse(typed) {
        Ok(query) => return Some(query),
        Err(error) => error,
    };
    match error {
        QueryError::Empty => fields.wrong(
            "query",
            "REQUIRED",
            "请填写检索词，至少两个字",
            "give words to search for, of two characters at least",
        ),
        QueryError::TooLong(found) => fields.wrong(
            "query",
            "TOO_LONG",
            format_args!("检索词最多{QUERY_MAX}个字，现有{found}个字"),
            format_args!("the query may have at most {QUERY_MAX} characters, found {found}"),
        ),
        QueryError::OneCharacter(word) => fields.wrong(
            "query",
            "ONE_CHARACTER",
            format_args!("“{word}”只有一个字，无法检索；每个检索词至少两个字"),
            format_args!(
                "{word:?} is one character, which cannot be searched for; each word needs two at least"
            ),
        ),
    }
    None
}

/// The hits in the order of their rank.
fn ranked(counts: BTreeMap<Uuid, u32>) -> Vec<Rank> {
    let mut hits: Vec<Rank> = counts
        .into_iter()
        .map(|(case, count)| (Reverse(count), Reverse(case)))
        .collect();
    hits.sort_unstable();
    hits
}

/// The hits of a page that the caller may read, and where the next one goes on.
async fn of_page(
    act: &mut Act,
    hits: &[Rank],
    page: &Page<HitKey>,
) -> Result<(Vec<CaseRow>, PageInfo), Refusal> {
    let district = act.district();
    let onlooker = Onlooker::of(act).await?;
    let after = page.after.map(|(count, case)| (Reverse(count), Reverse(case)));
    let begins = after.map_or(0, |after| hits.partition_point(|hit| *hit <= after));
    let enough = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let mut shown: Vec<(u32, CaseRow)> = Vec::with_capacity(enough);
    for piece in hits[begins..].chunks(enough) {
        let ids: Vec<Uuid> = piece.iter().map(|(_, Reverse(case))| *case).collect();
        let mut found: BTreeMap<Uuid, CaseRow> = rows::find_all(act.conn(), district, &ids)
            .await?
            .into_iter()
            .filter(|row| !row.sealed && act.permits(Right::ReadCase, &row.resource(&onlooker)))
            .map(|row| (row.id, row))
            .collect();
        let ranked = piece
            .iter()
            .filter_map(|(Reverse(count), Reverse(case))| found.remove(case).map(|row| (*count, row)));
        shown.extend(ranked);
        if shown.len() >= enough {
            shown.truncate(enough);
            break;
        }
    }
    let next = page.cut(&mut shown, |(count, row)| (*count, row.id));
    Ok((shown.into_iter().map(|(_, row)| row).collect(), next))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
