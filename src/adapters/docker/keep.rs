//! Names of our own for pinned images, `cutover/SITE-SLOT-SERVICE:VERSION`, so that `docker image
//! prune`, which takes what has no name, leaves what a rollback needs.
//!
//! Local names only: nothing is ever pushed. `prune --all` also takes named images that no
//! container uses; nothing on this side can keep it from that.

use std::collections::HashMap;

use bollard::{
  models::ImageSummary,
  query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder},
};
use sha2::{Digest, Sha256};

use super::DockerRuntime;
use crate::{
  engine::ports::{PortError, PortErrorKind},
  model::{Slot, evidence::Pins, plan::hex},
};

impl DockerRuntime {
  /// Newest first: where two pins of one version differ, the newer one has the name.
  pub(super) async fn name_kept(&self, slot: Slot, kept: &[Pins]) -> Result<(), PortError> {
    for service in &self.site.services {
      let repository = repository(&self.site.name, slot, &service.key);
      let mut named: Vec<&str> = Vec::new();
      for pins in kept {
        let version = pins.version.as_str();
        let image = pins.images.iter().find(|i| i.service == service.key);
        let Some(image) = image.filter(|_| !named.contains(&version)) else {
          continue;
        };
        match self.name_image(&image.id.0, &repository, version).await {
          Ok(()) => named.push(version),
          // An older one may be gone already; that is its rollback's business, not this deploy's.
          Err(error) if error.kind == PortErrorKind::Refused && !named.is_empty() => {}
          Err(error) => return Err(error),
        }
      }
      for name in self.names_in(&repository).await? {
        let tag = name.rsplit(':').next().unwrap_or_default();
        if !named.contains(&tag) {
          self.drop_name(&name).await?;
        }
      }
    }
    Ok(())
  }

  async fn name_image(&self, id: &str, repository: &str, tag: &str) -> Result<(), PortError> {
    let doing = format!("name image {id} {repository}:{tag}");
    self
      .docker
      .ask(&doing, |docker| async move {
        let options = TagImageOptionsBuilder::default()
          .repo(repository)
          .tag(tag)
          .build();
        docker.tag_image(id, Some(options)).await
      })
      .await
  }

  async fn names_in(&self, repository: &str) -> Result<Vec<String>, PortError> {
    let found: Vec<ImageSummary> = self
      .docker
      .ask(
        &format!("list the images named {repository}"),
        |docker| async move {
          let filters = HashMap::from([("reference", vec![repository])]);
          let options = ListImagesOptionsBuilder::default()
            .filters(&filters)
            .build();
          docker.list_images(Some(options)).await
        },
      )
      .await?;
    let ours = format!("{repository}:");
    Ok(
      found
        .into_iter()
        .flat_map(|image| image.repo_tags)
        .filter(|name| name.starts_with(&ours))
        .collect(),
    )
  }

  /// Takes our name away. Docker removes the image itself only when nothing else names or uses it.
  async fn drop_name(&self, name: &str) -> Result<(), PortError> {
    let asked = self
      .docker
      .ask(
        &format!("drop the image name {name}"),
        |docker| async move {
          let options = RemoveImageOptionsBuilder::default().force(false).build();
          docker.remove_image(name, Some(options), None).await
        },
      )
      .await;
    match asked {
      // In use by a container, or dropped by somebody else meanwhile: both are for the next time.
      Err(error) if error.kind == PortErrorKind::Refused => Ok(()),
      answer => answer.map(drop),
    }
  }
}

/// Docker allows lower case, digits and single separators; what had to be changed is told apart
/// by a digest of how it was spelled.
fn repository(site: &str, slot: Slot, service: &str) -> String {
  format!("cutover/{}-{slot}-{}", plain(site), plain(service))
}

fn plain(name: &str) -> String {
  let lower = name.to_ascii_lowercase();
  let parts: Vec<&str> = lower
    .split(|c: char| !c.is_ascii_alphanumeric())
    .filter(|part| !part.is_empty())
    .collect();
  let joined = parts.join("-");
  if joined == name {
    return joined;
  }
  let mut digest = hex(&Sha256::digest(name.as_bytes()));
  digest.truncate(8);
  if joined.is_empty() {
    digest
  } else {
    format!("{joined}-{digest}")
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn any_site_and_service_has_a_name_docker_accepts_and_no_two_share_one() {
    assert_eq!(repository("ala", Slot::Blue, "api"), "cutover/ala-blue-api");
    let odd = [
      "My_Site", "my-site", "my--site", "-x-", "Ä", "MY-SITE", "a.b",
    ];
    let names: Vec<String> = odd
      .iter()
      .map(|site| repository(site, Slot::Green, "api"))
      .collect();
    for (position, name) in names.iter().enumerate() {
      assert!(!names[..position].contains(name), "{name} twice");
      let component = name.strip_prefix("cutover/").unwrap();
      assert!(
        component.split('-').all(|part| !part.is_empty()
          && part
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())),
        "{name}"
      );
    }
  }
}
