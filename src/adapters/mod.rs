//! The only home of Docker, HTTP, processes and files: one module per outside system, each
//! implementing a port of `engine::ports`. Adapters know each other only through plain pieces: which
//! container is which (`listed`), a walk through a folder (`walk`), the processes of this host
//! (`processes`), the way to the Docker daemon (`dockerd`), bounded output; the engine never sees them.

pub mod actor;
pub(crate) mod bounded;
pub mod clock;
pub mod command;
pub mod compose;
pub mod database;
pub mod demo;
pub mod docker;
pub(crate) mod dockerd;
pub mod ledger;
mod line_cutter;
mod listed;
mod log_file;
pub mod probe;
pub mod process;
pub mod processes;
pub mod router;
pub mod runner_process;
mod short_path;
pub mod surroundings;
pub mod survey;
mod walk;
