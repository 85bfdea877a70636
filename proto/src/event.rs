//! `xinqiao.event.v1` and the table of events.

pub use crate::generated::event::v1::*;

/// The body of an event: which names it may have on the bus.
pub trait EventBody: prost::Message + Default {
    /// The names, for example `case.registered`. Several names share a body where only the name differs.
    const KINDS: &'static [&'static str];
}

macro_rules! events {
    ($($body:ty: $($kind:literal)|+;)+) => {
        $(impl EventBody for $body { const KINDS: &'static [&'static str] = &[$($kind),+]; })+

        /// Every event of the platform: its name on the bus and the message that is its body.
        pub const KINDS: &[(&str, &str)] = &[$($(($kind, stringify!($body)),)+)+];
    };
}

events! {
    DocumentCreated: "document.created";
    CaseOpened: "case.opened";
    NotificationRequested: "notification.requested";
    NotificationSent: "notification.sent";
    NotificationFailed: "notification.failed";

    CaseRegistered: "case.registered";
    CaseReleased: "case.released";
    CaseDiverted: "case.diverted";
    CaseNotAccepted: "case.not_accepted";
    CaseNoLongerAccepted: "case.no_longer_accepted";
    CaseLinked: "case.linked";
    CaseSubmissionAttached: "case.submission_attached";
    CaseTransferredOut: "case.transferred_out";
    CaseVoided: "case.voided";

    CalendarProposed: "calendar.proposed";
    CalendarProposalEnded: "calendar.refused" | "calendar.withdrawn";
    CalendarPublished: "calendar.published";
    LeaderChanged: "leader.changed";
    DelegationChanged: "delegation.changed";
    ReceptionDayChanged: "reception_day.planned" | "reception_day.published" | "reception_day.changed"
        | "reception_day.opened" | "reception_day.closed" | "reception_day.cancelled";
    AppointmentChanged: "appointment.confirmed" | "appointment.rescheduled" | "appointment.cancelled"
        | "appointment.checked_in" | "appointment.completed" | "appointment.no_show" | "appointment.requested"
        | "appointment.declined";
    ReceptionHeld: "reception.held";
    ReceptionFinalised: "reception.finalised";

    UnitChanged: "unit.changed";
    CaseAssigned: "case.assigned";
    CaseObjected: "case.objected";
    CaseObjectionDecided: "case.objection_upheld" | "case.objection_refused";
    CaseAccepted: "case.accepted";
    CaseInvestigationStarted: "case.investigation_started";
    CaseReportSubmitted: "case.report_submitted";
    CaseReportReturned: "case.report_returned";
    CaseExtended: "case.extended";
    CaseOpinionIssued: "case.opinion_issued";
    CaseOpinionServed: "case.opinion_served";
    CaseExecutionStarted: "case.execution_started";
    CaseReworkStarted: "case.rework_started";
    CaseClosureReported: "case.closure_reported";

    ClockChanged: "clock.started" | "clock.stopped" | "clock.recomputed" | "clock.amber" | "clock.red"
        | "clock.overdue" | "clock.withdrawn";
    CalendarPreviewed: "calendar.previewed";
    CaseCompletenessPassed: "case.completeness_passed";
    CaseReturned: "case.returned";
    PetitionerOpinionRecorded: "petitioner.opinion_recorded";
    LeaderSigned: "leader.signed";
    LeaderSentBack: "leader.sent_back";
    CaseClosed: "case.closed";
    CaseFiled: "case.filed";
    CaseRemedyChanged: "case.remedy_changed";

    CaseArchived: "case.archived";
    ArchiveFinal: "archive.final";
}
