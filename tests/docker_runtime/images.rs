//! Images: found, pulled, built, pinned and kept.

use std::{process::Command, sync::Mutex};

use cutover::{
  engine::ports::{PortErrorKind, Runtime},
  model::{Slot, plan::ImageSource},
};

use crate::fixture::{TestSite, docker, only, version};

/// Ours alone: other tests share this Docker.
fn prune(site: &TestSite) {
  let label = format!("label=site={}", site.name);
  docker(&["image", "prune", "-f", "--filter", &label]);
}

fn is_here(image: &str) -> bool {
  let asked = Command::new("docker")
    .args(["image", "inspect", image])
    .output()
    .unwrap();
  asked.status.success()
}

#[tokio::test]
async fn a_pinned_image_outlives_its_tag_and_a_prune_until_it_is_no_longer_kept() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let old = site.pins(Slot::Blue, "1.0.0").await;
  let new = site.pins(Slot::Blue, "1.1.0").await;
  let (old_id, new_id) = (&old.images[0].id.0, &new.images[0].id.0);
  let both = [new.clone(), old.clone()];
  for _ in 0..2 {
    runtime.keep_images(Slot::Blue, &both).await.unwrap();
  }
  // The team builds on: both tags name something else now.
  site.import("2.0.0");
  for moved in ["1.0.0", "1.1.0"] {
    docker(&["tag", &site.image("2.0.0"), &site.image(moved)]);
  }
  prune(&site);
  assert!(
    is_here(old_id) && is_here(new_id),
    "a prune took a pinned image"
  );

  let pins = site.repin(&old);
  runtime.start(&pins, &|_| ()).await.unwrap();
  let running = only(runtime.containers(Slot::Blue).await.unwrap());
  assert_eq!(running.image_id.0, *old_id);

  // In use: its name stays until the containers are gone.
  runtime
    .keep_images(Slot::Blue, std::slice::from_ref(&new))
    .await
    .unwrap();
  assert!(is_here(old_id));
  docker(&["rm", "-f", &running.id.0]);
  runtime
    .keep_images(Slot::Blue, std::slice::from_ref(&new))
    .await
    .unwrap();
  prune(&site);
  assert!(
    !is_here(old_id),
    "what is no longer kept is not kept for ever"
  );
  assert!(is_here(new_id));

  // An older one that is gone does not keep the newer ones from being kept.
  runtime.keep_images(Slot::Blue, &both).await.unwrap();
  let none = runtime.keep_images(Slot::Blue, &[old]).await.unwrap_err();
  assert_eq!(none.kind, PortErrorKind::Refused, "{none}");
}

#[tokio::test]
async fn images_that_are_here_are_not_pulled_and_those_that_are_nowhere_say_so() {
  let site = TestSite::new();
  let heard = Mutex::new(String::new());
  let notes = |line: &str| heard.lock().unwrap().push_str(line);
  let runtime = site.runtime();
  runtime
    .prepare(Slot::Green, &version("1.1.0"), ImageSource::Pull, &notes)
    .await
    .unwrap();
  assert!(heard.lock().unwrap().contains("nothing to pull"));
  let error = runtime
    .prepare(
      Slot::Green,
      &version("1.1.0"),
      ImageSource::Recorded,
      &|_| (),
    )
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Refused);
}

#[tokio::test]
async fn an_image_that_is_nowhere_fails_the_pull_with_the_first_cause() {
  let site = TestSite::new();
  let error = site
    .runtime()
    .prepare(Slot::Blue, &version("7.7.7"), ImageSource::Pull, &|_| ())
    .await
    .unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Refused);
  assert!(error.doing.contains("pull --quiet api-blue"), "{error}");
  assert!(error.detail.to_ascii_lowercase().contains("err"), "{error}");
}

#[tokio::test]
async fn a_build_is_resolved_to_what_was_built() {
  let site = TestSite::new();
  let dockerfile = format!("FROM {}\nLABEL built=here\n", site.image("1.0.0"));
  std::fs::write(site.root().join("Dockerfile"), dockerfile).unwrap();
  let images = site
    .runtime()
    .prepare(Slot::Blue, &version("2.0.0"), ImageSource::Rebuild, &|_| ())
    .await
    .unwrap();
  assert_eq!(images.len(), 1);
  assert_eq!(images[0].reference, site.image("2.0.0"));
  let label = docker(&[
    "image",
    "inspect",
    "-f",
    "{{.Config.Labels.built}}",
    &images[0].id.0,
  ]);
  assert_eq!(label, "here");
}
