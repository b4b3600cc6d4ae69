//! Watches the proxy's former workers finish. Never stops anything and never fails: a request
//! that takes long is not an error of the switch.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::Context;
use crate::{engine::world::StepResult, model::event::Produced};

pub(super) async fn run(context: &Context<'_>) -> StepResult {
  let began = Instant::now();
  let until = began + context.deadline.saturating_sub(Duration::from_millis(500));
  loop {
    let Ok(workers) = timeout_at(until, context.world.router.workers()).await else {
      return Ok(Produced::Drained {
        millis: None,
        still: 0,
      });
    };
    let still = workers.map(|workers| workers.shutting_down.len());
    if Instant::now() >= until {
      return Ok(Produced::Drained {
        millis: None,
        still: still.unwrap_or(0),
      });
    }
    if still.as_ref().is_ok_and(|still| *still == 0) {
      let millis = u64::try_from(context.reloaded.unwrap_or(began).elapsed().as_millis()).ok();
      return Ok(Produced::Drained { millis, still: 0 });
    }
    sleep(Duration::from_millis(200)).await;
  }
}
