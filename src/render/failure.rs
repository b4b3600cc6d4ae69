//! The card of a failed step: its first cause, in the order an engineer asks for it.

use super::{Page, Tone, exchange, words::count};
use crate::model::{
  container::{Container, ContainerState},
  event::Failure,
  shown::Shown,
};

/// Lines of output or log beyond this are left out from the front: the last ones say why.
const MOST_LINES: usize = 20;

pub fn card(failure: &Failure) -> Page {
  let mut page = Page::default();
  page.wrapped(Tone::Bad, &format!("  cause      {}", failure.what), 13);
  if let Some(container) = &failure.container {
    page.wrapped(
      Tone::Bad,
      &format!("  container  {}", describe(container)),
      13,
    );
    if let Some(output) = &container.health_output {
      quoted(&mut page, "its health check said", &Shown::lines(output));
    }
  }
  if let Some(seen) = &failure.exchange {
    page.plain("  request and answer");
    page.append(exchange::lines(seen, 4));
  }
  quoted(&mut page, "output", &failure.output);
  quoted(&mut page, "last lines of its log", &failure.log);
  for (index, command) in failure.rerun.iter().enumerate() {
    let label = if index == 0 { "by hand" } else { "" };
    page.plain(format!("  {label:<9}  {command}"));
  }
  page
}

fn quoted(page: &mut Page, title: &str, lines: &[Shown]) {
  if lines.is_empty() {
    return;
  }
  page.plain(format!("  {title}"));
  let left_out = lines.len().saturating_sub(MOST_LINES);
  if left_out > 0 {
    page.faint(format!("    | ({left_out} lines before these)"));
  }
  for line in lines.iter().skip(left_out) {
    page.plain(format!("    | {line}"));
  }
}

/// `api-green (4f2c1e9aaaaa) is exited, exit code 137, OUT OF MEMORY, 3 restarts`.
fn describe(container: &Container) -> String {
  let name = Shown::line(&container.name);
  let ended = matches!(
    container.state,
    ContainerState::Exited | ContainerState::Dead
  );
  let code = container.exit_code.filter(|_| ended);
  let restarts = Some(container.restarts).filter(|restarts| *restarts > 0);
  [
    Some(format!(
      "{name} ({}) is {}",
      container.id.short(),
      container.state
    )),
    code.map(|code| format!("exit code {code}")),
    container.oom_killed.then(|| "OUT OF MEMORY".to_owned()),
    restarts.map(|restarts| count(u64::from(restarts), "restart")),
  ]
  .into_iter()
  .flatten()
  .collect::<Vec<_>>()
  .join(", ")
}
