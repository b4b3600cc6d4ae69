//! What each message changes, and what it asks for. Pure: no clock, no screen, no waiting.
//!
//! `keys` finds what a key means, `act` what an action does, `modal` what a key does in a dialog,
//! `world` what news from outside changes; the others are what some of the actions do.

mod act;
mod deploy;
mod doctor;
mod go;
mod history;
mod keys;
mod lifecycle;
mod list;
mod logs;
mod look;
mod modal;
mod question;
mod restore;
mod ring;
mod shell;
#[cfg(test)]
mod tests;
mod tour;
mod watch;
mod world;

use super::{
  effect::Effect,
  key::Key,
  msg::Msg,
  state::app::{App, Now},
};

pub fn update(app: &mut App, msg: Msg, now: Now) -> Vec<Effect> {
  app.now = now;
  // What can change a verdict: time, requests, and what the site is seen to be.
  let judges = matches!(msg, Msg::Tick | Msg::Requests(_) | Msg::Observed(_));
  let mut effects = change(app, msg, now);
  if judges {
    effects.extend(watch::judge(app));
  }
  tour::advance(app);
  effects.extend(ring::ring(app));
  effects
}

fn change(app: &mut App, msg: Msg, now: Now) -> Vec<Effect> {
  match msg {
    Msg::Key(key) if app.is_deaf() && key != Key::ctrl('c') => Vec::new(),
    Msg::Key(key) => keys::key(app, key),
    Msg::Repeat => modal::input(app, crate::engine::confirm::Input::Repeat),
    Msg::Paste(text) => modal::paste(app, &text),
    Msg::Gone => vec![Effect::Quit],
    Msg::Resize => Vec::new(),
    Msg::Wheel(lines) => go::wheel(app, lines),
    Msg::Painted => {
      if let Some(asking) = app.asking() {
        asking.painted(now.since_start);
      }
      Vec::new()
    }
    Msg::Tick => {
      if app
        .notice
        .as_ref()
        .is_some_and(|notice| notice.until <= now.since_start)
      {
        app.notice = None;
      }
      let mut effects = modal::input(app, crate::engine::confirm::Input::Quiet);
      effects.extend(deploy::tick(app));
      effects
    }
    news => world::news(app, news),
  }
}
