//! The nouns of the product, pure: no I/O, no clock, no other layer.
//!
//! Everything that is written to the journal or shown on a screen is made of these types, so
//! they all serialize, and what is not known is a value (`Known::Unknown`), never a default.

pub mod actor;
pub mod beat;
pub mod change;
pub mod check;
pub mod container;
pub mod event;
pub mod evidence;
pub mod finding;
pub mod health;
pub mod known;
pub mod log_line;
pub mod log_source;
pub mod observation;
pub mod offer;
pub mod operation;
pub mod plan;
pub mod presence;
pub mod requests;
pub mod router;
pub mod served;
pub mod shown;
pub mod slot;
pub mod surroundings;
pub mod text_diff;
pub mod traffic;
pub mod usage;
pub mod version;
pub mod watch;

pub use known::Known;
pub use slot::{BySlot, Slot};
pub use version::VersionName;
