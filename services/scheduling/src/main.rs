//! The process of 接访安排.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    xinqiao_chassis::service::main(xinqiao_scheduling::service()).await
}
