//! Dumps into new databases, never over one in use, and the exchange of two names.

use std::path::Path;

use chrono::Utc;
use tokio::{fs::File, runtime::Handle};

use super::{
  dump_name::side_car_of,
  name::{check_new_database, identifier, literal, set_aside},
  server::Server,
  session::{Discard, Input},
};
use crate::engine::ports::{Notes, PortError, PortErrorKind};

/// Written on a database once a restore into it is complete; only such a one is swapped in.
const COMPLETE: &str = "restored by cutover, complete, sha256 ";
/// Clients that reconnect at once can get in between; the next try meets them again.
const TRIES: usize = 10;

/// Exact counts of up to 200 tables in one snapshot. The server quotes its own names.
const ROW_COUNTS: &str = r"begin isolation level repeatable read read only;
select format('select %L, count(*) from %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't'
and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
order by n.nspname, c.relname limit 200 \gexec
commit;
";

/// Drops the new database again when the restore into it does not come to its end.
struct Unfinished<'a> {
  server: &'a Server,
  database: Option<&'a str>,
}

impl Drop for Unfinished<'_> {
  fn drop(&mut self) {
    if let (Some(database), Ok(runtime)) = (self.database.take(), Handle::try_current()) {
      let (server, database) = (self.server.clone(), database.to_owned());
      runtime.spawn(async move { server.drop_new(&database).await });
    }
  }
}

impl Server {
  pub(super) async fn restore_into(
    &self,
    dump: &Path,
    database: &str,
    notes: Notes<'_>,
  ) -> Result<Vec<(String, u64)>, PortError> {
    check_new_database(database)?;
    let doing = format!(
      "restore {} into the new database {database}",
      dump.display()
    );
    if self.exists(database).await? {
      return Err(PortError::new(
        PortErrorKind::Refused,
        doing,
        format!(
          "it exists already: choose another name, or drop it with: {}",
          self.by_hand(&format!("dropdb -U {} {database}", self.user))
        ),
      ));
    }
    let verified = self.verify(dump).await?;
    notes(&format!(
      "the dump is whole: {} objects, {} bytes",
      verified.entries, verified.bytes
    ));
    if !side_car_of(dump).exists() {
      notes("warning: it has no side-car, so nothing shows that it is what was once dumped");
    }
    self.create_like_live(database, notes).await?;
    let mut unfinished = Unfinished {
      server: self,
      database: Some(database),
    };
    let loaded = self.load(&doing, dump, database, &verified.sha256).await;
    if let Err(mut error) = loaded {
      unfinished.database = None;
      error.detail.push_str(match self.drop_new(database).await {
        Ok(()) => "; the new database was dropped again",
        Err(_) => "; the new database could not be dropped again: drop it by hand",
      });
      return Err(error);
    }
    unfinished.database = None;
    let counts = self.row_counts(database).await?;
    notes(&format!(
      "restored into {database}: {} tables",
      counts.len()
    ));
    Ok(counts)
  }

  async fn load(
    &self,
    doing: &str,
    dump: &Path,
    database: &str,
    sha256: &str,
  ) -> Result<(), PortError> {
    let file = File::open(dump)
      .await
      .map_err(|error| PortError::new(PortErrorKind::Misconfigured, doing, error.to_string()))?;
    let [u, user, w] = self.login();
    let command = ["pg_restore", "--exit-on-error", u, user, w, "-d", database];
    self
      .run(doing, &command, &[], Input::File(file), &mut Discard)
      .await?
      .require(doing, "the database in use was not touched")?;
    let comment = format!(
      "comment on database {} is {}",
      identifier(database),
      literal(&format!("{COMPLETE}{sha256}"))
    );
    self.sql(doing, database, &comment).await.map(drop)
  }

  /// Encoding, locale and owner as in the database whose place it may take.
  async fn create_like_live(&self, database: &str, notes: Notes<'_>) -> Result<(), PortError> {
    let doing = format!("create database {database}");
    let create = format!(
      r"select format('create database %I template template0 encoding %L lc_collate %L lc_ctype %L owner %I',
  {name}, pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, r.rolname)
|| case to_jsonb(d)->>'datlocprovider'
  when 'i' then format(' locale_provider icu icu_locale %L', coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale'))
  when 'b' then format(' locale_provider builtin builtin_locale %L', to_jsonb(d)->>'datlocale')
  else '' end
from pg_database d join pg_roles r on r.oid = d.datdba where d.datname = {live} \gexec
",
      name = literal(database),
      live = literal(&self.database),
    );
    self.sql(&doing, self.maintenance(), &create).await?;
    if !self.exists(database).await? {
      notes("warning: the database in use does not exist; the new one has the server's defaults");
      let plain = format!(
        "create database {} template template0",
        identifier(database)
      );
      self.sql(&doing, self.maintenance(), &plain).await?;
    }
    let own = format!(
      "select count(*) from pg_database d where d.datname = {} and (d.datacl is not null or exists (select from pg_db_role_setting s where s.setdatabase = d.oid))",
      literal(&self.database)
    );
    if self
      .sql(&doing, self.maintenance(), &own)
      .await?
      .starts_with('1')
    {
      notes(&format!(
        "warning: {} has grants or settings on the database itself, which its dump does not carry: compare \\l and \\drds in psql",
        self.database
      ));
    }
    Ok(())
  }

  pub(super) async fn row_counts(&self, database: &str) -> Result<Vec<(String, u64)>, PortError> {
    let doing = format!("count the rows of {database}");
    let answer = self.sql(&doing, database, ROW_COUNTS).await?;
    let fields: Vec<&str> = answer.split_terminator('\0').collect();
    fields
      .chunks(2)
      .map(|row| match row {
        [table, count] => count.parse().ok().map(|count| ((*table).to_owned(), count)),
        _ => None,
      })
      .collect::<Option<_>>()
      .ok_or_else(|| {
        PortError::new(
          PortErrorKind::Unexpected,
          doing,
          "the answer was not understood",
        )
      })
  }

  /// Both names change in one transaction: there is no moment without a database in use.
  pub(super) async fn swap(&self, database: &str) -> Result<String, PortError> {
    check_new_database(database)?;
    let live = self.database.as_str();
    let doing = format!("swap {database} into the place of {live}");
    let refused = |why: String| PortError::new(PortErrorKind::Refused, doing.clone(), why);
    if database == live {
      return Err(refused("it is the database in use".into()));
    }
    let mark = format!(
      "select shobj_description(oid, 'pg_database') from pg_database where datname = {}",
      literal(database)
    );
    if !self
      .sql(&doing, self.maintenance(), &mark)
      .await?
      .starts_with(COMPLETE)
    {
      return Err(refused(format!(
        "it is not a complete restore made by this program: restore into it first with cutover restore FILE {database}"
      )));
    }
    let aside = set_aside(live, &Utc::now().format("%Y%m%d_%H%M%S").to_string());
    let script = format!(
      r"begin;
select pg_terminate_backend(pid) from pg_stat_activity
where datname in ({live_text}, {new_text}) and pid <> pg_backend_pid();
alter database {live_name} rename to {aside_name};
alter database {new_name} rename to {live_name};
commit;
",
      live_text = literal(live),
      new_text = literal(database),
      live_name = identifier(live),
      aside_name = identifier(&aside),
      new_name = identifier(database),
    );
    let mut result = Ok(String::new());
    for _ in 0..TRIES {
      result = self.sql(&doing, self.maintenance(), &script).await;
      // 55006: somebody connected between the two statements.
      if !matches!(&result, Err(error) if error.detail.contains("55006")) {
        break;
      }
    }
    result.map(|_| aside)
  }

  async fn exists(&self, database: &str) -> Result<bool, PortError> {
    let script = format!(
      "select count(*) from pg_database where datname = {}",
      literal(database)
    );
    let doing = format!("look whether database {database} exists");
    let answer = self.sql(&doing, self.maintenance(), &script).await?;
    Ok(!answer.starts_with('0'))
  }

  /// Only for a database that this run has created.
  async fn drop_new(&self, database: &str) -> Result<(), PortError> {
    let script = format!(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = {};\ndrop database if exists {};\n",
      literal(database),
      identifier(database)
    );
    let doing = format!("drop the new database {database} again");
    self
      .sql(&doing, self.maintenance(), &script)
      .await
      .map(drop)
  }
}
