//! The rows, one line each, in the order in which the reference page shows them.

use super::{
  Groups, Key, Kind,
  Kind::{
    Bool, Duration, Each, Integer, Json, Later, List, Lists, Personal, Port, Share, Table, Tables, Text,
    Texts, WordOrInteger,
  },
  Rule::{Captures, Fixed, Slots, SlotsAndCaptures},
  built, key,
};

pub static TOP: Groups = &[&[
  key("schema", Integer { least: 1, most: 1 }, "1", "Version of this format."),
  key("name", Text(Fixed), "", "The site's name: letters, digits, `-`, `_` and `.`. Required."),
  key("production", Bool, "false", "Real users depend on this site: the console looks different and its dialogs say so."),
  key("root", Text(Fixed), "the file's folder", "Folder every relative path starts from."),
  key("state", Text(Fixed), "{root}/.cutover", "Folder of lock, journal, evidence and pins, shared by everyone on this machine. Its parent must exist."),
  key("state_group", Text(Fixed), "", "Group that shares the state folder (modes 2770 and 0660 instead of 0700 and 0600)."),
  key("slots", Table(SLOTS), "", "What differs between the two sides and templates cannot say."),
  key("runtime", Table(RUNTIME), "", "What runs the services. Required."),
  key("services", Each(SERVICE), "", "The services a slot is made of, one table each. Required."),
  key("version", Table(VERSION), "", "How a version is chosen. Required."),
  key("router", Table(ROUTER), "", "The proxy in front of both slots. Required."),
  key("proof", Table(PROOF), "", "How it is proved which slot answers users. Required, with exactly one of `marker`, `field`, `header`, `body`, `log`, `effective` (strongest first)."),
  key("truth", Table(TRUTH), "", "The team's own record of the live slot, kept for their other scripts."),
  key("retire", Table(RETIRE), "", "What becomes of the former slot; never part of the switch."),
  key("watch", Table(WATCH), "", "What must hold for users after a switch, by the proxy's access log."),
  key("deploy", Table(DEPLOY), "", "Rules of a deploy."),
  key("database", Table(DATABASE), "", "The database both slots share."),
  key("smoke", Tables(SMOKE), "", "Smoke tests, run in this order on a slot before it may become live. Each is a request (`url`) or a `command`."),
  key("hooks", Table(HOOKS), "", "Argument lists run on this host around an operation."),
  key("shift", Later, "", "Moving traffic by percent."),
  key("followers", Later, "", "Workers outside the slots."),
  key("notify", Later, "", "Webhooks."),
  key("ui", Personal, "", ""),
  key("keys", Personal, "", ""),
]];

/// In a defaults file only.
pub static CONSOLE: Groups = &[&[
  key("ui", Table(UI), "", "What the console looks like."),
  key("keys", Lists, "", "Keys of the console's actions."),
]];

pub static UI: Groups = &[&[
  key("theme", built(&["default", "light", "high-contrast", "color-blind", "mono"], &[]), "default", "Colors. `default` uses the terminal's own 16; `mono` has none and says the same with bold, underline and reverse."),
  key("charset", built(&["auto", "unicode", "ascii"], &[]), "auto", "Characters of frames and marks; `auto` asks the locale and the terminal's name."),
  key("mouse", Bool, "false", "The console takes the mouse, for the wheel; selecting text is then the terminal's only with Shift."),
  key("sync", Bool, "true", "Wrap each frame in a synchronized update, so that no half frame is seen."),
  key("frames", WordOrInteger { word: "auto", least: 1, most: 60 }, "auto", "Most frames drawn in a second; `auto` draws fewer over SSH."),
  key("time", built(&["site", "utc", "relative", "off"], &[]), "site", "Times beside log lines: in the time zone of the site's machine, in UTC, as an age, or none."),
  key("log_memory", Integer { least: 1, most: 256 }, "8", "MiB of lines each log pane keeps."),
  key("bell", Bool, "true", "Ring the terminal when an operation ends or waits for an answer, and when a limit of the watch breaks."),
]];

static SLOTS: Groups = &[&[
  key("blue", Table(SLOT), "", "The blue side."),
  key("green", Table(SLOT), "", "The green side."),
]];

static SLOT: Groups = &[&[
  key("label", Text(Fixed), "", "Shown beside BLUE or GREEN."),
  key("port", Port, "", "For `{port}`; a number, or a text such as `\"${BLUE_PORT:-8081}\"`."),
  key("host", Text(Fixed), "127.0.0.1", "For `{host}`."),
  key("url", Text(Slots), "http://{host}:{port}", "For `{url}`; has a default only when `port` is given."),
  key("files", List(Slots), "", "Compose files of this slot instead of `runtime.files`."),
  key("project", Text(Slots), "", "Compose project of this slot instead of `runtime.project`."),
  key("service", Text(Slots), "", "Compose service of this slot's only service instead of `services.NAME.name`."),
]];

static RUNTIME: Groups = &[&[
  key("kind", built(&["compose", "process"], &["containers", "kubernetes", "unit", "external"]), "compose", "What runs the services: Compose, or child processes of this host, which have no other key here but `env_file`."),
  key("command", List(Fixed), "detected", "Compose itself: `[\"docker\", \"compose\"]` or `[\"docker-compose\"]`."),
  key("files", List(Slots), "", "Compose files, in order. Required for `compose` unless each slot has its own."),
  key("project", Text(Slots), "Compose's own", "Compose project name."),
  key("profiles", List(Fixed), "[]", "Compose profiles to enable."),
  key("env_file", Text(Fixed), "", "Environment file for Compose and for `${NAME}` in this file."),
  key("shared", List(Fixed), "[]", "Compose services never stopped or recreated: proxy, database."),
  key("shared_files", List(Fixed), "[]", "Compose files of the shared services, when they have their own."),
  key("networks", List(Fixed), "[]", "Docker networks which must exist before a slot starts."),
]];

static SERVICE: Groups = &[&[
  key("name", Text(Slots), "NAME-{color}", "Compose service in each slot, or the name of the process."),
  key("run", List(Slots), "", "Argument list of the service (`process`), started in the folder of its version with `HOST`, `PORT`, `SLOT`, `SERVICE` and `VERSION` in its environment."),
  key("container", Text(Slots), "", "Exact container name, when the compose file fixes it."),
  key("optional", Bool, "false", "Its absence is no fault."),
  key("check", Table(CHECK), "", "How its health is checked."),
]];

static CHECK: Groups = &[
  &[
    key("via", built(&["docker", "host", "exec", "network", "router", "command"], &["forward", "url"]), "docker", "How the service is reached: Docker's own health check (not of a `process`, nor are `exec` and `network`), a request from this host, from inside its container, to its network address, through the proxy, or an argument list."),
    key("url", Text(Slots), "", "Address to ask; required for `host`, `exec`, `network` and `router`. For `network` the host is replaced by the container's address; for `host` and `router` a path is enough."),
    key("command", List(Slots), "", "Argument list for `command`; exit 0 passes."),
    key("timeout", Duration { least: 1_000 }, "2m", "How long the slot has to become healthy."),
    key("every", Duration { least: 100 }, "2s", "Between two tries."),
    key("consecutive", Integer { least: 1, most: 100 }, "2", "Passes in a row that make it healthy."),
  ],
  EXPECT,
];

/// What an answer must look like: in a check, in `expect` of a smoke test, in `database.check`.
static EXPECT: &[Key] = &[
  key("status", STATUS, "200", "Status of the answer."),
  key("header", Texts(Slots), "", "Header names to texts their values must contain."),
  key("json", Json(Slots), "", "Dotted paths or JSON pointers to exact values, such as `{ status = \"ok\" }`."),
  key("contains", Text(Slots), "", "Text the body must contain."),
  WITHIN,
];

const STATUS: Kind = Integer { least: 100, most: 599 };
const WITHIN: Key = key("within", Duration { least: 10 }, "5s", "The whole exchange must be done within this.");

static VERSION: Groups = &[&[
  key("kind", built(&["image-variable", "build", "folder"], &["retag", "kube-image", "source", "none"]), "image-variable", "A variable chooses the image tag, Compose builds from source, or a folder holds it (for the runtime `process`)."),
  key("releases", Text(Fixed), "", "Folder that holds one folder for each version; required for `folder`."),
  key("variable", Text(Slots), "", "Environment variable holding the tag, such as `{COLOR}_VERSION`; required for `image-variable`."),
  key("tag", Text(Slots), "{version}", "The variable's value."),
  key("keep_in", Text(Fixed), "", "File that keeps the variable, so that a later plain `up` keeps the version (`image-variable`)."),
  key("source", Table(SOURCE), "", "Source tree brought to the version first (`build`)."),
  key("no_cache", Bool, "false", "Build without any cache (`build`)."),
  key("read", Text(Fixed), "image-tag", "Where a running version is read from: `image-tag` or `label:NAME`."),
]];

static SOURCE: Groups = &[&[
  key("git", Text(Fixed), "", "Folder of the git checkout."),
  key("pull", Bool, "false", "Fetch before checking out, fast-forward only."),
]];

static ROUTER: Groups = &[&[
  key("kind", built(&["nginx", "embedded"], &["caddy", "haproxy", "traefik", "apache", "kubernetes-service", "manual", "command"]), "nginx", "The proxy: nginx, or the one in this program, which `cutover proxy` runs."),
  key("listen", Text(Fixed), "", "Address and port of the proxy, such as `127.0.0.1:8080`; required for `embedded`."),
  key("service", Text(Fixed), "", "Compose service nginx runs in. Exactly one of `service`, `container`, `host`."),
  key("container", Text(Fixed), "", "Container nginx runs in, by exact name."),
  key("host", Bool, "false", "nginx runs on this host."),
  key("command", List(Fixed), "[\"nginx\"]", "How every nginx command begins; add `-p` and `-c` where the proxy was started with them."),
  key("sudo", Bool, "false", "Put `sudo -n` before it (`host` only)."),
  key("switch", Table(SWITCH), "", "The one file that is changed. Required."),
  key("steps", Later, "", ""),
  key("test", Later, "", "The test command; derived from `command`."),
  key("reload", Later, "", "The reload command; derived from `command`."),
]];

static SWITCH: Groups = &[&[
  key("kind", built(&["render", "copy", "link", "edit"], &["runtime", "select", "manual", "command"]), "render", "Write a text, copy a slot's file, point a link at it, or replace one text in a file."),
  key("to", Text(Fixed), "", "The managed file (`render`, `copy`, `link`); inside `root`, or absolute."),
  key("from", Text(Slots), "", "The slot's file (`copy`, `link`), such as `nginx/upstream-{color}.conf`."),
  key("text", Text(Slots), "", "The managed file's content (`render`). For the proxy `embedded` there is a default: the slot's address and the marker."),
  key("template", Text(Fixed), "", "File holding that content instead of `text`."),
  key("in", Text(Fixed), "", "The file that is edited (`edit`)."),
  key("replace", Text(Slots), "", "The slot's text; the one occurrence of the live slot's is replaced by the other's (`edit`)."),
]];

static PROOF: Groups = &[&[
  key("url", Text(Fixed), "", "Address through the proxy's own listener; required except for `effective`."),
  key("marker", Bool, "", "The managed file answers at `url` itself with slot and generation."),
  key("field", Text(Fixed), "", "Dotted path of a JSON field naming the slot."),
  key("header", Text(Fixed), "", "Response header naming the slot."),
  key("value", Text(Slots), "{color}", "What `field` or `header` says when this slot answers."),
  key("body", Text(Slots), "", "Text the answer contains when this slot answers."),
  key("log", Bool, "", "A request for a random path is seen in exactly one slot's log."),
  key("effective", Bool, "", "The proxy's own loaded configuration; the weakest proof."),
  key("samples", Integer { least: 1, most: 1_000 }, "20", "Requests that must all reach the slot."),
  key("over", Duration { least: 300 }, "300ms", "Time they are spread over; at least 300ms."),
]];

static TRUTH: Groups = &[&[
  key("state_file", Text(Fixed), "", "File holding the word `blue` or `green`."),
  key("previous", Text(Fixed), "", "File holding the one before."),
]];

static RETIRE: Groups = &[&[
  key("then", built(&["keep", "stop"], &["remove", "scale-to-zero"]), "keep", "What is proposed for the former slot."),
  key("drain", Duration { least: 0 }, "15s", "How long former proxy workers are watched finishing."),
  key("after", Duration { least: 0 }, "1h", "How long the former slot stays warm."),
]];

static WATCH: Groups = &[&[
  key("for", Duration { least: 10_000 }, "15m", "How long users are watched after a switch."),
  key("error_rate", Share, "5%", "The most answers that may be 500 or more; `100%` is no limit."),
  key("p95", Duration { least: 1 }, "", "The time within which 95 of 100 requests must be answered; without it there is no limit. Needs `$request_time` in nginx's `log_format`."),
  key("sustained", Duration { least: 5_000 }, "30s", "A limit is broken when it was exceeded for so long without a pause; counted in steps of 5s."),
  key("minimum_requests", Integer { least: 1, most: 100_000 }, "50", "The newest requests that are judged, as many as these; fewer within five minutes are no judgement."),
  key("rollback", built(&["ask", "auto", "never"], &[]), "ask", "What a broken limit leads to: the console says so and asks, or the console of who began the switch and `cutover watch` roll back by themselves, or never, not even by `cutover watch --rollback`."),
]];

static DEPLOY: Groups = &[&[
  key("gate", Duration { least: 1_000 }, "1h", "How long an open question waits before it counts as declined."),
  key("evidence", Duration { least: 1_000 }, "30m", "How old passed tests may be when traffic is switched."),
  key("on_failure", built(&["keep", "stop"], &[]), "keep", "A standby that failed is kept for inspection, or stopped."),
]];

static DATABASE: Groups = &[&[
  key("kind", built(&["postgres", "none"], &["mysql", "command"]), "postgres", "The database."),
  key("service", Text(Fixed), "", "Compose service it runs in. Exactly one of `service`, `container`, `host`."),
  key("container", Text(Fixed), "", "Container it runs in, by exact name."),
  key("host", Bool, "false", "It runs on this host."),
  key("user", Text(Fixed), "the container's own", "Database user."),
  key("name", Text(Fixed), "the container's own", "Database name."),
  key("backup", Table(BACKUP), "", "Backups taken before a deploy."),
  key("migrate", Table(MIGRATE), "", "Schema migration."),
  key("check", Table(ANSWER), "", "What the answer of a service's check must contain when it reaches its database."),
]];

static BACKUP: Groups = &[&[
  key("dir", Text(Fixed), "", "Folder of the backups. Required."),
  key("keep", Integer { least: 1, most: 10_000 }, "5", "How many are kept."),
]];

static MIGRATE: Groups = &[&[
  key("in", Text(Fixed), "", "`service:NAME`, a service of the slot, or `host`. Required."),
  key("command", List(Fixed), "", "Argument list. Required."),
  key("when", built(&["before-start", "after-start", "after-health", "before-switch"], &[]), "after-start", "When it runs. The default is `before-start` for `host`."),
  key("dry_run", List(Fixed), "", "Argument list that prints what would be done."),
  key("status", List(Fixed), "", "Argument list whose last line is the schema's head."),
  key("on_failure", built(&["abort"], &[]), "abort", "A failed migration ends the deploy."),
  key("lock_timeout", Duration { least: 1 }, "3s", "How long a statement waits for a lock users hold."),
  key("statement_timeout", Duration { least: 1 }, "5m", "How long one statement may run."),
  key("timeout", Duration { least: 1_000 }, "15m", "How long all of it may run."),
]];

static SMOKE: Groups = &[&[
  key("name", Text(Fixed), "the request or command", "Shown in results; each test has its own."),
  key("through", built(&["slot", "router"], &[]), "slot", "Straight to the slot the way its check goes, or through the proxy."),
  key("service", Text(Fixed), "the first service", "Key of the service it is sent to."),
  key("method", built(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], &[]), "GET", "Request method."),
  key("url", Text(SlotsAndCaptures), "", "A path, or a whole address."),
  key("headers", Texts(Captures), "", "Request headers."),
  key("body", Text(Captures), "", "Request body."),
  key("json", Json(Captures), "", "Request body as JSON (POST, PUT and PATCH). What the *answer* must say is `expect = { json = … }`."),
  key("expect", Table(ANSWER), "", "What the answer must look like."),
  key("status", STATUS, "200", "The same as `expect.status`."),
  key("header", Texts(Fixed), "", "The same as `expect.header`."),
  key("contains", Text(Fixed), "", "The same as `expect.contains`."),
  key("within", Duration { least: 10 }, "5s; 1m for a command", "The same as `expect.within`."),
  key("capture", Texts(Fixed), "", "Names to JSON paths in the answer, for `${capture.NAME}` in later tests."),
  key("command", List(Slots), "", "An argument list instead of a request; exit 0 passes."),
]];

/// The same rows as `EXPECT`, for answers that are the same from both slots.
static ANSWER: Groups = &[&[
  key("status", STATUS, "200", "Status of the answer."),
  key("header", Texts(Fixed), "", "Header names to texts their values must contain."),
  key("json", Json(Fixed), "", "Dotted paths or JSON pointers to exact values."),
  key("contains", Text(Fixed), "", "Text the body must contain."),
  WITHIN,
]];

static HOOKS: Groups = &[&[
  key("before_deploy", List(Fixed), "", "Its failure ends the deploy."),
  key("before_switch", List(Fixed), "", "Its failure ends the operation before users move."),
  key("after_switch", List(Fixed), "", "After a proven switch."),
  key("after_rollback", List(Fixed), "", "After a proven rollback."),
  key("on_failure", List(Fixed), "", "After an operation failed."),
]];
