//! The binary of intake.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    xinqiao_chassis::service::main(xinqiao_intake::service()).await
}
