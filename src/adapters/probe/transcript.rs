//! Request and response as lines for the card: bounded, every secret masked.

use super::{Answer, masks::Masks, request::Request};
use crate::model::{check::Exchange, shown::Shown};

const MOST_LINES: usize = 64;
const MOST_BYTES: usize = 8 * 1024;

pub(super) fn exchange(
  request: &Request,
  answer: &Result<Answer, String>,
  masks: &Masks,
) -> Exchange {
  let mut sent = vec![
    format!("{} {} HTTP/1.1", request.method, masks.target(&request.url)),
    format!("Host: {}", request.authority()),
  ];
  sent.extend(head(&request.headers, masks));
  if let Some(body) = &request.body {
    sent.extend(lines(body, masks));
  }
  let got = match answer {
    Err(why) => vec![masks.mask(why)],
    Ok(answer) => {
      let mut got = vec![format!("HTTP {}", answer.status)];
      got.extend(head(&answer.headers, masks));
      got.extend(lines(&answer.text(), masks));
      if answer.cut {
        got.push("[the rest was not read]".to_owned());
      }
      got
    }
  };
  Exchange {
    request: bounded(sent),
    response: bounded(got),
  }
}

fn head(headers: &[(String, String)], masks: &Masks) -> Vec<String> {
  headers
    .iter()
    .map(|(name, value)| format!("{name}: {}", masks.header(name, value)))
    .collect()
}

/// Masked as a whole before it is cut into lines, so that no secret survives in two halves.
fn lines(body: &str, masks: &Masks) -> Vec<String> {
  let masked = masks.mask(body);
  std::iter::once(String::new())
    .chain(masked.lines().map(str::to_owned))
    .collect()
}

fn bounded(lines: Vec<String>) -> Vec<Shown> {
  let total = lines.len();
  let mut room = MOST_BYTES;
  let mut kept = Vec::new();
  for line in lines.into_iter().take(MOST_LINES - 1) {
    let part = line
      .get(..line.floor_char_boundary(room))
      .unwrap_or_default();
    kept.push(Shown::line(part));
    if part.len() < line.len() {
      break;
    }
    room -= part.len();
  }
  if kept.len() < total {
    kept.push(Shown::line(&format!("[{} more lines]", total - kept.len())));
  }
  kept
}

#[cfg(test)]
mod tests {
  use std::collections::BTreeMap;

  use super::*;

  fn request() -> Request {
    Request {
      method: "POST".to_owned(),
      url: "http://localhost:5000/api/login?x=1".parse().unwrap(),
      headers: vec![("Authorization".to_owned(), "Bearer tok-12345".to_owned())],
      body: Some("{\"code\":\"tok-12345\"}".to_owned()),
    }
  }

  #[test]
  fn an_exchange_shows_both_sides_without_their_secrets() {
    let answer = Answer {
      status: 200,
      headers: vec![("Set-Cookie".to_owned(), "s=1".to_owned())],
      body: b"{\"token\":\"tok-12345\"}\nmore".to_vec(),
      cut: true,
    };
    let captured = BTreeMap::from([("token".to_owned(), "tok-12345".to_owned())]);
    let masks = Masks::default().with_captured(&captured);
    let exchange = exchange(&request(), &Ok(answer), &masks);
    let text = format!("{exchange:?}");
    assert!(
      !text.contains("tok-12345") && !text.contains("s=1"),
      "{text}"
    );
    assert_eq!(exchange.request[0].as_str(), "POST /api/login?x=1 HTTP/1.1");
    assert_eq!(exchange.request[1].as_str(), "Host: localhost:5000");
    assert_eq!(exchange.response[0].as_str(), "HTTP 200");
    assert_eq!(
      exchange.response.last().unwrap().as_str(),
      "[the rest was not read]"
    );
  }

  #[test]
  fn a_long_answer_is_bounded_in_lines_and_bytes() {
    for body in ["x\n".repeat(10_000), "y".repeat(60_000)] {
      let answer = Answer {
        status: 200,
        body: body.into_bytes(),
        ..Answer::default()
      };
      let lines = exchange(&request(), &Ok(answer), &Masks::default()).response;
      assert!(lines.len() <= MOST_LINES, "{}", lines.len());
      assert!(lines.iter().map(|line| line.as_str().len()).sum::<usize>() <= MOST_BYTES + 40);
    }
  }
}
