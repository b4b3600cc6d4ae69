//! By which words a proxy's configuration speaks of a slot: services, containers, aliases, ports.

use super::{
  color,
  layout::Layout,
  nginx::{self, File},
  survey::Survey,
};
use crate::model::{BySlot, Slot};

#[derive(Clone, Debug, Default)]
pub(super) struct Names {
  pub(super) words: BySlot<Vec<String>>,
  /// Ports of this host.
  pub(super) ports: BySlot<Vec<u16>>,
}

impl Names {
  pub(super) fn of(survey: &Survey, layout: &Layout) -> Self {
    let mut names = Self::default();
    for role in &layout.roles {
      for slot in Slot::BOTH {
        let service = layout.service(role, slot);
        let words = &mut names.words[slot];
        words.push(role.name[slot].clone());
        words.extend(service.and_then(|service| service.container.clone()));
        words.extend(
          layout
            .container(survey, role, slot)
            .map(|seen| seen.name.clone()),
        );
        words.extend(
          service
            .into_iter()
            .flat_map(|service| service.aliases.clone()),
        );
        let ports = service.into_iter().flat_map(|service| &service.published);
        names.ports[slot].extend(ports.map(|port| port.host));
      }
    }
    // What both slots answer to tells nothing.
    let both = names.clone();
    for slot in Slot::BOTH {
      let other = slot.other();
      names.words[slot].retain(|word| !both.words[other].contains(word));
      names.words[slot].sort();
      names.words[slot].dedup();
      names.ports[slot].retain(|port| !both.ports[other].contains(port));
    }
    names
  }

  /// Upstreams that carry a color stand for their slot as well.
  pub(super) fn with_upstreams(mut self, files: &[File]) -> Self {
    for file in files {
      nginx::all(&nginx::parse(&file.text), &mut |directive| {
        if directive.name() == "upstream"
          && let Some((slot, _)) = color::of(directive.word(1))
        {
          self.words[slot].push(directive.word(1).to_owned());
        }
      });
    }
    self
  }

  /// Whether a text speaks of each slot.
  pub(super) fn found_in(&self, text: &str) -> BySlot<bool> {
    let said = nginx::said(text);
    let lines: Vec<&str> = said.lines().collect();
    BySlot::from_fn(|slot| {
      let word = |word: &String| lines.iter().any(|line| stands_in_address(line, word));
      let port = |port: &u16| lines.iter().any(|line| has_port(line, *port));
      let include = || {
        lines.iter().any(|line| {
          line
            .strip_prefix("include ")
            .and_then(|path| color::of(path.rsplit('/').next()?))
            .is_some_and(|(named, _)| named == slot)
        })
      };
      self.words[slot].iter().any(word) || self.ports[slot].iter().any(port) || include()
    })
  }

  /// The one slot a text speaks of.
  pub(super) fn only(&self, text: &str) -> Option<Slot> {
    match self.found_in(text) {
      BySlot {
        blue: true,
        green: false,
      } => Some(Slot::Blue),
      BySlot {
        blue: false,
        green: true,
      } => Some(Slot::Green),
      _ => None,
    }
  }
}

/// `http://name:80/` and `name:80`: an address holds a name between other signs.
fn stands_in_address(line: &str, word: &str) -> bool {
  line
    .split(|c: char| c.is_whitespace() || "/:;=\"'$[]@".contains(c))
    .any(|part| part == word)
}

pub(super) fn has_port(line: &str, port: u16) -> bool {
  let wanted = format!(":{port}");
  line
    .match_indices(&wanted)
    .any(|(at, _)| !line[at + wanted.len()..].starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
  use super::*;

  fn names() -> Names {
    Names {
      words: BySlot {
        blue: vec!["api-blue".into(), "blue".into()],
        green: vec!["api-green".into(), "green".into()],
      },
      ports: BySlot {
        blue: vec![8081],
        green: vec![8082],
      },
    }
  }

  #[test]
  fn a_slot_is_named_by_service_port_or_include_and_never_by_a_comment() {
    for (text, slot) in [
      (
        "upstream a { server api-blue:5000; } # api-green",
        Some(Slot::Blue),
      ),
      ("server 127.0.0.1:8082;", Some(Slot::Green)),
      ("server 127.0.0.1:80821;", None),
      ("include /etc/nginx/up-green.conf;", Some(Slot::Green)),
      ("set $service_url http://blue:8080;", Some(Slot::Blue)),
      ("server api-blue:1; server api-green:1;", None),
      ("proxy_pass http://api;", None),
    ] {
      assert_eq!(names().only(text), slot, "{text}");
    }
  }
}
