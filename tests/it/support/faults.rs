//! Faults and sudden death, at any port call or journal record.

use std::time::Duration;

use cutover::engine::ports::{PortError, PortErrorKind};

use super::{
  fake::{Call, FakeSite, State},
  foreign::Foreign,
};

/// What happens instead of the port's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
  /// An error, every time.
  Fails,
  /// An error, once.
  FailsOnce,
  /// Never answers.
  Hangs,
  /// Answers after ten seconds.
  Slow,
  /// Has its effect and then says it failed.
  FailsAfter,
}

/// Where the runner dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
  BeforeRecord(usize),
  AfterRecord(usize),
  BeforeCall(usize),
  AfterCall(usize),
}

impl FakeSite {
  /// A port call begins: the place where foreign hands, troubles and death come in.
  pub(super) async fn enter(&self, name: &'static str) -> Result<(), PortError> {
    tokio::task::yield_now().await;
    let Some((trouble, number)) = self.begin(name) else {
      return std::future::pending().await;
    };
    if self.dies(Death::BeforeCall(number)) || trouble == Some(Trouble::Hangs) {
      return std::future::pending().await;
    }
    match trouble {
      Some(Trouble::Fails | Trouble::FailsOnce) => Err(injected(name)),
      Some(Trouble::Slow) => {
        tokio::time::sleep(Duration::from_secs(10)).await;
        Ok(())
      }
      Some(Trouble::Hangs | Trouble::FailsAfter) | None => Ok(()),
    }
  }

  /// `None` when the runner is dead and must have no more effect.
  fn begin(&self, name: &'static str) -> Option<(Option<Trouble>, usize)> {
    let mut state = self.state();
    if state.dead {
      return None;
    }
    let number = state.count(name);
    let trouble = state.trouble.get(name).copied();
    if trouble == Some(Trouble::FailsOnce) {
      state.trouble.remove(name);
    }
    Some((trouble, number))
  }

  /// A port call had its effect.
  pub(super) async fn leave(&self, name: &'static str) -> Result<(), PortError> {
    let number = self.state().calls.len();
    if self.dies(Death::AfterCall(number)) {
      return std::future::pending().await;
    }
    if self.state().trouble.get(name) == Some(&Trouble::FailsAfter) {
      return Err(injected(name));
    }
    Ok(())
  }

  /// The same for the ledger, which answers at once.
  pub(super) fn enter_now(&self, name: &'static str) -> Result<(), PortError> {
    let number = {
      let mut state = self.state();
      if state.dead {
        return Err(injected(name));
      }
      state.count(name)
    };
    if self.dies(Death::BeforeCall(number)) {
      return Err(injected(name));
    }
    let mut state = self.state();
    match state.trouble.get(name).copied() {
      Some(Trouble::FailsOnce) => {
        state.trouble.remove(name);
        Err(injected(name))
      }
      Some(_) => Err(injected(name)),
      None => Ok(()),
    }
  }

  pub(super) fn dies(&self, here: Death) -> bool {
    let mut state = self.state();
    if state.death != Some(here) {
      return false;
    }
    state.dead = true;
    drop(state);
    self.died.notify_one();
    true
  }
}

impl State {
  fn count(&mut self, name: &'static str) -> usize {
    self.calls.push(Call {
      name,
      names: Vec::new(),
    });
    let number = self.calls.len();
    let due: Vec<Foreign> = self
      .foreign
      .iter()
      .filter(|(at, _)| *at == number)
      .map(|(_, foreign)| *foreign)
      .collect();
    for foreign in due {
      self.act(foreign);
    }
    number
  }
}

pub fn injected(name: &str) -> PortError {
  PortError::new(
    PortErrorKind::Unexpected,
    name,
    "injected fault with hunter2hunter2",
  )
}
