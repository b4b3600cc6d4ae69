//! Versions that a deploy could use without asking a registry, and where each is known from.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Slot, VersionName, container::ImageId};

/// A version under which images of the site's services are on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalVersion {
  pub version: VersionName,
  /// When the newest of its images was made.
  pub created: Option<DateTime<Utc>>,
  /// Keys of the services that have no image of this version here.
  pub lacking: Vec<String>,
}

/// What is on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalVersions {
  pub versions: Vec<LocalVersion>,
  /// Every image, to see whether a pinned one is still here.
  pub images: Vec<ImageId>,
}

/// A tag of the source tree that images are built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTag {
  pub version: VersionName,
  pub at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
  /// Tags of local images.
  Images,
  /// Recorded by an earlier operation, image by image.
  Pins,
  /// A tag of the source tree: it would be built.
  Source,
}

/// What a slot that has this version now is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
  Live(Slot),
  Standby(Slot),
  /// It has the version; who is live could not be told.
  Unsure(Slot),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
  pub version: VersionName,
  pub origins: Vec<Origin>,
  /// When it was made: its images, else its tag, else when it was first recorded.
  pub at: Option<DateTime<Utc>>,
  /// Services without an image here; a deploy must pull or build them. Empty: it can start as it is.
  pub lacking: Vec<String>,
  pub standing: Vec<Standing>,
}
