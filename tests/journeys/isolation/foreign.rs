//! The foreign district: a whole journey, an appointment, an accusation that was transferred and opened, a request to be
//! let into a case, and a proposal of another calendar.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use xinqiao_local::journey::patience::until;
use xinqiao_local::journey::schedule::Day;
use xinqiao_local::journey::{Cast, Journey, Registration, masters, script::Script};
use xinqiao_local::people::{LEADER_LIU, LEADER_ZHANG, UNIT_HOUSING};
use xinqiao_proto::event::{DelegationScope, Purpose};
use xinqiao_proto::intake::{
    ConfirmOpeningRequest, ConfirmSealedTransferRequest, DraftContent, GetCaseRequest,
    ListNotificationsRequest, OpenSealedRequest, ProposeSealedTransferRequest, RegisterVisitRequest,
    Registered, ReserveBlockRequest, SaveDraftRequest, SearchCasesRequest, draft_content, get_case_request,
};
use xinqiao_proto::scheduling::{
    AppointmentVisitor, BookAppointmentRequest, BookingChannel, CalendarDayKind, CalendarRow,
    ListFreeSlotsRequest, ProposeCalendarRequest, ProposeDelegationRequest, ReceptionDay,
};
use xinqiao_tests::counter::{register, visit};
use xinqiao_tests::dynamic::Rpc;
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::secrets::Secrets;
use xinqiao_tests::tokens::{ask, person};

/// Stands in every text of the foreign district.
pub(super) const MARK: &str = "〔东昌标记〕";
/// Finds them.
pub(super) const WORD: &str = "东昌标记";
/// Every number of the foreign district begins so.
const NUMBERS: &str = "XF-220502-";

/// What fields that name something are filled with.
pub(super) type Ids = BTreeMap<&'static str, String>;

/// What exists there.
pub(super) struct Foreign {
    /// Of an ordinary case.
    ordinary: Ids,
    /// Of an accusation: instead of those, where the sealed compartment is asked.
    sealed: Ids,
    /// Of the district.
    masters: Ids,
}

impl Foreign {
    /// Makes it.
    pub(super) async fn play(fleet: &Fleet, people: &Cast) -> Result<Self> {
        let (session, schedule) = fleet.next_session(people).await?;
        let appointment_id = book(people, &session.day).await?;
        let delegation_id = delegate(people, &session.day).await?;
        let day_id = session.reception_day_id.clone();
        let mut journey = Journey::new(people, Script::marked(MARK), schedule.clone(), day_id);
        for (day, begins) in schedule.days() {
            fleet.platform.move_on(begins).await?;
            if day == Day::Reception {
                masters::open(&people.clerk, &session).await?;
            }
            journey.act(day).await?;
        }
        let registered = journey.registration()?.clone();
        let operator = fleet.platform.desk(person("wei-yunwei")?)?;
        let break_glass_id = ask(&operator, &registered.case_no).await?;
        is_searchable(people).await?;
        let mut ordinary = of_the_case(people, registered).await?;
        ordinary.extend([
            ("appointment_id", appointment_id),
            ("draft_id", draft(people).await?),
            ("number_block_id", number_block(people).await?),
            ("package_id", journey.package_id.clone().context("no package")?),
            ("break_glass_id", break_glass_id),
        ]);
        Ok(Self {
            ordinary,
            sealed: accuse(fleet, people).await?,
            masters: of_the_district(session, delegation_id, propose_calendar(people).await?),
        })
    }

    /// What an RPC is asked with.
    pub(super) fn names(&self, rpc: &Rpc) -> Ids {
        let mut names = self.masters.clone();
        names.extend(self.ordinary.clone());
        if rpc.path().contains(".SealedService/") {
            names.extend(self.sealed.clone());
        }
        names
    }

    /// What nobody of another district must be shown.
    pub(super) fn secrets(&self) -> Result<Secrets> {
        let ids = self.masters.values().chain(self.ids_of_cases()).cloned();
        let words = [MARK, NUMBERS].map(str::to_owned);
        Secrets::new(ids.chain(words).collect())
    }

    /// What nobody must be shown who may see one other case.
    pub(super) fn secrets_of_its_cases(&self) -> Result<Secrets> {
        let ids = self.ids_of_cases().cloned();
        Secrets::new(ids.chain([MARK.to_owned()]).collect())
    }

    fn ids_of_cases(&self) -> impl Iterator<Item = &String> {
        self.ordinary.values().chain(self.sealed.values())
    }
}

fn of_the_district(session: ReceptionDay, delegation_id: String, proposal_id: String) -> Ids {
    Ids::from([
        ("proposal_id", proposal_id),
        ("reception_day_id", session.reception_day_id),
        ("leader_id", LEADER_ZHANG.to_string()),
        ("delegation_id", delegation_id),
        ("unit_id", UNIT_HOUSING.to_string()),
    ])
}

/// Numbers for a counter of the hall.
async fn number_block(people: &Cast) -> Result<String> {
    let request = ReserveBlockRequest {
        request_id: fresh(),
        counter: "一号窗口".to_owned(),
        numbers: 5,
    };
    let reserved = people.clerk.numbers().reserve_block(request).await?;
    Ok(reserved.into_inner().block.unwrap_or_default().number_block_id)
}

/// What the holiday regulation fixes of a year whose notice is not out.
async fn propose_calendar(people: &Cast) -> Result<String> {
    let rest = |date: &str| CalendarRow {
        date: date.to_owned(),
        kind: CalendarDayKind::Rest.into(),
        name: "节日".to_owned(),
    };
    let fixed = ["01-01", "05-01", "05-02", "10-01", "10-02", "10-03"];
    let request = ProposeCalendarRequest {
        request_id: fresh(),
        year: 2027,
        calendar_notice: format!("放假安排通知{MARK}"),
        calendar_days: fixed.map(|day| rest(&format!("2027-{day}"))).into(),
    };
    let proposed = people
        .clerk
        .calendars()
        .propose_calendar(request)
        .await?
        .into_inner();
    Ok(proposed.proposal.context("no proposal")?.proposal_id)
}

async fn of_the_case(people: &Cast, registered: Registration) -> Result<Ids> {
    let query = GetCaseRequest {
        case: Some(get_case_request::Case::CaseId(registered.case_id.clone())),
    };
    let seen = people.clerk.cases().get_case(query).await?.into_inner();
    let petitioner = seen
        .submissions
        .first()
        .and_then(|submission| submission.petitioners.first())
        .context("nobody petitions")?;
    let notification_id = told(people, &registered.case_id).await?;
    Ok(Ids::from([
        ("notification_id", notification_id),
        ("case_id", registered.case_id),
        ("case_no", registered.case_no),
        ("petitioner_id", petitioner.petitioner_id.clone()),
        ("reception_id", seen.reception_id),
    ]))
}

/// The acceptance is told by an event.
async fn told(people: &Cast, case_id: &str) -> Result<String> {
    let query = ListNotificationsRequest {
        case_id: case_id.to_owned(),
    };
    until("the petitioner is told", async || {
        let found = people
            .clerk
            .notifications()
            .list_notifications(query.clone())
            .await?
            .into_inner();
        Ok(found.notifications.first().map(|one| one.notification_id.clone()))
    })
    .await
}

/// The index is written behind the registration.
async fn is_searchable(people: &Cast) -> Result<()> {
    let query = SearchCasesRequest {
        query: WORD.to_owned(),
        ..SearchCasesRequest::default()
    };
    until("the case is found by its words", async || {
        let found = people
            .clerk
            .cases()
            .search_cases(query.clone())
            .await?
            .into_inner();
        Ok((!found.headers.is_empty()).then_some(()))
    })
    .await
}

/// An accusation is transferred to the discipline inspection and opened there.
async fn accuse(fleet: &Fleet, people: &Cast) -> Result<Ids> {
    let mut brought = visit(&Script::marked(MARK));
    if let Some(submission) = &mut brought.submission {
        submission.purpose = Purpose::Accusation.into();
    }
    let case = register(&people.clerk, brought).await?;
    transfer(fleet, people, &case).await?;
    let ask = OpenSealedRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        reason: "核实反映的问题".to_owned(),
        minutes: 30,
        readers: vec!["jiang-jijian".to_owned()],
    };
    let asked = people.dispatcher.sealed().open_sealed(ask).await?.into_inner();
    let opening_id = asked.opening.context("no opening")?.opening_id;
    let confirmation = ConfirmOpeningRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        opening_id: opening_id.clone(),
    };
    let inspector = fleet.platform.desk(person("jiang-jijian")?)?;
    inspector.sealed().confirm_opening(confirmation).await?;
    Ok(Ids::from([
        ("case_id", case.case_id),
        ("case_no", case.case_no),
        ("opening_id", opening_id),
    ]))
}

async fn transfer(fleet: &Fleet, people: &Cast, case: &Registered) -> Result<()> {
    let proposal = ProposeSealedTransferRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: case.version,
        addressee: "区纪委监委".to_owned(),
        reasons: "属于纪检监察机关管理权限".to_owned(),
    };
    let proposed = people
        .dispatcher
        .sealed()
        .propose_sealed_transfer(proposal)
        .await?;
    let confirmation = ConfirmSealedTransferRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: proposed.into_inner().version,
    };
    let other = fleet.platform.desk(person("fang-fenban")?)?;
    other.sealed().confirm_sealed_transfer(confirmation).await?;
    Ok(())
}

async fn book(people: &Cast, day: &str) -> Result<String> {
    let query = ListFreeSlotsRequest { day: day.to_owned() };
    let free = people
        .clerk
        .appointments()
        .list_free_slots(query)
        .await?
        .into_inner();
    let request = BookAppointmentRequest {
        request_id: fresh(),
        slot: free.slots.first().cloned(),
        visitors: vec![AppointmentVisitor {
            name: "测试乙".to_owned(),
            id_no: "440524188001010014".to_owned(),
            phone: "19900000003".to_owned(),
        }],
        subject: format!("外墙改造后房屋漏雨{MARK}"),
        case_id: String::new(),
        channel: BookingChannel::Counter.into(),
        hold: false,
    };
    let booked = people
        .clerk
        .appointments()
        .book_appointment(request)
        .await?
        .into_inner();
    Ok(booked.appointment.unwrap_or_default().appointment_id)
}

async fn delegate(people: &Cast, day: &str) -> Result<String> {
    let request = ProposeDelegationRequest {
        request_id: fresh(),
        leader_id: LEADER_ZHANG.to_string(),
        delegate_id: LEADER_LIU.to_string(),
        scope: DelegationScope::Receive.into(),
        first_day: day.to_owned(),
        last_day: day.to_owned(),
    };
    let proposed = people.leader.delegations().propose_delegation(request).await?;
    Ok(proposed.into_inner().delegation.unwrap_or_default().delegation_id)
}

/// What somebody has brought and nobody has numbered.
async fn draft(people: &Cast) -> Result<String> {
    let brought = RegisterVisitRequest {
        request_id: String::new(),
        ..visit(&Script::marked(MARK))
    };
    let request = SaveDraftRequest {
        request_id: fresh(),
        form: Some(DraftContent {
            channel: Some(draft_content::Channel::Visit(brought)),
        }),
        ..SaveDraftRequest::default()
    };
    let saved = people.clerk.drafts().save_draft(request).await?.into_inner();
    Ok(saved.draft.unwrap_or_default().draft_id)
}

fn fresh() -> String {
    xinqiao_chassis::random::new_id().to_string()
}
