//! The one file that chooses the slot, which slot it chooses now, and how its other content is
//! made. Rules D11 to D14.
//!
//! A way is only proposed when it makes exactly the bytes that are there for the live slot: then
//! the engine recognises the file, and what it would write for the other slot follows from it.

mod beside;
mod content;
mod write;

use std::path::PathBuf;

use self::{
  beside::{absent, linked, sources},
  content::{edited, one_directive, ports, rendered},
  write::{differs, several},
};
use super::{
  color, layout::Layout, names::Names, nginx::File, proposal::Proposal, proxy::Proxy,
  survey::Survey,
};
use crate::model::{BySlot, Slot};

pub(super) use write::put;

/// A text up to so many lines is written as a whole; a longer one is edited in its place.
const WHOLE: usize = 20;

/// How the managed file is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
  /// Template of the slots' files.
  Copy(PathBuf),
  Link(PathBuf),
  Render(String),
  Edit(String),
}

#[derive(Clone, Debug)]
pub(super) struct Switch {
  pub(super) managed: PathBuf,
  pub(super) way: Way,
  /// The slot it names now.
  pub(super) live: Option<Slot>,
  /// Ports of this host it speaks of, when it does.
  pub(super) ports: Option<BySlot<u16>>,
  /// Another file of the configuration names both slots, so both must always run.
  pub(super) needs_idle: bool,
}

pub(super) fn find(
  survey: &Survey,
  layout: &Layout,
  proxy: &Proxy,
  out: &mut Proposal,
) -> Option<Switch> {
  let names = Names::of(survey, layout).with_upstreams(&proxy.files);
  let plain = |file: &&File| {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    color::of(name).is_none()
  };
  let mut single: Vec<(&File, Slot)> = proxy
    .files
    .iter()
    .filter(plain)
    .filter_map(|file| Some((file, names.only(&file.text)?)))
    .collect();
  let both = proxy.files.iter().filter(|file| {
    let found = names.found_in(&file.text);
    found.blue && found.green
  });
  if let Some(answer) = survey.answers.get("router.switch") {
    single.retain(|(file, _)| file.path == *answer);
  }
  match single.as_slice() {
    [(file, live)] => {
      let mut switch = managed(survey, layout, proxy, &names, (file, *live), out)?;
      switch.needs_idle = both.count() > 0;
      Some(switch)
    }
    [] => absent(survey, proxy, out)
      .or_else(|| both.clone().find_map(|file| one_directive(proxy, &names, file)))
      .or_else(|| {
        out.refuse(
          format!("no file of the configuration of {} names exactly one slot", proxy.label()),
          "let it include one file that names the live slot and nothing of the other, then run init again",
        );
        None
      }),
    many => {
      several(proxy, many, out);
      None
    }
  }
}

fn managed(
  survey: &Survey,
  layout: &Layout,
  proxy: &Proxy,
  names: &Names,
  (file, live): (&File, Slot),
  out: &mut Proposal,
) -> Option<Switch> {
  let Some(path) = proxy.on_host(&file.path) else {
    out.refuse(
      format!(
        "{} chooses the slot, and it is inside the image of {}",
        file.path,
        proxy.label()
      ),
      "mount its folder from this host, so that it can be changed without a new image",
    );
    return None;
  };
  let ports = ports(names, &file.text);
  let switch = |way| Switch {
    managed: path.clone(),
    way,
    live: Some(live),
    ports,
    needs_idle: false,
  };
  if let Some(way) = linked(survey, &path, live) {
    return Some(switch(way));
  }
  let rendered = rendered(&file.text, live, ports);
  let edited = edited(names, &file.text, live, ports);
  if let Some((template, same)) = sources(survey, layout, proxy, &path, live, &file.text) {
    if same {
      return Some(switch(Way::Copy(template)));
    }
    return differs(survey, (&path, &template), (rendered, edited), out).map(switch);
  }
  let short = file.text.lines().count() <= WHOLE;
  let way = match (rendered, edited) {
    (Some(text), _) if short => Way::Render(text),
    (_, Some(text)) => Way::Edit(text),
    (Some(text), None) => Way::Render(text),
    (None, None) => {
      out.refuse(
        format!(
          "{} names {}, and the text of the other slot does not follow from it",
          path.display(),
          live.shout()
        ),
        "keep a file for each slot beside it, named by its color, and run init again",
      );
      return None;
    }
  };
  Some(switch(way))
}
