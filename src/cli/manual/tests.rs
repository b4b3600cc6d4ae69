use clap::Command;

use super::*;

const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// Every verb an operator can type, with its own long flags.
fn collect(of: &Command, found: &mut Vec<(String, Vec<String>)>) {
  for verb in of.get_subcommands().filter(|verb| !verb.is_hide_set()) {
    let flags = verb.get_arguments().filter_map(|arg| arg.get_long());
    found.push((
      verb.get_name().to_owned(),
      flags.map(|flag| format!("--{flag}")).collect(),
    ));
    collect(verb, found);
  }
}

fn verbs() -> Vec<(String, Vec<String>)> {
  let mut found = Vec::new();
  collect(&command(), &mut found);
  assert!(found.len() > 20, "{found:?}");
  found
}

#[test]
fn every_verb_and_flag_is_in_the_completions_of_each_shell() {
  for shell in SHELLS {
    let text = completions(shell);
    assert!(
      !text.contains("operate"),
      "{shell:?}: what nobody types is not offered"
    );
    for (verb, flags) in verbs() {
      assert!(text.contains(&verb), "{shell:?}: {verb}");
      for flag in flags {
        let long = flag.trim_start_matches("--");
        let offered = text.contains(&flag) || text.contains(&format!("-l {long}"));
        assert!(offered, "{shell:?}: {verb} {flag}");
      }
    }
  }
}

#[test]
fn each_shell_offers_the_slots_where_one_is_asked_for() {
  assert!(completions(Shell::Bash).contains("blue green"));
  assert!(completions(Shell::Zsh).contains("(blue green)"));
  assert!(completions(Shell::Zsh).contains("(auto blue green)"));
  assert!(
    completions(Shell::Fish).contains("using_subcommand switch\" -f -a \"blue green\""),
    "{}",
    completions(Shell::Fish)
  );
}

#[test]
fn the_manual_has_every_verb_flag_and_exit_code() {
  let page = page().replace("\\-", "-").replace("\\*(Aq", "'");
  for (verb, flags) in verbs() {
    assert!(page.contains(&verb), "{verb}");
    for flag in flags {
      assert!(page.contains(&flag), "{verb} {flag}");
    }
  }
  for (code, meaning) in crate::cli::exit::codes() {
    assert!(
      page.contains(&format!("\\fB{code}\\fR\n{meaning}")),
      "{code}"
    );
  }
  assert!(
    !page.contains("operate"),
    "what nobody types is not explained"
  );
  assert_eq!(page.matches(".ds Aq").count(), 2);
}
