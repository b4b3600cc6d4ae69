//! An independent judge: looks at the fake world's own facts, shares no code with the engine.

use std::fmt::Write;

use cutover::model::{
  Slot,
  container::ContainerId,
  event::Event,
  operation::{Kind, Outcome, Verdict},
  plan::{Order, Step},
};

use super::fake::{FakeSite, State, hash};

/// What stood before the operation.
#[derive(Clone, Debug)]
pub struct Before {
  pub live: Option<Slot>,
  pub live_containers: Vec<ContainerId>,
  pub disk: String,
  /// The file on disk was the loaded one, and the record and the state file said so too.
  pub agreed: bool,
}

impl FakeSite {
  pub fn before(&self) -> Before {
    let state = self.state();
    let live = state.proxy.slot();
    Before {
      live,
      live_containers: live
        .map(|slot| state.container_ids(slot))
        .unwrap_or_default(),
      disk: state.disk.clone(),
      agreed: state.agrees(),
    }
  }

  /// Everything that must hold once an operation has ended. `moved` tells that somebody else
  /// moved users meanwhile, so that where they are is not the operation's doing.
  pub fn judge(&self, order: &Order, verdict: &Verdict, before: &Before, moved: Moved) {
    let context = format!(
      "{} {:?} -> {:?} '{}'\nevents {:#?}",
      order.plan.kind,
      order.plan.target,
      verdict.outcome,
      verdict.summary,
      self.events(order).iter().map(brief).collect::<Vec<_>>()
    );
    assert_eq!(self.ends(order), 1, "exactly one end\n{context}");
    let state = self.state();
    assert!(
      state.violations.is_empty(),
      "{:?}\n{context}",
      state.violations
    );
    let loaded = state.proxy.slot();
    if let Some(live) = verdict.live {
      assert!(
        state.proxy.running,
        "users are said to be on {live}, and the proxy is down\n{context}"
      );
      // Right after somebody else's reload the former workers still answer.
      let in_flight = moved == Moved::BySomebodyElse && state.just_moved();
      assert!(
        Some(live) == loaded || in_flight,
        "{loaded:?} is loaded, the verdict says {live}\n{context}"
      );
    }
    let switches = order
      .plan
      .steps
      .iter()
      .any(|planned| matches!(planned.step, Step::Reload { .. }));
    match verdict.outcome {
      Outcome::Done if switches => {
        assert_eq!(loaded, order.plan.target, "I4: done means moved\n{context}");
      }
      Outcome::Done | Outcome::Failed | Outcome::Cancelled | Outcome::Reverted => {
        if moved == Moved::No {
          assert_eq!(loaded, before.live, "users stay where they were\n{context}");
        }
      }
      Outcome::NeedsHuman => {}
      other => panic!("an operation cannot end as {other}\n{context}"),
    }
    let settled = verdict.outcome == Outcome::Done && switches;
    if verdict.outcome != Outcome::NeedsHuman && moved == Moved::No && (before.agreed || settled) {
      assert_eq!(
        state.disk, state.proxy.loaded,
        "I5: disk is what is loaded\n{context}"
      );
      if let Some(live) = &state.ledger.live {
        assert_eq!(Some(live.live), loaded, "the live record\n{context}");
        assert_eq!(
          live.managed,
          hash(&state.disk),
          "the recorded file\n{context}"
        );
      }
      if let Some(file) = &state.ledger.state_file {
        assert_eq!(file.parse().ok(), loaded, "the state file\n{context}");
      }
      if let Some(live) = before.live.filter(|_| order.plan.kind != Kind::Stop) {
        assert_eq!(
          state.container_ids(live),
          before.live_containers,
          "the live slot's containers\n{context}"
        );
      }
    }
    drop(state);
    self.journal_is_whole(order, &context);
  }

  /// Intent before done, numbers without a gap, nothing after the end.
  fn journal_is_whole(&self, order: &Order, context: &str) {
    let records = self.records_of(order);
    let mut open = None;
    for (position, record) in records.iter().enumerate() {
      assert_eq!(record.number, position as u64 + 1, "{context}");
      match &record.event {
        Event::StepStarted { index } => open = Some(*index),
        Event::StepFinished { index, .. } | Event::StepFailed { index, .. } => {
          assert_eq!(open.take(), Some(*index), "done without intent\n{context}");
        }
        Event::Ended { .. } => {
          assert_eq!(
            position + 1,
            records.len(),
            "written after the end\n{context}"
          );
        }
        _ => {}
      }
    }
    let text = serde_json::to_string(&records).unwrap();
    assert!(
      !text.contains("hunter2"),
      "I20: a secret is in the journal\n{context}"
    );
  }
}

impl State {
  fn agrees(&self) -> bool {
    let loaded = self.proxy.slot();
    self.disk == self.proxy.loaded
      && self
        .ledger
        .live
        .as_ref()
        .is_none_or(|live| Some(live.live) == loaded && live.managed == hash(&self.disk))
      && self
        .ledger
        .state_file
        .as_ref()
        .is_none_or(|file| file.parse().ok() == loaded)
  }
}

/// Whether somebody else moved users or edited the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
  No,
  BySomebodyElse,
}

pub fn brief(event: &Event) -> String {
  let value = serde_json::to_value(event).unwrap();
  let mut text = value["event"].as_str().unwrap().to_owned();
  for key in ["index", "how", "why", "failure", "proven"] {
    if let Some(found) = value.get(key) {
      let _ = write!(text, " {key}={found}");
    }
  }
  text
}
