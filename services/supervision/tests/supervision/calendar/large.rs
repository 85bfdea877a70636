//! A district with many open clocks: preview and change are the same, row by row, in memory that does not grow.

use std::collections::BTreeMap;

use sqlx::PgPool;
use time::{Date, Duration, OffsetDateTime, macros::date};
use uuid::Uuid;
use xinqiao_chassis::{jobs::Job, random, testing::instant};
use xinqiao_kernel::{Calendar, CaseNumber, ChannelDigit, DistrictCode, Due, Term, term};
use xinqiao_proto::event::{CalendarPreviewed, CalendarPublished};
use xinqiao_supervision::{PreviewCalendars, RecomputeClocks};

use super::{calendar, proposed, published, recomputed};
use crate::stage::Stage;

/// Clocks that are written at once.
const BATCH: usize = 1000;
/// What preview and change may need; a clock with its ledger is several kilobytes.
const GROWTH_MAX_BYTES: usize = 64 << 20;
/// Legal time: the notice comes late in the year, as it does.
const NOW: &str = "2026-12-10T09:00:00+08:00";
/// The first day on which a clock starts, and over how many days the others are spread.
const FIRST: Date = date!(2026 - 10 - 15);
const SPREAD_DAYS: usize = 57;
/// Lengths as the clocks have them: told ones and others, calendar days and working days.
const CLOCKS: [(&str, Term); 7] = [
    ("K1", Term::Days(15)),
    ("K2", Term::Days(15)),
    ("K4", Term::Days(60)),
    ("K6", Term::Days(30)),
    ("K12", Term::WorkingDays(15)),
    ("K19", Term::WorkingDays(5)),
    ("K5", Term::Days(30)),
];

/// How many clocks, from `tests/sizes.yaml`.
fn open_clocks() -> usize {
    let profile = std::env::var("XINQIAO_TEST_SIZES").unwrap_or_else(|_| "default".to_owned());
    let text = include_str!("../../../../../tests/sizes.yaml");
    let all: BTreeMap<String, BTreeMap<String, usize>> = serde_yaml_ng::from_str(text).unwrap();
    all[&profile]["open_clocks"]
}

/// A notice with bridges and make-up days before and after the turn of the year.
fn notice(version: &str) -> CalendarPublished {
    let days = [
        (date!(2026 - 12 - 19), true),
        (date!(2026 - 12 - 24), false),
        (date!(2026 - 12 - 25), false),
        (date!(2026 - 12 - 31), false),
        (date!(2027 - 01 - 01), false),
        (date!(2027 - 01 - 02), true),
        (date!(2027 - 01 - 04), false),
        (date!(2027 - 01 - 05), false),
        (date!(2027 - 01 - 09), true),
    ];
    calendar(version, &days)
}

/// A line of the process's own status, in bytes.
fn memory(line: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    let kilobytes = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    kilobytes.parse::<usize>().unwrap() * 1024
}

/// Cases with one running clock each, as events would have started them.
async fn grow(pool: &PgPool, count: usize) {
    let national = Calendar::national();
    let district: DistrictCode = "220502".parse().unwrap();
    for begin in (0..count).step_by(BATCH) {
        let places: Vec<usize> = (begin..count.min(begin + BATCH)).collect();
        let dues: Vec<(&str, Due)> = places
            .iter()
            .map(|place| {
                let (code, length) = CLOCKS[place % CLOCKS.len()];
                let day = FIRST + Duration::days(i64::try_from(place / CLOCKS.len() % SPREAD_DAYS).unwrap());
                (code, term::due(day, length, &national))
            })
            .collect();
        let ids: Vec<Uuid> = places.iter().map(|_| random::new_id()).collect();
        insert_cases(pool, district, &places, &ids).await;
        insert_clocks(pool, &ids, &dues).await;
        insert_rungs(pool, &ids, &dues, &national).await;
    }
}

async fn insert_cases(pool: &PgPool, district: DistrictCode, places: &[usize], ids: &[Uuid]) {
    let number = |place: &usize| {
        let sequence = u32::try_from(place + 1).unwrap();
        CaseNumber::new(district, 2026, ChannelDigit::Letter, sequence)
            .unwrap()
            .to_string()
    };
    sqlx::query(
        "INSERT INTO supervised_case (district_code, case_id, case_no, state, holder, leader_received, sealed, persons,
                                      representatives, acceptance_served, remedy, created_at, created_by, updated_at,
                                      updated_by, version)
         SELECT '220502', r.case_id, r.case_no, 'C40', 'assignment', false, false, 1, 1, r.served, 'R0', $4, 'service:x',
                $4, 'service:x', 1
           FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS r (case_id, case_no, served)",
    )
    .bind(ids)
    .bind(places.iter().map(number).collect::<Vec<_>>())
    .bind(places.iter().map(|place| place % 2 == 0).collect::<Vec<_>>())
    .bind(instant(NOW))
    .execute(pool)
    .await
    .unwrap();
}

async fn insert_clocks(pool: &PgPool, ids: &[Uuid], dues: &[(&str, Due)]) {
    let dates = |which: fn(&Due) -> Date| dues.iter().map(|(_, due)| which(due)).collect::<Vec<_>>();
    let unit = |due: &Due| match due.term {
        Term::Days(_) => "day",
        Term::WorkingDays(_) => "working_day",
    };
    // Of the ledger the first line: what is derived anew begins with it.
    let opening = |due: &Due| serde_json::to_value(&due.derivation[..1]).unwrap();
    sqlx::query(
        "INSERT INTO clock (district_code, clock_id, case_id, code, round, state, start_date, term_length, term_unit,
                            calendar_version, provisional, due_raw, due_eff, due_safe, derivation, started_by,
                            started_at, differed, created_at, created_by, updated_at, updated_by, version)
         SELECT '220502', r.id, r.id, r.code, 1, 'running', r.start, r.length, r.unit, '2026.1', r.provisional, r.raw, r.eff,
                r.safe, r.derivation, 'case.x', r.start::timestamp AT TIME ZONE 'Asia/Shanghai', false, $11, 'service:x',
                $11, 'service:x', 1
           FROM unnest($1::uuid[], $2::text[], $3::date[], $4::integer[], $5::text[], $6::boolean[], $7::date[],
                       $8::date[], $9::date[], $10::jsonb[])
                AS r (id, code, start, length, unit, provisional, raw, eff, safe, derivation)",
    )
    .bind(ids)
    .bind(dues.iter().map(|(code, _)| *code).collect::<Vec<_>>())
    .bind(dates(|due| due.start))
    .bind(dues.iter().map(|(_, due)| i32::from(due.term.count())).collect::<Vec<_>>())
    .bind(dues.iter().map(|(_, due)| unit(due)).collect::<Vec<_>>())
    .bind(dues.iter().map(|(_, due)| due.provisional).collect::<Vec<_>>())
    .bind(dates(|due| due.raw))
    .bind(dates(|due| due.eff))
    .bind(dates(|due| due.safe))
    .bind(dues.iter().map(|(_, due)| opening(due)).collect::<Vec<_>>())
    .bind(instant(NOW))
    .execute(pool)
    .await
    .unwrap();
}

/// Levels that are due by now have been acted on.
async fn insert_rungs(pool: &PgPool, ids: &[Uuid], dues: &[(&str, Due)], calendar: &Calendar) {
    let (mut clocks, mut levels, mut due_at) = (Vec::new(), Vec::new(), Vec::<OffsetDateTime>::new());
    for (id, (code, due)) in ids.iter().zip(dues) {
        let rungs = if *code == "K6" {
            vec![(4_i16, due.overdue_from())]
        } else {
            vec![
                (1, due.amber_from(calendar)),
                (2, due.red_from()),
                (3, due.overdue_from()),
            ]
        };
        for (level, at) in rungs {
            clocks.push(*id);
            levels.push(level);
            due_at.push(at);
        }
    }
    sqlx::query(
        "INSERT INTO clock_rung (district_code, clock_id, level, due_at, fired_at, created_at, created_by, updated_at,
                                 updated_by, version)
         SELECT '220502', r.id, r.level, r.due_at, CASE WHEN r.due_at <= $4 THEN r.due_at END, $4, 'service:x', $4,
                'service:x', 1
           FROM unnest($1::uuid[], $2::smallint[], $3::timestamptz[]) AS r (id, level, due_at)",
    )
    .bind(clocks)
    .bind(levels)
    .bind(due_at)
    .bind(instant(NOW))
    .execute(pool)
    .await
    .unwrap();
}

async fn count(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

/// Everything that a calendar could change.
async fn dates(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "SELECT md5(string_agg(concat_ws(' ', k.clock_id, k.due_raw, k.due_eff, k.due_safe, k.provisional,
                                         k.calendar_version, md5(k.derivation::text), g.level, g.due_at, g.fired_at),
                               ',' ORDER BY k.clock_id, g.level))
           FROM clock k JOIN clock_rung g USING (district_code, clock_id)",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Works beside the service's own workers until a query finds nothing left.
async fn work(stage: &Stage, job: &impl Job, left: &'static str) {
    let district = "220502".parse().unwrap();
    while count(stage.bench.pool(), left).await > 0 {
        job.run_once(stage.bench.desk(), district).await.unwrap();
    }
}

/// Rows of the preview that are not what became of their clocks, or moves that no row had said.
const UNLIKE: &str = "
    SELECT count(*) FROM (
        SELECT r.clock_id, r.old_raw, r.old_eff, r.old_safe, r.old_provisional, r.new_raw, r.new_eff, r.new_safe,
               r.new_provisional
          FROM calendar_preview_row r) AS said (clock_id)
    FULL JOIN (
        SELECT m.clock_id, m.due_raw, m.due_eff, m.due_safe, m.provisional, k.due_raw, k.due_eff, k.due_safe,
               k.provisional
          FROM clock_move m JOIN clock k USING (district_code, clock_id)) AS done (clock_id)
      USING (clock_id)
    WHERE said IS DISTINCT FROM done";

/// Every event is a row of the preview, and every row an event; how many there are.
async fn told_as_previewed(stage: &Stage) -> u64 {
    let rows: Vec<(Uuid, Date, Date, Date, bool)> = sqlx::query_as(
        "SELECT clock_id, new_raw, new_eff, new_safe, new_provisional FROM calendar_preview_row ORDER BY clock_id",
    )
    .fetch_all(stage.bench.pool())
    .await
    .unwrap();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(id, raw, eff, safe, is)| {
            (
                id.to_string(),
                raw.to_string(),
                eff.to_string(),
                safe.to_string(),
                is,
            )
        })
        .collect();
    let mut told: Vec<_> = recomputed(stage)
        .await
        .into_iter()
        .map(|event| (event.clock_id, event.term.unwrap()))
        .map(|(id, term)| (id, term.due_raw, term.due_eff, term.due_safe, term.provisional))
        .collect();
    told.sort_unstable();
    assert_eq!(told, rows);
    rows.len() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_over_many_clocks_is_the_change_row_by_row_and_once() {
    let clocks = open_clocks();
    let stage = Stage::at(NOW).await;
    let pool = stage.bench.pool();
    grow(pool, clocks).await;
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS");
    let proposal = proposed(&stage, notice("2027.1")).await;
    work(
        &stage,
        &PreviewCalendars,
        "SELECT count(*) FROM calendar_preview WHERE NOT complete",
    )
    .await;
    let previewed: CalendarPreviewed = stage.bench.event("calendar.previewed").await;
    let effect = previewed.effect.unwrap();
    assert_eq!(effect.open, clocks as u64);
    let untouched = dates(pool).await;
    published(&stage, proposal, &notice("2027.1")).await;
    work(
        &stage,
        &RecomputeClocks,
        "SELECT count(*) FROM clock WHERE COALESCE(held_against, calendar_version) <> '2027.1'",
    )
    .await;
    let growth = memory("VmHWM").saturating_sub(before);
    eprintln!("{clocks} open clocks: {effect:?}, {growth} bytes more memory at most");
    assert!(growth < GROWTH_MAX_BYTES, "{growth}");
    assert_eq!(count(pool, UNLIKE).await, 0);
    let told = told_as_previewed(&stage).await;
    assert_eq!(told, effect.moving + effect.certainty);
    let some = clocks as u64 / 50;
    assert!(
        effect.moving > some && effect.told > some && effect.kept > 0 && effect.certainty > 0,
        "{effect:?}"
    );
    let moved = dates(pool).await;
    assert_ne!(moved, untouched);
    stage.bench.pass(Duration::MINUTE);
    published(&stage, random::new_id(), &notice("2027.2")).await;
    work(
        &stage,
        &RecomputeClocks,
        "SELECT count(*) FROM clock WHERE COALESCE(held_against, calendar_version) <> '2027.2'",
    )
    .await;
    assert_eq!(dates(pool).await, moved, "applied again it changes nothing");
    assert_eq!(told_as_previewed(&stage).await, told);
    while count(pool, "SELECT count(*) FROM unpublished").await > 0 {}
    stage.bench.finish().await;
}
