//! The site's configuration: `cutover.toml` in, a checked `Site` out, every fault at once.
//!
//! `site` holds what the rest of the product reads: both slots resolved, no template left.

pub mod site;

pub use site::*;
