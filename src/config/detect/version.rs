//! How a version is chosen: by the variable in the image's tag, or by building. Rule D21.

use super::{
  color,
  interpolate::variables,
  layout::Layout,
  proposal::{Choice, Proposal, Question, Sure, quoted},
  survey::Survey,
};
use crate::{
  config::parse_env,
  model::{BySlot, Slot},
};

/// How one image names its version.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
  /// The variable is the tag.
  Tag(String),
  /// The variable is the whole reference; what it is now, without its tag.
  Whole(String, String),
  Fixed,
}

pub(super) fn find(survey: &Survey, layout: &Layout, out: &mut Proposal) {
  let built = layout.roles.iter().all(|role| {
    Slot::BOTH.into_iter().all(|slot| {
      layout.raw[slot]
        .services
        .get(&role.name[slot])
        .is_some_and(|service| service.build.is_some())
    })
  });
  let mut all: Vec<(String, BySlot<Named>)> = layout
    .roles
    .iter()
    .map(|role| {
      (
        role.key.clone(),
        BySlot::from_fn(|slot| named(layout, &role.name[slot], slot)),
      )
    })
    .collect();
  all.dedup_by(|one, other| one.1 == other.1);
  let fixed = |named: &BySlot<Named>| *named == BySlot::from_fn(|_| Named::Fixed);
  match all.as_slice() {
    [(_, named)] if fixed(named) && built => build(survey, layout, out),
    [(_, named)] if fixed(named) => fixed_tag(layout, out),
    [(_, named)] => variable(survey, layout, named, out),
    many => {
      let keys: Vec<&str> = many.iter().map(|(key, _)| key.as_str()).collect();
      out.refuse(
        format!("the images of {} choose their version in different ways", keys.join(" and ")),
        "let one variable for each slot choose all of its images, such as ${BLUE_VERSION} and ${GREEN_VERSION}",
      );
    }
  }
  read(survey, layout, out);
}

fn named(layout: &Layout, service: &str, slot: Slot) -> Named {
  let image = |stack: &super::stack::Stack| stack.services.get(service)?.image.clone();
  let Some(raw) = image(&layout.raw[slot]) else {
    return Named::Fixed;
  };
  let last = raw.rsplit('/').next().unwrap_or(&raw);
  let whole = variables(&raw);
  if let [only] = whole.as_slice()
    && only.whole == raw
  {
    let now = image(&layout.stacks[slot]).unwrap_or_default();
    let repository = now
      .rsplit_once(':')
      .map_or(now.as_str(), |(name, _)| name)
      .to_owned();
    return Named::Whole(only.name.to_owned(), repository);
  }
  // The tag begins at the first colon that is not one of a variable's default.
  let mut bare = last.to_owned();
  for variable in variables(last) {
    bare = bare.replace(variable.whole, &"x".repeat(variable.whole.len()));
  }
  let tag = bare
    .find(':')
    .and_then(|at| last.get(at + 1..))
    .unwrap_or_default();
  match variables(tag).as_slice() {
    [only] if only.whole == tag => Named::Tag(only.name.to_owned()),
    _ => Named::Fixed,
  }
}

fn variable(survey: &Survey, layout: &Layout, named: &BySlot<Named>, out: &mut Proposal) {
  let (variables, tag) = match (&named.blue, &named.green) {
    (Named::Tag(blue), Named::Tag(green)) => ((blue, green), None),
    (Named::Whole(blue, one), Named::Whole(green, other)) if one == other && !one.is_empty() => {
      ((blue, green), Some(one))
    }
    _ => {
      out.refuse(
        "the images of the two slots choose their version in different ways",
        "write the same kind of reference for both, such as app:${BLUE_VERSION} and app:${GREEN_VERSION}",
      );
      return;
    }
  };
  let pair = BySlot {
    blue: variables.0.clone(),
    green: variables.1.clone(),
  };
  let files = layout.files.blue.join(", ");
  out.found(
    "version.kind",
    quoted("image-variable"),
    format!("{files}: a variable chooses the image"),
  );
  if pair.blue == pair.green {
    let why = format!(
      "{files}: one variable for both slots; each slot is pinned by image ID, so that none changes with the other"
    );
    out.found("version.variable", quoted(&pair.blue), why);
  } else if let Some(template) = color::pair(&pair) {
    out.found(
      "version.variable",
      quoted(&template),
      format!("{files}: a variable for each slot"),
    );
    keep(survey, layout, &pair, out);
  } else {
    out.refuse(
      format!(
        "the variables {} and {} differ in more than the color",
        pair.blue, pair.green
      ),
      "name them alike, such as BLUE_VERSION and GREEN_VERSION",
    );
  }
  if let Some(repository) = tag {
    out.put(
      "version.tag",
      quoted(&format!("{repository}:{{version}}")),
      "the variable holds the whole reference",
      Sure::Guess,
    );
  }
}

/// The file Compose reads the variables from keeps them.
fn keep(survey: &Survey, layout: &Layout, pair: &BySlot<String>, out: &mut Proposal) {
  let Some(text) = survey.read(&layout.folder.join(".env")) else {
    return;
  };
  let known = parse_env(text);
  if pair.iter().any(|(_, name)| known.contains_key(name)) {
    out.found(
      "version.keep_in",
      quoted(".env"),
      "it holds them now, and a plain 'up' reads it",
    );
  } else {
    out.put(
      "version.keep_in",
      quoted(".env"),
      "so that a later plain 'up' keeps each slot's version",
      Sure::Guess,
    );
  }
}

fn build(survey: &Survey, layout: &Layout, out: &mut Proposal) {
  out.found(
    "version.kind",
    quoted("build"),
    format!(
      "{}: no variable chooses an image, and every one is built",
      layout.files.blue.join(", ")
    ),
  );
  let Some(git) = &survey.git else {
    out.note(
      "the images are built from a folder that is no git checkout: a version is then only a name",
      "tag the source, or let a variable choose the image's tag",
    );
    return;
  };
  let checkout = relative(&layout.folder, git);
  match survey.answers.get("version.source").map(String::as_str) {
    Some("git") => out.put(
      "version.source",
      format!("{{ git = {}, pull = true }}", quoted(&checkout)),
      "answered: a version is a tag or commit",
      Sure::Answered,
    ),
    Some("as-is") => {}
    _ => out.questions.push(Question {
      key: "version.source".to_owned(),
      text: "the images are built here: is the source brought to the version first?".to_owned(),
      choices: vec![
        Choice {
          value: "git".to_owned(),
          why: format!(
            "a version is a tag or commit, and the checkout {} is moved to it",
            git.display()
          ),
        },
        Choice {
          value: "as-is".to_owned(),
          why: "what lies in the folder is built, and the version is only its name".to_owned(),
        },
      ],
    }),
  }
}

fn relative(folder: &std::path::Path, git: &std::path::Path) -> String {
  match folder.strip_prefix(git) {
    Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
    Ok(rest) => vec![".."; rest.components().count()].join("/"),
    Err(_) => git.display().to_string(),
  }
}

fn fixed_tag(layout: &Layout, out: &mut Proposal) {
  let example = layout.roles.first().and_then(|role| {
    let service = layout.raw.blue.services.get(&role.name.blue)?;
    Some((role.name.blue.clone(), service.image.clone()?))
  });
  let (service, image) = example.unwrap_or_default();
  let repository = image
    .rsplit_once(':')
    .map_or(image.as_str(), |(name, _)| name);
  out.refuse(
    format!("nothing chooses the version: {service} always uses '{image}'"),
    format!("write image: {repository}:${{BLUE_VERSION}} for blue and {repository}:${{GREEN_VERSION}} for green"),
  );
}

/// The image's own word for its version, where what runs carries it.
fn read(survey: &Survey, layout: &Layout, out: &mut Proposal) {
  let labeled = layout.roles.iter().find_map(|role| {
    Slot::BOTH.into_iter().find_map(|slot| {
      layout
        .container(survey, role, slot)
        .filter(|seen| seen.version_label.is_some())
    })
  });
  if let Some(seen) = labeled {
    out.found(
      "version.read",
      quoted("label:org.opencontainers.image.version"),
      format!("the image of {} carries it", seen.name),
    );
  }
}
