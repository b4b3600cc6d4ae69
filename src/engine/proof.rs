//! Asking the proxy itself who answers: fresh connections, all of them, over a span of time.

use std::{fmt, time::Duration};

use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{ports::PortError, world::World};
use crate::model::{
  Slot,
  router::{ProbeLedger, Sample},
  shown::Shown,
};

/// A look must not wait longer for a proxy that accepts and says nothing.
const LOOK: Duration = Duration::from_secs(15);
/// Right after a reload both slots answer for about 100 ms.
const MIXED: Duration = Duration::from_millis(150);

/// Why a short look names no slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
  /// Users reach both: no weaker witness may be asked instead.
  Both,
  /// Nothing was answered that names a slot.
  Silence(Shown),
}

impl fmt::Display for NoAnswer {
  fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match self {
      Self::Both => f.write_str("both slots answer through the proxy"),
      Self::Silence(why) => write!(f, "{why}"),
    }
  }
}

/// What a short look says: every sample agreed, or why there is no answer. Waits out the moment
/// after a reload in which both slots answer.
pub async fn glance(world: &World) -> Result<Slot, NoAnswer> {
  let look = async {
    for _ in 0..2 {
      match ask_three(world).await {
        Err(NoAnswer::Both) => sleep(MIXED).await,
        answer => return answer,
      }
    }
    ask_three(world).await
  };
  timeout(LOOK, look).await.unwrap_or_else(|_| {
    Err(NoAnswer::Silence(Shown::line(&format!(
      "no answer through the proxy within {} s",
      LOOK.as_secs()
    ))))
  })
}

/// Whether one request more still says the same.
pub async fn still(world: &World, slot: Slot) -> bool {
  let sample = timeout(LOOK, world.router.sample()).await;
  matches!(
    sample,
    Ok(Ok(Sample::Answered { slot: now, .. } | Sample::Failing { slot: now, .. })) if now == slot
  )
}

/// `glance` for a last word: one lost request does not make it unknown.
pub async fn look_again(world: &World) -> Result<Slot, NoAnswer> {
  for _ in 0..4 {
    if let Ok(slot) = glance(world).await {
      return Ok(slot);
    }
    sleep(MIXED).await;
  }
  glance(world).await
}

async fn ask_three(world: &World) -> Result<Slot, NoAnswer> {
  let silence = |text: &str| Err(NoAnswer::Silence(Shown::line(text)));
  let (first, second, third) = tokio::join!(
    world.router.sample(),
    world.router.sample(),
    world.router.sample()
  );
  let mut seen: Option<Slot> = None;
  for sample in [first, second, third] {
    match sample {
      Ok(Sample::Answered { slot, .. } | Sample::Failing { slot, .. }) => match seen {
        Some(before) if before != slot => {
          return Err(NoAnswer::Both);
        }
        _ => seen = Some(slot),
      },
      Ok(Sample::Unclear { detail }) => {
        return silence(&format!("the answer names no slot: {detail}"));
      }
      Ok(Sample::Lost { detail }) => {
        return silence(&format!("no answer through the proxy: {detail}"));
      }
      Err(error) => return Err(NoAnswer::Silence(world.shown(&error.to_string()))),
    }
  }
  seen.ok_or_else(|| NoAnswer::Silence(Shown::line("no sample was taken")))
}

/// What three requests through the proxy are answered with, whether it names a slot or not; `None`
/// when nobody is served.
pub async fn anything(world: &World) -> Option<Shown> {
  for _ in 0..3 {
    match timeout(LOOK, world.router.sample()).await {
      Ok(Ok(Sample::Answered { slot, .. } | Sample::Failing { slot, .. })) => {
        return Some(Shown::line(&format!(
          "{} answers through the proxy",
          slot.shout()
        )));
      }
      Ok(Ok(Sample::Unclear { detail })) => {
        return Some(Shown::line(&format!(
          "something answers through the proxy and names no slot: {detail}"
        )));
      }
      Ok(Ok(Sample::Lost { .. }) | Err(_)) | Err(_) => {}
    }
  }
  None
}

/// What must be true for a proof to stand.
pub struct Claim {
  pub slot: Slot,
  /// With a marker proof, the generation that must be loaded.
  pub generation: Option<u64>,
  pub accept: Accept,
}

/// Whether an answer that names the slot and says that it cannot serve counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
  /// Users must be served.
  Serving,
  /// Where users are is all that is asked: a restored slot, or an override that was typed.
  Anything,
}

/// Samples until `site.proof.samples` answers in a row, spread over at least `site.proof.over`,
/// are the claimed one; fails at the deadline with what was seen last. The ledger counts every
/// request sent since `reloaded`.
pub async fn prove(
  world: &World,
  claim: &Claim,
  reloaded: Instant,
  deadline: Duration,
) -> Result<ProbeLedger, (ProbeLedger, Shown)> {
  let rules = &world.site.proof;
  let pause = rules
    .over
    .checked_div(rules.samples.max(1))
    .unwrap_or_default();
  let end = Instant::now() + deadline;
  let mut ledger = ProbeLedger::default();
  let mut row: u32 = 0;
  let mut row_began = Instant::now();
  let mut first_target: Option<Instant> = None;
  let mut last_seen = Shown::line("nothing was asked yet");
  loop {
    let asked = Instant::now();
    ledger.sent += 1;
    let right = match sample(world, claim.accept).await {
      Ok(Sample::Answered { slot, generation }) if slot == claim.slot => {
        ledger.from_target += 1;
        first_target.get_or_insert_with(Instant::now);
        let right = claim.generation.is_none() || generation == claim.generation;
        if !right {
          last_seen = Shown::line(&format!(
            "{} answers with generation {generation:?}, expected {:?}",
            slot.shout(),
            claim.generation
          ));
        }
        right
      }
      Ok(Sample::Answered { slot, .. }) => {
        ledger.from_other += 1;
        if let Some(first) = first_target {
          ledger.mixed_millis = millis(first.elapsed());
        }
        last_seen = Shown::line(&format!("{} still answers", slot.shout()));
        false
      }
      Ok(Sample::Failing { slot, detail }) => {
        ledger.lost += 1;
        last_seen = Shown::line(&format!("{} answers with {detail}", slot.shout()));
        false
      }
      Ok(Sample::Unclear { detail }) => {
        ledger.unclear += 1;
        last_seen = Shown::line(&format!("an answer names no slot: {detail}"));
        false
      }
      Ok(Sample::Lost { detail }) => {
        ledger.lost += 1;
        last_seen = Shown::line(&format!("a request was lost: {detail}"));
        false
      }
      Err(error) => {
        ledger.unclear += 1;
        last_seen = world.shown(&error.to_string());
        false
      }
    };
    if right {
      if row == 0 {
        row_began = asked;
      }
      row += 1;
    } else {
      row = 0;
    }
    ledger.first_millis = first_target.map(|first| millis(first.duration_since(reloaded)));
    ledger.proved_millis = millis(reloaded.elapsed());
    if row >= rules.samples.max(1) && row_began.elapsed() >= rules.over {
      return Ok(ledger);
    }
    if Instant::now() >= end {
      return Err((ledger, last_seen));
    }
    if right {
      sleep_until(asked + pause).await;
    } else {
      sleep(Duration::from_millis(10)).await;
    }
  }
}

async fn sample(world: &World, accept: Accept) -> Result<Sample, PortError> {
  let sample = world.router.sample().await;
  match (sample, accept) {
    (Ok(Sample::Failing { slot, .. }), Accept::Anything) => Ok(Sample::Answered {
      slot,
      generation: None,
    }),
    (sample, _) => sample,
  }
}

fn millis(duration: Duration) -> u64 {
  u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
