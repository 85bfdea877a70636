//! Puts a service together and starts its tasks.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use object_store::{ObjectStore, local::LocalFileSystem};
use sqlx::migrate::Migrator;

use super::{Running, Service, ready};
use crate::{
    audit::{self, Pace, PublicKeys, SealChain, Signer, Trail},
    bus::{Bus, PUBLISHERS},
    clock::LegalClock,
    config::Settings,
    database::{BootError, Database},
    desk::{Desk, DeskParts},
    districts::Districts,
    document::CopyDocuments,
    identity::Verifier,
    inbox::{Subscriber, applier, consumer},
    jobs::{self, ForgetAnswers, Job},
    lifecycle::{Lifecycle, Stage},
    refusal::is_transient,
    relay,
    seal::{KeyRing, KeySource, Reseal, ResealPace, columns_of},
    server::{self, Health, Mount},
    waker::Wakers,
};

/// How long a start waits for a database that is not up yet.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Opens everything an act needs and unwraps the keys. The database is not connected yet.
pub fn open_desk(service: &'static str, settings: &Settings) -> anyhow::Result<Desk> {
    let districts = Districts::read(&settings.districts_dir)?;
    let keys =
        KeyRing::from_book(KeySource::new(&settings.keys), settings.keys.reload).context("key book")?;
    std::fs::create_dir_all(&settings.object_store_dir).context("object store folder")?;
    let objects: Arc<dyn ObjectStore> = Arc::new(
        LocalFileSystem::new_with_prefix(&settings.object_store_dir)
            .context("object store")?
            .with_fsync(true),
    );
    let trail = match &settings.audit.public_keys_file {
        Some(file) => Some(Trail::new(Arc::clone(&objects), service, PublicKeys::load(file)?)),
        None => None,
    };
    Ok(Desk::new(DeskParts {
        service,
        database: Database::open(service, &settings.database)?,
        keys: Arc::new(keys),
        clock: LegalClock::from_settings(&settings.clock, settings.profile)?,
        districts,
        objects,
        trail,
        wakers: Wakers::default(),
    }))
}

/// Starts a service. The port is opened last: what is wrong before that stops the start.
pub async fn start<S>(service: &Service<S>, settings: Settings, own: S) -> anyhow::Result<Running> {
    let desk = open_desk(service.name, &settings)?;
    let sealing = sealing(&desk, &settings)?;
    let database = desk.database().clone();
    checked(&database, service.migrator).await.context("database")?;
    let verifier = Verifier::new(&settings.identity, desk.districts().clone())?
        .with_case_tokens(Arc::clone(desk.keys()));
    if let Err(error) = verifier.load().await {
        tracing::warn!(%error, "no key set yet; it is asked for again when a token comes");
    }
    let bus = Bus::connect(service.name, &settings.bus).await?;
    let parts = (service.build)(desk.clone(), own)?;
    let routes = parts.routes.add_service(audit::read::server(desk.clone()));
    let package = service.package();
    let mount = Mount::new(
        &package,
        routes,
        (service.rights, service.open),
        verifier,
        settings.profile,
    )?
    .noting(desk.clone());
    let health = Health::new(&package).await;
    let listening = server::bind(&settings.server).await?;
    let address = listening.address()?;

    let mut lifecycle = Lifecycle::new();
    spawn_events(&mut lifecycle, &desk, &bus, parts.subscriber, &settings);
    let seal = sealing.clone().map(|job| job as Arc<dyn Job>);
    let jobs = parts
        .jobs
        .into_iter()
        .chain(seal)
        .chain([reseal(service, &settings)]);
    spawn_jobs(&mut lifecycle, &desk, jobs, &settings);
    for task in parts.tasks {
        let stop = lifecycle.token(Stage::Relay);
        lifecycle.spawn(Stage::Relay, task.name, (task.run)(stop));
    }
    let stop = lifecycle.token(Stage::Server);
    let (serving, limits) = (health.clone(), settings.server.clone());
    lifecycle.spawn(Stage::Server, "server", async move {
        server::serve(listening, mount, &serving, &limits, stop).await
    });
    let stop = lifecycle.token(Stage::Workers);
    lifecycle.spawn(
        Stage::Workers,
        "readiness",
        ready::watch(database, health.clone(), stop),
    );
    tracing::info!(%address, profile = ?settings.profile, "listening");
    Ok(Running {
        address,
        desk,
        lifecycle,
        health,
        bus,
        sealing,
        stop_notice: settings.stop_notice,
        stop_deadline: settings.stop_deadline,
    })
}

/// Checks the database; one that is not up yet gets [`PATIENCE`].
async fn checked(database: &Database, migrator: &Migrator) -> Result<(), BootError> {
    let begun = Instant::now();
    loop {
        match database.check(migrator).await {
            Err(BootError::Database(error)) if is_transient(&error) && begun.elapsed() < PATIENCE => {
                tracing::warn!(%error, "waiting for the database");
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            done => return done,
        }
    }
}

/// The relay publishes until the last call is answered; inbox and consumers stop before that.
fn spawn_events(
    lifecycle: &mut Lifecycle,
    desk: &Desk,
    bus: &Bus,
    subscriber: Arc<dyn Subscriber>,
    settings: &Settings,
) {
    let stop = lifecycle.token(Stage::Relay);
    lifecycle.spawn(Stage::Relay, "bus", endless(bus.clone().supervise(stop.clone())));
    let relay = relay::run(desk.clone(), bus.clone(), settings.relay.clone(), stop);
    lifecycle.spawn(Stage::Relay, "relay", endless(relay));
    let stop = lifecycle.token(Stage::Workers);
    for publisher in PUBLISHERS
        .iter()
        .filter(|publisher| **publisher != desk.service())
    {
        let inbox = settings.inbox.clone();
        let take = consumer::run(
            desk.clone(),
            bus.clone(),
            (*publisher).to_owned(),
            inbox,
            stop.clone(),
        );
        lifecycle.spawn(Stage::Workers, "consumer", endless(take));
    }
    let apply = applier::run(desk.clone(), subscriber, settings.inbox.clone(), stop);
    lifecycle.spawn(Stage::Workers, "inbox", endless(apply));
}

/// The job that signs the audit chain, when there is a key for it.
pub(super) fn sealing(desk: &Desk, settings: &Settings) -> anyhow::Result<Option<Arc<SealChain>>> {
    let (Some(file), Some(trail)) = (&settings.audit.key_file, desk.trail()) else {
        tracing::warn!(
            "no audit key is set: no checkpoints are written, and a chain that was rewritten as a whole is not found"
        );
        return Ok(None);
    };
    let pace = Pace {
        rows: settings.audit.checkpoint_rows,
        time: settings.audit.checkpoint_every,
    };
    let job = SealChain::new(trail.clone(), Signer::load(file)?, pace)?;
    Ok(Some(Arc::new(job)))
}

/// The job that brings columns under new keys.
fn reseal<S>(service: &Service<S>, settings: &Settings) -> Arc<dyn Job> {
    let keys = &settings.keys;
    let pace = ResealPace {
        batch: keys.reseal_batch,
        pause: keys.reseal_pause,
        settled: keys.settled(),
    };
    Arc::new(Reseal::new(columns_of(service.sealed), pace))
}

fn spawn_jobs(
    lifecycle: &mut Lifecycle,
    desk: &Desk,
    own: impl Iterator<Item = Arc<dyn Job>>,
    settings: &Settings,
) {
    let copies: Arc<dyn Job> = Arc::new(CopyDocuments::new(Arc::clone(desk.objects())));
    for job in own.chain([copies, Arc::new(ForgetAnswers)]) {
        let (name, stop) = (job.name(), lifecycle.token(Stage::Workers));
        let run = jobs::run(job, desk.clone(), settings.jobs.clone(), stop);
        lifecycle.spawn(Stage::Workers, name, endless(run));
    }
}

/// A task that has no way to fail but to end.
async fn endless(task: impl Future<Output = ()>) -> Result<(), Infallible> {
    task.await;
    Ok(())
}
