//! Facts in, lines out. Every function here is pure: no clock, no terminal, no width to ask for;
//! the text is made for 80 columns and says everything without color.
//!
//! `page` is what they all return, `words` how numbers and times read. `output` writes it.

pub mod page;
pub mod words;

pub use page::{Line, Page, Tone};
