//! The platform with certificates on both sides: the main journey, callers that must not get in, and certificates and
//! list exchanged while calls flow.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _};
use time::{OffsetDateTime, macros::date};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, ClientTlsConfig};
use tonic::{Code, Request, Status};
use xinqiao_chassis::clock::machine_time;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::journey::patience::{describe, reason, until};
use xinqiao_local::journey::{Journey, masters, schedule::Day, script::Script, verdict};
use xinqiao_local::people::{self, DISTRICT_A};
use xinqiao_local::platform::Platform;
use xinqiao_local::tls::{Authority, OPERATOR, PORTAL, Tls, callers, entry};
use xinqiao_tests::dynamic::{Rpc, rpcs};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::otlp::Collector;

/// Exchanges of all certificates while calls flow.
const EXCHANGES: usize = 3;
/// What the services measure of it.
const METRICS: [&str; 5] = [
    "xinqiao.tls.certificate.remaining",
    "xinqiao.tls.reloads",
    "xinqiao.tls.fit",
    "xinqiao.tls.handshakes.failed",
    "xinqiao.tls.callers.refused",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_whose_callers_and_services_show_each_other_certificates() -> Result<()> {
    let collector = Collector::start().await?;
    let fleet = Fleet::start_with(date!(2026 - 02 - 24), |mut options| {
        options.mutual_tls = true;
        options.otlp_endpoint = Some(collector.url());
        options.settings.extend(
            [("XINQIAO_TLS_RELOAD_MS", "100"), ("XINQIAO_METRICS_MS", "200")]
                .map(|(name, value)| (name, value.to_owned())),
        );
        options
    })
    .await?;
    play(&fleet).await?;
    let platform = &fleet.platform;
    let tls = platform.tls().context("the platform has no certificates")?;
    nobody_else_gets_in(platform, tls).await?;
    certificates_are_exchanged_while_calls_flow(platform, tls).await?;
    a_list_is_exchanged_without_a_restart(platform, tls).await?;
    for metric in METRICS {
        until(metric, async || {
            Ok(collector.text().contains(metric).then_some(()))
        })
        .await?;
    }
    fleet.end().await
}

/// The main journey, from the hall to the archive.
async fn play(fleet: &Fleet) -> Result<()> {
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    let reception_day_id = session.reception_day_id.clone();
    let mut journey = Journey::new(&cast, Script::demo(), schedule.clone(), reception_day_id);
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        if day == Day::Reception {
            masters::open(&cast.clerk, &session).await?;
        }
        journey.act(day).await?;
    }
    let verdict = verdict::conclude(&fleet.platform, &cast, &journey, &fleet.calendar).await?;
    ensure!(verdict.wrong().is_empty(), "{:#?}", verdict.wrong());
    Ok(())
}

/// One RPC of a service, which only reads.
fn an_rpc_of(service: &str) -> Result<Rpc> {
    for rpc in rpcs()? {
        if rpc.process() == service && !rpc.is_command() && rpc.path() != SIGN_IN {
            return Ok(rpc);
        }
    }
    bail!("{service} answers nothing")
}

/// Answers without a token.
const SIGN_IN: &str = "/xinqiao.intake.v1.PetitionerService/SignInByQueryCode";

async fn nobody_else_gets_in(platform: &Platform, tls: &Tls) -> Result<()> {
    let expired = OffsetDateTime::from(machine_time()) - time::Duration::MINUTE;
    let token = platform.issuer.token(clerk()?)?;
    for service in SERVICES {
        let rpc = an_rpc_of(service)?;
        let call = async |tls: ClientTlsConfig| -> Result<Status> {
            let channel = platform.channel_with(service, Some(tls))?;
            let answer = rpc.call(channel, &token, Vec::new()).await;
            answer
                .err()
                .with_context(|| format!("{} was answered", rpc.path()))
        };
        let outside = [
            ("no certificate", tls.trust()),
            (
                "another authority's",
                tls.client(&Authority::new()?.issue(&[PORTAL])?),
            ),
            (
                "an expired one",
                tls.client(&tls.authority.issue_until(&[PORTAL], expired)?),
            ),
        ];
        for (what, tls) in outside {
            let status = call(tls).await.context(what)?;
            // The handshake fails: nothing of ours has answered.
            ensure!(
                reason(&status).is_empty() && status.code() != Code::PermissionDenied,
                "{service}, {what}: {}",
                describe(&status)
            );
        }
        // A service calls no other; an operator may look at cases in intake, at nothing elsewhere.
        let operators_own = rpc.path().starts_with("/xinqiao.intake.v1.CaseService/");
        let unlisted = ["spiffe://xinqiao/intake", OPERATOR];
        for name in unlisted
            .iter()
            .filter(|name| **name != OPERATOR || !operators_own)
        {
            let status = call(tls.client(&tls.authority.issue(&[name])?)).await?;
            must_not_be_listed(&status).with_context(|| format!("{name} to {service}"))?;
        }
    }
    Ok(())
}

fn clerk() -> Result<&'static people::Person> {
    people::find("li-dengji").context("the clerk has left")
}

fn must_not_be_listed(status: &Status) -> Result<()> {
    ensure!(
        status.code() == Code::PermissionDenied && reason(status) == "CALLER_NOT_ALLOWED",
        "was answered {}",
        describe(status)
    );
    Ok(())
}

/// A call that gets through to the service, whatever the service says to it.
async fn gets_through(channel: &Channel, rpc: &Rpc) -> Result<(), Status> {
    match rpc.send(channel.clone(), Request::new(Vec::new())).await {
        // The service asks for a token: the call has come through.
        Err(status) if reason(&status) == "TOKEN_MISSING" => Ok(()),
        Err(status) => Err(status),
        Ok(_) => Ok(()),
    }
}

async fn certificates_are_exchanged_while_calls_flow(platform: &Platform, tls: &Tls) -> Result<()> {
    let stop = CancellationToken::new();
    let mut flows = Vec::new();
    for service in SERVICES {
        let rpc = an_rpc_of(service)?;
        let open = platform.channel(service)?;
        gets_through(&open, &rpc).await?;
        let (address, portal, stop) = (platform.address(service)?, tls.portal(), stop.clone());
        flows.push(tokio::spawn(flow(rpc, open, address, portal, stop)));
    }
    for _ in 0..EXCHANGES {
        for service in SERVICES {
            let next = tls.renew(service)?;
            until("the new certificate is shown", async || {
                Ok((shown(platform, tls, service).await? == next.der).then_some(()))
            })
            .await
            .context(service)?;
        }
    }
    stop.cancel();
    for flow in flows {
        let calls = flow.await??;
        ensure!(calls > EXCHANGES, "only {calls} calls flowed");
    }
    Ok(())
}

/// Calls on one connection that stays open, and each time on a new one; none may fail.
async fn flow(
    rpc: Rpc,
    open: Channel,
    address: String,
    portal: ClientTlsConfig,
    stop: CancellationToken,
) -> Result<usize> {
    let mut calls = 0;
    while !stop.is_cancelled() {
        gets_through(&open, &rpc)
            .await
            .context("on the open connection")?;
        let fresh = Channel::from_shared(address.clone())?
            .timeout(Duration::from_mins(1))
            .tls_config(portal.clone())?
            .connect_lazy();
        gets_through(&fresh, &rpc).await.context("on a new connection")?;
        calls += 1;
    }
    Ok(calls)
}

/// The certificate that a service shows to a new connection.
async fn shown(platform: &Platform, tls: &Tls, service: &str) -> Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(tls.authority.pem().as_bytes())?)?;
    let own = tls.authority.issue(&[PORTAL])?;
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes())?;
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![CertificateDer::from(own.der)], key)?;
    let address = platform.address(service)?;
    let stream = TcpStream::connect(address.trim_start_matches("https://")).await?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("localhost")?, stream)
        .await?;
    let shown = stream.get_ref().1.peer_certificates();
    let shown = shown
        .and_then(<[_]>::first)
        .context("the service shows no certificate")?;
    Ok(shown.to_vec())
}

async fn a_list_is_exchanged_without_a_restart(platform: &Platform, tls: &Tls) -> Result<()> {
    let mut open = Vec::new();
    for service in SERVICES {
        let (rpc, channel) = (an_rpc_of(service)?, platform.channel(service)?);
        gets_through(&channel, &rpc).await?;
        open.push((service, rpc, channel));
    }
    // A list that is wrong is refused, and the old one holds on.
    tls.write_callers("callers: []\n")?;
    for (service, rpc, channel) in &open {
        let log = platform.data().join(format!("logs/{service}.log"));
        until("the wrong list is refused", async || {
            let said = std::fs::read_to_string(&log)?;
            Ok(said
                .contains("new certificates or list of callers refused")
                .then_some(()))
        })
        .await?;
        gets_through(channel, rpc).await.context(*service)?;
    }
    // A list without the portal holds for the next call on the connections that are open.
    let operator = entry(OPERATOR, ["/grpc.reflection.v1.ServerReflection/"]);
    tls.write_callers(&format!("callers:\n{operator}"))?;
    for (service, rpc, channel) in &open {
        let status = until("the portal is refused", async || {
            Ok(gets_through(channel, rpc).await.err())
        })
        .await?;
        must_not_be_listed(&status).context(*service)?;
    }
    tls.write_callers(&callers())?;
    for (_, rpc, channel) in &open {
        until("the portal is listed again", async || {
            Ok(gets_through(channel, rpc).await.ok())
        })
        .await?;
    }
    Ok(())
}
