//! Everything known about one container, for `i` in the console. Never its environment: that is
//! where secrets live, and nothing here has read it.

use super::{
  Page, Tone,
  status::{View, slots},
  words::{age, ago, badge, coarse, count, moment},
};
use crate::model::{
  Slot,
  container::{Container, DockerHealth},
  evidence::Pins,
  shown::Shown,
};

pub fn page(slot: Slot, container: &Container, pins: Option<&Pins>, view: &View) -> Page {
  let mut page = Page::default();
  let name = Shown::line(&container.name);
  let service = Shown::line(&container.service);
  page.push(
    Tone::Strong,
    format!("{name}  {service} of {}", badge(slot)),
  );
  fact(&mut page, "container", container.id.short());
  page.push(
    slots::tone(container),
    format!("  {:<15}{}", "state", state(container, view)),
  );
  fact(&mut page, "image", Shown::line(&container.image).as_str());
  fact(&mut page, "image ID", container.image_id.0.as_str());
  if let Some(version) = &container.version {
    fact(&mut page, "version", version.as_str());
  }
  pinned(&mut page, container, pins);
  fact(
    &mut page,
    "restart policy",
    or_none(&container.restart_policy),
  );
  let addresses: Vec<String> = container
    .addresses
    .iter()
    .map(ToString::to_string)
    .collect();
  fact(&mut page, "addresses", or_none(&addresses.join(", ")));
  fact(
    &mut page,
    "known as",
    or_none(&container.aliases.join(", ")),
  );
  fact(&mut page, "last exit", &last_exit(container, view));
  health(&mut page, container);
  page.gap();
  page.faint("its environment is not read: that is where secrets live");
  page
}

fn fact(page: &mut Page, label: &str, text: &str) {
  page.labelled(Tone::Plain, label, Shown::line(text).as_str());
}

fn or_none(text: &str) -> &str {
  if text.is_empty() { "none" } else { text }
}

fn state(container: &Container, view: &View) -> String {
  let mut text = slots::state(container);
  if container.is_running()
    && let Some(at) = container.started_at
  {
    text = format!(
      "{text} for {}, since {}",
      coarse(age(at, view.now)),
      moment(at)
    );
  }
  format!(
    "{text}, {}",
    count(u64::from(container.restarts), "restart")
  )
}

/// Whether the next start would be of the very image that runs.
fn pinned(page: &mut Page, container: &Container, pins: Option<&Pins>) {
  let pin = pins.and_then(|pins| {
    let mut images = pins.images.iter();
    let image = images.find(|image| image.service == container.service)?;
    Some((pins, image))
  });
  match pin {
    None => fact(page, "pinned", "no"),
    Some((pins, image)) if image.id == container.image_id => {
      let text = format!("this image, as {} ({})", pins.version, moment(pins.at));
      fact(page, "pinned", &text);
    }
    Some((pins, image)) => page.labelled(
      Tone::Warn,
      "pinned",
      &format!(
        "another image: {} as {}; this container is not what the next start would be",
        image.id.short(),
        pins.version
      ),
    ),
  }
}

fn last_exit(container: &Container, view: &View) -> String {
  let Some(at) = container.finished_at else {
    return "never ended".to_owned();
  };
  let killed = if container.oom_killed {
    ", killed for its memory"
  } else {
    ""
  };
  let code = container
    .exit_code
    .filter(|_| !container.is_running())
    .map_or_else(String::new, |code| format!("code {code}{killed}, "));
  format!("{code}{} ({})", moment(at), ago(at, view.now))
}

fn health(page: &mut Page, container: &Container) {
  let tone = match container.health {
    DockerHealth::Unhealthy => Tone::Bad,
    DockerHealth::Starting => Tone::Warn,
    DockerHealth::None | DockerHealth::Healthy => Tone::Plain,
  };
  let word = match container.health {
    DockerHealth::None => "Docker checks nothing here",
    _ => slots::health_word(container),
  };
  page.push(tone, format!("  {:<15}{word}", "health"));
  for line in container.health_output.iter().flat_map(|text| text.lines()) {
    page.wrapped(tone, &format!("    {}", Shown::line(line)), 4);
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::{
    model::{
      container::{ContainerState, ImageId},
      evidence::ServiceImage,
    },
    render::samples,
  };

  fn pins(id: &str) -> Pins {
    Pins {
      slot: Slot::Green,
      version: samples::version("2.0.0"),
      at: samples::before(400),
      images: vec![ServiceImage {
        service: "api".into(),
        reference: "ala-api:2.0.0".into(),
        id: ImageId(id.into()),
      }],
    }
  }

  #[test]
  fn a_sound_container_is_told_in_full() {
    let container = samples::container("api", Slot::Green, "2.0.0", 192);
    let pins = pins("sha256:4f2c1e9aa0");
    let text = page(Slot::Green, &container, Some(&pins), &samples::view()).to_string();
    for part in [
      "api-green  api of [G] GREEN",
      "running for 3m12s, since 2026-11-20 14:28:55Z, 0 restarts",
      "ala-api:2.0.0",
      "sha256:4f2c1e9aa0",
      "this image, as 2.0.0",
      "unless-stopped",
      "never ended",
      "healthy",
    ] {
      assert!(text.contains(part), "{part}: {text}");
    }
  }

  #[test]
  fn a_fallen_one_says_how_it_ended_and_what_its_check_said() {
    let mut container = samples::container("api", Slot::Green, "2.0.0", 192);
    container.state = ContainerState::Exited;
    container.exit_code = Some(137);
    container.oom_killed = true;
    container.finished_at = Some(samples::before(30));
    container.health = DockerHealth::Unhealthy;
    container.health_output = Some("connection refused\n\u{1b}[31mred".into());
    let text = page(
      Slot::Green,
      &container,
      Some(&pins("sha256:else")),
      &samples::view(),
    )
    .to_string();
    assert!(text.contains("code 137, killed for its memory"), "{text}");
    assert!(text.contains("connection refused\n    red"), "{text}");
    assert!(text.contains("another image"), "{text}");
    assert!(!text.contains('\u{1b}'));
  }
}
