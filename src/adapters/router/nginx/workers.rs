//! nginx's workers by their process titles: those that serve the present configuration and those
//! that only finish what they began under a former one.

use super::{NginxRouter, host, proxy::Proxy};
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::router::Workers,
};

impl NginxRouter {
  pub(super) async fn workers_now(&self, proxy: &Proxy) -> Result<Workers, PortError> {
    let doing = "listing nginx's workers";
    match proxy {
      Proxy::Host => {
        let master = self
          .host_master(proxy)
          .await?
          .map_err(|why| PortError::new(PortErrorKind::Unreachable, doing, why))?;
        Ok(sorted(host::children(master).into_iter()))
      }
      Proxy::Container(found) => {
        let (titles, rows) = self.containers.top(&found.id).await?;
        from_top(&titles, &rows).ok_or_else(|| {
          PortError::new(
            PortErrorKind::Unexpected,
            doing,
            "docker top shows neither a PID nor a CMD column",
          )
        })
      }
    }
  }
}

fn from_top(titles: &[String], rows: &[Vec<String>]) -> Option<Workers> {
  let column = |names: [&str; 2]| {
    titles
      .iter()
      .position(|title| names.contains(&title.as_str()))
  };
  let (pid, command) = (column(["PID", "pid"])?, column(["CMD", "COMMAND"])?);
  Some(sorted(rows.iter().filter_map(|row| {
    let title = row.get(command..)?.join(" ");
    Some((row.get(pid)?.parse().ok()?, title))
  })))
}

fn sorted(processes: impl Iterator<Item = (u32, String)>) -> Workers {
  let mut workers = Workers::default();
  for (pid, title) in processes {
    match title.trim().strip_prefix("nginx: worker process") {
      Some("") => workers.active.push(pid),
      Some(rest) if rest.trim_start().starts_with("is shutting down") => {
        workers.shutting_down.push(pid);
      }
      _ => {}
    }
  }
  workers.active.sort_unstable();
  workers.shutting_down.sort_unstable();
  workers
}

#[cfg(test)]
mod tests {
  use super::*;

  fn row(pid: &str, command: &str) -> Vec<String> {
    ["root", pid, "1", "0", "04:00", "?", "00:00:00", command]
      .map(str::to_owned)
      .into()
  }

  #[test]
  fn workers_are_told_by_their_titles() {
    let titles: Vec<String> = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
      .map(str::to_owned)
      .into();
    let rows = [
      row("10", "nginx: master process nginx -g daemon off;"),
      row("12", "nginx: worker process"),
      row("11", "nginx: worker process is shutting down"),
      row("13", "nginx: cache manager process"),
      row("14", "sh -c nginx: worker process"),
    ];
    assert_eq!(
      from_top(&titles, &rows),
      Some(Workers {
        active: vec![12],
        shutting_down: vec![11]
      })
    );
    assert_eq!(from_top(&["USER".to_owned()], &rows), None);
  }
}
