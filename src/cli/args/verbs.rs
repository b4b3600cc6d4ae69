//! The verbs and their own arguments, one type each. The text of every field is its help.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{
  globals::DryRun,
  looks::{Doctor, Logs, Watch},
  offered::offered,
};
use crate::model::{Slot, VersionName, event::Recovery, operation::OperationId};

#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
  /// The full-screen console: both slots side by side (also when nothing is typed)
  #[command(before_help = "Example: cutover ui --observe")]
  Ui(Ui),
  /// Read what is there and propose a cutover.toml; writes nothing without a yes
  #[command(before_help = "Example: cutover init /srv/shop")]
  Init(Init),
  /// Who is live, who says so, and how everything is
  #[command(before_help = "Example: cutover status")]
  Status(Status),
  /// Set a site up that serves nobody yet: shared services, first slot, route, proof
  #[command(before_help = "Example: cutover up --version 1.0.0")]
  Up(Up),
  /// Put a version on the standby slot and prove it there; users stay where they are
  #[command(before_help = "Example: cutover deploy --version 1.4.2")]
  Deploy(Deploy),
  /// Look at the health of one slot or both, level by level
  #[command(before_help = "Example: cutover health green -v")]
  Health(Health),
  /// Run the smoke tests on a slot
  #[command(before_help = "Example: cutover smoke green")]
  Smoke(Smoke),
  /// Send users to a slot, prove it through the proxy, or put back what they had
  #[command(before_help = "Example: cutover switch green")]
  Switch(Switch),
  /// Do all of a switch to the slot that is live already: proves the way and moves nobody
  #[command(before_help = "Example: cutover rehearse")]
  Rehearse(OnlyDryRun),
  /// Send users back to where they were
  #[command(visible_alias = "R", before_help = "Example: cutover rollback")]
  Rollback(Rollback),
  /// Stop the containers of a slot, or of one service, and keep them
  #[command(before_help = "Example: cutover stop blue")]
  Stop(PartArg),
  /// Start the existing containers of a slot, or of one service
  #[command(before_help = "Example: cutover start blue")]
  Start(PartArg),
  /// Stop and start the very containers of a slot, or of one service, until they are healthy
  #[command(before_help = "Example: cutover restart green api")]
  Restart(PartArg),
  /// Back up the database and read the backup back in full
  #[command(before_help = "Example: cutover backup")]
  Backup(OnlyDryRun),
  /// Load a backup beside the database in use and compare them
  #[command(before_help = "Example: cutover restore backups/db-20261120-142926.sql")]
  Restore(Restore),
  /// What was done here, by whom, and how it ended
  #[command(before_help = "Example: cutover history -n 20")]
  History(History),
  /// Everything about one operation
  #[command(before_help = "Example: cutover show 128")]
  Show(Show),
  /// The site's lock
  #[command(subcommand, before_help = "Example: cutover lock status")]
  Lock(LockVerb),
  /// What is wrong with the site, its files and this machine; changes nothing
  #[command(before_help = "Example: cutover doctor")]
  Doctor(Doctor),
  /// Log lines of a slot's services
  #[command(before_help = "Example: cutover logs green api -f")]
  Logs(Logs),
  /// Check or print the configuration
  #[command(subcommand, before_help = "Example: cutover config check")]
  Config(ConfigVerb),
  /// Migrate the database by the command the site is configured with
  #[command(before_help = "Example: cutover migrate --status")]
  Migrate(Migrate),
  /// Watch what users get after a switch, within its limits
  ///
  /// Ends with 0 when the time is over and no limit broke, also when there is nothing to watch; with 1
  /// when a limit broke; with 4 when it then rolled back and that was proven; with 5 when nobody can
  /// know what users get. In CI: cutover deploy --version V --switch --yes && cutover watch --rollback
  #[command(before_help = "Example: cutover watch --rollback")]
  Watch(Watch),
  /// Follow an operation that runs, or read one that ended
  #[command(before_help = "Example: cutover attach")]
  Attach(NumberArg),
  /// Answer yes to the question an operation waits on
  #[command(before_help = "Example: cutover approve 128")]
  Approve(NumberArg),
  /// Answer no to the question an operation waits on
  #[command(before_help = "Example: cutover decline 128")]
  Decline(NumberArg),
  /// Ask an operation to stop at the next safe point and undo
  #[command(before_help = "Example: cutover abort 128")]
  Abort(NumberArg),
  /// Write a note into an operation's journal, for everyone who reads it
  #[command(before_help = "Example: cutover note 128 \"p95 looks fine\"")]
  Note(Note),
  /// Go on with an interrupted operation
  #[command(before_help = "Example: cutover resume 128")]
  Resume(NumberArg),
  /// Run the embedded proxy of this site until told to end; SIGHUP reloads it
  #[command(before_help = "Example: cutover proxy")]
  Proxy(Proxy),
  /// Play with a little site of its own: nothing installed, no Docker, no root
  #[command(before_help = "Example: cutover demo")]
  Demo(Demo),
  /// Serve one process of the demo's site; started by its runtime
  #[command(hide = true)]
  Sample,
  /// Be the parent of one process; started by the runtime
  #[command(hide = true)]
  Supervise(Supervise),
  /// What a shell needs to complete verbs, flags and slots
  #[command(before_help = "Example: cutover completions bash")]
  Completions(Completions),
  /// The manual page, for `man -l -`
  #[command(before_help = "Example: cutover man")]
  Man,
  /// Run one operation; started by the other verbs
  #[command(hide = true)]
  Operate(Operate),
}

impl Verb {
  pub(super) fn dry_run(&self) -> Option<DryRun> {
    match self {
      Self::Up(Up { dry, .. })
      | Self::Deploy(Deploy { dry, .. })
      | Self::Smoke(Smoke { dry, .. })
      | Self::Switch(Switch { dry, .. })
      | Self::Rollback(Rollback { dry, .. })
      | Self::Stop(PartArg { dry, .. })
      | Self::Start(PartArg { dry, .. })
      | Self::Restart(PartArg { dry, .. })
      | Self::Backup(OnlyDryRun { dry })
      | Self::Rehearse(OnlyDryRun { dry })
      | Self::Restore(Restore { dry, .. })
      | Self::Migrate(Migrate { dry, .. }) => Some(*dry),
      Self::Ui(_)
      | Self::Init(_)
      | Self::Status(_)
      | Self::Health(_)
      | Self::History(_)
      | Self::Show(_)
      | Self::Lock(_)
      | Self::Doctor(_)
      | Self::Logs(_)
      | Self::Watch(_)
      | Self::Config(_)
      | Self::Attach(_)
      | Self::Approve(_)
      | Self::Decline(_)
      | Self::Abort(_)
      | Self::Note(_)
      | Self::Resume(_)
      | Self::Proxy(_)
      | Self::Demo(_)
      | Self::Sample
      | Self::Supervise(_)
      | Self::Completions(_)
      | Self::Man
      | Self::Operate(_) => None,
    }
  }
}

#[derive(Clone, Debug, Args)]
pub struct Ui {
  /// Only watch: no key changes anything
  #[arg(long)]
  pub observe: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Init {
  /// The folder of the compose files (default: this one)
  #[arg(value_name = "FOLDER")]
  pub folder: Option<PathBuf>,
  /// Answer one of its questions; may be given several times
  #[arg(long = "answer", value_name = "KEY=VALUE", value_parser = key_value)]
  pub answers: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
  text
    .split_once('=')
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .ok_or_else(|| "write it as KEY=VALUE, such as router=host".to_owned())
}

#[derive(Clone, Debug, Args)]
pub struct Status {
  /// Look again every two seconds until interrupted
  #[arg(long, conflicts_with = "check")]
  pub watch: bool,
  /// Exit 0 only if the live slot is known and healthy: 1 degraded, 5 unknown or disputed
  #[arg(long)]
  pub check: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Up {
  /// The first slot (default: the one the site's files name, else blue)
  #[arg(value_name = "SLOT")]
  pub slot: Option<Slot>,
  /// The version to begin with
  #[arg(long, value_name = "V", allow_hyphen_values = true)]
  pub version: VersionName,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Debug, Args)]
#[allow(
  clippy::struct_excessive_bools,
  reason = "each is one flag of the command line, read once"
)]
pub struct Deploy {
  /// auto (the standby slot), blue or green; never the live one
  #[arg(
    value_name = "SLOT",
    default_value = "auto",
    value_parser = offered(&["auto", "blue", "green"], target),
    hide_possible_values = true
  )]
  pub target: Target,
  /// The version to deploy
  #[arg(long, value_name = "V", allow_hyphen_values = true)]
  pub version: VersionName,
  /// Build the images from the source tree
  #[arg(long, conflicts_with = "rebuild")]
  pub build: bool,
  /// Build them again without any cache
  #[arg(long)]
  pub rebuild: bool,
  /// Switch users over when everything passed
  #[arg(long)]
  pub switch: bool,
  /// Leave the smoke tests out; needs --reason
  #[arg(long, requires = "reason")]
  pub skip_smoke: bool,
  /// Why, for the history
  #[arg(long, value_name = "TEXT")]
  pub reason: Option<String>,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
  /// The standby slot, as observed when it starts.
  Auto,
  Slot(Slot),
}

fn target(text: &str) -> Result<Target, String> {
  if text == "auto" {
    return Ok(Target::Auto);
  }
  text
    .parse()
    .map(Target::Slot)
    .map_err(|_| "use auto, blue or green".to_owned())
}

#[derive(Clone, Debug, Args)]
pub struct Health {
  /// blue or green (default: both)
  #[arg(value_name = "SLOT", hide_possible_values = true)]
  pub slot: Option<Slot>,
}

#[derive(Clone, Debug, Args)]
pub struct Smoke {
  /// blue or green
  #[arg(value_name = "SLOT", hide_possible_values = true)]
  pub slot: Slot,
  /// Run only this test; proves nothing about the slot
  #[arg(long, value_name = "NAME")]
  pub only: Option<String>,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Debug, Args)]
pub struct Switch {
  /// The slot users are sent to
  #[arg(value_name = "SLOT", hide_possible_values = true)]
  pub slot: Slot,
  /// Why, for the history
  #[arg(long, value_name = "TEXT")]
  pub reason: Option<String>,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Debug, Args)]
pub struct Rollback {
  /// A version deployed before, from its recorded images, instead of the previous slot
  #[arg(long, value_name = "V", allow_hyphen_values = true)]
  pub to_version: Option<VersionName>,
  /// Why, for the history and the incident
  #[arg(long, value_name = "TEXT")]
  pub reason: Option<String>,
  /// Go back even though the health of the target is not proven; asks for a phrase
  #[arg(long)]
  pub force: bool,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Debug, Args)]
pub struct PartArg {
  /// blue or green
  #[arg(value_name = "SLOT", hide_possible_values = true)]
  pub slot: Slot,
  /// Only this service
  #[arg(value_name = "SERVICE")]
  pub service: Option<String>,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Debug, Default, Args)]
pub struct OnlyDryRun {
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Debug, Args)]
pub struct Restore {
  /// The backup file
  #[arg(value_name = "FILE")]
  pub file: PathBuf,
  /// Then exchange it with the database in use; asks for a word
  #[arg(long)]
  pub swap: bool,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Debug, Args)]
pub struct History {
  /// How many operations, newest first
  #[arg(short = 'n', long = "last", value_name = "N", default_value_t = 20)]
  pub last: usize,
  /// As a Markdown deployment log
  #[arg(long, conflicts_with = "json")]
  pub markdown: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Show {
  /// The operation's number, as in the history
  #[arg(value_name = "N")]
  pub number: OperationId,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum LockVerb {
  /// Who holds the lock, since when and for what
  #[command(before_help = "Example: cutover lock status")]
  Status,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigVerb {
  /// Report every fault at once; exit 8 if there is one
  #[command(before_help = "Example: cutover config check")]
  Check,
  /// Print what is in force, secrets masked
  #[command(before_help = "Example: cutover config show --origin")]
  Show {
    /// Say where each value comes from
    #[arg(long)]
    origin: bool,
  },
  /// Print the path of the configuration file in use
  #[command(before_help = "Example: cutover config path")]
  Path,
  /// Print the JSON schema of cutover.toml, with which an editor completes and checks keys
  #[command(before_help = "Example: cutover config schema")]
  Schema,
}

#[derive(Clone, Debug, Args)]
pub struct Migrate {
  /// The slot whose code migrates (default: the standby slot)
  #[arg(value_name = "SLOT", hide_possible_values = true)]
  pub slot: Option<Slot>,
  /// Print the schema's state and change nothing
  #[arg(long, conflicts_with = "dry_run")]
  pub status: bool,
  #[command(flatten)]
  pub dry: DryRun,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct NumberArg {
  /// The operation's number (default: the newest one)
  #[arg(value_name = "N")]
  pub number: Option<OperationId>,
}

#[derive(Clone, Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct Note {
  /// The operation's number (default: the newest one)
  #[arg(value_name = "N")]
  pub number: Option<OperationId>,
  /// The text, in quotes
  #[arg(value_name = "TEXT")]
  pub text: String,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Proxy {
  /// Ask the running proxy whether it would load what is on disk
  #[arg(long, conflicts_with = "reload")]
  pub test: bool,
  /// Tell the running proxy to load what is on disk
  #[arg(long)]
  pub reload: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Demo {
  /// Play the whole story as commands and print what became of every request
  #[arg(long)]
  pub headless: bool,
  /// Build the site in this folder and leave it there (default: a temporary one, removed at the end)
  #[arg(long, value_name = "DIR")]
  pub dir: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct Supervise {
  /// The first digits of the process's ID
  #[arg(value_name = "ID")]
  pub id: String,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Completions {
  /// The shell that is to read it
  #[arg(value_name = "SHELL", value_enum)]
  pub shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
  Bash,
  Zsh,
  Fish,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Operate {
  /// The operation's number
  #[arg(value_name = "ID")]
  pub number: OperationId,
  /// Take over an interrupted one: resume or rollback
  #[arg(long, value_name = "HOW", value_parser = recovery)]
  pub recover: Option<Recovery>,
}

fn recovery(text: &str) -> Result<Recovery, String> {
  match text {
    "resume" => Ok(Recovery::Resume),
    "rollback" => Ok(Recovery::Rollback),
    _ => Err("use resume or rollback".to_owned()),
  }
}
