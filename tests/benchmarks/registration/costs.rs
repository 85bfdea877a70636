//! What protecting one registration costs by itself: sealing, the decision who may do it, and the link of the audit
//! chain, each alone on one core with the lengths a registration has.

use std::collections::HashMap;
use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use time::OffsetDateTime;
use xinqiao_chassis::audit::{Entry, Head};
use xinqiao_chassis::identity::{Caller, Role};
use xinqiao_chassis::permission::{Permissions, Resource, Right};
use xinqiao_chassis::random;
use xinqiao_chassis::seal::{Compartment, KeyRing, SealContext};
use xinqiao_kernel::DistrictCode;
use xinqiao_local::people::DISTRICT_A;

/// How often each is done.
const TIMES: u32 = 5_000;
/// What a registration seals, by the names of its lengths; documents and identity, text and stored answer.
const SEALED: [&str; 4] = ["IDENTITY", "ORIGINAL", "FORM", "ANSWER"];
/// What it hashes with a key: identity number, telephone, query proof and the body of the request.
const HASHED: [(&str, usize); 4] = [("id_no", 18), ("mobile", 11), ("query-proof", 15), ("body", 600)];

/// Microseconds of each part.
pub(crate) struct Costs {
    sealing: f64,
    policy: f64,
    audit: f64,
}

impl Costs {
    /// Measures them; `lengths` are those of a registration's long values, in bytes.
    pub(crate) fn measure(lengths: &HashMap<String, i32>) -> Result<Self> {
        let district: DistrictCode = DISTRICT_A.parse()?;
        let keys = KeyRing::throwaway(&[district]);
        let texts: Vec<Vec<u8>> = SEALED
            .iter()
            .map(|name| {
                let bytes = lengths
                    .get(*name)
                    .with_context(|| format!("no length of {name}"))?;
                Ok(vec![b'x'; usize::try_from(*bytes)?])
            })
            .collect::<Result<_>>()?;
        let hashed = HASHED.map(|(purpose, bytes)| (purpose, vec![b'x'; bytes]));
        let row = random::new_id();
        let sealing = each(|| {
            for text in &texts {
                let place = SealContext::new(district, "document", "content", row);
                black_box(keys.seal_in(Compartment::Ordinary, &place, text));
            }
            for (purpose, bytes) in &hashed {
                black_box(keys.keyed_hash(district, purpose, bytes));
            }
        });
        let (clerk, resource) = (clerk(district), Resource::District(district));
        let policy = each(|| {
            black_box(Permissions::shipped().decide(&clerk, Right::RegisterCase, &resource));
        });
        let mut head = Head::START;
        let audit = each(|| {
            let mut entry = Entry::new(
                OffsetDateTime::UNIX_EPOCH,
                "person:li-dengji",
                "intake.RegisterVisit",
                "case:0190",
            );
            entry.granted(&clerk.roles, &["clerk.district"]);
            head = black_box(entry.chain(district, head)).1;
        });
        Ok(Self {
            sealing,
            policy,
            audit,
        })
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "per registration, each alone: sealing {:.1} us, policy {:.1} us, audit {:.1} us",
            self.sealing, self.policy, self.audit
        )
    }
}

fn clerk(district: DistrictCode) -> Caller {
    Caller {
        person_id: "li-dengji".to_owned(),
        roles: vec![Role::Clk],
        district,
        unit_id: None,
        leader_id: None,
        portfolio: Vec::new(),
        towns: Vec::new(),
        case_id: None,
        name: String::new(),
    }
}

/// Microseconds of one time, after as many that do not count.
fn each(mut work: impl FnMut()) -> f64 {
    let mut took = Duration::ZERO;
    for _ in 0..2 {
        let begun = Instant::now();
        for _ in 0..TIMES {
            work();
        }
        took = begun.elapsed();
    }
    took.as_secs_f64() * 1e6 / f64::from(TIMES)
}
