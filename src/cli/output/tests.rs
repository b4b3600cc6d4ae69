use std::sync::{Arc, Mutex};

use super::*;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
  fn text(&self) -> String {
    String::from_utf8(self.0.lock().expect("sink").clone()).expect("text")
  }
}

impl Write for Sink {
  fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
    self.0.lock().expect("sink").extend_from_slice(bytes);
    Ok(bytes.len())
  }

  fn flush(&mut self) -> io::Result<()> {
    Ok(())
  }
}

struct Broken(io::ErrorKind);

impl Write for Broken {
  fn write(&mut self, _: &[u8]) -> io::Result<usize> {
    Err(self.0.into())
  }

  fn flush(&mut self) -> io::Result<()> {
    Ok(())
  }
}

fn both(paint: Paint) -> (Out, Sink, Sink) {
  let (data, progress) = (Sink::default(), Sink::default());
  let out = Out::new(
    Box::new(data.clone()),
    Box::new(progress.clone()),
    whole(paint),
  );
  (out, data, progress)
}

fn whole(paint: Paint) -> Target {
  Target {
    paint,
    rows: Rows::Whole,
  }
}

#[test]
fn only_a_terminal_gets_long_lines_broken_and_no_row_splits_a_secret() {
  let secret = "s3cret-s3cret-s3cret";
  let mut page = Page::default();
  page.wrapped(
    Tone::Plain,
    &format!("{}{secret} tail {secret}", "word ".repeat(14)),
    2,
  );
  for (rows, lines) in [(Rows::Whole, 1), (Rows::Broken, 2)] {
    let data = Sink::default();
    let target = Target {
      paint: Paint::Plain,
      rows,
    };
    let mut out = Out::new(Box::new(data.clone()), Box::new(Sink::default()), target);
    out.mask(Secrets(vec![secret.into()]));
    out.data(&page).expect("written");
    assert_eq!(data.text().lines().count(), lines, "{}", data.text());
    assert!(!data.text().contains("s3cret"), "{}", data.text());
  }
}

fn page(text: &str) -> Page {
  let mut page = Page::default();
  page.push(Tone::Bad, text);
  page
}

#[test]
fn data_goes_to_stdout_and_progress_to_stderr() {
  let (mut out, data, progress) = both(Paint::Plain);
  out.data(&page("data")).expect("written");
  out.progress(&page("progress"));
  out.error("what", &["type this".into()]);
  assert_eq!(data.text(), "data\n");
  assert_eq!(progress.text(), "progress\nerror: what\n  type this\n");
}

#[test]
fn color_wraps_a_whole_line_and_only_when_wanted() {
  let (mut out, data, _) = both(Paint::Color);
  out.data(&page("alarm")).expect("written");
  assert_eq!(data.text(), "\u{1b}[1;31malarm\u{1b}[0m\n");
}

#[test]
fn the_flag_wins_over_no_color_and_no_color_over_the_terminal() {
  use ColorWhen::{Always, Auto, Never};
  for (when, no_color, term, tty, wanted) in [
    (Auto, None, Some("xterm"), true, Paint::Color),
    (Auto, None, Some("xterm"), false, Paint::Plain),
    (Auto, None, Some("dumb"), true, Paint::Plain),
    (Auto, None, None, true, Paint::Plain),
    (Auto, Some("1"), Some("xterm"), true, Paint::Plain),
    (Auto, Some(""), Some("xterm"), true, Paint::Color),
    (Always, Some("1"), Some("dumb"), false, Paint::Color),
    (Never, None, Some("xterm"), true, Paint::Plain),
  ] {
    assert_eq!(
      Paint::choose(when, no_color, term, tty),
      wanted,
      "{when:?} {no_color:?} {term:?} {tty}"
    );
  }
}

#[test]
fn no_secret_and_no_escape_sequence_passes_as_text() {
  let (mut out, data, progress) = both(Paint::Plain);
  out.mask(Secrets(vec!["hunter2hunter2".into()]));
  out
    .data(&page("pw=hunter2hunter2 \u{1b}[2Jafter"))
    .expect("written");
  out.progress(&page("split hunter2\u{200b}hunter2"));
  assert_eq!(data.text(), "pw=******** ␛after\n");
  assert_eq!(progress.text(), "split ********\n");
}

#[test]
fn no_secret_and_no_steering_character_passes_as_json() {
  let (mut out, data, _) = both(Paint::Plain);
  out.mask(Secrets(vec![
    "pa\"ss\\word".into(),
    "12345678".into(),
    "é-secret".into(),
  ]));
  let value = serde_json::json!({
    "a": "x pa\"ss\\word y", "n": 12_345_678, "e": "\u{1b}[31m\u{9b}\u{202e}é", "s": "é-secret 😀"
  });
  out.json(&value).expect("written");
  let text = data.text();
  assert!(text.is_ascii() && !text.contains("ss\\\\word"), "{text}");
  let read: serde_json::Value = serde_json::from_str(&text).expect("still JSON");
  assert_eq!(read["a"], "x ******** y");
  assert_eq!(read["n"], 12_345_678);
  assert_eq!(read["e"], value["e"]);
  assert_eq!(read["s"], "******** 😀");
}

#[test]
fn a_closed_pipe_is_told_apart_from_a_full_disk() {
  let broken = |kind| {
    Out::new(
      Box::new(Broken(kind)),
      Box::new(Broken(kind)),
      whole(Paint::Plain),
    )
  };
  let mut pipe = broken(io::ErrorKind::BrokenPipe);
  assert!(matches!(pipe.data(&page("x")), Err(WriteError::ReaderGone)));
  pipe.progress(&page("an operation goes on without its reader"));
  let mut disk = broken(io::ErrorKind::StorageFull);
  assert!(matches!(disk.data(&page("x")), Err(WriteError::Failed(_))));
}
