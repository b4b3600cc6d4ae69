//! The database both slots share, its backups, and hints of a migration. Rules D17 to D19.

use super::{
  health::Checks,
  layout::Layout,
  proposal::{Proposal, Sure, list, quoted},
  runtime::Shared,
  stack::Service,
  survey::Survey,
};

/// What scripts call to migrate, and the command it is.
const MIGRATIONS: [(&str, &[&str]); 8] = [
  ("alembic upgrade", &["alembic", "upgrade", "head"]),
  (
    "manage.py migrate",
    &["python", "manage.py", "migrate", "--noinput"],
  ),
  ("flask db upgrade", &["flask", "db", "upgrade"]),
  (
    "prisma migrate deploy",
    &["npx", "prisma", "migrate", "deploy"],
  ),
  ("artisan migrate", &["php", "artisan", "migrate", "--force"]),
  (
    "rails db:migrate",
    &["bundle", "exec", "rails", "db:migrate"],
  ),
  ("knex migrate:latest", &["npx", "knex", "migrate:latest"]),
  (
    "typeorm migration:run",
    &["npx", "typeorm", "migration:run"],
  ),
];

pub(super) fn put(
  survey: &Survey,
  layout: &Layout,
  shared: &Shared,
  checks: &Checks,
  out: &mut Proposal,
) {
  let mut all = shared
    .services
    .iter()
    .filter(|(_, (service, _))| is_postgres(service));
  let (first, more) = (all.next(), all.next());
  if let Some((name, (service, inside))) = first.filter(|_| more.is_none()) {
    match (&service.container, inside) {
      (Some(container), false) => {
        let container = container_name(survey, layout, name).unwrap_or_else(|| container.clone());
        out.found(
          "database.container",
          quoted(&container),
          format!("{name} is PostgreSQL"),
        );
      }
      _ => out.found("database.service", quoted(name), "it is PostgreSQL"),
    }
    let dir = ["backups", "backup", "db_backups"]
      .into_iter()
      .find(|dir| survey.folders.contains(&layout.folder.join(dir)));
    let (why, sure) = if dir.is_some() {
      ("the folder is there", Sure::Found)
    } else {
      ("it is made when it is first needed", Sure::Guess)
    };
    out.put(
      "database.backup",
      format!("{{ dir = {}, keep = 5 }}", quoted(dir.unwrap_or("backups"))),
      why,
      sure,
    );
    if let Some((field, value)) = &checks.database {
      out.found(
        "database.check",
        format!("{{ json = {{ {field} = {value} }} }}"),
        "the live slot's answer said it",
      );
    }
    migration(survey, layout, out);
  } else if let (Some((one, _)), Some((other, _))) = (first, more) {
    out.note(
      format!("{one} and {other} are both PostgreSQL, so no backup is taken before a deploy"),
      "write [database] with the one that both slots use",
    );
  } else if let Some((name, kind)) = shared
    .services
    .iter()
    .find_map(|(name, (service, _))| Some((name, other_kind(service)?)))
  {
    out.note(
      format!("{name} is {kind}, which this version neither backs up nor migrates"),
      "take a backup in a hook: [hooks] before_deploy = [\"…\"]",
    );
  }
}

fn image(service: &Service) -> String {
  service.image.as_deref().unwrap_or_default().to_lowercase()
}

fn is_postgres(service: &Service) -> bool {
  ["postgres", "postgis", "timescale", "pgvector"]
    .iter()
    .any(|word| image(service).contains(word))
    || service
      .health
      .as_deref()
      .is_some_and(|test| test.contains("pg_isready"))
}

fn other_kind(service: &Service) -> Option<&'static str> {
  [
    ("mysql", "MySQL"),
    ("mariadb", "MariaDB"),
    ("mongo", "MongoDB"),
  ]
  .into_iter()
  .find(|(word, _)| image(service).contains(word))
  .map(|(_, kind)| kind)
}

fn container_name(survey: &Survey, layout: &Layout, service: &str) -> Option<String> {
  survey
    .containers
    .iter()
    .find(|seen| {
      seen.folder.as_deref() == Some(&*layout.folder) && seen.service.as_deref() == Some(service)
    })
    .map(|seen| seen.name.clone())
}

/// Never in force: what a script does proves nothing about what it may do here.
fn migration(survey: &Survey, layout: &Layout, out: &mut Proposal) {
  let spoken = survey.files.iter().find_map(|(path, file)| {
    let text = file.text.as_deref()?;
    let (_, command) = MIGRATIONS.iter().find(|(words, _)| text.contains(words))?;
    Some((path, command))
  });
  let (Some((path, command)), Some(role)) = (spoken, layout.roles.first()) else {
    return;
  };
  let source = format!(
    "{} does it; take the # away when every version's migration can run while the live one serves",
    Survey::shown(&layout.folder, path)
  );
  out.shown(
    "database.migrate",
    format!(
      "{{ in = {}, command = {}, when = \"after-start\" }}",
      quoted(&format!("service:{}", role.key)),
      list(command)
    ),
    source,
  );
}
