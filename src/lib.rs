//! `cutover`: a blue/green operations console.
//!
//! Imports point one way, and `tests/layers.rs` fails the build when they do not:
//! `model <- config <- engine <- { adapters, render } <- { cli, tui } <- wire, main`.
//! Start reading at `model` for the nouns, `engine::ports` for what the outside must offer,
//! `engine::plan` for what an operation is, `wire` for how it is put together.

pub mod adapters;
pub mod cli;
pub mod config;
pub mod engine;
pub mod model;
pub mod render;
pub mod tui;
pub mod wire;
