//! What each person may set about the console, and that no site depends on it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use cutover::{
  config::{
    self, Charset, Console, KeySetting, LoadedConsole, LogTime, Origins, Overrides, Places,
    schema::{Kind, UI},
  },
  tui::view::theme::Palette,
};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::{BASE, BASE_FILES, folder, nothing, short, understood, write};

/// A machine's and a person's file; an empty text is no file.
fn written(machine: &str, user: &str) -> (TempDir, Places) {
  let folder = folder(&[]);
  let places = Places {
    current: folder.path().to_owned(),
    user: Some(folder.path().join("user")),
    machine: folder.path().join("etc"),
  };
  for (file, text) in places.defaults().iter().zip([machine, user]) {
    if !text.is_empty() {
      write(file, text);
    }
  }
  (folder, places)
}

fn console(
  machine: &str,
  user: &str,
  environment: &dyn Fn(&str) -> Option<String>,
) -> LoadedConsole {
  let (_folder, places) = written(machine, user);
  config::load_console_settings(&places, environment).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Each fault in short, after the folder or variable it was found in.
fn told(machine: &str, user: &str, environment: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
  let (folder, places) = written(machine, user);
  let Err(faults) = config::load_console(&places, environment) else {
    return Vec::new();
  };
  let tell = |fault: &config::ConfigFault| {
    let file = fault.file.strip_prefix(folder.path());
    let place = file.map_or(fault.file.as_path(), |file| {
      file.parent().unwrap_or(Path::new(""))
    });
    format!("{} {}", place.display(), short(fault))
  };
  faults.faults.iter().map(tell).collect()
}

#[test]
fn without_a_file_or_a_site_the_console_has_its_defaults() {
  assert_eq!(
    console("", "", &nothing).console,
    Console {
      theme: "default".into(),
      charset: Charset::Auto,
      mouse: false,
      sync: true,
      frames: None,
      time: LogTime::Site,
      log_memory: 8 << 20,
      bell: true,
      keys: Vec::new(),
    }
  );
}

#[test]
fn environment_beats_the_persons_file_and_that_beats_the_machines() {
  let environment = |name: &str| match name {
    "CUTOVER_UI_FRAMES" => Some("30".to_owned()),
    "CUTOVER_UI_BELL" => Some("false".to_owned()),
    "CUTOVER_UI_THEME" => Some(String::new()),
    "MINE" => Some("ascii".to_owned()),
    _ => None,
  };
  let machine = "[ui]\ntheme = \"light\"\ntime = \"utc\"\nlog_memory = 256\nmouse = true\n";
  let user = "[ui]\ntheme = \"mono\"\ncharset = \"${MINE}\"\nframes = 4\nsync = false\n";
  let loaded = console(machine, user, &environment);
  assert_eq!(
    loaded.console,
    Console {
      theme: "mono".into(),
      charset: Charset::Ascii,
      mouse: true,
      sync: false,
      frames: Some(30),
      time: LogTime::Utc,
      log_memory: 256 << 20,
      bell: false,
      keys: Vec::new(),
    }
  );
  let shown = config::show_console(&loaded, Origins::Show);
  for (line, from) in [
    ("theme = \"mono\"  # ", "user/config.toml:2"),
    ("time = \"utc\"  # ", "etc/config.toml:3"),
    ("frames = 30  # ", "environment CUTOVER_UI_FRAMES"),
    ("charset = \"ascii\"  # ", "environment MINE"),
  ] {
    assert!(
      shown
        .lines()
        .any(|shown| shown.starts_with(line) && shown.ends_with(from)),
      "{line}{from}\nis not in\n{shown}"
    );
  }
  let plain = config::show_console(&console("", "", &nothing), Origins::Hide);
  assert!(
    plain.starts_with("\n[ui]\n") && plain.contains("\nframes = \"auto\"\n"),
    "{plain}"
  );
}

#[test]
fn every_key_of_ui_can_come_from_its_variable() {
  for key in UI.iter().flat_map(|group| group.iter()) {
    let name = config::variable(&format!("ui.{}", key.name));
    let environment = |asked: &str| (asked == name).then(|| "?".to_owned());
    let faults = told("", "", &environment);
    assert_eq!(faults.len(), 1, "{name}: {faults:?}");
    assert!(
      faults[0].starts_with(&format!("{name} 1:1 ui.")),
      "{faults:?}"
    );
  }
}

#[test]
fn every_theme_that_can_be_written_can_be_drawn() {
  let rows = UI.iter().flat_map(|group| group.iter());
  let theme = rows.clone().find(|key| key.name == "theme").expect("a row");
  let Kind::Choice { built, .. } = theme.kind else {
    panic!("a choice")
  };
  assert_eq!(built, Palette::ALL.map(Palette::name));
}

#[test]
fn keys_keep_their_order_and_say_where_they_stand() {
  let machine = "[keys]\nswitch = \"F5\"\nquit = [\"q\", \"ctrl-c\"]\n";
  let user = "keys.zoom = \"z\"\n\n[keys.\"page.down\"]\n";
  assert_eq!(
    told("", user, &nothing),
    [
      "user 3:1 keys.page.down: this must be a text in quotes or a list of them, not a table [[keys.\"page.down\"]]"
    ]
  );
  let user = "[keys]\nzoom = []\n\"page.down\" = [\n  \"ctrl-d\",\n  \"{\",\n]\nswitch = \"S\"\n";
  let (_folder, places) = written(machine, user);
  let made = config::load_console(&places, &nothing).unwrap_or_else(|faults| panic!("{faults}"));
  let files = places.defaults();
  let key = |action: &str, keys: &[&str], file: &Path, line: usize| KeySetting {
    action: action.into(),
    keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    at: format!("{}:{line}", file.display()),
  };
  assert_eq!(
    made.keys,
    [
      key("zoom", &[], &files[1], 2),
      key("page.down", &["ctrl-d", "{"], &files[1], 3),
      key("switch", &["S"], &files[1], 7),
      key("quit", &["q", "ctrl-c"], &files[0], 3),
    ]
  );
}

#[test]
fn each_mistake_is_told_with_its_place_and_in_plain_words() {
  #[rustfmt::skip]
  let table: &[(&str, &[&str])] = &[
    ("[ui]\ntheem = \"mono\"", &["user 2:1 ui.theem: unknown key 'theem' [theem]"]),
    ("[ui]\ntheme = \"mnoo\"", &["user 2:9 ui.theme: 'mnoo' is not a theme; it is one of: default, light, high-contrast, color-blind, mono [\"mnoo\"]"]),
    ("[ui]\ntheme = 1", &["user 2:9 ui.theme: this must be a text in quotes, not an integer [1]"]),
    ("[ui]\nframes = 61", &["user 2:10 ui.frames: this must be \"auto\" or from 1 to 60 [61]"]),
    ("[ui]\nframes = \"30\"", &["user 2:10 ui.frames: this must be \"auto\" or an integer, not a text [\"30\"]"]),
    ("[ui]\nlog_memory = 0\nbell = \"no\"", &["user 2:14 ui.log_memory: this must be from 1 to 256 [0]", "user 3:8 ui.bell: this must be true or false, not a text [\"no\"]"]),
    ("[ui]\ncharset = \"${NONE}\"", &["user 2:11 ui.charset: the variable NONE is not set [\"${NONE}\"]"]),
    ("ui = true", &["user 1:6 ui: this must be a table, not true or false [true]"]),
    ("keys = [\"S\"]", &["user 1:8 keys: this must be a table, not a list [[\"S\"]]"]),
    ("[keys]\nswitch = 5\nquit = [\"q\", 5]", &["user 2:10 keys.switch: this must be a text in quotes or a list of them, not an integer [5]", "user 3:14 keys.quit[1]: this must be a text in quotes, not an integer [5]"]),
    ("[keys]\nswitch = \" \"", &["user 2:10 keys.switch: this is not a key [\" \"]"]),
    ("[keys]\nswitch = [\"S\", \"\"]", &["user 2:10 keys.switch: this is not a key [[\"S\", \"\"]]"]),
    ("[keys]\nswitch = \"S\"\nswitch = \"T\"", &["user 3:1 : duplicate key [switch]"]),
    ("[uii]\ntheme = 1", &["user 1:2 uii: this key cannot be set by a defaults file [uii]"]),
    ("[router]\nservice = \"x\"", &["user 1:2 router: this key cannot be set by a defaults file [router]"]),
    ("[deploy]\ngate = \"${ONLY_IN_ENV_FILE}\"", &[]),
  ];
  let mut wrong = Vec::new();
  for (text, expected) in table {
    let told = told("", text, &nothing);
    if told != *expected {
      wrong.push(format!(
        "{text}\n  expected {expected:#?}\n  told {told:#?}"
      ));
    }
  }
  assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_of_both_files_and_the_environment_are_told_at_once() {
  let environment = |name: &str| (name == "CUTOVER_UI_TIME").then(|| "moon".to_owned());
  let machine = "[ui]\ntheme = \"x\"\n[keys]\nswitch = 1\n";
  let user = "[ui]\ntheme = \"y\"\nnew = 1\n[keys]\nswitch = \"S\"\n";
  let (folder, places) = written(machine, user);
  let Err(faults) = config::load_console(&places, &environment) else {
    panic!("this has faults")
  };
  let folder = folder.path().display();
  assert_eq!(
    faults.to_string(),
    format!(
      "\
CUTOVER_UI_TIME:1:1: ui.time: 'moon' is not a time; it is one of: site, utc, relative, off
 1 | moon
   | ^^^^

{folder}/user/config.toml:2:9: ui.theme: 'y' is not a theme; it is one of: default, light, high-contrast, color-blind, mono
 2 | theme = \"y\"
   |         ^^^

{folder}/user/config.toml:3:1: ui.new: unknown key 'new'
 3 | new = 1
   | ^^^ this table knows: theme, charset, mouse, sync, frames, time, log_memory, bell

{folder}/etc/config.toml:2:9: ui.theme: 'x' is not a theme; it is one of: default, light, high-contrast, color-blind, mono
 2 | theme = \"x\"
   |         ^^^

{folder}/etc/config.toml:4:10: keys.switch: this must be a text in quotes or a list of them, not an integer
 4 | switch = 1
   |          ^

CUTOVER_UI_TIME: 5 faults. Nothing was done. Correct this, then type: cutover config check"
    )
  );
}

#[test]
fn a_file_that_anyone_may_change_gives_no_keys() {
  let (_folder, places) = written("", "[keys]\nswitch = \"S\"\n");
  let file = &places.defaults()[1];
  fs::set_permissions(file, fs::Permissions::from_mode(0o646)).expect("its mode");
  let Err(faults) = config::load_console(&places, &nothing) else {
    panic!("this has a fault")
  };
  assert_eq!(
    faults.faults[0].message,
    "anyone on this machine may change this file"
  );
}

#[test]
fn a_secret_used_by_mistake_is_starred_out() {
  let environment = |name: &str| (name == "API_TOKEN").then(|| "s3cretvalue".to_owned());
  let (_folder, places) = written("", "[ui]\ntheme = \"${API_TOKEN}\"\n");
  let Err(faults) = config::load_console(&places, &environment) else {
    panic!("this has a fault")
  };
  let shown = faults.to_string();
  assert!(
    shown.contains("'********' is not a theme") && !shown.contains("s3cretvalue"),
    "{shown}"
  );
}

#[test]
fn a_mistake_about_the_console_never_stops_a_command_on_a_site() {
  let site = folder(&BASE_FILES);
  let file = site.path().join("cutover.toml");
  write(&file, BASE);
  let user = "[deploy]\ngate = \"10m\"\n[ui]\ntheme = \"${NONE}\"\nnew = 1\n[keys]\nx = 1\n";
  let (_folder, places) = written("[ui]\ntheme = \"mono\"\n", user);
  assert!(config::load_console(&places, &nothing).is_err());
  let overrides = Overrides {
    defaults: places.defaults(),
    ..Overrides::default()
  };
  let site = config::load(&file, &overrides, &nothing).unwrap_or_else(|faults| panic!("{faults}"));
  assert_eq!(site.deploy.gate.as_secs(), 600);
}

#[test]
fn a_misspelt_table_of_a_defaults_file_is_told_by_site_and_console_alike() {
  let site = folder(&BASE_FILES);
  let file = site.path().join("cutover.toml");
  write(&file, BASE);
  let (_folder, places) = written("", "[keyz]\nswitch = \"S\"\n");
  let overrides = Overrides {
    defaults: places.defaults(),
    ..Overrides::default()
  };
  let of_site = config::load(&file, &overrides, &nothing).expect_err("a fault");
  let of_console = config::load_console(&places, &nothing).expect_err("a fault");
  assert_eq!(of_site.faults[0].key, "keyz.switch");
  for faults in [of_site, of_console] {
    assert_eq!(
      faults.faults[0].hint.as_deref(),
      Some("did you mean 'keys'?")
    );
  }
}

#[test]
fn a_site_may_not_choose_for_its_people_but_says_whether_it_is_production() {
  let text = format!("{BASE}[ui]\ntheme = \"mono\"\n[keys]\nswitch = \"S\"\n");
  let Err(faults) = crate::judge(&text) else {
    panic!("this has faults")
  };
  let shown = faults.to_string();
  assert!(
    shown.starts_with(
      "\
/site/cutover.toml:26:2: ui: 'ui' is each person's own and cannot be in a site's file
 26 | [ui]
    |  ^^ write [ui] in ~/.config/cutover/config.toml, or for everyone here in /etc/cutover/config.toml
"
    ),
    "{shown}"
  );
  assert_eq!(faults.faults.len(), 2, "{shown}");
  assert!(!understood(BASE).production);
  assert!(understood(&format!("production = true\n{BASE}")).production);
}

#[test]
fn the_example_of_the_reference_page_is_understood() {
  let page = config::reference();
  let (_, console) = page.split_once("## The console").expect("the section");
  let (_, rest) = console.split_once("```toml\n").expect("an example");
  let (example, _) = rest.split_once("```").expect("its end");
  let made = self::console("", example, &nothing).console;
  assert_eq!(
    (made.theme.as_str(), made.frames),
    ("high-contrast", Some(4))
  );
  assert_eq!(made.keys.len(), 2);
}

proptest! {
  #![proptest_config(ProptestConfig::with_cases(400))]

  #[test]
  fn a_damaged_file_is_judged_without_a_panic(
    at in 0..200usize,
    cut in 0..20usize,
    put in "\\PC{0,8}|[\\[\\]{}=\"'$#\n.]{0,8}",
  ) {
    let whole = "[ui]\ntheme = \"mono\"\nframes = 4\nbell = true\n[keys]\nswitch = \"S\"\nquit = [\"q\", \"ctrl-c\"]\n";
    let text: Vec<char> = whole.chars().collect();
    let at = at % text.len();
    let damaged: String =
      text[..at].iter().copied().chain(put.chars()).chain(text[at..].iter().skip(cut).copied()).collect();
    let (_folder, places) = written("", &damaged);
    match config::load_console_settings(&places, &nothing) {
      Ok(loaded) => prop_assert!(!config::show_console(&loaded, Origins::Show).is_empty()),
      Err(faults) => prop_assert!(!faults.faults.is_empty()),
    }
  }
}
