//! One of several answers, by its number, on an ordinary line of the terminal. For questions that
//! change nothing by themselves: what follows is confirmed on its own.

use std::io::{self, BufRead};

/// The index of the choice; none when the line is empty or the terminal is gone.
pub fn choose(count: usize, mut paint: impl FnMut(&str)) -> Option<usize> {
  let mut lines = io::stdin().lock();
  loop {
    paint(&format!(
      "Type 1 to {count}, then Enter (Enter alone: leave it)."
    ));
    let mut line = String::new();
    let read = lines.read_line(&mut line).unwrap_or(0);
    if read == 0 || line.trim().is_empty() {
      return None;
    }
    if let Some(index) = number(&line, count) {
      return Some(index);
    }
  }
}

fn number(line: &str, count: usize) -> Option<usize> {
  let number: usize = line.trim().parse().ok()?;
  (1..=count).contains(&number).then(|| number - 1)
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn only_a_number_of_the_list_is_an_answer() {
    assert_eq!(number(" 2\n", 2), Some(1));
    for line in ["0", "3", "y", "-1", "1 2"] {
      assert_eq!(number(line, 2), None, "{line}");
    }
  }
}
