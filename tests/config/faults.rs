//! What is told about a mistake.

use std::path::Path;

use cutover::config;

use crate::{BASE, faults_of, judge};

#[test]
fn each_mistake_is_told_with_its_place_and_in_plain_words() {
  #[rustfmt::skip]
  let table: &[(&str, &str, &[&str])] = &[
    ("[retire]", "[retyre]", &["22:2 retyre: unknown key 'retyre' [retyre]"]),
    ("name = \"shop\"", "nam = \"shop\"", &["1:1 nam: unknown key 'nam' [nam]", "- name: 'name' is missing"]),
    ("name = \"shop\"", "name = 7", &["1:8 name: this must be a text in quotes, not an integer [7]"]),
    ("name = \"shop\"", "name = \"../x\"", &["1:8 name: '../x' is not a name for a site [\"../x\"]"]),
    ("name = \"shop\"", "name = \"shop\"\nschema = 2", &["2:10 schema: this version of cutover knows only 1 [2]"]),
    ("name = \"shop\"", "name = \"shop\"\nshift = {}", &["2:1 shift: 'shift' is not supported by this version of cutover [shift]"]),
    ("[retire]", "[watch]\nerror_rate = 5\n[retire]", &["23:14 watch.error_rate: this must be a share such as \"5%\", at most 100% [5]"]),
    ("[retire]", "[watch]\nerror_rate = \"105%\"\n[retire]", &["23:14 watch.error_rate: this must be a share such as \"5%\", at most 100% [\"105%\"]"]),
    ("[retire]", "[watch]\nfor = \"30s\"\n[retire]", &["22:1 watch.sustained: nothing can be broken for that long: the watch is over before [[watch]]"]),
    ("[retire]", "[watch]\nrollback = \"yes\"\n[retire]", &["23:12 watch.rollback: 'yes' is not a rollback; it is one of: ask, auto, never [\"yes\"]"]),
    ("port = 8081", "port = 80811", &["3:8 slots.blue.port: this must be a port from 1 to 65535 [80811]"]),
    ("port = 8082", "port = 8081", &["5:8 slots.green.port: both slots have the same port [8081]", "10:31 services.api.check.url: both slots would be checked at the same address [\"http://{host}:{port}/health\"]"]),
    ("port = 8082", "port = \"${GREEN_PORT}\"", &["5:8 slots.green.port: the variable GREEN_PORT is not set [\"${GREEN_PORT}\"]"]),
    ("files = [\"compose.yml\"]", "files = \"compose.yml\"", &["7:9 runtime.files: this must be a list of texts, not a text [\"compose.yml\"]"]),
    ("files = [\"compose.yml\"]", "files = []", &["7:9 runtime.files: the list is empty [[]]"]),
    ("files = [\"compose.yml\"]", "kind = \"kubernetes\"\nnamespace = \"x\"", &["7:8 runtime.kind: kind 'kubernetes' is not supported by this version of cutover; it supports: compose, process [\"kubernetes\"]"]),
    ("[\"proxy\"]", "[\"proxy\", \"api-blue\"]", &["8:10 runtime.shared: 'api-blue' is service 'api' of blue: a deploy would recreate it [[\"proxy\", \"api-blue\"]]"]),
    ("check = {", "name = \"api\"\ncheck = {", &["10:8 services.api.name: both slots resolve to the same service 'api' [\"api\"]"]),
    ("check = {", "name = \"api-{colour}\"\ncheck = {", &["10:8 services.api.name: '{colour}' is not known here [\"api-{colour}\"]"]),
    ("check = {", "name = \"--api-{color}\"\ncheck = {", &["10:8 services.api.name: '--api-blue' is not a name Docker knows [\"--api-{color}\"]"]),
    ("check = {", "container = \"api\"\ncheck = {", &["10:13 services.api.container: both slots resolve to the same container [\"api\"]"]),
    ("via = \"host\", url", "via = \"host\", urls", &["10:9 services.api.check.url: 'url' is missing [{ via = \"host\", urls = \"http://{host}:{port}/health\" }]", "10:25 services.api.check.urls: unknown key 'urls' [urls]"]),
    ("via = \"host\", url = \"http://{host}:{port}/health\"", "via = \"exec\"", &["10:9 services.api.check.url: 'url' is missing [{ via = \"exec\" }]"]),
    ("via = \"host\"", "via = \"docker\"", &["10:33 services.api.check.url: 'url' has no meaning for this 'via' [\"http://{host}:{port}/health\"]"]),
    ("via = \"host\"", "via = \"hsot\"", &["10:17 services.api.check.via: 'hsot' is not a via; it is one of: docker, host, exec, network, router, command [\"hsot\"]"]),
    ("via = \"host\"", "via = \"forward\"", &["10:17 services.api.check.via: via 'forward' is not supported by this version of cutover; it supports: docker, host, exec, network, router, command [\"forward\"]"]),
    ("via = \"host\",", "via = \"host\", consecutive = 0,", &["10:39 services.api.check.consecutive: this must be from 1 to 100 [0]"]),
    ("variable = \"{COLOR}_VERSION\"", "", &["11:1 version.variable: 'variable' is missing [[version]]"]),
    ("variable = \"{COLOR}_VERSION\"", "variable = \"{COLOR}-VERSION\"", &["12:12 version.variable: 'BLUE-VERSION' is not the name of a variable [\"{COLOR}-VERSION\"]"]),
    ("service = \"proxy\"", "kind = \"haproxy\"\nservice = \"proxy\"", &["14:8 router.kind: kind 'haproxy' is not supported by this version of cutover; it supports: nginx, embedded [\"haproxy\"]"]),
    ("service = \"proxy\"", "service = \"proxy\"\nhost = true", &["13:1 router: only one of 'service', 'container' and 'host' can be [[router]]"]),
    ("service = \"proxy\"", "service = \"api-green\"", &["14:11 router.service: 'api-green' is service 'api' of green: a deploy would recreate it [\"api-green\"]"]),
    ("service = \"proxy\"", "command = []\nservice = \"proxy\"", &["14:11 router.command: the command is empty [[]]"]),
    ("from = \"up-{color}.conf\"", "from = \"up.conf\"", &["17:8 router.switch.from: both slots would use the same file [\"up.conf\"]"]),
    ("from = \"up-{color}.conf\"", "text = \"x\"", &["15:1 router.switch.from: 'from' is missing [[router.switch]]", "17:8 router.switch.text: 'text' has no meaning for kind = \"copy\" [\"x\"]"]),
    ("to = \"active.conf\"", "to = \"../active.conf\"", &["18:6 router.switch.to: this leads out of the root folder [\"../active.conf\"]"]),
    ("to = \"active.conf\"", "to = \"{color}.conf\"", &["18:6 router.switch.to: '{color}' cannot be used here: this value is the same for both slots [\"{color}.conf\"]"]),
    ("to = \"active.conf\"", "to = \"up-blue.conf\"", &["18:6 router.switch.to: this is the file of blue itself [\"up-blue.conf\"]"]),
    ("url = \"http://localhost/\"", "", &["19:1 proof.url: 'url' is missing [[proof]]"]),
    ("url = \"http://localhost/\"", "url = \"localhost\"", &["20:7 proof.url: 'localhost' is not an address [\"localhost\"]"]),
    ("header = \"X-Slot\"", "", &["19:1 proof: it is not said how to prove [[proof]]"]),
    ("header = \"X-Slot\"", "header = \"X-Slot\"\nlog = true", &["22:7 proof.log: 'header' is the proof already: only one can be [true]"]),
    ("header = \"X-Slot\"", "header = \"X-Slot\"\nvalue = \"on\"", &["22:9 proof.value: both slots would prove the same [\"on\"]"]),
    ("header = \"X-Slot\"", "header = \"X-Slot\"\nsamples = 0", &["22:11 proof.samples: this must be from 1 to 1000 [0]"]),
    ("header = \"X-Slot\"", "header = \"X-Slot\"\nover = \"100ms\"", &["22:8 proof.over: this must be at least 300ms [\"100ms\"]"]),
    ("drain = \"15s\"", "drain = 15", &["23:9 retire.drain: a duration needs a unit and quotes [15]"]),
    ("drain = \"15s\"", "drain = \"15 parsecs\"", &["23:9 retire.drain: '15 parsecs' is not a duration: unknown time unit \"parsecs\", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations) [\"15 parsecs\"]"]),
    ("drain = \"15s\"", "drain = \"900 years\"", &["23:9 retire.drain: this must be at most 30days [\"900 years\"]"]),
    ("url = \"/health\"", "url = \"/health\"\nservice = \"apo\"", &["26:11 smoke[0].service: there is no [services.apo] [\"apo\"]"]),
    ("url = \"/health\"", "url = \"/health\"\njson = { a = 1 }", &["26:8 smoke[0].json: a GET request has no body [{ a = 1 }]"]),
    ("url = \"/health\"", "url = \"/me/${capture.id}\"", &["25:7 smoke[0].url: '${capture.id}' is used before it is captured [\"/me/${capture.id}\"]"]),
    ("url = \"/health\"", "url = \"/health\"\nheaders = { X = \"a\\r\\nHost: b\" }", &["26:11 smoke[0].headers: 'X' is not a header that can be sent [{ X = \"a\\r\\nHost: b\" }]"]),
    ("url = \"/health\"", "url = \"/health\"\n[database]\nservice = \"db\"\nname = \"--all\"", &["28:8 database.name: this could be read as an option [\"--all\"]"]),
    ("url = \"/health\"", "command = []", &["25:11 smoke[0].command: the command is empty [[]]"]),
    ("url = \"/health\"", "command = [\"x\", \"${capture.id}\"]", &["25:17 smoke[0].command[1]: '${capture.id}' cannot be used here [\"${capture.id}\"]"]),
    ("url = \"/health\"", "", &["24:1 smoke[0]: this test has neither a url nor a command [[[smoke]]]"]),
    ("url = \"/health\"", "url = \"/health\"\n[database]\nbackup = { dir = \"b\", keep = 0 }", &["26:1 database: it is not said where this runs [[database]]", "27:30 database.backup.keep: this must be from 1 to 10000 [0]"]),
    ("url = \"/health\"", "url = \"/health\"\n[database]\nkind = \"mysql\"\nport = 1", &["27:8 database.kind: kind 'mysql' is not supported by this version of cutover; it supports: postgres, none [\"mysql\"]"]),
    ("url = \"/health\"", "url = \"/health\"\n[database]\nservice = \"db\"\nmigrate = { in = \"service:api\", command = [\"m\"], when = \"before-start\" }", &["28:57 database.migrate.when: before the slot starts there is no container to run in [\"before-start\"]"]),
    ("url = \"/health\"", "url = \"/health\"\n[hooks]\nafter_switch = \"./x\"", &["27:16 hooks.after_switch: this must be a list of texts, not a text [\"./x\"]"]),
    ("drain = \"15s\"", "drain = ", &["23:9 : string values must be quoted, expected literal string []"]),
  ];
  tells(BASE, table);
}

/// The same site without Docker.
const BARE: &str = r#"name = "shop"
[slots.blue]
port = 8081
[slots.green]
port = 8082
[runtime]
kind = "process"
[services.app]
run = ["./server"]
check = { via = "host", url = "/health" }
[version]
kind = "folder"
releases = "releases"
[router]
kind = "embedded"
listen = "127.0.0.1:8080"
switch = { to = "live.toml" }
[proof]
url = "http://127.0.0.1:8080/live"
marker = true
"#;

#[test]
fn what_means_nothing_without_docker_is_told_and_not_passed_over() {
  #[rustfmt::skip]
  let table: &[(&str, &str, &[&str])] = &[
    ("kind = \"process\"", "kind = \"process\"\nfiles = [\"c.yml\"]", &["8:9 runtime.files: 'files' has no meaning here: this is for kind = \"compose\" [[\"c.yml\"]]"]),
    ("run = [\"./server\"]", "", &["8:1 services.app: 'run' is missing [[services.app]]"]),
    ("run = [\"./server\"]", "run = [\"./server\"]\ncontainer = \"x-{color}\"", &["10:13 services.app.container: 'container' has no meaning here: a process is in no container [\"x-{color}\"]"]),
    ("via = \"host\", url = \"/health\"", "via = \"docker\"", &["10:17 services.app.check.via: a process cannot be asked this way [\"docker\"]"]),
    ("kind = \"folder\"\nreleases = \"releases\"", "variable = \"V_{COLOR}\"", &["11:1 version: processes take their version from a folder [[version]]"]),
    ("releases = \"releases\"", "", &["11:1 version.releases: 'releases' is missing [[version]]"]),
    ("listen = \"127.0.0.1:8080\"", "listen = \"8080\"", &["16:10 router.listen: '8080' is not an address with a port [\"8080\"]"]),
    ("listen = \"127.0.0.1:8080\"", "listen = \"127.0.0.1:8080\"\nhost = true", &["17:8 router.host: 'host' has no meaning here: the embedded proxy is started by: cutover proxy [true]"]),
    ("marker = true", "effective = true", &["20:13 proof.effective: the embedded proxy proves more than this [true]"]),
    ("marker = true", "log = true", &["20:7 proof.log: the log of a process cannot be searched for a request [true]", "20:7 proof.log: the embedded proxy proves more than this [true]"]),
  ];
  tells(BARE, table);
  #[rustfmt::skip]
  let table: &[(&str, &str, &[&str])] = &[
    ("check = {", "run = [\"x\"]\ncheck = {", &["10:7 services.api.run: 'run' has no meaning here: the compose file says what is run [[\"x\"]]"]),
    ("variable = \"{COLOR}_VERSION\"", "kind = \"folder\"\nreleases = \"r\"", &["12:8 version.kind: a folder of releases is for the runtime 'process' [\"folder\"]"]),
    ("service = \"proxy\"", "service = \"proxy\"\nlisten = \"127.0.0.1:1\"", &["15:10 router.listen: 'listen' has no meaning here: nginx listens where its own configuration says [\"127.0.0.1:1\"]"]),
  ];
  tells(BASE, table);
}

/// Each change of `base` is told in these words, and `base` itself has no fault.
fn tells(base: &str, table: &[(&str, &str, &[&str])]) {
  assert_eq!(faults_of(base), [""; 0]);
  let mut wrong = Vec::new();
  for (from, to, expected) in table {
    assert!(
      base.contains(from),
      "the table names a line that is not there: {from}"
    );
    let told = faults_of(&base.replacen(from, to, 1));
    if told != *expected {
      wrong.push(format!(
        "{from} -> {to}\n  expected {expected:#?}\n  told {told:#?}"
      ));
    }
  }
  assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_are_printed_with_line_caret_suggestion_and_what_to_type() {
  let text = BASE
    .replace("[retire]", "[retyre]")
    .replace("name = \"shop\"\n", "");
  let Err(faults) = judge(&text) else {
    panic!("this has faults")
  };
  assert_eq!(
    faults.to_string(),
    "\
/site/cutover.toml:21:2: retyre: unknown key 'retyre'
 21 | [retyre]
    |  ^^^^^^ did you mean 'retire'?

/site/cutover.toml: name: 'name' is missing
  write name = \"my-site\"

/site/cutover.toml: 2 faults. Nothing was done. Correct this, then type: cutover config check"
  );
  assert_eq!(faults.outcome().exit_code(), 8);
}

#[test]
fn a_fault_never_shows_a_terminal_sequence_or_a_secret() {
  let text = format!(
    "{BASE}\n\"a\\u001b[31m\" = 1\n[hooks]\npassword = \"hunter22 é\"\nafter_switch = [\"{{${{X}}}}\"]\n"
  );
  let lookup = |name: &str| (name == "API_TOKEN").then(|| "s3cretvalue".to_owned());
  let text = text.replace("url = \"http://localhost/\"", "url = \"${API_TOKEN}\"");
  let Err(faults) = config::load_text(&text, Path::new("c.toml"), &lookup) else {
    panic!("this has faults")
  };
  let shown = faults.to_string();
  assert!(
    shown.contains("proof.url: '********' is not an address"),
    "{shown}"
  );
  assert!(shown.contains("password = \"**********\""), "{shown}");
  for hidden in ["hunter22", "s3cretvalue", "\u{1b}"] {
    assert!(!shown.contains(hidden), "{hidden:?} in {shown}");
  }
}
