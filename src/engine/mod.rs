//! What the product does. No screen, no Docker, no HTTP, no files: only the ports.

pub mod confirm;
pub mod intent;
pub mod ports;
