//! Parsers that also name their words, so that a shell can offer them. What is wrong with a word is
//! still said in the words of the type that refuses it.

use std::{error::Error, ffi::OsStr, str::FromStr};

use clap::{
  Arg, Command,
  builder::{PossibleValue, TypedValueParser, ValueParserFactory},
};

use crate::model::{Slot, slot::NotASlot};

#[derive(Clone, Debug)]
pub struct Offered<F> {
  words: &'static [&'static str],
  parse: F,
}

pub(super) fn offered<F>(words: &'static [&'static str], parse: F) -> Offered<F> {
  Offered { words, parse }
}

impl<F, T, E> TypedValueParser for Offered<F>
where
  F: Fn(&str) -> Result<T, E> + Clone + Send + Sync + 'static,
  E: Into<Box<dyn Error + Send + Sync + 'static>>,
  T: Clone + Send + Sync + 'static,
{
  type Value = T;

  fn parse_ref(
    &self,
    command: &Command,
    arg: Option<&Arg>,
    value: &OsStr,
  ) -> Result<T, clap::Error> {
    self.parse.parse_ref(command, arg, value)
  }

  fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
    Some(Box::new(self.words.iter().map(PossibleValue::new)))
  }
}

impl ValueParserFactory for Slot {
  type Parser = Offered<fn(&str) -> Result<Slot, NotASlot>>;

  fn value_parser() -> Self::Parser {
    offered(&["blue", "green"], Slot::from_str)
  }
}
