//! Small things to remember: a plan, its order, and what a ledger keeps.

use chrono::{DateTime, Utc};
use cutover::{
  adapters::actor::actor,
  model::{
    Slot,
    container::ImageId,
    event::{Event, Produced},
    evidence::{Evidence, LiveRecord, Pins, ServiceImage},
    operation::{Kind, OperationId},
    plan::{OnFailure, Order, Plan, Premise, Risk},
    router::FileHash,
  },
};

pub(crate) fn moment() -> DateTime<Utc> {
  DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

pub(crate) fn plan() -> Plan {
  Plan {
    schema: 1,
    kind: Kind::Switch,
    site: "shop".into(),
    target: Some(Slot::Green),
    from: Some(Slot::Blue),
    version: None,
    from_version: None,
    steps: Vec::new(),
    premise: Premise {
      live: Some(Slot::Blue),
      managed: None,
      untouched: Vec::new(),
      undoes: None,
    },
    risk: Risk::Green,
    word: None,
    warnings: Vec::new(),
    notes: Vec::new(),
    on_failure: OnFailure::KeepForInspection,
    reason: None,
    preempts: None,
  }
}

pub(crate) fn order(id: u32) -> Order {
  Order {
    id: OperationId(id),
    plan: plan(),
    actor: actor(),
    at: moment(),
  }
}

pub(crate) fn live(slot: Slot, operation: u32) -> LiveRecord {
  LiveRecord {
    live: slot,
    previous: Some(slot.other()),
    generation: u64::from(operation),
    since: moment(),
    operation: OperationId(operation),
    moved_by: None,
    version: None,
    previous_version: None,
    containers: Vec::new(),
    previous_containers: Vec::new(),
    managed: FileHash("00".into()),
    schema_head: None,
  }
}

pub(crate) fn evidence(slot: Slot, operation: u32) -> Evidence {
  Evidence {
    slot,
    version: "1.9".parse().ok(),
    operation: OperationId(operation),
    at: moment(),
    containers: Vec::new(),
    smoke: Vec::new(),
    smoke_skipped: Some("there is none".into()),
    schema_head: None,
  }
}

pub(crate) fn pins(slot: Slot, version: &str, digest: &str) -> Pins {
  Pins {
    slot,
    version: version.parse().unwrap(),
    at: moment(),
    images: vec![ServiceImage {
      service: "api".into(),
      reference: format!("shop-api:v{version}"),
      id: ImageId(format!("sha256:{digest}")),
    }],
  }
}

/// As a deploy writes down that it pinned.
pub(crate) fn pinned(pins: Pins) -> Event {
  Event::StepFinished {
    index: 0,
    produced: Produced::Pinned { pins },
    millis: 1,
  }
}
