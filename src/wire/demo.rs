//! `cutover demo`: a site of its own in a temporary folder, with real processes behind the ports
//! that every other site has, users that keep coming, and nothing left of it afterwards.

mod story;

use std::{
  io,
  path::{Path, PathBuf},
  process::Stdio,
  sync::Arc,
  time::Duration,
};

use tokio::{
  net::TcpStream,
  process::{Child, Command},
  signal::unix::{SignalKind, signal},
  time::{Instant, sleep},
};

use super::{console, environment, page, world};
use crate::{
  adapters::{
    demo::{
      leftovers,
      site::{self, Built, FAILS_SMOKE, FIRST, GOOD, Owner, WEARS_OUT},
      traffic::Traffic,
    },
    ledger::FileLedger,
    runner_process::RunnerProcesses,
  },
  cli::{
    args::{Cli, Demo},
    output::Out,
  },
  config::{self, Overrides},
  engine::{
    World,
    ports::{PortError, PortErrorKind},
  },
  model::{Slot, evidence::Pins, operation::Outcome},
  tui::{Guide, state::tour::Script},
};

/// What a process of the site may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn run(cli: &Cli, demo: &Demo, out: &mut Out) -> Outcome {
  let folder = match folder(demo).await {
    Ok(folder) => folder,
    Err(error) => {
      out.error(&error.to_string(), &[]);
      return Outcome::Failed;
    }
  };
  let outcome = match begin(&folder.path).await {
    Ok(playing) => play(cli, playing, out).await,
    Err(error) => {
      out.error(&error.to_string(), &[]);
      Outcome::Failed
    }
  };
  leftovers::end(&folder.path).await;
  if let Stays::No = folder.stays
    && let Err(error) = std::fs::remove_dir_all(&folder.path)
  {
    out.error(&format!("{}: {error}", folder.path.display()), &[]);
  }
  outcome
}

/// Where the demo is built.
struct Folder {
  path: PathBuf,
  stays: Stays,
}

enum Stays {
  Yes,
  No,
}

/// A new folder, once what killed demos left behind is gone.
async fn folder(demo: &Demo) -> Result<Folder, PortError> {
  let temporary = std::env::temp_dir();
  leftovers::sweep(&temporary)
    .await
    .map_err(|error| failed("clear what an earlier demo left", &temporary, &error))?;
  let Some(path) = &demo.dir else {
    let made = tempfile::Builder::new()
      .prefix(leftovers::PREFIX)
      .tempdir_in(&temporary)
      .map_err(|error| failed("make a folder for the demo", &temporary, &error))?;
    return Ok(Folder {
      path: made.keep(),
      stays: Stays::No,
    });
  };
  match Owner::of(path) {
    Some(owner) if owner.is_alive() => Err(PortError::new(
      PortErrorKind::Refused,
      "build the demo",
      format!("{}: a demo runs there", path.display()),
    )),
    earlier => {
      if earlier.is_some() {
        leftovers::end(path).await;
        site::clear(path).map_err(|error| failed("clear the earlier demo", path, &error))?;
      }
      Ok(Folder {
        path: path.clone(),
        stays: Stays::Yes,
      })
    }
  }
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> PortError {
  PortError::new(
    PortErrorKind::Misconfigured,
    doing,
    format!("{}: {error}", path.display()),
  )
}

/// The site as it runs, before anybody does anything.
struct Playing {
  world: World,
  ledger: Arc<FileLedger>,
  traffic: Traffic,
  /// Ends with this process's own end of it; it is told to in `leftovers`.
  _proxy: Child,
}

async fn begin(folder: &Path) -> Result<Playing, PortError> {
  let program = std::env::current_exe()
    .map_err(|error| failed("find this program", Path::new("/proc/self/exe"), &error))?;
  let built = site::build(folder, &program)
    .map_err(|error| failed("build the demo's site", folder, &error))?;
  let loaded = config::load_settings(&built.config, &Overrides::default(), &environment).map_err(
    |faults| {
      PortError::new(
        PortErrorKind::Misconfigured,
        "read the demo's configuration",
        faults.to_string(),
      )
    },
  )?;
  let site = Arc::new(loaded.site);
  let (world, ledger) = world(&site, None)?;
  let proxy = proxy(&built).map_err(|error| failed("start the proxy", folder, &error))?;
  first_release(&world).await?;
  let port = site.slots[Slot::Blue].port.unwrap_or_default();
  listening(&format!("127.0.0.1:{port}")).await?;
  listening(&built.address).await?;
  Ok(Playing {
    world,
    ledger,
    traffic: Traffic::start(&built.address, &built.ledger),
    _proxy: proxy,
  })
}

fn proxy(built: &Built) -> io::Result<Child> {
  let log = std::fs::File::create(built.folder.join("proxy.log"))?;
  let mut command = Command::new("/proc/self/exe");
  if let Ok(file) = std::env::current_exe() {
    command.arg0(file);
  }
  command
    .arg("proxy")
    .arg("--config")
    .arg(&built.config)
    .current_dir(&built.folder)
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(log)
    // Ctrl-C in the terminal is for the console alone.
    .process_group(0)
    .spawn()
}

/// BLUE serves what the site starts with. Nothing is written about who did that: nobody did yet.
async fn first_release(world: &World) -> Result<(), PortError> {
  let version = FIRST.parse().map_err(|error| {
    PortError::new(
      PortErrorKind::Unexpected,
      "name the first version",
      format!("{error}"),
    )
  })?;
  let pins = Pins {
    slot: Slot::Blue,
    images: world.runtime.images(Slot::Blue, &version).await?,
    version,
    at: world.clock.now(),
  };
  world.ledger.put_pins(&pins)?;
  world.runtime.start(&pins, &|_| ()).await
}

async fn listening(address: &str) -> Result<(), PortError> {
  let until = Instant::now() + PATIENCE;
  loop {
    match TcpStream::connect(address).await {
      Ok(_) => return Ok(()),
      Err(error) if Instant::now() >= until => {
        return Err(PortError::new(
          PortErrorKind::Timeout,
          "begin the demo",
          format!("nothing listens at {address}: {error}"),
        ));
      }
      Err(_) => sleep(Duration::from_millis(5)).await,
    }
  }
}

async fn play(cli: &Cli, playing: Playing, out: &mut Out) -> Outcome {
  let Playing {
    world,
    ledger,
    traffic,
    ..
  } = playing;
  let operations = Arc::new(RunnerProcesses::new(ledger));
  let outcome = if console::is_wanted(cli) {
    // What anybody does first with a new site, so that its history is not empty.
    story::typed(
      cli,
      &world,
      &(Arc::clone(&operations) as _),
      story::REHEARSE,
    )
    .await;
    let guide = Guide {
      script: Script {
        good: GOOD,
        refused: FAILS_SMOKE,
        wears_out: WEARS_OUT,
      },
      served: traffic.served(),
    };
    console::run(cli, world, operations, Some(guide), out).await
  } else {
    tokio::select! {
      outcome = story::tell(cli, world, operations, &traffic, out) => outcome,
      () = told_to_end() => Outcome::Cancelled,
    }
  };
  let tally = traffic.stop().await;
  out.progress(&page(&story::ledger(&tally)));
  match outcome {
    Outcome::Done if tally.lost > 0 => Outcome::Failed,
    outcome => outcome,
  }
}

/// What is not listened to would end this process before it cleaned up.
async fn told_to_end() {
  let listen = |kind| signal(kind);
  let signals = (
    listen(SignalKind::interrupt()),
    listen(SignalKind::terminate()),
    listen(SignalKind::hangup()),
  );
  let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = signals else {
    return std::future::pending().await;
  };
  tokio::select! {
    _ = interrupt.recv() => {}
    _ = terminate.recv() => {}
    _ = hangup.recv() => {}
  }
}
