//! How bad a log line is, by the words programs use for it. Looks at the first bytes only and
//! allocates nothing: this runs for every line that arrives.

/// Ordered: what is worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
  Debug,
  Info,
  Warn,
  Error,
}

impl LogLevel {
  /// Three letters, as in the column of a log.
  pub fn word(self) -> &'static str {
    match self {
      Self::Debug => "DBG",
      Self::Info => "INF",
      Self::Warn => "WRN",
      Self::Error => "ERR",
    }
  }
}

/// A level word stands near the start of a line; what comes later is the message.
const PROSE: usize = 160;
const JSON: usize = 2048;
const KEYS: [&[u8]; 6] = [
  b"level",
  b"severity",
  b"lvl",
  b"levelname",
  b"loglevel",
  b"log.level",
];

/// The level of a line, when it names one.
pub fn level(line: &str) -> Option<LogLevel> {
  let bytes = line.as_bytes();
  if bytes.first() == Some(&b'{') {
    return of_object(&bytes[..bytes.len().min(JSON)]);
  }
  of_prose(&bytes[..bytes.len().min(PROSE)]).or_else(|| of_crash(line))
}

/// What languages print when a program dies, which has no level word.
fn of_crash(line: &str) -> Option<LogLevel> {
  let dies = line.starts_with("Traceback (")
    || line.starts_with("Exception in thread ")
    || (line.starts_with("thread '") && line.contains("panicked at"));
  dies.then_some(LogLevel::Error)
}

/// Finds `"level":"warn"` or pino's `"level":40`.
fn of_object(bytes: &[u8]) -> Option<LogLevel> {
  let mut at = 0;
  while let Some(next) = find(bytes, b'"', at) {
    let end = find(bytes, b'"', next + 1)?;
    at = end + 1;
    if !KEYS.contains(&&bytes[next + 1..end]) {
      continue;
    }
    let rest = bytes[at..].trim_ascii_start();
    let Some(rest) = rest.strip_prefix(b":") else {
      continue;
    };
    let rest = rest.trim_ascii_start();
    if let Some(word) = rest.strip_prefix(b"\"") {
      return any_case(letters(word));
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    return std::str::from_utf8(&rest[..digits])
      .ok()?
      .parse()
      .ok()
      .map(of_number);
  }
  None
}

/// The numbers of pino and bunyan.
fn of_number(number: u32) -> LogLevel {
  match number {
    0..=20 => LogLevel::Debug,
    21..=39 => LogLevel::Info,
    40..=49 => LogLevel::Warn,
    _ => LogLevel::Error,
  }
}

fn of_prose(bytes: &[u8]) -> Option<LogLevel> {
  if let Some(level) = of_klog(bytes) {
    return Some(level);
  }
  let mut at = 0;
  let mut before = b' ';
  while let Some(&byte) = bytes.get(at) {
    if byte == 0x1b {
      at += escape(&bytes[at..]);
      before = b' ';
      continue;
    }
    if !byte.is_ascii_alphabetic() {
      before = byte;
      at += 1;
      continue;
    }
    let word = letters(&bytes[at..]);
    let after = bytes.get(at + word.len()).copied().unwrap_or(b' ');
    if stands_alone(before)
      && let Some(level) = of_word(word, before, after, at, &bytes[at + word.len()..])
    {
      return Some(level);
    }
    at += word.len();
    before = word.last().copied().unwrap_or(b' ');
  }
  None
}

fn of_word(word: &[u8], before: u8, after: u8, at: usize, rest: &[u8]) -> Option<LogLevel> {
  if after == b'=' && KEYS.contains(&word) {
    let value = &rest[1..];
    return any_case(letters(value.strip_prefix(b"\"").unwrap_or(value)));
  }
  if word.len() < 3 || after == b'_' || after == b'-' || after.is_ascii_digit() {
    return None;
  }
  if word.iter().all(u8::is_ascii_uppercase) {
    if word == b"LOG" {
      return (after == b':').then_some(LogLevel::Info);
    }
    return any_case(word);
  }
  let bracketed = matches!((before, after), (b'[', b']') | (b'<', b'>') | (b'(', b')'));
  let leads = at == 0 && (after == b':' || after == b'[');
  (bracketed || leads).then(|| any_case(word)).flatten()
}

/// `E1127 16:05:18.123456       1 main.go:12] …`
fn of_klog(bytes: &[u8]) -> Option<LogLevel> {
  let [letter, a, b, c, d, b' ', ..] = bytes else {
    return None;
  };
  if ![a, b, c, d].into_iter().all(u8::is_ascii_digit) {
    return None;
  }
  match letter {
    b'I' => Some(LogLevel::Info),
    b'W' => Some(LogLevel::Warn),
    b'E' | b'F' => Some(LogLevel::Error),
    _ => None,
  }
}

fn any_case(word: &[u8]) -> Option<LogLevel> {
  let is = |names: &[&str]| {
    names
      .iter()
      .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
  };
  match word.first()?.to_ascii_lowercase() {
    b'e' if is(&["error", "err", "emerg", "emergency"]) => Some(LogLevel::Error),
    b'f' if is(&["fatal"]) => Some(LogLevel::Error),
    b'c' if is(&["critical", "crit"]) => Some(LogLevel::Error),
    b'p' if is(&["panic"]) => Some(LogLevel::Error),
    b'a' if is(&["alert"]) => Some(LogLevel::Error),
    b's' if is(&["severe"]) => Some(LogLevel::Error),
    b'w' if is(&["warn", "warning", "wrn"]) => Some(LogLevel::Warn),
    b'i' if is(&["info", "inf", "information"]) => Some(LogLevel::Info),
    b'n' if is(&["notice"]) => Some(LogLevel::Info),
    b'd' if is(&["debug", "dbg"]) => Some(LogLevel::Debug),
    b't' if is(&["trace", "trc"]) => Some(LogLevel::Debug),
    b'v' if is(&["verbose"]) => Some(LogLevel::Debug),
    _ => None,
  }
}

/// A word inside a path, a name or a number is no level.
fn stands_alone(before: u8) -> bool {
  !(before.is_ascii_alphanumeric()
    || before >= 0x80
    || matches!(
      before,
      b'_' | b'-' | b'/' | b'.' | b'=' | b'&' | b'?' | b'%'
    ))
}

fn letters(bytes: &[u8]) -> &[u8] {
  let end = bytes
    .iter()
    .position(|byte| !byte.is_ascii_alphabetic())
    .unwrap_or(bytes.len());
  &bytes[..end]
}

/// The length of a color sequence that stands before a level word.
fn escape(bytes: &[u8]) -> usize {
  if bytes.get(1) != Some(&b'[') {
    return 1;
  }
  bytes
    .iter()
    .skip(2)
    .position(|byte| (0x40..=0x7e).contains(byte))
    .map_or(bytes.len(), |end| end + 3)
}

fn find(bytes: &[u8], wanted: u8, from: usize) -> Option<usize> {
  let rest = bytes.get(from..)?;
  rest
    .iter()
    .position(|&byte| byte == wanted)
    .map(|at| at + from)
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn every_common_way_to_name_a_level_is_read() {
    let (debug, info, warn, error) = (
      Some(LogLevel::Debug),
      Some(LogLevel::Info),
      Some(LogLevel::Warn),
      Some(LogLevel::Error),
    );
    for (line, wanted) in [
      ("GET /api/items 200 38ms", None),
      ("GET /ERROR 404", None),
      ("ERROR_CODES loaded", None),
      ("errors: 0", None),
      ("no error: all fine", None),
      ("INFO GET /api/items 200", info),
      ("2026-11-27 16:05:18,123 - api - WARNING - slow", warn),
      ("ERROR:root:it broke", error),
      (
        "2026/11/27 16:05:18 [error] 7#7: *1 connect() failed",
        error,
      ),
      ("2026/11/27 16:05:18 [notice] 1#1: start worker", info),
      ("E1127 16:05:18.123456       1 main.go:12] gone", error),
      ("I1127 16:05:18.123456       1 main.go:12] ok", info),
      ("time=2026-11-27 level=warn msg=\"slow\"", warn),
      ("ts=1 lvl=\"error\" msg=x", error),
      (r#"{"level":"error","msg":"x"}"#, error),
      (r#"{"time":1,"severity" : "WARNING","message":"x"}"#, warn),
      (r#"{"level":30,"msg":"pino"}"#, info),
      (r#"{"level":50,"msg":"pino"}"#, error),
      (r#"{"msg":"the level is ERROR"}"#, None),
      ("\u{1b}[31mERROR\u{1b}[0m jwt", error),
      ("\u{1b}[32m INFO\u{1b}[0m ok", info),
      ("LOG:  database system is ready", info),
      ("FATAL:  password authentication failed", error),
      ("panic: runtime error: index out of range", error),
      ("Traceback (most recent call last):", error),
      ("thread 'main' panicked at src/main.rs:1", error),
      ("npm ERR! code 1", error),
      ("<debug> x", debug),
      ("DEBUG sql", debug),
      ("info: Microsoft.Hosting.Lifetime[14]", info),
      ("INFO retry after ERROR", info),
      ("", None),
      ("\u{1b}[", None),
    ] {
      assert_eq!(level(line), wanted, "{line}");
    }
  }

  proptest! {
    #[test]
    fn any_text_has_a_level_or_none(line in "\\PC*|(.|\n|\u{1b}|\"|\\{)*") {
      level(&line);
    }
  }
}
