//! A small service on the whole chassis: a call is journalled and published, a foreign event is applied,
//! and everything goes on after a restart or without a bus.

use std::{
    convert::Infallible,
    sync::LazyLock,
    task::{Context, Poll},
};

use futures::future::{BoxFuture, FutureExt as _, ready};
use sqlx::migrate::Migrator;
use tonic::{
    Code, Request, Response, Status,
    body::Body,
    server::{Grpc, NamedService, UnaryService},
    service::Routes,
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_prost::ProstCodec;
use uuid::Uuid;
use xinqiao_chassis::{
    desk::{Act, Desk},
    identity::Role,
    inbox::{Incoming, Subscriber},
    journal::Entity,
    lifecycle::Ending,
    permission::{Resource, Right, RightTable},
    random,
    refusal::{Fields, Refusal},
    service::{Parts, Service},
    testing::{Bench, Foreign, Person, eventually},
};
use xinqiao_proto::{
    archive::{SealPackageRequest, SealPackageResponse, dossier_service_client::DossierServiceClient},
    event::{ArchiveFinal, CaseArchived, CaseClosed},
};

static NO_TABLES: LazyLock<Migrator> = LazyLock::new(|| Migrator::with_migrations(Vec::new()));

/// Two of five operations are enough to see; the others answer that they are not implemented.
const RIGHTS: RightTable = &[
    (
        "/xinqiao.archive.v1.DossierService/GetDossier",
        Right::ReadRegister,
    ),
    ("/xinqiao.archive.v1.DossierService/ListDesk", Right::ReadRegister),
    (
        "/xinqiao.archive.v1.DossierService/SealPackage",
        Right::ReadRegister,
    ),
    (
        "/xinqiao.archive.v1.PackageService/ReadPackage",
        Right::ReadRegister,
    ),
    (
        "/xinqiao.archive.v1.PackageService/VerifyPackage",
        Right::ReadRegister,
    ),
];

fn service() -> Service {
    Service {
        name: "archive",
        about: "A small service for tests.",
        migrator: &NO_TABLES,
        rights: RIGHTS,
        open: &[],
        sealed: &[],
        settings: |_| (),
        build: |desk, ()| Ok(Parts::new(Routes::new(Sealing(desk)), AnswersClosed)),
    }
}

fn archivist() -> Person {
    Person::new("zhou", "周档案").with(Role::Arc)
}

/// `SealPackage` publishes `case.archived`.
#[derive(Clone)]
struct Sealing(Desk);

impl NamedService for Sealing {
    const NAME: &'static str = "xinqiao.archive.v1.DossierService";
}

impl tower::Service<http::Request<Body>> for Sealing {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let handler = self.clone();
        let mut grpc = Grpc::new(ProstCodec::<SealPackageResponse, SealPackageRequest>::default());
        async move { Ok(grpc.unary(handler, request).await) }.boxed()
    }
}

impl UnaryService<SealPackageRequest> for Sealing {
    type Response = SealPackageResponse;
    type Future = BoxFuture<'static, Result<Response<SealPackageResponse>, Status>>;

    fn call(&mut self, request: Request<SealPackageRequest>) -> Self::Future {
        let desk = self.0.clone();
        async move {
            desk.act(request, |act, query| ready(seal(act, &query)).boxed())
                .await
        }
        .boxed()
    }
}

fn seal(act: &mut Act, query: &SealPackageRequest) -> Result<SealPackageResponse, Refusal> {
    act.authorise(&Resource::District(act.district()), || {
        Refusal::not_found("卷宗", "the dossier")
    })?;
    let mut fields = Fields::new();
    let case_id = fields.uuid("case_id", &query.case_id);
    fields.text("note", &query.note, 0..=500);
    fields.finish()?;
    let case_id = case_id.expect("checked above");
    let body = CaseArchived {
        archival_no: act.today().to_string(),
        ..CaseArchived::default()
    };
    act.publish("case.archived", Entity::other(case_id), &body);
    Ok(SealPackageResponse::default())
}

/// `case.closed` is answered with `archive.final`.
struct AnswersClosed;

impl Subscriber for AnswersClosed {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        async move {
            if event.kind == "case.closed" {
                event.decode::<CaseClosed>()?;
                act.publish(
                    "archive.final",
                    Entity::other(event.entity_id),
                    &ArchiveFinal::default(),
                );
            }
            Ok(())
        }
        .boxed()
    }
}

fn a_request(case_id: Uuid) -> SealPackageRequest {
    SealPackageRequest {
        request_id: random::new_id().to_string(),
        case_id: case_id.to_string(),
        ..SealPackageRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_journalled_once_and_published() {
    let bench = Bench::start(service()).await;
    let mut client = DossierServiceClient::new(bench.channel(&archivist()));
    let request = a_request(random::new_id());
    client.seal_package(request.clone()).await.unwrap();
    client.seal_package(request.clone()).await.unwrap();
    let archived: CaseArchived = bench.event("case.archived").await;
    assert_eq!(archived.archival_no, "2026-03-03");
    let published = bench.published().await;
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].subject, "xq.220502.archive.case.archived");
    assert_eq!(published[0].actor_ref, "person:zhou");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_named_and_changes_nothing() {
    let bench = Bench::start(service()).await;
    let mut client = DossierServiceClient::new(bench.channel(&archivist()));
    let mut request = a_request(random::new_id());
    request.case_id = "7".to_owned();
    request.note = "注".repeat(501);
    let status = client.seal_package(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("信访事项") && status.message().contains("501"));
    assert!(bench.published().await.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_events_are_applied_in_their_order() {
    let bench = Bench::start(service()).await;
    let entity = Entity::other(random::new_id());
    let closed = |sequence| {
        Foreign::new("supervision", "case.closed", entity, &CaseClosed::default()).sequence(sequence)
    };
    let second = bench.deliver(closed(2)).await;
    let first = bench.arrives(closed(1)).await;
    bench.applied(second).await;
    bench.settled().await;
    let causes: Vec<_> = bench
        .published()
        .await
        .iter()
        .map(|event| event.causation_id)
        .collect();
    assert_eq!(causes, [Some(first), Some(second)]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bus_calls_are_accepted_and_published_later() {
    let mut bench = Bench::start(service()).await;
    let mut client = DossierServiceClient::new(bench.channel(&archivist()));
    client.seal_package(a_request(random::new_id())).await.unwrap();
    bench.settled().await;
    bench.nats().stop();
    client.seal_package(a_request(random::new_id())).await.unwrap();
    bench.nats().start_again().await;
    bench.settled().await;
    assert_eq!(bench.published().await.len(), 2);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_and_the_data_survive_a_restart() {
    let mut bench = Bench::of(service()).at("2026-03-03T09:00:00+08:00").start().await;
    bench.set_clock("2026-03-04T23:59:00+08:00");
    bench.pass(time::Duration::minutes(2));
    bench.restart().await;
    let mut client = DossierServiceClient::new(bench.channel(&archivist()));
    client.seal_package(a_request(random::new_id())).await.unwrap();
    let archived: CaseArchived = bench.event("case.archived").await;
    assert_eq!(archived.archival_no, "2026-03-05");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_serving_when_the_service_is_ready_and_a_watch_does_not_hold_up_its_stop() {
    let mut bench = Bench::start(service()).await;
    let mut health = HealthClient::new(bench.plain_channel());
    let name = HealthCheckRequest {
        service: "xinqiao.archive.v1.DossierService".to_owned(),
    };
    eventually("the service is serving", async || {
        let answer = health.check(name.clone()).await.ok()?;
        (answer.into_inner().status() == ServingStatus::Serving).then_some(())
    })
    .await;
    let watch = health.watch(name).await.unwrap();
    assert_eq!(bench.stop_service().await, Ending::Clean);
    drop(watch);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_nobody_decided_about_stops_the_start() {
    let bench = Bench::of(Service {
        rights: &RIGHTS[..4],
        ..service()
    });
    let error = bench.try_start().await.unwrap_err();
    assert!(error.to_string().contains("VerifyPackage"), "{error}");
}
