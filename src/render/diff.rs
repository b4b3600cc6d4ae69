//! Live against standby, for `d` in the console: what differs first, what is the same in one line.
//!
//! Environments are not compared: no port tells their names without their values.

use super::{
  Page, Tone,
  status::{View, live, version},
  words::{badge, slot_at},
};
use crate::model::{Slot, container::Container, observation::Observation, shown::Shown};

pub fn page(seen: &Observation, view: &View) -> Page {
  let mut page = Page::default();
  let (one, other) = if let Some(live) = live(seen, view).slot() {
    for (role, slot) in [("live", live), ("standby", live.other())] {
      let text = slot_at(slot, version(seen, slot));
      page.push(Tone::Strong, format!("{role:<9}{text}"));
    }
    (live, live.other())
  } else {
    page.push(Tone::Warn, "it is not certain who is live");
    (Slot::Blue, Slot::Green)
  };
  page.gap();
  let mut both = Page::default();
  for slot in [one, other] {
    if let Err(why) = view.fresh(&seen.slots[slot].containers) {
      page.push(Tone::Warn, format!("{}  {why}", badge(slot)));
    }
  }
  let differs = services(&mut both, seen, one, other);
  if differs {
    page.append(both);
  } else {
    page.push(Tone::Good, "[ok] no difference in what is compared");
  }
  page.gap();
  page.faint("compared: services, versions, images, restart policies, health checks.");
  page.faint("not compared: environments; their names cannot be read without their values.");
  page
}

/// Whether anything differs.
fn services(page: &mut Page, seen: &Observation, one: Slot, other: Slot) -> bool {
  let sides = [one, other].map(|slot| seen.slots[slot].containers());
  let mut names: Vec<&str> = sides
    .iter()
    .flat_map(|side| side.iter())
    .map(|container| container.service.as_str())
    .collect();
  names.sort_unstable();
  names.dedup();
  let mut differs = false;
  for name in names {
    let of = |side: &'_ [Container]| side.iter().position(|it| it.service == name);
    match (of(sides[0]), of(sides[1])) {
      (Some(left), Some(right)) => {
        let rows = compared(&sides[0][left], &sides[1][right]);
        if rows.is_empty() {
          continue;
        }
        page.push(Tone::Strong, Shown::line(name).to_string());
        for (what, left, right) in rows {
          for (label, slot, said) in [(what, one, left), ("", other, right)] {
            page.labelled(Tone::Warn, label, &format!("{}  {said}", slot.shout()));
          }
        }
      }
      (left, _) => {
        let only = if left.is_some() { one } else { other };
        page.push(
          Tone::Bad,
          format!("{}  only on {}", Shown::line(name), badge(only)),
        );
      }
    }
    differs = true;
  }
  differs
}

fn compared(one: &Container, other: &Container) -> Vec<(&'static str, String, String)> {
  let version = |it: &Container| {
    let version = it.version.as_ref();
    version.map_or_else(|| "unknown".to_owned(), ToString::to_string)
  };
  let check = |it: &Container| match it.health {
    crate::model::container::DockerHealth::None => "none".to_owned(),
    _ => "yes".to_owned(),
  };
  let rows = [
    ("version", version(one), version(other)),
    ("image", image(one), image(other)),
    (
      "restart policy",
      one.restart_policy.clone(),
      other.restart_policy.clone(),
    ),
    ("health check", check(one), check(other)),
  ];
  rows
    .into_iter()
    .filter(|(_, left, right)| left != right)
    .map(|(what, left, right)| {
      let clean = |text: &str| Shown::line(text).to_string();
      (what, clean(&left), clean(&right))
    })
    .collect()
}

/// The same image under two names is the same image: only its ID counts.
fn image(container: &Container) -> String {
  container.image_id.0.chars().take(19).collect()
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    model::{Known, container::ImageId},
    render::samples,
  };

  #[test]
  fn only_what_differs_is_listed_with_both_sides_named() {
    let mut seen = samples::observation();
    let mut containers = seen.slots.blue.containers().to_vec();
    containers[0].restart_policy = "no".into();
    containers[0].image_id = ImageId("sha256:0123456789abcdef".into());
    containers.remove(1);
    seen.slots.blue.containers = Known::yes(containers, samples::before(2));
    let text = page(&seen, &samples::view()).to_string();
    assert!(
      text.starts_with("live     [G] GREEN 2.0.0\nstandby  [B] BLUE 1.9.3\n"),
      "{text}"
    );
    for part in [
      "version        GREEN  2.0.0",
      "BLUE  1.9.3",
      "restart policy GREEN  unless-stopped",
      "BLUE  no",
      "frontend  only on [G] GREEN",
    ] {
      assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("health check "), "{text}");
  }

  #[test]
  fn two_slots_alike_say_so_and_what_was_not_compared() {
    let mut seen = samples::observation();
    seen.slots.blue.containers = seen.slots.green.containers.clone();
    let text = page(&seen, &samples::view()).to_string();
    assert!(text.contains("[ok] no difference"), "{text}");
    assert!(text.contains("not compared: environments"), "{text}");
  }
}
