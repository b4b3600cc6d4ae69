use super::*;

fn read(text: &str) -> Script {
  Script::read("scripts/x.sh", text)
}

fn texts(text: &str) -> Vec<String> {
  read(text).commands.iter().map(Command::text).collect()
}

#[test]
fn quotes_comments_and_continued_lines_are_understood() {
  assert_eq!(
    texts("cp 'a b' \"$X/c\" \\\n  d # no\necho \"it's\"; true"),
    ["cp a b $X/c d", "echo it's", "true"]
  );
  assert_eq!(read("a\n\n  b \\\n c\nd").commands[2].line, 5);
}

#[test]
fn constants_are_put_in_and_what_changes_is_not() {
  let text = "DIR=/etc/nginx\nFILE=\"$DIR/a.conf\"\nCOLOR=blue\nCOLOR=green\ncp x \"${FILE}\" $COLOR ${N:-5}";
  assert_eq!(
    texts(text).last().unwrap(),
    "cp x /etc/nginx/a.conf $COLOR 5"
  );
  let own = "HERE=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")/..\" && pwd)\"\necho x > \"$HERE/.current-env\"";
  let script = read(own);
  let last = script.commands.last().unwrap();
  assert_eq!(
    last.files,
    [(Way::Into, "@here/../.current-env".to_owned())]
  );
}

#[test]
fn commands_are_followed_into_containers_shells_and_substitutions() {
  let script = read(
    "S=$(sudo docker exec -u root proxy sh -c 'rm -f /etc/a.conf && ln -s b.conf /etc/a.conf')\n\
     docker-compose -f x.yml exec -T web curl -f http://api:5000/",
  );
  let found: Vec<(Option<&str>, String)> = script
    .commands
    .iter()
    .map(|command| (command.container.as_deref(), command.text()))
    .collect();
  assert_eq!(found[0], (Some("proxy"), "rm -f /etc/a.conf".to_owned()));
  assert_eq!(
    found[1],
    (Some("proxy"), "ln -s b.conf /etc/a.conf".to_owned())
  );
  assert_eq!(script.commands[0].kept.as_deref(), Some("S"));
  assert_eq!(
    *found.last().unwrap(),
    (Some("web"), "curl -f http://api:5000/".to_owned())
  );
}

#[test]
fn what_looks_at_an_exit_code_is_told_apart() {
  let script = read("nginx -t\nif ! nginx -t; then exit 1; fi\nnginx -t || echo no\nnginx -t && x");
  let judged: Vec<Judged> = script
    .commands
    .iter()
    .filter(|command| command.name() == "nginx")
    .map(|command| command.judged)
    .collect();
  assert_eq!(judged, [Judged::No, Judged::Yes, Judged::Yes, Judged::Yes]);
}

#[test]
fn loops_branches_functions_and_cases_are_counted() {
  let script = read(
    "check() {\n  curl x\n  return 1\n}\nfor i in 1 2; do sleep 2; done\nif a; then\n  sleep 30\nelse\n sleep 3\nfi\n\
     case $1 in\n  blue|green) go ;;\n  *) usage ;;\nesac\nsleep 9",
  );
  let sleeps: Vec<(usize, usize)> = script
    .commands
    .iter()
    .filter(|command| command.name() == "sleep")
    .map(|command| (command.loops, command.branches))
    .collect();
  assert_eq!(sleeps, [(1, 0), (0, 1), (0, 1), (0, 0)]);
  assert_eq!(script.failing_functions, ["check"]);
  assert!(
    script
      .commands
      .iter()
      .any(|c| c.text() == "go" && c.branches == 1)
  );
}

#[test]
fn here_documents_and_redirections_are_kept() {
  let script = read("cat > \"$A/x.conf\" <<EOF\nserver {\n}\nEOF\necho done >> log 2>&1");
  assert_eq!(script.commands[0].here.as_deref(), Some("server {\n}\n"));
  assert_eq!(
    script.commands[0].files,
    [(Way::Into, "$A/x.conf".to_owned())]
  );
  assert_eq!(script.commands[1].files, [(Way::Onto, "log".to_owned())]);
  assert_eq!(script.commands[1].line, 5);
}

#[test]
fn how_a_script_ends_on_errors_is_read() {
  assert!(read("#!/bin/bash -e\n").exits_on_error);
  let strict = read("set -euo pipefail\n");
  assert!(strict.exits_on_error && strict.fails_in_pipes);
  assert!(!read("set -u\n").exits_on_error);
}

proptest::proptest! {
  #[test]
  fn any_text_is_read_without_failing(text in "(\\PC|\n|\\\\|\"|'|\\$\\(|\\)|<<|;|\\{|`)*") {
    let _ = Script::read("x", &text);
  }
}
