//! Supervision has no settings of its own: what differs between districts is in their files.

use xinqiao_chassis::config::Reader;

/// Reads nothing beside what the chassis reads.
pub(crate) fn read(_reader: &mut Reader) {}
