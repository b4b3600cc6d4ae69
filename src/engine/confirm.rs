//! The confirmation engine: which keys confirm, and which never do. Pure; times are handed in.
