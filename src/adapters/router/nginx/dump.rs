//! Reads what matters out of `nginx -T` and of plain configuration text: which files are included,
//! where errors are logged, where the pid is kept. It reads words, not meanings: a directive it
//! does not know is skipped.

/// The words of one configuration that the adapter needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dump {
  /// Paths of `# configuration file PATH:`, as nginx names them.
  pub(super) files: Vec<String>,
  pub(super) error_logs: Vec<String>,
  pub(super) access_logs: Vec<String>,
  /// The text of each `log_format`.
  pub(super) log_formats: Vec<String>,
  pub(super) pid: Option<String>,
}

impl Dump {
  pub(super) fn read(text: &str) -> Self {
    let mut dump = Self::default();
    for line in text.lines() {
      if let Some(path) = line
        .strip_prefix("# configuration file ")
        .and_then(|rest| rest.strip_suffix(':'))
      {
        dump.files.push(tidy(path));
      }
    }
    for directive in directives(text) {
      match directive.as_slice() {
        [name, path, ..] if name == "error_log" && !dump.error_logs.contains(path) => {
          dump.error_logs.push(path.clone());
        }
        [name, path, ..] if name == "access_log" && !dump.access_logs.contains(path) => {
          dump.access_logs.push(path.clone());
        }
        [name, _, text @ ..] if name == "log_format" => {
          let text = text.iter().filter(|part| !part.starts_with("escape="));
          dump.log_formats.push(text.cloned().collect());
        }
        [name, path] if name == "pid" => dump.pid = Some(path.clone()),
        _ => {}
      }
    }
    dump
  }

  pub(super) fn includes(&self, path: &str) -> bool {
    self.files.contains(&tidy(path))
  }
}

/// The path without doubled slashes and `.` parts, so that two spellings compare equal.
pub(super) fn tidy(path: &str) -> String {
  let mut parts: Vec<&str> = Vec::new();
  for part in path.split('/') {
    match part {
      "" | "." => {}
      ".." => {
        parts.pop();
      }
      part => parts.push(part),
    }
  }
  let lead = if path.starts_with('/') { "/" } else { "" };
  format!("{lead}{}", parts.join("/"))
}

/// Every directive's words; quotes are removed, comments skipped.
fn directives(text: &str) -> Vec<Vec<String>> {
  let (mut all, mut words, mut word) = (Vec::new(), Vec::new(), String::new());
  let mut quote = None;
  let mut chars = text.chars();
  while let Some(c) = chars.next() {
    match (quote, c) {
      (_, '\\') => word.extend(chars.next()),
      (Some(open), c) if c == open => quote = None,
      (None, '"' | '\'') if word.is_empty() => quote = Some(c),
      (None, '#') if word.is_empty() => {
        for c in chars.by_ref() {
          if c == '\n' {
            break;
          }
        }
      }
      (None, ';' | '{' | '}') => {
        if !word.is_empty() {
          words.push(std::mem::take(&mut word));
        }
        if !words.is_empty() {
          all.push(std::mem::take(&mut words));
        }
      }
      (None, c) if c.is_whitespace() => {
        if !word.is_empty() {
          words.push(std::mem::take(&mut word));
        }
      }
      (_, c) => word.push(c),
    }
  }
  all
}

/// The value of a `--NAME=` argument in `nginx -V`'s output.
pub(super) fn built_with(version: &str, name: &str) -> Option<String> {
  version
    .split_whitespace()
    .find_map(|word| {
      word
        .strip_prefix("--")?
        .strip_prefix(name)?
        .strip_prefix('=')
    })
    .map(str::to_owned)
}

/// `nginx/1.22.1` out of `nginx -V`'s output.
pub(super) fn version(text: &str) -> Option<String> {
  let rest = text.split_once("nginx version: ")?.1;
  rest.split_whitespace().next().map(str::to_owned)
}

/// The main file's path out of `nginx: configuration file PATH test failed` (or `is successful`).
pub(super) fn main_file(words: &str) -> Option<String> {
  let rest = words.rsplit_once("nginx: configuration file ")?.1;
  rest.split(" test ").next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  const TEXT: &str = "# configuration file /etc/nginx/nginx.conf:\n\
    user nobody; # pid /wrong;\npid /run/nginx.pid;\n\
    error_log /var/log/nginx/error.log notice;\n\
    http {\n  server { error_log \"/var/log/a b.log\"; add_header X \"pid /no; {\"; }\n\
    include /etc/nginx/conf.d/*.conf;\n}\n\n\
    # configuration file /etc/nginx//conf.d/active.conf:\nupstream app { server a:1; }\n";

  #[test]
  fn the_dump_names_files_logs_and_pid() {
    let dump = Dump::read(TEXT);
    assert_eq!(dump.pid.as_deref(), Some("/run/nginx.pid"));
    assert_eq!(
      dump.error_logs,
      ["/var/log/nginx/error.log", "/var/log/a b.log"]
    );
    assert!(dump.includes("/etc/nginx/conf.d/./active.conf"));
    assert!(!dump.includes("/etc/nginx/conf.d/other.conf"));
  }

  #[test]
  fn access_logs_and_the_text_of_their_formats_are_found() {
    let dump = Dump::read(
      "http { log_format main escape=json '$a \"$b\" '\n  '$c'; access_log /dev/stdout main; server { access_log off; } }",
    );
    assert_eq!(dump.log_formats, ["$a \"$b\" $c"]);
    assert_eq!(dump.access_logs, ["/dev/stdout", "off"]);
  }

  #[test]
  fn the_version_and_its_build_paths_are_found() {
    let text = "nginx version: nginx/1.22.1\nconfigure arguments: --pid-path=/run/nginx.pid --error-log-path=stderr --with-x";
    assert_eq!(version(text).as_deref(), Some("nginx/1.22.1"));
    assert_eq!(
      built_with(text, "pid-path").as_deref(),
      Some("/run/nginx.pid")
    );
    assert_eq!(built_with(text, "pid"), None);
  }

  #[test]
  fn a_failed_test_names_the_main_file() {
    let words =
      "nginx: [emerg] unknown directive\nnginx: configuration file /x/n.conf test failed\n";
    assert_eq!(main_file(words).as_deref(), Some("/x/n.conf"));
  }

  proptest! {
    #[test]
    fn any_text_is_read_without_failing(text in "(\\PC|\n|\\\\|\"|#|;)*") {
      let _ = Dump::read(&text);
      let _ = tidy(&text);
    }
  }
}
