//! nginx configuration as directives: the files of `nginx -T`, their blocks, listeners and
//! upstreams. It reads words, not meanings; what it does not know it passes over.

use std::iter::Peekable;

/// Deeper blocks are no configuration; what is in them is read as if it stood one level up.
const DEEPEST: usize = 32;

/// One file of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
  /// As the proxy names it.
  pub(super) path: String,
  pub(super) text: String,
}

/// `words;`, or `words { block }`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directive {
  pub(super) words: Vec<String>,
  pub(super) block: Vec<Directive>,
}

impl Directive {
  pub(super) fn name(&self) -> &str {
    self.words.first().map_or("", String::as_str)
  }

  pub(super) fn word(&self, at: usize) -> &str {
    self.words.get(at).map_or("", String::as_str)
  }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listener {
  pub(super) address: String,
  pub(super) port: u16,
  pub(super) tls: bool,
  pub(super) names: Vec<String>,
}

/// The files of `nginx -T`.
pub(super) fn files(dump: &str) -> Vec<File> {
  let mut all: Vec<File> = Vec::new();
  for line in dump.split_inclusive('\n') {
    let path = line
      .trim_end()
      .strip_prefix("# configuration file ")
      .and_then(|rest| rest.strip_suffix(':'));
    match (path, all.last_mut()) {
      (Some(path), _) => all.push(File {
        path: path.to_owned(),
        text: String::new(),
      }),
      (None, Some(file)) => file.text.push_str(line),
      (None, None) => {}
    }
  }
  // nginx prints an empty line after each file.
  for file in &mut all {
    if file.text.ends_with("\n\n") {
      file.text.pop();
    }
  }
  all
}

pub(super) fn parse(text: &str) -> Vec<Directive> {
  block(&mut text.chars().peekable(), 0)
}

fn block(chars: &mut Peekable<std::str::Chars<'_>>, depth: usize) -> Vec<Directive> {
  let mut all = Vec::new();
  let mut now = Directive::default();
  let (mut word, mut begun, mut quote) = (String::new(), false, None);
  while let Some(c) = chars.next() {
    match (quote, c) {
      (_, '\\') => word.extend(chars.next()),
      (Some(open), c) if c == open => quote = None,
      (None, '"' | '\'') if word.is_empty() => (quote, begun) = (Some(c), true),
      (None, '#') if word.is_empty() => while chars.next_if(|c| *c != '\n').is_some() {},
      // `${name}` is a variable, not a block.
      (None, '{') if word.ends_with('$') => word.push(c),
      (None, '}') if word.contains("${") && !word.ends_with('}') => word.push(c),
      (None, c) if c.is_whitespace() || ";{}".contains(c) => {
        if begun || !word.is_empty() {
          now.words.push(std::mem::take(&mut word));
          begun = false;
        }
        match c {
          ';' => all.push(std::mem::take(&mut now)),
          '{' => {
            if depth < DEEPEST {
              now.block = block(chars, depth + 1);
            }
            all.push(std::mem::take(&mut now));
          }
          '}' => return all,
          _ => {}
        }
      }
      (_, c) => word.push(c),
    }
  }
  all
}

/// Every directive at any depth.
pub(super) fn all<'a>(directives: &'a [Directive], each: &mut dyn FnMut(&'a Directive)) {
  for directive in directives {
    each(directive);
    all(&directive.block, each);
  }
}

/// The words that count, without comments.
pub(super) fn said(text: &str) -> String {
  let mut out = String::new();
  all(&parse(text), &mut |directive| {
    for word in &directive.words {
      out.push_str(word);
      out.push(' ');
    }
    out.push('\n');
  });
  out
}

/// Listeners of servers that answer requests, in order.
pub(super) fn listeners(files: &[File]) -> Vec<Listener> {
  let mut found = Vec::new();
  for file in files {
    let tree = parse(&file.text);
    all(&tree, &mut |server| {
      if server.name() != "server" || server.block.is_empty() {
        return;
      }
      let names: Vec<String> = server
        .block
        .iter()
        .filter(|inner| inner.name() == "server_name")
        .flat_map(|inner| inner.words.iter().skip(1).cloned())
        .filter(|name| name != "_" && name != "localhost" && !name.contains(['*', '~']))
        .collect();
      for listen in server.block.iter().filter(|inner| inner.name() == "listen") {
        let (address, port) = match listen.word(1).rsplit_once(':') {
          Some((address, port)) => (address, port),
          None if listen.word(1).chars().all(|c| c.is_ascii_digit()) => ("", listen.word(1)),
          None => (listen.word(1), "80"),
        };
        if let Ok(port) = port.parse() {
          found.push(Listener {
            address: address.to_owned(),
            port,
            tls: listen.words.iter().any(|word| word == "ssl"),
            names: names.clone(),
          });
        }
      }
    });
  }
  found
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn the_files_of_a_dump_are_what_is_on_disk() {
    let dump = "nginx: ok\n# configuration file /a.conf:\nevents {}\n\n# configuration file /b.conf:\nserver a:1;\n\n";
    let all = files(dump);
    assert_eq!(all[0].text, "events {}\n");
    assert_eq!(all[1].path, "/b.conf");
    assert_eq!(all[1].text, "server a:1;\n");
  }

  #[test]
  fn listeners_keep_their_address_port_and_names() {
    let file = File {
      path: String::new(),
      text: "http { server { listen 127.0.0.1:8080; listen [::]:443 ssl; server_name shop.example _; set $x \"a${b}c\"; location / { proxy_pass http://x; } } }".to_owned(),
    };
    let found = listeners(&[file]);
    assert_eq!(found.len(), 2);
    assert_eq!(
      (found[0].address.as_str(), found[0].port),
      ("127.0.0.1", 8080)
    );
    assert!(found[1].tls && found[1].port == 443);
    assert_eq!(found[0].names, ["shop.example"]);
  }

  #[test]
  fn no_depth_of_blocks_is_too_deep_to_read() {
    assert!(said(&"{".repeat(200_000)).trim().is_empty());
  }

  #[test]
  fn comments_say_nothing() {
    assert_eq!(said("# blue\nserver a:1; # green\n"), "server a:1 \n");
  }

  proptest! {
    #[test]
    fn any_text_is_read_without_failing(text in "(\\PC|\n|\\\\|\"|#|;|\\{|\\})*") {
      let _ = (said(&text), files(&text));
    }
  }
}
