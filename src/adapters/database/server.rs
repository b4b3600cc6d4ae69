//! The database server as the tools reach it: which container or host, which user and database.
//!
//! Of the container's environment only the two names are read and kept; the password never is.

use bollard::Docker;

use super::{
  exec,
  find::{by_service, inspect},
  host,
  name::check_existing,
  session::{Discard, Finished, Input, Session, Sink, Text, drive},
};
use crate::{
  config::{Place, Postgres, Site},
  engine::ports::PortError,
};

#[derive(Clone)]
pub(super) enum Where {
  Container {
    docker: Docker,
    id: String,
    name: String,
  },
  Host,
}

#[derive(Clone)]
pub(super) struct Server {
  place: Where,
  pub(super) user: String,
  /// The database in use.
  pub(super) database: String,
}

impl Server {
  pub(super) async fn find(site: &Site, config: &Postgres) -> Result<Self, PortError> {
    let (place, env_user, env_name) = match &config.place {
      Place::Host => (Where::Host, None, None),
      Place::Service(service) => {
        let docker = exec::connect().await?;
        let id = by_service(&docker, site.compose(), service).await?;
        inspect(docker, &id).await?
      }
      Place::Container(name) => inspect(exec::connect().await?, name).await?,
    };
    let user = config.user.clone().or(env_user);
    let user = user.unwrap_or_else(|| "postgres".into());
    // The official image names the database after its user when nothing else is said.
    let database = config
      .name
      .clone()
      .or(env_name)
      .unwrap_or_else(|| user.clone());
    check_existing("database user", &user)?;
    check_existing("database", &database)?;
    Ok(Self {
      place,
      user,
      database,
    })
  }

  /// Where the tools run, for people.
  pub(super) fn place(&self) -> String {
    match &self.place {
      Where::Container { name, .. } => format!("container {name}"),
      Where::Host => "this host".into(),
    }
  }

  /// A command line that does the same by hand.
  pub(super) fn by_hand(&self, command: &str) -> String {
    match &self.place {
      Where::Container { name, .. } => format!("docker exec {name} {command}"),
      Where::Host => command.to_owned(),
    }
  }

  /// A database that is not the one in use, to rename or create others from.
  pub(super) fn maintenance(&self) -> &'static str {
    if self.database == "postgres" {
      "template1"
    } else {
      "postgres"
    }
  }

  /// Words that make a tool log in as our user without ever asking for a password.
  pub(super) fn login(&self) -> [&str; 3] {
    ["-U", &self.user, "-w"]
  }

  pub(super) async fn open(
    &self,
    command: &[&str],
    environment: &[&str],
    input: &Input,
  ) -> Result<Session, PortError> {
    let owned = |words: &[&str]| {
      words
        .iter()
        .map(|&word| word.to_owned())
        .collect::<Vec<_>>()
    };
    let (command, mut environment) = (owned(command), owned(environment));
    environment.extend(["LC_ALL=C", "PGCONNECT_TIMEOUT=10"].map(str::to_owned));
    match &self.place {
      Where::Container { docker, id, .. } => {
        exec::start(docker, id, &command, &environment, input).await
      }
      Where::Host => host::start(&command, &environment, input),
    }
  }

  pub(super) async fn run<S: Sink>(
    &self,
    doing: &str,
    command: &[&str],
    environment: &[&str],
    input: Input,
    sink: &mut S,
  ) -> Result<Finished, PortError> {
    let session = self.open(command, environment, &input).await?;
    drive(doing, session, input, sink).await
  }

  /// Runs SQL and returns what it printed; columns and rows end with a zero byte.
  pub(super) async fn sql(
    &self,
    doing: &str,
    database: &str,
    script: &str,
  ) -> Result<String, PortError> {
    let mut text = Text::default();
    let [u, user, w] = self.login();
    let command = [
      "psql",
      "-XAtqz0",
      "-v",
      "ON_ERROR_STOP=1",
      "-v",
      "VERBOSITY=verbose",
      u,
      user,
      w,
      "-d",
      database,
      "-f",
      "-",
    ];
    let environment = ["PGAPPNAME=cutover", "PGCLIENTENCODING=UTF8"];
    let finished = self
      .run(
        doing,
        &command,
        &environment,
        Input::Text(script.into()),
        &mut text,
      )
      .await?;
    finished.require(
      doing,
      &format!(
        "try by hand: {}",
        self.by_hand(&format!("psql -U {user} -d {database}"))
      ),
    )?;
    Ok(String::from_utf8_lossy(&text.0).into_owned())
  }

  /// Whether the server takes connections; `Err` says why it does not.
  pub(super) async fn ready(&self) -> Result<(), PortError> {
    let doing = "ask whether PostgreSQL takes connections";
    let finished = self
      .run(
        doing,
        &["pg_isready", "-q", "-t", "10"],
        &[],
        Input::Nothing,
        &mut Discard,
      )
      .await?;
    finished.require(doing, "look at its log, and at docker ps")
  }
}
