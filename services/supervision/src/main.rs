//! The binary of supervision.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    xinqiao_chassis::service::main(xinqiao_supervision::service()).await
}
