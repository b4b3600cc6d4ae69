//! The console: both environments side by side, and every action two deliberate keys away.
//!
//! One owned state (`state`), changed only by `update(&mut App, Msg) -> Vec<Effect>`, drawn by
//! `view`. Only `run` (the loop), `tasks`, `terminal` and `input` touch the outside; the rest is
//! pure, so that "Esc at the switch dialog touches nothing" is a unit test.

pub mod action;
mod copy;
pub mod effect;
mod input;
pub mod key;
pub mod keymap;
pub mod msg;
pub mod own_log;
#[cfg(test)]
mod reference;
mod run;
#[cfg(test)]
mod scene;
mod signals;
pub mod state;
mod tasks;
mod terminal;
pub mod update;
pub mod view;

pub use run::{Guide, Options, run};
pub use terminal::columns_and_rows;
pub use update::update;
