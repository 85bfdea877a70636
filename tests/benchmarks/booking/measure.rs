//! The comparison: both sides in turns, medians, one ratio.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use futures::future::{join, try_join_all};
use hdrhistogram::Histogram;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use time::macros::date;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use xinqiao_chassis::random;
use xinqiao_local::clients::{Bearer, Signed};
use xinqiao_local::people::{self, LEADER_LIU, LEADER_ZHANG};
use xinqiao_proto::scheduling::appointment_service_client::AppointmentServiceClient;
use xinqiao_proto::scheduling::master_service_client::MasterServiceClient;
use xinqiao_proto::scheduling::roster_service_client::RosterServiceClient;
use xinqiao_proto::scheduling::{
    GenerateRosterRequest, ListFreeSlotsRequest, PublishRosterRequest, PutLeaderRequest, ReceptionDay,
    SlotRef,
};
use xinqiao_tests::chance::Chance;
use xinqiao_tests::fleet::Fleet;

use crate::counter::{Bare, Counter, Desk};
use crate::truth;

/// Latency of a booking over that of a bare insert, 99th percentile.
const BOUND: f64 = 3.0;
/// Latencies above are counted as this, in microseconds.
const LATENCY_MAX_MICROS: u64 = 60_000_000;
/// First number of the bare places of a round.
const BARE_ROUND: usize = 100_000;

/// What the command line says; the bound is meant for the defaults.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Arguments {
    /// Alternating rounds, each on places of its own.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Bookings tried in a round.
    #[arg(long, default_value_t = 10_000)]
    bookings: usize,
    /// Places of a round.
    #[arg(long, default_value_t = 100)]
    places: usize,
    /// Clients at once.
    #[arg(long, default_value_t = 50)]
    clients: usize,
}

/// What the clients of a run found.
struct Outcome {
    latencies: Histogram<u64>,
    booked: usize,
    rate: f64,
}

/// Runs everything, prints it, and fails above the bound.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    ensure!(
        arguments.rounds > 0 && arguments.clients > 0,
        "at least one round and one client"
    );
    let fleet = Fleet::start_with(date!(2026 - 03 - 03), |mut options| {
        options.services = vec!["scheduling"];
        options.trace_ratio = 0.05;
        options
    })
    .await?;
    let url = fleet.platform.database_url("scheduling");
    let pool = PgPoolOptions::new()
        .max_connections(u32::try_from(arguments.clients)? + 1)
        .connect(&url)
        .await?;
    sqlx::raw_sql(include_str!("bare.sql")).execute(&pool).await?;
    let mut days = roster(&fleet).await?.into_iter();
    let mut chance = Chance::announced();
    let mut ratios = Vec::new();
    for round in 1..=arguments.rounds {
        println!("round {round} of {}", arguments.rounds);
        let (places, held_on) = places(&fleet, &mut days, arguments.places).await?;
        let bare = Bare {
            pool: pool.clone(),
            first: i32::try_from(round * BARE_ROUND)?,
        };
        let bare = report("bare insert", &clients(&bare, arguments, &mut chance).await?)?;
        let desk = Desk {
            appointments: AppointmentServiceClient::with_interceptor(
                fleet.platform.channel("scheduling")?,
                bearer(&fleet, "li-dengji")?,
            ),
            places: Arc::new(places),
        };
        let booked = report(
            "booking",
            &watched(&pool, held_on, &desk, arguments, &mut chance).await?,
        )?;
        ratios.push(booked / bare);
    }
    fleet.end().await?;
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    println!("booking ratio {ratio:.2} bound {BOUND:.2}");
    Ok(if ratio <= BOUND {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Lets the clients book by gRPC while somebody counts, and gives away what is left at the end.
async fn watched(
    pool: &PgPool,
    days: Vec<Uuid>,
    desk: &Desk,
    arguments: Arguments,
    chance: &mut Chance,
) -> Result<Outcome> {
    let stop = CancellationToken::new();
    let working = async {
        let outcome = clients(desk, arguments, chance).await;
        stop.cancel();
        outcome
    };
    let (outcome, seen) = join(working, truth::watch(pool.clone(), days.clone(), stop.clone())).await;
    let (outcome, seen) = (outcome?, seen?);
    for place in 0..arguments.places {
        desk.clone().book(place).await?;
    }
    let wanted = i64::try_from(arguments.places)?;
    let at_the_end = truth::holders(pool, &days).await?;
    println!(
        "  at most {} of {wanted} places held in {} looks, {} at the end",
        seen.most, seen.samples, at_the_end.0
    );
    ensure!(seen.most <= wanted, "{} hold {wanted} places", seen.most);
    ensure!(at_the_end == (wanted, wanted), "at the end {at_the_end:?}");
    Ok(outcome)
}

/// All clients of one side: they share the bookings.
async fn clients<C: Counter + Clone>(side: &C, arguments: Arguments, chance: &mut Chance) -> Result<Outcome> {
    let each = arguments.bookings.div_ceil(arguments.clients);
    let began = Instant::now();
    let working = (0..arguments.clients).map(|_| client(side.clone(), each, arguments.places, chance.fork()));
    let mut outcome = Outcome {
        latencies: Histogram::new_with_bounds(1, LATENCY_MAX_MICROS, 3)?,
        booked: 0,
        rate: 0.0,
    };
    for (latencies, booked) in try_join_all(working).await? {
        for latency in latencies {
            let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
            outcome.latencies.saturating_record(micros);
        }
        outcome.booked += booked;
    }
    outcome.rate = f64::from(u32::try_from(outcome.latencies.len())?) / began.elapsed().as_secs_f64();
    Ok(outcome)
}

/// One client: after each booking that he got he keeps it, gives it back, or moves it, by chance.
async fn client<C: Counter>(
    mut side: C,
    bookings: usize,
    places: usize,
    mut chance: Chance,
) -> Result<(Vec<Duration>, usize)> {
    let (mut latencies, mut booked) = (Vec::with_capacity(bookings), 0);
    let mut held: Vec<C::Held> = Vec::new();
    let any = |chance: &mut Chance| -> Result<usize> {
        Ok(usize::try_from(chance.between(0, u64::try_from(places)? - 1))?)
    };
    for _ in 0..bookings {
        let place = any(&mut chance)?;
        let began = Instant::now();
        let got = side.book(place).await?;
        latencies.push(began.elapsed());
        booked += usize::from(got.is_some());
        held.extend(got);
        match chance.between(1, 20) {
            1 | 2 => {
                if let Some(one) = held.pop() {
                    side.cancel(one).await?;
                }
            }
            3 => {
                if let Some(one) = held.pop() {
                    let place = any(&mut chance)?;
                    held.push(side.move_to(one, place).await?);
                }
            }
            _ => {}
        }
    }
    Ok((latencies, booked))
}

/// Prints what came of a run; its 99th percentile in milliseconds.
fn report(name: &str, outcome: &Outcome) -> Result<f64> {
    let millis = |quantile| -> Result<f64> {
        Ok(f64::from(u32::try_from(outcome.latencies.value_at_quantile(quantile))?) / 1e3)
    };
    let (p50, p99) = (millis(0.5)?, millis(0.99)?);
    println!(
        "  {name:<12} {:>6.0} /s, {} booked: p50 {p50:>6.1} ms  p99 {p99:>6.1} ms",
        outcome.rate, outcome.booked
    );
    Ok(p99)
}

fn bearer(fleet: &Fleet, person: &str) -> Result<Bearer> {
    let person = people::find(person).with_context(|| format!("{person} of the demo is gone"))?;
    Bearer::new(&fleet.platform.issuer.token(person)?)
}

/// The published days of the year after today.
async fn roster(fleet: &Fleet) -> Result<Vec<ReceptionDay>> {
    let channel = fleet.platform.channel("scheduling")?;
    let head = bearer(fleet, "wang-fenban")?;
    let mut masters = MasterServiceClient::with_interceptor(channel.clone(), head.clone());
    for (order, (id, person)) in (1..).zip([(LEADER_ZHANG, "zhang-fuquzhang"), (LEADER_LIU, "liu-fuquzhang")])
    {
        let request = PutLeaderRequest {
            request_id: random::new_id().to_string(),
            leader_id: id.to_string(),
            name: "副区长".to_owned(),
            post: "副区长".to_owned(),
            portfolio: vec!["03".to_owned()],
            linked_towns: vec!["220502100".to_owned()],
            person_id: person.to_owned(),
            order,
            active: true,
            ..PutLeaderRequest::default()
        };
        masters.put_leader(request).await?;
    }
    let clerk = bearer(fleet, "li-dengji")?;
    let mut roster: RosterServiceClient<Signed> =
        RosterServiceClient::with_interceptor(channel.clone(), clerk);
    let generate = GenerateRosterRequest {
        request_id: random::new_id().to_string(),
        year: 2026,
        leader_ids: Vec::new(),
    };
    roster.generate_roster(generate).await?;
    let publish = PublishRosterRequest {
        request_id: random::new_id().to_string(),
        year: 2026,
        reception_day_ids: Vec::new(),
    };
    let mut roster = RosterServiceClient::with_interceptor(channel, head);
    Ok(roster.publish_roster(publish).await?.into_inner().published)
}

/// The next places that can be booked, and the days they are on.
async fn places(
    fleet: &Fleet,
    days: &mut impl Iterator<Item = ReceptionDay>,
    wanted: usize,
) -> Result<(Vec<SlotRef>, Vec<Uuid>)> {
    let mut appointments = AppointmentServiceClient::with_interceptor(
        fleet.platform.channel("scheduling")?,
        bearer(fleet, "li-dengji")?,
    );
    let (mut places, mut held_on) = (Vec::new(), Vec::new());
    while places.len() < wanted {
        let day = days.next().context("the year has too few places")?;
        held_on.push(day.reception_day_id.parse()?);
        let query = ListFreeSlotsRequest { day: day.day };
        places.extend(appointments.list_free_slots(query).await?.into_inner().slots);
    }
    places.truncate(wanted);
    Ok((places, held_on))
}
