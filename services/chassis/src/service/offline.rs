//! Commands that look into the database of a service, whether it runs or not.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use time::Date;
use uuid::Uuid;
use xinqiao_kernel::local::start_of_day;

use super::{
    Service,
    cli::environment,
    start::{open_desk, sealing},
};
use crate::{
    audit::{self, Verified},
    desk::Desk,
    digest,
    inbox::parked,
    journal,
};

/// How much later than the settings say a checkpoint may come.
const OVERDUE: Duration = Duration::from_mins(1);

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

/// Signs each district's chain up to its last row.
pub(super) async fn sign_audit<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let (settings, _) = environment(service)?;
    let desk = open_desk(service.name, &settings)?;
    let sealing = sealing(&desk, &settings)?.context("no audit key is set: nothing can be signed")?;
    let mut code = ExitCode::SUCCESS;
    for district in desk.districts().codes() {
        match sealing.sign(&desk, district).await {
            Ok(seq) => writeln!(
                io::stdout(),
                "{} {district}: signed up to row {seq}",
                service.name
            )?,
            Err(fault) => {
                writeln!(io::stderr(), "{} {district}: {fault}", service.name)?;
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// Says of each district whether its audit chain holds; fails when one does not, when rows are signed by nothing
/// though keys are set, or when the next checkpoint is overdue.
pub(super) async fn verify_audit<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let (settings, _) = environment(service)?;
    let desk = open_desk(service.name, &settings)?;
    let name = service.name;
    let mut code = ExitCode::SUCCESS;
    for district in desk.districts().codes() {
        let said = match audit::verify(&desk, district).await {
            Ok(verified) if desk.trail().is_some() && verified.rows > 0 && verified.checkpoint.is_none() => {
                Err(format!(
                    "{} row(s) hold together, but no checkpoint signs them",
                    verified.rows
                ))
            }
            Ok(verified) => {
                let said = summary(&desk, &verified);
                if is_overdue(&desk, &verified, settings.audit.checkpoint_every) {
                    Err(format!("{said}: a checkpoint is overdue"))
                } else {
                    Ok(said)
                }
            }
            Err(fault) => Err(fault.to_string()),
        };
        match said {
            Ok(said) => writeln!(io::stdout(), "{name} {district}: {said}")?,
            Err(fault) => {
                writeln!(io::stderr(), "{name} {district}: {fault}")?;
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// Whether rows wait longer for their checkpoint than a running service lets them.
fn is_overdue(desk: &Desk, verified: &Verified, pace: Duration) -> bool {
    let now = desk.clock().now();
    desk.trail().is_some()
        && verified
            .unsigned_since
            .is_some_and(|since| now - since > pace + OVERDUE)
}

fn summary(desk: &Desk, verified: &Verified) -> String {
    let rows = verified.rows;
    match &verified.checkpoint {
        Some(last) => format!(
            "{rows} row(s) hold, up to row {} signed by checkpoint {}, {} not signed yet",
            last.seq(),
            last.number(),
            verified.unsigned()
        ),
        None if desk.trail().is_some() => format!("{rows} row(s)"),
        None => format!(
            "{rows} row(s) hold together; without audit public keys a chain rewritten as a whole is not found"
        ),
    }
}

pub(super) async fn digest<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let (settings, own) = environment(service)?;
    let desk = open_desk(service.name, &settings)?;
    let parts = (service.build)(desk.clone(), own)?;
    digest::print(&desk, parts.digest.as_deref(), io::stdout()).await?;
    Ok(ExitCode::SUCCESS)
}
