//! What the tests start as processes of their own. Each is an ignored test of this binary that
//! takes its arguments after `--`; started by hand it fails and says so.

#![allow(
  clippy::disallowed_methods,
  reason = "a role is a process of its own that ends with the code its test waits for"
)]

use std::{
  io::{Read, Write},
  path::{Path, PathBuf},
  process::{Command, Stdio, exit},
  sync::Arc,
  time::{Duration, Instant},
};

use chrono::Utc;
use cutover::{
  adapters::{
    ledger::{FileLedger, SiteLock},
    processes,
    runner_process::{RunnerProcesses, SocketInbox, detach},
  },
  engine::ports::{Inbox, Journal, Launch, Ledger, Message, Operations},
  model::{
    Slot,
    event::{Event, Recovery},
    operation::{OperationId, Outcome, Verdict},
  },
};

use crate::fixture;

fn arguments() -> Vec<String> {
  let given: Vec<_> = std::env::args()
    .skip_while(|word| word != "--")
    .skip(1)
    .collect();
  assert!(!given.is_empty(), "roles are started by the other tests");
  given
}

fn root() -> PathBuf {
  PathBuf::from(&arguments()[0])
}

fn say(word: &str) {
  let mut out = std::io::stdout();
  out.write_all(format!("\n@{word}\n").as_bytes()).unwrap();
  out.flush().unwrap();
}

fn until_released() {
  let mut nothing = Vec::new();
  std::io::stdin().read_to_end(&mut nothing).unwrap();
}

fn take(ledger: &FileLedger) -> SiteLock {
  let deadline = Instant::now() + Duration::from_mins(1);
  loop {
    if let Some(lock) = ledger.try_lock().unwrap() {
      return lock;
    }
    assert!(Instant::now() < deadline, "the lock is never free");
    std::thread::yield_now();
  }
}

#[test]
#[ignore = "a role: appends records until it is killed and says which ones were acknowledged"]
fn appends() {
  let ledger = fixture::ledger(&root());
  let lock = take(&ledger);
  let journal = ledger.journal(OperationId(1), &lock).unwrap();
  for index in 0.. {
    let record = journal.write(&Event::StepStarted { index }).unwrap();
    say(&format!("{} {index}", record.number));
  }
}

/// A killed process is still listed while it dies, but not its files: those went with the lock.
fn has_open(pid: &str, path: &Path) -> bool {
  std::fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|files| {
    files
      .flatten()
      .any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target == path))
  })
}

#[test]
#[ignore = "a role: takes the lock and checks with a witness file that nobody else has it"]
fn holds() {
  let root = root();
  let lock = take(&fixture::ledger(&root));
  let witness = root.join("witness");
  let me = std::process::id();
  if let Ok(text) = std::fs::read_to_string(&witness)
    && has_open(text.trim(), &root.join(".cutover/lock"))
  {
    say(&format!("{text} is inside too"));
    exit(3);
  }
  let own = root.join(format!("witness.{me}"));
  std::fs::write(&own, me.to_string()).unwrap();
  std::fs::rename(&own, &witness).unwrap();
  say("inside");
  until_released();
  std::fs::remove_file(&witness).unwrap();
  drop(lock);
}

#[test]
#[ignore = "a role: holds the lock, records itself and starts a child that holds it too"]
fn starts_a_child() {
  let ledger = fixture::ledger(&root());
  let lock = take(&ledger);
  let order = fixture::order(7);
  ledger
    .put_holder(order.id, order.plan.kind, &order.actor, &lock)
    .unwrap();
  let mut child = Command::new("sleep")
    .arg("60")
    .stdin(Stdio::from(lock.child_stdin().unwrap()))
    .spawn()
    .unwrap();
  say(&child.id().to_string());
  until_released();
  child.kill().unwrap();
  child.wait().unwrap();
}

#[tokio::test]
#[ignore = "a role: a front end that launches a runner and waits to be killed"]
async fn launches() {
  let ledger = Arc::new(fixture::ledger(&root()));
  let program = fixture::role_command("runs");
  let runners = RunnerProcesses::started_by(ledger, program.into_iter().map(Into::into).collect());
  let launched = runners.launch(fixture::plan(), &fixture::me()).await;
  assert!(matches!(launched, Ok(Launch::Started(_))), "{launched:?}");
  say("launched");
  until_released();
}

#[test]
#[ignore = "a role: records BLUE, then GREEN, as live"]
fn records_green_after_blue() {
  let ledger = fixture::ledger(&root());
  ledger
    .put_live_record(&fixture::live(Slot::Green, 2))
    .unwrap();
}

/// What `cutover operate --config FILE ID [--recover HOW]` is given.
fn operate() -> (FileLedger, OperationId, Option<Recovery>) {
  let words = arguments();
  assert_eq!((&*words[0], &*words[1]), ("operate", "--config"));
  let root = Path::new(&words[2]).parent().unwrap();
  assert_eq!(std::env::current_dir().unwrap(), root);
  let how = words.get(4).map(|flag| {
    assert_eq!(flag, "--recover");
    match words[5].as_str() {
      "resume" => Recovery::Resume,
      _ => Recovery::Rollback,
    }
  });
  (
    fixture::ledger(root),
    OperationId(words[3].parse().unwrap()),
    how,
  )
}

fn begin(
  ledger: &FileLedger,
  id: OperationId,
  how: Option<Recovery>,
) -> (SiteLock, impl Journal, SocketInbox) {
  detach().unwrap();
  let lock = ledger.inherited_lock().unwrap();
  let order = ledger.order(id).unwrap().unwrap();
  let actor = ledger.recorded_holder().unwrap().unwrap().actor;
  ledger
    .put_holder(id, order.plan.kind, &actor, &lock)
    .unwrap();
  let journal = ledger.journal(id, &lock).unwrap();
  let inbox = SocketInbox::bind(ledger, id, &lock).unwrap();
  let (boot_id, runner_pid) = (processes::boot_id(), std::process::id());
  let first = match how {
    None => Event::Begun {
      plan_hash: order.plan.hash(),
      actor,
      boot_id,
      runner_pid,
    },
    Some(how) => Event::Resumed {
      actor,
      boot_id,
      runner_pid,
      how,
    },
  };
  journal.write(&first).unwrap();
  (lock, journal, inbox)
}

#[tokio::test]
#[ignore = "a role: a runner that writes down what it is told and ends when it is told to abort"]
async fn runs() {
  let (ledger, id, how) = operate();
  let (lock, journal, mut inbox) = begin(&ledger, id, how);
  loop {
    match inbox.next().await {
      Message::Note { actor, text } => {
        journal.write(&Event::Noted { actor, text }).unwrap();
      }
      Message::Answer {
        gate,
        answer,
        actor,
      } => {
        let yes = answer;
        journal
          .write(&Event::Answered { gate, yes, actor })
          .unwrap();
      }
      Message::Abort { actor } => {
        journal.write(&Event::AbortAsked { actor }).unwrap();
        break;
      }
    }
  }
  let verdict = Verdict {
    outcome: Outcome::Cancelled,
    summary: format!("ended at {}", Utc::now()).into(),
    live: Some(Slot::Blue),
    next: Vec::new(),
  };
  journal.write(&Event::Ended { verdict }).unwrap();
  ledger.clear_holder(&lock).unwrap();
}

#[tokio::test]
#[ignore = "a role: a runner that begins and dies at once"]
async fn begins_and_dies() {
  let (ledger, id, how) = operate();
  let (_lock, _journal, _inbox) = begin(&ledger, id, how);
  exit(9);
}

#[test]
#[ignore = "a role: a runner that cannot begin"]
fn cannot_begin() {
  let (_, id, _) = operate();
  eprintln!("cannot read the order of {id}: it is on the moon");
  exit(8);
}
