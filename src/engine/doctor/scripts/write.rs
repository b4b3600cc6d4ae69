//! How scripts write the proxy's file: where it cannot be written, where the proxy does not see it,
//! and what is lost with it.

use std::collections::BTreeSet;

use super::{
  super::{
    compose::slot_of,
    mounts::{covering, is_for_a_file, source},
    nginx::{NginxFile, directives},
  },
  Case,
  files::How,
  words::{is_config_test, reload},
};
use crate::model::{
  finding::{Finding, Hazard},
  surroundings::TextKind,
};

pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
  let mut found = Vec::new();
  found.extend(read_only(case));
  found.extend(left_behind(case));
  found.extend(single_file(case));
  found.extend(absolute_link(case));
  found.extend(shorter(case));
  found
}

/// Written inside the proxy, where the folder is mounted read-only.
fn read_only(case: &Case<'_>) -> Option<Finding> {
  let on_this_host = case.commands().any(|(_, it)| it.name() == "systemctl");
  case
    .proxy_writes()
    .into_iter()
    .filter(|(_, command, _)| command.container.is_some() || !on_this_host)
    .filter(|(_, _, write)| write.path.starts_with('/'))
    .find_map(|(_, command, write)| {
      let (service, mount) = case.proxies().into_iter().find_map(|(_, service)| {
        let mount = covering(service, &write.path).filter(|mount| mount.read_only)?;
        Some((service, mount))
      })?;
      let place = service.saying(&mount.target);
      Some(
        Finding::red(
          Hazard::Hz(5),
          format!(
            "it changes {} inside {}, where {} is mounted read-only ({place})",
            write.path, service.name, mount.target
          ),
          "every switch ends in 'Read-only file system': the script cannot move anybody",
          format!(
            "change {} on this host instead, or use 'cutover switch'",
            mount.source
          ),
        )
        .at(case.at(command)),
      )
    })
}

/// What a refused test or reload leaves on disk is loaded by whoever reloads next.
fn left_behind(case: &Case<'_>) -> Option<Finding> {
  let writes = case.proxy_writes();
  let (at, command, write) = writes
    .iter()
    .rev()
    .find(|(_, _, write)| write.how != How::Gone)?;
  let test = case.after(*at).find(|(_, it)| is_config_test(it));
  let (then, _) = case
    .after(*at)
    .find(|(_, it)| is_config_test(it) || reload(it).is_some())?;
  let kept = ["bak", "backup", "orig", "prev", "old", "saved"];
  let restored = writes.iter().any(|(index, _, again)| {
    let from = again
      .from
      .as_deref()
      .unwrap_or_default()
      .to_ascii_lowercase();
    *index > then && again.path == write.path && kept.iter().any(|word| from.contains(word))
  });
  let by_git = case
    .after(then)
    .any(|(_, it)| it.name() == "git" && it.has("checkout"));
  if restored || by_git {
    return None;
  }
  let finding = if test.is_some() {
    Finding::red(
      Hazard::Hz(6),
      format!(
        "it replaces {} first and tests it then, and never puts it back",
        write.path
      ),
      "a file that failed its test stays on disk: the next reload by anyone, such as a renewed certificate, or a restart takes the site down",
      "keep a copy, and put it back when 'nginx -t' fails; 'cutover switch' does both",
    )
  } else {
    Finding::red(
      Hazard::Hz(4),
      format!("it replaces {} and reloads without any test", write.path),
      "a broken file stays on disk unnoticed, and the next restart of the proxy takes the site down",
      "run 'nginx -t' in the proxy before the reload and put the old file back when it fails; 'cutover switch' does both",
    )
  };
  Some(finding.at(case.at(command)))
}

/// A file that is mounted alone is another file for the proxy once it was replaced.
fn single_file(case: &Case<'_>) -> Option<Finding> {
  case
    .proxy_writes()
    .into_iter()
    .filter(|(_, command, write)| command.container.is_none() && write.how != How::Gone)
    .find_map(|(_, command, write)| {
      let paths = case.paths(&write.path);
      let (service, mount) = case.proxies().into_iter().find_map(|(file, service)| {
        let mounted = service.mounts.iter().find(|mount| {
          is_for_a_file(mount) && source(file, mount).is_some_and(|path| paths.contains(&path))
        })?;
        Some((service, mounted))
      })?;
      let place = service.saying(&mount.source);
      let fix = format!("mount the folder of {} instead ({place}), and restart the proxy once in a quiet hour", mount.source);
      Some(match write.how {
        How::InPlace => Finding::amber(
          Hazard::Hz(7),
          format!("it overwrites {}, which is mounted into the proxy as a single file", write.path),
          "it works until an editor, git or 'mv' replaces the file once: from then on the proxy reads the old one and every reload says OK",
          fix,
        ),
        How::Anew | How::Link | How::Gone => Finding::red(
          Hazard::Hz(7),
          format!("it puts another file in the place of {}, which is mounted into the proxy as a single file", write.path),
          "the proxy keeps reading the former file: the reload says OK, users stay, and the script then stops what they are on",
          fix,
        ),
      }
      .at(case.at(command)))
    })
}

/// A link with an absolute target of this host, in a folder that is mounted.
fn absolute_link(case: &Case<'_>) -> Option<Finding> {
  case
    .proxy_writes()
    .into_iter()
    .filter(|(_, command, write)| write.how == How::Link && command.container.is_none())
    .find_map(|(_, command, write)| {
      let from = write.from.as_deref()?;
      let absolute = from.starts_with('/') || from.starts_with("@here");
      let mounted = case.paths(&write.path).iter().any(|path| {
        case.proxies().into_iter().any(|(file, service)| {
          service.mounts.iter().any(|mount| {
            source(file, mount).is_some_and(|folder| path.starts_with(&format!("{folder}/")))
          })
        })
      });
      (absolute && mounted && !command.has("-r") && !command.text().contains("-sfnr")).then(|| {
        Finding::red(
          Hazard::Hz(27),
          format!("it links {} to an absolute path of this host", write.path),
          "inside the proxy's container that path does not exist: the link dangles, and nginx refuses to start",
          "link relatively: ln -sfnr",
        )
        .at(case.at(command))
      })
    })
}

/// A whole server block from a here-document that has less in it than the committed one.
fn shorter(case: &Case<'_>) -> Option<Finding> {
  let (_, command, write) = case.proxy_writes().into_iter().find(|(_, command, _)| {
    command
      .here
      .as_deref()
      .is_some_and(|text| text.contains("server {") || text.contains("server{"))
  })?;
  let written = names(&NginxFile {
    path: String::new(),
    directives: directives(command.here.as_deref().unwrap_or_default()),
  });
  let mut lost: BTreeSet<String> = BTreeSet::new();
  let mut beside = String::new();
  for file in case.texts.files.of(TextKind::Nginx) {
    let committed = NginxFile::read(file);
    let base = committed.base();
    let is_it = slot_of(base).is_some() || write.path.ends_with(base);
    if is_it && committed.named("server").any(|it| it.upstream().is_none()) {
      let missing: BTreeSet<String> = names(&committed).difference(&written).cloned().collect();
      if missing.len() > lost.len() {
        lost = missing;
        beside.clone_from(&file.path);
      }
    }
  }
  (!lost.is_empty()).then(|| {
    let words: Vec<String> = lost.into_iter().take(5).collect();
    Finding::amber(
      Hazard::Hz(21),
      format!("it writes {} anew from a text that lacks what {beside} has: {}", write.path, words.join(", ")),
      "the first switch silently drops settings that users rely on, such as error pages, headers and time limits",
      "let a switch replace the one line that names the slot, and nothing else",
    )
    .at(case.at(command))
  })
}

/// Directives that users can feel, with what tells two of them apart.
fn names(file: &NginxFile) -> BTreeSet<String> {
  file
    .directives
    .iter()
    .filter_map(|directive| match directive.name() {
      "add_header" | "error_page" => Some(format!("{} {}", directive.name(), directive.value())),
      "location" => Some(format!("location {}", directive.words.get(1..)?.join(" "))),
      name
        if name.ends_with("_timeout")
          || name.starts_with("limit_")
          || matches!(
            name,
            "client_max_body_size" | "gzip" | "proxy_next_upstream" | "proxy_buffering"
          ) =>
      {
        Some(name.to_owned())
      }
      _ => None,
    })
    .collect()
}
