//! A collector that keeps what it receives: the far end of OTLP for tests and benchmarks.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
    logs_service_server::{LogsService, LogsServiceServer},
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    metrics_service_server::{MetricsService, MetricsServiceServer},
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// A span with the service that sent it.
#[derive(Debug, Clone)]
pub struct Received {
    /// `service.name` of the sender.
    pub service: String,
    /// The span.
    pub span: Span,
}

#[derive(Debug, Default)]
struct Kept {
    traces: Vec<ExportTraceServiceRequest>,
    metrics: Vec<ExportMetricsServiceRequest>,
    logs: Vec<ExportLogsServiceRequest>,
}

/// The running collector.
#[derive(Debug)]
pub struct Collector {
    kept: Arc<Mutex<Kept>>,
    port: u16,
    task: JoinHandle<()>,
}

impl Collector {
    /// Listens on a free port of loopback.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", xinqiao_local::ports::free()?)).await?;
        let port = listener.local_addr()?.port();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let desk = Desk(kept.clone());
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(desk.clone()))
            .add_service(MetricsServiceServer::new(desk.clone()))
            .add_service(LogsServiceServer::new(desk))
            .serve_with_incoming(TcpIncoming::from(listener));
        let task = tokio::spawn(async move {
            // Ends only with the process that started it.
            let _ended = server.await;
        });
        Ok(Self { kept, port, task })
    }

    /// Where signals are sent.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every span received so far.
    pub fn spans(&self) -> Vec<Received> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let resources = kept.traces.iter().flat_map(|request| &request.resource_spans);
        resources
            .flat_map(|resource| {
                let service = service_name(resource.resource.as_ref());
                resource
                    .scope_spans
                    .iter()
                    .flat_map(|scope| scope.spans.clone())
                    .map(move |span| Received {
                        service: service.clone(),
                        span,
                    })
            })
            .collect()
    }

    /// Everything received so far as text, to be searched for what must not be there.
    pub fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{:?}\n{:?}\n{:?}", kept.traces, kept.metrics, kept.logs)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn service_name(resource: Option<&opentelemetry_proto::tonic::resource::v1::Resource>) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let attributes = resource
        .map(|resource| resource.attributes.as_slice())
        .unwrap_or_default();
    let name = attributes
        .iter()
        .find(|attribute| attribute.key == "service.name");
    match name
        .and_then(|attribute| attribute.value.as_ref())
        .and_then(|value| value.value.as_ref())
    {
        Some(Value::StringValue(name)) => name.clone(),
        _ => String::new(),
    }
}

#[derive(Debug, Clone)]
struct Desk(Arc<Mutex<Kept>>);

impl Desk {
    fn keep(&self, put: impl FnOnce(&mut Kept)) {
        put(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[tonic::async_trait]
impl TraceService for Desk {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.keep(|kept| kept.traces.push(request.into_inner()));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Desk {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.keep(|kept| kept.metrics.push(request.into_inner()));
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Desk {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.keep(|kept| kept.logs.push(request.into_inner()));
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}
