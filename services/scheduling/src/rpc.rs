//! One file per group of operations: decode → domain and store → encode. Who may call what stands in [`ROLES`].

use tonic::service::Routes;
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::identity::{Role, RoleTable};
use xinqiao_chassis::server::MESSAGE_MAX_BYTES;
use xinqiao_proto::scheduling::appointment_service_server::AppointmentServiceServer;
use xinqiao_proto::scheduling::master_service_server::MasterServiceServer;
use xinqiao_proto::scheduling::reception_service_server::ReceptionServiceServer;
use xinqiao_proto::scheduling::roster_service_server::RosterServiceServer;

mod appointment;
mod error;
mod master;
mod reception;
mod roster;
mod wire;

use Role::{Arc, Clk, Dsp, Lda, Ldr, Pet, Sup, Unh, Unt};

/// Everybody who works in the district, and the public.
const EVERYBODY: &[Role] = &[
    Clk,
    Dsp,
    Ldr,
    Lda,
    Unt,
    Unh,
    Role::Twn,
    Sup,
    Arc,
    Role::Pro,
    Role::Rev,
    Role::Dis,
    Pet,
];
/// The people of the reception hall.
const HALL: &[Role] = &[Clk, Dsp, Ldr, Lda];

/// Which roles may call which RPC (permission matrix of domain rule 5.2).
pub(crate) const ROLES: RoleTable = &[
    ("/xinqiao.scheduling.v1.MasterService/PutLeader", &[Dsp]),
    ("/xinqiao.scheduling.v1.MasterService/ListLeaders", EVERYBODY),
    ("/xinqiao.scheduling.v1.MasterService/RecordLeave", &[Ldr, Lda]),
    ("/xinqiao.scheduling.v1.MasterService/GetCalendar", EVERYBODY),
    ("/xinqiao.scheduling.v1.RosterService/GenerateRoster", &[Clk]),
    ("/xinqiao.scheduling.v1.RosterService/PublishRoster", &[Dsp]),
    ("/xinqiao.scheduling.v1.RosterService/OpenReceptionDay", &[Clk]),
    ("/xinqiao.scheduling.v1.RosterService/CloseReceptionDay", &[Clk]),
    ("/xinqiao.scheduling.v1.RosterService/CancelReceptionDay", &[Dsp]),
    (
        "/xinqiao.scheduling.v1.RosterService/ListReceptionDays",
        EVERYBODY,
    ),
    (
        "/xinqiao.scheduling.v1.RosterService/GetReceptionDay",
        &[Clk, Dsp, Ldr, Lda, Sup],
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/ListFreeSlots",
        &[Clk, Dsp, Ldr, Lda, Pet],
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/BookAppointment",
        &[Clk, Dsp],
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/CheckInAppointment",
        &[Clk],
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/StartMeeting",
        &[Clk, Lda],
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/CancelAppointment",
        &[Clk, Dsp],
    ),
    (
        "/xinqiao.scheduling.v1.AppointmentService/RescheduleAppointment",
        &[Clk, Dsp],
    ),
    ("/xinqiao.scheduling.v1.AppointmentService/MarkNoShow", &[Clk]),
    ("/xinqiao.scheduling.v1.AppointmentService/ListAppointments", HALL),
    (
        "/xinqiao.scheduling.v1.ReceptionService/RecordReception",
        &[Clk, Lda, Ldr],
    ),
    (
        "/xinqiao.scheduling.v1.ReceptionService/FinaliseReception",
        &[Clk, Ldr],
    ),
    (
        "/xinqiao.scheduling.v1.ReceptionService/GetReception",
        &[Clk, Dsp, Sup, Arc, Ldr, Lda, Unt, Unh],
    ),
    ("/xinqiao.scheduling.v1.ReceptionService/ListOpenRecords", HALL),
];

/// The four services on one desk.
pub(crate) fn routes(desk: &Desk) -> Routes {
    let masters = MasterServiceServer::new(master::Masters::new(desk.clone()));
    let roster = RosterServiceServer::new(roster::Roster::new(desk.clone()));
    let appointments = AppointmentServiceServer::new(appointment::Appointments::new(desk.clone()));
    let receptions = ReceptionServiceServer::new(reception::Receptions::new(desk.clone()));
    Routes::new(masters.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(roster.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(appointments.max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(receptions.max_decoding_message_size(MESSAGE_MAX_BYTES))
}
