use std::{
  cell::Cell,
  io::{Read, Write},
  os::fd::AsFd,
  thread::JoinHandle,
};

use nix::{
  poll::{PollFd, PollFlags, poll},
  pty::openpty,
  sys::termios::tcgetattr,
};

use super::*;

fn ms(millis: u64) -> Duration {
  Duration::from_millis(millis)
}

fn decode(bytes: &[u8]) -> Vec<Input> {
  let mut keys = Keys::default();
  let mut inputs = keys.bytes(bytes, ms(0));
  inputs.extend(keys.silence(ms(60)));
  inputs
}

#[test]
fn bytes_become_the_keys_that_were_pressed() {
  let rows: [(&[u8], &[Input]); 14] = [
    (b"y", &[Input::Key('y')]),
    (b"\r", &[Input::Enter]),
    (b"\n", &[Input::Enter]),
    (b"\x7f", &[Input::Backspace]),
    (b"\x08", &[Input::Backspace]),
    (b"\x03", &[Input::Interrupt]),
    (b"\x04", &[Input::Interrupt]),
    (b"\x1b", &[Input::Escape]),
    (b"\x1by", &[Input::Escape]),
    (b"\x1b[A", &[Input::Other]),
    (b"\x1bOP", &[Input::Other]),
    (b"\x1b[200~y", &[Input::Paste, Input::Key('y')]),
    (b"\x1b[1;5C", &[Input::Other]),
    ("é".as_bytes(), &[Input::Other]),
  ];
  for (bytes, keys) in rows {
    assert_eq!(decode(bytes), keys, "{bytes:?}");
  }
}

#[test]
fn a_sequence_that_arrives_in_two_pieces_is_still_one_key() {
  let mut keys = Keys::default();
  assert_eq!(keys.bytes(b"\x1b", ms(0)), []);
  assert_eq!(keys.silence(ms(10)), None);
  assert_eq!(keys.bytes(b"[20", ms(20)), []);
  assert_eq!(keys.bytes(b"0~", ms(30)), [Input::Paste]);
}

#[test]
fn typing_is_shown_with_plain_characters_and_backspaces() {
  assert_eq!(edit("gre", "gree"), "e");
  assert_eq!(edit("gree", "gre"), "\u{8} \u{8}");
  assert_eq!(edit("abc", ""), "\u{8} \u{8}".repeat(3));
}

/// Plays the operator at the other end of a real terminal. Every look at the clock finds 200 ms
/// gone, so that nobody has to wait.
struct Operator {
  master: File,
  /// Everything shown, and what of it was not looked at yet.
  all: String,
  seen: String,
  asked: JoinHandle<Asked>,
}

/// What came of a question.
struct Asked {
  answer: io::Result<Option<Answer>>,
  /// The terminal's modes are those from before.
  restored: bool,
  /// Kept open: at the last close of this end, the other may lose what it has not read yet.
  _slave: OwnedFd,
}

/// Types into a terminal nobody reads yet, and waits until the terminal has taken it all: what it
/// echoes, it has taken.
fn type_ahead(master: &mut File, text: &str) {
  master.write_all(text.as_bytes()).expect("typed");
  let wanted = text.replace('\n', "\r\n");
  let mut echo = vec![0; wanted.len()];
  master.read_exact(&mut echo).expect("the echo");
  assert_eq!(String::from_utf8_lossy(&echo), wanted);
}

fn operator(ask: Ask, term: &'static str, typed_ahead: &str) -> Operator {
  let pty = openpty(None, None).expect("a pseudo terminal");
  let mut master = File::from(pty.master);
  type_ahead(&mut master, typed_ahead);
  let slave = pty.slave;
  let asked = std::thread::spawn(move || {
    let before = tcgetattr(&slave).expect("modes");
    let mut terminal =
      Terminal::open(slave.as_fd().try_clone_to_owned().expect("fd"), term).expect("raw");
    let clock = Cell::new(ms(0));
    let elapsed = || clock.replace(clock.get() + ms(200));
    let answer = converse(
      &mut terminal,
      Confirm::new(ask, Pace::Normal),
      &AtomicBool::new(false),
      elapsed,
    );
    drop(terminal);
    Asked {
      answer,
      restored: tcgetattr(&slave).is_ok_and(|after| after == before),
      _slave: slave,
    }
  });
  Operator {
    master,
    all: String::new(),
    seen: String::new(),
    asked,
  }
}

impl Operator {
  /// Reads until the terminal shows `text` in what was not looked at before.
  fn see(&mut self, text: &str) {
    let mut bytes = [0; 64];
    loop {
      if let Some(at) = self.seen.find(text) {
        self.seen.drain(..at + text.len());
        return;
      }
      let mut watched = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
      let ready = poll(&mut watched, 20_000_u16).expect("a terminal");
      assert!(ready > 0, "{text:?} was never shown: {:?}", self.all);
      let length = self.master.read(&mut bytes).expect("the terminal speaks");
      let text = String::from_utf8_lossy(&bytes[..length]);
      self.all.push_str(&text);
      self.seen.push_str(&text);
    }
  }

  fn press(&mut self, keys: &str) {
    self.master.write_all(keys.as_bytes()).expect("typed");
  }

  fn answer(self) -> (Answer, bool) {
    let asked = self.asked.join().expect("asked");
    (
      asked.answer.expect("asked").expect("answered"),
      asked.restored,
    )
  }
}

#[test]
fn y_confirms_on_a_real_terminal_which_is_then_as_it_was() {
  let mut operator = operator(Ask::Key('y'), "xterm", "");
  operator.see("\u{1b}[?2004h");
  operator.see("Press y to go on");
  operator.press("y");
  operator.see("\u{1b}[?2004l");
  assert_eq!(operator.answer(), (Answer::Yes, true));
}

#[test]
fn the_word_is_echoed_letter_by_letter_and_enter_confirms_it() {
  let mut operator = operator(Ask::Word("green".into()), "dumb", "");
  operator.see("Type  green  then Enter");
  for letter in ["g", "r", "e", "e", "n"] {
    operator.press(letter);
    operator.see(letter);
  }
  operator.press("\r");
  assert_eq!(operator.answer(), (Answer::Yes, true));
}

#[test]
fn a_wrong_word_is_said_and_asked_again() {
  let mut operator = operator(Ask::Word("green".into()), "dumb", "");
  operator.see("Type  green  then Enter");
  operator.press("b");
  operator.see("b");
  operator.press("\r");
  operator.see("That was not  green");
  operator.see("Type  green  then Enter");
  operator.press("\u{3}");
  assert_eq!(operator.answer(), (Answer::No(Why::Interrupted), true));
}

#[test]
fn what_was_typed_before_the_question_is_thrown_away() {
  let mut operator = operator(Ask::Key('y'), "xterm", "y\ny\ny\n");
  operator.see("Press y to go on");
  operator.press("n");
  assert_eq!(operator.answer(), (Answer::No(Why::Declined), true));
}

#[test]
fn opening_the_terminal_leaves_nothing_to_read() {
  let pty = openpty(None, None).expect("a pseudo terminal");
  let mut master = File::from(pty.master);
  type_ahead(&mut master, "y\nyes\n");
  let terminal = Terminal::open(pty.slave, "dumb").expect("raw");
  let heard = terminal.listen(Some(ms(0))).expect("listened");
  assert!(matches!(heard, Heard::Nothing));
}

#[test]
fn a_pasted_answer_cancels_with_and_without_the_terminals_help() {
  for (term, paste) in [
    ("xterm", "\u{1b}[200~y\u{1b}[201~"),
    ("dumb", "green is what somebody copied from a chat window\r"),
  ] {
    let mut operator = operator(Ask::Word("green".into()), term, "");
    operator.see("Type  green  then Enter");
    operator.press(paste);
    assert_eq!(operator.answer(), (Answer::No(Why::Pasted), true), "{term}");
  }
}

#[test]
fn losing_the_terminal_is_a_no() {
  let mut operator = operator(Ask::Key('y'), "dumb", "");
  operator.see("Press y to go on");
  let Operator { master, asked, .. } = operator;
  drop(master);
  let asked = asked.join().expect("asked");
  assert_eq!(
    asked.answer.expect("asked"),
    Some(Answer::No(Why::TerminalLost))
  );
}

#[test]
fn a_question_answered_elsewhere_is_taken_back() {
  let pty = openpty(None, None).expect("a pseudo terminal");
  let mut terminal = Terminal::open(pty.slave, "dumb").expect("raw");
  let confirm = Confirm::new(Ask::Key('y'), Pace::Normal);
  let answer = converse(&mut terminal, confirm, &AtomicBool::new(true), || ms(1_000));
  assert_eq!(answer.expect("asked"), None);
}

#[test]
fn a_dumb_terminal_gets_no_escape_sequence() {
  let mut operator = operator(Ask::Key('y'), "dumb", "");
  operator.see("Press y to go on");
  operator.press("q");
  operator.see("\n");
  assert!(!operator.all.contains('\u{1b}'), "{:?}", operator.all);
  assert_eq!(operator.answer().0, Answer::No(Why::Declined));
}

#[test]
fn without_a_terminal_the_error_names_the_flag_that_answers() {
  let error = PromptError::NoTerminal {
    missing: "stdin",
    flag: Ask::Word("green".into()).flag(),
  };
  assert_eq!(
    error.to_string(),
    "this asks a question, but stdin is not a terminal: add --yes or --confirm green to answer it here"
  );
}
