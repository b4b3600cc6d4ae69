//! Puts the managed file back and proves that users are where they were. The same for a failed
//! step, an abort and an interrupted operation.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{
  ports::PortError,
  proof::{self, Accept, Claim},
  world::World,
};
use crate::{
  config::ProofBy,
  model::{
    Slot,
    event::{Failure, SavedFile},
    router::{FileContent, NextFile, ProbeLedger},
  },
};

const PROOF: Duration = Duration::from_secs(15);
/// Nothing that hangs may keep an operation from ending.
const STOP: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(90);

/// Whether the proxy has to load the file that is put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
  /// It may have loaded the changed one.
  Always,
  /// It never was told to; only somebody else's reload can have made it.
  IfMoved,
  /// What is put back is not what users were on before (a dispute): loading it would move them.
  Never,
}

/// What stood before the operation.
pub struct Former<'a> {
  pub saved: &'a SavedFile,
  pub next: &'a NextFile,
  /// The slot users were on.
  pub slot: Slot,
  pub reload: Reload,
}

/// Restores the bytes first, whatever else is wrong; then has them loaded where the changed ones
/// may have been (by us, or by anyone's reload in between), and proves the former slot.
pub async fn restore(world: &World, former: &Former<'_>) -> Result<ProbeLedger, Failure> {
  timeout(LIMIT, put_back(world, former))
    .await
    .unwrap_or_else(|_| {
      Err(
        Failure::new(format!(
          "putting the former file back took longer than {} s",
          LIMIT.as_secs()
        ))
        .rerun(world.command("status").as_str()),
      )
    })
}

async fn put_back(world: &World, former: &Former<'_>) -> Result<ProbeLedger, Failure> {
  if former.reload == Reload::IfMoved
    && let Ok(now) = world.router.save().await
    && !is_ours(&now, former.saved, former.next)
  {
    return Err(theirs(world));
  }
  world
    .router
    .restore(former.saved)
    .await
    .map_err(|error| world.failed(&error).rerun(world.command("status").as_str()))?;
  let claim = Claim {
    slot: former.slot,
    accept: Accept::Anything,
    generation: match (&world.site.proof.by, former.reload) {
      (ProofBy::Marker, Reload::Always | Reload::IfMoved) => former.saved.generation,
      (
        ProofBy::Marker
        | ProofBy::Field { .. }
        | ProofBy::Header { .. }
        | ProofBy::Body { .. }
        | ProofBy::Log
        | ProofBy::Effective,
        _,
      ) => None,
    },
  };
  let moved = former.reload == Reload::Always
    || (former.reload == Reload::IfMoved && proof::glance(world).await != Ok(former.slot));
  let first = load_and_prove(world, &claim, moved).await;
  if first.is_ok() || moved || former.reload == Reload::Never {
    return first;
  }
  load_and_prove(world, &claim, true).await
}

fn theirs(world: &World) -> Failure {
  Failure::new(
    "someone else changed the managed file meanwhile: it is left as they wrote it, and not loaded",
  )
  .rerun(world.command("status").as_str())
}

/// What a first set-up did to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
  /// It ran before and may have loaded the changed file.
  Loaded,
  /// It did not run before.
  Started,
  Untouched,
}

/// Takes a first route back: the file as it was, or none, and a proxy that was started for it
/// stopped. Nobody was served before, so there is nothing to prove.
pub async fn unroute(
  world: &World,
  saved: &SavedFile,
  next: &NextFile,
  proxy: Proxy,
) -> Result<(), Failure> {
  let failed = |error: &PortError| world.failed(error).rerun(world.command("status").as_str());
  let work = async {
    let now = world.router.save().await.map_err(|error| failed(&error))?;
    if !is_ours(&now, saved, next) {
      return Err(theirs(world));
    }
    world
      .router
      .restore(saved)
      .await
      .map_err(|error| failed(&error))?;
    match proxy {
      Proxy::Untouched => Ok(()),
      Proxy::Started => stop_proxy(world).await.map_err(|error| failed(&error)),
      Proxy::Loaded => {
        // Without its file the proxy may refuse what is left, and goes on with what it has: who
        // answers is asked by whoever says how it ended.
        if world.router.test().await.is_ok() {
          let _ = world.router.reload().await;
        }
        Ok(())
      }
    }
  };
  timeout(LIMIT, work).await.unwrap_or_else(|_| {
    let what = format!(
      "taking the route back took longer than {} s",
      LIMIT.as_secs()
    );
    Err(Failure::new(what).rerun(world.command("status").as_str()))
  })
}

async fn stop_proxy(world: &World) -> Result<(), PortError> {
  match world.router.facts().await?.proxy.container {
    Some(id) => world.runtime.stop(&[id], STOP).await,
    None => world.router.stop().await,
  }
}

/// A refused reload leaves the former configuration loaded, so the proof decides, not the refusal.
async fn load_and_prove(world: &World, claim: &Claim, load: bool) -> Result<ProbeLedger, Failure> {
  let began = Instant::now();
  let mut refused = None;
  if load {
    refused = async {
      world.router.test().await?;
      world.router.reload().await
    }
    .await
    .err();
  }
  proof::prove(world, claim, began, PROOF)
    .await
    .map_err(|(_, last)| {
      let mut failure = Failure::new(format!(
        "the former file is back in place, but {} could not be proved through the proxy: {last}",
        claim.slot.shout()
      ));
      if let Some(error) = &refused {
        failure = failure.output(&world.site.secrets.mask(&error.to_string()));
      }
      failure.rerun(world.command("status").as_str())
    })
}

/// The bytes on disk are the former ones, the new ones, or one of them cut short: an in-place
/// write into a single-file mount can be torn.
fn is_ours(now: &SavedFile, saved: &SavedFile, next: &NextFile) -> bool {
  let torn = |whole: &FileContent| match (&now.content, whole) {
    (FileContent::Text(now), FileContent::Text(whole)) => whole.starts_with(now.as_str()),
    (FileContent::Text(_) | FileContent::Link(_) | FileContent::Absent, _) => false,
  };
  now.hash == saved.hash || now.hash == next.hash || torn(&next.content) || torn(&saved.content)
}
