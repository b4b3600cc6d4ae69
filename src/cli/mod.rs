//! The command line: what was typed (`args`), answers from flags (`answer`) or from a terminal
//! (`prompt`), and writing (`output`) what `render` made of the facts; and what it says about itself
//! (`manual`). It decides nothing about the site; `engine` does.

pub mod answer;
pub mod args;
pub mod commands;
pub mod exit;
mod interrupts;
pub mod manual;
pub mod output;
pub mod prompt;
