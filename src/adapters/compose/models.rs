//! What Compose makes of each slot's files: asked once, and again only when the files say something
//! else.

use std::{
  collections::HashMap,
  sync::{Arc, PoisonError},
};

use sha2::{Digest, Sha256};

use super::{Compose, Generation, Model, Tool, child::Line};
use crate::{
  config::VersionKind,
  engine::ports::{PortError, PortErrorKind},
  model::{Slot, VersionName},
};

pub(super) type Models = HashMap<(Slot, Option<String>), (Stamp, Arc<Model>)>;

/// What the files a model was made from say.
type Stamp = Vec<Option<[u8; 32]>>;

impl Compose {
  /// What Compose makes of the slot's files at `version`; `None` = as the files stand now.
  pub(crate) async fn model(
    &self,
    slot: Slot,
    version: Option<&VersionName>,
  ) -> Result<Arc<Model>, PortError> {
    let key = (slot, version.map(|v| v.as_str().to_owned()));
    let stamp = self.stamp(slot, version);
    let known = self
      .models
      .lock()
      .unwrap_or_else(PoisonError::into_inner)
      .get(&key)
      .filter(|(made_from, _)| *made_from == stamp)
      .map(|(_, model)| model.clone());
    if let Some(model) = known {
      return Ok(model);
    }
    let tool = self.tool().await?;
    let text = self.config(&tool, slot, version).await?;
    let model = Arc::new(parsed(&tool, &text)?);
    self
      .models
      .lock()
      .unwrap_or_else(PoisonError::into_inner)
      .insert(key, (stamp, model.clone()));
    Ok(model)
  }

  async fn config(
    &self,
    tool: &Tool,
    slot: Slot,
    version: Option<&VersionName>,
  ) -> Result<String, PortError> {
    let mut line = self.line(&tool.command, slot, version)?;
    line.argv.push("config".into());
    if tool.generation == Generation::V1 {
      return line.ask().await;
    }
    line.argv.extend(["--format".into(), "json".into()]);
    let required = Line {
      argv: [
        line.argv.clone(),
        self.names(slot, |service| !service.optional),
      ]
      .concat(),
      ..line.clone()
    };
    // Naming services also switches on the profiles they are in; an optional one may be unknown.
    line.argv.extend(self.names(slot, |_| true));
    match line.ask().await {
      Err(error) if required.argv != line.argv && error.detail.contains("no such service") => {
        required.ask().await
      }
      answer => answer,
    }
  }

  /// With an explicit version the value that is kept for it decides nothing: pinning a slot writes
  /// that value, and must not make Compose read everything again.
  fn stamp(&self, slot: Slot, version: Option<&VersionName>) -> Stamp {
    let runtime = self.site.compose();
    let dotenv = runtime.files[slot]
      .first()
      .and_then(|file| file.parent())
      .map(|folder| folder.join(".env"));
    let (kept, overridden) = match &self.site.version.kind {
      VersionKind::ImageVariable {
        keep_in, variable, ..
      } => (keep_in.as_ref(), version.map(|_| variable[slot].as_str())),
      VersionKind::Build { .. } | VersionKind::Folder { .. } => (None, None),
    };
    runtime.files[slot]
      .iter()
      .chain(&runtime.env_file)
      .chain(&dotenv)
      .chain(kept)
      .map(|file| Some(digest(&std::fs::read(file).ok()?, overridden)))
      .collect()
  }
}

pub(super) fn parsed(tool: &Tool, text: &str) -> Result<Model, PortError> {
  match tool.generation {
    Generation::V1 => Model::from_yaml(text),
    Generation::V2 => Model::from_json(text),
  }
  .map_err(|error| {
    let doing = format!("read what '{} config' printed", tool.command.join(" "));
    PortError::new(PortErrorKind::Unexpected, doing, error)
  })
}

/// Of everything but the lines that give `without` a value.
fn digest(text: &[u8], without: Option<&str>) -> [u8; 32] {
  let mut digest = Sha256::new();
  for line in text.split_inclusive(|byte| *byte == b'\n') {
    let sets = without.is_some_and(|name| {
      let line = line.trim_ascii_start();
      line
        .strip_prefix(name.as_bytes())
        .is_some_and(|rest| rest.starts_with(b"="))
    });
    if !sets {
      digest.update(line);
    }
  }
  digest.finalize().into()
}
