//! Words and operators to simple commands, with the loops, branches and functions around them.

use super::{Command, Join, Judged, Way, lex::Token};

/// A command as written: nothing put in for its variables yet.
#[derive(Clone, Debug)]
pub(super) struct Raw {
  pub(super) command: Command,
  /// Texts of its command substitutions.
  pub(super) nested: Vec<String>,
}

#[derive(Default)]
struct Around {
  /// Within the condition of `if`, `while` or `until`.
  condition: bool,
  loops: usize,
  branches: usize,
  cases: usize,
  function: Option<(String, usize)>,
  /// Open `{`.
  braces: usize,
}

pub(super) fn commands(tokens: &[Token]) -> Vec<Raw> {
  let mut parser = Parser {
    done: Vec::new(),
    around: Around::default(),
    open: None,
    join: Join::Next,
    negated: false,
    redirection: None,
    bracket: false,
  };
  for token in tokens {
    parser.take(token);
  }
  parser.close(None);
  parser.done
}

enum Redirection {
  Of(Way),
  /// Of errors, or to another stream: of no interest.
  Elsewhere,
}

struct Parser {
  done: Vec<Raw>,
  around: Around,
  open: Option<Raw>,
  join: Join,
  negated: bool,
  /// The next word is the file of a redirection.
  redirection: Option<Redirection>,
  /// Inside `[[ … ]]`, where operators are words.
  bracket: bool,
}

impl Parser {
  fn take(&mut self, token: &Token) {
    match token {
      Token::Word { text, line, nested } => self.word(text, *line, nested),
      Token::Operator { text, .. } if self.bracket && *text != "\n" => {
        if let Some(open) = &mut self.open {
          open.command.words.push((*text).to_owned());
        }
      }
      Token::Operator { text, .. } => self.operator(text),
      // It belongs to the last command of the line that ended, or of the pipe it began.
      Token::Here(text) => {
        if let Some(raw) = self.done.iter_mut().rev().find(|raw| {
          raw.command.here.is_none() && raw.command.files.iter().any(|file| file.1 == "<<here>>")
        }) {
          raw.command.files.retain(|file| file.1 != "<<here>>");
          raw.command.here = Some(text.clone());
        }
      }
    }
  }

  fn word(&mut self, text: &str, line: usize, nested: &[String]) {
    if let Some(redirection) = self.redirection.take() {
      if let Redirection::Of(way) = redirection {
        let open = self.ensure(line);
        open.command.files.push((way, text.to_owned()));
        open.nested.extend_from_slice(nested);
      }
      return;
    }
    if self.open.is_none() && self.keyword(text) {
      return;
    }
    if text == "[[" {
      self.bracket = true;
    } else if text == "]]" {
      self.bracket = false;
    }
    let open = self.ensure(line);
    open.command.words.push(text.to_owned());
    open.nested.extend_from_slice(nested);
  }

  fn ensure(&mut self, line: usize) -> &mut Raw {
    let around = &self.around;
    let judged = if around.condition || std::mem::take(&mut self.negated) {
      Judged::Yes
    } else {
      Judged::No
    };
    let join = self.join;
    self.open.get_or_insert_with(|| Raw {
      command: Command {
        line,
        words: Vec::new(),
        files: Vec::new(),
        here: None,
        container: None,
        join,
        judged,
        loops: around.loops,
        branches: around.branches,
        function: around.function.as_ref().map(|(name, _)| name.clone()),
        kept: None,
        given: Vec::new(),
      },
      nested: Vec::new(),
    })
  }

  /// Words that are structure where a command may begin.
  fn keyword(&mut self, text: &str) -> bool {
    let around = &mut self.around;
    match text {
      "if" | "elif" | "while" | "until" => around.condition = true,
      "then" => {
        around.condition = false;
        around.branches += 1;
      }
      // `elif` opened one more than `fi` closes; `else` stays within.
      "else" => {}
      "fi" => around.branches = around.branches.saturating_sub(1),
      "do" => {
        around.condition = false;
        around.loops += 1;
      }
      "done" => around.loops = around.loops.saturating_sub(1),
      "esac" => {
        around.cases = around.cases.saturating_sub(1);
        around.branches = around.branches.saturating_sub(1);
      }
      "{" => around.braces += 1,
      "}" => {
        around.braces = around.braces.saturating_sub(1);
        if around
          .function
          .as_ref()
          .is_some_and(|(_, depth)| *depth == around.braces)
        {
          around.function = None;
        }
      }
      "!" => self.negated = true,
      _ => return false,
    }
    if text == "elif" {
      around.branches = around.branches.saturating_sub(1);
    }
    true
  }

  fn operator(&mut self, text: &'static str) {
    match text {
      ">" | ">|" | "&>" => self.redirection = Some(Redirection::Of(Way::Into)),
      ">>" | "&>>" => self.redirection = Some(Redirection::Of(Way::Onto)),
      "<" => self.redirection = Some(Redirection::Of(Way::From)),
      "2>" | ">&" | "<&" | "<<<" => self.redirection = Some(Redirection::Elsewhere),
      "<<" | "<<-" => {
        if let Some(open) = &mut self.open {
          open.command.files.push((Way::From, "<<here>>".to_owned()));
        }
      }
      "(" => {
        // `name () {`: the next brace opens a function.
        if let Some(open) = self.open.take_if(|open| open.command.words.len() == 1) {
          let name = open.command.words.concat();
          self.around.function = Some((name, self.around.braces));
        } else if self.open.is_some() {
          self.close(Some(Join::Next));
        }
      }
      ")" => {
        if self.around.cases > 0 {
          // A pattern of `case`.
          self.open = None;
          self.join = Join::Next;
        } else {
          self.close(Some(Join::Next));
        }
      }
      "&&" => self.close(Some(Join::And)),
      "||" => self.close(Some(Join::Or)),
      "|" => self.close(Some(Join::Pipe)),
      _ => self.close(Some(Join::Next)),
    }
  }

  fn close(&mut self, next: Option<Join>) {
    self.redirection = None;
    self.bracket = false;
    if let Some(mut raw) = self.open.take() {
      let words = &mut raw.command.words;
      match words.first().map(String::as_str) {
        Some("case") => {
          self.around.cases += 1;
          self.around.branches += 1;
        }
        Some("function") if words.len() > 1 => {
          let name = words.swap_remove(1);
          if words.iter().any(|word| word == "{") {
            self.around.braces += 1;
            self.around.function = Some((name, self.around.braces - 1));
          } else {
            self.around.function = Some((name, self.around.braces));
          }
          self.join = next.unwrap_or(Join::Next);
          return;
        }
        _ => {}
      }
      if matches!(next, Some(Join::And | Join::Or)) {
        raw.command.judged = Judged::Yes;
      }
      if !raw.command.words.is_empty() || !raw.command.files.is_empty() {
        self.done.push(raw);
      }
    } else if next == Some(Join::Next) && self.join != Join::Next {
      // A line ended after `&&` or `|`: what follows still belongs to it.
      return;
    }
    self.join = next.unwrap_or(Join::Next);
  }
}
