//! What the console knows and where the operator is in it: plain values, one file for each panel.
//! No screen, no clock, no channels.

pub mod able;
pub mod app;
pub mod ask;
pub mod deploy;
pub mod doctor;
pub mod history;
mod live;
pub mod logs;
pub mod modal;
pub mod operation;
pub mod own_log;
pub mod panel;
pub mod tour;
pub mod usage;
pub mod watch;
