//! The checkpoints of a service in the object store: `audit/<service>/<district>/<number>.json`.
//!
//! The name is the claim: a store creates it once, so of two processes one writes the next checkpoint and the other
//! reads it. Nothing of this lies in the database, which is what is watched.

use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, path::Path};
use xinqiao_kernel::DistrictCode;

use super::checkpoint::{Checkpoint, CheckpointError, Place};
use super::keys::PublicKeys;
use super::verify::ChainFault;

/// Longest text that is read as a checkpoint.
const TEXT_MAX_BYTES: u64 = 4096;
/// Digits of a number in a name, so that names sort as the checkpoints do.
const DIGITS: usize = 12;

/// Where the checkpoints of a service are, and the keys that verify them. Clones share both.
#[derive(Clone, Debug)]
pub struct Trail {
    objects: Arc<dyn ObjectStore>,
    service: &'static str,
    keys: Arc<PublicKeys>,
}

impl Trail {
    /// The trail of a service.
    pub fn new(objects: Arc<dyn ObjectStore>, service: &'static str, keys: PublicKeys) -> Self {
        Self {
            objects,
            service,
            keys: Arc::new(keys),
        }
    }

    /// The service.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The keys that verify.
    pub fn keys(&self) -> &PublicKeys {
        &self.keys
    }

    /// Where a checkpoint lies.
    pub fn path(&self, district: DistrictCode, number: u64) -> Path {
        Path::from(format!(
            "audit/{}/{district}/{number:0digits$}.json",
            self.service,
            digits = DIGITS
        ))
    }

    /// The highest number in the store; 0 when there is none. Names are looked at one by one, never all kept.
    pub async fn last_number(&self, district: DistrictCode) -> Result<u64, object_store::Error> {
        let folder = Path::from(format!("audit/{}/{district}", self.service));
        let mut objects = self.objects.list(Some(&folder));
        let mut last = 0;
        while let Some(object) = objects.try_next().await? {
            last = last.max(object.location.filename().and_then(number).unwrap_or(0));
        }
        Ok(last)
    }

    /// Reads a checkpoint and checks its signature; `None` when there is no object of its name.
    pub async fn read(&self, district: DistrictCode, number: u64) -> Result<Option<Checkpoint>, ChainFault> {
        let found = match self.objects.get(&self.path(district, number)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let refused = |reason| ChainFault::Checkpoint { number, reason };
        if found.meta.size > TEXT_MAX_BYTES {
            return Err(refused(CheckpointError::Form));
        }
        let text = found.bytes().await?;
        let place = Place {
            service: self.service,
            district,
            number,
        };
        Checkpoint::open(&text, &self.keys, place)
            .map(Some)
            .map_err(refused)
    }

    /// Writes a checkpoint unless its number is taken; says whether it was written.
    pub async fn write(
        &self,
        district: DistrictCode,
        checkpoint: &Checkpoint,
    ) -> Result<bool, object_store::Error> {
        let path = self.path(district, checkpoint.number());
        let text = checkpoint.to_text().into();
        match self.objects.put_opts(&path, text, PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The newest checkpoint, looked for after the one that is known.
    pub(super) async fn newest(
        &self,
        district: DistrictCode,
        known: Option<Checkpoint>,
    ) -> Result<Option<Checkpoint>, ChainFault> {
        let mut newest = match known {
            Some(known) => Some(known),
            None => match self.last_number(district).await? {
                0 => None,
                last => self.read(district, last).await?,
            },
        };
        loop {
            let number = newest.as_ref().map_or(0, Checkpoint::number) + 1;
            match self.read(district, number).await? {
                None => return Ok(newest),
                Some(next) if next.follows(newest.as_ref()) => newest = Some(next),
                Some(_) => return Err(ChainFault::CheckpointOrder { number }),
            }
        }
    }

    /// The checkpoints that are there now, to be walked along the chain. Those that come later are not looked for:
    /// ask before the database, whose rows then reach at least as far.
    pub(super) async fn walk(&self, district: DistrictCode) -> Result<Walk<'_>, ChainFault> {
        let mut walk = Walk {
            trail: self,
            district,
            last: self.last_number(district).await?,
            passed: None,
            next: None,
        };
        walk.advance().await?;
        Ok(walk)
    }
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let plain = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Goes from checkpoint to checkpoint while the rows go by; holds two of them at most.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    trail: &'a Trail,
    district: DistrictCode,
    last: u64,
    passed: Option<Checkpoint>,
    next: Option<Checkpoint>,
}

impl Walk<'_> {
    /// Compares the link of a row with the checkpoint that signed it; says whether there is one.
    pub(super) async fn pass(&mut self, seq: i64, link: &[u8]) -> Result<bool, ChainFault> {
        let Some(next) = self.next.take_if(|next| next.seq() == seq) else {
            return Ok(false);
        };
        if next.link() != link {
            return Err(ChainFault::Rewritten {
                from: self.passed.as_ref().map_or(0, Checkpoint::seq) + 1,
                seq,
                number: next.number(),
            });
        }
        self.passed = Some(next);
        self.advance().await?;
        Ok(true)
    }

    /// The chain ends at row `last`: it must have reached every checkpoint. Returns the last one.
    pub(super) fn end(self, last: i64) -> Result<Option<Checkpoint>, ChainFault> {
        match self.next {
            None => Ok(self.passed),
            Some(next) => Err(ChainFault::Truncated {
                last,
                seq: next.seq(),
                number: next.number(),
            }),
        }
    }

    async fn advance(&mut self) -> Result<(), ChainFault> {
        let number = self.passed.as_ref().map_or(0, Checkpoint::number) + 1;
        if number > self.last {
            return Ok(());
        }
        let next = self.trail.read(self.district, number).await?;
        let next = next.ok_or(ChainFault::CheckpointMissing {
            number,
            last: self.last,
        })?;
        if !next.follows(self.passed.as_ref()) {
            return Err(ChainFault::CheckpointOrder { number });
        }
        self.next = Some(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn only_the_names_of_checkpoints_have_numbers() {
        assert_eq!(number("000000000017.json"), Some(17));
        for name in [
            "17.json",
            "000000000017",
            "00000000001x.json",
            "+00000000017.json",
        ] {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
