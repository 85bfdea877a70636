//! How many calls without a token about one district are looked at at the same time.
//!
//! At the edge calls without a token are nobody's, and share the places of one district: which district they are about is
//! known only to the handler. Whoever finds all windows of his district taken is sent away at once and gives his place
//! back, so a flood on one district leaves places for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tonic::Code;
use xinqiao_kernel::DistrictCode;

use crate::refusal::Refusal;

/// The windows of every district. Clones share them.
#[derive(Clone, Debug)]
pub struct Windows {
    max: u32,
    taken: Arc<Mutex<HashMap<DistrictCode, u32>>>,
}

/// A window that somebody has; dropped, it is free.
#[derive(Debug)]
#[must_use = "dropped, it is free"]
pub struct Window {
    windows: Windows,
    district: DistrictCode,
}

impl Windows {
    /// So many for each district.
    pub fn new(max: u32) -> Self {
        Self {
            max,
            taken: Arc::default(),
        }
    }

    /// A window of the district, when one is free.
    pub fn take(&self, district: DistrictCode) -> Result<Window, Refusal> {
        let mut all = self.taken();
        let taken = all.entry(district).or_default();
        if *taken >= self.max {
            return Err(all_taken());
        }
        *taken += 1;
        Ok(Window {
            windows: self.clone(),
            district,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<DistrictCode, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let mut all = self.windows.taken();
        // Only districts with somebody at a window are remembered: anybody may name one.
        if let Some(taken) = all.get_mut(&self.district) {
            *taken -= 1;
            if *taken == 0 {
                all.remove(&self.district);
            }
        }
    }
}

fn all_taken() -> Refusal {
    Refusal::new(
        Code::ResourceExhausted,
        "WINDOWS_TAKEN",
        "本区县查询人数较多，请稍后再试",
        "many people of this district are asking at once; try again in a moment",
    )
    .with_retry_after(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_has_its_windows_and_no_other_feels_it() {
        let (a, b) = ("220502".parse().unwrap(), "220503".parse().unwrap());
        let windows = Windows::new(2);
        let held = [windows.take(a).unwrap(), windows.take(a).unwrap()];
        assert_eq!(windows.take(a).unwrap_err().reason(), "WINDOWS_TAKEN");
        assert!(windows.take(b).is_ok());
        drop(held);
        assert!(windows.taken().is_empty(), "nobody is remembered");
        assert!(windows.take(a).is_ok());
    }
}
