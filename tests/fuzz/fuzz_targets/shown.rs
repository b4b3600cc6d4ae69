//! Any bytes on their way to a terminal: no control character is left, and cleaning is final.
#![no_main]

use cutover::model::shown::Shown;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
  let once = Shown::bytes(bytes);
  assert!(!once.as_str().chars().any(char::is_control));
  assert_eq!(Shown::line(once.as_str()), once);
});
