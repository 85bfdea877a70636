//! The archive's process: `xinqiao-archive serve`, and the commands every service has.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    xinqiao_chassis::service::main(xinqiao_archive::service()).await
}
