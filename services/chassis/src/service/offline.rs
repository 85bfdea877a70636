//! Commands that look into the database of a service, whether it runs or not.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use time::Date;
use uuid::Uuid;
use xinqiao_kernel::local::start_of_day;

use super::{Service, cli::environment, start::open_desk};
use crate::{digest, inbox::parked, journal};

/// Lists events as unpublished again; the running relay sends them under their own ids.
pub(super) async fn republish<S>(service: &Service<S>, since: Date) -> anyhow::Result<ExitCode> {
    let (settings, _) = environment(service)?;
    let desk = open_desk(service.name, &settings)?;
    let mut events = 0;
    for district in desk.districts().codes() {
        let mut tx = desk.database().begin(district).await?;
        events += journal::republish(tx.conn(), district, start_of_day(since)).await?;
        tx.commit().await?;
    }
    writeln!(
        io::stdout(),
        "{}: {events} event(s) will be published again",
        service.name
    )?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn list_parked<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let (settings, _) = environment(service)?;
    let desk = open_desk(service.name, &settings)?;
    for district in desk.districts().codes() {
        let mut tx = desk.database().begin(district).await?;
        let mut events = parked::refused(tx.conn(), district, service.name).await?;
        events.extend(parked::list(tx.conn(), district).await?);
        for event in events {
            writeln!(io::stdout(), "{}", serde_json::to_string(&event)?)?;
        }
        tx.rollback().await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails when an event was named and none was parked under that id.
pub(super) async fn replay<S>(service: &Service<S>, event_id: Option<Uuid>) -> anyhow::Result<ExitCode> {
    let (settings, _) = environment(service)?;
    let desk = open_desk(service.name, &settings)?;
    let mut events = 0;
    for district in desk.districts().codes() {
        let mut tx = desk.database().begin(district).await?;
        events += parked::replay(tx.conn(), district, event_id).await?;
        tx.commit().await?;
    }
    writeln!(
        io::stdout(),
        "{}: {events} event(s) will be tried again",
        service.name
    )?;
    Ok(if event_id.is_some() && events == 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

pub(super) async fn digest<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let (settings, own) = environment(service)?;
    let desk = open_desk(service.name, &settings)?;
    let parts = (service.build)(desk.clone(), own)?;
    digest::print(&desk, parts.digest.as_deref(), io::stdout()).await?;
    Ok(ExitCode::SUCCESS)
}
