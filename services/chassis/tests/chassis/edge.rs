//! A server with the whole edge around one operation that answers at once, sleeps or panics.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    path::Path,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt as _};
use http::{Request as HttpRequest, Response as HttpResponse};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status,
    body::Body,
    metadata::MetadataValue,
    server::{Grpc, NamedService, UnaryService},
    service::{Routes, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;
use xinqiao_chassis::{
    config::{Reader, Settings},
    districts::Districts,
    identity::{Caller, Role, Verifier},
    permission::{Right, RightTable},
    server::{self, Health, MESSAGE_MAX_BYTES, Mount, ServerError, rpcs},
    testing::{Bearer, ISSUER, Issuer, Person},
};
use xinqiao_proto::intake::{
    RegisterVisitRequest, RegisterVisitResponse, registration_service_client::RegistrationServiceClient,
};

mod discovery;
mod keys;
mod limits;
mod provider;
mod reflection;
mod tls;
mod tokens;
mod tracing;
mod variables;
mod watching;

const PACKAGE: &str = "xinqiao.intake.v1";
/// Who the handler saw, told back to the test.
const SEEN: &str = "x-seen";
/// What the handler shall do.
const BEHAVE: &str = "x-behave";

type Client = RegistrationServiceClient<InterceptedService<Channel, Bearer>>;

/// Every operation of the package, for clerks.
fn for_clerks() -> RightTable {
    let rows: Vec<(&'static str, Right)> = rpcs(PACKAGE)
        .into_iter()
        .map(|path| (&*path.leak(), Right::CheckClosure))
        .collect();
    rows.leak()
}

struct Edge {
    address: SocketAddr,
    issuer: Issuer,
    key_set: std::path::PathBuf,
    health: Health,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), ServerError>>,
    _folder: TempDir,
}

impl Edge {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::new();
        let key_set = folder.path().join("jwks.json");
        std::fs::write(&key_set, issuer.key_set()).unwrap();
        let settings = settings(&key_set, variables);
        let districts =
            Districts::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/districts")).unwrap();
        let verifier = Verifier::new(&settings.identity, districts).unwrap();
        let routes = Routes::new(Stub);
        let mount = Mount::new(PACKAGE, routes, (for_clerks(), &[]), verifier, settings.profile).unwrap();
        let listener = server::bind(&settings.server).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (health, stop) = (Health::new(PACKAGE).await, CancellationToken::new());
        let (own, until) = (health.clone(), stop.clone());
        let serving =
            tokio::spawn(async move { server::serve(listener, mount, &own, &settings.server, until).await });
        Self {
            address,
            issuer,
            key_set,
            health,
            stop,
            serving,
            _folder: folder,
        }
    }

    fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address))
            .unwrap()
            .connect_lazy()
    }

    fn client(&self, token: &str) -> Client {
        RegistrationServiceClient::new(InterceptedService::new(self.channel(), Bearer::new(token)))
    }

    fn clerk(&self) -> Client {
        self.client(&self.issuer.token(&clerk()))
    }
}

fn clerk() -> Person {
    Person::new("li", "李登记").with(Role::Clk)
}

fn behaving(how: &'static str) -> Request<RegisterVisitRequest> {
    let mut request = Request::new(RegisterVisitRequest::default());
    request.metadata_mut().insert(BEHAVE, how.parse().unwrap());
    request
}

fn settings(key_set: &Path, variables: &[(&str, &str)]) -> Settings {
    let own = [
        ("XINQIAO_PROFILE", "evaluation".to_owned()),
        (
            "XINQIAO_DATABASE_URL",
            "postgres://nobody@127.0.0.1:1/none".to_owned(),
        ),
        ("XINQIAO_JWKS_URL", format!("file://{}", key_set.display())),
        ("XINQIAO_TOKEN_ISSUER", ISSUER.to_owned()),
        ("XINQIAO_KEY_RING_FILE", "none".to_owned()),
        ("XINQIAO_AUDIT_KEY_FILE", "none".to_owned()),
        ("XINQIAO_AUDIT_PUBLIC_KEYS_FILE", "none".to_owned()),
        ("XINQIAO_OBJECT_STORE_DIR", "none".to_owned()),
    ];
    let given = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let all: BTreeMap<_, _> = own
        .into_iter()
        .chain(given)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut reader = Reader::from_map(all);
    let settings = Settings::read(&mut reader);
    reader.finish(settings).unwrap()
}

/// Answers for the registration service.
#[derive(Clone)]
struct Stub;

impl NamedService for Stub {
    const NAME: &'static str = "xinqiao.intake.v1.RegistrationService";
}

impl tower::Service<HttpRequest<Body>> for Stub {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<HttpResponse<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let codec = ProstCodec::<RegisterVisitResponse, RegisterVisitRequest>::default();
        let mut grpc = Grpc::new(codec).apply_max_message_size_config(Some(MESSAGE_MAX_BYTES), None);
        async move { Ok(grpc.unary(Stub, request).await) }.boxed()
    }
}

impl UnaryService<RegisterVisitRequest> for Stub {
    type Response = RegisterVisitResponse;
    type Future = BoxFuture<'static, Result<Response<RegisterVisitResponse>, Status>>;

    fn call(&mut self, request: Request<RegisterVisitRequest>) -> Self::Future {
        async move {
            let seen = request
                .extensions()
                .get::<Caller>()
                .map(|caller| caller.person_id.clone());
            match request.metadata().get(BEHAVE).map(MetadataValue::as_bytes) {
                Some(b"sleep") => tokio::time::sleep(Duration::from_mins(1)).await,
                Some(b"panic") => panic!("as asked"),
                _ => {}
            }
            let mut response = Response::new(RegisterVisitResponse::default());
            response
                .metadata_mut()
                .insert(SEEN, seen.unwrap_or_default().parse().unwrap());
            Ok(response)
        }
        .boxed()
    }
}
