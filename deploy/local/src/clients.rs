//! What a person can call, with his token on every call.

use anyhow::Result;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::{Interceptor, interceptor::InterceptedService};
use tonic::transport::Channel;
use tonic::{Request, Status};
use xinqiao_proto::archive::{
    dossier_service_client::DossierServiceClient, package_service_client::PackageServiceClient,
};
use xinqiao_proto::assignment::{
    assignment_service_client::AssignmentServiceClient, handling_service_client::HandlingServiceClient,
    unit_service_client::UnitServiceClient,
};
use xinqiao_proto::intake::{
    break_glass_service_client::BreakGlassServiceClient, case_service_client::CaseServiceClient,
    draft_service_client::DraftServiceClient, notification_service_client::NotificationServiceClient,
    number_service_client::NumberServiceClient, petitioner_service_client::PetitionerServiceClient,
    registration_service_client::RegistrationServiceClient, sealed_service_client::SealedServiceClient,
    triage_service_client::TriageServiceClient,
};
use xinqiao_proto::scheduling::{
    appointment_service_client::AppointmentServiceClient, calendar_service_client::CalendarServiceClient,
    delegation_service_client::DelegationServiceClient, master_service_client::MasterServiceClient,
    reception_service_client::ReceptionServiceClient, roster_service_client::RosterServiceClient,
};
use xinqiao_proto::supervision::{
    case_service_client::CaseServiceClient as SupervisedCaseServiceClient,
    clock_service_client::ClockServiceClient, closure_service_client::ClosureServiceClient,
    review_service_client::ReviewServiceClient,
};

use crate::people::Person;
use crate::platform::Platform;

/// A channel that carries a token.
pub type Signed = InterceptedService<Channel, Bearer>;

/// Puts the token on every call.
#[derive(Debug, Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    /// From a token.
    pub fn new(token: &str) -> Result<Self> {
        Ok(Self(format!("Bearer {token}").parse()?))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// One person at his desk, connected to all five services.
#[derive(Debug, Clone)]
pub struct Desk {
    bearer: Bearer,
    intake: Channel,
    scheduling: Channel,
    assignment: Channel,
    supervision: Channel,
    archive: Channel,
}

macro_rules! clients {
    ($($(#[$doc:meta])+ $name:ident: $client:ident on $service:ident;)+) => {
        impl Desk {
            $($(#[$doc])+
            pub fn $name(&self) -> $client<Signed> {
                $client::with_interceptor(self.$service.clone(), self.bearer.clone())
            })+
        }
    };
}

clients! {
    /// Registers petitions.
    registration: RegistrationServiceClient on intake;
    /// What is not registered yet.
    drafts: DraftServiceClient on intake;
    /// Triage and release.
    triage: TriageServiceClient on intake;
    /// Cases and their time lines.
    cases: CaseServiceClient on intake;
    /// The sealed compartment.
    sealed: SealedServiceClient on intake;
    /// What petitioners are told.
    notifications: NotificationServiceClient on intake;
    /// Case numbers.
    numbers: NumberServiceClient on intake;
    /// What a petitioner sees of his own case.
    petitioner: PetitionerServiceClient on intake;
    /// Break-glass.
    break_glass: BreakGlassServiceClient on intake;
    /// Leaders and the calendar.
    masters: MasterServiceClient on scheduling;
    /// A leader's part, done by another for some days.
    delegations: DelegationServiceClient on scheduling;
    /// Proposals of another calendar.
    calendars: CalendarServiceClient on scheduling;
    /// Reception days.
    roster: RosterServiceClient on scheduling;
    /// Booking.
    appointments: AppointmentServiceClient on scheduling;
    /// Reception records.
    receptions: ReceptionServiceClient on scheduling;
    /// Responsible units.
    units: UnitServiceClient on assignment;
    /// Assignment and objections.
    assignment: AssignmentServiceClient on assignment;
    /// From acceptance to the closure report.
    handling: HandlingServiceClient on assignment;
    /// Cases as supervision sees them.
    supervision: SupervisedCaseServiceClient on supervision;
    /// Legal clocks.
    clocks: ClockServiceClient on supervision;
    /// Completeness and the petitioner's opinion.
    closure: ClosureServiceClient on supervision;
    /// Inspection and signature.
    review: ReviewServiceClient on supervision;
    /// Dossiers.
    dossiers: DossierServiceClient on archive;
    /// Sealed packages.
    packages: PackageServiceClient on archive;
}

impl Platform {
    /// Seats a person at his desk.
    pub fn desk(&self, person: &Person) -> Result<Desk> {
        self.desk_with_token(&self.issuer.token(person)?)
    }

    /// The same with a token of one's own making.
    pub fn desk_with_token(&self, token: &str) -> Result<Desk> {
        Ok(Desk {
            bearer: Bearer::new(token)?,
            intake: self.channel("intake")?,
            scheduling: self.channel("scheduling")?,
            assignment: self.channel("assignment")?,
            supervision: self.channel("supervision")?,
            archive: self.channel("archive")?,
        })
    }
}
