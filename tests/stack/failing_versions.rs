//! Versions that fail on purpose: live is never touched, and the first cause is on the screen.

use crate::support::Site;

struct Case {
  version: &'static str,
  cause: &'static [&'static str],
}

const CASES: [Case; 5] = [
  Case {
    version: "9.0.0-unhealthy",
    cause: &["GREEN", "not healthy", "api-green"],
  },
  Case {
    version: "9.0.1-crash",
    cause: &["exit code 3"],
  },
  Case {
    version: "9.0.2-smoke",
    cause: &["smoke test 'request a login code' failed", "500"],
  },
  Case {
    version: "9.0.4-migration",
    cause: &["the migration ended with exit code"],
  },
  Case {
    version: "9.0.5-oom",
    cause: &["OOM", "api-green"],
  },
];

#[test]
fn a_version_that_fails_leaves_live_alone_and_shows_its_first_cause() {
  let site = Site::up(&[]);
  shorten_the_wait(&site);
  let blue = site.containers("blue");
  for case in CASES {
    let ran = site
      .cutover(&["deploy", "--version", case.version, "--switch", "--yes"])
      .code(1)
      .says("users are on")
      .says("BLUE");
    let all = format!("{}{}", ran.stdout, ran.stderr);
    for cause in case.cause {
      assert!(
        all.contains(cause),
        "{}: {cause:?} is not shown in:\n{all}",
        case.version
      );
    }
    assert_eq!(site.proven(), "blue", "after {}", case.version);
    assert_eq!(site.containers("blue"), blue, "after {}", case.version);
  }
  site
    .cutover(&["deploy", "--version", "9.0.3-slow", "--switch", "--yes"])
    .ok()
    .says("users are on GREEN 9.0.3-slow");
}

/// A version that never becomes healthy need not be waited for as long as a real one.
fn shorten_the_wait(site: &Site) {
  let text = std::fs::read_to_string(&site.config).expect("cutover.toml");
  assert!(
    text.contains("timeout = \"60s\""),
    "the layout's timeout changed"
  );
  std::fs::write(
    &site.config,
    text.replace("timeout = \"60s\"", "timeout = \"20s\""),
  )
  .expect("cutover.toml");
}
