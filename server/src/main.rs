//! `kagimori`, the server and its operator's commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(server::cli::run(std::env::args_os())),
        Err(fault) => {
            use std::io::Write as _;
            // There is nobody left to tell it to if standard error is closed.
            let _ = writeln!(std::io::stderr(), "kagimori: the system gives no threads: {fault}");
            ExitCode::FAILURE
        }
    }
}
