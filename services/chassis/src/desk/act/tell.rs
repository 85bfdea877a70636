//! Telling the petitioners of a case: every service asks with the act of which they are told, intake does it.

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_proto::event::{NotificationRequested, NotificationTemplate};

use super::Act;
use crate::document::timestamp;
use crate::journal::Entity;
use crate::random;

/// What the petitioners of a case are to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The case; intake knows whose it is.
    pub case_id: Uuid,
    /// What has happened.
    pub template: NotificationTemplate,
    /// When the appointment is, or was.
    pub appointment_at: Option<OffsetDateTime>,
}

impl Notice {
    /// Of a case.
    pub const fn of(case_id: Uuid, template: NotificationTemplate) -> Self {
        Self {
            case_id,
            template,
            appointment_at: None,
        }
    }

    /// Of an appointment.
    #[must_use]
    pub const fn at(mut self, appointment: OffsetDateTime) -> Self {
        self.appointment_at = Some(appointment);
        self
    }
}

impl Act {
    /// Asks that the petitioners be told. Publish first what they are told of: the audit row of the act names what its
    /// first event is about. Returns the id of the event.
    pub fn tell(&mut self, notice: Notice) -> Uuid {
        let body = NotificationRequested {
            case_id: notice.case_id.to_string(),
            template: notice.template.into(),
            appointment_at: notice.appointment_at.map(timestamp),
        };
        self.publish("notification.requested", Entity::other(random::new_id()), &body)
    }
}
