//! The doctor names every defect of the setups in `tests/fixtures/doctor`, with file and line, and
//! nothing red in one without any.

use std::{collections::BTreeSet, fs, path::PathBuf};

use cutover::{
  adapters::surroundings::{Containers, HostSurroundings},
  engine::{
    doctor::{self, Facts},
    ports::Surroundings,
  },
  model::{
    finding::{
      Diagnosis, Finding,
      Hazard::{self, H, Hz},
      Severity::{self, Amber, Note, Red},
    },
    surroundings::{Machine, Terminal},
  },
};

use crate::support::*;

fn folder(name: &str) -> PathBuf {
  PathBuf::from(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/doctor"
  ))
  .join(name)
}

/// Diagnosed as a folder without a configuration; `tracked` is what git keeps of it.
async fn diagnosed(name: &str, tracked: &[&str]) -> Diagnosis {
  let around = HostSurroundings::new(folder(name), None, Terminal::default(), Containers::Unused);
  let mut files = around.files().await.expect("the fixture can be read");
  files.tracked = Some(tracked.iter().map(|path| (*path).to_owned()).collect());
  let diagnosis = doctor::examine(&Facts {
    now: base(),
    seen: None,
    files: &files,
    machine: &Machine::default(),
    known: Vec::new(),
    unseen: Vec::new(),
  });
  assert_eq!(diagnosis.not_looked_at, [], "{name}");
  diagnosis
}

/// What must be named: severity, hazard, words of it, file, and a piece of the line.
type Wanted = (Severity, Hazard, &'static str, &'static str, &'static str);

async fn names(name: &str, tracked: &[&str], wanted: &[Wanted]) {
  let found = diagnosed(name, tracked).await;
  let mut missing = Vec::new();
  for (severity, id, words, file, snippet) in wanted {
    // A link that dangles, and a state file that is only in git, have no text.
    let text = fs::read_to_string(folder(name).join(file)).unwrap_or_default();
    let is_it = |finding: &&Finding| {
      let place = finding.place.as_ref();
      let on_line = place.is_some_and(|place| {
        place.file.as_str() == *file
          && match place.line {
            Some(line) => text
              .lines()
              .nth(line - 1)
              .is_some_and(|it| it.contains(snippet)),
            None => snippet.is_empty(),
          }
      });
      finding.severity == *severity
        && finding.id == *id
        && finding.fault.what.as_str().contains(words)
        && on_line
    };
    if !found.findings.iter().any(|finding| is_it(&finding)) {
      missing.push(format!(
        "{} {id} '{words}' at {file}: {snippet}",
        severity.word()
      ));
    }
  }
  assert!(
    missing.is_empty(),
    "{name}: not named:\n{}\n\nfound:\n{}",
    missing.join("\n"),
    listed(&found)
  );
}

fn listed(found: &Diagnosis) -> String {
  let line = |finding: &Finding| {
    let place = finding.place.as_ref().map(ToString::to_string);
    format!(
      "{} {} {} @ {}",
      finding.severity.word(),
      finding.id,
      finding.fault.what,
      place.unwrap_or_default()
    )
  };
  found
    .findings
    .iter()
    .map(line)
    .collect::<Vec<_>>()
    .join("\n")
}

#[tokio::test]
async fn one_compose_file_with_a_switch_inside_the_proxy() {
  let compose = "docker-compose.bluegreen.yml";
  let switch = "scripts/switch-traffic.sh";
  let deploy = "deploy-zero-downtime";
  names(
    "ala",
    &[],
    &[
      (
        Red,
        Hz(5),
        "upstream-active.conf, which proxy mounts there, does not exist",
        "nginx/site.conf",
        "include",
      ),
      (
        Amber,
        Hz(5),
        "the image of proxy brings",
        "proxy/Dockerfile",
        "ln -s upstream-blue.conf",
      ),
      (
        Red,
        Hz(5),
        "mounted read-only",
        switch,
        "rm -f $ACTIVE && ln -s",
      ),
      (
        Red,
        Hz(2),
        "the host 'backend'",
        switch,
        "http://backend:5000",
      ),
      (
        Red,
        H(11),
        "../.current-env relative to wherever",
        switch,
        "> ../.current-env",
      ),
      (Red, Hz(23), "never reached", switch, "if [ $? -ne 0 ]"),
      (Amber, Hz(23), "never reached", deploy, "if [ $? -ne 0 ]"),
      (
        Red,
        Hz(25),
        "both answer to 'api' on network shop-network",
        compose,
        "- api",
      ),
      (
        Amber,
        Hz(15),
        "restarts 'always' and api-green 'no'",
        compose,
        "restart: \"no\"",
      ),
      (
        Amber,
        H(15),
        "both restart 'always'",
        compose,
        "restart: always",
      ),
      (Amber, H(30), "JWT_SECRET of api-blue", compose, "changeme"),
      (Amber, H(22), "without a backup", deploy, "skipping backup"),
      (Amber, H(23), "by their number", deploy, "tail -n +6"),
      (
        Amber,
        H(6),
        "stops the former slot",
        deploy,
        "stop \"api-$CURRENT\"",
      ),
      (
        Red,
        Hz(13),
        "docker compose down",
        "scripts/try-bluegreen.sh",
        " down",
      ),
      (
        Red,
        Hz(13),
        "--remove-orphans",
        "scripts/try-bluegreen.sh",
        "--remove-orphans",
      ),
      (Amber, Hz(17), "part of its name", deploy, "grep -q shop-db"),
      (Amber, Hz(1), "apart", deploy, ""),
    ],
  )
  .await;
}

#[tokio::test]
async fn a_file_for_each_slot_and_a_proxy_on_the_host_or_in_a_container() {
  let switch = "scripts/switch.sh";
  let proxy = "docker-compose.nginx.yml";
  names(
    "nocturna",
    &[],
    &[
      (Red, Hz(5), "depends on 'app-blue'", proxy, "- app-blue"),
      (
        Red,
        Hz(5),
        "shares no network with any slot",
        proxy,
        "networks: [web-network]",
      ),
      (
        Red,
        Hz(5),
        "'stars-prod-green-api'",
        "nginx/conf.d/upstream-green.conf",
        "stars-prod-green-api",
      ),
      (
        Amber,
        Hz(3),
        "both run stars-production:${IMAGE_TAG:-latest}",
        "docker-compose.green.yml",
        "image:",
      ),
      (
        Amber,
        Hz(12),
        "IMAGE_TAG chooses the version",
        "docker-compose.blue.yml",
        "image:",
      ),
      (
        Amber,
        Hz(18),
        "asks port 9000",
        "docker-compose.blue.yml",
        "healthcheck:",
      ),
      (
        Amber,
        Hz(7),
        "mounted into the proxy as a single file",
        switch,
        "upstream-active.conf",
      ),
      (
        Red,
        Hz(6),
        "tests it then, and never puts it back",
        switch,
        "cp \"$CONF_DIR/upstream-$SLOT.conf\"",
      ),
      (
        Amber,
        Hz(2),
        "asks the slot itself, not the proxy",
        switch,
        "curl -sf",
      ),
      (
        Amber,
        H(35),
        "the nginx of this host and one in a container",
        switch,
        "systemctl reload nginx",
      ),
      (
        Red,
        Hz(16),
        "goes on when the proxy's test or reload fails",
        switch,
        "nginx -s reload ||",
      ),
      (
        Red,
        Hz(16),
        "was not there to be changed",
        switch,
        "> \"$STATE\"",
      ),
      (
        Amber,
        Hz(17),
        "'stars-postgres', which no compose file here makes",
        "scripts/deploy.sh",
        "pg_isready",
      ),
      (
        Amber,
        Hz(18),
        "any answer for a good one",
        "scripts/deploy.sh",
        "curl -s ",
      ),
      (
        Amber,
        Hz(22),
        "before any health check and without a backup",
        "scripts/deploy.sh",
        "alembic upgrade head",
      ),
    ],
  )
  .await;
}

#[tokio::test]
async fn one_file_whose_proxy_names_both_slots() {
  let switch = "scripts/switch-to-green.sh";
  names(
    "cryoprotect",
    &["nginx/conf.d/active.conf"],
    &[
      (
        Amber,
        Hz(14),
        "lab-blue and lab-green",
        "nginx/nginx.conf",
        "upstream green",
      ),
      (
        Amber,
        H(10),
        "nginx depends on both slots",
        "docker-compose.blue-green.yml",
        "depends_on:",
      ),
      (
        Amber,
        Hz(12),
        "BLUE_VERSION",
        "docker-compose.blue-green.yml",
        "BLUE_VERSION:-latest",
      ),
      (Amber, Hz(17), "part of its name", switch, "--filter name="),
      (
        Amber,
        Hz(21),
        "add_header X-Environment",
        switch,
        "active.conf",
      ),
      (
        Red,
        Hz(4),
        "reloads without any test",
        switch,
        "active.conf",
      ),
      (Amber, Hz(2), "asks nobody", switch, "nginx -s reload"),
      (
        Red,
        Hz(5),
        "mounted read-only",
        "nginx/scripts/cutover.sh",
        "cp ",
      ),
      (
        Amber,
        Hz(2),
        "looking into",
        "nginx/scripts/cutover.sh",
        "grep -q",
      ),
      (
        Red,
        H(11),
        "never asks which slot is live",
        "scripts/rollback.sh",
        "stop \"lab-$ENVIRONMENT\"",
      ),
      (
        Red,
        H(11),
        "never asks which slot is live",
        "scripts/deploy-blue.sh",
        "stop lab-blue",
      ),
      (
        Red,
        Hz(22),
        "goes on when the migration has failed",
        "scripts/deploy-blue.sh",
        "the migration failed",
      ),
      (
        Amber,
        H(22),
        "without a backup",
        "scripts/deploy-blue.sh",
        "backup-database.sh",
      ),
      (
        Amber,
        Hz(23),
        "ends at the first slot",
        "scripts/check-health.sh",
        "check blue",
      ),
      (
        Amber,
        Hz(10),
        "active.conf says who is live and is kept in git",
        "nginx/conf.d/active.conf",
        "",
      ),
    ],
  )
  .await;
}

#[tokio::test]
async fn a_cluster_watched_by_sleeping_and_patched_in_two_ways() {
  names(
    "vcci",
    &[],
    &[
      (
        Amber,
        Hz(18),
        "sleeping 300 s",
        "scripts/blue-green-deploy.sh",
        "sleep 300",
      ),
      (
        Red,
        Hz(5),
        "different labels",
        "scripts/switch-by-hand.sh",
        "kubectl patch",
      ),
    ],
  )
  .await;
}

#[tokio::test]
async fn an_address_that_a_person_moves() {
  let deploy = "scripts/deploy-blue-green.sh";
  names(
    "mina",
    &[],
    &[
      (Amber, Hz(18), "sleeps 30 s", deploy, "sleep 30"),
      (
        Amber,
        Hz(22),
        "before any health check",
        deploy,
        "flask db upgrade",
      ),
      (
        Amber,
        Hz(2),
        "because somebody pressed Enter",
        deploy,
        "switch complete",
      ),
    ],
  )
  .await;
}

#[tokio::test]
async fn what_other_setups_add() {
  let (switch, hup) = ("scripts/switch.sh", "scripts/hup.sh");
  names(
    "more",
    &[".active-color"],
    &[
      (Red, Hz(24), "weight of 0", "nginx/active.conf", "weight=0"),
      (
        Red,
        Hz(24),
        "nothing but backup",
        "nginx/active.conf",
        "upstream spare",
      ),
      (
        Red,
        Hz(27),
        "points to /srv/shop/nginx/blue.conf",
        "nginx/links/current.conf",
        "",
      ),
      (
        Red,
        Hz(28),
        "settings.ini, which does not exist",
        "docker-compose.yml",
        "settings.ini",
      ),
      (
        Amber,
        H(1),
        "a shell is the first process",
        "docker-compose.yml",
        "command:",
      ),
      (
        Amber,
        H(30),
        "DATABASE_URL of web_blue",
        "docker-compose.yml",
        "hunter2",
      ),
      (
        Amber,
        H(32),
        "can use Docker",
        "docker-compose.yml",
        "docker.sock",
      ),
      (
        Amber,
        Hz(21),
        "differ in: EXTRA",
        "docker-compose.yml",
        "web_green:",
      ),
      (
        Amber,
        H(30),
        "DB_PASSWORD is written",
        switch,
        "DB_PASSWORD=",
      ),
      (
        Red,
        Hz(7),
        "puts another file in the place",
        switch,
        "sed -i",
      ),
      (
        Red,
        Hz(16),
        "before the proxy is reloaded",
        switch,
        ".active-color",
      ),
      (
        Amber,
        Hz(20),
        "a signal to a process id",
        switch,
        "kill -HUP",
      ),
      (
        Red,
        Hz(19),
        "restarts the proxy",
        switch,
        "docker restart proxy",
      ),
      (Note, H(31), "without verifying", switch, "curl -k"),
      (Red, Hz(13), "docker rm $(docker ps", switch, "docker rm -f"),
      (Red, Hz(13), "docker system prune", switch, "system prune"),
      (
        Red,
        H(4),
        "HUP to the proxy through Docker",
        hup,
        "docker kill",
      ),
      (Note, H(29), "git fetch", hup, "git fetch"),
      (Amber, H(22), "goes through a pipe", hup, "pg_dump"),
      (Amber, H(24), "over the database in use", hup, "psql shop"),
      (Amber, Hz(11), "takes the slot that runs", hup, "docker ps"),
    ],
  )
  .await;
}

#[tokio::test]
async fn a_setup_without_defects_has_nothing_red() {
  let found = diagnosed("clean", &[]).await;
  assert_eq!(found.count(Red), 0, "{}", listed(&found));
  assert_eq!(found.count(Amber), 0, "{}", listed(&found));
}

#[tokio::test]
async fn no_value_of_a_secret_is_ever_said() {
  for name in ["ala", "more"] {
    let text = format!("{:?}", diagnosed(name, &[]).await);
    for secret in ["hunter2", "correct-horse", "changeme"] {
      assert!(!text.contains(secret), "{name}: {secret}");
    }
  }
}

#[tokio::test]
async fn every_finding_says_why_and_what_to_do() {
  let mut ids = BTreeSet::new();
  for name in ["ala", "nocturna", "cryoprotect", "vcci", "mina", "more"] {
    for finding in diagnosed(name, &[]).await.findings {
      assert!(!finding.why.as_str().is_empty(), "{finding:?}");
      assert!(!finding.fault.fix.as_str().is_empty(), "{finding:?}");
      assert!(finding.place.is_some(), "{finding:?}");
      ids.insert(finding.id.to_string());
    }
  }
  assert!(ids.len() >= 25, "{ids:?}");
}
