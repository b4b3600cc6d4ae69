use super::*;
use crate::{
  model::{Slot, plan::Fault},
  render::samples,
};

#[test]
fn a_dry_run_shows_every_step_with_its_commands() {
  insta::assert_snapshot!(dry_run(&samples::plan()));
}

#[test]
fn the_question_shows_what_moves_and_every_warning() {
  insta::assert_snapshot!(question(&samples::plan(), "add --dry-run"));
}

#[test]
fn a_green_rollback_asks_in_a_few_lines() {
  let mut plan = samples::plan();
  plan.kind = Kind::Rollback;
  plan.risk = Risk::Green;
  plan.word = None;
  plan.warnings.clear();
  plan.from = Some(Slot::Green);
  plan.target = Some(Slot::Blue);
  std::mem::swap(&mut plan.version, &mut plan.from_version);
  plan.notes = vec![
    "readiness HOT: about 1 s".into(),
    "GREEN stays up to be looked at".into(),
  ];
  insta::assert_snapshot!(question(&plan, "add --dry-run"));
}

#[test]
fn a_deploy_says_that_users_stay_where_they_are() {
  let mut plan = samples::plan();
  plan.kind = Kind::Deploy;
  plan.steps.truncate(3);
  let text = dry_run(&plan).to_string();
  assert!(text.contains("PLAN  deploy 2.0.0 to GREEN"), "{text}");
  assert!(text.contains("users    stay on [B] BLUE 1.9.3"), "{text}");
  assert!(
    text.contains("in any step: traffic is not touched"),
    "{text}"
  );
  assert!(text.contains("GREEN stays as it is"), "{text}");
}

#[test]
fn a_refusal_names_each_fault_its_fix_and_where_users_are() {
  let refusal = Refusal {
    outcome: Outcome::Refused,
    faults: vec![
      Fault::new(
        "GREEN fails L4 database: auth failed for user ala_user",
        "cutover logs green api",
      ),
      Fault::new(
        "the disk that holds /var/lib/docker has 212 MB left and the images of this deploy need about 900 MB",
        "docker image prune",
      ),
    ],
    live: Some(Slot::Blue),
  };
  insta::assert_snapshot!(refused(&refusal));
}

#[test]
fn a_refusal_that_does_not_know_where_users_are_says_so() {
  let refusal = Refusal {
    outcome: Outcome::NeedsHuman,
    faults: vec![Fault::new("the witnesses disagree", "cutover status")],
    live: None,
  };
  let text = refused(&refusal).to_string();
  assert!(text.contains("it is UNKNOWN which slot serves"), "{text}");
}
