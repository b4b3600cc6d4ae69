//! What is started, and what is refused before anything is.

use cutover::{
  engine::ports::{PortErrorKind, Runtime},
  model::{Slot, container::ContainerState, evidence::Pins, plan::ImageSource},
};

use crate::fixture::{TestSite, docker, only, version};

#[tokio::test]
async fn a_start_runs_the_pinned_image_whatever_the_tag_says_later_and_leaves_the_other_slot_alone()
{
  let site = TestSite::new();
  let runtime = site.runtime();
  let facts = runtime.facts().await.unwrap();
  assert!(facts.engine.as_str().starts_with("Docker "), "{facts:?}");

  let blue = site.start(Slot::Blue, "1.0.0").await;
  assert_eq!(blue.state, ContainerState::Running);
  assert_eq!(blue.service, "api");
  assert_eq!(blue.version, Some(version("1.0.0")));
  assert_eq!(blue.restart_policy, "unless-stopped");
  assert!(!blue.addresses.is_empty());

  let green = site.start(Slot::Green, "1.1.0").await;
  assert_eq!(green.version, Some(version("1.1.0")));
  assert!(green.tty);
  assert_ne!(green.image_id, blue.image_id);

  docker(&["tag", &site.image("1.1.0"), &site.image("1.0.0")]);
  let pins = Pins {
    slot: Slot::Blue,
    version: version("1.0.0"),
    at: chrono::Utc::now(),
    images: vec![cutover::model::evidence::ServiceImage {
      service: "api".into(),
      reference: site.image("1.0.0"),
      id: blue.image_id.clone(),
    }],
  };
  runtime.start(&pins, &|_| ()).await.unwrap();
  let again = only(runtime.containers(Slot::Blue).await.unwrap());
  assert_eq!((&again.id, &again.image_id), (&blue.id, &blue.image_id));
  assert_eq!(
    only(runtime.containers(Slot::Green).await.unwrap()).id,
    green.id
  );
}

#[tokio::test]
async fn pins_that_are_not_those_of_the_file_start_nothing() {
  let site = TestSite::new();
  let mut pins = site.pins(Slot::Blue, "1.0.0").await;
  pins.images = site
    .runtime()
    .images(Slot::Blue, &version("1.1.0"))
    .await
    .unwrap();
  let error = site.runtime().start(&pins, &|_| ()).await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.to_string().contains("deploy again"), "{error}");
  assert!(
    site
      .runtime()
      .containers(Slot::Blue)
      .await
      .unwrap()
      .is_empty()
  );
}

#[tokio::test]
async fn what_would_stop_a_deploy_is_named_before_anything_changes() {
  let site = TestSite::new();
  let runtime = site.runtime();
  let none = runtime
    .preflight(Slot::Blue, &version("1.0.0"), ImageSource::Pull)
    .await
    .unwrap();
  assert!(none.is_empty(), "{none:?}");

  let missing = runtime
    .images(Slot::Blue, &version("7.7.7"))
    .await
    .unwrap_err();
  assert_eq!(missing.kind, PortErrorKind::Refused);
  assert!(
    missing.to_string().contains(&site.image("7.7.7")),
    "{missing}"
  );

  let _listener = std::net::TcpListener::bind(("127.0.0.1", site.port)).unwrap();
  let taken = runtime
    .preflight(Slot::Blue, &version("1.0.0"), ImageSource::Pull)
    .await
    .unwrap();
  assert_eq!(taken.len(), 1, "{taken:?}");
  assert!(
    taken[0]
      .fault
      .what
      .as_str()
      .contains(&site.port.to_string())
  );

  let lines = runtime.command_lines(Slot::Blue, &version("1.1.0"), ImageSource::Build);
  assert!(
    lines[0].starts_with("BLUE_VERSION=1.1.0 ") && lines[0].ends_with("build api-blue"),
    "{lines:?}"
  );
  assert!(
    lines[1].contains("up -d --no-deps --no-build") && lines[1].ends_with("api-blue"),
    "{lines:?}"
  );
}

#[tokio::test]
async fn a_second_container_of_a_service_is_refused_by_name() {
  let site = TestSite::new();
  site.start(Slot::Blue, "1.0.0").await;
  let labels = [
    format!("com.docker.compose.project={}", site.name),
    "com.docker.compose.service=api-blue".to_owned(),
  ];
  let double = format!("{}-double", site.name);
  docker(&[
    "create",
    "--name",
    &double,
    "--label",
    &labels[0],
    "--label",
    &labels[1],
    &site.image("1.0.0"),
  ]);
  let error = site.runtime().containers(Slot::Blue).await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Misconfigured);
  assert!(error.to_string().contains(&double), "{error}");
}

#[tokio::test]
async fn a_start_that_changes_the_other_slot_says_so_loudly() {
  let site = TestSite::new();
  let green = site.start(Slot::Green, "1.0.0").await;
  let pins = site.pins(Slot::Blue, "1.0.0").await;
  let done = std::sync::Once::new();
  let meddle = |_: &str| {
    done.call_once(|| {
      docker(&["rm", "-f", &green.id.0]);
    });
  };
  let error = site.runtime().start(&pins, &meddle).await.unwrap_err();
  assert_eq!(error.kind, PortErrorKind::Unexpected);
  assert!(
    error.detail.contains("CHANGED THE CONTAINERS OF GREEN"),
    "{error}"
  );
  assert!(error.detail.contains(green.id.short()), "{error}");
}
