//! Questions an operation asks, and being told to stop.

use super::*;

#[tokio::test(start_paused = true)]
async fn declined_at_the_gate_touches_no_traffic() {
  let site = ala();
  let before = site.before();
  let (order, life) = site
    .operate_with(
      &deploy("1.1", WhenReady::Ask),
      vec![(When::GateOpens, no("switch"))],
    )
    .await;
  let verdict = life.verdict();
  assert_eq!(verdict.outcome, Outcome::Cancelled);
  site.judge(&order, &verdict, &before, Moved::No);
  assert_eq!(site.state().calls_of("write"), 0);
  assert!(
    verdict.summary.as_str().contains("GREEN is left up"),
    "{}",
    verdict.summary
  );
}

#[tokio::test(start_paused = true)]
async fn a_yes_at_the_gate_moves_users_and_names_who_said_it() {
  let site = ala();
  let before = site.before();
  let (order, life) = site
    .operate_with(
      &deploy("1.1", WhenReady::Ask),
      vec![
        (When::GateOpens, note("looks good")),
        (When::GateOpens, yes("switch")),
      ],
    )
    .await;
  let verdict = life.verdict();
  assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
  site.judge(&order, &verdict, &before, Moved::No);
  let events = site.events(&order);
  assert!(
    events
      .iter()
      .any(|e| matches!(e, Event::Answered { actor, .. } if actor.user.as_str() == "anna"))
  );
  assert!(events.iter().any(|e| matches!(e, Event::Noted { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_another_gate_is_ignored_and_silence_is_a_no() {
  let site = ala();
  let before = site.before();
  let began = tokio::time::Instant::now();
  let (order, life) = site
    .operate_with(
      &deploy("1.1", WhenReady::Ask),
      vec![(When::GateOpens, yes("restore"))],
    )
    .await;
  let verdict = life.verdict();
  assert_eq!(verdict.outcome, Outcome::Cancelled);
  assert!(began.elapsed() >= Duration::from_mins(10));
  assert!(
    !site
      .events(&order)
      .iter()
      .any(|e| matches!(e, Event::Answered { .. }))
  );
  site.judge(&order, &verdict, &before, Moved::No);
}

#[tokio::test(start_paused = true)]
async fn a_gate_says_until_when_it_waits_by_the_sites_own_clock() {
  let site = ala();
  let (order, _) = site
    .operate_with(&deploy("1.1", WhenReady::Ask), Vec::new())
    .await;
  let records = site.records_of(&order);
  let (at, until) = records
    .iter()
    .find_map(|record| match &record.event {
      Event::GateOpened { until, .. } => Some((record.at, *until)),
      _ => None,
    })
    .unwrap();
  assert_eq!((until - at).num_seconds(), 600);
}

#[tokio::test(start_paused = true)]
async fn aborted_in_any_step_it_ends_once_and_says_where_users_are() {
  let steps = words(
    &FakeSite::new(full().build())
      .plan(&deploy("1.1", WhenReady::Switch))
      .await
      .unwrap(),
  );
  for step in steps.iter().filter(|step| *step != "hook") {
    let site = FakeSite::new(full().build());
    let before = site.before();
    let word: &'static str = Box::leak(step.clone().into_boxed_str());
    let (order, life) = site
      .operate_with(
        &deploy("1.1", WhenReady::Switch),
        vec![(When::During(word), abort())],
      )
      .await;
    let verdict = life.verdict();
    let asked = site
      .events(&order)
      .iter()
      .any(|e| matches!(e, Event::AbortAsked { .. }));
    assert!(asked, "the abort was heard in {step}");
    if matches!(word, "record" | "drain") {
      assert_eq!(
        verdict.outcome,
        Outcome::Done,
        "{step}: {}",
        verdict.summary
      );
    } else {
      assert_eq!(
        verdict.outcome,
        Outcome::Cancelled,
        "{step}: {}",
        verdict.summary
      );
    }
    site.judge(&order, &verdict, &before, Moved::No);
    if matches!(word, "write" | "test" | "reload" | "prove") {
      let events = site.events(&order);
      assert!(
        events.iter().any(|e| matches!(
          e,
          Event::RestoreFinished {
            proven: Some(Slot::Blue),
            ..
          }
        )),
        "{step} is put back and proved"
      );
      assert_eq!(site.state().disk, before.disk, "byte for byte after {step}");
    }
  }
}
