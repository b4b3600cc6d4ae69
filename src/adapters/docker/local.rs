//! Versions whose images are on this machine: the tags of the slots' own repositories, from one
//! list of all images.

use std::collections::{BTreeMap, BTreeSet};

use bollard::query_parameters::ListImagesOptionsBuilder;
use chrono::DateTime;

use super::{DockerRuntime, version};
use crate::{
  engine::ports::PortError,
  model::{
    Slot, VersionName,
    container::ImageId,
    offer::{LocalVersion, LocalVersions},
  },
};

impl DockerRuntime {
  pub(super) async fn versions_here(&self) -> Result<LocalVersions, PortError> {
    // A service's repository in each slot; usually the same in both.
    let mut repositories: Vec<(Slot, &str, String)> = Vec::new();
    for slot in Slot::BOTH {
      for (service, composed) in self.compose.services(slot, None).await? {
        let reference = self.compose.reference(slot, service, &composed).await?;
        let repository = version::repository_of(&reference).to_owned();
        repositories.push((slot, &service.key, repository));
      }
    }
    let all = self
      .docker
      .ask("list images", |docker| async move {
        let options = ListImagesOptionsBuilder::default().build();
        docker.list_images(Some(options)).await
      })
      .await?;
    let mut found: BTreeMap<VersionName, (i64, BTreeSet<&str>)> = BTreeMap::new();
    for image in &all {
      for tag in &image.repo_tags {
        let repository = version::repository_of(tag);
        for (slot, service, wanted) in &repositories {
          if wanted == repository
            && let Some(name) = version::from_reference(&self.site.version, *slot, tag)
          {
            let (created, services) = found.entry(name).or_default();
            *created = (*created).max(image.created);
            services.insert(service);
          }
        }
      }
    }
    let versions = found
      .into_iter()
      .map(|(version, (created, services))| LocalVersion {
        version,
        created: DateTime::from_timestamp(created, 0),
        lacking: self
          .site
          .services
          .iter()
          .filter(|service| !service.optional && !services.contains(service.key.as_str()))
          .map(|service| service.key.clone())
          .collect(),
      })
      .collect();
    Ok(LocalVersions {
      versions,
      images: all.into_iter().map(|image| ImageId(image.id)).collect(),
    })
  }
}
