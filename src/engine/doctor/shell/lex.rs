//! Characters to words and operators, with quotes removed and here-documents set aside.

/// A word or an operator, and the line it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
  Word {
    text: String,
    line: usize,
    /// Texts of `$( )` inside of it.
    nested: Vec<String>,
  },
  Operator {
    text: &'static str,
    line: usize,
  },
  /// The text of a here-document, after the line that asked for it.
  Here(String),
}

/// Longest first, so that `&&` is not two `&`.
const OPERATORS: [&str; 19] = [
  "<<<", "<<-", "&>>", ";;", "&&", "||", ">>", "<<", "&>", ">&", "<&", ">|", ";", "|", "&", "(",
  ")", "<", ">",
];

struct Lexer<'t> {
  rest: &'t str,
  line: usize,
  tokens: Vec<Token>,
  word: Option<(String, usize, Vec<String>)>,
  /// Delimiters of here-documents that begin on the next line.
  heres: Vec<String>,
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
  let mut lexer = Lexer {
    rest: text,
    line: 1,
    tokens: Vec::new(),
    word: None,
    heres: Vec::new(),
  };
  while lexer.step() {}
  lexer.end_word();
  lexer.tokens
}

impl Lexer<'_> {
  fn step(&mut self) -> bool {
    let Some(c) = self.rest.chars().next() else {
      return false;
    };
    match c {
      '\n' => {
        self.end_word();
        self.take(1);
        self.operator("\n");
        self.here_documents();
        self.line += 1;
      }
      '#' if self.word.is_none() => {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.take(end);
      }
      ' ' | '\t' | '\r' => {
        self.end_word();
        self.take(1);
      }
      '\\' => {
        self.take(1);
        match self.next() {
          Some('\n') => self.line += 1,
          Some(c) => self.push(c),
          None => {}
        }
      }
      '\'' => {
        self.take(1);
        self.touch();
        while let Some(c) = self.next().filter(|c| *c != '\'') {
          self.push_counted(c);
        }
      }
      '"' => {
        self.take(1);
        self.touch();
        self.double_quoted();
      }
      '`' => {
        self.take(1);
        let end = self.rest.find('`').unwrap_or(self.rest.len());
        let inner = self.rest.get(..end).unwrap_or_default().to_owned();
        self.take(end + 1);
        self.substitution(&inner);
      }
      '$' if self.rest.starts_with("$((") => {
        let end = self.rest.find("))").map_or(self.rest.len(), |at| at + 2);
        let text = self.rest.get(..end).unwrap_or_default().to_owned();
        self.take(end);
        text.chars().for_each(|c| self.push_counted(c));
      }
      '$' if self.rest.starts_with("$(") => self.dollar(),
      '$' if self.rest.starts_with("${") => self.braces(),
      _ => self.plain(c),
    }
    true
  }

  fn plain(&mut self, c: char) {
    let found = OPERATORS
      .into_iter()
      .find(|operator| self.rest.starts_with(operator));
    let Some(operator) = found else {
      self.take(c.len_utf8());
      self.push(c);
      return;
    };
    // `2>` redirects the second stream: the number belongs to the operator.
    if operator.starts_with(['>', '<'])
      && let Some((text, ..)) = &self.word
      && text.len() == 1
      && text.chars().all(|c| c.is_ascii_digit())
    {
      let errors = text == "2";
      self.word = None;
      if errors && operator.starts_with('>') {
        self.take(operator.len());
        self.operator("2>");
        return;
      }
    }
    self.end_word();
    self.take(operator.len());
    self.operator(operator);
    if matches!(operator, "<<" | "<<-") {
      self.delimiter();
    }
  }

  fn double_quoted(&mut self) {
    while let Some(c) = self.rest.chars().next() {
      match c {
        '"' => {
          self.take(1);
          return;
        }
        '\\' => {
          self.take(1);
          match self.next() {
            Some('\n') => self.line += 1,
            Some(c @ ('"' | '\\' | '$' | '`')) => self.push(c),
            Some(c) => {
              self.push('\\');
              self.push(c);
            }
            None => {}
          }
        }
        '$' if self.rest.starts_with("$(") && !self.rest.starts_with("$((") => self.dollar(),
        '$' if self.rest.starts_with("${") => self.braces(),
        _ => {
          self.take(c.len_utf8());
          self.push_counted(c);
        }
      }
    }
  }

  /// `$( … )`, parentheses balanced.
  fn dollar(&mut self) {
    self.take(2);
    let mut depth = 1;
    let mut quote = None;
    let mut end = self.rest.len();
    for (at, c) in self.rest.char_indices() {
      match (quote, c) {
        (None, '\'' | '"') => quote = Some(c),
        (Some(open), c) if c == open => quote = None,
        (Some('\''), _) => {}
        (_, '(') => depth += 1,
        (_, ')') => depth -= 1,
        _ => {}
      }
      if depth == 0 {
        end = at;
        break;
      }
    }
    let inner = self.rest.get(..end).unwrap_or_default().to_owned();
    self.take(end + 1);
    self.substitution(&inner);
  }

  fn substitution(&mut self, inner: &str) {
    let line = self.line;
    let word = self
      .word
      .get_or_insert_with(|| (String::new(), line, Vec::new()));
    word.0.push_str("$(");
    word.0.push_str(inner);
    word.0.push(')');
    word.2.push(inner.to_owned());
    self.line += inner.matches('\n').count();
  }

  fn braces(&mut self) {
    let end = self.rest.find('}').map_or(self.rest.len(), |at| at + 1);
    let text = self.rest.get(..end).unwrap_or_default().to_owned();
    self.take(end);
    text.chars().for_each(|c| self.push_counted(c));
  }

  fn delimiter(&mut self) {
    let rest = self.rest.trim_start_matches([' ', '\t']);
    let end = rest
      .find(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '>' | '&' | ')'))
      .unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default();
    self
      .heres
      .push(word.trim_matches(['"', '\'', '\\']).to_owned());
    self.rest = rest.get(end..).unwrap_or_default();
  }

  fn here_documents(&mut self) {
    for delimiter in std::mem::take(&mut self.heres) {
      let mut body = String::new();
      while !self.rest.is_empty() {
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let line = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.line += 1;
        if line.trim() == delimiter {
          break;
        }
        body.push_str(line);
      }
      self.tokens.push(Token::Here(body));
    }
  }

  fn operator(&mut self, text: &'static str) {
    let line = self.line;
    self.tokens.push(Token::Operator { text, line });
  }

  fn end_word(&mut self) {
    if let Some((text, line, nested)) = self.word.take() {
      self.tokens.push(Token::Word { text, line, nested });
    }
  }

  fn touch(&mut self) {
    let line = self.line;
    self
      .word
      .get_or_insert_with(|| (String::new(), line, Vec::new()));
  }

  fn push(&mut self, c: char) {
    self.touch();
    if let Some((text, ..)) = &mut self.word {
      text.push(c);
    }
  }

  fn push_counted(&mut self, c: char) {
    self.push(c);
    self.line += usize::from(c == '\n');
  }

  fn next(&mut self) -> Option<char> {
    let c = self.rest.chars().next()?;
    self.take(c.len_utf8());
    Some(c)
  }

  fn take(&mut self, bytes: usize) {
    self.rest = self.rest.get(bytes..).unwrap_or_default();
  }
}
