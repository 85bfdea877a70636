//! One file per group of operations: decode → domain and store → encode. Who may call what stands in [`RIGHTS`].

use tonic::service::Routes;
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::permission::{Right, RightTable};
use xinqiao_chassis::server::{MESSAGE_MAX_BYTES, Windows};
use xinqiao_proto::scheduling::appointment_service_server::AppointmentServiceServer;
use xinqiao_proto::scheduling::calendar_service_server::CalendarServiceServer;
use xinqiao_proto::scheduling::delegation_service_server::DelegationServiceServer;
use xinqiao_proto::scheduling::master_service_server::MasterServiceServer;
use xinqiao_proto::scheduling::own_appointment_service_server::OwnAppointmentServiceServer;
use xinqiao_proto::scheduling::queue_service_server::QueueServiceServer;
use xinqiao_proto::scheduling::reception_service_server::ReceptionServiceServer;
use xinqiao_proto::scheduling::roster_service_server::RosterServiceServer;
use xinqiao_proto::scheduling::schedule_service_server::ScheduleServiceServer;

use crate::config::SchedulingSettings;

mod appointment;
mod calendar;
mod delegation;
mod error;
mod master;
mod queue;
mod reception;
mod roster;
mod schedule;
mod wire;

/// What was published is open to everybody [S:L24].
pub(crate) const OPEN: &[&str] = &[
    "/xinqiao.scheduling.v1.ScheduleService/ListSchedule",
    "/xinqiao.scheduling.v1.ScheduleService/GetScheduleCalendar",
];

/// The right each RPC needs (permission matrix of domain rule 5.2).
pub(crate) const RIGHTS: RightTable = &[
    (
        "/xinqiao.scheduling.v1.MasterService/PutLeader",
        Right::WriteLeaders,
    ),
    (
        "/xinqiao.scheduling.v1.MasterService/ListLeaders",
        Right::ReadLeaders,
    ),
    (
        "/xinqiao.scheduling.v1.MasterService/RecordLeave",
        Right::WriteLeave,
    ),
    (
        "/xinqiao.scheduling.v1.MasterService/GetCalendar",
        Right::ReadCalendar,
    ),
    (
        "/xinqiao.scheduling.v1.DelegationService/DraftDelegation",
        Right::DraftLeave,
    ),
    (
        "/xinqiao.scheduling.v1.DelegationService/ProposeDelegation",
        Right::WriteLeave,
    ),
    (
        "/xinqiao.scheduling.v1.DelegationService/ConfirmDelegation",
        Right::WriteLeave,
    ),
    (
        "/xinqiao.scheduling.v1.DelegationService/DecideDelegation",
        Right::WriteLeave,
    ),
    (
        "/xinqiao.scheduling.v1.DelegationService/RevokeDelegation",
        Right::WriteLeave,
    ),
    (
        "/xinqiao.scheduling.v1.DelegationService/ListDelegations",
        Right::ReadLeave,
    ),
    (
        "/xinqiao.scheduling.v1.CalendarService/ProposeCalendar",
        Right::ProposeCalendar,
    ),
    (
        "/xinqiao.scheduling.v1.CalendarService/GetCalendarProposal",
        Right::ReadCalendarProposal,
    ),
    (
        "/xinqiao.scheduling.v1.CalendarService/ListCalendarProposals",
        Right::ReadCalendarProposal,
    ),
    (
        "/xinqiao.scheduling.v1.CalendarService/ApproveCalendar",
        Right::ApproveCalendar,
    ),
    (
        "/xinqiao.scheduling.v1.CalendarService/RefuseCalendar",
        Right::ApproveCalendar,
    ),
    (
        "/xinqiao.scheduling.v1.CalendarService/WithdrawCalendar",
        Right::ProposeCalendar,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/GenerateRoster",
        Right::WriteRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/CheckRoster",
        Right::ReadRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/PublishRoster",
        Right::ApproveRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/ChangeReceptionDay",
        Right::ApproveRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/OpenReceptionDay",
        Right::WriteRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/CloseReceptionDay",
        Right::WriteRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/CancelReceptionDay",
        Right::ApproveRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/ListReceptionDays",
        Right::ReadPublicRoster,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/GetReceptionDay",
        Right::ReadRoster,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/ListFreeSlots",
        Right::ReadPublicRoster,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/BookAppointment",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/ConfirmAppointment",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/DeclineAppointment",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/JoinWaitingList",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/ListWaiting",
        Right::ReadAppointments,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/CheckInAppointment",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/StartMeeting",
        Right::WriteReception,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/CancelAppointment",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/RescheduleAppointment",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/MarkNoShow",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/ListAppointments",
        Right::ReadAppointments,
    ),
    (
        "/xinqiao.scheduling.v1.OwnAppointmentService/ListOwnAppointments",
        Right::ReadOwnCase,
    ),
    (
        "/xinqiao.scheduling.v1.OwnAppointmentService/BookOwnAppointment",
        Right::BookOwnAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.OwnAppointmentService/ConfirmOwnAppointment",
        Right::BookOwnAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.OwnAppointmentService/JoinOwnWaitingList",
        Right::BookOwnAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.OwnAppointmentService/RescheduleOwnAppointment",
        Right::BookOwnAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.OwnAppointmentService/CancelOwnAppointment",
        Right::BookOwnAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.QueueService/TakeNumber",
        Right::WriteAppointment,
    ),
    (
        "/xinqiao.scheduling.v1.QueueService/CallNext",
        Right::WriteReception,
    ),
    (
        "/xinqiao.scheduling.v1.QueueService/EndCall",
        Right::WriteReception,
    ),
    (
        "/xinqiao.scheduling.v1.QueueService/WatchScreen",
        Right::ReadRoster,
    ),
    (
        "/xinqiao.scheduling.v1.ReceptionService/RecordReception",
        Right::WriteReception,
    ),
    (
        "/xinqiao.scheduling.v1.ReceptionService/FinaliseReception",
        Right::WriteReception,
    ),
    (
        "/xinqiao.scheduling.v1.ReceptionService/GetReception",
        Right::ReadReception,
    ),
    (
        "/xinqiao.scheduling.v1.ReceptionService/ListOpenRecords",
        Right::ReadOpenRecords,
    ),
];

/// The services on one desk.
pub(crate) fn routes(desk: &Desk, settings: SchedulingSettings) -> Routes {
    let masters = MasterServiceServer::new(master::Masters::new(desk.clone()));
    let calendars = CalendarServiceServer::new(calendar::Calendars::new(desk.clone()));
    let delegations = DelegationServiceServer::new(delegation::Delegations::new(desk.clone()));
    let roster = RosterServiceServer::new(roster::Roster::new(desk.clone()));
    let appointments = AppointmentServiceServer::new(appointment::Appointments::new(desk.clone()));
    let windows = Windows::new(settings.schedule_windows);
    let schedule = ScheduleServiceServer::new(schedule::Schedule::new(desk.clone(), windows));
    let own = OwnAppointmentServiceServer::new(appointment::OwnAppointments::new(desk.clone()));
    let queue = QueueServiceServer::new(queue::Queue::new(desk.clone()));
    let receptions = ReceptionServiceServer::new(reception::Receptions::new(desk.clone()));
    Routes::new(masters.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(calendars.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(delegations.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(roster.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(schedule.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(appointments.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(own.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(queue.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(receptions.max_decoding_message_size(MESSAGE_MAX_BYTES))
}
