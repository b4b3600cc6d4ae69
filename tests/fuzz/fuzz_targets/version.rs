//! Any text as a version: what is taken is an image tag and nothing else.
#![no_main]

use cutover::model::VersionName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
  if let Ok(version) = text.parse::<VersionName>() {
    let tag = version.as_str();
    assert_eq!(tag, text);
    assert!(tag.len() <= 128 && !tag.starts_with(['-', '.']));
    assert!(tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)));
  }
});
