//! What whoever starts and follows operations promises.

use cutover::{
  adapters::actor::actor,
  engine::ports::{Attachment, Follow, Launch, Message, Operations, PortErrorKind},
  model::{
    event::{Event, Record, Recovery},
    operation::OperationId,
    plan::Plan,
  },
};

use super::{LIMIT, until};

async fn launched(operations: &dyn Operations, plan: &Plan) -> OperationId {
  match operations.launch(plan.clone(), &actor()).await.unwrap() {
    Launch::Started(id) => id,
    Launch::Locked(holder) => panic!("locked by {holder:?}"),
  }
}

async fn next(attached: &mut Box<dyn Attachment>) -> Follow {
  let next = tokio::time::timeout(LIMIT, attached.next()).await;
  next.expect("nothing came").unwrap()
}

async fn record(attached: &mut Box<dyn Attachment>) -> Record {
  match next(attached).await {
    Follow::Record(record) => record,
    Follow::RunnerGone => panic!("the runner is gone"),
  }
}

/// Everybody follows from the first record to the end, behind which there is nothing more and
/// nobody to speak to. While it runs nobody else's begins, and who is in the way is named. `begins`
/// waits for the runner's first record, `ends` makes it end.
pub(crate) async fn follows_from_the_first_record_to_the_end(
  operations: &dyn Operations,
  plan: &Plan,
  begins: impl AsyncFnOnce(OperationId),
  ends: impl AsyncFnOnce(OperationId),
) {
  let id = launched(operations, plan).await;
  let Launch::Locked(Some(holder)) = operations.launch(plan.clone(), &actor()).await.unwrap()
  else {
    panic!("two runners at once");
  };
  assert_eq!(holder.operation, id);
  begins(id).await;
  let mut early = operations.attach(id).await.unwrap();
  assert_eq!((early.order().id, &early.order().plan), (id, plan));
  assert!(matches!(
    record(&mut early).await.event,
    Event::Begun { .. }
  ));
  ends(id).await;
  let mut late = operations.attach(id).await.unwrap();
  for (attached, first) in [(&mut early, 2), (&mut late, 1)] {
    let mut number = first;
    loop {
      let record = record(attached).await;
      assert_eq!(record.number, number);
      if matches!(record.event, Event::Ended { .. }) {
        break;
      }
      number += 1;
    }
    assert_eq!(
      attached.next().await.unwrap_err().kind,
      PortErrorKind::Refused
    );
  }
  until("there is nobody to speak to", async || {
    let said = early.say(&Message::Abort { actor: actor() }).await;
    (said.err()?.kind == PortErrorKind::Unreachable).then_some(())
  })
  .await;
  let recovered = operations.recover(id, Recovery::Resume, &actor()).await;
  assert_eq!(recovered.unwrap_err().kind, PortErrorKind::Refused);
}

/// A runner that died is said to be gone; its operation is taken up by one other. `dies` ends the
/// runner without a last word. Returns whoever followed, who goes on following.
pub(crate) async fn says_that_a_runner_is_gone(
  operations: &dyn Operations,
  plan: &Plan,
  begins: impl AsyncFnOnce(OperationId),
  dies: impl AsyncFnOnce(OperationId),
) -> Box<dyn Attachment> {
  let id = launched(operations, plan).await;
  begins(id).await;
  let mut attached = operations.attach(id).await.unwrap();
  assert!(matches!(
    record(&mut attached).await.event,
    Event::Begun { .. }
  ));
  dies(id).await;
  let gone = next(&mut attached).await;
  assert!(matches!(gone, Follow::RunnerGone), "{gone:?}");
  let again = operations.recover(id, Recovery::Rollback, &actor()).await;
  assert!(matches!(again, Ok(Launch::Started(same)) if same == id));
  let twice = operations.recover(id, Recovery::Rollback, &actor()).await;
  let Ok(Launch::Locked(Some(holder))) = twice else {
    panic!("{twice:?}");
  };
  assert_eq!(holder.operation, id);
  attached
}

/// Of an operation that never was nothing can be followed or recovered.
pub(crate) async fn knows_only_what_was_launched(operations: &dyn Operations) {
  let never = OperationId(5);
  let attached = operations.attach(never).await.err().unwrap();
  assert_eq!(attached.kind, PortErrorKind::Refused, "{attached}");
  let recovered = operations.recover(never, Recovery::Resume, &actor()).await;
  assert_eq!(recovered.unwrap_err().kind, PortErrorKind::Refused);
}
