//! What each kind of text looks like, and which characters frames and marks are made of.
//!
//! Views name a `Role`, never a color. The default theme uses the terminal's own 16 colors, so
//! that it follows the operator's palette; `mono` has no color at all and says the same with
//! bold, underline and reverse. Color is never the only carrier: words and letters say it too.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use crate::model::Slot;

/// A set of colors, as named in `[ui] theme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
  #[default]
  Default,
  Light,
  HighContrast,
  ColorBlind,
  /// No color: `NO_COLOR`, `--color never`, `TERM=dumb`.
  Mono,
}

impl Palette {
  pub const ALL: [Self; 5] = [
    Self::Default,
    Self::Light,
    Self::HighContrast,
    Self::ColorBlind,
    Self::Mono,
  ];

  /// As written in the configuration.
  pub fn name(self) -> &'static str {
    match self {
      Self::Default => "default",
      Self::Light => "light",
      Self::HighContrast => "high-contrast",
      Self::ColorBlind => "color-blind",
      Self::Mono => "mono",
    }
  }

  pub fn named(name: &str) -> Option<Self> {
    Self::ALL.into_iter().find(|palette| palette.name() == name)
  }
}

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
  #[default]
  Unicode,
  Ascii,
}

/// What a piece of text is, whatever it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
  Text,
  /// Labels, ages, what may be overlooked.
  Faint,
  Strong,
  Good,
  Warn,
  Bad,
  /// The loudest: witnesses disagree, a failed restore.
  Alarm,
  Slot(Slot),
  Frame,
  /// The frame of the panel that has the keys.
  Focus,
  /// The row under the cursor.
  Selected,
  /// What a search found.
  Found,
  /// A key that does something now.
  Key,
  /// An action that is not possible now.
  Off,
  /// What is no longer fresh.
  Stale,
  /// A line of the log that no container wrote: re-attached, dropped, a deploy event.
  Marker,
  /// Names of fields in structured log lines.
  Field,
}

/// Palette and characters together; what every view is handed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
  pub palette: Palette,
  pub charset: Charset,
}

impl Theme {
  pub fn style(self, role: Role) -> Style {
    let plain = Style::new();
    if self.palette == Palette::Mono {
      return plain.add_modifier(mono(role));
    }
    let colors = self.palette.colors();
    let fg = |color| plain.fg(color);
    match role {
      Role::Text | Role::Frame => plain,
      Role::Faint | Role::Off => fg(colors.faint),
      Role::Stale => fg(colors.faint).add_modifier(Modifier::ITALIC),
      Role::Strong => plain.add_modifier(Modifier::BOLD),
      Role::Good => fg(colors.good),
      Role::Warn => fg(colors.warn).add_modifier(Modifier::BOLD),
      Role::Bad => fg(colors.bad).add_modifier(Modifier::BOLD),
      Role::Alarm => fg(colors.alarm_text)
        .bg(colors.bad)
        .add_modifier(Modifier::BOLD),
      Role::Slot(slot) => fg(match slot {
        Slot::Blue => colors.blue,
        Slot::Green => colors.green,
      })
      .add_modifier(Modifier::BOLD),
      Role::Focus | Role::Key => fg(colors.focus).add_modifier(Modifier::BOLD),
      Role::Selected => plain.add_modifier(Modifier::REVERSED),
      Role::Found => fg(colors.found_text).bg(colors.found),
      Role::Marker => fg(colors.marker),
      Role::Field => fg(colors.field),
    }
  }

  /// A frame: double lines are the slot users are on.
  pub fn border(self, double: bool) -> border::Set<'static> {
    match (self.charset, double) {
      (Charset::Unicode, true) => border::DOUBLE,
      (Charset::Unicode, false) => border::PLAIN,
      (Charset::Ascii, true) => ASCII_DOUBLE,
      (Charset::Ascii, false) => ASCII_PLAIN,
    }
  }

  /// Eight heights of a sparkline, lowest first.
  pub fn bars(self) -> [&'static str; 8] {
    match self.charset {
      Charset::Unicode => ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
      Charset::Ascii => ["_", ".", "-", "=", "=", "^", "^", "#"],
    }
  }

  /// A full and an empty cell of a progress bar.
  pub fn gauge(self) -> (&'static str, &'static str) {
    match self.charset {
      Charset::Unicode => ("█", "░"),
      Charset::Ascii => ("#", "."),
    }
  }

  pub fn ellipsis(self) -> &'static str {
    match self.charset {
      Charset::Unicode => "…",
      Charset::Ascii => "~",
    }
  }

  /// Where an escape sequence was cut out of a text.
  pub fn mark(self) -> &'static str {
    match self.charset {
      Charset::Unicode => "␛",
      Charset::Ascii => "^",
    }
  }

  pub fn arrow(self) -> &'static str {
    match self.charset {
      Charset::Unicode => "→",
      Charset::Ascii => "->",
    }
  }
}

const ASCII_PLAIN: border::Set<'static> = border::Set {
  top_left: "+",
  top_right: "+",
  bottom_left: "+",
  bottom_right: "+",
  vertical_left: "|",
  vertical_right: "|",
  horizontal_top: "-",
  horizontal_bottom: "-",
};

const ASCII_DOUBLE: border::Set<'static> = border::Set {
  top_left: "#",
  top_right: "#",
  bottom_left: "#",
  bottom_right: "#",
  vertical_left: "#",
  vertical_right: "#",
  horizontal_top: "=",
  horizontal_bottom: "=",
};

struct Colors {
  faint: Color,
  good: Color,
  warn: Color,
  bad: Color,
  alarm_text: Color,
  blue: Color,
  green: Color,
  focus: Color,
  found: Color,
  found_text: Color,
  marker: Color,
  field: Color,
}

impl Palette {
  fn colors(self) -> Colors {
    let ansi = Colors {
      faint: Color::DarkGray,
      good: Color::Green,
      warn: Color::Yellow,
      bad: Color::Red,
      alarm_text: Color::White,
      // Never the dark blue of a default palette: it cannot be read on black.
      blue: Color::LightBlue,
      green: Color::LightGreen,
      focus: Color::Cyan,
      found: Color::Yellow,
      found_text: Color::Black,
      marker: Color::Magenta,
      field: Color::Cyan,
    };
    match self {
      Self::Default | Self::Mono => ansi,
      Self::Light => Colors {
        faint: Color::DarkGray,
        warn: Color::Indexed(130),
        blue: Color::Blue,
        green: Color::Indexed(22),
        focus: Color::Indexed(24),
        field: Color::Indexed(24),
        ..ansi
      },
      Self::HighContrast => Colors {
        faint: Color::White,
        good: Color::LightGreen,
        warn: Color::LightYellow,
        bad: Color::LightRed,
        alarm_text: Color::Black,
        blue: Color::LightCyan,
        focus: Color::LightYellow,
        found: Color::LightYellow,
        marker: Color::LightMagenta,
        field: Color::LightCyan,
        ..ansi
      },
      // Okabe and Ito's set, which reads the same to all common kinds of color vision.
      Self::ColorBlind => Colors {
        faint: Color::Indexed(245),
        good: Color::Indexed(74),
        warn: Color::Indexed(178),
        bad: Color::Indexed(166),
        alarm_text: Color::Black,
        blue: Color::Indexed(74),
        green: Color::Indexed(36),
        focus: Color::Indexed(227),
        found: Color::Indexed(227),
        found_text: Color::Black,
        marker: Color::Indexed(175),
        field: Color::Indexed(117),
      },
    }
  }
}

/// Without color, what is loud is bold, reversed or underlined.
fn mono(role: Role) -> Modifier {
  match role {
    Role::Text
    | Role::Frame
    | Role::Good
    | Role::Faint
    | Role::Off
    | Role::Field
    | Role::Marker => Modifier::empty(),
    Role::Stale => Modifier::ITALIC,
    Role::Strong | Role::Slot(_) | Role::Focus | Role::Key | Role::Warn => Modifier::BOLD,
    Role::Bad => Modifier::BOLD.union(Modifier::UNDERLINED),
    Role::Alarm => Modifier::BOLD.union(Modifier::REVERSED),
    Role::Selected => Modifier::REVERSED,
    Role::Found => Modifier::UNDERLINED,
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn every_palette_is_found_by_its_name() {
    for palette in Palette::ALL {
      assert_eq!(Palette::named(palette.name()), Some(palette));
    }
    assert_eq!(Palette::named("pink"), None);
  }

  #[test]
  fn without_color_what_is_loud_still_differs_from_what_is_not() {
    let theme = Theme {
      palette: Palette::Mono,
      charset: Charset::Ascii,
    };
    let text = theme.style(Role::Text);
    for role in [
      Role::Bad,
      Role::Alarm,
      Role::Warn,
      Role::Selected,
      Role::Found,
      Role::Focus,
      Role::Slot(Slot::Blue),
    ] {
      assert_ne!(theme.style(role), text, "{role:?}");
      assert_eq!(theme.style(role).fg, None, "{role:?}");
      assert_eq!(theme.style(role).bg, None, "{role:?}");
    }
  }
}
