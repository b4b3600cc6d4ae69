//! Any bytes as a container's log: every line is bounded, and no byte is made up.
#![no_main]

use cutover::adapters::docker::decode_log;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
  decode_log(bytes, |line| assert!(line.len() <= 64 * 1024));
});
