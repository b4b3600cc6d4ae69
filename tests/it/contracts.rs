//! The engine's fakes keep the promises of what they stand for.

use std::sync::Arc;

use cutover::{
  engine::ports::{Clock, Journal, Ledger, Runtime},
  model::{
    Slot,
    container::Container,
    event::Event,
    evidence::Pins,
    log_line::LogEntry,
    offer::SourceTag,
    operation::{OperationId, Outcome, Verdict},
    plan::{MigrateWhen, Order},
  },
};

use crate::{
  contract::{
    commands, database,
    ledger::{self, Desk},
    operations, probe,
    records::plan,
    router, runtime,
  },
  support::{
    Behavior, FakeSite, Front, SiteBuilder, actor, ala, base, database::FakeDatabase,
    ledger::FakeJournal,
  },
};

/// Both slots run; the proxy answers with its marker.
fn marked() -> Arc<FakeSite> {
  let fake = FakeSite::new(SiteBuilder::new().marker().build());
  fake.state().create(Slot::Green, "1.1", chrono::Utc::now());
  fake
}

#[tokio::test(start_paused = true)]
async fn the_fake_proxy_keeps_the_contract() {
  router::switches_and_comes_back(&*marked()).await;
  router::keeps_the_old_for_a_bad_file(&*marked(), "server nobody;\n").await;
  let fake = marked();
  router::says_that_it_is_gone(&*fake, async || fake.state().proxy.running = false).await;
}

async fn pins(fake: &FakeSite, version: &str) -> Pins {
  let version = version.parse().unwrap();
  Pins {
    slot: Slot::Green,
    images: fake.images(Slot::Green, &version).await.unwrap(),
    version,
    at: chrono::Utc::now(),
  }
}

#[tokio::test(start_paused = true)]
async fn the_fake_runtime_keeps_the_contract() {
  let fake = ala();
  let pins = pins(&fake, "1.1").await;
  runtime::stops_and_wakes_the_same(&*fake, &pins).await;
  runtime::starts_only_what_does_not_run(&*fake, &pins).await;
  let id = fake.containers(Slot::Green).await.unwrap();
  let first = id.iter().min_by_key(|found| &found.service).unwrap();
  for text in ["one", "two", "three"] {
    let at = Some(fake.now());
    let mut state = fake.state();
    let log = state.logs.entry(first.id.clone()).or_default();
    log.say(LogEntry {
      at,
      text: text.into(),
    });
  }
  runtime::follows_a_log_to_its_end(&*fake, &pins, &["one", "three", "two"]).await;
}

impl Desk for Arc<FakeSite> {
  fn ledger(&self) -> &dyn Ledger {
    &**self
  }

  fn work(&self, order: &Order, work: &mut dyn FnMut(&dyn Journal)) {
    if self.order(order.id).unwrap().is_none() {
      self.state().ledger.orders.push(order.clone());
    }
    self.takes_up(order);
    work(&FakeJournal {
      site: self.clone(),
      id: order.id,
    });
    self.state().ledger.lock = None;
  }
}

#[test]
fn the_fake_ledger_keeps_the_contract() {
  ledger::has_no_past_at_first(&*ala());
  ledger::gives_back_the_newest_of_what_was_put(&*ala());
  let fake = ala();
  ledger::keeps_the_teams_state_file(&*fake, &|text| {
    fake.state().ledger.state_file = text.map(str::to_owned);
  });
  ledger::finds_pins_again(&ala());
  ledger::lists_operations_newest_first(&ala());
  ledger::numbers_records_and_keeps_them(&ala());
  ledger::names_who_holds_the_lock(&ala());
  ledger::shows_consoles_while_they_are_open(&*ala());
  ledger::stamps_what_is_written(&ala());
}

#[tokio::test(start_paused = true)]
async fn the_fake_database_keeps_the_contract() {
  let fresh = || {
    FakeDatabase(FakeSite::new(
      SiteBuilder::new().database(MigrateWhen::AfterStart).build(),
    ))
  };
  database::lists_the_newest_backup_first(&fresh()).await;
  let fake = fresh();
  database::restores_beside_and_swaps_by_name(&fake, async || fake.0.state().server.grow()).await;
  database::lets_one_migration_in(&fresh()).await;
}

#[tokio::test(start_paused = true)]
async fn the_fake_commands_keep_the_contract() {
  let fake = FakeSite::new(SiteBuilder::new().builds().build());
  let hook = ["hook".to_owned()];
  for exit_code in [0, 7] {
    fake.state().hook_exit = exit_code;
    commands::tells_how_a_command_ended(&*fake, &hook, &["said hunter2hunter2"], exit_code).await;
  }
  fake.state().hook_takes = std::time::Duration::from_hours(1);
  commands::ends_a_command_at_its_deadline(&*fake, &hook).await;
  fake.state().tags = [("3.0", 2), ("3.1", 3), ("1.0", 1)]
    .map(|(version, day)| SourceTag {
      version: version.parse().unwrap(),
      at: Some(base() + chrono::Duration::days(day)),
    })
    .into();
  commands::lists_tags_newest_first(&*fake, &["3.1", "3.0", "1.0"]).await;
  commands::brings_the_source_to_a_version(&*fake, "3.0").await;
  commands::has_no_source_where_none_is_configured(&*ala()).await;
}

async fn only(fake: &FakeSite, version: &str, behavior: Behavior) -> Container {
  fake.state().versions.insert(version.into(), behavior);
  fake.state().create(Slot::Green, version, base());
  fake.containers(Slot::Green).await.unwrap().remove(0)
}

#[tokio::test(start_paused = true)]
async fn the_fake_probe_keeps_the_contract() {
  let fake = ala();
  let site = fake.state().site.clone();
  let check = site.services[0].check[Slot::Green].clone().unwrap();
  let test = &site.smoke[0];
  let all = async || fake.containers(Slot::Green).await.unwrap();
  let good = only(&fake, "3.0", Behavior::Good).await;
  probe::passes_a_good_answer(&*fake, Slot::Green, &good, &check).await;
  probe::says_that_a_container_does_not_run(&*fake, Slot::Green, &good, &check).await;
  probe::judges_a_smoke_command_by_its_exit(&*fake, Slot::Green, &all().await, test, 0).await;
  let bad = only(&fake, "3.1", Behavior::NeverHealthy).await;
  probe::says_what_was_expected_and_what_came(&*fake, Slot::Green, &bad, &check).await;
  only(&fake, "3.2", Behavior::SmokeFails).await;
  probe::judges_a_smoke_command_by_its_exit(&*fake, Slot::Green, &all().await, test, 1).await;
}

fn begun() -> Event {
  Event::Begun {
    plan_hash: plan().hash(),
    actor: actor(),
    boot_id: "boot".into(),
    runner_pid: 99,
  }
}

fn ended() -> Event {
  Event::Ended {
    verdict: Verdict {
      outcome: Outcome::Cancelled,
      summary: "it was asked to".into(),
      live: None,
      next: Vec::new(),
    },
  }
}

#[tokio::test(start_paused = true)]
async fn the_fake_front_end_keeps_the_contract_of_operations() {
  let fake = ala();
  let (front, _ears) = Front::of(&fake);
  let write = |id: OperationId, event: &Event| {
    let site = fake.clone();
    FakeJournal { site, id }.write(event).unwrap();
  };
  operations::follows_from_the_first_record_to_the_end(
    &front,
    &plan(),
    async |id| write(id, &begun()),
    async |id| {
      write(id, &ended());
      fake.state().ledger.lock = None;
    },
  )
  .await;
  operations::knows_only_what_was_launched(&front).await;
  operations::says_that_a_runner_is_gone(
    &front,
    &plan(),
    async |id| write(id, &begun()),
    async |_| {
      fake.state().ledger.lock = None;
    },
  )
  .await;
}
