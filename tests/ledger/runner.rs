//! Front ends and runners: started, followed, spoken to, killed and recovered.

use std::{path::Path, sync::Arc, time::Duration};

use cutover::{
  adapters::{
    ledger::{FileLedger, is_alive, is_held},
    processes,
    runner_process::RunnerProcesses,
  },
  engine::ports::{Attachment, Follow, Journal, Launch, Ledger, Message, Operations, Torn},
  model::{
    event::{Answer, Event},
    operation::{OperationId, Outcome},
  },
};
use nix::{
  sys::signal::{Signal, kill},
  unistd::Pid,
};
use tokio::time::timeout;

use crate::fixture::{Player, folder, ledger, me, order, plan, role_command, until};

pub(crate) fn runners(root: &Path, role: &str) -> (Arc<FileLedger>, RunnerProcesses, Leftover) {
  let ledger = Arc::new(ledger(root));
  let program = role_command(role).into_iter().map(Into::into).collect();
  (
    Arc::clone(&ledger),
    RunnerProcesses::started_by(Arc::clone(&ledger), program),
    Leftover(ledger),
  )
}

/// The runner of a test that failed: nobody else would end it.
pub(crate) struct Leftover(Arc<FileLedger>);

impl Drop for Leftover {
  fn drop(&mut self) {
    if let Ok(Some(holder)) = self.0.recorded_holder()
      && is_alive(&holder)
      && holder.pid != std::process::id()
    {
      let _ = kill(Pid::from_raw(holder.pid.cast_signed()), Signal::SIGKILL);
    }
  }
}

async fn launched(runners: &RunnerProcesses) -> OperationId {
  match runners.launch(plan(), &me()).await.unwrap() {
    Launch::Started(id) => id,
    Launch::Locked(holder) => panic!("locked by {holder:?}"),
  }
}

pub(crate) async fn event(attached: &mut Box<dyn Attachment>) -> Event {
  match timeout(Duration::from_secs(20), attached.next())
    .await
    .expect("nothing came")
    .unwrap()
  {
    Follow::Record(record) => record.event,
    Follow::RunnerGone => panic!("the runner is gone"),
  }
}

#[tokio::test]
async fn an_operation_is_launched_followed_spoken_to_and_ends() {
  let folder = folder();
  let (ledger, runners, _leftover) = runners(folder.path(), "runs");
  let id = launched(&runners).await;
  assert_eq!(id, OperationId(1));
  assert!(is_held(ledger.state()).unwrap());
  let holder = ledger.lock_holder().unwrap().unwrap();
  assert_eq!(holder.operation, id);
  assert_ne!(holder.pid, std::process::id());

  let mut one = runners.attach(id).await.unwrap();
  let mut two = runners.attach(id).await.unwrap();
  assert!(matches!(event(&mut one).await, Event::Begun { .. }));
  let answer = Message::Answer {
    gate: "switch".into(),
    answer: Answer::Yes,
    actor: me(),
  };
  one.say(&answer).await.unwrap();
  let Event::Answered { gate, yes, actor } = event(&mut one).await else {
    panic!("another event");
  };
  assert_eq!((gate.as_str(), yes), ("switch", Answer::Yes));
  assert_eq!((actor.user, actor.pid), (me().user, std::process::id()));

  let mut forged = me();
  forged.user = "somebody-else".into();
  forged.as_user = None;
  let note = Message::Note {
    actor: forged,
    text: "hello".into(),
  };
  two.say(&note).await.unwrap();
  one.say(&Message::Abort { actor: me() }).await.unwrap();

  assert!(matches!(event(&mut two).await, Event::Begun { .. }));
  assert!(matches!(event(&mut two).await, Event::Answered { .. }));
  let Event::Noted { actor, .. } = event(&mut two).await else {
    panic!("another event");
  };
  assert_ne!(actor.user.as_str(), "somebody-else");
  assert!(matches!(event(&mut two).await, Event::AbortAsked { .. }));
  let Event::Ended { verdict } = event(&mut two).await else {
    panic!("another event");
  };
  assert_eq!(verdict.outcome, Outcome::Cancelled);

  until("the lock is free", Duration::from_secs(5), || {
    !is_held(ledger.state()).unwrap()
  });
  assert_eq!(ledger.records(id).unwrap().1, Torn::Whole);
}

#[tokio::test]
async fn a_runner_that_dies_after_it_began_was_started_and_is_gone() {
  let folder = folder();
  let (_, runners, _leftover) = runners(folder.path(), "begins_and_dies");
  let id = launched(&runners).await;
  let mut attached = runners.attach(id).await.unwrap();
  assert!(matches!(event(&mut attached).await, Event::Begun { .. }));
  let follow = timeout(Duration::from_secs(5), attached.next())
    .await
    .unwrap();
  assert!(matches!(follow, Ok(Follow::RunnerGone)), "{follow:?}");
}

#[tokio::test]
async fn a_runner_that_cannot_begin_says_why_and_leaves_the_lock_free() {
  let folder = folder();
  let (ledger, runners, _leftover) = runners(folder.path(), "cannot_begin");
  let error = runners.launch(plan(), &me()).await.unwrap_err();
  assert!(error.detail.contains("it is on the moon"), "{error}");
  assert!(!is_held(ledger.state()).unwrap());
  assert_eq!(ledger.recorded_holder().unwrap(), None);
}

#[tokio::test]
async fn a_runner_is_in_a_session_of_its_own_and_is_reaped_when_it_ends() {
  let folder = folder();
  let (ledger, runners, _leftover) = runners(folder.path(), "runs");
  let id = launched(&runners).await;
  let pid = ledger.lock_holder().unwrap().unwrap().pid;
  let raw = Pid::from_raw(pid.cast_signed());
  assert_eq!(nix::unistd::getsid(Some(raw)), Ok(raw));
  assert_eq!(
    std::fs::read_link(format!("/proc/{pid}/fd/0")).unwrap(),
    Path::new("/dev/null"),
    "children that should not hold the lock would inherit it"
  );
  assert_eq!(processes::facts(pid).unwrap().parent, std::process::id());
  let mut attached = runners.attach(id).await.unwrap();
  attached.say(&Message::Abort { actor: me() }).await.unwrap();
  timeout(Duration::from_secs(10), async {
    while processes::facts(pid).is_some() {
      tokio::task::yield_now().await;
    }
  })
  .await
  .expect("a zombie is left behind");
}

#[tokio::test]
async fn a_runner_outlives_the_front_end_that_launched_it() {
  let folder = folder();
  let mut front_end = Player::start("launches", folder.path());
  assert_eq!(front_end.said().as_deref(), Some("launched"));
  front_end.kill();
  let (ledger, runners, _leftover) = runners(folder.path(), "runs");
  let holder = ledger.lock_holder().unwrap().unwrap();
  let mut attached = runners.attach(holder.operation).await.unwrap();
  assert!(matches!(event(&mut attached).await, Event::Begun { .. }));
  attached.say(&Message::Abort { actor: me() }).await.unwrap();
  assert!(matches!(
    event(&mut attached).await,
    Event::AbortAsked { .. }
  ));
  assert!(matches!(event(&mut attached).await, Event::Ended { .. }));
}

#[tokio::test]
async fn a_deep_state_folder_is_spoken_to_as_well() {
  let folder = folder();
  let deep = folder.path().join("d".repeat(90)).join("e".repeat(90));
  std::fs::create_dir_all(&deep).unwrap();
  let (_, runners, _leftover) = runners(&deep, "runs");
  let id = launched(&runners).await;
  let mut attached = runners.attach(id).await.unwrap();
  attached.say(&Message::Abort { actor: me() }).await.unwrap();
}

#[tokio::test]
async fn a_follower_never_sees_half_a_line_and_passes_over_a_torn_one() {
  let folder = folder();
  let (ledger, runners, _leftover) = runners(folder.path(), "runs");
  let lock = ledger.try_lock().unwrap().unwrap();
  ledger.put_order(&order(1), &lock).unwrap();
  ledger
    .put_holder(OperationId(1), plan().kind, &me(), &lock)
    .unwrap();
  let mut attached = runners.attach(OperationId(1)).await.unwrap();
  let path = ledger.folder(OperationId(1)).journal();
  for index in 0..3 {
    let journal = ledger.journal(OperationId(1), &lock).unwrap();
    journal.write(&Event::StepStarted { index }).unwrap();
    assert_eq!(event(&mut attached).await, Event::StepStarted { index });
    let mut text = std::fs::read(&path).unwrap();
    text.extend_from_slice(b"{\"number\":7,");
    std::fs::write(&path, text).unwrap();
  }
}
