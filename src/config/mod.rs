//! The site's configuration: `cutover.toml` in, a checked `Site` out, every fault at once.
//! `console` does the same for what each person may set about the console.
//!
//! `site` holds what the rest of the product reads: both slots resolved, no template left.
//! `schema` is the table of keys. A file goes through `source` and `tree` (text with places),
//! `shape` (against the schema), `build` (into a `Site`) and `check` (against itself and the disk).

mod build;
mod check;
mod console;
pub mod detect;
mod disk;
mod env_file;
mod fault;
mod fit;
mod json_schema;
mod layers;
mod load;
mod origin;
mod paths;
mod reference;
pub mod schema;
mod secret;
mod shape;
mod show;
pub mod site;
mod source;
mod template;
mod tree;

pub use console::{
  Charset, Console, KeySetting, LoadedConsole, LogTime, load_console, load_console_settings,
};
pub use env_file::parse_env;
pub use fault::{ConfigFault, ConfigFaults};
pub use json_schema::json_schema;
pub use layers::variable;
pub use load::{Environment, Loaded, Override, Overrides, judge, load, load_settings, load_text};
pub use origin::{Origin, Setting};
pub use paths::{NotFound, Nowhere, Places, Wanted, find};
pub use reference::{DEFAULT, PROFILES, reference};
pub use show::{Origins, show, show_console};
pub use site::*;
pub use source::Position;
