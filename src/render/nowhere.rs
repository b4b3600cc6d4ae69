//! What is said where no site is found: where it was looked for, which sites this machine knows,
//! and the two ways on for whoever has none yet.

use super::{Page, Tone};
use crate::config::Nowhere;

pub fn page(nowhere: &Nowhere) -> Page {
  let mut page = Page::default();
  let folder = nowhere.folder.display();
  page.wrapped(
    Tone::Strong,
    &format!("NO SITE HERE  no cutover.toml in {folder} or above it"),
    14,
  );
  page.gap();
  let mut row = |typed: &str, what: &str| page.plain(format!("  {typed:<21}  {what}"));
  row(
    "cutover init",
    "make one from what runs here; asks before it writes",
  );
  row(
    "cutover demo",
    "look around first: nothing installed, nothing touched",
  );
  for name in &nowhere.sites {
    row(
      &format!("cutover --site {name}"),
      "a site that this machine knows by name",
    );
  }
  row("cutover --config FILE", "a site whose file lies elsewhere");
  page
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn whoever_has_no_site_learns_where_it_was_looked_for_and_the_ways_on() {
    let nowhere = Nowhere {
      folder: "/home/alice/shop".into(),
      sites: vec!["depot".to_owned()],
    };
    insta::assert_snapshot!(page(&nowhere));
  }
}
