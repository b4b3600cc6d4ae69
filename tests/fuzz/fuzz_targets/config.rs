//! Any text as a configuration: judged or refused, and what is told is printable.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
  let environment = |name: &str| (name.len() % 2 == 0).then(|| format!("value of {name}"));
  match cutover::config::load_text(text, Path::new("/site/cutover.toml"), &environment) {
    Ok(loaded) => {
      cutover::config::show(&loaded, cutover::config::Origins::Show);
    }
    Err(faults) => {
      let told = faults.to_string();
      assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{told:?}");
    }
  }
});
