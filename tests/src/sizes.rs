//! How long the long tests are, from `tests/sizes.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Names the profile; `default` unless `tests/run --full` says `full`.
pub const PROFILE: &str = "XINQIAO_TEST_SIZES";

/// The numbers of one profile.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Cases that go in step through the whole platform while its parts are killed.
    pub journeys_in_step: usize,
    /// Kills that hit an act under way, at least.
    pub kills_inside_acts: usize,
    /// Registrations whose caller hangs up at a random millisecond.
    pub cancelled_calls: usize,
    /// Seconds NATS is away under load.
    pub nats_away_s: u64,
    /// Parallel clients that number cases with random aborts.
    pub numbering_clients: usize,
    /// Cases each of them tries.
    pub numbering_cases_each: usize,
    /// Petitioners whose names, numbers and words are sought in everything that is written down.
    pub seeded_petitions: usize,
    /// Rounds of the fairness benchmark.
    pub fairness_rounds: usize,
    /// Seconds of each of its runs.
    pub fairness_seconds: u64,
    /// Rows of an audit chain that is verified in bounded memory; the chassis' own tests read it.
    pub audit_chain_rows: usize,
    /// Open clocks that another calendar is held against in bounded memory; supervision's own tests read it.
    pub open_clocks: usize,
}

impl Sizes {
    /// The numbers of the profile in force.
    pub fn in_force() -> Self {
        let profile = std::env::var(PROFILE).unwrap_or_else(|_| "default".to_owned());
        let all: BTreeMap<String, Self> = serde_yaml_ng::from_str(include_str!("../sizes.yaml"))
            .expect("invariant: tests/sizes.yaml names every number of every profile");
        *all.get(&profile)
            .unwrap_or_else(|| panic!("tests/sizes.yaml has no profile {profile}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_in_force_is_complete() {
        assert!(Sizes::in_force().journeys_in_step > 0);
    }
}
