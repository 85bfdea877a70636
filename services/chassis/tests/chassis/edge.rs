//! A server with the whole edge around one operation that answers at once, sleeps, is held or panics.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt as _};
use http::{Request as HttpRequest, Response as HttpResponse};
use tempfile::TempDir;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};
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
use tonic_types::StatusExt as _;
use xinqiao_chassis::{
    config::{Reader, Settings},
    districts::Districts,
    identity::{Caller, Role, Verifier},
    permission::{Right, RightTable},
    seal::KeyRing,
    server::{self, CallPlace, Health, MESSAGE_MAX_BYTES, Mount, ServerError, rpcs},
    testing::{Bearer, ISSUER, Issuer, Person},
};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::intake::{
    RegisterVisitRequest, RegisterVisitResponse, registration_service_client::RegistrationServiceClient,
};

mod callers;
mod discovery;
mod exchange;
mod fairness;
mod keys;
mod limits;
mod probes;
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

/// Calls that are kept inside the handler until the test lets them go, the first first.
#[derive(Debug)]
struct Held {
    /// Their districts, in the order in which they got in.
    inside: watch::Sender<Vec<DistrictCode>>,
    go: Semaphore,
}

impl Held {
    async fn hold(&self, district: DistrictCode) {
        self.inside.send_modify(|inside| inside.push(district));
        self.go.acquire().await.unwrap().forget();
    }

    /// The districts of all that ever got in, when there are so many.
    async fn after(&self, count: usize) -> Vec<DistrictCode> {
        let mut inside = self.inside.subscribe();
        let all = inside.wait_for(|inside| inside.len() >= count).await.unwrap();
        all.clone()
    }

    fn let_go(&self, count: usize) {
        self.go.add_permits(count);
    }
}

struct Edge {
    address: SocketAddr,
    health_address: Option<SocketAddr>,
    issuer: Issuer,
    key_set: std::path::PathBuf,
    health: Health,
    held: Arc<Held>,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), ServerError>>,
    _folder: TempDir,
}

impl Edge {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(variables: &[(&str, &str)]) -> Self {
        Self::try_with(variables).await.unwrap()
    }

    /// Starts, or says why it does not.
    async fn try_with(variables: &[(&str, &str)]) -> Result<Self, ServerError> {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::new();
        let key_set = folder.path().join("jwks.json");
        std::fs::write(&key_set, issuer.key_set()).unwrap();
        let settings = settings(&key_set, variables);
        let districts =
            Districts::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/districts")).unwrap();
        let keys = KeyRing::throwaway(&["220502".parse().unwrap()]);
        let verifier = Verifier::new(&settings.identity, districts)
            .unwrap()
            .with_case_tokens(Arc::new(keys));
        let held = Arc::new(Held {
            inside: watch::Sender::new(Vec::new()),
            go: Semaphore::new(0),
        });
        let routes = Routes::new(Stub(Arc::clone(&held)));
        let mount = Mount::new(PACKAGE, routes, (for_clerks(), &[]), verifier, settings.profile).unwrap();
        let listening = server::bind(&settings.server).await?;
        let address = listening.address().unwrap();
        let health_address = listening.health_address().unwrap();
        let (health, stop) = (Health::new(PACKAGE).await, CancellationToken::new());
        let (own, until) = (health.clone(), stop.clone());
        let serving =
            tokio::spawn(async move { server::serve(listening, mount, &own, &settings.server, until).await });
        Ok(Self {
            address,
            health_address,
            issuer,
            key_set,
            health,
            held,
            stop,
            serving,
            _folder: folder,
        })
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

fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

/// How long a refused caller is told to wait.
fn hint(status: &Status) -> Duration {
    let details = status.get_error_details();
    let told = details.retry_info().and_then(|info| info.retry_delay);
    told.unwrap_or_else(|| panic!("no hint: {status:?}"))
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
        ("XINQIAO_KEY_BOOK_FILE", "none".to_owned()),
        ("XINQIAO_KEK_FILE", "none".to_owned()),
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
struct Stub(Arc<Held>);

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
        let stub = self.clone();
        async move { Ok(grpc.unary(stub, request).await) }.boxed()
    }
}

impl UnaryService<RegisterVisitRequest> for Stub {
    type Response = RegisterVisitResponse;
    type Future = BoxFuture<'static, Result<Response<RegisterVisitResponse>, Status>>;

    fn call(&mut self, request: Request<RegisterVisitRequest>) -> Self::Future {
        let held = Arc::clone(&self.0);
        async move {
            let caller = request.extensions().get::<Caller>().cloned();
            match request.metadata().get(BEHAVE).map(MetadataValue::as_bytes) {
                Some(b"sleep") => tokio::time::sleep(Duration::from_mins(1)).await,
                Some(b"hold") => held.hold(caller.clone().unwrap().district).await,
                Some(b"wait for others") => {
                    request.extensions().get::<CallPlace>().unwrap().give_back();
                    held.hold(caller.clone().unwrap().district).await;
                }
                Some(b"panic") => panic!("as asked"),
                _ => {}
            }
            let mut response = Response::new(RegisterVisitResponse::default());
            response
                .metadata_mut()
                .insert(SEEN, caller.unwrap().person_id.parse().unwrap());
            Ok(response)
        }
        .boxed()
    }
}
