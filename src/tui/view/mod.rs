//! Draws `state` into a buffer. Draws only: nothing here decides, keeps or asks anything.

pub mod theme;
