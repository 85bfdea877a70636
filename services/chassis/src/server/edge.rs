//! What every call passes before it reaches a handler: the list of callers, a span, a verified caller with a role, the
//! limits of the [`gate`](super::gate), a place among the calls, a time limit; and what every answer passes on its way
//! out.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::FutureExt as _;
use http::{Extensions, HeaderMap, Request, Response, header::AUTHORIZATION};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service, ServiceExt as _};
use tracing::Instrument as _;
use xinqiao_kernel::DistrictCode;

use super::{
    call::{Answer, Call},
    gate::{Gate, Place},
    tls::Tls,
};
use crate::{
    config::ServerSettings,
    desk::Desk,
    identity::{Caller, Denial, Role, Verifier},
    lifecycle::panic_text,
    permission::{Permissions, Right},
    refusal::Refusal,
    telemetry::CallMetrics,
};

/// Open to everybody, and neither traced nor counted: probes would drown what matters.
const HEALTH: &str = "/grpc.health.v1.Health/";
/// Needs no token, but a place on the list of callers where there is one. Served in evaluation only.
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/";
/// How tonic begins when a message is too large.
const TOO_LARGE: &str = "Error, decoded message length too large";
/// How prost begins when bytes are not the message.
const NOT_A_MESSAGE: &str = "failed to decode Protobuf message";

/// Puts [`Edge`] around the routes.
#[derive(Debug, Clone)]
pub(super) struct EdgeLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    verifier: Verifier,
    rights: HashMap<&'static str, Option<Right>>,
    timeout: Duration,
    gate: Gate,
    /// Notes whom we turn away.
    desk: Option<Desk>,
    /// Knows who may call what; none where anybody may connect.
    tls: Option<Arc<Tls>>,
}

impl EdgeLayer {
    pub(super) fn new(
        verifier: Verifier,
        rights: HashMap<&'static str, Option<Right>>,
        desk: Option<Desk>,
        tls: Option<Arc<Tls>>,
        settings: &ServerSettings,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                verifier,
                rights,
                timeout: settings.timeout,
                gate: Gate::new(settings),
                desk,
                tls,
            }),
        }
    }
}

impl<S> Layer<S> for EdgeLayer {
    type Service = Edge<S>;

    fn layer(&self, inner: S) -> Edge<S> {
        Edge {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The edge of a service.
#[derive(Debug, Clone)]
pub(super) struct Edge<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request<Body>> for Edge<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The clone that gets the call is asked then.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = self.inner.clone();
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { Ok(shared.answer(inner, request).await) })
    }
}

impl Shared {
    async fn answer<S>(&self, inner: S, request: Request<Body>) -> Response<Answer>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
        S::Future: Send,
    {
        let path = request.uri().path();
        let Some((path, right)) = self.rights.get_key_value(path) else {
            return Answer::unmeasured(self.beside(inner, request).await);
        };
        let mut call = Call::begin(path.trim_start_matches('/'), request.headers());
        let span = call.span();
        let response = async {
            let admitted = match self.permit(request.extensions(), path) {
                Ok(()) => self.admit(&mut call, request.headers(), *right).await,
                Err(refusal) => Err(refusal),
            };
            match admitted {
                Ok(None) => self.work(inner, request).await,
                Ok(Some((caller, right))) => {
                    let mut request = request;
                    request.extensions_mut().insert((*caller).clone());
                    request.extensions_mut().insert(right);
                    if let Some(place) = call.place() {
                        request.extensions_mut().insert(place);
                    }
                    self.work(inner, request).await
                }
                Err(refusal) => Status::from(refusal).into_http(),
            }
        }
        .instrument(span)
        .await;
        Answer::of(call, response)
    }

    /// What is no RPC of ours: health, reflection, and paths that nobody serves.
    async fn beside<S>(&self, inner: S, request: Request<Body>) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
        S::Future: Send,
    {
        let path = request.uri().path();
        if !path.starts_with(HEALTH) {
            if let Err(refusal) = self.permit(request.extensions(), path) {
                return Status::from(refusal).into_http();
            }
            if !path.starts_with(REFLECTION) {
                return unknown().into_http();
            }
        }
        let Ok(response) = inner.oneshot(request).await;
        response
    }

    /// Asks the list of callers, which is about programs; people are asked for after it.
    fn permit(&self, extensions: &Extensions, path: &str) -> Result<(), Refusal> {
        self.tls
            .as_ref()
            .map_or(Ok(()), |tls| tls.permit(extensions, path))
    }

    /// The verified caller and the right, when some policy gives it to one of his roles; nobody where the call is
    /// open to everybody. Either way the call has its place.
    async fn admit(
        &self,
        call: &mut Call,
        headers: &HeaderMap,
        right: Option<Right>,
    ) -> Result<Option<(Arc<Caller>, Right)>, Refusal> {
        let Some(right) = right else {
            call.takes(self.place(None).await?);
            return Ok(None);
        };
        let caller = self.caller(headers).await?;
        let district = Some(caller.district);
        call.of_district(caller.district);
        // Before the right is checked: a flood of what is not allowed is a flood, too, and each of it is noted.
        let counted = self.gate.count(&caller);
        counted.map_err(|refusal| limited(refusal, district))?;
        call.takes(self.place(district).await?);
        let roles = Permissions::shipped().roles(right);
        if caller.has_any(roles) {
            return Ok(Some((caller, right)));
        }
        if let Some(desk) = &self.desk {
            desk.turned_away((*caller).clone(), right).await;
        }
        Err(not_your_role(right, roles))
    }

    async fn place(&self, tenant: Option<DistrictCode>) -> Result<Place, Refusal> {
        let place = self.gate.place(tenant).await;
        place.map_err(|refusal| limited(refusal, tenant))
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Arc<Caller>, Refusal> {
        let verified = match bearer(headers) {
            Ok(token) => self.verifier.verify(token).await,
            Err(denial) => Err(denial),
        };
        verified.map_err(|denial| {
            tracing::info!(cause = %denial, "token refused");
            CallMetrics::token_refused(denial.cause());
            Refusal::from(denial)
        })
    }

    /// Runs the handler. A panic costs this call only; a handler that takes too long is let go, and what
    /// it has begun ends by itself.
    async fn work<S>(&self, inner: S, request: Request<Body>) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
        S::Future: Send,
    {
        let handler = AssertUnwindSafe(inner.oneshot(request)).catch_unwind();
        match tokio::time::timeout(self.timeout, handler).await {
            Ok(Ok(Ok(response))) => explained(response),
            Ok(Err(panic)) => {
                let cause = format!("handler panicked: {}", panic_text(&*panic));
                Status::from(Refusal::internal(&cause)).into_http()
            }
            Err(_) => Status::from(too_slow()).into_http(),
        }
    }
}

/// The one bearer token. Whatever else was presented is refused like a bad one, not like none.
fn bearer(headers: &HeaderMap) -> Result<&str, Denial> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Denial::Missing)?;
    let pair = value.to_str().ok().and_then(|text| text.split_once(' '));
    let token = pair
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty() && values.next().is_none());
    token.ok_or(Denial::Form("not one bearer token"))
}

/// Puts our words in the place of the library's where a clerk would read them.
fn explained(response: Response<Body>) -> Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else {
        return response;
    };
    if status.code() == Code::OutOfRange && status.message().starts_with(TOO_LARGE) {
        Status::from(message_too_large()).into_http()
    } else if status.code() == Code::Internal && status.message().starts_with(NOT_A_MESSAGE) {
        Status::from(not_a_message()).into_http()
    } else {
        response
    }
}

/// Counts what a limit refused.
fn limited(refusal: Refusal, tenant: Option<DistrictCode>) -> Refusal {
    CallMetrics::call_refused(refusal.reason(), tenant);
    refusal
}

fn unknown() -> Status {
    Refusal::new(
        Code::Unimplemented,
        "UNKNOWN_METHOD",
        "没有此操作",
        "there is no such operation",
    )
    .into()
}

fn too_slow() -> Refusal {
    Refusal::new(
        Code::DeadlineExceeded,
        "TIMEOUT",
        "处理超时；请用同一请求重试，内容不会重复登记",
        "the operation took too long; send the same request again, nothing happens twice",
    )
    .with_retry_after(Duration::from_secs(1))
}

fn not_your_role(right: Right, roles: &[Role]) -> Refusal {
    let codes = roles
        .iter()
        .map(|role| role.code())
        .collect::<Vec<_>>()
        .join(", ");
    Refusal::forbidden(
        "ROLE_NOT_ALLOWED",
        format!("您的岗位无权{}，需要岗位：{codes}", right.zh()),
        format!("your role does not allow this; it needs one of: {codes}"),
    )
}

fn message_too_large() -> Refusal {
    Refusal::new(
        Code::ResourceExhausted,
        "MESSAGE_TOO_LARGE",
        format!(
            "提交内容过大，最多 {} MiB",
            super::MESSAGE_MAX_BYTES / (1024 * 1024)
        ),
        format!("the message is larger than {} bytes", super::MESSAGE_MAX_BYTES),
    )
}

fn not_a_message() -> Refusal {
    Refusal::new(
        Code::InvalidArgument,
        "NOT_A_MESSAGE",
        "请求格式错误，无法解析",
        "the bytes are not the message of this operation",
    )
}
