//! Any text as the proxy's managed file: a file made for a slot names it, and nothing panics.
#![no_main]

use cutover::{adapters::router::named_slot, model::Slot};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
  let (blue, green) = ("server api-blue:5000;", "server api-green:5000;");
  assert_eq!(named_slot(blue, blue, green), Some(Slot::Blue));
  let named = named_slot(text, blue, green);
  assert!(named.is_none() || text.contains("api-"));
});
