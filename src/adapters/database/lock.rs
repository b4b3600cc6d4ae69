//! The site's advisory lock for migrations: held by a `psql` that waits for input, freed when its
//! input closes, which happens when the guard is dropped and when this process dies.

use std::{sync::Mutex, time::Duration};

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use super::{
  name::literal,
  server::Server,
  session::{Chunk, Input, Session},
};
use crate::{
  adapters::bounded::HeadTail,
  engine::ports::{PortError, PortErrorKind},
};

const ANSWER: Duration = Duration::from_secs(20);

/// Keeps the session; a mutex only because its streams may not be shared between threads.
struct Held {
  _session: Mutex<Session>,
}

impl Server {
  pub(super) async fn migration_lock(&self, site: &str) -> Result<Box<dyn Send + Sync>, PortError> {
    let doing = format!(
      "take the migration lock of {site} in database {}",
      self.database
    );
    let [u, user, w] = self.login();
    let command = [
      "psql",
      "-XAtq",
      "-v",
      "ON_ERROR_STOP=1",
      u,
      user,
      w,
      "-d",
      &self.database,
      "-f",
      "-",
    ];
    // A server may end idle sessions; this one is idle on purpose.
    let script = format!(
      r"select set_config('idle_session_timeout', '0', false) from pg_settings where name = 'idle_session_timeout' \g /dev/null
select 'lock:' || pg_try_advisory_lock(hashtext({}));
",
      literal(&format!("cutover:{site}"))
    );
    let name = ["PGAPPNAME=cutover-migration-lock"];
    let mut session = self
      .open(&command, &name, &Input::Text(String::new()))
      .await?;
    let answer = tokio::time::timeout(ANSWER, ask(&mut session, &script)).await;
    match answer {
      Ok(Ok(said)) if said.contains("lock:true") => Ok(Box::new(Held {
        _session: Mutex::new(session),
      })),
      Ok(Ok(said)) if said.contains("lock:false") => Err(PortError::new(
        PortErrorKind::Refused,
        doing,
        format!(
          "another migration holds the lock: wait for it; to see who, {}",
          self.by_hand(&format!(
            "psql -U {user} -d {} -c \"select * from pg_stat_activity where application_name = 'cutover-migration-lock'\"",
            self.database
          ))
        ),
      )),
      Ok(Ok(said)) => Err(PortError::new(
        PortErrorKind::Unreachable,
        doing,
        format!("psql did not answer: {}", said.trim()),
      )),
      Ok(Err(error)) => Err(error),
      Err(_) => Err(PortError::new(
        PortErrorKind::Timeout,
        doing,
        "no answer within 20 s; is the server overloaded or out of connections?",
      )),
    }
  }
}

/// Sends the script and reads until the answer is there or `psql` ends.
async fn ask(session: &mut Session, script: &str) -> Result<String, PortError> {
  let mut said = HeadTail::new(16 * 1024);
  if let Some(input) = &mut session.input {
    // When psql is gone already, its output says why.
    let _ = input.write_all(script.as_bytes()).await;
    let _ = input.flush().await;
  }
  while let Some(chunk) = session.output.next().await {
    match chunk? {
      Chunk::Out(bytes) | Chunk::Err(bytes) => said.push(&bytes),
    }
    let text = said.text();
    if text.contains("lock:") && text.ends_with('\n') {
      break;
    }
  }
  Ok(said.text())
}
