//! A service that was taken over can speak and listen on the bus as itself only.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use async_nats::{Client, ConnectOptions, Event};
use time::macros::date;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use xinqiao_chassis::bus::stream_name;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::nats::Nats;
use xinqiao_local::people::PEOPLE;
use xinqiao_tests::fleet::Fleet;

/// Longest wait for the server's refusal.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_service_uses_its_own_subjects_of_the_bus_only() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 03 - 03)).await?;
    let nats = &fleet.platform.nats;
    ensure!(
        async_nats::connect(nats.url()).await.is_err(),
        "the bus lets in somebody without a password"
    );
    for (index, service) in SERVICES.into_iter().enumerate() {
        let (client, mut refusals) = signed_in(nats, service).await?;
        let other = SERVICES[(index + 1) % SERVICES.len()];
        let third = SERVICES[(index + 2) % SERVICES.len()];
        for subject in [
            format!("xq.220502.{other}.case.registered"),
            format!("xq.220502.{service}"),
            format!("$JS.API.STREAM.PURGE.{}", stream_name(service)),
            format!("$JS.API.STREAM.DELETE.{}", stream_name(service)),
            format!("$JS.API.STREAM.UPDATE.{}", stream_name(service)),
            format!("$JS.API.STREAM.CREATE.{}", stream_name(other)),
            format!("$JS.API.STREAM.MSG.GET.{}", stream_name(other)),
            format!("$JS.API.DIRECT.GET.{}", stream_name(other)),
            format!("$JS.API.CONSUMER.MSG.NEXT.{}.{third}", stream_name(other)),
            format!("$JS.API.CONSUMER.DELETE.{}.{third}", stream_name(other)),
            format!("$JS.ACK.{}.{third}.1.1.1.1.1", stream_name(other)),
            format!("_INBOX.{other}.answer"),
        ] {
            client.publish(subject.clone(), "".into()).await?;
            refused(&mut refusals, "Publish", &subject).await?;
        }
        for subject in [
            format!("$JS.API.CONSUMER.CREATE.{}.{third}", stream_name(other)),
            format!(
                "$JS.API.CONSUMER.CREATE.{}.{service}.xq.220502.>",
                stream_name(other)
            ),
            format!("$JS.API.CONSUMER.DURABLE.CREATE.{}.{third}", stream_name(other)),
        ] {
            client.publish(subject.clone(), "".into()).await?;
            refused(&mut refusals, "Publish", &subject).await?;
        }
        for subject in beyond_its_own(service) {
            let _messages = client.subscribe(subject.clone()).await?;
            refused(&mut refusals, "Subscription", &subject).await?;
        }
    }
    fleet.end().await
}

/// What a service might listen to: of all, of one district, of every other service, of itself, and what others are
/// answered. Events come to it by its own consumers alone.
fn beyond_its_own(service: &str) -> Vec<String> {
    let everything = ["xq.>", "xq.*.>", "xq.220502.>", "xq.220503.>", "$JS.>", ">"];
    let of_one = SERVICES.iter().flat_map(|name| {
        [
            format!("xq.220502.{name}.>"),
            format!("xq.*.{name}.case.registered"),
        ]
    });
    let others = SERVICES.iter().filter(|name| **name != service);
    everything
        .into_iter()
        .map(str::to_owned)
        .chain(of_one)
        .chain(others.map(|name| format!("_INBOX.{name}.>")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_a_district_comes_onto_the_bus() -> Result<()> {
    let fleet = Fleet::start(date!(2026 - 03 - 03)).await?;
    let nats = &fleet.platform.nats;
    for person in PEOPLE {
        let token = fleet.platform.issuer.token(person)?;
        let ways = [
            ConnectOptions::with_token(token.clone()),
            ConnectOptions::with_user_and_password(person.id.to_owned(), token.clone()),
            ConnectOptions::with_user_and_password(person.district.to_owned(), token),
        ];
        for way in ways {
            let let_in = way.connect(nats.url()).await;
            ensure!(let_in.is_err(), "the bus lets {} in", person.name);
        }
    }
    fleet.end().await
}

/// A connection as a service, and what the server refuses to it.
async fn signed_in(nats: &Nats, service: &str) -> Result<(Client, UnboundedReceiver<String>)> {
    let (said, refusals) = mpsc::unbounded_channel();
    let options =
        ConnectOptions::with_user_and_password(service.to_owned(), nats.password(service)?.to_owned());
    let client = options
        .event_callback(move |event| {
            let said = said.clone();
            async move {
                if let Event::ServerError(error) = event {
                    // Nobody listens any more once the service has been tried.
                    let _ = said.send(error.to_string());
                }
            }
        })
        .connect(nats.url())
        .await?;
    Ok((client, refusals))
}

/// The next refusal is about this subject.
async fn refused(refusals: &mut UnboundedReceiver<String>, what: &str, subject: &str) -> Result<()> {
    let Ok(said) = tokio::time::timeout(PATIENCE, refusals.recv()).await else {
        bail!("{what} to {subject} is not refused");
    };
    let said = said.context("the connection is gone")?.to_lowercase();
    let wanted = format!("{what} to \"{subject}\"").to_lowercase();
    ensure!(said.contains(&wanted), "{said}, but {wanted} was tried");
    Ok(())
}
