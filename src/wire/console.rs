//! Opens the console: decides whether this terminal can show one, and how it should look here.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use super::{environment, page, places};
use crate::{
  cli::{
    args::{Cli, ColorWhen, Verb},
    output::Out,
  },
  config::{self, Charset as Wanted, Console, LogTime},
  engine::{World, ports::Operations},
  model::operation::Outcome,
  render::Typing,
  tui::{
    self, Guide, Options,
    keymap::{Keymap, Setting},
    state::{app::Role, logs::Stamps},
    view::theme::{Charset, Palette, Theme},
  },
};

/// Whether what was typed asks for the full screen and this terminal can show it.
pub(super) fn is_wanted(cli: &Cli) -> bool {
  let asked = match &cli.verb {
    None | Some(Verb::Ui(_)) => true,
    Some(Verb::Demo(demo)) => !demo.headless,
    Some(_) => false,
  };
  let able = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
  let dumb = environment("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
  asked && able && !dumb && !cli.globals.plain && !cli.globals.json
}

pub(super) async fn run(
  cli: &Cli,
  world: World,
  operations: Arc<dyn Operations>,
  guide: Option<Guide>,
  out: &mut Out,
) -> Outcome {
  let loaded = places().and_then(|places| config::load_console(&places, &environment));
  let console = match loaded {
    Ok(console) => console,
    Err(faults) => {
      out.progress(&page(&faults.to_string()));
      return Outcome::Misconfigured;
    }
  };
  let keymap = match keymap(&console) {
    Ok(keymap) => keymap,
    Err(faults) => {
      out.progress(&page(&faults.join("\n")));
      return Outcome::Misconfigured;
    }
  };
  let observe = matches!(&cli.verb, Some(Verb::Ui(ui)) if ui.observe);
  let options = Options {
    role: if observe {
      Role::Observer
    } else {
      Role::Operator
    },
    theme: theme(&console, cli.globals.color),
    keymap,
    sync: console.sync,
    log_memory: console.log_memory,
    stamps: match console.time {
      LogTime::Site => Stamps::Site,
      LogTime::Utc => Stamps::Utc,
      LogTime::Relative => Stamps::Relative,
      LogTime::Off => Stamps::Off,
    },
    mouse: console.mouse,
    bell: console.bell,
    between_frames: console
      .frames
      .map(|frames| Duration::from_millis(1_000 / u64::from(frames.max(1)))),
    guide,
  };
  let attach = Typing::with_config(&world.site.file);
  match tui::run(world, operations, options).await {
    Ok(running) => {
      if let Some(id) = running {
        let typed = attach.line(&format!("attach {}", id.0));
        out.progress(&page(&format!(
          "operation {id} goes on without this screen; follow it with: {typed}"
        )));
      }
      Outcome::Done
    }
    Err(error) => {
      out.error(
        &format!("the terminal cannot be used any more: {error}"),
        &["operations go on without it: cutover status".to_owned()],
      );
      Outcome::Failed
    }
  }
}

fn keymap(console: &Console) -> Result<Keymap, Vec<String>> {
  let settings: Vec<Setting> = console
    .keys
    .iter()
    .map(|setting| Setting {
      action: setting.action.clone(),
      keys: setting.keys.clone(),
      at: setting.at.clone(),
    })
    .collect();
  Keymap::build(&settings)
}

/// `--color` beats `NO_COLOR`, which beats the configured theme.
fn theme(console: &Console, color: ColorWhen) -> Theme {
  let mono = match color {
    ColorWhen::Always => false,
    ColorWhen::Never => true,
    ColorWhen::Auto => environment("NO_COLOR").is_some_and(|value| !value.is_empty()),
  };
  let palette = if mono {
    Palette::Mono
  } else {
    Palette::named(&console.theme).unwrap_or_default()
  };
  let unicode = match console.charset {
    Wanted::Unicode => true,
    Wanted::Ascii => false,
    Wanted::Auto => speaks_utf8(),
  };
  let charset = if unicode {
    Charset::Unicode
  } else {
    Charset::Ascii
  };
  Theme { palette, charset }
}

/// The locale is UTF-8 and the terminal is none of the kernel's own or an old one.
fn speaks_utf8() -> bool {
  let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
    .iter()
    .find_map(|name| environment(name).filter(|value| !value.is_empty()))
    .unwrap_or_default()
    .to_ascii_lowercase();
  let utf8 = locale.contains("utf-8") || locale.contains("utf8");
  let term = environment("TERM").unwrap_or_default();
  utf8 && term != "linux" && !term.starts_with("vt")
}
