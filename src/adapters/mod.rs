//! The only home of Docker, HTTP, processes and files. Each adapter implements a port of
//! `engine::ports` and names nothing else of the engine.

pub mod actor;
pub mod ledger;
pub mod processes;
pub mod runner_process;
