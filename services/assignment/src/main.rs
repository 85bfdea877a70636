//! The binary `xinqiao-assignment`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    xinqiao_chassis::service::main(xinqiao_assignment::service()).await
}
