use proptest::prelude::*;

use super::*;

fn ms(millis: u64) -> Duration {
  Duration::from_millis(millis)
}

fn yes() -> Confirm {
  Confirm::new(Ask::Key('y'), Pace::Normal)
}

fn green() -> Confirm {
  Confirm::new(Ask::Word("green".into()), Pace::Normal)
}

/// Feeds `(milliseconds, input)` and then waits long enough for anything to settle.
fn answer(mut confirm: Confirm, inputs: &[(u64, Input)]) -> Verdict {
  let mut last = Verdict::Arming;
  for &(at, input) in inputs {
    last = confirm.feed(ms(at), input);
    if matches!(last, Verdict::Confirmed | Verdict::Cancelled(_)) {
      return last;
    }
  }
  let end = inputs.last().map_or(0, |(at, _)| *at);
  match confirm.feed(ms(end + 10_000), Input::Quiet) {
    Verdict::Pending { .. } => last,
    settled => settled,
  }
}

fn typed(word: &str, from: u64, gap: u64) -> Vec<(u64, Input)> {
  word
    .chars()
    .zip(0_u64..)
    .map(|(c, index)| (from + index * gap, Input::Key(c)))
    .collect()
}

fn confirms(confirm: Confirm, inputs: &[(u64, Input)]) -> bool {
  answer(confirm, inputs) == Verdict::Confirmed
}

#[test]
fn y_after_arming_confirms_once_it_stood_alone() {
  let mut confirm = yes();
  assert_eq!(confirm.wake_at(), Some(ms(400)));
  let pressed = confirm.feed(ms(500), Input::Key('y'));
  assert_eq!(
    pressed,
    confirm.pending(None),
    "not yet: it must stand alone"
  );
  assert_eq!(confirm.wake_at(), Some(ms(550)));
  assert_eq!(confirm.feed(ms(550), Input::Quiet), Verdict::Confirmed);
}

#[test]
fn an_answer_counts_only_once() {
  let mut confirm = yes();
  confirm.feed(ms(500), Input::Key('y'));
  assert_eq!(confirm.feed(ms(560), Input::Quiet), Verdict::Confirmed);
  assert_eq!(
    confirm.feed(ms(900), Input::Key('y')),
    Verdict::Cancelled(Why::AlreadyAnswered)
  );
}

#[test]
fn a_key_pressed_while_arming_never_counts_and_starts_the_wait_again() {
  let mut confirm = yes();
  assert_eq!(confirm.feed(ms(399), Input::Key('y')), Verdict::Arming);
  assert_eq!(confirm.wake_at(), Some(ms(799)));
  assert_eq!(confirm.feed(ms(798), Input::Key('y')), Verdict::Arming);
  assert_eq!(confirm.wake_at(), Some(ms(1198)));
}

#[test]
fn a_green_rollback_arms_in_half_the_time() {
  let confirm = || Confirm::new(Ask::Key('y'), Pace::Emergency);
  assert!(!confirms(confirm(), &[(199, Input::Key('y'))]));
  assert!(confirms(confirm(), &[(200, Input::Key('y'))]));
}

#[test]
fn keys_that_are_not_the_answer_do_what_their_row_says() {
  let cancelled = |why| Verdict::Cancelled(why);
  let open = || Verdict::Pending {
    typed: String::new(),
    hint: None,
  };
  for (input, expected) in [
    (Input::Key('n'), cancelled(Why::Declined)),
    (Input::Key('q'), cancelled(Why::Declined)),
    (Input::Enter, cancelled(Why::Declined)),
    (Input::Escape, cancelled(Why::Declined)),
    (Input::Interrupt, cancelled(Why::Interrupted)),
    (Input::Paste, cancelled(Why::Pasted)),
    (Input::Gone, cancelled(Why::TerminalLost)),
    (Input::Key('Y'), open()),
    (Input::Key('x'), open()),
    (Input::Backspace, open()),
    (Input::Repeat, open()),
    (Input::Other, open()),
  ] {
    assert_eq!(answer(yes(), &[(1_000, input)]), expected, "{input:?}");
  }
}

#[test]
fn escape_and_ctrl_c_cancel_even_while_arming() {
  for (input, why) in [
    (Input::Escape, Why::Declined),
    (Input::Interrupt, Why::Interrupted),
    (Input::Gone, Why::TerminalLost),
  ] {
    assert_eq!(answer(yes(), &[(1, input)]), Verdict::Cancelled(why));
  }
}

#[test]
fn y_right_after_another_key_asks_to_be_pressed_again() {
  let keys = [(1_000, Input::Key('x')), (1_149, Input::Key('y'))];
  assert!(matches!(
    answer(yes(), &keys),
    Verdict::Pending {
      hint: Some(Hint::TooSoon),
      ..
    }
  ));
  let again = [keys[0], keys[1], (1_299, Input::Key('y'))];
  assert!(confirms(yes(), &again));
}

#[test]
fn the_word_and_then_enter_confirms() {
  let mut keys = typed("green", 1_000, 100);
  keys.push((1_600, Input::Enter));
  assert!(confirms(green(), &keys));
}

#[test]
fn enter_too_soon_after_the_word_has_to_be_pressed_again() {
  let mut keys = typed("green", 1_000, 100);
  keys.push((1_549, Input::Enter));
  assert!(!confirms(green(), &keys));
  keys.push((1_699, Input::Enter));
  assert!(confirms(green(), &keys));
}

#[test]
fn only_the_exact_word_confirms() {
  for word in [
    "blue", "GREEN", "Green", "gree", "greenn", " green", "green ", "y", "yes",
  ] {
    let mut keys = typed(word, 1_000, 100);
    keys.push((9_000, Input::Enter));
    let verdict = answer(green(), &keys);
    assert!(
      matches!(&verdict, Verdict::Pending { typed, hint: Some(Hint::NotTheWord) } if typed.is_empty()),
      "{word:?}: {verdict:?}"
    );
  }
}

#[test]
fn a_wrong_word_can_be_corrected_with_backspace() {
  let mut keys = typed("grew", 1_000, 100);
  keys.push((2_000, Input::Backspace));
  keys.extend(typed("en", 2_100, 100));
  keys.push((3_000, Input::Enter));
  assert!(confirms(green(), &keys));
}

#[test]
fn every_letter_belongs_to_the_word() {
  let quit = Confirm::new(Ask::Phrase("queen is broken".into()), Pace::Normal);
  let mut keys = typed("queen is broken", 1_000, 100);
  keys.push((9_000, Input::Enter));
  assert!(confirms(quit, &keys));
}

#[test]
fn four_keys_within_thirty_milliseconds_are_a_paste() {
  let keys = typed("gree", 1_000, 10);
  assert_eq!(answer(green(), &keys), Verdict::Cancelled(Why::Pasted));
}

#[test]
fn a_paste_that_begins_with_y_does_not_confirm() {
  for text in ["yes", "yy", "y x", "yes please"] {
    let keys = typed(text, 1_000, 1);
    assert_eq!(
      answer(yes(), &keys),
      Verdict::Cancelled(Why::Pasted),
      "{text}"
    );
  }
}

#[test]
fn time_that_goes_backwards_confirms_nothing() {
  let mut keys = typed("green", 5_000, 100);
  keys.push((1_000, Input::Enter));
  assert!(!confirms(green(), &keys));
}

#[test]
fn a_very_long_text_does_not_grow_for_ever() {
  let mut confirm = green();
  for (at, input) in typed(&"g".repeat(5_000), 1_000, 50) {
    confirm.feed(ms(at), input);
  }
  assert!(confirm.typed.len() <= 256);
}

#[test]
fn each_ask_names_the_flag_that_answers_it_in_a_script() {
  assert_eq!(Ask::Key('y').flag(), "--yes");
  assert_eq!(Ask::Word("green".into()).flag(), "--yes or --confirm green");
  assert_eq!(
    Ask::Phrase("blue is broken".into()).flag(),
    "--confirm \"blue is broken\""
  );
}

fn any_ask() -> impl Strategy<Value = Ask> {
  prop_oneof![
    Just(Ask::Key('y')),
    Just(Ask::Word("green".into())),
    Just(Ask::Phrase("blue is broken".into())),
  ]
}

fn any_pace() -> impl Strategy<Value = Pace> {
  prop_oneof![Just(Pace::Normal), Just(Pace::Emergency)]
}

fn any_key() -> impl Strategy<Value = Input> {
  prop_oneof![
    4 => prop::sample::select(vec!['y', 'g', 'r', 'e', 'n', 'b', 'q']).prop_map(Input::Key),
    2 => Just(Input::Enter),
    1 => Just(Input::Backspace),
    1 => Just(Input::Repeat),
    1 => Just(Input::Other),
  ]
}

proptest! {
  #[test]
  fn no_keys_pressed_within_arming_ever_confirm(
    ask in any_ask(), pace in any_pace(),
    keys in prop::collection::vec((any_key(), 0_u64..200), 1..60),
  ) {
    let mut at = 0;
    let keys: Vec<(u64, Input)> = keys.into_iter().map(|(key, gap)| { at += gap; (at, key) }).collect();
    prop_assert!(!confirms(Confirm::new(ask, pace), &keys));
  }

  #[test]
  fn a_storm_of_enter_never_confirms(
    ask in any_ask(), pace in any_pace(), gaps in prop::collection::vec(0_u64..3_000, 1..60),
  ) {
    let mut at = 0;
    let keys: Vec<(u64, Input)> = gaps.into_iter().map(|gap| { at += gap; (at, Input::Enter) }).collect();
    prop_assert!(!confirms(Confirm::new(ask, pace), &keys));
  }

  #[test]
  fn a_paste_named_by_the_terminal_never_confirms(
    ask in any_ask(), pace in any_pace(),
    before in prop::collection::vec((any_key(), 0_u64..1_000), 0..3),
    after in prop::collection::vec((any_key(), 0_u64..1_000), 0..20),
  ) {
    let mut confirm = Confirm::new(ask, pace);
    let mut at = 0;
    for (key, gap) in before {
      at += gap;
      prop_assume!(confirm.feed(ms(at), key) != Verdict::Confirmed);
    }
    at += 1;
    prop_assert!(confirm.feed(ms(at), Input::Paste) != Verdict::Confirmed);
    for (key, gap) in after {
      at += gap;
      prop_assert!(confirm.feed(ms(at), key) != Verdict::Confirmed);
    }
  }

  #[test]
  fn a_paste_the_terminal_does_not_name_never_confirms(
    ask in any_ask(), pace in any_pace(), start in 0_u64..5_000,
    gaps in prop::collection::vec(0_u64..=10, 18), text in "(y|green|blue is broken|[a-z ]{0,6})\n?[a-z\n]{1,6}",
  ) {
    let mut at = start;
    let keys: Vec<(u64, Input)> = text.chars().zip(gaps.into_iter().chain(std::iter::repeat(5)))
      .map(|(c, gap)| { at += gap; (at, if c == '\n' { Input::Enter } else { Input::Key(c) }) })
      .collect();
    prop_assume!(keys.len() > 1);
    prop_assert!(!confirms(Confirm::new(ask, pace), &keys));
  }

  #[test]
  fn a_key_stuck_at_thirty_a_second_never_confirms(
    ask in any_ask(), pace in any_pace(), key in any_key(), start in 0_u64..5_000, presses in 2_u64..400,
  ) {
    let keys: Vec<(u64, Input)> = (0..presses).map(|n| (start + n * 33, key)).collect();
    prop_assert!(!confirms(Confirm::new(ask, pace), &keys));
  }
}
