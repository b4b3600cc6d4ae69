//! The console: both environments side by side, and every action two deliberate keys away.
//!
//! One owned state (`state`), changed only by `update(&mut App, Msg) -> Vec<Effect>`, drawn by
//! `view`. Only `run` (the loop), `terminal` and `input` touch the outside; `state`, `update` and
//! `view` are pure, so that "Esc at the switch dialog touches nothing" is a unit test.

pub mod state;
pub mod view;
