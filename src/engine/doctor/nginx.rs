//! Reads nginx configuration text: each directive with its words, its line and the blocks around
//! it. Words, not meanings: what it does not know it skips.

use crate::model::surroundings::TextFile;

/// Blocks in blocks; nginx's own configurations need six.
const DEEPEST: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
  pub(super) line: usize,
  pub(super) words: Vec<String>,
  /// The words of the blocks around it, outermost first.
  pub(super) blocks: Vec<Vec<String>>,
}

impl Directive {
  pub(super) fn name(&self) -> &str {
    self.words.first().map_or("", String::as_str)
  }

  pub(super) fn value(&self) -> &str {
    self.words.get(1).map_or("", String::as_str)
  }

  /// The `upstream` it stands in.
  pub(super) fn upstream(&self) -> Option<&str> {
    let block = self.blocks.last()?;
    (block.first()? == "upstream").then(|| block.get(1).map_or("", String::as_str))
  }
}

/// One file's directives.
#[derive(Clone, Debug)]
pub(super) struct NginxFile {
  pub(super) path: String,
  pub(super) directives: Vec<Directive>,
}

impl NginxFile {
  pub(super) fn read(file: &TextFile) -> Self {
    Self {
      path: file.path.clone(),
      directives: directives(&file.text),
    }
  }

  pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Directive> {
    self
      .directives
      .iter()
      .filter(move |directive| directive.name() == name)
  }

  /// The last part of its path.
  pub(super) fn base(&self) -> &str {
    self.path.rsplit('/').next().unwrap_or(&self.path)
  }
}

pub(super) fn directives(text: &str) -> Vec<Directive> {
  let mut reader = Reader {
    all: Vec::new(),
    blocks: Vec::new(),
    words: Vec::new(),
    word: String::new(),
    line: 1,
    began: 1,
    deeper: 0,
  };
  let mut quote = None;
  let mut chars = text.chars();
  while let Some(c) = chars.next() {
    match (quote, c) {
      (_, '\\') => {
        if let Some(c) = chars.next() {
          reader.push(c);
        }
      }
      (Some(open), c) if c == open => quote = None,
      (None, '"' | '\'') if reader.word.is_empty() => quote = Some(c),
      (None, '#') if reader.word.is_empty() => {
        for c in chars.by_ref() {
          if c == '\n' {
            reader.line += 1;
            break;
          }
        }
      }
      (None, ';') => reader.end(),
      (None, '{') => reader.open(),
      (None, '}') => reader.close(),
      (None, c) if c.is_whitespace() => {
        reader.end_word();
        reader.line += usize::from(c == '\n');
      }
      (_, c) => {
        reader.push(c);
        reader.line += usize::from(c == '\n');
      }
    }
  }
  reader.all
}

struct Reader {
  all: Vec<Directive>,
  blocks: Vec<Vec<String>>,
  words: Vec<String>,
  word: String,
  line: usize,
  began: usize,
  /// Blocks within the deepest that are kept.
  deeper: usize,
}

impl Reader {
  fn push(&mut self, c: char) {
    if self.words.is_empty() && self.word.is_empty() {
      self.began = self.line;
    }
    self.word.push(c);
  }

  fn end_word(&mut self) {
    if !self.word.is_empty() {
      self.words.push(std::mem::take(&mut self.word));
    }
  }

  fn end(&mut self) {
    self.end_word();
    if !self.words.is_empty() {
      self.all.push(Directive {
        line: self.began,
        words: std::mem::take(&mut self.words),
        blocks: self.blocks.clone(),
      });
    }
  }

  fn open(&mut self) {
    self.end_word();
    let words = self.words.clone();
    self.end();
    if self.blocks.len() < DEEPEST {
      self.blocks.push(words);
    } else {
      self.deeper += 1;
    }
  }

  fn close(&mut self) {
    self.end();
    if self.deeper > 0 {
      self.deeper -= 1;
    } else {
      self.blocks.pop();
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn directives_know_their_line_and_their_blocks() {
    let all = directives(
      "# no\nhttp {\n  upstream api { server a:1 weight=0; }\n  add_header X 'a; {';\n}\n",
    );
    let server = all.iter().find(|it| it.name() == "server").unwrap();
    assert_eq!(
      (server.line, server.upstream(), server.words.len()),
      (3, Some("api"), 3)
    );
    let header = all.iter().find(|it| it.name() == "add_header").unwrap();
    assert_eq!(
      (header.line, header.words.last().unwrap().as_str()),
      (4, "a; {")
    );
    assert_eq!(all.iter().filter(|it| it.name() == "http").count(), 1);
  }

  proptest::proptest! {
    #[test]
    fn any_text_is_read_without_failing(text in "(\\PC|\n|\\\\|\"|#|;|\\{|\\})*") {
      let _ = directives(&text);
    }
  }
}
