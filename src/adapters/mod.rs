//! The outside world behind the engine's ports: one folder per external system. An adapter
//! returns bounded raw text and never decides; `engine` decides, `wire` puts them together.

pub mod probe;
pub mod router;
