//! A registration with everybody who waits for it.

use std::collections::HashMap;

use tokio::sync::oneshot;
use uuid::Uuid;
use xinqiao_chassis::idempotency;
use xinqiao_kernel::DistrictCode;

use super::Registration;
use super::batch::year_of;
use super::queue::{Reply, Waiting};
use super::series::Series;

/// What is numbered together: the registrations of a district and year whose numbers come from the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) district: DistrictCode,
    pub(super) year: i16,
    pub(super) series: Series,
}

/// A registration and everybody who waits for it: copies of one request share the answer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) registration: Box<Registration>,
    replies: Vec<oneshot::Sender<Reply>>,
}

impl Entry {
    pub(super) fn key(&self) -> Key {
        let registration = &self.registration;
        Key {
            district: registration.district,
            year: year_of(registration.registered_on),
            series: registration.series,
        }
    }

    pub(super) fn request_id(&self) -> Uuid {
        self.registration.request.request_id
    }

    /// The first caller gets the answer, everybody else a copy. A caller who has gone does not read his; his case
    /// is registered all the same.
    pub(super) fn answer(self, reply: Reply) {
        let mut senders = self.replies.into_iter();
        let Some(first) = senders.next() else { return };
        for sender in senders {
            let _ = sender.send(reply.clone().map(|(registered, _)| (registered, true)));
        }
        let _ = first.send(reply);
    }

    /// Lets the caller of a copy of the request wait here, too; another request under the same id is refused.
    fn join(&mut self, copy: Self) {
        if self.registration.request.body_hash == copy.registration.request.body_hash {
            self.replies.extend(copy.replies);
        } else {
            copy.answer(Err(idempotency::reused()));
        }
    }
}

impl From<Waiting> for Entry {
    fn from(Waiting { registration, reply }: Waiting) -> Self {
        Self {
            registration,
            replies: vec![reply],
        }
    }
}

/// Takes out those who are numbered together with the one who has waited longest, copies of one request as one.
pub(super) fn oldest(waiting: &mut Vec<Entry>) -> Option<(Key, Vec<Entry>)> {
    let key = waiting.first()?.key();
    let mut together: Vec<Entry> = Vec::new();
    let mut seen: HashMap<Uuid, usize> = HashMap::new();
    for entry in waiting.extract_if(.., |entry| entry.key() == key) {
        if let Some(position) = seen.get(&entry.request_id()) {
            together[*position].join(entry);
        } else {
            seen.insert(entry.request_id(), together.len());
            together.push(entry);
        }
    }
    Some((key, together))
}
