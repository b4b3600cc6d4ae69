//! The one file that chooses the slot, which slot it chooses now, and how its other content is
//! made. Rules D11 to D14.
//!
//! A way is only proposed when it makes exactly the bytes that are there for the live slot: then
//! the engine recognises the file, and what it would write for the other slot follows from it.

use std::path::{Path, PathBuf};

use super::{
  color,
  layout::Layout,
  names::{self, Names},
  nginx::{self, File},
  proposal::{Choice, Proposal, Question, Sure, quoted},
  proxy::{Proxy, tidy},
  survey::Survey,
};
use crate::model::{BySlot, Slot};

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

/// A switch changes one file. When it was seen that all are loaded, two are one too many.
fn several(proxy: &Proxy, many: &[(&File, Slot)], out: &mut Proposal) {
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

/// Files named by the colors lie beside it, and what is live is not what they say.
fn differs(
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

/// A link to one of two files named by the colors.
fn linked(survey: &Survey, path: &Path, live: Slot) -> Option<Way> {
  let target = survey.file(path)?.link.clone()?;
  let target = Path::new(&target);
  let (slot, template) = color::of(target.file_name()?.to_str()?)?;
  let folder = path.parent()?.join(target.parent()?);
  let place = |text: &str| tidy(&folder.join(text));
  let there = Slot::BOTH.into_iter().all(|slot| {
    survey
      .read(&place(&color::filled(&template, slot)))
      .is_some()
  });
  (slot == live && there).then(|| Way::Link(place(&template)))
}

/// The template of two files named by the colors in the same folder, and whether the live one is
/// what stands in the managed file.
fn sources(
  survey: &Survey,
  layout: &Layout,
  proxy: &Proxy,
  managed: &Path,
  live: Slot,
  text: &str,
) -> Option<(PathBuf, bool)> {
  let folder = managed.parent()?;
  let found = templates(survey, folder)
    .into_iter()
    .chain(spoken(survey, layout, folder))
    .chain(proxy.files.iter().filter_map(|file| {
      let path = proxy.on_host(&file.path)?;
      let (_, template) = color::of(path.file_name()?.to_str()?)?;
      (path.parent() == Some(folder)).then(|| folder.join(template))
    }));
  let mut both: Vec<(PathBuf, bool)> = found
    .filter_map(|template| {
      let name = template.file_name()?.to_str()?;
      let texts = Slot::BOTH.map(|slot| survey.read(&folder.join(color::filled(name, slot))));
      let [Some(blue), Some(green)] = texts else {
        return None;
      };
      let mine = if live == Slot::Blue { blue } else { green };
      (blue != green).then(|| (template.clone(), mine == text))
    })
    .collect();
  both.sort_by_key(|(_, same)| !*same);
  both.into_iter().next()
}

/// Templates of the files that were found in a folder.
fn templates(survey: &Survey, folder: &Path) -> Vec<PathBuf> {
  survey
    .files
    .keys()
    .filter(|path| path.parent() == Some(folder))
    .filter_map(|path| {
      let (slot, template) = color::of(path.file_name()?.to_str()?)?;
      (slot == Slot::Blue).then(|| folder.join(template))
    })
    .collect()
}

/// Templates that scripts speak of, for a folder that is not among what was found.
fn spoken(survey: &Survey, layout: &Layout, folder: &Path) -> Vec<PathBuf> {
  let wanted = folder.to_string_lossy();
  let mut found = Vec::new();
  for (_, file) in survey
    .files
    .iter()
    .filter(|(path, _)| path.starts_with(&layout.folder))
  {
    let Some(text) = &file.text else { continue };
    for word in text.split(|c: char| c.is_whitespace() || "\"'`;()=".contains(c)) {
      if let Some(name) = word
        .strip_prefix(&*wanted)
        .and_then(|rest| rest.strip_prefix('/'))
        && let Some((_, template)) = color::of(name)
      {
        found.push(folder.join(template));
      }
    }
  }
  found
}

/// A file that is included, is not there, and has two files named by the colors beside it.
fn absent(survey: &Survey, proxy: &Proxy, out: &mut Proposal) -> Option<Switch> {
  let mut missing = Vec::new();
  for file in &proxy.files {
    nginx::all(&nginx::parse(&file.text), &mut |directive| {
      let path = directive.word(1);
      let known = proxy.files.iter().any(|file| file.path == path);
      if directive.name() == "include" && !path.contains('*') && !known {
        missing.push(path.to_owned());
      }
    });
  }
  missing.into_iter().find_map(|path| {
    let managed = proxy.on_host(&path)?;
    let folder = managed.parent()?;
    let template = templates(survey, folder).into_iter().find(|template| {
      let name = template.file_name().unwrap_or_default().to_string_lossy();
      Slot::BOTH.into_iter().all(|slot| {
        survey
          .read(&folder.join(color::filled(&name, slot)))
          .is_some()
      })
    })?;
    if color::of(path.rsplit('/').next()?).is_some() {
      return None;
    }
    out.note(
      format!(
        "{} is included by {} and is not there, so nginx cannot start",
        managed.display(),
        proxy.label()
      ),
      format!(
        "copy the file of the slot that serves, {}, to it",
        template.display()
      ),
    );
    Some(Switch {
      managed,
      way: Way::Copy(template),
      live: None,
      ports: None,
      needs_idle: false,
    })
  })
}

/// Both upstreams and the choice in one file: the choice is one directive.
fn one_directive(proxy: &Proxy, names: &Names, file: &File) -> Option<Switch> {
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
fn ports(names: &Names, text: &str) -> Option<BySlot<u16>> {
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
fn rendered(text: &str, live: Slot, ports: Option<BySlot<u16>>) -> Option<String> {
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
fn edited(names: &Names, text: &str, live: Slot, ports: Option<BySlot<u16>>) -> Option<String> {
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

/// Writes the switch down.
pub(super) fn put(switch: &Switch, root: &Path, proxy: &Proxy, out: &mut Proposal) {
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
