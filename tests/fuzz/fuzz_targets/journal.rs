//! Any bytes as a journal: reading ends, and never makes more records than there are lines.
#![no_main]

use cutover::adapters::ledger::read_journal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
  let lines = bytes.split(|byte| *byte == b'\n').count();
  assert!(read_journal(bytes) <= lines);
});
