//! What is made of a configuration without faults.

use std::{collections::BTreeMap, path::Path, time::Duration};

use cutover::{
  config::{self, Origins, Override, Overrides, Proof, ProofBy, SmokeBody, SwitchFile, Via},
  model::Slot,
};

use crate::{BASE, BASE_FILES, folder, load, messages, nothing, understood, write};

#[test]
fn a_site_is_resolved_for_both_slots_with_absolute_paths() {
  let folder = folder(&BASE_FILES);
  let file = folder.path().join("cutover.toml");
  write(&file, BASE);
  let site = load(&file).unwrap_or_else(|faults| panic!("{faults}"));
  assert_eq!(site.root, folder.path());
  assert_eq!(site.state, folder.path().join(".cutover"));
  let api = site.service("api").expect("the service");
  assert_eq!(
    (api.name.blue.as_str(), api.name.green.as_str()),
    ("api-blue", "api-green")
  );
  let check = api.check.green.as_ref().expect("its check");
  assert_eq!(check.url.as_deref(), Some("http://127.0.0.1:8082/health"));
  assert_eq!(
    (check.via, check.consecutive, check.timeout),
    (Via::Host, 2, Duration::from_mins(2))
  );
  assert_eq!(
    site.slots[Slot::Green].url.as_deref(),
    Some("http://127.0.0.1:8082")
  );
  let SwitchFile::Copy { from, to } = &site.router.switch else {
    panic!("a copy")
  };
  assert_eq!(from.green, folder.path().join("up-green.conf"));
  assert_eq!(*to, folder.path().join("active.conf"));
  let Proof {
    by: ProofBy::Header { name, value },
    samples: 20,
    ..
  } = &site.proof
  else {
    panic!("a header")
  };
  assert_eq!((name.as_str(), value.green.as_str()), ("X-Slot", "green"));
  assert_eq!(site.proof.over, Duration::from_millis(300));
  assert_eq!(
    (site.deploy.gate, site.deploy.evidence),
    (Duration::from_hours(1), Duration::from_mins(30))
  );
}

#[test]
fn values_come_from_flags_before_environment_before_file_before_defaults() {
  let folder = folder(&BASE_FILES);
  let file = folder.path().join("cutover.toml");
  write(
    &file,
    &BASE.replace("drain = \"15s\"", "after = \"${AFTER:-2h}\""),
  );
  let machine = folder.path().join("config.toml");
  write(
    &machine,
    "[deploy]\ngate = \"10m\"\nevidence = \"20m\"\n[retire]\ndrain = \"1s\"\nafter = \"1s\"\n",
  );
  let environment = |name: &str| match name {
    "CUTOVER_DEPLOY_EVIDENCE" => Some("25m".to_owned()),
    "CUTOVER_PROOF_SAMPLES" => Some("30".to_owned()),
    _ => None,
  };
  let flag = |key: &str, value: &str| Override {
    key: key.to_owned(),
    flag: "--flag".to_owned(),
    value: value.to_owned(),
  };
  let mut overrides = Overrides {
    defaults: vec![folder.path().join("absent.toml"), machine],
    flags: vec![flag("proof.samples", "40")],
  };
  let loaded = config::load_settings(&file, &overrides, &environment)
    .unwrap_or_else(|faults| panic!("{faults}"));
  let site = &loaded.site;
  assert_eq!(site.deploy.gate, Duration::from_mins(10));
  assert_eq!(site.deploy.evidence, Duration::from_mins(25));
  assert_eq!(
    (site.retire.drain, site.retire.after),
    (Duration::from_secs(1), Duration::from_hours(2))
  );
  assert_eq!(site.proof.samples, 40);
  let shown = config::show(&loaded, Origins::Show);
  let folder = folder.path().display();
  for line in [
    format!("name = \"shop\"  # {folder}/cutover.toml:1"),
    format!("gate = \"10m\"  # {folder}/config.toml:2"),
    "evidence = \"25m\"  # environment CUTOVER_DEPLOY_EVIDENCE".to_owned(),
    "samples = 40  # flag --flag".to_owned(),
    "after = \"2h\"  # default of ${AFTER}".to_owned(),
    "then = \"keep\"  # default".to_owned(),
    "name.green = \"api-green\"  # default".to_owned(),
  ] {
    assert!(
      shown.lines().any(|shown| shown == line),
      "{line}\nis not in\n{shown}"
    );
  }
  overrides.flags = vec![flag("router.service", "other"), flag("deploy.gate", "soon")];
  let told = messages(&config::load(&file, &overrides, &environment));
  assert_eq!(told[0], "router.service: this key cannot be set by a flag");
  assert!(
    told[1].starts_with("deploy.gate: 'soon' is not a duration"),
    "{told:?}"
  );
}

#[test]
fn a_secret_from_the_environment_file_is_used_and_never_shown() {
  let folder = folder(&BASE_FILES);
  let file = folder.path().join("cutover.toml");
  write(
    &folder.path().join(".env"),
    "SMOKE_TOKEN='tok-123456'\nDB_PASSWORD=hunter22\nLANG=plainvalue\n",
  );
  let text = BASE.replace("[runtime]", "[runtime]\nenv_file = \".env\"")
    + "headers = { Authorization = \"Bearer ${SMOKE_TOKEN}\", X-Lang = \"${LANG}\" }\nmethod = \"POST\"\njson = { pin = \"${DB_PASSWORD}!\", password = 1234 }\n";
  write(&file, &text);
  let loaded = config::load_settings(&file, &Overrides::default(), &nothing)
    .unwrap_or_else(|faults| panic!("{faults}"));
  let SmokeBody::Request(request) = &loaded.site.smoke[0].body else {
    panic!("a request")
  };
  assert_eq!(request.headers["Authorization"], "Bearer tok-123456");
  assert_eq!(request.headers["Content-Type"], "application/json");
  assert_eq!(
    request.body.as_deref(),
    Some("{\"password\":1234,\"pin\":\"hunter22!\"}")
  );
  assert_eq!(loaded.site.secrets.0, ["tok-123456", "hunter22"]);
  let shown = config::show(&loaded, Origins::Show);
  assert!(
    !shown.contains("tok-123456") && !shown.contains("hunter22") && !shown.contains("1234"),
    "{shown}"
  );
  assert!(shown.contains("pin = \"********!\""), "{shown}");
  assert!(
    shown.contains("X-Lang = \"plainvalue\"  # env_file LANG"),
    "{shown}"
  );
}

#[test]
fn a_smoke_test_sends_json_and_expects_what_expect_says() {
  let text = format!(
    "{BASE}method = \"POST\"\njson = {{ identifier = \"a\" }}\nstatus = 201\n\
     expect = {{ json = {{ user.id = 7 }}, contains = \"x\" }}\ncapture = {{ id = \"user.id\" }}\n\
     [[smoke]]\nurl = \"/u/${{capture.id}}\"\nthrough = \"router\"\n[[smoke]]\ncommand = [\"./s\", \"{{color}}\"]\n"
  );
  let site = understood(&text);
  let SmokeBody::Request(first) = &site.smoke[0].body else {
    panic!("a request")
  };
  assert_eq!(first.body.as_deref(), Some("{\"identifier\":\"a\"}"));
  assert_eq!(
    (first.expect.status, first.expect.contains.as_deref()),
    (Some(201), Some("x"))
  );
  assert_eq!(
    first.expect.json,
    BTreeMap::from([("user.id".to_owned(), 7.into())])
  );
  let SmokeBody::Request(second) = &site.smoke[1].body else {
    panic!("a request")
  };
  assert_eq!(
    (second.url.blue.as_str(), second.through_router),
    ("/u/${capture.id}", true)
  );
  assert_eq!(site.smoke[1].name, "GET /u/${capture.id}");
  let SmokeBody::Command { command, within } = &site.smoke[2].body else {
    panic!("a command")
  };
  assert_eq!(
    (command.green.join(" "), *within),
    ("./s green".to_owned(), Duration::from_mins(1))
  );
}

#[test]
fn a_hole_filled_from_outside_is_not_searched_for_more_holes() {
  let text = BASE.replace(
    "header = \"X-Slot\"",
    "header = \"X-Slot\"\nvalue = \"${V}-{color}\"",
  );
  let lookup = |_: &str| Some("{other}${X}".to_owned());
  let loaded = config::load_text(&text, Path::new("c.toml"), &|name| {
    (name == "V").then(|| lookup(name)).flatten()
  });
  let site = loaded.unwrap_or_else(|faults| panic!("{faults}")).site;
  let ProofBy::Header { value, .. } = &site.proof.by else {
    panic!("a header")
  };
  assert_eq!(value.blue, "{other}${X}-blue");
}
