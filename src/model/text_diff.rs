//! A line diff of two small texts, for the dry run and for `init`: `-` goes, `+` comes, ` ` stays.

/// Above this many lines a text is compared as one block, so that the table stays small.
const MOST_LINES: usize = 2000;
const CONTEXT: usize = 3;

/// The lines of a unified diff under two headings; empty when nothing differs.
pub fn unified(path: &str, before: &str, after: &str) -> Vec<String> {
  if before == after {
    return Vec::new();
  }
  let old: Vec<&str> = before.lines().collect();
  let new: Vec<&str> = after.lines().collect();
  let mut out = vec![format!("--- {path}"), format!("+++ {path} (next)")];
  let lines = compare(&old, &new);
  for (position, (mark, line)) in lines.iter().enumerate() {
    let from = position.saturating_sub(CONTEXT);
    let to = (position + CONTEXT + 1).min(lines.len());
    let near = lines
      .get(from..to)
      .is_some_and(|around| around.iter().any(|(mark, _)| *mark != ' '));
    if near {
      out.push(format!("{mark}{line}"));
    }
  }
  if !before.is_empty() && before.ends_with('\n') != after.ends_with('\n') {
    out.push("\\ the line end at the end of the file differs".to_owned());
  }
  out
}

fn compare<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
  let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
  let (old_rest, new_rest) = (
    old.get(head..).unwrap_or_default(),
    new.get(head..).unwrap_or_default(),
  );
  let tail = old_rest
    .iter()
    .rev()
    .zip(new_rest.iter().rev())
    .take_while(|(a, b)| a == b)
    .count();
  let middle_old = old_rest.get(..old_rest.len() - tail).unwrap_or_default();
  let middle_new = new_rest.get(..new_rest.len() - tail).unwrap_or_default();
  let mut out: Vec<(char, &str)> = old.iter().take(head).map(|line| (' ', *line)).collect();
  out.extend(middle(middle_old, middle_new));
  out.extend(
    old_rest
      .iter()
      .skip(old_rest.len() - tail)
      .map(|line| (' ', *line)),
  );
  out
}

/// By the longest common subsequence, unless that table would be large.
fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
  if old.len().max(new.len()) > MOST_LINES {
    let gone = old.iter().map(|line| ('-', *line));
    return gone.chain(new.iter().map(|line| ('+', *line))).collect();
  }
  let width = new.len() + 1;
  let mut longest = vec![0_u32; (old.len() + 1) * width];
  let at =
    |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or_default();
  for (i, a) in old.iter().enumerate().rev() {
    for (j, b) in new.iter().enumerate().rev() {
      let value = if a == b {
        at(&longest, i + 1, j + 1) + 1
      } else {
        at(&longest, i + 1, j).max(at(&longest, i, j + 1))
      };
      if let Some(cell) = longest.get_mut(i * width + j) {
        *cell = value;
      }
    }
  }
  let (mut i, mut j, mut out) = (0, 0, Vec::new());
  while let (Some(a), Some(b)) = (old.get(i), new.get(j)) {
    if a == b {
      out.push((' ', *a));
      i += 1;
      j += 1;
    } else if at(&longest, i + 1, j) >= at(&longest, i, j + 1) {
      out.push(('-', *a));
      i += 1;
    } else {
      out.push(('+', *b));
      j += 1;
    }
  }
  out.extend(old.iter().skip(i).map(|line| ('-', *line)));
  out.extend(new.iter().skip(j).map(|line| ('+', *line)));
  out
}

#[cfg(test)]
mod tests {
  use proptest::prelude::*;

  use super::*;

  #[test]
  fn only_what_changes_is_marked() {
    assert_eq!(
      unified("a.conf", "one\ntwo\nthree\n", "one\n2\nthree\n"),
      [
        "--- a.conf",
        "+++ a.conf (next)",
        " one",
        "-two",
        "+2",
        " three"
      ]
    );
    assert_eq!(unified("a.conf", "same\n", "same\n"), Vec::<String>::new());
  }

  #[test]
  fn a_missing_line_end_is_said() {
    let last = unified("a", "x\n", "x").pop().unwrap();
    assert_eq!(last, "\\ the line end at the end of the file differs");
  }

  proptest! {
    #[test]
    fn the_marked_lines_rebuild_both_texts(old in "([ab]\n){0,12}", new in "([ab]\n){0,12}") {
      let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
      let lines = compare(&a, &b);
      let side = |other: char| -> Vec<&str> {
        lines.iter().filter(|(mark, _)| *mark != other).map(|(_, line)| *line).collect()
      };
      prop_assert_eq!(side('+'), a);
      prop_assert_eq!(side('-'), b);
    }
  }
}
