//! nginx's own commands: its test, its reload, its start and its end; and how an operator types them.

use super::{super::wanted::Wanted, NginxRouter, proxy::Proxy};
use crate::{
  config::Place,
  engine::ports::{PortError, PortErrorKind},
};

impl NginxRouter {
  /// One of its own commands, which it carries out or refuses.
  pub(super) async fn tell(&self, arguments: &[&str]) -> Result<(), PortError> {
    let proxy = self.proxy().await?;
    self.carried_out(&proxy, arguments).await
  }

  async fn carried_out(&self, proxy: &Proxy, arguments: &[&str]) -> Result<(), PortError> {
    let ran = self.nginx(proxy, arguments).await?;
    if ran.code == 0 {
      return Ok(());
    }
    let doing = self.words(arguments);
    Err(PortError::new(
      PortErrorKind::Refused,
      doing,
      ran.last_words(8),
    ))
  }

  fn words(&self, arguments: &[&str]) -> String {
    let mut words: Vec<&str> = self
      .site
      .router
      .command()
      .iter()
      .map(String::as_str)
      .collect();
    words.extend(arguments);
    format!("`{}`", words.join(" "))
  }

  pub(super) async fn reload_now(&self) -> Result<(), PortError> {
    let proxy = self.proxy().await?;
    let reload = ["-s", "reload"];
    if matches!(proxy, Proxy::Host)
      && let Err(why) = self.host_master(&proxy).await?
    {
      return Err(PortError::new(
        PortErrorKind::Refused,
        self.words(&reload),
        format!("{why}: nothing was signalled; start nginx, or correct the pid file's path"),
      ));
    }
    self.carried_out(&proxy, &reload).await
  }

  /// How an operator would run one of nginx's own commands.
  pub(super) fn by_hand(&self, arguments: &str) -> String {
    let command = self.site.router.command().join(" ");
    let known = self.learn(|learned| learned.name.clone());
    match (
      self.site.router.place(),
      Wanted::of(self.site.router.place(), self.site.compose()),
      known,
    ) {
      (Place::Container(name), ..) => format!("docker exec {name} {command} {arguments}"),
      (_, _, Some(name)) => format!("docker exec {name} {command} {arguments}"),
      (_, Some(Wanted::Service { service, projects }), None) => format!(
        "docker exec $(docker ps -q --filter label=com.docker.compose.project={} --filter label=com.docker.compose.service={service}) {command} {arguments}",
        projects.first().map_or("", String::as_str)
      ),
      _ => format!("{command} {arguments}"),
    }
  }
}
