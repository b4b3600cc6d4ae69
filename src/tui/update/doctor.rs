//! The doctor's page: what it said last at once, and what it says now when it has looked.

use super::modal;
use crate::{
  model::finding::Diagnosis,
  tui::{
    effect::Effect,
    state::{
      app::App,
      ask::Ticket,
      modal::{Modal, Reading},
    },
  },
};

pub(super) fn open(app: &mut App) -> Vec<Effect> {
  let ticket = app.ticket();
  let page = page(app);
  app.modals.push(Modal::Read(Reading {
    title: "DOCTOR  what is wrong, why it matters, what to type".to_owned(),
    page,
    ticket: Some(ticket),
    ..Reading::default()
  }));
  vec![Effect::Diagnose {
    ticket: Some(ticket),
  }]
}

pub(super) fn arrived(app: &mut App, ticket: Option<Ticket>, diagnosis: Diagnosis) {
  app.doctor.said(diagnosis);
  let page = page(app);
  for modal in &mut app.modals {
    if let Modal::Read(reading) = modal
      && ticket.is_some()
      && reading.ticket == ticket
    {
      modal::arrived(reading, page);
      return;
    }
  }
}

/// A finding may repeat what a container or a file says: secrets are masked here too.
fn page(app: &App) -> crate::render::Page {
  let mut page = app.doctor.page();
  for line in &mut page.0 {
    line.text = app.site.secrets.mask(&line.text);
  }
  page
}
