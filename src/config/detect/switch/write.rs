//! The switch as keys of the proposed file, and the question that two ways leave open.

use std::path::Path;

use super::{Switch, Way};
use crate::{
  config::detect::{
    nginx::File,
    proposal::{Choice, Proposal, Question, Sure, quoted},
    proxy::Proxy,
    survey::Survey,
  },
  model::Slot,
};

/// A switch changes one file. When it was seen that all are loaded, two are one too many.
pub(super) fn several(proxy: &Proxy, many: &[(&File, Slot)], out: &mut Proposal) {
  let paths: Vec<&str> = many.iter().map(|(file, _)| file.path.as_str()).collect();
  if proxy.asked {
    out.refuse(
      format!(
        "{} each name one slot, and a switch changes one file",
        paths.join(" and ")
      ),
      "put what names the slot into one file that the proxy includes, then run init again",
    );
    return;
  }
  out.questions.push(Question {
    key: "router.switch".to_owned(),
    text: format!(
      "{} does not run, and more than one of its files names exactly one slot: which one chooses the slot?",
      proxy.label()
    ),
    choices: many
      .iter()
      .map(|(file, slot)| Choice {
        value: file.path.clone(),
        why: format!("it names {}", slot.shout()),
      })
      .collect(),
  });
}

/// Files named by the colors lie beside it, and what is live is not what they say.
pub(super) fn differs(
  survey: &Survey,
  (path, template): (&Path, &Path),
  (rendered, edited): (Option<String>, Option<String>),
  out: &mut Proposal,
) -> Option<Way> {
  let other = edited.map(Way::Edit).or(rendered.map(Way::Render));
  match survey.answers.get("router.switch.kind").map(String::as_str) {
    Some("copy") => {
      out.note(
        format!("{} is not what the file of its slot says", path.display()),
        format!(
          "copy {} over it, test and reload the proxy: until then every switch is refused",
          template.display()
        ),
      );
      return Some(Way::Copy(template.to_owned()));
    }
    Some("edit") => return other,
    _ => {}
  }
  let mut choices = vec![Choice {
    value: "copy".to_owned(),
    why: format!(
      "the file becomes what {} says; what only stands in it now is lost",
      template.display()
    ),
  }];
  if other.is_some() {
    choices.push(Choice {
      value: "edit".to_owned(),
      why: "only what names the slot is replaced; the rest of it stays".to_owned(),
    });
  }
  out.questions.push(Question {
    key: "router.switch.kind".to_owned(),
    text: format!(
      "{} is not what the file of its slot beside it says: how is it switched?",
      path.display()
    ),
    choices,
  });
  None
}

/// Writes the switch down.
pub(in crate::config::detect) fn put(
  switch: &Switch,
  root: &Path,
  proxy: &Proxy,
  out: &mut Proposal,
) {
  let shown = |path: &Path| quoted(&Survey::shown(root, path));
  let sure = if proxy.asked {
    Sure::Found
  } else {
    Sure::Guess
  };
  let who = if proxy.asked {
    format!("{} loads it", proxy.label())
  } else {
    format!("mounted into {}, which does not run", proxy.label())
  };
  let named = switch.live.map_or_else(
    || "it is not there yet".to_owned(),
    |slot| format!("it names {}", slot.shout()),
  );
  let (kind, rest): (&str, Vec<(&str, String, &str)>) = match &switch.way {
    Way::Copy(from) => (
      "copy",
      vec![
        ("from", shown(from), "beside it, one for each slot"),
        ("to", shown(&switch.managed), ""),
      ],
    ),
    Way::Link(from) => (
      "link",
      vec![
        ("from", shown(from), "what it points to, one for each slot"),
        ("to", shown(&switch.managed), ""),
      ],
    ),
    Way::Render(text) => (
      "render",
      vec![
        ("to", shown(&switch.managed), ""),
        (
          "text",
          quoted(text),
          "its content now, with the slot replaced",
        ),
      ],
    ),
    Way::Edit(text) => (
      "edit",
      vec![
        ("in", shown(&switch.managed), ""),
        ("replace", quoted(text), "what names the slot in it"),
      ],
    ),
  };
  out.put(
    "router.switch.kind",
    quoted(kind),
    format!("{who}, and {named}"),
    sure,
  );
  for (key, value, source) in rest {
    out.put(&format!("router.switch.{key}"), value, source, sure);
  }
}
