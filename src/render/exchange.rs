//! One request and its answer, the way they went over the wire.

use super::{Page, Tone};
use crate::model::check::Exchange;

/// `>` sent, `<` received; each line indented by `indent`.
pub fn lines(exchange: &Exchange, indent: usize) -> Page {
  let mut page = Page::default();
  let margin = " ".repeat(indent);
  for line in &exchange.request {
    page.push(Tone::Plain, format!("{margin}> {line}"));
  }
  if exchange.response.is_empty() {
    page.push(Tone::Warn, format!("{margin}< (no answer)"));
  }
  for line in &exchange.response {
    page.push(Tone::Plain, format!("{margin}< {line}"));
  }
  page
}
