//! Any bytes as an environment file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
  cutover::config::parse_env(&String::from_utf8_lossy(bytes));
});
