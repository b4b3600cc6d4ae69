//! The one owned state of the console. Changed only by `update`, drawn by `view`.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::{
  able::{Able, Standing},
  ask::{Asking, Ticket},
  doctor::Doctor,
  history::History,
  logs::{Logs, Viewport},
  modal::Modal,
  operation::Watched,
  own_log::OwnLog,
  panel::Panel,
  tour::Tour,
  usage::Usages,
  watch::Watch,
};
use crate::{
  config::Site,
  model::{
    BySlot, Slot,
    actor::Actor,
    container::Container,
    observation::{Observation, Phase},
    operation::OperationId,
    requests::Window,
    shown::Shown,
    watch::Moved,
  },
  render::Tone,
  tui::{
    action::{Action, Effect as Reach},
    keymap::Keymap,
  },
};

/// How long a line about what just happened stays.
const NOTICE: Duration = Duration::from_secs(12);

/// Keys that are further apart do not belong to one burst.
const PAUSE: Duration = Duration::from_millis(150);

/// Time as the loop last saw it. `since_start` never jumps; `wall` is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
  pub since_start: Duration,
  pub wall: DateTime<Utc>,
}

/// Who may do what from this console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
  Operator,
  /// `--observe`: no key changes anything.
  Observer,
}

/// A line about what just happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
  pub tone: Tone,
  pub text: Shown,
  pub until: Duration,
}

/// Columns and rows of each log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rooms {
  pub blue: (u16, u16),
  pub green: (u16, u16),
  pub merged: (u16, u16),
}

pub struct App {
  pub site: Arc<Site>,
  pub me: Actor,
  pub role: Role,
  pub keymap: Keymap,
  pub now: Now,
  pub seen: Option<Arc<Observation>>,
  pub operation: Option<Watched>,
  pub able: Able,
  pub panel: Panel,
  /// The panel fills the screen.
  pub zoomed: bool,
  /// The row of the selected service in each environment.
  pub selected: BySlot<usize>,
  /// Lines scrolled up from the newest in the operation's panel.
  pub scroll: usize,
  pub history: History,
  pub own_log: OwnLog,
  pub doctor: Doctor,
  /// Consoles that are open on this site, this one too.
  pub watching: usize,
  pub modals: Vec<Modal>,
  pub notice: Option<Notice>,
  pub logs: Logs,
  /// Both logs are shown as one stream.
  pub merged: bool,
  /// How much room the logs had in the last frame.
  pub rooms: Rooms,
  pub usage: Usages,
  pub requests: BySlot<Window>,
  pub watch: Watch,
  /// What the terminal was rung for.
  pub calls: Calls,
  /// Only in a demo.
  pub tour: Option<Tour>,
  /// Why there are no requests to show.
  pub requests_why_not: Option<Shown>,
  /// The newest key of a burst that closed a question.
  burst: Option<Duration>,
  /// When Ctrl-C was last pressed: a second time quits at once.
  pub interrupted_at: Option<Duration>,
  tickets: u64,
}

/// What calls for an operator who looks elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
  /// The operation that waits at the gate with this step's index.
  pub waits: Option<(OperationId, usize)>,
  /// The operation that runs no more.
  pub ended: Option<OperationId>,
  /// The switch after which a limit of the watch broke.
  pub broken: Option<OperationId>,
}

impl App {
  pub fn new(site: Arc<Site>, me: Actor, role: Role, keymap: Keymap, logs: Logs, now: Now) -> Self {
    Self {
      site,
      me,
      role,
      keymap,
      now,
      seen: None,
      operation: None,
      able: Able::nothing("the site has not been looked at yet"),
      panel: Panel::Environment(Slot::Blue),
      zoomed: false,
      selected: BySlot { blue: 0, green: 0 },
      scroll: 0,
      history: History::default(),
      own_log: OwnLog::default(),
      doctor: Doctor::default(),
      watching: 1,
      modals: Vec::new(),
      notice: None,
      logs,
      merged: false,
      rooms: Rooms {
        blue: (76, 10),
        green: (76, 10),
        merged: (76, 10),
      },
      usage: Usages::default(),
      requests: BySlot::from_fn(|_| Window::default()),
      watch: Watch::default(),
      calls: Calls::default(),
      tour: None,
      requests_why_not: None,
      burst: None,
      interrupted_at: None,
      tickets: 0,
    }
  }

  pub fn ticket(&mut self) -> Ticket {
    self.tickets += 1;
    Ticket(self.tickets)
  }

  /// A paste or a burst of keys closed a question: what is left of it presses nothing.
  pub fn deafen(&mut self) {
    self.burst = Some(self.now.since_start);
  }

  /// Whether a key that came now is still of that burst.
  pub fn is_deaf(&mut self) -> bool {
    let now = self.now.since_start;
    let goes_on = |before| now.saturating_sub(before) < PAUSE;
    self.burst = self.burst.filter(|before| goes_on(*before)).map(|_| now);
    self.burst.is_some()
  }

  pub fn say(&mut self, tone: Tone, text: impl AsRef<str>) {
    self.notice = Some(Notice {
      tone,
      text: Shown::line(text.as_ref()),
      until: self.now.since_start + NOTICE,
    });
  }

  /// The question on top, if there is one.
  pub fn asking(&mut self) -> Option<&mut Asking> {
    match self.modals.last_mut() {
      Some(Modal::Ask(asking)) => Some(asking),
      _ => None,
    }
  }

  /// The room of the log the keys go to.
  pub fn log_room(&self) -> Viewport {
    let (width, height) = if self.merged {
      self.rooms.merged
    } else {
      match self.panel.slot() {
        Some(Slot::Green) => self.rooms.green,
        Some(Slot::Blue) | None => self.rooms.blue,
      }
    };
    Viewport {
      width,
      height,
      now: self.now.wall,
    }
  }

  /// The selected container of a slot.
  pub fn container(&self, slot: Slot) -> Option<&Container> {
    let containers = self.seen.as_ref()?.slots[slot].containers();
    containers.get(self.selected[slot].min(containers.len().saturating_sub(1)))
  }

  /// Whether an action may be offered. On facts that are too old it is never certain.
  pub fn standing(&self, action: Action) -> Standing<'_> {
    let changes = action.row().effect == Reach::Changes;
    match (self.able.why_not(action), self.overdue()) {
      (Some(why), _) => Standing::Not(why),
      (None, Some(age)) if changes => Standing::Unsure(age),
      (None, _) => Standing::Possible,
    }
  }

  /// What moved users last, while it is watched.
  pub fn watched(&self) -> Option<&Moved> {
    let moved = self.seen.as_ref()?.moved.as_ref()?;
    moved
      .left(&self.site.watch, self.now.wall)
      .is_some()
      .then_some(moved)
  }

  pub fn weigh(&mut self) {
    self.able = match (&self.seen, self.role) {
      (_, Role::Observer) => Able::nothing("this console only watches (--observe)"),
      (None, _) => Able::nothing("the site has not been looked at yet"),
      (Some(seen), Role::Operator) => {
        Able::weigh(&self.site, seen, &self.live(), self.operation.as_ref())
      }
    };
  }

  /// An operation that the site reports and this console does not follow yet.
  pub fn unfollowed(&self) -> Option<OperationId> {
    let seen = self.seen.as_ref()?;
    let newest = seen.operation.as_ref()?.id;
    let followed = self.operation.as_ref().map(Watched::id);
    (followed.is_none_or(|id| id < newest)).then_some(newest)
  }

  /// The site says that the followed operation's runner is gone.
  pub fn is_interrupted(&self) -> bool {
    self
      .seen
      .as_ref()
      .and_then(|seen| seen.operation.as_ref())
      .is_some_and(|operation| operation.phase == Phase::Interrupted)
  }

  /// The next moment at which something changes though nobody did anything.
  pub fn wake_at(&self) -> Option<Duration> {
    let question = match self.modals.last() {
      Some(Modal::Ask(asking)) => asking.wake_at(),
      Some(Modal::Deploy(deploying)) => deploying.wake_at(),
      _ => None,
    };
    let notice = self.notice.as_ref().map(|notice| notice.until);
    let by_itself = self.watch.by_itself.wake_at();
    question.into_iter().chain(notice).chain(by_itself).min()
  }
}
