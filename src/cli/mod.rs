//! The command line: what was typed (`args`), asking on a terminal (`prompt`), writing (`output`)
//! and turning facts into text (`render`). It decides nothing about the site; `engine` does.

pub mod args;
pub mod exit;
pub mod output;
pub mod prompt;
pub mod render;
