//! The only home of Docker, HTTP, processes and files: one module per port of `engine::ports`.

pub(crate) mod bounded;
pub mod command;
pub mod database;
