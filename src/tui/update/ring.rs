//! What calls for whoever looks elsewhere: an operation that waits for an answer or ended, and a limit of the
//! watch that broke. Each rings the terminal once.

use super::Effect;
use crate::{
  model::{operation::OperationId, watch::Verdict},
  tui::state::{
    app::{App, Calls},
    operation::Watched,
  },
};

pub(super) fn ring(app: &mut App) -> Option<Effect> {
  let broken = app.watch.verdict.as_ref();
  let broken = broken.filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_)));
  let now = Calls {
    waits: app.operation.as_ref().and_then(gate),
    ended: app
      .operation
      .as_ref()
      .filter(|watched| !watched.is_running())
      .map(Watched::id),
    broken: broken.map(|(moved, _)| moved.operation),
  };
  let before = std::mem::replace(&mut app.calls, now);
  let new = [
    now.waits.is_some() && now.waits != before.waits,
    now.ended.is_some() && now.ended != before.ended,
    now.broken.is_some() && now.broken != before.broken,
  ];
  new.contains(&true).then_some(Effect::Ring)
}

fn gate(watched: &Watched) -> Option<(OperationId, usize)> {
  watched.gate().map(|(_, open)| (watched.id(), open.index))
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    model::{event::Event, operation::Outcome},
    render::samples,
    tui::scene::{Console, at_the_gate, gated},
  };

  fn rings(console: &Console) -> usize {
    let rings = console
      .effects
      .iter()
      .filter(|effect| **effect == Effect::Ring);
    rings.count()
  }

  #[test]
  fn a_gate_and_an_end_ring_once_each() {
    let mut console = Console::quiet();
    console.follows(gated(), at_the_gate());
    assert_eq!(rings(&console), 1, "it waits for an answer");
    console.wait(5_000);
    assert_eq!(rings(&console), 1);
    let verdict = samples::verdict(Outcome::Done);
    console.follows(gated(), vec![samples::begun(), Event::Ended { verdict }]);
    console.wait(5_000);
    assert_eq!(rings(&console), 2, "{:?}", console.effects);
  }

  #[test]
  fn what_is_found_to_be_so_at_the_start_is_quiet_while_it_runs() {
    let mut console = Console::quiet();
    console.follows(gated(), vec![samples::begun()]);
    console.wait(5_000);
    assert_eq!(rings(&console), 0);
  }
}
