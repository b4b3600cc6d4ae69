//! The proxy: `nginx` and `embedded` implement the engine's `Router`. `managed` is the one file that
//! is ours, `listener` asks where users ask, `access`, `requests`, `follow` and `error_log`
//! read logs;
//! `container` and `process` are the two ways to run an argument list for a proxy.

mod access;
pub(crate) mod container;
pub mod embedded;
mod error_log;
mod follow;
mod listener;
mod managed;
pub mod nginx;
pub(crate) mod process;
mod requests;
pub(crate) mod wanted;

#[cfg(feature = "fuzzing")]
pub use managed::named_slot;
