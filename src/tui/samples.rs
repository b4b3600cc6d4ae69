//! A console over hand-built facts for the tests of this folder, driven by keys and read as text.

use std::{path::Path, sync::Arc, time::Duration};

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
  effect::Effect,
  key::{Code, Key},
  keymap::Keymap,
  msg::Msg,
  state::{
    app::{App, Now, Role},
    logs::Logs,
  },
  update,
  view::{
    self,
    theme::{Charset, Palette, Theme},
  },
};
use crate::{
  config::{self, Site},
  model::observation::Observation,
  render::samples,
};

pub(crate) fn site() -> Site {
  config::load_text(config::DEFAULT, Path::new("/site/cutover.toml"), &|_| None)
    .expect("the default configuration")
    .site
}

/// GREEN 2.0.0 is live and proven, BLUE 1.9.3 stands by, everything is well.
pub(crate) struct Bench {
  pub(crate) app: App,
  pub(crate) now: Duration,
}

impl Bench {
  pub(crate) fn new() -> Self {
    Self::of(samples::observation())
  }

  pub(crate) fn of(seen: Observation) -> Self {
    let now = Now {
      since_start: Duration::ZERO,
      wall: samples::now(),
    };
    let app = App::new(
      Arc::new(site()),
      samples::actor(),
      Role::Operator,
      Keymap::default(),
      Logs::new(256 * 1024),
      now,
    );
    let mut bench = Self {
      app,
      now: Duration::ZERO,
    };
    drop(bench.tell(Msg::Observed(Arc::new(seen))));
    bench
  }

  /// A word that must never be shown.
  pub(crate) fn secret(&mut self, word: &str) {
    Arc::get_mut(&mut self.app.site)
      .expect("the bench alone has the site")
      .secrets
      .0
      .push(word.to_owned());
  }

  pub(crate) fn tell(&mut self, msg: Msg) -> Vec<Effect> {
    let now = Now {
      since_start: self.now,
      wall: samples::now() + self.now,
    };
    update(&mut self.app, msg, now)
  }

  /// One named key, such as `tab`; what it led to.
  pub(crate) fn key(&mut self, name: &str) -> Vec<Effect> {
    self.tell(Msg::Key(name.parse().expect("a key")))
  }

  /// Each character as a key.
  pub(crate) fn text(&mut self, text: &str) -> Vec<Effect> {
    let keys = text.chars().map(|c| Key::plain(Code::Char(c)));
    keys.flat_map(|key| self.tell(Msg::Key(key))).collect()
  }

  /// Time goes by, and the loop notices.
  pub(crate) fn wait(&mut self, millis: u64) -> Vec<Effect> {
    self.now += Duration::from_millis(millis);
    self.tell(Msg::Tick)
  }

  /// What is on the terminal, row by row.
  pub(crate) fn screen(&self, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let theme = Theme {
      palette: Palette::Mono,
      charset: Charset::Ascii,
    };
    view::draw(&mut buffer, area, &self.app, theme);
    let mut out = String::new();
    for y in 0..height {
      let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
      out.push_str(row.trim_end());
      out.push('\n');
    }
    out
  }
}
