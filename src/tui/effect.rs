//! Everything the console can ask for, on one page. `tasks` carries it out; `update` only names it.

use super::state::ask::Ticket;
use crate::{
  engine::Intent,
  model::{
    container::ContainerId,
    event::{Answer, Recovery},
    log_source::Source,
    operation::OperationId,
    plan::Plan,
    shown::Shown,
  },
};

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
  /// Ring the terminal, where somebody wants that.
  Ring,
  /// Look at everything again, now.
  Observe,
  LoadHistory,
  /// What is wrong with the site; for the page with this ticket, when one is open.
  Diagnose {
    ticket: Option<Ticket>,
  },
  /// The verified backups.
  LoadBackups {
    ticket: Ticket,
  },
  /// Everything about one operation, as a page.
  LoadStory {
    ticket: Ticket,
    id: OperationId,
  },
  /// Which versions could be deployed.
  Offer {
    ticket: Ticket,
  },
  Plan {
    ticket: Ticket,
    intent: Intent,
  },
  Launch {
    ticket: Ticket,
    plan: Box<Plan>,
  },
  Recover {
    ticket: Ticket,
    id: OperationId,
    how: Recovery,
  },
  Answer {
    id: OperationId,
    gate: String,
    answer: Answer,
  },
  Abort {
    id: OperationId,
  },
  Note {
    id: OperationId,
    text: Shown,
  },
  Follow {
    id: OperationId,
  },
  /// Write down that the watch after this operation is over.
  EndWatch {
    of: OperationId,
  },
  /// Follow the logs and read the figures of these containers.
  Sources(Vec<Source>),
  /// Into a file of this name.
  Save {
    file: String,
    text: String,
  },
  /// To the terminal's clipboard and to a file.
  Copy {
    text: String,
  },
  /// The same with what the panel that has the keys shows now.
  CopyPanel,
  /// Leaves the full screen to a shell in this container, until it ends.
  Shell {
    id: ContainerId,
    name: String,
  },
  Redraw,
  /// Takes the mouse, or leaves it to the terminal.
  Mouse,
  Suspend,
  Quit,
}
