//! The verbs that are a process of a site instead of a command about it: its proxy, the parent of
//! one of its services, and a service of the demo's site.

use std::sync::Arc;

use crate::{
  adapters::{
    demo::sample,
    process,
    router::embedded::{self, EmbeddedRouter},
  },
  cli::{args::Proxy, output::Out},
  config::Site,
  engine::ports::{PortError, PortErrorKind},
  model::operation::Outcome,
};

pub(super) async fn proxy(site: Arc<Site>, asked: Proxy, out: &mut Out) -> Outcome {
  if !asked.test && !asked.reload {
    return ended(embedded::run(site).await, out);
  }
  let router = EmbeddedRouter::new(site);
  let result = if asked.test {
    router.test_now().await
  } else {
    router.reload_now().await
  };
  ended(result, out)
}

pub(super) async fn supervise(site: Arc<Site>, id: &str, out: &mut Out) -> Outcome {
  ended(process::supervise(site, id).await, out)
}

pub(super) async fn sample(out: &mut Out) -> Outcome {
  ended(sample::run().await, out)
}

fn ended(result: Result<(), PortError>, out: &mut Out) -> Outcome {
  match result {
    Ok(()) => Outcome::Done,
    Err(error) => {
      out.error(&error.to_string(), &[]);
      match error.kind {
        PortErrorKind::Refused => Outcome::Refused,
        PortErrorKind::Misconfigured => Outcome::Misconfigured,
        _ => Outcome::Failed,
      }
    }
  }
}
