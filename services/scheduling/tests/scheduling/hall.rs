//! A district with its leaders, units and roster, and shorthands for calls.

use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::random;
use xinqiao_chassis::testing::{Bearer, Bench, Foreign, Person, eventually, instant};
use xinqiao_kernel::{CaseNumber, ChannelDigit};
use xinqiao_proto::event::{Branch, CaseRegistered, UnitChanged};
use xinqiao_proto::scheduling::appointment_service_client::AppointmentServiceClient;
use xinqiao_proto::scheduling::master_service_client::MasterServiceClient;
use xinqiao_proto::scheduling::own_appointment_service_client::OwnAppointmentServiceClient;
use xinqiao_proto::scheduling::reception_service_client::ReceptionServiceClient;
use xinqiao_proto::scheduling::roster_service_client::RosterServiceClient;
use xinqiao_proto::scheduling::{
    AppointmentVisitor, Attendee, AttendeePart, BookAppointmentRequest, BookingChannel,
    GenerateRosterRequest, Integrations, OpenReceptionDayRequest, PublishRosterRequest, PutLeaderRequest,
    ReceptionDay, RecordReceptionRequest, SlotRef,
};

pub(crate) type Caller = InterceptedService<Channel, Bearer>;
pub(crate) type OwnAppointments = OwnAppointmentServiceClient<Caller>;

/// Leader 张副区长, who receives on 2026-03-03 because he is second in the rota.
pub(crate) const ZHANG: Uuid = Uuid::from_u128(0x5a);
/// Leader 刘副区长.
pub(crate) const LIU: Uuid = Uuid::from_u128(0x11);
/// Unit 区住建局.
pub(crate) const HOUSING: Uuid = Uuid::from_u128(0x40);
/// Unit 金厂镇政府.
pub(crate) const TOWN: Uuid = Uuid::from_u128(0x41);

/// A running service and the people who use it.
pub(crate) struct Hall {
    pub(crate) bench: Bench,
}

impl Hall {
    /// A service without any master data, at a legal time.
    pub(crate) async fn empty(at: &str) -> Self {
        Self::set(at, &[]).await
    }

    /// The same with settings.
    pub(crate) async fn set(at: &str, settings: &[(&'static str, &str)]) -> Self {
        let bench = Bench::of(xinqiao_scheduling::service()).at(at);
        let bench = settings
            .iter()
            .fold(bench, |bench, (name, value)| bench.set(name, *value));
        let bench = bench.start().await;
        // The start job tells every district of the calendar beside the test: a test that is over sooner would
        // find its event on the way out.
        let districts = bench.desk().districts().codes().len();
        eventually("every district has the calendar", async || {
            let published = bench.published().await;
            let told = published
                .iter()
                .filter(|event| event.kind == "calendar.published")
                .count();
            (told == districts).then_some(())
        })
        .await;
        Self { bench }
    }

    /// A service with two leaders and the published roster of 2026.
    pub(crate) async fn with_roster() -> Self {
        let hall = Self::empty("2026-02-02T09:00:00+08:00").await;
        hall.leaders().await;
        hall.generate(2026).await.unwrap();
        hall.publish(2026).await.unwrap();
        hall
    }

    /// The session of 2026-03-03 open, the clock at 09:12, both units known.
    pub(crate) async fn receiving() -> (Self, ReceptionDay) {
        let hall = Self::with_roster().await;
        hall.units().await;
        hall.bench.set_clock("2026-03-03T09:12:00+08:00");
        let day = hall.day("2026-03-03").await;
        let day = hall.open(&day).await.unwrap();
        (hall, day)
    }

    pub(crate) fn clerk() -> Person {
        Person::new("li", "李登记").with(Role::Clk)
    }

    pub(crate) fn head() -> Person {
        Person::new("wang", "王分办").with(Role::Dsp)
    }

    pub(crate) fn masters(&self, person: &Person) -> MasterServiceClient<Caller> {
        MasterServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn roster(&self, person: &Person) -> RosterServiceClient<Caller> {
        RosterServiceClient::new(self.bench.channel(person))
    }

    pub(crate) fn appointments(&self, person: &Person) -> AppointmentServiceClient<Caller> {
        AppointmentServiceClient::new(self.bench.channel(person))
    }

    /// The petitioner of a case.
    pub(crate) fn own(&self, case: Uuid) -> OwnAppointments {
        let token = self
            .bench
            .desk()
            .petitioner_token("220502".parse().unwrap(), case);
        OwnAppointments::new(self.bench.channel_with(&token))
    }

    pub(crate) fn receptions(&self, person: &Person) -> ReceptionServiceClient<Caller> {
        ReceptionServiceClient::new(self.bench.channel(person))
    }

    /// 刘副区长 first and 张副区长 second in the rota.
    pub(crate) async fn leaders(&self) {
        let mut masters = self.masters(&Self::head());
        masters
            .put_leader(leader(LIU, "刘副区长", "liu", 1))
            .await
            .unwrap();
        masters
            .put_leader(leader(ZHANG, "张副区长", "zhang", 2))
            .await
            .unwrap();
    }

    /// Makes both units known, as assignment would.
    pub(crate) async fn units(&self) {
        for (unit, name) in [(HOUSING, "区住建局"), (TOWN, "金厂镇政府")] {
            let body = UnitChanged {
                unit_id: unit.to_string(),
                name: name.to_owned(),
                active: true,
                ..UnitChanged::default()
            };
            let entity = Entity::of(EntityKind::Unit, unit);
            self.bench
                .arrives(Foreign::new("assignment", "unit.changed", entity, &body))
                .await;
        }
    }

    pub(crate) async fn generate(&self, year: i32) -> Result<Vec<ReceptionDay>, Status> {
        let request = GenerateRosterRequest {
            request_id: fresh(),
            year,
            leader_ids: Vec::new(),
        };
        Ok(self
            .roster(&Self::clerk())
            .generate_roster(request)
            .await?
            .into_inner()
            .reception_days)
    }

    pub(crate) async fn publish(&self, year: i32) -> Result<(Vec<ReceptionDay>, Vec<String>), Status> {
        let request = PublishRosterRequest {
            request_id: fresh(),
            year,
            reception_day_ids: Vec::new(),
        };
        let answer = self
            .roster(&Self::head())
            .publish_roster(request)
            .await?
            .into_inner();
        Ok((answer.published, answer.too_late))
    }

    /// The session of a date.
    pub(crate) async fn day(&self, date: &str) -> ReceptionDay {
        let days = self.generate(2026).await.unwrap();
        days.into_iter().find(|day| day.day == date).unwrap()
    }

    pub(crate) async fn open(&self, day: &ReceptionDay) -> Result<ReceptionDay, Status> {
        let request = OpenReceptionDayRequest {
            request_id: fresh(),
            reception_day_id: day.reception_day_id.clone(),
            version: day.version,
        };
        let answer = self.roster(&Self::clerk()).open_reception_day(request).await?;
        Ok(answer.into_inner().reception_day.unwrap())
    }

    /// Registers a case as intake would; gives its identifier.
    pub(crate) async fn case(&self, sequence: u32, day: &ReceptionDay) -> Uuid {
        let id = random::new_id();
        let number = CaseNumber::new("220502".parse().unwrap(), 2026, ChannelDigit::Visit, sequence).unwrap();
        let body = CaseRegistered {
            leader_received: true,
            reception_day_id: day.reception_day_id.clone(),
            ..CaseRegistered::default()
        };
        self.bench
            .arrives(Foreign::new(
                "intake",
                "case.registered",
                Entity::case(id, number),
                &body,
            ))
            .await;
        id
    }
}

/// A fresh request id.
pub(crate) fn fresh() -> String {
    random::new_id().to_string()
}

/// A complete request for a new leader.
pub(crate) fn leader(id: Uuid, name: &str, person_id: &str, order: u32) -> PutLeaderRequest {
    PutLeaderRequest {
        request_id: fresh(),
        leader_id: id.to_string(),
        version: 0,
        name: name.to_owned(),
        post: "副区长".to_owned(),
        portfolio: vec!["03".to_owned()],
        linked_towns: vec!["220502100".to_owned()],
        person_id: person_id.to_owned(),
        certificate_pem: String::new(),
        order,
        active: true,
        signs_only: false,
    }
}

/// A complete record of the talk of AS-01, from 09:20 to 09:50.
pub(crate) fn talk(case: Uuid, day: &ReceptionDay) -> RecordReceptionRequest {
    let at = |text: &str| Some(xinqiao_chassis::document::timestamp(instant(text)));
    RecordReceptionRequest {
        request_id: fresh(),
        case_id: case.to_string(),
        reception_day_id: day.reception_day_id.clone(),
        leader_id: String::new(),
        appointment_id: String::new(),
        staff: vec!["li".to_owned()],
        started_at: at("2026-03-03T09:20:00+08:00"),
        ended_at: at("2026-03-03T09:50:00+08:00"),
        place: String::new(),
        attendees: vec![Attendee {
            name: "测试甲".to_owned(),
            part: AttendeePart::Petitioner.into(),
        }],
        demands_own_words: "房子漏水两年了，请帮我解决。".to_owned(),
        readback_ok: true,
        integrations: Some(Integrations {
            solution: "责成住建局限期维修。".to_owned(),
            prevention: "排查同批次房屋防水。".to_owned(),
            measures: vec!["三日内现场勘查".to_owned(), "组织三方鉴定".to_owned()],
            difficulty: "无，因为住户可暂住亲属家。".to_owned(),
            policy_ideas: "建议公开维修资金使用情况。".to_owned(),
            explanation: "说明了保修责任。".to_owned(),
            legal_basis: "《建设工程质量管理条例》第四十条".to_owned(),
            lead_unit_id: HOUSING.to_string(),
            assist_unit_ids: vec![TOWN.to_string()],
        }),
        branch: Branch::AReasonable.into(),
        instruction: "请住建局核实后尽快修缮，结果报我。".to_owned(),
        due_hint: "2026-04-30".to_owned(),
    }
}

/// A booking for one visitor.
pub(crate) fn booking(
    slot: (&str, &str, &str),
    name: &str,
    id_no: &str,
    phone: &str,
) -> BookAppointmentRequest {
    let (day, start, room) = slot;
    BookAppointmentRequest {
        request_id: fresh(),
        slot: Some(SlotRef {
            day: day.to_owned(),
            start: start.to_owned(),
            room: room.to_owned(),
        }),
        visitors: vec![AppointmentVisitor {
            name: name.to_owned(),
            id_no: id_no.to_owned(),
            phone: phone.to_owned(),
        }],
        subject: "房屋质量".to_owned(),
        case_id: String::new(),
        channel: BookingChannel::Counter.into(),
        hold: false,
    }
}

/// The stable reason of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// One fact of a refusal.
pub(crate) fn fact(status: &Status, key: &str) -> String {
    status
        .get_details_error_info()
        .and_then(|info| info.metadata.get(key).cloned())
        .unwrap_or_default()
}

/// The fields a refusal names.
pub(crate) fn wrong_fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let violations = status
        .get_details_bad_request()
        .map(|details| details.field_violations);
    violations
        .unwrap_or_default()
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}
