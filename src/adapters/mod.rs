//! The outside world, one folder per system; each implements a port of the engine.

pub mod compose;
pub mod docker;
mod line_cutter;
