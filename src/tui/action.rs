//! THE table of what an operator can do: one row for each action. Dispatcher, footer, help,
//! palette, menu and `docs/keys.md` all read it.
//!
//! The law: an action that changes the site has a capital letter and opens a dialog. Outside of
//! dialogs no other key changes anything (`G` and `N` are capitals by older convention and move).

use super::key::Key;
use super::state::panel::Panel;

/// Where a key means this action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
  Everywhere,
  /// The two environment panels.
  Environment,
  Logs,
  /// Panels that are lists or long texts.
  Lists,
}

impl Place {
  pub fn has(self, panel: Panel) -> bool {
    match self {
      Self::Everywhere => true,
      Self::Environment => matches!(panel, Panel::Environment(_)),
      Self::Logs => matches!(panel, Panel::Log(_)),
      Self::Lists => matches!(
        panel,
        Panel::Operation | Panel::Watch | Panel::History | Panel::OwnLog
      ),
    }
  }

  pub fn word(self) -> &'static str {
    match self {
      Self::Everywhere => "everywhere",
      Self::Environment => "environments",
      Self::Logs => "logs",
      Self::Lists => "lists",
    }
  }
}

/// What an action can do to the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
  /// Looks, moves, arranges the screen.
  Looks,
  /// Changes the site, after a dialog.
  Changes,
}

/// How help and `docs/keys.md` group the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
  Move,
  Find,
  See,
  Log,
  Act,
  Leave,
}

impl Group {
  pub const ALL: [Self; 6] = [
    Self::Act,
    Self::Move,
    Self::Find,
    Self::See,
    Self::Log,
    Self::Leave,
  ];

  pub fn word(self) -> &'static str {
    match self {
      Self::Move => "MOVE",
      Self::Find => "FIND",
      Self::See => "SEE",
      Self::Log => "LOG",
      Self::Act => "ACT",
      Self::Leave => "LEAVE",
    }
  }
}

#[derive(Debug)]
pub struct Row {
  pub action: Action,
  /// As written in `[keys]` and after `:`.
  pub id: &'static str,
  pub keys: &'static [Key],
  pub place: Place,
  pub group: Group,
  pub title: &'static str,
  pub help: &'static str,
  pub effect: Effect,
}

macro_rules! actions {
  ($( $variant:ident $id:literal [$($key:expr),*] $place:ident $group:ident $effect:ident $title:literal $help:literal )*) => {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Action { $($variant),* }

    pub static TABLE: &[Row] = &[ $( Row {
      action: Action::$variant,
      id: $id,
      keys: &[$($key),*],
      place: Place::$place,
      group: Group::$group,
      title: $title,
      help: $help,
      effect: Effect::$effect,
    } ),* ];
  };
}

const fn c(c: char) -> Key {
  Key::char(c)
}

const fn k(code: super::key::Code) -> Key {
  Key::plain(code)
}

const fn ctrl(c: char) -> Key {
  Key::ctrl(c)
}

use super::key::Code::{
  BackTab, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
};

#[rustfmt::skip]
actions! {
  Rollback "rollback" [c('R')] Everywhere Act Changes "roll back" "Send all users back to the slot that served before. `R` `y` when every check is green."
  Switch "switch" [c('S')] Everywhere Act Changes "switch users" "Move all users to the standby, or answer an operation that waits for it. Type the color that goes live."
  Deploy "deploy" [c('D')] Everywhere Act Changes "deploy" "Put a version on the standby and prove it there. No user moves until you switch."
  Smoke "smoke" [c('T')] Everywhere Act Changes "smoke-test" "Run the smoke tests on the standby. They may write test data."
  Weight "weight" [c('W')] Everywhere Act Changes "weight" "Move a share of the users, where the proxy can."
  Abort "abort" [c('A')] Everywhere Act Changes "abort" "Ask the running operation to stop at its next safe point."
  Complete "complete" [c('C')] Everywhere Act Changes "complete" "After a switch: keep the new slot and end the watch, for every console. Once the watch is over: stop the former slot."
  Shell "shell" [c('E')] Everywhere Act Changes "shell" "Open a shell in the selected service's container; leaves the full screen until it ends."
  Lifecycle "services" [c('X')] Everywhere Act Changes "start/stop" "Start, stop or restart the slot or one service of it. Stopping what is live takes its name typed."
  Decline "decline" [] Everywhere Act Changes "decline" "Answer no to the question the operation waits on."
  Resume "resume" [] Everywhere Act Changes "resume" "Finish an interrupted operation from where the world stands."
  Takeover "takeover" [] Everywhere Act Changes "take over" "Put back what users had before an interrupted operation, and prove it."
  Backup "backup" [] Everywhere Act Changes "back up" "Dump the database and read the dump back in full."
  Restore "restore" [] Everywhere Act Changes "restore" "Load a verified backup into a new database and compare it."
  Note "note" [c('m')] Everywhere Act Looks "note" "Write a line into the running operation's journal, for everyone who watches."

  NextPanel "next-panel" [k(Tab)] Everywhere Move Looks "next panel" "The keys go to the next panel."
  PreviousPanel "previous-panel" [k(BackTab)] Everywhere Move Looks "previous panel" "The keys go to the previous panel."
  PanelBlue "panel-blue" [c('1')] Everywhere Move Looks "BLUE" "The BLUE environment."
  PanelGreen "panel-green" [c('2')] Everywhere Move Looks "GREEN" "The GREEN environment."
  PanelOperation "panel-operation" [c('3')] Everywhere Move Looks "operation" "The running or newest operation."
  PanelLogBlue "panel-log-blue" [c('4')] Everywhere Move Looks "log BLUE" "The log of BLUE."
  PanelLogGreen "panel-log-green" [c('5')] Everywhere Move Looks "log GREEN" "The log of GREEN."
  PanelWatch "panel-watch" [c('6')] Everywhere Move Looks "watch" "What users get as the proxy saw it; after a switch beside the limits and the former slot."
  PanelHistory "panel-history" [c('7')] Everywhere Move Looks "history" "Every operation of this site."
  PanelOwnLog "panel-own-log" [c('8')] Everywhere Move Looks "own log" "What this console itself has to say, for a bug report."
  OtherSide "other-side" [c('o')] Everywhere Move Looks "other side" "The same panel of the other color."
  Down "down" [c('j'), k(Down)] Everywhere Move Looks "down" "One line down."
  Up "up" [c('k'), k(Up)] Everywhere Move Looks "up" "One line up."
  Top "top" [c('g'), k(Home)] Everywhere Move Looks "top" "To the oldest line."
  Bottom "bottom" [c('G'), k(End)] Everywhere Move Looks "bottom" "To the newest line; a log follows again."
  PageDown "page-down" [k(PageDown), ctrl('d')] Everywhere Move Looks "page down" "One page down."
  PageUp "page-up" [k(PageUp), ctrl('u')] Everywhere Move Looks "page up" "One page up."
  Left "left" [c('h'), k(Left)] Everywhere Move Looks "left" "Scroll sideways to the left."
  Right "right" [c('l'), k(Right)] Everywhere Move Looks "right" "Scroll sideways to the right."
  Open "open" [k(Enter)] Everywhere Move Looks "open" "Details of what is selected."

  Search "search" [c('/')] Everywhere Find Looks "search" "Search this log or list: a regular expression, small letters match both cases, a leading `!` finds what does not match."
  FindNext "find-next" [c('n')] Everywhere Find Looks "next" "The next match."
  FindPrevious "find-previous" [c('N')] Everywhere Find Looks "previous" "The previous match."
  Palette "palette" [c(':')] Everywhere Find Looks "commands" "Every action by name, with its key and why it is not possible now."
  Menu "menu" [c(' ')] Everywhere Find Looks "actions" "What can be done with what is selected."
  Help "help" [c('?'), k(F(1))] Everywhere Find Looks "help" "The keys of this panel; type to search them."

  Zoom "zoom" [c('z')] Everywhere See Looks "zoom" "This panel on the full screen, and back."
  Copy "copy" [c('y')] Everywhere See Looks "copy" "Copy what is shown: to the terminal's clipboard and to a file."
  Refresh "refresh" [c('r')] Everywhere See Looks "refresh" "Look at everything again, now."
  Preflight "preflight" [c('p')] Everywhere See Looks "preflight" "Every check, and why an action is not possible."
  Doctor "doctor" [c('!')] Everywhere See Looks "findings" "What is wrong with the site, its files and this machine, why it matters and what to type; looks again."
  Tour "tour" [c('u')] Everywhere See Looks "tour" "Hide the guided tour of `cutover demo`, or show it again."
  Diff "diff" [c('d')] Environment See Looks "diff" "Live against standby: images, environment names, restart policies."
  Inspect "inspect" [c('i')] Environment See Looks "inspect" "The selected container, without its secrets."
  PreviousService "previous-service" [c('[')] Environment See Looks "previous service" "Select the service above."
  NextService "next-service" [c(']')] Environment See Looks "next service" "Select the service below."

  Follow "follow" [c('f')] Logs Log Looks "follow" "Follow the newest line, or hold still."
  Wrap "wrap" [c('w')] Logs Log Looks "wrap" "Break long lines, or scroll sideways."
  Time "time" [c('t')] Logs Log Looks "time" "Timestamps: the site's time, UTC, relative, none."
  LevelUp "level" [c('v')] Logs Log Looks "level" "The least level that is shown."
  NextError "next-error" [c('e')] Everywhere Log Looks "next error" "The next line with an error, of either color."
  Align "align" [c('=')] Logs Log Looks "align" "Keep both logs at the same time of day."
  Merge "merge" [c('b')] Logs Log Looks "both in one" "Both logs as one stream, with the slot beside each line."
  Filter "filter" [c('&')] Logs Log Looks "filter" "Show only lines that match; a leading `!` hides them."
  PreviousSource "previous-source" [c('[')] Logs Log Looks "previous source" "All services, or one at a time."
  NextSource "next-source" [c(']')] Logs Log Looks "next source" "All services, or one at a time."
  Clear "clear" [c('c')] Logs Log Looks "clear" "Empty this view; the log itself stays."
  Save "save" [c('s')] Logs Log Looks "save" "Write what this log holds to a file."

  Close "close" [k(Esc), c('q')] Everywhere Leave Looks "close" "Close, clear the filter, go back; on the dashboard `q` quits. An operation goes on without you."
  Quit "quit" [ctrl('c')] Everywhere Leave Looks "quit" "Like close; twice quits at once."
  Suspend "suspend" [ctrl('z')] Everywhere Leave Looks "suspend" "Back to the shell; `fg` returns."
  Redraw "redraw" [ctrl('l')] Everywhere Leave Looks "redraw" "Paint the whole screen again."
  Mouse "mouse" [] Everywhere Leave Looks "mouse" "Let the wheel scroll, at the price of the terminal's own selection."
}

impl Action {
  /// The row of this action.
  pub fn row(self) -> &'static Row {
    // The macro makes both from the same list, in the same order.
    &TABLE[self as usize]
  }

  pub fn named(id: &str) -> Option<Self> {
    TABLE.iter().find(|row| row.id == id).map(|row| row.action)
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn every_action_finds_its_own_row() {
    for row in TABLE {
      assert_eq!(row.action.row().id, row.id);
      assert_eq!(Action::named(row.id), Some(row.action));
    }
  }

  #[test]
  fn what_changes_the_site_is_a_capital_and_no_capital_else_but_two_that_move() {
    for row in TABLE {
      for key in row.keys {
        let capital = matches!(key.typed(), Some(c) if c.is_ascii_uppercase());
        if row.effect == Effect::Changes {
          assert!(capital, "{}: {key}", row.id);
        } else if capital {
          assert!(
            matches!(row.action, Action::Bottom | Action::FindPrevious),
            "{}: {key}",
            row.id
          );
        }
      }
    }
  }

  #[test]
  fn no_key_belongs_to_the_terminal_or_the_multiplexer() {
    for row in TABLE {
      for key in row.keys {
        let text = key.to_string();
        for taken in [
          "ctrl-a", "ctrl-b", "ctrl-s", "ctrl-q", "ctrl-w", "ctrl-n", "ctrl-t", "ctrl-h", "ctrl-i",
          "ctrl-j", "ctrl-m", "ctrl-\\", "f10", "f11",
        ] {
          assert_ne!(text, taken, "{}", row.id);
        }
        assert!(!key.alt, "{}", row.id);
      }
    }
  }
}
