//! Files on the disk: found, missing, and writable by the wrong people.

use std::{
  fs,
  os::unix::fs::PermissionsExt,
  path::{Path, PathBuf},
};

use cutover::config::{self, NotFound, Places, Wanted};

use crate::{BASE, BASE_FILES, folder, load, messages, nothing, write};

#[test]
fn every_file_that_is_not_there_is_told_at_once() {
  let folder = folder(&["up-green.conf"]);
  let file = folder.path().join("cutover.toml");
  let at = |name: &str| folder.path().join(name).display().to_string();
  let extra =
    "state = \"no/state\"\n[hooks]\non_failure = [\"./hook\"]\nafter_switch = [\"true\"]\n";
  let (first, rest) = BASE.split_once('\n').expect("lines");
  let (top, hooks) = extra.split_once('\n').expect("lines");
  let text = format!("{first}\n{top}\n{rest}\n{hooks}")
    .replace("[runtime]", "[runtime]\nenv_file = \".env\"");
  write(&file, &text);
  let told = messages(&load(&file));
  let expected = [
    format!("state: the folder {} does not exist", at("no")),
    format!(
      "runtime.env_file: {} cannot be read: No such file or directory (os error 2)",
      at(".env")
    ),
    format!(
      "runtime.files: the file {} does not exist",
      at("compose.yml")
    ),
    format!(
      "router.switch.from: the file {} does not exist",
      at("up-blue.conf")
    ),
    format!("hooks.on_failure: the file {} does not exist", at("./hook")),
  ];
  assert_eq!(told, expected);
}

#[test]
fn what_anyone_could_change_is_not_obeyed() {
  let folder = folder(&BASE_FILES);
  let file = folder.path().join("cutover.toml");
  write(&file, BASE);
  let may = |path: &Path, mode: u32| {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
    let told = messages(&load(&file));
    fs::set_permissions(path, fs::Permissions::from_mode(mode & !0o1002)).expect("its mode");
    told
  };
  let shown = file.display();
  assert_eq!(
    may(&file, 0o646),
    [format!(": anyone on this machine may change {shown}")]
  );
  let compose = folder.path().join("compose.yml");
  let message = format!(
    "runtime.files: anyone on this machine may change {}",
    compose.display()
  );
  assert_eq!(may(&compose, 0o666), [message]);
  let message = format!(
    ": anyone on this machine may replace files in {}",
    folder.path().display()
  );
  assert_eq!(may(folder.path(), 0o757), [message]);
  assert_eq!(may(folder.path(), 0o1777), [""; 0]);
  assert_eq!(may(&file, 0o664), [""; 0]);
}

#[test]
fn the_file_is_found_by_flag_then_site_then_variable_then_place() {
  let folder = folder(&[
    "a/cutover.toml",
    "other.toml",
    "user/sites/shop.toml",
    "etc/shop.toml",
    "etc/depot.toml",
  ]);
  fs::create_dir_all(folder.path().join("a/b/c")).expect("folders");
  let places = Places {
    current: folder.path().join("a/b/c"),
    user: Some(folder.path().join("user")),
    machine: folder.path().join("etc"),
  };
  let set = |name: &str| (name == "CUTOVER_CONFIG").then(|| "../../../other.toml".to_owned());
  let found =
    |config: Option<&str>, site: Option<&str>, environment: &dyn Fn(&str) -> Option<String>| {
      let wanted = Wanted {
        config: config.map(Path::new),
        site,
      };
      config::find(wanted, &places, environment)
        .map(|file| fs::canonicalize(file).expect("a file"))
        .map_err(|why| match why {
          NotFound::Faults(faults) => faults.faults[0].message.clone(),
          NotFound::Nowhere(nowhere) => panic!("{nowhere:?}"),
        })
    };
  let at = |name: &str| -> Result<PathBuf, String> {
    Ok(fs::canonicalize(folder.path().join(name)).expect("a file"))
  };
  assert_eq!(found(None, None, &nothing), at("a/cutover.toml"));
  assert_eq!(found(None, None, &set), at("other.toml"));
  assert_eq!(found(None, Some("shop"), &set), at("user/sites/shop.toml"));
  assert_eq!(found(None, Some("depot"), &set), at("etc/depot.toml"));
  assert_eq!(
    found(Some("../../cutover.toml"), None, &set),
    at("a/cutover.toml")
  );
  assert!(
    found(Some("nowhere.toml"), None, &set).is_err_and(|why| why.contains("--config names it"))
  );
  assert!(
    found(None, Some("../shop"), &set).is_err_and(|why| why.contains("not the name of a site"))
  );
  assert!(
    found(None, Some("barn"), &set).is_err_and(|why| why.starts_with("there is no site 'barn'"))
  );
  assert!(found(Some("x"), Some("y"), &nothing).is_err());
  assert_eq!(
    places.defaults(),
    [
      folder.path().join("etc/config.toml"),
      folder.path().join("user/config.toml")
    ]
  );
}

#[test]
fn where_no_site_is_the_named_ones_are_told() {
  let folder = folder(&[
    "user/sites/shop.toml",
    "etc/shop.toml",
    "etc/depot.toml",
    "etc/config.toml",
    "etc/notes.txt",
  ]);
  let current = folder.path().join("user");
  let places = Places {
    current: current.clone(),
    user: Some(folder.path().join("user")),
    machine: folder.path().join("etc"),
  };
  let Err(NotFound::Nowhere(nowhere)) = config::find(Wanted::default(), &places, &nothing) else {
    panic!("a site was found");
  };
  assert_eq!(nowhere.folder, current);
  assert_eq!(nowhere.sites, ["depot", "shop"]);
}

#[test]
fn a_folder_further_up_which_anyone_may_write_is_told_too() {
  let folder = folder(&[
    "site/compose.yml",
    "site/up-blue.conf",
    "site/up-green.conf",
  ]);
  let file = folder.path().join("site/cutover.toml");
  write(&file, BASE);
  fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("its mode");
  let shown = folder.path().display();
  let message = format!(": anyone on this machine may replace files in {shown}");
  assert_eq!(messages(&load(&file)), [message]);
}
