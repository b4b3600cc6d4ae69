//! The only loop: wait, take everything that is waiting, change the state, draw if it shows.
//!
//! Keys come first and are drawn at once; what nobody asked for (logs, figures) is drawn at the
//! frame clock, which is slower over SSH and slowest while nobody looks.
//!
//! `due` says when a frame is, `pace` is the frame clock, `turns` says which log lines it brings, `effects`
//! does what a change asks for, `away` lends the terminal to others.

mod away;
#[cfg(feature = "crash-points")]
mod crash;
mod due;
mod effects;
mod pace;
mod turns;

use std::{io, sync::Arc, time::Duration};

use chrono::{Local, Offset};
use tokio::{
  sync::{mpsc, watch},
  time::{Instant, sleep_until},
};

use due::Due;
use pace::Pace;
use turns::Turns;

use super::{
  input::{Heard, Input, hang_up},
  keymap::Keymap,
  msg::Msg,
  own_log,
  signals::{Signals, Told},
  state::{
    app::{App, Now, Role},
    logs::{Logs, Stamps},
    operation::Watched,
    tour::{Script, Tour},
  },
  tasks::Tasks,
  terminal::{Manners, Screen},
  view::{self, theme::Theme},
};
use crate::{
  engine::{ports::Operations, world::World},
  model::{
    beat, container::ContainerId, operation::OperationId, presence::Presence, served::Served,
  },
};

/// The clock in the header; shows that the screen is alive.
const CLOCK: Duration = Duration::from_secs(1);
/// Messages taken before a frame is drawn; a flood must not starve the screen.
const MOST_AT_ONCE: usize = 512;

/// How the console was asked to be.
#[derive(Clone, Debug)]
pub struct Options {
  pub role: Role,
  pub theme: Theme,
  pub keymap: Keymap,
  pub sync: bool,
  pub mouse: bool,
  /// The terminal is rung for what waits or ended.
  pub bell: bool,
  /// Bytes of log lines kept for each slot.
  pub log_memory: usize,
  pub stamps: Stamps,
  /// Frames that no key asked for come at most this often; `None` finds out.
  pub between_frames: Option<Duration>,
  pub guide: Option<Guide>,
}

/// What a demo adds to the console.
#[derive(Clone, Debug)]
pub struct Guide {
  pub script: Script,
  pub served: watch::Receiver<Served>,
}

/// Opens the console and stays until the operator leaves or the terminal goes away. Returns the
/// operation that goes on without it, when one runs.
pub async fn run(
  world: World,
  operations: Arc<dyn Operations>,
  options: Options,
) -> io::Result<Option<OperationId>> {
  let gone = hang_up()?;
  let signals = Signals::listen()?;
  let screen = Screen::open(Manners {
    sync: options.sync,
    mouse: options.mouse,
  })?;
  let (to, news) = mpsc::channel(1024);
  let start = Instant::now();
  let now = Now {
    since_start: Duration::ZERO,
    wall: world.clock.now(),
  };
  let mut app = App::new(
    Arc::clone(&world.site),
    operations.actor(),
    options.role,
    options.keymap.clone(),
    logs(&world, &options),
    now,
  );
  app.tour = options.guide.as_ref().map(|guide| Tour::new(guide.script));
  let presence = match options.role {
    Role::Operator => Presence::Operator,
    Role::Observer => Presence::Observer,
  };
  tracing::info!(site = %world.site.name, version = env!("CARGO_PKG_VERSION"), "the console is open");
  // Held until the console closes; without it others only do not see that somebody watches.
  let _announced = world
    .ledger
    .announce(&operations.actor(), presence)
    .inspect_err(|error| tracing::warn!(%error, "others cannot be told that this console is open"))
    .ok();
  let mut tasks = Tasks::new(world.clone(), operations, to);
  if let Some(guide) = options.guide {
    tasks.count(guide.served);
  }
  let mut console = Console {
    world,
    app,
    screen,
    input: Input::open(),
    tasks,
    news,
    theme: options.theme,
    pace: Pace::new(
      options.between_frames,
      std::env::var_os("SSH_CONNECTION").is_some(),
    ),
    turns: Turns::default(),
    start,
    bell: options.bell,
    shell: None,
    asks: false,
    stage: Stage::Ours,
  };
  console.live(gone, signals).await?;
  let running = console.app.operation.filter(Watched::is_running);
  Ok(running.map(|watched| watched.id()))
}

fn logs(world: &World, options: &Options) -> Logs {
  let mut logs = Logs::new(options.log_memory);
  logs.set_zone(world.clock.now().with_timezone(&Local).offset().fix());
  logs.set_stamps(options.stamps);
  logs
}

struct Console {
  world: World,
  app: App,
  screen: Screen,
  input: Input,
  tasks: Tasks,
  news: mpsc::Receiver<Msg>,
  theme: Theme,
  pace: Pace,
  turns: Turns,
  start: Instant,
  bell: bool,
  /// A shell is to be opened before anything else is done.
  shell: Option<(ContainerId, String)>,
  /// The newest frame holds a question whose clock starts when that frame is out.
  asks: bool,
  stage: Stage,
}

/// Whose the terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
  Ours,
  /// Ours until what is under way is out.
  Leaving,
  /// Another program has it until this process is continued.
  Away,
  /// The console ends.
  Over,
}

impl Console {
  async fn live(
    &mut self,
    mut gone: tokio::sync::oneshot::Receiver<()>,
    mut signals: Signals,
  ) -> io::Result<()> {
    let mut due = Due::Now;
    let mut clock = self.clock();
    let mut title = String::new();
    while self.stage != Stage::Over {
      if let Some((id, name)) = self.shell.take() {
        self.visit(&id, &name).await?;
        due = Due::Now;
      }
      if self.stage == Stage::Leaving {
        self.suspend().await?;
      }
      let able = !self.screen.is_busy() && self.stage == Stage::Ours;
      let frame = due.at(self.pace.next()).filter(|_| able);
      if frame.is_some_and(|at| Instant::now() >= at) {
        due = Due::No;
        if Instant::now() >= self.pace.next() {
          self.pace.ticked();
          self.read_logs()?;
        }
        if !self.turns.is_empty() {
          due.soon();
        }
        self.draw(&mut title)?;
        continue;
      }
      let wake = self.app.wake_at().map(|at| self.start + at);
      let next = [Some(clock), frame, wake].into_iter().flatten().min();
      tokio::select! {
        biased;
        heard = self.input.next() => {
          let Some(heard) = heard else { break };
          self.hear(heard)?;
          due = Due::Now;
        }
        result = self.screen.painted() => {
          result?;
          if !self.screen.is_busy() {
            self.painted();
          }
        }
        _ = &mut gone => break,
        told = signals.next() => match told {
          Told::Leave => break,
          Told::Stop => self.stage = Stage::Leaving,
          Told::GoOn => {
            self.come_back().await?;
            due = Due::Now;
          }
        },
        Some(msg) = self.news.recv() => self.learn(msg, &mut due)?,
        () = sleep_until(next.unwrap_or(clock)) => {
          own_log::settle();
          self.update(Msg::Tick)?;
          if Instant::now() >= clock {
            clock = self.clock();
          }
          due.soon();
        }
      }
      while let Some(heard) = self.input.ready() {
        self.hear(heard)?;
        due = Due::Now;
      }
      for _ in 0..MOST_AT_ONCE {
        let Ok(msg) = self.news.try_recv() else { break };
        self.learn(msg, &mut due)?;
      }
    }
    Ok(())
  }

  /// What the logs show from the next frame on.
  fn read_logs(&mut self) -> io::Result<()> {
    let lines = if self.pace.is_careful() && !self.turns.is_full() {
      self.turns.longest()
    } else {
      self.turns.all()
    };
    lines
      .into_iter()
      .try_for_each(|feed| self.update(Msg::Log(feed)))
  }

  /// What was only seen again is shown with the next beat of the clock.
  fn learn(&mut self, msg: Msg, due: &mut Due) -> io::Result<()> {
    if let Msg::Log(feed) = msg {
      self.turns.wait(feed);
      if self.turns.is_full() {
        self.read_logs()?;
      }
      due.soon();
      return Ok(());
    }
    let again = match (&msg, &self.app.seen) {
      (Msg::Observed(later), Some(seen)) => seen.is_renewed_by(later),
      _ => false,
    };
    self.update(msg)?;
    if !again {
      due.soon();
    }
    Ok(())
  }

  fn draw(&mut self, title: &mut String) -> io::Result<()> {
    let (app, theme) = (&self.app, self.theme);
    let drawn = self
      .screen
      .draw(|buffer, area| view::draw(buffer, area, app, theme))?;
    self.asks = self.unpainted();
    self.pace.drew(drawn);
    if drawn == 0 {
      // Nothing changed on the screen, so it shows what was asked for already.
      self.painted();
    }
    self.app.rooms = view::rooms(&self.app, self.screen.area());
    let wanted = view::title(&self.app);
    if wanted != *title {
      self.screen.title(&wanted)?;
      *title = wanted;
    }
    Ok(())
  }

  /// When the clock in the header moves on.
  fn clock(&self) -> Instant {
    Instant::now() + beat::until(self.world.clock.now(), CLOCK)
  }

  /// A question lies open and nobody can have read it yet.
  fn unpainted(&mut self) -> bool {
    self.app.asking().is_some_and(|asking| !asking.is_painted())
  }

  /// Everything drawn so far is out. A question that came after the frame was drawn is not in it.
  fn painted(&mut self) {
    if std::mem::take(&mut self.asks) {
      drop(self.update(Msg::Painted));
    }
  }

  fn hear(&mut self, heard: Heard) -> io::Result<()> {
    #[cfg(feature = "crash-points")]
    crash::at(&heard);
    match heard {
      Heard::Key(key) => self.update(Msg::Key(key)),
      Heard::Repeat => self.update(Msg::Repeat),
      Heard::Paste(text) => self.update(Msg::Paste(text)),
      Heard::Resize => self.update(Msg::Resize),
      Heard::Wheel(lines) => self.update(Msg::Wheel(lines)),
      Heard::Focus(focused) => {
        self.pace.focus(focused);
        Ok(())
      }
    }
  }
}
