//! What is taken of a change on disk, look by look.

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::{
    config::MutualTlsSettings,
    testing::{Authority, Papers},
};

const LIST: &str = "\
callers:
  - identity: spiffe://xinqiao/portal
    methods: [/xinqiao.intake.v1.CaseService/]
";
const PATH: &str = "/xinqiao.intake.v1.CaseService/GetCase";

struct World {
    folder: TempDir,
    authority: Authority,
}

impl World {
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            authority: Authority::new(),
        };
        world.own(&world.authority.issue(&["localhost"]));
        world.write("ca", &world.authority.pem());
        world.write("callers", LIST);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn own(&self, papers: &Papers) {
        self.write("cert", &papers.certificate);
        self.write("key", &papers.key);
    }

    fn open(&self) -> Result<Tls, TlsError> {
        Tls::open(&TlsSettings {
            certificate_file: self.path("cert"),
            key_file: self.path("key"),
            mutual: Some(MutualTlsSettings {
                client_ca_file: self.path("ca"),
                callers_file: self.path("callers"),
            }),
            reload: std::time::Duration::from_secs(1),
            handshake_timeout: std::time::Duration::from_secs(1),
            handshakes_max: 1,
        })
    }
}

/// Spoils the files.
type Spoil = fn(&World);

/// Every way in which the files can be bad, behind what is said of it.
const SPOILT: [(&str, Spoil); 7] = [
    ("KeyMismatch", |world| {
        world.write("cert", &world.authority.issue(&["localhost"]).certificate);
    }),
    ("has expired", |world| {
        world.own(&world.authority.issue_expired(&["localhost"]));
    }),
    ("holds no certificate", |world| world.write("cert", "")),
    ("give a PEM file", |world| world.write("key", "not a key")),
    ("holds no certificate", |world| world.write("ca", "nobody")),
    ("nobody is listed", |world| world.write("callers", "callers: []")),
    ("cannot read", |world| {
        std::fs::remove_file(world.path("key")).unwrap();
    }),
];

/// The set in force, by its address.
fn in_force(tls: &Tls) -> *const InForce {
    Arc::as_ptr(&tls.current())
}

#[test]
fn what_is_wrong_with_the_files_stops_the_start() {
    for (said, spoil) in SPOILT {
        let world = World::new();
        spoil(&world);
        let error = world.open().unwrap_err().to_string();
        assert!(error.contains(said), "{error} does not say {said}");
    }
}

#[test]
fn a_change_that_is_not_good_leaves_the_old_in_force_until_one_is() {
    for (said, spoil) in SPOILT {
        let world = World::new();
        let tls = world.open().unwrap();
        let (old, mut last) = (in_force(&tls), Found::Files(tls.first));
        spoil(&world);
        tls.look(&mut last);
        assert_eq!(in_force(&tls), old, "{said}");
        world.own(&world.authority.issue(&["localhost"]));
        world.write("ca", &world.authority.pem());
        world.write("callers", LIST);
        tls.look(&mut last);
        assert_ne!(in_force(&tls), old, "{said}");
    }
}

#[test]
fn files_that_have_not_changed_are_not_taken_again() {
    let world = World::new();
    let tls = world.open().unwrap();
    let (old, mut last) = (in_force(&tls), Found::Files(tls.first));
    world.write("callers", LIST);
    tls.look(&mut last);
    assert_eq!(in_force(&tls), old);
}

#[test]
fn a_refused_change_can_be_taken_back() {
    let world = World::new();
    let tls = world.open().unwrap();
    let mut last = Found::Files(tls.first);
    world.write("callers", "callers: []");
    tls.look(&mut last);
    world.write("callers", LIST);
    tls.look(&mut last);
    assert_eq!(last, Found::Files(tls.first));
}

#[test]
fn without_a_certificate_nobody_may_call_anything() {
    let tls = World::new().open().unwrap();
    assert!(tls.permit(&Extensions::new(), PATH).is_err());
}

#[test]
fn an_authority_that_has_expired_may_stand_beside_its_successor_but_not_alone() {
    let world = World::new();
    let old = world.authority.issue_expired(&["authority"]).certificate;
    world.write("ca", &format!("{old}{}", world.authority.pem()));
    world.open().unwrap();
    world.write("ca", &old);
    assert!(world.open().unwrap_err().to_string().contains("has expired"));
}
