//! Setups without two slots of Compose services: what they are, and that they are not driven.

use super::{layout::Folders, proposal::Proposal, survey::Survey};

pub(super) fn refuse(survey: &Survey, folders: &Folders, out: &mut Proposal) {
  let says = |wanted: &[&str]| {
    survey.files.iter().find_map(|(path, file)| {
      let text = file.text.as_deref()?;
      wanted
        .iter()
        .all(|word| text.contains(word))
        .then(|| Survey::shown(&survey.folder, path))
    })
  };
  let run = survey
    .containers
    .iter()
    .any(|seen| seen.project.is_none() && super::color::of(&seen.name).is_some());
  if let Some(file) = says(&["kind: Deployment", "apiVersion:", "blue"])
    .or_else(|| says(&["kind: Service", "apiVersion:", "selector"]))
  {
    out.refuse(
      format!("{file} describes Kubernetes objects, and this version drives Docker Compose only"),
      "keep your own scripts for the switch; nothing was written",
    );
  } else if let Some(file) = says(&["docker run", "blue", "green"]) {
    out.refuse(
      format!(
        "{file} starts the slots with 'docker run', and this version drives Docker Compose only"
      ),
      "describe both slots in a compose file, as app-blue and app-green, and run init again",
    );
  } else if run {
    out.refuse(
      "containers of a blue and a green side run here without Compose, and this version drives Docker Compose only",
      "describe both slots in a compose file, as app-blue and app-green, and run init again",
    );
  } else if folders.is_empty() {
    no_compose(
      survey,
      says(&["pm2", "blue"]).or_else(|| says(&["systemctl", "blue", "green"])),
      out,
    );
  } else {
    one_side(folders, out);
  }
}

fn no_compose(survey: &Survey, units: Option<String>, out: &mut Proposal) {
  match units {
    Some(file) => out.refuse(
      format!("{file} runs the slots as units or processes of this host, and this version drives Docker Compose only"),
      "keep your own scripts for the switch; nothing was written",
    ),
    None => out.refuse(
      format!("there is no compose file with a blue and a green side in {}", survey.folder.display()),
      "go to the folder of your compose files, or name it: cutover init FOLDER",
    ),
  }
}

/// A site without blue and green: what to change, and nothing done for it.
fn one_side(folders: &Folders, out: &mut Proposal) {
  let found: Vec<String> = folders
    .values()
    .flatten()
    .flat_map(|(name, stack)| {
      stack
        .services
        .keys()
        .map(move |service| format!("{service} ({name})"))
    })
    .take(8)
    .collect();
  out.refuse(
    format!("the compose files have one side only: {}", found.join(", ")),
    "make two services of each that takes new versions, such as app-blue and app-green, each with \
     image: …:${BLUE_VERSION} and …:${GREEN_VERSION}; let nginx include one file that names the live \
     one; then run init again",
  );
}
