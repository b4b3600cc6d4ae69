//! Facts in, lines out. Every function here is pure: no clock, no terminal, no width to ask for;
//! the text is made for 80 columns and says everything without color.
//!
//! `page` is what they all return, `words` how numbers and times read. `cli::output` writes it to
//! a terminal or a pipe, `tui::view` draws it into a panel or a dialog.

pub mod diff;
pub mod doctor;
pub mod exchange;
pub mod failure;
pub mod health;
pub mod history;
pub mod init;
pub mod inspect;
pub mod lock;
pub mod nowhere;
pub mod page;
pub mod plan;
pub mod progress;
pub mod smoke;
pub mod status;
pub mod story;
pub mod typing;
pub mod verdict;
pub mod watch;
pub mod words;

#[cfg(test)]
pub(crate) mod samples;

pub use page::{Detail, Line, Page, Tone};
pub use typing::Typing;
