//! Nothing that can be written makes it panic.

use cutover::config::{self, Origins};
use proptest::prelude::*;

use crate::{BASE, judge, uncommented};

proptest! {
  #![proptest_config(ProptestConfig::with_cases(400))]

  #[test]
  fn any_bytes_are_judged_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
    if let Err(faults) = judge(&String::from_utf8_lossy(&bytes)) {
      prop_assert!(faults.to_string().ends_with("cutover config check"));
    }
  }

  #[test]
  fn a_damaged_configuration_is_judged_without_a_panic(
    at in 0..10_000usize,
    cut in 0..40usize,
    put in "\\PC{0,8}|[\\[\\]{}=\"'$#\n.]{0,8}",
    whole in any::<bool>(),
  ) {
    let text: Vec<char> = if whole { uncommented() } else { BASE.to_owned() }.chars().collect();
    let at = at % text.len();
    let damaged: String =
      text[..at].iter().copied().chain(put.chars()).chain(text[at..].iter().skip(cut).copied()).collect();
    match judge(&damaged) {
      Ok(loaded) => prop_assert!(!config::show(&loaded, Origins::Show).is_empty()),
      Err(faults) => prop_assert!(!faults.faults.is_empty()),
    }
  }
}
