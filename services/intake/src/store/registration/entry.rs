//! A registration with everybody who waits for it.

use std::collections::HashMap;

use tokio::sync::oneshot;
use uuid::Uuid;
use xinqiao_chassis::idempotency;
use xinqiao_kernel::DistrictCode;

use super::Registration;
use super::batch::year_of;
use super::queue::{Reply, Waiting};

/// What is numbered together: the registrations of a district and year.
pub(super) type Key = (DistrictCode, i16);

/// A registration and everybody who waits for it: copies of one request share the answer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) registration: Box<Registration>,
    replies: Vec<oneshot::Sender<Reply>>,
}

impl Entry {
    pub(super) fn key(&self) -> Key {
        let registration = &self.registration;
        (registration.district, year_of(registration.registered_on))
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

/// By district and year, copies of one request together.
pub(super) fn grouped(taken: impl Iterator<Item = Entry>) -> HashMap<Key, Vec<Entry>> {
    let mut groups: HashMap<Key, Vec<Entry>> = HashMap::new();
    let mut seen: HashMap<(DistrictCode, Uuid), (Key, usize)> = HashMap::new();
    for entry in taken {
        let request = (entry.registration.district, entry.request_id());
        if let Some((key, position)) = seen.get(&request) {
            let group = groups
                .get_mut(key)
                .expect("invariant: noted when it was put there");
            group[*position].join(entry);
            continue;
        }
        let key = entry.key();
        let group = groups.entry(key).or_default();
        seen.insert(request, (key, group.len()));
        group.push(entry);
    }
    groups
}
