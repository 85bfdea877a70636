//! The comparison: word by word, in turns, the same hits, the smallest ratio.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use sqlx::{Connection as _, PgConnection};
use time::macros::date;
use uuid::Uuid;
use xinqiao_local::clients::{Bearer, Signed};
use xinqiao_local::people;
use xinqiao_proto::common::PageRequest;
use xinqiao_proto::intake::case_service_client::CaseServiceClient;
use xinqiao_proto::intake::{SearchCasesRequest, SearchCasesResponse};
use xinqiao_tests::chance::Chance;
use xinqiao_tests::fleet::Fleet;

use crate::load;
use crate::texts::{PLANTED, Planted, Writer};

/// Scans per search, for words in at most one text in a hundred.
const BOUND: f64 = 10.0;
/// Texts a search reads at the most; the service's default.
const TEXTS_MAX: usize = 2_500;
/// Headers on a page.
const PAGE: u32 = 50;
/// How often the index is asked whether it is complete.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the command line says.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Arguments {
    /// Texts; the bound is meant for the default.
    #[arg(long, default_value_t = 200_000)]
    texts: usize,
    /// Scans and searches of each word, in turns.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// What is asked on both sides.
struct Sides {
    clear: PgConnection,
    cases: CaseServiceClient<Signed>,
}

/// Loads everything, measures, prints, and fails below the bound.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    ensure!(
        arguments.texts > 0 && arguments.rounds > 0,
        "at least one text and one round"
    );
    let fleet = Fleet::start_with(date!(2026 - 03 - 03), |mut options| {
        options.services = vec!["intake"];
        options.trace_ratio = 0.0;
        // The index is filled as fast as it goes, not at the pace of a day at the counter.
        options.settings.extend([
            ("XINQIAO_SEARCH_FILL_BATCH_MAX", "1000".to_owned()),
            ("XINQIAO_SEARCH_FILL_PAUSE_MS", "1".to_owned()),
            ("XINQIAO_SEARCH_TEXTS_MAX", TEXTS_MAX.to_string()),
        ]);
        options
    })
    .await?;
    let clerk = people::find("li-dengji").context("the demo clerk is gone")?;
    let bearer = Bearer::new(&fleet.platform.issuer.token(clerk)?)?;
    let channel = fleet.platform.channel("intake")?;
    let mut sides = Sides {
        clear: PgConnection::connect(&fleet.platform.database_url("intake")).await?,
        cases: CaseServiceClient::with_interceptor(channel.clone(), bearer.clone()),
    };
    let began = Instant::now();
    let mut writer = Writer::new(Chance::announced());
    load::register(&channel, &bearer, &mut sides.clear, arguments.texts, &mut writer).await?;
    println!(
        "{} texts registered in {:.0} s",
        arguments.texts,
        began.elapsed().as_secs_f64()
    );
    sides.settle().await?;
    println!("searchable after {:.0} s", began.elapsed().as_secs_f64());
    sides.describe().await?;
    let mut smallest = f64::INFINITY;
    for planted in PLANTED {
        let ratio = sides.compare(planted, arguments).await?;
        if planted.one_in >= 100 {
            smallest = smallest.min(ratio);
        }
    }
    drop(sides);
    fleet.end().await?;
    println!("search ratio {smallest:.2} bound {BOUND:.2}");
    Ok(if smallest >= BOUND {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Sides {
    /// Waits until every text is searchable, and lets Postgres tidy up on both sides.
    async fn settle(&mut self) -> Result<()> {
        while self.search(PLANTED[0].word, String::new()).await?.waiting > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        for statement in [
            "VACUUM ANALYZE search_text",
            "VACUUM ANALYZE bench_clear",
            "ANALYZE",
        ] {
            sqlx::query(statement).execute(&mut self.clear).await?;
        }
        Ok(())
    }

    async fn describe(&mut self) -> Result<()> {
        let (median, clear, table, index): (f64, String, String, String) = sqlx::query_as(
            "SELECT (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY char_length(body)) FROM bench_clear),
                    pg_size_pretty(pg_total_relation_size('bench_clear')),
                    pg_size_pretty(pg_table_size('search_text')),
                    pg_size_pretty(pg_relation_size('search_text_tokens'))",
        )
        .fetch_one(&mut self.clear)
        .await?;
        println!(
            "median {median:.0} characters; in clear {clear}, tokens {table}, their index {index}; machine time, medians"
        );
        Ok(())
    }

    /// Scans and searches one word in turns; scans per search.
    async fn compare(&mut self, planted: Planted, arguments: Arguments) -> Result<f64> {
        let word = planted.word;
        let truth = self.scan(word).await?;
        self.must_agree(word, &truth).await?;
        let (mut scans, mut searches) = (Vec::new(), Vec::new());
        for _ in 0..arguments.rounds {
            let began = Instant::now();
            self.scan(word).await?;
            scans.push(began.elapsed().as_secs_f64());
            let began = Instant::now();
            self.search(word, String::new()).await?;
            searches.push(began.elapsed().as_secs_f64());
        }
        let (scan, search) = (median(scans), median(searches));
        let ratio = scan / search;
        println!(
            "  {word}\t{:>6} hits, one text in {:>5}: scan {:>7.1} ms, search {:>6.1} ms, ratio {ratio:.2}",
            truth.len(),
            planted.one_in,
            scan * 1e3,
            search * 1e3
        );
        Ok(ratio)
    }

    /// Fails unless the pages together are what the scan found, or, of a commoner word, the first page is among it and
    /// the answer says that there are more.
    async fn must_agree(&mut self, word: &str, truth: &BTreeSet<Uuid>) -> Result<()> {
        let (mut found, mut token) = (BTreeSet::new(), String::new());
        loop {
            let answer = self.search(word, token).await?;
            for header in &answer.headers {
                found.insert(header.case_id.parse::<Uuid>()?);
            }
            token = answer.page.unwrap_or_default().next_page_token;
            if truth.len() > TEXTS_MAX {
                ensure!(answer.more_than > 0, "{word}: the answer claims to be whole");
                ensure!(found.len() == 50 && found.is_subset(truth), "{word}: wrong hits");
                return Ok(());
            }
            if token.is_empty() {
                ensure!(
                    answer.more_than == 0 && &found == truth,
                    "{word}: {} found, {} there",
                    found.len(),
                    truth.len()
                );
                return Ok(());
            }
        }
    }

    async fn scan(&mut self, word: &str) -> Result<BTreeSet<Uuid>> {
        let found: Vec<Uuid> =
            sqlx::query_scalar("SELECT case_id FROM bench_clear WHERE body LIKE '%' || $1 || '%'")
                .bind(word)
                .fetch_all(&mut self.clear)
                .await?;
        Ok(found.into_iter().collect())
    }

    async fn search(&mut self, word: &str, page_token: String) -> Result<SearchCasesResponse> {
        let request = SearchCasesRequest {
            query: word.to_owned(),
            states: Vec::new(),
            page: Some(PageRequest {
                page_size: PAGE,
                page_token,
            }),
        };
        Ok(self.cases.search_cases(request).await?.into_inner())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
