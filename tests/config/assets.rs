//! The texts that ship with the product: default configuration, profiles, reference page.

use std::{collections::BTreeMap, fs, path::Path};

use cutover::config::{
  self, DEFAULT, PROFILES, ProofBy, RunIn, VersionKind,
  schema::{Groups, Key, Kind, TOP},
};

use crate::{faults_of, folder, load, uncommented, understood, write};

#[test]
fn the_default_configuration_is_understood_as_it_stands() {
  let site = understood(DEFAULT);
  assert_eq!(site.slots.blue.port, Some(8081));
  assert!(matches!(
    site.version.kind,
    VersionKind::ImageVariable { .. }
  ));
}

#[test]
fn the_default_configuration_mentions_every_key_with_a_value_of_its_type() {
  let text = uncommented();
  let table: toml::Table = text.parse().expect("TOML");
  let mut missing = Vec::new();
  mentions(&table, TOP, "", &mut missing);
  assert_eq!(missing, [""; 0], "not in assets/default.toml");
  for fault in faults_of(&text) {
    assert!(
      !fault.contains("unknown key") && !fault.contains("must be") && !fault.contains("not a "),
      "{fault}"
    );
  }
}

fn mentions(table: &toml::Table, groups: Groups, path: &str, missing: &mut Vec<String>) {
  for Key { name, kind, .. } in groups.iter().flat_map(|group| group.iter()) {
    let path = format!("{path}.{name}");
    match (kind, table.get(*name)) {
      (Kind::Later | Kind::Personal, _) => {}
      (_, None) => missing.push(path),
      (Kind::Table(inner), Some(value)) => {
        mentions(value.as_table().expect("a table"), inner, &path, missing);
      }
      (Kind::Each(inner), Some(value)) => {
        let first = value.as_table().and_then(|table| table.values().next());
        mentions(
          first.and_then(toml::Value::as_table).expect("a table"),
          inner,
          &path,
          missing,
        );
      }
      (Kind::Tables(inner), Some(value)) => {
        let items = value.as_array().expect("tables");
        let tables = items.iter().filter_map(toml::Value::as_table);
        let rows = |table: &toml::Table| table.clone().into_iter();
        let all = tables.flat_map(rows).collect();
        mentions(&all, inner, &path, missing);
      }
      _ => {}
    }
  }
}

#[test]
fn every_profile_is_a_site_once_its_files_are_there() {
  let files: BTreeMap<&str, &[&str]> = BTreeMap::from([
    (
      "ala",
      [
        "deployment/.env",
        "deployment/docker-compose.bluegreen.yml",
        "deployment/nginx/upstream-blue.conf",
        "deployment/nginx/upstream-green.conf",
      ]
      .as_slice(),
    ),
    (
      "nocturna",
      &[
        "docker-compose.blue.yml",
        "docker-compose.green.yml",
        "docker-compose.shared.yml",
      ],
    ),
    (
      "cryoprotect",
      &[
        "docker-compose.blue-green.yml",
        "nginx/conf.d/blue.conf",
        "nginx/conf.d/green.conf",
        "scripts/backup",
      ],
    ),
  ]);
  let mut sites = BTreeMap::new();
  for (name, text) in PROFILES {
    let folder = folder(files[name]);
    let file = folder.path().join("cutover.toml");
    write(&file, text);
    let site = load(&file).unwrap_or_else(|faults| panic!("{name}: {faults}"));
    assert!(site.name.starts_with(name));
    sites.insert(name, site);
  }
  assert!(matches!(sites["ala"].proof.by, ProofBy::Field { .. }));
  let migrate = sites["nocturna"]
    .database
    .as_ref()
    .and_then(|database| database.migrate.as_ref());
  assert_eq!(
    migrate.map(|migrate| &migrate.run_in),
    Some(&RunIn::Service("api".into()))
  );
  assert_eq!(sites["nocturna"].router.command(), ["sudo", "-n", "nginx"]);
  let VersionKind::ImageVariable { variable, .. } = &sites["cryoprotect"].version.kind else {
    panic!("a variable")
  };
  assert_eq!(variable.green, "GREEN_VERSION");
}

#[test]
fn the_reference_page_is_made_from_the_table_of_keys() {
  let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/config.md");
  let fresh = config::reference();
  if std::env::var_os("UPDATE").is_some() {
    write(&path, &fresh);
  }
  let stored = fs::read_to_string(&path).unwrap_or_default();
  assert!(
    stored == fresh,
    "docs/config.md is stale; type: UPDATE=1 cargo test --test config"
  );
}
