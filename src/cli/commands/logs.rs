//! Log lines of one slot or both, each with its slot and service in front.

use futures_util::{StreamExt, stream::SelectAll};

use super::{Desk, Trouble, Verdict};
use crate::{
  cli::{args::Logs, interrupts::Interrupts},
  model::{Slot, container::Container, operation::Outcome},
  render::page::{Page, Tone},
};

pub(super) async fn run(desk: &mut Desk, logs: &Logs) -> Verdict {
  let sources = sources(desk, logs).await?;
  if logs.follow {
    return follow(desk, logs, sources).await;
  }
  for (prefix, container) in sources {
    let lines = desk
      .world
      .runtime
      .log_tail(&container.id, logs.tail)
      .await?;
    let mut page = Page::default();
    for line in lines {
      page.push(Tone::Plain, format!("{prefix} {line}"));
    }
    desk.out.data(&page)?;
  }
  Ok(Outcome::Done)
}

async fn sources(desk: &Desk, logs: &Logs) -> Result<Vec<(String, Container)>, Trouble> {
  let slots = logs
    .slot
    .map_or_else(|| Slot::BOTH.to_vec(), |slot| vec![slot]);
  if let Some(service) = &logs.service
    && desk.world.site.service(service).is_none()
  {
    let known: Vec<&str> = desk
      .world
      .site
      .services
      .iter()
      .map(|service| service.key.as_str())
      .collect();
    return Err(Trouble::said(
      Outcome::Usage,
      format!("there is no service '{service}'"),
      format!("there are: {}", known.join(", ")),
    ));
  }
  let mut found = Vec::new();
  for slot in slots {
    for container in desk.world.runtime.containers(slot).await? {
      if logs
        .service
        .as_ref()
        .is_none_or(|service| *service == container.service)
      {
        let letter = if slot == Slot::Blue { 'B' } else { 'G' };
        found.push((format!("[{letter}] {} |", container.service), container));
      }
    }
  }
  if found.is_empty() {
    return Err(Trouble::said(
      Outcome::Refused,
      "there is no container whose log could be read",
      desk.world.command("status").to_string(),
    ));
  }
  Ok(found)
}

async fn follow(desk: &mut Desk, logs: &Logs, sources: Vec<(String, Container)>) -> Verdict {
  let mut batches = SelectAll::new();
  for (prefix, container) in sources {
    let reader = desk
      .world
      .runtime
      .follow_log(&container.id, logs.tail)
      .await?;
    let stream = futures_util::stream::unfold(reader, |mut reader| async move {
      reader.next().await.map(|batch| (batch, reader))
    });
    batches.push(Box::pin(stream.map(move |batch| (prefix.clone(), batch))));
  }
  let mut interrupts = Interrupts::listen();
  loop {
    tokio::select! {
      () = interrupts.next() => return Ok(Outcome::Done),
      batch = batches.next() => {
        let Some((prefix, batch)) = batch else {
          return Ok(Outcome::Done);
        };
        let mut page = Page::default();
        if batch.dropped > 0 {
          page.push(Tone::Plain, format!("{prefix} -- {} lines dropped --", batch.dropped));
        }
        for line in batch.lines {
          page.push(Tone::Plain, format!("{prefix} {}", line.text));
        }
        desk.out.data(&page)?;
      }
    }
  }
}
