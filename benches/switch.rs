//! What a switch costs, beside a plain script in the same run: `cp`, `nginx -t`, `nginx -s reload`.
//!
//! Run by hand: `cargo bench --features site --bench switch -- [switches]`. Prints the tables that
//! `docs/benchmarks.md` keeps. Needs Docker, like the stack tests whose site it uses.

#![allow(
  clippy::print_stdout,
  clippy::print_stderr,
  clippy::unwrap_used,
  clippy::expect_used,
  clippy::panic,
  reason = "a program that prints measurements; a failed one must end loudly"
)]

use std::{
  fs,
  io::{Read, Write},
  net::TcpStream,
  sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc,
  },
  thread,
  time::{Duration, Instant},
};

use serde_json::Value;

#[allow(
  dead_code,
  unreachable_pub,
  reason = "shared with the stack tests, which use all of it"
)]
#[path = "../tests/stack/support.rs"]
mod support;

use support::{Site, docker, lost};

const KINDS: &str = "new,keepalive,slow,post";

fn main() {
  let switches = std::env::args()
    .skip(1)
    .find_map(|word| word.parse().ok())
    .unwrap_or(50_usize);
  let site = Site::up(&[]);
  site
    .cutover(&["deploy", "--version", "1.1.0", "--yes", "--no-input"])
    .ok();
  let proxy = site.container("proxy");

  let script = measure(&site, switches, |to| Some(script_switch(&site, &proxy, to)));
  let ours = measure(&site, switches, |to| {
    site.cutover(&["switch", to, "--yes", "-q"]).ok();
    None
  });
  let proved = proofs(&site, switches);

  println!("\n{switches} switches each, under load\n");
  println!("| figure | plain script | cutover | ratio |");
  println!("|---|---|---|---|");
  row(
    "command to first answer of the new slot, median ms",
    median(&script.command),
    median(&ours.command),
  );
  row(
    "reload to first answer of the new slot, median ms",
    median(&script.reload),
    median(&proved.first),
  );
  row(
    "command to end, median ms",
    median(&script.whole),
    median(&ours.whole),
  );
  println!(
    "| reload to proved, median / p95 ms | never proved | {} / {} | |",
    median(&proved.proved),
    p95(&proved.proved)
  );
  for kind in KINDS.split(',') {
    println!(
      "| requests lost, {kind} | {} | {} | |",
      share(&script.ledger, kind),
      share(&ours.ledger, kind)
    );
  }

  let warm = rollbacks(&site, 20);
  println!(
    "\n20 warm rollbacks, command to verdict: median {} ms, p95 {} ms, slowest {} ms",
    median(&warm),
    p95(&warm),
    at(&warm, 100)
  );

  let deploys = deploys(&site, 5);
  println!("\n5 deploys each, from 'up' to ready, median ms\n");
  println!(
    "| plain compose, healthy twice | plain compose, healthy twice and up for 5 s | cutover | overhead over the second |"
  );
  println!("|---|---|---|---|");
  let (plain, stayed, engine) = (
    median(&deploys.healthy),
    median(&deploys.stayed),
    median(&deploys.engine),
  );
  println!(
    "| {plain} | {stayed} | {engine} | {:.1} % |",
    (ratio(engine, stayed) - 1.0) * 100.0
  );
}

#[derive(Default)]
struct Run {
  /// From the start of the command to the first answer of the new slot.
  command: Vec<u64>,
  /// From the start of the reload, where the runner of the switch can tell.
  reload: Vec<u64>,
  whole: Vec<u64>,
  ledger: Value,
}

fn measure(site: &Site, switches: usize, switch: impl Fn(&str) -> Option<Instant>) -> Run {
  let mut run = Run::default();
  let load = site.load(1200, KINDS);
  let mut live = site.proven();
  for _ in 0..switches {
    settle(site, &live);
    let to = if live == "blue" { "green" } else { "blue" };
    let watch = Watch::start(site, to);
    let began = Instant::now();
    let reloaded = switch(to);
    run.whole.push(millis(began.elapsed()));
    let first = watch.first();
    run.command.push(millis(first.duration_since(began)));
    if let Some(reloaded) = reloaded {
      run
        .reload
        .push(millis(first.saturating_duration_since(reloaded)));
    }
    to.clone_into(&mut live);
  }
  settle(site, &live);
  run.ledger = load.stop();
  run
}

/// Until only `live` answers: right after a reload the former workers still do.
fn settle(site: &Site, live: &str) {
  let address = address(site);
  let wanted = format!("\"env\":\"{live}\"");
  let began = Instant::now();
  let mut row = 0;
  while row < 20 {
    assert!(
      began.elapsed() < Duration::from_secs(30),
      "{live} never answered alone"
    );
    let there = ask(&address).is_some_and(|body| body.contains(&wanted));
    row = if there { row + 1 } else { 0 };
    thread::park_timeout(Duration::from_millis(10));
  }
}

/// When its reload began.
fn script_switch(site: &Site, proxy: &str, to: &str) -> Instant {
  fs::copy(
    site.path(&format!("nginx/upstream-{to}.conf")),
    site.path("nginx/upstream-active.conf"),
  )
  .expect("cp");
  docker(&["exec", proxy, "nginx", "-t"]).ok();
  let reloaded = Instant::now();
  docker(&["exec", proxy, "nginx", "-s", "reload"]).ok();
  fs::write(site.path(".current-env"), format!("{to}\n")).expect("the state file");
  reloaded
}

/// Asks the proxy on fresh connections until `to` answers.
struct Watch {
  found: mpsc::Receiver<Instant>,
  stop: Arc<AtomicBool>,
}

impl Watch {
  fn start(site: &Site, to: &str) -> Self {
    let address = address(site);
    let (tell, found) = mpsc::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let wanted = format!("\"env\":\"{to}\"");
    thread::spawn(move || {
      while !stopped.load(Ordering::Relaxed) {
        if ask(&address).is_some_and(|body| body.contains(&wanted)) {
          let _ = tell.send(Instant::now());
          return;
        }
        thread::park_timeout(Duration::from_millis(1));
      }
    });
    Self { found, stop }
  }

  fn first(self) -> Instant {
    let first = self
      .found
      .recv_timeout(Duration::from_secs(10))
      .expect("the new slot never answered");
    self.stop.store(true, Ordering::Relaxed);
    first
  }
}

fn address(site: &Site) -> String {
  let text = fs::read_to_string(&site.config).expect("cutover.toml");
  let url = text
    .lines()
    .find_map(|line| line.strip_prefix("url = \"http://"))
    .expect("the proof's url");
  url.split('/').next().expect("an address").to_owned()
}

fn ask(address: &str) -> Option<String> {
  let mut stream = TcpStream::connect(address).ok()?;
  stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
  stream
    .write_all(b"GET /api/health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
    .ok()?;
  let mut answer = String::new();
  stream.read_to_string(&mut answer).ok()?;
  Some(answer)
}

struct Proofs {
  first: Vec<u64>,
  proved: Vec<u64>,
}

/// What the journals of the newest switches say.
fn proofs(site: &Site, switches: usize) -> Proofs {
  let mut proofs = Proofs {
    first: Vec::new(),
    proved: Vec::new(),
  };
  let newest = site.newest();
  for number in (1..=newest).rev().take(switches) {
    for line in site.journal(number).lines() {
      let record: Value = serde_json::from_str(line).expect("a record");
      let ledger = &record["produced"]["ledger"];
      if let (Some(first), Some(proved)) = (
        ledger["first_millis"].as_u64(),
        ledger["proved_millis"].as_u64(),
      ) {
        proofs.first.push(first);
        proofs.proved.push(proved);
      }
    }
  }
  proofs
}

fn rollbacks(site: &Site, count: usize) -> Vec<u64> {
  (0..count)
    .map(|_| {
      let standby = if site.proven() == "blue" {
        "green"
      } else {
        "blue"
      };
      site.cutover(&["switch", standby, "--yes", "-q"]).ok();
      millis(site.cutover(&["rollback", "--yes", "-q"]).ok().took)
    })
    .collect()
}

/// What the engine asks of a container before it believes it; see `engine/step/wait_healthy.rs`.
const STAY_UP: chrono::Duration = chrono::Duration::seconds(5);

#[derive(Default)]
struct Deploys {
  /// A script that ends when both containers were healthy in two looks.
  healthy: Vec<u64>,
  /// The same script, until both have been up for `STAY_UP` as well.
  stayed: Vec<u64>,
  /// The engine's steps "start" and "wait until healthy".
  engine: Vec<u64>,
}

/// Recreating the standby: Compose and a loop over Docker's health, against the engine's two steps.
fn deploys(site: &Site, count: usize) -> Deploys {
  if site.proven() == "green" {
    site.cutover(&["rollback", "--yes"]).ok();
  }
  without_migration(site);
  let mut deploys = Deploys::default();
  for round in 0..count {
    let version = if round % 2 == 0 { "1.2.0" } else { "1.1.0" };
    let (healthy, stayed) = plain_deploy(site, version);
    deploys.healthy.push(healthy);
    deploys.stayed.push(stayed);
    let other = if round % 2 == 0 { "1.1.0" } else { "1.2.0" };
    site
      .cutover(&["deploy", "--version", other, "--yes", "--no-input", "-q"])
      .ok();
    let journal = site.journal(site.newest());
    let steps: u64 = journal
      .lines()
      .map(|line| serde_json::from_str::<Value>(line).expect("a record"))
      .filter(|record| {
        record["event"] == "step-finished"
          && (record["produced"]["produced"] == "started"
            || record["produced"]["produced"] == "healthy")
      })
      .filter_map(|record| record["millis"].as_u64())
      .sum();
    deploys.engine.push(steps);
  }
  deploys
}

/// The script migrates nothing; between start and health a migration would hide part of the wait.
fn without_migration(site: &Site) {
  let text = fs::read_to_string(&site.config).expect("cutover.toml");
  let kept: Vec<&str> = text
    .lines()
    .filter(|line| !line.starts_with("migrate = "))
    .collect();
  assert_ne!(
    kept.len(),
    text.lines().count(),
    "no migration was left out"
  );
  fs::write(&site.config, kept.join("\n")).expect("cutover.toml");
}

/// How long until both were healthy twice, and until they had stayed up as well.
fn plain_deploy(site: &Site, version: &str) -> (u64, u64) {
  let began = Instant::now();
  support::run(
    std::process::Command::new("docker-compose")
      .current_dir(&site.dir)
      .env("GREEN_VERSION", version)
      .args(["-p", &site.project(), "-f"])
      .args(["docker-compose.bluegreen.yml", "up", "-d", "--no-deps"])
      .args(["api-green", "frontend-green"]),
  )
  .ok();
  let names = [
    site.container("api-green"),
    site.container("frontend-green"),
  ];
  let look = |format: &str, of: fn(&str) -> bool| {
    names.iter().all(|name| {
      let seen = docker(&["inspect", "-f", format, name]).stdout;
      of(seen.trim())
    })
  };
  let mut row = 0;
  while row < 2 {
    let healthy = look("{{.State.Health.Status}}", |seen| seen == "healthy");
    row = if healthy { row + 1 } else { 0 };
    if row < 2 {
      thread::park_timeout(Duration::from_secs(1));
    }
  }
  let healthy = millis(began.elapsed());
  while !look("{{.State.StartedAt}}", |seen| {
    chrono::DateTime::parse_from_rfc3339(seen)
      .is_ok_and(|started| chrono::Utc::now() - started.to_utc() >= STAY_UP)
  }) {
    thread::park_timeout(Duration::from_millis(100));
  }
  (healthy, millis(began.elapsed()))
}

fn row(name: &str, script: u64, ours: u64) {
  println!(
    "| {name} | {script} | {ours} | {:.2} |",
    ratio(ours, script)
  );
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds, far below 2^52")]
fn ratio(ours: u64, theirs: u64) -> f64 {
  ours as f64 / theirs.max(1) as f64
}

fn share(ledger: &Value, kind: &str) -> String {
  format!(
    "{} of {}",
    lost(ledger, kind),
    ledger["kinds"][kind]["sent"]
  )
}

fn millis(duration: Duration) -> u64 {
  u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn median(values: &[u64]) -> u64 {
  at(values, 50)
}

fn p95(values: &[u64]) -> u64 {
  at(values, 95)
}

fn at(values: &[u64], percent: usize) -> u64 {
  let mut sorted = values.to_vec();
  sorted.sort_unstable();
  let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
  sorted.get(index).copied().unwrap_or(0)
}
