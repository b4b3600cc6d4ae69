//! What a managed file says, as a template for both slots: as a whole, or only what names the slot.

use super::{Switch, Way};
use crate::{
  config::detect::{
    color,
    names::{self, Names},
    nginx::{self, File},
    proxy::Proxy,
  },
  model::{BySlot, Slot},
};

/// Both upstreams and the choice in one file: the choice is one directive.
pub(super) fn one_directive(proxy: &Proxy, names: &Names, file: &File) -> Option<Switch> {
  let mut choices: Vec<String> = Vec::new();
  nginx::all(&nginx::parse(&file.text), &mut |directive| {
    let chooses = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "set", "default"];
    if chooses.contains(&directive.name()) {
      let text = directive.words.join(" ");
      if names.only(&format!("{text};")).is_some() && !choices.contains(&text) {
        choices.push(text);
      }
    }
  });
  let [choice] = choices.as_slice() else {
    return None;
  };
  let live = names.only(&format!("{choice};"))?;
  let template = color::template(choice, live);
  let other = color::filled(&template, live.other());
  let once = file.text.contains(choice.as_str()) && !file.text.contains(&other);
  Some(Switch {
    managed: proxy.on_host(&file.path)?,
    way: Way::Edit(template).clone(),
    live: Some(live),
    ports: None,
    needs_idle: true,
  })
  .filter(|_| once && other != *choice)
}

/// The pair of ports a text speaks of, when it is one.
pub(super) fn ports(names: &Names, text: &str) -> Option<BySlot<u16>> {
  let said = nginx::said(text);
  let spoken = |slot: Slot| -> Vec<usize> {
    let ports = names.ports[slot].iter().enumerate();
    ports
      .filter(|(_, port)| said.lines().any(|line| names::has_port(line, **port)))
      .map(|(at, _)| at)
      .collect()
  };
  let at = match (
    spoken(Slot::Blue).as_slice(),
    spoken(Slot::Green).as_slice(),
  ) {
    ([at], []) | ([], [at]) => *at,
    _ => return None,
  };
  Some(BySlot {
    blue: *names.ports.blue.get(at)?,
    green: *names.ports.green.get(at)?,
  })
}

/// The whole text as a template, when it then differs between the slots.
pub(super) fn rendered(text: &str, live: Slot, ports: Option<BySlot<u16>>) -> Option<String> {
  if text.contains(live.other().name()) {
    return None;
  }
  let mut made = color::template(&text.replace("${", "$${"), live);
  if let Some(ports) = ports {
    made = made.replace(&format!(":{}", ports[live]), ":{port}");
  }
  (made.contains("{color}") || made.contains("{COLOR}") || made.contains("{port}")).then_some(made)
}

/// A short text that stands wherever the slot is named.
pub(super) fn edited(
  names: &Names,
  text: &str,
  live: Slot,
  ports: Option<BySlot<u16>>,
) -> Option<String> {
  let said = nginx::said(text);
  if let Some(ports) = ports {
    let spelled = format!(":{}", ports[live]);
    let colored = names.words[live]
      .iter()
      .any(|word| said.contains(word.as_str()));
    return (!colored && text.contains(&spelled)).then(|| ":{port}".to_owned());
  }
  let mut used: Vec<&str> = names.words[live]
    .iter()
    .map(String::as_str)
    .filter(|word| said.contains(word))
    .collect();
  if used.is_empty() {
    let included = said
      .lines()
      .filter_map(|line| line.strip_prefix("include "));
    used.extend(
      included
        .map(str::trim)
        .filter_map(|path| path.rsplit('/').next())
        .filter(|name| color::of(name).is_some()),
    );
  }
  if let [only] = used.as_slice()
    && let Some((_, template)) = color::of(only)
  {
    return Some(template)
      .filter(|_| !text.contains(&color::filled(&color::template(only, live), live.other())));
  }
  ["-", "_", "."].into_iter().find_map(|sign| {
    let spelled = format!("{sign}{}", live.name());
    let fits = !used.is_empty() && used.iter().all(|word| word.contains(&spelled));
    let other = format!("{sign}{}", live.other().name());
    (fits && !text.contains(&other)).then(|| format!("{sign}{{color}}"))
  })
}
