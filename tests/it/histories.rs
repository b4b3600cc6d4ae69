//! Random histories: operations, faults, deaths and foreign hands, judged after each operation.

use std::{sync::Arc, time::Duration};

use cutover::{
  engine::{
    Intent,
    intent::{Force, WhenReady},
  },
  model::{Slot, event::Recovery, operation::Outcome, plan::OnFailure},
};

use crate::support::*;

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
  fn roll(&mut self, sides: usize) -> usize {
    self.0 ^= self.0 >> 12;
    self.0 ^= self.0 << 25;
    self.0 ^= self.0 >> 27;
    let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
    usize::try_from(bits).unwrap() % sides
  }

  fn of<T: Clone>(&mut self, all: &[T]) -> T {
    all[self.roll(all.len())].clone()
  }
}

fn intent(dice: &mut Dice) -> Intent {
  let slot = dice.of(&Slot::BOTH);
  let version = dice.of(&["1.1", "1.2", "2.0", "6.6", "7.7"]);
  match dice.roll(11) {
    0 | 1 => deploy(version, WhenReady::Stop),
    2 | 3 => deploy(version, WhenReady::Switch),
    4 => deploy(version, WhenReady::Ask),
    5 | 6 => switch(slot),
    7 => rollback(),
    8 => stop(slot, Force::No),
    9 => restart(slot, "api", Force::No),
    _ => start(slot),
  }
}

const PORTS: [&str; 12] = [
  "containers",
  "save",
  "sample",
  "write",
  "seen_inside",
  "test",
  "reload",
  "check",
  "restore",
  "workers",
  "stop",
  "ledger.put_live_record",
];

async fn history(seed: u64) -> usize {
  let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
  let mut builder = SiteBuilder::new();
  if dice.roll(2) == 0 {
    builder = builder.marker();
  }
  if dice.roll(2) == 0 {
    builder = builder.on_failure(OnFailure::StopTarget);
  }
  let site = FakeSite::new(builder.build());
  site
    .state()
    .versions
    .insert("6.6".into(), Behavior::SmokeFails);
  site.state().versions.insert("7.7".into(), Behavior::Crash);
  let mut ran = 0;
  for _ in 0..8 {
    heal(&site).await;
    ran += usize::from(episode(&site, &mut dice, seed).await);
  }
  ran
}

/// One operation with at most one of everything that can go wrong; `false` when it was refused.
async fn episode(site: &Arc<FakeSite>, dice: &mut Dice, seed: u64) -> bool {
  let Ok(plan) = site.plan(&intent(dice)).await else {
    return false;
  };
  let before = site.before();
  let order = site.launch(plan);
  let now = site.state().calls.len();
  let mut moved = Moved::No;
  if dice.roll(3) == 0 {
    let port = dice.of(&PORTS);
    let trouble = dice.of(&[Trouble::FailsOnce, Trouble::FailsAfter, Trouble::Fails]);
    site.state().trouble.insert(port, trouble);
  }
  if dice.roll(3) == 0 {
    let slot = dice.of(&Slot::BOTH);
    let foreign = dice.of(&[
      Foreign::Reload,
      Foreign::Comment,
      Foreign::MoveTraffic(slot),
      Foreign::Restart(slot),
      Foreign::ProxyDown,
    ]);
    let at = now + 1 + dice.roll(120);
    site.state().foreign.push((at, foreign));
    if foreign != Foreign::Reload {
      moved = Moved::BySomebodyElse;
    }
  }
  if dice.roll(4) == 0 {
    site.state().proxy.refuses =
      Some(dice.of(&[Refuses::Test, Refuses::Reload, Refuses::Silently]));
  }
  let mut lines = vec![(
    When::GateOpens,
    dice.of(&[yes("switch"), no("switch"), yes("other")]),
  )];
  if dice.roll(5) == 0 {
    let word = dice.of(&[
      "start",
      "wait-healthy",
      "save",
      "write",
      "reload",
      "prove",
      "record",
    ]);
    lines.push((When::During(word), abort()));
  }
  if dice.roll(3) == 0 {
    let number = 1 + dice.roll(40);
    let death = dice.of(&[
      Death::BeforeRecord(number),
      Death::AfterRecord(number),
      Death::BeforeCall(now + number * 3),
      Death::AfterCall(now + number * 3),
    ]);
    site.state().death = Some(death);
  }
  let mut life = site.run(&order, lines).await;
  while let Life::Killed = life {
    if site.ends(&order) == 1 {
      return true;
    }
    if dice.roll(2) == 0 {
      heal(site).await;
    }
    if dice.roll(3) == 0 {
      site.state().death = Some(Death::AfterRecord(1 + dice.roll(6)));
    }
    life = site
      .recover(&order, dice.of(&[Recovery::Resume, Recovery::Rollback]))
      .await;
  }
  let verdict = life.verdict();
  let judged = std::panic::AssertUnwindSafe(|| site.judge(&order, &verdict, &before, moved));
  if let Err(cause) = std::panic::catch_unwind(judged) {
    println!("seed {seed}");
    std::panic::resume_unwind(cause);
  }
  let again = site.recover(&order, Recovery::Resume).await.verdict();
  assert_eq!(again, verdict, "I9, seed {seed}");
  true
}

/// Everybody else repairs what they broke, and a person settles what is left.
async fn heal(site: &Arc<FakeSite>) {
  {
    let mut state = site.state();
    state.trouble.clear();
    state.foreign.clear();
    state.proxy.refuses = None;
    state.act(Foreign::ProxyUp);
    state.broke_at = 0;
    state.moved_at = 0;
  }
  tokio::time::sleep(Duration::from_mins(1)).await;
}

#[tokio::test(start_paused = true)]
async fn random_histories_never_break_an_invariant() {
  let began = std::time::Instant::now();
  let mut operations = 0;
  let mut seeds = 0;
  while seeds < 300 && began.elapsed() < Duration::from_secs(15) {
    seeds += 1;
    operations += history(seeds).await;
  }
  println!("{seeds} histories with {operations} operations");
  assert!(operations >= 200, "{operations} in {seeds} histories");
}

#[tokio::test(start_paused = true)]
async fn what_a_failure_left_behind_can_be_settled_by_what_the_refusal_says() {
  let mut settled = 0;
  for refuses in [
    None,
    Some(Refuses::Test),
    Some(Refuses::Reload),
    Some(Refuses::Silently),
  ] {
    for trouble in ["write", "reload", "restore", "ledger.put_live_record"] {
      let site = tested(SiteBuilder::new().build()).await;
      let order = site.launch(site.plan(&switch(Slot::Green)).await.unwrap());
      site.state().proxy.refuses = refuses;
      site.state().trouble.insert(trouble, Trouble::FailsAfter);
      site.run(&order, Vec::new()).await;
      heal(&site).await;
      if let Err(refusal) = site.plan(&deploy("1.2", WhenReady::Stop)).await {
        assert_eq!(refusal.outcome, Outcome::NeedsHuman);
        let live = refusal.live.unwrap();
        let (_, verdict) = site.operate(&switch(live)).await;
        assert_eq!(verdict.outcome, Outcome::Done, "{}", verdict.summary);
        settled += 1;
      }
      assert!(site.plan(&deploy("1.2", WhenReady::Stop)).await.is_ok());
    }
  }
  assert!(settled > 0);
}
