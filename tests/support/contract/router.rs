//! What every proxy promises.

use cutover::{
  engine::ports::{PortErrorKind, Router},
  model::{
    Slot,
    operation::OperationId,
    router::{FileContent, NextFile, Sample},
  },
};

use super::until;

/// Until fresh connections are answered by `wanted`; the generation that it names.
pub(crate) async fn answers(router: &dyn Router, wanted: Slot) -> Option<u64> {
  until(&format!("{wanted} answers"), async || {
    match router.sample().await.unwrap() {
      Sample::Answered { slot, generation } if slot == wanted => Some(generation),
      _ => None,
    }
  })
  .await
}

async fn green(router: &dyn Router) -> NextFile {
  router.next(Slot::Green, 2, OperationId(7)).await.unwrap()
}

/// BLUE answers. A switch to GREEN is seen, tested, loaded and proven by its generation; what was
/// saved comes back byte for byte.
pub(crate) async fn switches_and_comes_back(router: &dyn Router) {
  answers(router, Slot::Blue).await;
  let facts = router.facts().await.unwrap();
  let file = facts.file.unwrap();
  assert!(facts.proxy.running && file.is_seen());
  assert_eq!((file.names, facts.test), (Some(Slot::Blue), Ok(())));

  let saved = router.save().await.unwrap();
  let next = green(router).await;
  assert!(!router.diff(&next).await.unwrap().is_empty());
  assert_eq!(
    router.save().await.unwrap().hash,
    saved.hash,
    "looking changed it"
  );

  router.write(&next).await.unwrap();
  assert_eq!(router.seen_inside().await.unwrap(), next.hash);
  answers(router, Slot::Blue).await;
  let before = router.workers().await.unwrap().active;
  router.test().await.unwrap();
  router.reload().await.unwrap();
  assert_eq!(answers(router, Slot::Green).await, Some(2));
  until("what is loaded is new", async || {
    let now = router.workers().await.unwrap().active;
    let new = !now.is_empty() && now.iter().all(|one| !before.contains(one));
    new.then_some(())
  })
  .await;

  router.restore(&saved).await.unwrap();
  router.reload().await.unwrap();
  answers(router, Slot::Blue).await;
  assert_eq!(router.save().await.unwrap(), saved);
}

/// A file that cannot be loaded is refused by the test; whatever a reload then claims, BLUE stays.
pub(crate) async fn keeps_the_old_for_a_bad_file(router: &dyn Router, bad: &str) {
  answers(router, Slot::Blue).await;
  let saved = router.save().await.unwrap();
  let mut next = green(router).await;
  next.content = FileContent::Text(bad.to_owned());
  router.write(&next).await.unwrap();
  let refused = router.test().await.unwrap_err();
  assert_eq!(refused.kind, PortErrorKind::Refused, "{refused}");
  assert!(!refused.detail.is_empty());
  assert!(router.facts().await.unwrap().test.is_err());
  // nginx's command reports success for what its master refuses.
  drop(router.reload().await);
  for _ in 0..5 {
    let sample = router.sample().await.unwrap();
    assert!(
      matches!(
        sample,
        Sample::Answered {
          slot: Slot::Blue,
          ..
        }
      ),
      "{sample:?}"
    );
  }
  router.restore(&saved).await.unwrap();
  router.test().await.unwrap();
}

/// Its proxy is gone: that is a fact and never an answer, and the file can still be put back.
pub(crate) async fn says_that_it_is_gone(router: &dyn Router, gone: impl AsyncFnOnce()) {
  answers(router, Slot::Blue).await;
  let saved = router.save().await.unwrap();
  router.write(&green(router).await).await.unwrap();
  gone().await;
  let facts = router.facts().await.unwrap();
  assert!(!facts.proxy.running, "{facts:?}");
  let file = facts.file.unwrap();
  assert_eq!((file.names, file.inside), (Some(Slot::Green), None));
  for error in [
    router.test().await.unwrap_err(),
    router.reload().await.unwrap_err(),
  ] {
    assert_eq!(error.kind, PortErrorKind::Unreachable, "{error}");
  }
  let sample = router.sample().await.unwrap();
  assert!(matches!(sample, Sample::Lost { .. }), "{sample:?}");
  router.restore(&saved).await.unwrap();
  assert_eq!(router.save().await.unwrap(), saved);
}
