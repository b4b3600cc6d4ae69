//! The clients: each waits for its next turn, sends one request, and tells what became of it.

use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::super::wire::{self, Answer};
use super::{Answered, Connection, Kind, Outcome, Plan, Signed};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

struct OneClient {
  kind: Kind,
  address: String,
  request: Vec<u8>,
  held: Option<TcpStream>,
}

pub(super) fn start(
  plan: &Plan,
  tell: &UnboundedSender<Outcome>,
  stop: &CancellationToken,
) -> JoinSet<()> {
  let mut clients = JoinSet::new();
  let turn = Duration::from_secs(1) * plan.clients / plan.rate.max(1);
  for &kind in &plan.kinds {
    for number in 0..plan.clients {
      let client = OneClient {
        kind,
        address: plan.target.address.clone(),
        request: request(plan, kind, number),
        held: None,
      };
      // Spread over the first turn, so that clients do not all send at the same instant.
      let first = turn * number / plan.clients;
      clients.spawn(client.work(first, turn, tell.clone(), stop.clone()));
    }
  }
  clients
}

fn request(plan: &Plan, kind: Kind, number: u32) -> Vec<u8> {
  let host = &plan.target.address;
  let base = plan.target.path.trim_end_matches('/');
  let closing = if kind == Kind::Keepalive {
    "keep-alive"
  } else {
    "close"
  };
  match kind {
    Kind::New | Kind::Keepalive => {
      format!("GET {base}/api/orders HTTP/1.1\r\nHost: {host}\r\nConnection: {closing}\r\n\r\n")
    }
    Kind::Slow => format!(
      "GET {base}/api/slow?ms=4000 HTTP/1.1\r\nHost: {host}\r\nConnection: {closing}\r\n\r\n"
    ),
    Kind::Post => {
      let body = format!("{{\"item\":\"load {} {number}\"}}", std::process::id());
      format!(
        "POST {base}/api/orders HTTP/1.1\r\nHost: {host}\r\nConnection: {closing}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
      )
    }
  }
  .into_bytes()
}

impl OneClient {
  async fn work(
    mut self,
    first: Duration,
    turn: Duration,
    tell: UnboundedSender<Outcome>,
    stop: CancellationToken,
  ) {
    let mut turns = tokio::time::interval_at(
      tokio::time::Instant::now() + first,
      turn.max(Duration::from_micros(1)),
    );
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
      tokio::select! {
          biased;
          () = stop.cancelled() => return,
          _ = turns.tick() => {}
      }
      if tell.send(self.send().await).is_err() {
        return;
      }
    }
  }

  async fn send(&mut self) -> Outcome {
    let sent = Utc::now();
    let began = Instant::now();
    let (connection, answer) = self.exchange().await;
    let result = answer.map(|answer| Answered {
      status: answer.status,
      by: by(&answer),
      signed: answer
        .header("x-version")
        .map_or(Signed::No, |_| Signed::Yes),
      words: if answer.status >= 500 {
        first_line(&answer)
      } else {
        String::new()
      },
    });
    Outcome {
      kind: self.kind,
      sent,
      took: began.elapsed(),
      connection,
      result,
    }
  }

  async fn exchange(&mut self) -> (Connection, Result<Answer, String>) {
    let (connection, held) = match self.held.take() {
      None => (Connection::Fresh, None),
      Some(stream) if wire::is_spent(&stream) => (Connection::Replaced, None),
      Some(stream) => (Connection::Reused, Some(stream)),
    };
    let mut stream = match held {
      Some(stream) => stream,
      None => match wire::connect(&self.address, CONNECT_WITHIN).await {
        Ok(stream) => stream,
        Err(error) => return (connection, Err(error)),
      },
    };
    let answer = wire::exchange(&mut stream, &self.request, ANSWER_WITHIN).await;
    if self.kind == Kind::Keepalive && answer.as_ref().is_ok_and(|answer| answer.reusable) {
      self.held = Some(stream);
    }
    (connection, answer)
  }
}

fn by(answer: &Answer) -> String {
  let name = |header| answer.header(header).unwrap_or("?");
  format!("{} {}", name("x-slot"), name("x-version"))
}

fn first_line(answer: &Answer) -> String {
  let text = String::from_utf8_lossy(&answer.body);
  text
    .lines()
    .next()
    .unwrap_or_default()
    .chars()
    .take(120)
    .collect()
}
