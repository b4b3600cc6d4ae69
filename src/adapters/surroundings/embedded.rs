//! Commands that stand in files that are no scripts: recipes of a Makefile, what a systemd unit starts and
//! stops, steps of a pipeline. Pure.
//!
//! Each becomes a script with every command on the line it came from and nothing on the others, so that a
//! finding names the right place.

/// What is read here, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
  Makefile,
  Unit,
  Pipeline,
}

pub(super) fn holder(path: &str) -> Option<Holder> {
  let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
  let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
  if ["makefile", "gnumakefile"].contains(&name.as_str()) || ends(&[".mk"]) {
    return Some(Holder::Makefile);
  }
  if ends(&[".service"]) {
    return Some(Holder::Unit);
  }
  let folders = [
    ".github/workflows/",
    ".gitea/workflows/",
    ".forgejo/workflows/",
    ".circleci/",
  ];
  let inside = folders.iter().any(|folder| path.contains(folder));
  let named = ["gitlab-ci", "azure-pipelines", "bitbucket-pipelines"];
  let named = named.iter().any(|named| name.contains(named));
  (ends(&[".yml", ".yaml"]) && (inside || named)).then_some(Holder::Pipeline)
}

/// The scripts in a file: a Makefile has one for each target, because they do not run one after another.
pub(super) fn scripts(holder: Holder, text: &str) -> Vec<String> {
  let lines: Vec<&str> = text.lines().collect();
  let found = match holder {
    Holder::Makefile => recipes(&lines),
    Holder::Unit => vec![unit(&lines)],
    Holder::Pipeline => vec![steps(&lines)],
  };
  let some = |script: &Script| script.iter().any(Option::is_some);
  found
    .iter()
    .filter(|script| some(script))
    .map(written)
    .collect()
}

/// A command or nothing for each line.
type Script = Vec<Option<String>>;

fn written(script: &Script) -> String {
  let lines = script
    .iter()
    .map(|line| line.as_deref().unwrap_or_default());
  lines.flat_map(|line| [line, "\n"]).collect()
}

fn recipes(lines: &[&str]) -> Vec<Script> {
  let mut all: Vec<Script> = Vec::new();
  let mut inside = false;
  for (at, line) in lines.iter().enumerate() {
    let Some(recipe) = line.strip_prefix('\t') else {
      // Empty lines and comments do not end a recipe.
      inside &= line.trim().is_empty() || line.starts_with('#');
      continue;
    };
    if !inside {
      all.push(vec![None; lines.len()]);
      inside = true;
    }
    let plain = recipe.trim_start_matches(['@', '-', '+', ' ']);
    let shell = parentheses_to_braces(&plain.replace("$$", "\u{0}")).replace('\u{0}', "$");
    if let Some(place) = all.last_mut().and_then(|script| script.get_mut(at)) {
      *place = Some(shell);
    }
  }
  all
}

/// `$(NAME)` is a variable here, and in a shell a command.
fn parentheses_to_braces(line: &str) -> String {
  let mut out = String::new();
  let mut rest = line;
  while let Some((before, after)) = rest.split_once("$(") {
    out.push_str(before);
    let name = after.split_once(')').filter(|(name, _)| {
      !name.is_empty()
        && name
          .bytes()
          .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    if let Some((name, behind)) = name {
      out.extend(["${", name, "}"]);
      rest = behind;
    } else {
      out.push_str("$(");
      rest = after;
    }
  }
  out + rest
}

fn unit(lines: &[&str]) -> Script {
  let mut goes_on = false;
  let command = |line: &str| {
    let (key, value) = line.split_once('=')?;
    let plain = value
      .trim_start()
      .trim_start_matches(['-', '@', ':', '+', '!']);
    key
      .trim()
      .starts_with("Exec")
      .then(|| plain.replace("%%", "%"))
  };
  let each = lines.iter().map(|line| {
    let found = if goes_on {
      Some((*line).to_owned())
    } else {
      command(line)
    };
    goes_on = found.as_ref().is_some_and(|line| line.ends_with('\\'));
    found
  });
  each.collect()
}

/// Every `run` and `script` of a pipeline, whatever it stands in.
fn steps(lines: &[&str]) -> Script {
  /// What belongs to a key is indented more than the key.
  enum Inside {
    Nothing,
    Text(usize),
    List(usize),
  }
  let mut inside = Inside::Nothing;
  let each = lines.iter().map(|line| {
    let bare = line.trim_start();
    let indent = line.len() - bare.len();
    match inside {
      Inside::Text(key) if bare.is_empty() || indent > key => {
        return Some(without_expressions(bare));
      }
      Inside::List(key) if bare.starts_with("- ") && indent >= key => {
        return Some(command(bare.trim_start_matches("- ")));
      }
      Inside::List(key) if bare.is_empty() || bare.starts_with('#') || indent > key => return None,
      Inside::Nothing | Inside::Text(_) | Inside::List(_) => inside = Inside::Nothing,
    }
    let item = bare.trim_start_matches("- ");
    let (key, value) = item.split_once(':')?;
    let keys = [
      "run",
      "script",
      "before_script",
      "after_script",
      "command",
      "bash",
    ];
    if !keys.contains(&key) {
      return None;
    }
    let column = indent + (bare.len() - item.len());
    match value.trim() {
      "" => inside = Inside::List(column),
      block if block.starts_with(['|', '>']) => inside = Inside::Text(column),
      value => return Some(command(value)),
    }
    None
  });
  each.collect()
}

/// One line of a pipeline, which may be quoted as a whole.
fn command(value: &str) -> String {
  let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
  without_expressions(quoted('"').or_else(|| quoted('\'')).unwrap_or(value))
}

/// `${{ … }}` is put in by the pipeline; to a shell it is a variable nobody knows.
fn without_expressions(line: &str) -> String {
  let mut out = String::new();
  let mut rest = line;
  while let Some((before, after)) = rest.split_once("${{") {
    out.extend([before, "${EXPRESSION}"]);
    rest = after.split_once("}}").map_or("", |(_, behind)| behind);
  }
  out + rest
}

#[cfg(test)]
mod tests {
  use super::*;

  fn lines(holder: Holder, text: &str) -> Vec<Vec<(usize, String)>> {
    let numbered = |script: String| {
      let lines = script.lines().enumerate();
      lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| (at + 1, line.to_owned()))
        .collect()
    };
    scripts(holder, text).into_iter().map(numbered).collect()
  }

  #[test]
  fn what_holds_commands_is_known_by_its_path() {
    for (path, wanted) in [
      ("Makefile", Some(Holder::Makefile)),
      ("deploy/release.mk", Some(Holder::Makefile)),
      ("systemd/site.service", Some(Holder::Unit)),
      (".github/workflows/deploy.yml", Some(Holder::Pipeline)),
      (".gitlab-ci.yml", Some(Holder::Pipeline)),
      ("docker-compose.yml", None),
      ("values.yaml", None),
    ] {
      assert_eq!(holder(path), wanted, "{path}");
    }
  }

  #[test]
  fn a_target_is_a_script_of_its_own() {
    let text = "IMAGE = shop\n\nstop:\n\t@docker compose -p $(PROJECT) down\n\n\techo $$HOME\nup: stop\n\t-docker compose up -d $(shell date)\n";
    assert_eq!(
      lines(Holder::Makefile, text),
      [
        vec![
          (4, "docker compose -p ${PROJECT} down".to_owned()),
          (6, "echo $HOME".to_owned())
        ],
        vec![(8, "docker compose up -d $(shell date)".to_owned())],
      ]
    );
  }

  #[test]
  fn a_unit_is_what_it_starts_and_stops() {
    let text = "[Service]\nType=oneshot\nExecStart=/usr/bin/docker compose \\\n  up -d\nExecStop=-/usr/bin/docker compose down\n";
    assert_eq!(
      lines(Holder::Unit, text),
      [[
        (3, "/usr/bin/docker compose \\".to_owned()),
        (4, "  up -d".to_owned()),
        (5, "/usr/bin/docker compose down".to_owned())
      ]]
    );
  }

  #[test]
  fn a_pipeline_is_its_steps_and_nothing_else() {
    let text = "jobs:\n  go:\n    steps:\n      - uses: x\n      - name: a\n        run: |\n          set -e\n          ssh ${{ secrets.HOST }} true\n        env:\n          A: b\n      - run: \"echo hi\"\n";
    assert_eq!(
      lines(Holder::Pipeline, text),
      [[
        (7, "set -e".to_owned()),
        (8, "ssh ${EXPRESSION} true".to_owned()),
        (11, "echo hi".to_owned())
      ]]
    );
    let text = "deploy:\n  script:\n    - docker compose down\n    # why\n    - 'docker compose up -d'\n  only: [main]\n";
    assert_eq!(
      lines(Holder::Pipeline, text),
      [[
        (3, "docker compose down".to_owned()),
        (5, "docker compose up -d".to_owned())
      ]]
    );
  }
}
