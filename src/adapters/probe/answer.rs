//! One answer, bounded; and how to read it out of what curl and wget print.

/// What came back. A body beyond the bound is cut, and says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
  pub(crate) status: u16,
  pub(crate) headers: Vec<(String, String)>,
  pub(crate) body: Vec<u8>,
  pub(crate) cut: bool,
}

/// Bytes of a body that are read; the rest of it never is.
pub(crate) const MOST_BODY: usize = 64 * 1024;
const MOST_HEADERS: usize = 100;

impl Answer {
  pub(crate) fn text(&self) -> String {
    String::from_utf8_lossy(&self.body).into_owned()
  }

  /// The first value of the header, whatever its case.
  pub(crate) fn header(&self, name: &str) -> Option<&str> {
    self
      .headers
      .iter()
      .find(|(known, _)| known.eq_ignore_ascii_case(name))
      .map(|(_, value)| value.as_str())
  }

  /// The start of the body on one line, for a sentence.
  pub(crate) fn excerpt(&self) -> String {
    let text = self.text();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(200) {
      Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
      None => line,
    }
  }

  /// Reads `curl -i`: heads of interim answers, the final head, a blank line, the body.
  pub(crate) fn from_curl(output: &[u8]) -> Option<Self> {
    let mut rest = output;
    loop {
      let (head, body) = split_head(rest)?;
      let mut answer = head_of(String::from_utf8_lossy(head).lines())?;
      if (100..200).contains(&answer.status) && answer.status != 101 {
        rest = body;
        continue;
      }
      answer.body = body
        .get(..body.len().min(MOST_BODY))
        .unwrap_or_default()
        .to_vec();
      answer.cut = body.len() > MOST_BODY;
      return Some(answer);
    }
  }

  /// Reads `wget -S`: indented head lines among others on standard error, the body on standard
  /// output. Of several heads the first counts: a redirect is an answer, not a way.
  pub(crate) fn from_wget(errors: &[u8], body: &[u8]) -> Option<Self> {
    let text = String::from_utf8_lossy(errors);
    let mut lines = text
      .lines()
      .map(str::trim)
      .skip_while(|line| status_of(line).is_none());
    let first = lines.next()?;
    let head = lines.take_while(|line| line.contains(':') && status_of(line).is_none());
    let mut answer = head_of(std::iter::once(first).chain(head))?;
    answer.body = body
      .get(..body.len().min(MOST_BODY))
      .unwrap_or_default()
      .to_vec();
    answer.cut = body.len() > MOST_BODY;
    Some(answer)
  }
}

/// The head up to its blank line, and what follows it.
fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
  let mut at = 0;
  while at < bytes.len() {
    let rest = bytes.get(at..)?;
    let length = rest
      .iter()
      .position(|byte| *byte == b'\n')
      .map_or(rest.len(), |end| end + 1);
    let line = rest.get(..length)?;
    if at > 0 && (line == b"\n" || line == b"\r\n") {
      return Some((bytes.get(..at)?, rest.get(length..)?));
    }
    at += length;
  }
  None
}

fn head_of<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<Answer> {
  let status = status_of(lines.next()?)?;
  let headers = lines
    .filter_map(|line| line.split_once(':'))
    .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
    .take(MOST_HEADERS)
    .collect();
  Some(Answer {
    status,
    headers,
    ..Answer::default()
  })
}

/// `HTTP/1.1 200 OK` → 200.
fn status_of(line: &str) -> Option<u16> {
  let rest = line.strip_prefix("HTTP/")?;
  let code: u16 = rest.split_whitespace().nth(1)?.parse().ok()?;
  (100..1000).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn curl_output_is_read_past_interim_answers() {
    let answer = Answer::from_curl(
      b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Service Unavailable\r\nX-Slot: green\r\nServer: a:b\r\n\r\n{\"a\":\n\n1}",
    )
    .unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("x-slot"), Some("green"));
    assert_eq!(answer.header("server"), Some("a:b"));
    assert_eq!(answer.text(), "{\"a\":\n\n1}");
  }

  #[test]
  fn curl_output_without_a_whole_head_is_no_answer() {
    assert_eq!(Answer::from_curl(b"HTTP/1.1 200 OK\r\nX: y\r\n"), None);
    assert_eq!(Answer::from_curl(b"SSH-2.0-OpenSSH\r\n\r\n"), None);
    assert_eq!(Answer::from_curl(b""), None);
  }

  #[test]
  fn of_wgets_heads_the_first_counts() {
    let errors = b"Connecting to x\n  HTTP/1.1 302 Found\n  Location: http://else/\n  \n  HTTP/1.1 200 OK\n  A: b\n";
    let answer = Answer::from_wget(errors, b"body").unwrap();
    assert_eq!((answer.status, answer.headers.len()), (302, 1));
  }

  #[test]
  fn an_excerpt_is_one_short_line() {
    let answer = Answer {
      body: "é \n".repeat(500).into_bytes(),
      ..Answer::default()
    };
    assert_eq!(answer.excerpt().chars().count(), 201);
    assert!(!answer.excerpt().contains('\n'));
  }

  proptest! {
    #[test]
    fn any_bytes_are_read_without_failing(bytes: Vec<u8>, head in "HTTP/1.1 [0-9]{0,4} ?\r?\n([a-z]:?\r?\n){0,4}\r?\n?") {
      let mut all = head.into_bytes();
      all.extend_from_slice(&bytes);
      for text in [&bytes, &all] {
        let _ = (Answer::from_curl(text), Answer::from_wget(text, &bytes));
      }
    }
  }
}
