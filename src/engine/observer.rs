//! Watches the site for a console: publishes the latest observation, each part with its own age,
//! and costs next to nothing while nothing happens.
//!
//! `pace` says how often each part is looked at, `turns` whose turn it is, `watch` what follows
//! from what was found, `doubt` what is looked at again before it is told; here is the loop. It starts no task: the looks run inside it, side by side.
//! An engine that went away becomes `Known::No` and is found again by itself.

mod doubt;
pub mod pace;
mod turns;
mod watch;

use std::{pin::Pin, sync::Arc};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{
  sync::mpsc,
  time::{Instant, sleep_until, timeout},
};

use super::{
  observe::{self, Proof},
  ports::{PortError, PortErrorKind},
  world::World,
};
use crate::model::{Known, change::Change, observation::Observation};

use turns::Part;
use watch::{Found, Watch};

/// Why the observer should look before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
  /// Somebody wants to see everything as it is now.
  Now,
  OperationEnded,
  /// Only the health checks.
  Health,
}

type Look<'a> = Pin<Box<dyn Future<Output = Found> + Send + 'a>>;

/// Publishes observations until `nudges` is closed.
pub async fn run(
  world: World,
  mut nudges: mpsc::Receiver<Nudge>,
  mut publish: impl FnMut(Arc<Observation>) + Send,
) {
  let mut watch = Watch::new(&world);
  let mut looks: FuturesUnordered<Look<'_>> = FuturesUnordered::new();
  let mut news = false;
  let mut written = world.ledger.changed();
  loop {
    for part in watch.turns.start(Instant::now()) {
      match look(&world, &watch, part) {
        Some(look) => looks.push(look),
        None if watch.ledger() => {
          // What is newest in it may be another folder now.
          written = world.ledger.changed();
          news = true;
        }
        None => {}
      }
    }
    news |= watch.expire(world.clock.now());
    if news && watch.is_presentable() {
      let observation = watch.observation();
      if !watch.doubts(&observation) {
        publish(Arc::new(observation));
        news = false;
      }
    }
    let turn = watch.turns.next();
    tokio::select! {
      nudge = nudges.recv() => match nudge {
        Some(nudge) => watch.nudged(nudge),
        None => return,
      },
      change = next(&mut watch.changes) => match change {
        Some(change) => watch.changed(&change),
        None => watch.parted(),
      },
      () = &mut written => {
        written = world.ledger.changed();
        watch.written();
      }
      Some(found) = looks.next(), if !looks.is_empty() => {
        watch.take(found);
        while let Some(Some(found)) = looks.next().now_or_never() {
          watch.take(found);
        }
        news = true;
      }
      () = sleep_until(turn.unwrap_or_else(Instant::now)), if turn.is_some() => {}
    }
  }
}

/// Pends for ever while the stream is not open.
async fn next(changes: &mut Option<mpsc::Receiver<Change>>) -> Option<Change> {
  match changes {
    Some(changes) => changes.recv().await,
    None => std::future::pending().await,
  }
}

/// `None` for the ledger, which answers at once.
fn look<'w>(world: &'w World, watch: &Watch<'_>, part: Part) -> Option<Look<'w>> {
  let late = || format!("no answer within {} s", pace::LOOK.as_secs());
  Some(match part {
    Part::Ledger => return None,
    Part::Changes => Box::pin(async move {
      let opened = timeout(pace::LOOK, world.runtime.changes()).await;
      Found::Changes(opened.unwrap_or_else(|_| {
        Err(PortError::new(
          PortErrorKind::Timeout,
          "follow what happens to containers",
          late(),
        ))
      }))
    }),
    Part::Containers(slot) => Box::pin(async move {
      Found::Containers(slot, within(world, observe::containers(world, slot)).await)
    }),
    Part::Shared => {
      Box::pin(async move { Found::Shared(within(world, observe::shared(world)).await) })
    }
    Part::Runtime => {
      Box::pin(async move { Found::Runtime(within(world, observe::runtime(world)).await) })
    }
    Part::Router => {
      Box::pin(async move { Found::Router(within(world, observe::router(world)).await) })
    }
    Part::Proof => {
      let before = watch.parts.proof.answer.as_ref().ok().copied();
      Box::pin(async move {
        let proof = timeout(pace::LOOK, observe::proof(world, before)).await;
        Found::Proof(proof.unwrap_or_else(|_| Proof::silent(&late(), world.clock.now())))
      })
    }
    Part::Health(slot) => {
      let containers = watch.parts.slots[slot].containers.clone();
      Box::pin(async move {
        Found::Health(
          slot,
          within(world, observe::health(world, slot, &containers)).await,
        )
      })
    }
  })
}

async fn within<T>(world: &World, look: impl Future<Output = Known<T>>) -> Known<T> {
  let late = || {
    Known::no(
      format!("no answer within {} s", pace::LOOK.as_secs()),
      world.clock.now(),
    )
  };
  timeout(pace::LOOK, look).await.unwrap_or_else(|_| late())
}
