//! What the product does. No screen, no Docker, no HTTP, no files: only the ports.
//!
//! `observe` looks once and `observer` keeps looking, `plan` decides (pure), `runner` acts one `step` at a time and writes down what
//! it does, `run_state` folds what was written into progress (pure), `recovery` finishes what a
//! dead runner left, `preempt` makes way for a rollback, `doctor` says what is wrong with a site. Everything outside is a trait in `ports`.

pub mod confirm;
pub mod doctor;
pub mod guard;
pub mod health;
pub mod intent;
pub mod log_feed;
pub mod log_pipe;
pub mod observe;
pub mod observer;
pub mod plan;
pub mod ports;
pub mod preempt;
pub mod proof;
pub mod recovery;
pub mod restore;
pub mod run_state;
pub mod runner;
pub mod step;
pub mod versions;
pub mod watch;
pub mod world;

pub use intent::Intent;
pub use observe::{observe, settled};
pub use preempt::preempt;
pub use world::World;
