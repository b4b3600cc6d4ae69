//! Blue/green operations: the engine, its adapters and its front ends.

pub mod adapters;
