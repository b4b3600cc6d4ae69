//! An operation as it happens: one or a few lines for each record, the same on a terminal and in
//! CI. Pure: times come from the records and from whoever asks for a heartbeat.

mod produced;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
  Detail, Page, Tone, Typing, failure, plan,
  verdict::{self, Measured},
  words::{badge, clock, coarse, millis},
};
use crate::{
  engine::run_state::{RunState, StepState},
  model::{
    event::{Answer, Event, Failure, Record, Recovery},
    plan::{Order, Step},
    shown::Shown,
  },
};

/// Silence longer than this is broken by a heartbeat.
const HEARTBEAT: TimeDelta = TimeDelta::seconds(15);

/// Whether each line begins with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
  /// For a person who watches.
  No,
  /// For logs that are read later, as in CI.
  Utc,
}

/// Follows one operation. Feed it every record, in order.
#[derive(Clone, Debug)]
pub struct Progress {
  order: Order,
  stamp: Stamp,
  detail: Detail,
  typing: Typing,
  state: RunState,
  last_note: Option<Shown>,
  last_line: DateTime<Utc>,
}

impl Progress {
  pub fn new(order: &Order, stamp: Stamp, detail: Detail, typing: Typing) -> Self {
    Self {
      order: order.clone(),
      stamp,
      detail,
      typing,
      state: RunState::new(&order.plan),
      last_note: None,
      last_line: order.at,
    }
  }

  /// The first line: what this is, and that it may be left alone.
  pub fn opening(&self) -> Page {
    let mut page = Page::default();
    if self.detail == Detail::Quiet {
      return page;
    }
    let what = plan::sentence(&self.order.plan);
    let text = format!("{} {what}, asked by {}", self.order.id, self.order.actor);
    self.add(&mut page, self.order.at, Tone::Strong, &text);
    let attach = self.typing.line(&format!("attach {}", self.order.id.0));
    let text = format!("it runs on its own: closing this window is safe ({attach})");
    self.add(&mut page, self.order.at, Tone::Faint, &text);
    page
  }

  pub fn record(&mut self, record: &Record) -> Page {
    self.state.apply(record);
    let mut page = Page::default();
    let at = record.at;
    match &record.event {
      Event::Begun { .. } => {}
      Event::Resumed { actor, how, .. } => {
        let how = match how {
          Recovery::Resume => "goes on from where the site stands",
          Recovery::Rollback => "puts back what users had",
        };
        self.add(
          &mut page,
          at,
          Tone::Warn,
          &format!("taken over by {actor}: {how}"),
        );
      }
      Event::StepStarted { index } => self.started(&mut page, *index, at),
      Event::StepNote { index, text } => self.note(&mut page, *index, text, at),
      Event::StepFinished {
        index,
        produced,
        millis,
      } => {
        self.finished(&mut page, *index, produced, *millis, at);
      }
      Event::StepFailed {
        index,
        failure,
        millis,
      } => self.failed(&mut page, *index, failure, *millis, at),
      Event::GateOpened {
        gate,
        evidence,
        until,
        ..
      } => self.gate(&mut page, gate, evidence, *until, at),
      Event::Answered { gate, yes, actor } => {
        let (tone, word) = match yes {
          Answer::Yes => (Tone::Good, "yes"),
          Answer::No => (Tone::Warn, "no"),
        };
        self.add(
          &mut page,
          at,
          tone,
          &format!("{gate}: {word}, said {actor}"),
        );
      }
      Event::AbortAsked { actor } => {
        let text = format!("{actor} asks to abort: it stops at the next safe point");
        self.add(&mut page, at, Tone::Warn, &text);
      }
      Event::Noted { .. } if self.detail == Detail::Quiet => {}
      Event::Noted { actor, text } => {
        self.add(
          &mut page,
          at,
          Tone::Plain,
          &format!("note by {}: {text}", actor.user),
        );
      }
      Event::RestoreStarted { why } => {
        let text = format!("PUTTING BACK what users had: {why}");
        self.add(&mut page, at, Tone::Bad, &text);
      }
      Event::RestoreFinished { proven, .. } => {
        let (tone, text) = proven.map_or_else(
          || {
            (
              Tone::Bad,
              "put back, but NOT PROVEN through the proxy".to_owned(),
            )
          },
          |slot| {
            (
              Tone::Good,
              format!("put back: users are on {}, proven", badge(slot)),
            )
          },
        );
        self.add(&mut page, at, tone, &text);
      }
      Event::RestoreFailed { failure } => {
        self.add(&mut page, at, Tone::Bad, "COULD NOT BE PUT BACK");
        page.append(failure::card(failure));
      }
      Event::Ended { verdict } => {
        if self.detail > Detail::Quiet {
          page.plain("");
        }
        page.append(verdict::block(verdict, &self.measured()));
      }
    }
    if !page.is_empty() {
      self.last_line = at;
    }
    page
  }

  /// A line when nothing was said for a while: `still [6/9] wait until GREEN is healthy, 45 s`.
  pub fn heartbeat(&mut self, now: DateTime<Utc>) -> Option<Page> {
    let (index, since) = self.open()?;
    if self.detail == Detail::Quiet || now - self.last_line < HEARTBEAT {
      return None;
    }
    self.last_line = now;
    let took = coarse(super::words::age(since, now));
    let doing = self.state.gate.as_ref().map_or_else(
      || self.title(index),
      |gate| format!("waiting for the answer to {}", gate.name),
    );
    let note = self
      .last_note
      .as_ref()
      .map_or_else(String::new, |note| format!(": {note}"));
    let mut page = Page::default();
    let text = format!("still {} {doing}, {took}{note}", self.count(index));
    self.add(&mut page, now, Tone::Faint, &text);
    Some(page)
  }

  /// What was measured so far.
  pub fn measured(&self) -> Measured {
    Measured::of(&self.state)
  }

  /// The step that runs now, and since when.
  fn open(&self) -> Option<(usize, DateTime<Utc>)> {
    let index = self.state.current()?;
    match self.state.steps.get(index) {
      Some((_, StepState::Running { since })) if self.state.ended.is_none() => {
        Some((index, *since))
      }
      _ => None,
    }
  }

  fn started(&mut self, page: &mut Page, index: usize, at: DateTime<Utc>) {
    self.last_note = None;
    let step = self.order.plan.steps.get(index).map(|step| &step.step);
    let asks = matches!(step, Some(Step::Gate { .. }));
    if self.detail > Detail::Quiet && !asks {
      let text = format!("{} {} ...", self.count(index), self.title(index));
      self.add(page, at, Tone::Plain, &text);
    }
  }

  fn note(&mut self, page: &mut Page, index: usize, text: &Shown, at: DateTime<Utc>) {
    self.last_note = Some(text.clone());
    if self.detail == Detail::Verbose {
      let text = format!("{} | {text}", self.count(index));
      self.add(page, at, Tone::Faint, &text);
    }
  }

  fn finished(
    &self,
    page: &mut Page,
    index: usize,
    produced: &crate::model::event::Produced,
    took: u64,
    at: DateTime<Utc>,
  ) {
    if self.detail == Detail::Quiet {
      return;
    }
    let (tone, learned) = produced::line(produced);
    let learned = learned.map_or_else(String::new, |text| format!(": {text}"));
    let text = format!("{} ok ({}){learned}", self.count(index), millis(took));
    self.add(page, at, tone, &text);
  }

  fn failed(
    &mut self,
    page: &mut Page,
    index: usize,
    failure: &Failure,
    took: u64,
    at: DateTime<Utc>,
  ) {
    let text = format!(
      "{} FAILED ({}): {}",
      self.count(index),
      millis(took),
      self.title(index)
    );
    self.add(page, at, Tone::Bad, &text);
    page.append(failure::card(failure));
  }

  fn gate(
    &mut self,
    page: &mut Page,
    gate: &str,
    evidence: &[Shown],
    until: DateTime<Utc>,
    at: DateTime<Utc>,
  ) {
    let question = plan::gate(&self.order.plan, gate)
      .map_or_else(|| gate.to_owned(), |gate| gate.question.to_string());
    self.add(page, at, Tone::Strong, &format!("QUESTION  {question}"));
    for line in evidence {
      page.wrapped(Tone::Plain, &format!("  {line}"), 4);
    }
    let id = self.order.id.0;
    page.plain(format!(
      "  yes  {}",
      self.typing.line(&format!("approve {id}"))
    ));
    page.plain(format!(
      "  no   {}",
      self.typing.line(&format!("decline {id}"))
    ));
    page.faint(format!(
      "  without an answer by {} it counts as no",
      clock(until)
    ));
  }

  fn title(&self, index: usize) -> String {
    let step = self.order.plan.steps.get(index);
    step.map_or_else(
      || "a step this version does not know".to_owned(),
      |step| step.step.title(),
    )
  }

  fn count(&self, index: usize) -> String {
    format!("[{}/{}]", index + 1, self.order.plan.steps.len())
  }

  fn add(&self, page: &mut Page, at: DateTime<Utc>, tone: Tone, text: &str) {
    match self.stamp {
      Stamp::No => page.wrapped(tone, text, 6),
      Stamp::Utc => page.wrapped(tone, &format!("{} {text}", clock(at)), 16),
    }
  }
}
