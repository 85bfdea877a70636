//! `grpc.health.v1`: not serving until the service says so.

use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use super::rights;

/// The health of the process and of each of its services. Clones share it.
#[derive(Debug, Clone)]
pub struct Health {
    reporter: HealthReporter,
    names: Vec<String>,
}

impl Health {
    /// Not serving, for the process (the empty name) and every service of the package.
    pub async fn new(package: &str) -> Self {
        let mut names = rights::services(package);
        names.push(String::new());
        let health = Self {
            reporter: HealthReporter::new(),
            names,
        };
        health.set(false).await;
        health
    }

    /// Says whether calls are welcome.
    pub async fn set(&self, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
    }

    /// Not serving for good: ends the open watches, which would otherwise keep the server waiting.
    pub async fn end(&self) {
        self.set(false).await;
        let mut reporter = self.reporter.clone();
        for name in &self.names {
            reporter.clear_service_status(name).await;
        }
    }

    pub(super) fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }
}
