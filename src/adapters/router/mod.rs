//! The proxy: `nginx` implements the engine's `Router`. `container` and `process` are the two
//! ways to run an argument list for it: inside its container, or on this host.

pub(crate) mod container;
pub mod nginx;
pub(crate) mod process;
pub(crate) mod wanted;
