//! Containers as Docker lists them, and which of them is a Compose service: the one with exactly
//! the labels Compose gives it, never by a part of a name, and never a one-off of `run`.

use std::collections::HashMap;

use bollard::{
  Docker, errors::Error, models::ContainerSummary, query_parameters::ListContainersOptionsBuilder,
};

pub(super) const PROJECT: &str = "com.docker.compose.project";
pub(super) const SERVICE: &str = "com.docker.compose.service";
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// One container as listed.
#[derive(Clone, Debug)]
pub(super) struct Listed {
  pub(super) id: String,
  pub(super) name: String,
  labels: HashMap<String, String>,
}

impl Listed {
  pub(super) fn from(summary: ContainerSummary) -> Option<Self> {
    let id = summary.id?;
    // Legacy links add names with a second slash.
    let name = summary
      .names?
      .into_iter()
      .find_map(|name| {
        name
          .strip_prefix('/')
          .filter(|rest| !rest.contains('/'))
          .map(str::to_owned)
      })
      .unwrap_or_else(|| id.clone());
    Some(Self {
      id,
      name,
      labels: summary.labels.unwrap_or_default(),
    })
  }

  /// As an event tells it: the labels are among the attributes.
  pub(super) fn of_event(id: &str, name: &str, attributes: &HashMap<String, String>) -> Self {
    Self {
      id: id.to_owned(),
      name: name.to_owned(),
      labels: attributes.clone(),
    }
  }

  pub(super) fn project(&self) -> Option<&str> {
    self.labels.get(PROJECT).map(String::as_str)
  }

  pub(super) fn service(&self) -> Option<&str> {
    self.labels.get(SERVICE).map(String::as_str)
  }

  fn is_service(&self, service: &str) -> bool {
    let once = self.labels.get(ONE_OFF);
    self.service() == Some(service) && !once.is_some_and(|once| once.eq_ignore_ascii_case("true"))
  }
}

/// Every container of the daemon, also those that do not run.
pub(super) async fn all(docker: &Docker) -> Result<Vec<Listed>, Error> {
  list(docker, ListContainersOptionsBuilder::default()).await
}

/// Those that carry the name of this service, in whichever project.
pub(super) async fn of_service(docker: &Docker, service: &str) -> Result<Vec<Listed>, Error> {
  let labels = HashMap::from([("label", vec![format!("{SERVICE}={service}")])]);
  let options = ListContainersOptionsBuilder::default().filters(&labels);
  let mut found = list(docker, options).await?;
  found.retain(|listed| listed.is_service(service));
  Ok(found)
}

async fn list(
  docker: &Docker,
  options: ListContainersOptionsBuilder,
) -> Result<Vec<Listed>, Error> {
  let found = docker.list_containers(Some(options.all(true).build()));
  Ok(found.await?.into_iter().filter_map(Listed::from).collect())
}

/// More than one container of a service in one project: acting on the wrong one would be fatal.
#[derive(Debug)]
pub(super) struct Several<'p, 'l> {
  pub(super) project: &'p str,
  pub(super) names: Vec<&'l str>,
}

/// The only container of the service in the first of these projects that has any.
pub(super) fn first_of<'p, 'l>(
  listed: &'l [Listed],
  projects: &'p [String],
  service: &str,
) -> Result<Option<&'l Listed>, Several<'p, 'l>> {
  for project in projects {
    let matching: Vec<&'l Listed> = listed
      .iter()
      .filter(|listed| listed.project() == Some(project) && listed.is_service(service))
      .collect();
    match matching.as_slice() {
      [] => {}
      [one] => return Ok(Some(one)),
      several => {
        return Err(Several {
          project,
          names: several.iter().map(|listed| listed.name.as_str()).collect(),
        });
      }
    }
  }
  Ok(None)
}

pub(super) fn by_name<'a>(listed: &'a [Listed], name: &str) -> Option<&'a Listed> {
  listed.iter().find(|container| container.name == name)
}

#[cfg(test)]
mod tests {
  use super::*;

  fn listed(id: &str, name: &str, project: &str, service: &str) -> Listed {
    let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Listed {
      id: id.into(),
      name: name.into(),
      labels: [label(PROJECT, project), label(SERVICE, service)].into(),
    }
  }

  fn one<'a>(all: &'a [Listed], projects: &[&str], service: &str) -> Option<&'a str> {
    let projects: Vec<String> = projects.iter().map(ToString::to_string).collect();
    let found = first_of(all, &projects, service).unwrap();
    found.map(|listed| listed.id.as_str())
  }

  #[test]
  fn a_service_is_found_by_both_labels_exactly() {
    let all = [
      listed("1", "shop-api-blue-1", "shop", "api-blue"),
      listed("2", "shop-api-blue-old", "shop", "api-blue-old"),
      listed("3", "shop2-api-blue-1", "shop2", "api-blue"),
    ];
    assert_eq!(one(&all, &["shop"], "api-blue"), Some("1"));
    assert_eq!(one(&all, &["shop"], "api"), None);
    assert_eq!(one(&all, &["sho"], "api-blue"), None);
    let likeliest = ["sho", "shop2", "shop"];
    assert_eq!(one(&all, &likeliest, "api-blue"), Some("3"));
  }

  #[test]
  fn two_containers_of_one_service_are_named() {
    let all = [
      listed("1", "shop-api-blue-1", "shop", "api-blue"),
      listed("2", "shop-api-blue-2", "shop", "api-blue"),
    ];
    let projects = ["shop".to_owned()];
    let several = first_of(&all, &projects, "api-blue").unwrap_err();
    assert_eq!(several.project, "shop");
    assert_eq!(several.names, ["shop-api-blue-1", "shop-api-blue-2"]);
  }

  #[test]
  fn a_one_off_container_is_not_the_service() {
    let mut once = listed("2", "shop_api-blue_run_1", "shop", "api-blue");
    once.labels.insert(ONE_OFF.into(), "True".into());
    let all = [once, listed("1", "shop_api-blue_1", "shop", "api-blue")];
    assert_eq!(one(&all, &["shop"], "api-blue"), Some("1"));
  }

  #[test]
  fn a_name_matches_whole_or_not_at_all() {
    let all = [
      listed("api-blue", "other", "x", "y"),
      listed("2", "old-api-blue", "x", "y"),
    ];
    assert!(by_name(&all, "api-blue").is_none());
    assert_eq!(by_name(&all, "old-api-blue").unwrap().id, "2");
  }
}
