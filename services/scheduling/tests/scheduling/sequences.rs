//! Whatever is done in whatever order: a place has one holder, a day no more of them than places, a person one
//! appointment a day; and what is refused is what the rules refuse.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use time::{Duration, OffsetDateTime};
use tokio::runtime::Handle;
use tokio::task::{JoinSet, block_in_place};
use xinqiao_proto::scheduling::{
    Appointment, BookAppointmentRequest, CancelAppointmentRequest, ConfirmAppointmentRequest,
    DeclineAppointmentRequest, JoinWaitingListRequest, RescheduleAppointmentRequest, SlotRef,
};
use xinqiao_scheduling::domain::appointment::State;
use xinqiao_scheduling::domain::waiting;

use crate::hall::{Hall, booking, fresh, reason};

/// Sequences tried, each on a day of its own.
const SEQUENCES: u32 = 16;
/// The places that are fought for. The others of the day are given away beforehand.
const PLACES: [(&str, &str); 4] = [("09:00", "1"), ("09:00", "2"), ("09:30", "1"), ("09:30", "2")];
/// The others.
const REST: [&str; 7] = ["10:00", "10:30", "13:30", "14:00", "14:30", "15:00", "15:30"];
/// Those who want one.
const PERSONS: usize = 6;
/// As the district file says it.
const TURN: Duration = Duration::minutes(120);
const HOLD: Duration = Duration::minutes(15);

/// What somebody does. A number of an appointment counts from the newest.
#[derive(Debug, Clone)]
enum Deed {
    Book { person: usize, place: usize, hold: bool },
    Join { person: usize },
    Move { which: usize, place: usize },
    Confirm { which: usize },
    Cancel { which: usize },
    Decline { which: usize },
    Pass { sevens: u8 },
}

fn deed() -> impl Strategy<Value = Deed> {
    let (person, place, which) = (0..PERSONS, 0..PLACES.len(), 0_usize..6);
    prop_oneof![
        6 => (person.clone(), place.clone(), any::<bool>())
            .prop_map(|(person, place, hold)| Deed::Book { person, place, hold }),
        2 => person.prop_map(|person| Deed::Join { person }),
        3 => (which.clone(), place).prop_map(|(which, place)| Deed::Move { which, place }),
        2 => which.clone().prop_map(|which| Deed::Confirm { which }),
        2 => which.clone().prop_map(|which| Deed::Cancel { which }),
        1 => which.prop_map(|which| Deed::Decline { which }),
        2 => (1_u8..20).prop_map(|sevens| Deed::Pass { sevens }),
    ]
}

/// An appointment as the rules have it.
#[derive(Debug, Clone)]
struct Row {
    seen: Appointment,
    person: usize,
    place: Option<usize>,
    state: State,
    held_until: Option<OffsetDateTime>,
    ended_at: OffsetDateTime,
}

/// A day as the rules have it: nothing but what was done, in order.
struct Day<'a> {
    hall: &'a Hall,
    date: String,
    rows: Vec<Row>,
}

impl Day<'_> {
    fn now(&self) -> OffsetDateTime {
        self.hall.bench.desk().clock().now()
    }

    fn live(&self) -> impl Iterator<Item = &Row> {
        let now = self.now();
        self.rows
            .iter()
            .filter(move |row| row.state.at(row.held_until, now).holds_slot())
    }

    fn waiting(&self) -> Vec<usize> {
        let places = self.rows.iter().enumerate();
        places
            .filter(|(_, row)| row.state == State::Requested && row.place.is_none())
            .map(|(index, _)| index)
            .collect()
    }

    fn freed_at(&self, place: usize) -> Option<OffsetDateTime> {
        let had = self.rows.iter().filter(|row| row.place == Some(place));
        had.map(|row| match row.state {
            State::Requested => row.held_until.unwrap_or(row.ended_at),
            _ => row.ended_at,
        })
        .max()
    }

    /// Why somebody is not given a place, who gives back one of the rows for it or none.
    fn refusal(&self, person: usize, place: usize, instead_of: Option<usize>) -> Option<&'static str> {
        if self.live().any(|row| row.place == Some(place)) {
            return Some("SLOT_TAKEN");
        }
        let own = instead_of.and_then(|which| self.rows.get(which));
        let other = |row: &&Row| own.is_none_or(|own| own.seen.appointment_id != row.seen.appointment_id);
        if self.live().filter(other).any(|row| row.person == person) {
            return Some("PERSON_HAS_APPOINTMENT");
        }
        let waiting = self.waiting();
        let before = waiting.iter().position(|index| Some(*index) == instead_of);
        let before = u32::try_from(before.unwrap_or(waiting.len())).unwrap();
        let may = waiting::may_take(self.freed_at(place), before, TURN, self.now());
        (!may).then_some("WAITING_FIRST")
    }

    async fn does(&mut self, deed: &Deed) {
        match *deed {
            Deed::Pass { sevens } => self.hall.bench.pass(Duration::minutes(7 * i64::from(sevens))),
            Deed::Book { person, place, hold } => self.books(person, place, hold).await,
            Deed::Join { person } => self.joins(person).await,
            Deed::Move { which, place } => self.moves(which, place).await,
            Deed::Confirm { which } => self.ends(which, State::Confirmed).await,
            Deed::Cancel { which } => self.ends(which, State::CancelledByPetitioner).await,
            Deed::Decline { which } => self.ends(which, State::Declined).await,
        }
    }

    async fn books(&mut self, person: usize, place: usize, hold: bool) {
        let expected = self.refusal(person, place, None);
        let request = BookAppointmentRequest {
            hold,
            ..self.request(person, PLACES[place])
        };
        let mut clerk = self.hall.appointments(&Hall::clerk());
        let answer = clerk.book_appointment(request).await;
        let answer = answer.map(|answer| answer.into_inner().appointment.unwrap());
        match answer {
            Ok(seen) => {
                assert_eq!(expected, None, "{} {} was given", self.date, PLACES[place].0);
                let held_until = hold.then(|| self.now() + HOLD);
                let state = if hold { State::Requested } else { State::Confirmed };
                self.add(seen, person, Some(place), (state, held_until));
            }
            Err(status) => assert_eq!(expected, Some(reason(&status).as_str()), "{status:?}"),
        }
    }

    async fn joins(&mut self, person: usize) {
        let before = u32::try_from(self.waiting().len()).unwrap();
        let free = (0..PLACES.len()).filter(|place| !self.live().any(|row| row.place == Some(*place)));
        let open = free
            .into_iter()
            .any(|place| waiting::may_take(self.freed_at(place), before, TURN, self.now()));
        let busy = self.live().any(|row| row.person == person);
        let BookAppointmentRequest {
            visitors,
            subject,
            channel,
            ..
        } = self.request(person, PLACES[0]);
        let request = JoinWaitingListRequest {
            request_id: fresh(),
            day: self.date.clone(),
            visitors,
            subject,
            case_id: String::new(),
            channel,
        };
        match self
            .hall
            .appointments(&Hall::clerk())
            .join_waiting_list(request)
            .await
        {
            Ok(answer) => {
                assert!(!open && !busy);
                let waiting = answer.into_inner().waiting.unwrap();
                assert_eq!(waiting.before, before);
                self.add(
                    waiting.appointment.unwrap(),
                    person,
                    None,
                    (State::Requested, None),
                );
            }
            Err(status) if open => assert_eq!(reason(&status), "SLOTS_FREE"),
            Err(status) => assert_eq!((busy, reason(&status).as_str()), (true, "PERSON_HAS_APPOINTMENT")),
        }
    }

    async fn moves(&mut self, which: usize, place: usize) {
        let Some(index) = self.rows.len().checked_sub(which + 1) else {
            return;
        };
        let row = self.rows[index].clone();
        let expected = self.refusal(row.person, place, Some(index));
        let now = row.state.at(row.held_until, self.now());
        let expected = match expected {
            None if !matches!(now, State::Requested | State::Confirmed) => Some("WRONG_STATE"),
            expected => expected,
        };
        let request = RescheduleAppointmentRequest {
            request_id: fresh(),
            appointment_id: row.seen.appointment_id.clone(),
            version: row.seen.version,
            slot: Some(SlotRef {
                day: self.date.clone(),
                start: PLACES[place].0.to_owned(),
                room: PLACES[place].1.to_owned(),
            }),
        };
        match self
            .hall
            .appointments(&Hall::clerk())
            .reschedule_appointment(request)
            .await
        {
            Ok(answer) => {
                assert_eq!(expected, None);
                self.end(index, State::Rescheduled);
                let seen = answer.into_inner().appointment.unwrap();
                self.add(seen, row.person, Some(place), (State::Confirmed, None));
            }
            // What has ended has another version too, and a hold may have been ended by who came after.
            Err(status) if !now.holds_slot() => {
                assert!(
                    expected.is_some() || reason(&status) == "STALE_VERSION",
                    "{status:?}"
                );
            }
            Err(status) => assert_eq!(expected, Some(reason(&status).as_str()), "{status:?}"),
        }
    }

    async fn ends(&mut self, which: usize, next: State) {
        let Some(index) = self.rows.len().checked_sub(which + 1) else {
            return;
        };
        let row = self.rows[index].clone();
        let (appointment_id, version) = (row.seen.appointment_id.clone(), row.seen.version);
        let now = row.state.at(row.held_until, self.now());
        let mut clerk = self.hall.appointments(&Hall::clerk());
        let (possible, done) = match next {
            State::Confirmed => {
                let request = ConfirmAppointmentRequest {
                    request_id: fresh(),
                    appointment_id,
                    version,
                };
                let done = clerk.confirm_appointment(request).await.map(|_| ());
                (now == State::Requested && row.place.is_some(), done)
            }
            State::Declined => {
                let reason = "当天事项已另行安排".to_owned();
                let request = DeclineAppointmentRequest {
                    request_id: fresh(),
                    appointment_id,
                    version,
                    reason,
                };
                (
                    now == State::Requested,
                    clerk.decline_appointment(request).await.map(|_| ()),
                )
            }
            _ => {
                let request = CancelAppointmentRequest {
                    request_id: fresh(),
                    appointment_id,
                    version,
                    by_office: false,
                    reason: String::new(),
                };
                (
                    now.holds_slot(),
                    clerk.cancel_appointment(request).await.map(|_| ()),
                )
            }
        };
        assert_eq!(done.is_ok(), possible, "{row:?} → {next:?}: {done:?}");
        if possible {
            self.end(index, next);
        }
    }

    fn request(&self, person: usize, (start, room): (&str, &str)) -> BookAppointmentRequest {
        booking(
            (&self.date, start, room),
            "测试甲",
            "",
            &format!("1990000{person:04}"),
        )
    }

    fn add(
        &mut self,
        seen: Appointment,
        person: usize,
        place: Option<usize>,
        (state, held_until): (State, Option<OffsetDateTime>),
    ) {
        let ended_at = self.now();
        self.rows.push(Row {
            seen,
            person,
            place,
            state,
            held_until,
            ended_at,
        });
    }

    fn end(&mut self, index: usize, next: State) {
        let now = self.now();
        let row = &mut self.rows[index];
        row.state = next;
        row.ended_at = now;
        row.seen.version += 1;
    }

    /// Gives away the places that nobody fights for.
    async fn fill(&self) {
        for (number, start) in REST.into_iter().enumerate() {
            for room in ["1", "2"] {
                let person = 1000 + 10 * number + usize::from(room == "2");
                let request = self.request(person, (start, room));
                self.hall
                    .appointments(&Hall::clerk())
                    .book_appointment(request)
                    .await
                    .unwrap();
            }
        }
    }

    /// What no sequence may break, asked of the database without its indexes.
    async fn holds(&self) {
        let broken: Vec<String> = sqlx::query_scalar(
            "WITH live AS (
                 SELECT a.id, a.slot_id, a.reception_day_id FROM appointment a
                 WHERE a.state IN ('CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED')
                    OR a.state = 'REQUESTED' AND a.slot_id IS NOT NULL AND a.held_until > $1)
             SELECT 'two holders of a place' FROM live GROUP BY slot_id HAVING count(*) > 1
             UNION ALL
             SELECT 'more holders than places' FROM live l GROUP BY l.reception_day_id
             HAVING count(*) > (SELECT count(*) FROM slot s
                                WHERE s.reception_day_id = l.reception_day_id AND NOT s.walk_in)
             UNION ALL
             SELECT 'a holder of a kept place' FROM live l JOIN slot s ON s.id = l.slot_id WHERE s.walk_in
             UNION ALL
             SELECT 'two appointments of a person' FROM live l JOIN appointment_person p ON p.appointment_id = l.id
             GROUP BY p.reception_day_id, p.person HAVING count(*) > 1
             UNION ALL
             SELECT 'an appointment of nobody' FROM live l
             WHERE NOT EXISTS (SELECT 1 FROM appointment_person p WHERE p.appointment_id = l.id)",
        )
        .bind(self.now())
        .fetch_all(self.hall.bench.pool())
        .await
        .unwrap();
        assert!(broken.is_empty(), "{broken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sequence_of_bookings_breaks_the_rules() {
    let hall = Hall::with_roster().await;
    let days = hall.generate(2026).await.unwrap();
    let mut dates = days
        .into_iter()
        .map(|day| day.day)
        .filter(|day| day.as_str() > "2026-06");
    let mut runner = TestRunner::new(Config {
        cases: SEQUENCES,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..Config::default()
    });
    let dates = std::cell::RefCell::new(&mut dates);
    let tried = block_in_place(|| {
        runner.run(&vec(deed(), 10..30), |deeds| {
            let date = dates.borrow_mut().next().unwrap();
            Handle::current().block_on(async {
                let mut day = Day {
                    hall: &hall,
                    date,
                    rows: Vec::new(),
                };
                day.fill().await;
                for deed in &deeds {
                    day.does(deed).await;
                    day.holds().await;
                }
            });
            Ok(())
        })
    });
    tried.unwrap();
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_break_them_neither() {
    let hall = Hall::with_roster().await;
    let mut doing = JoinSet::new();
    for client in 0..16_usize {
        let mut clerk = hall.appointments(&Hall::clerk());
        doing.spawn(async move {
            let mut own: Option<Appointment> = None;
            for round in 0..12_usize {
                let (start, room) = PLACES[(client + round) % PLACES.len()];
                let slot = ("2026-03-10", start, room);
                let status = match own.take() {
                    Some(held) if round % 3 == 0 => {
                        let request = CancelAppointmentRequest {
                            request_id: fresh(),
                            appointment_id: held.appointment_id,
                            version: held.version,
                            ..CancelAppointmentRequest::default()
                        };
                        clerk.cancel_appointment(request).await.err()
                    }
                    Some(held) => {
                        let request = RescheduleAppointmentRequest {
                            request_id: fresh(),
                            appointment_id: held.appointment_id.clone(),
                            version: held.version,
                            slot: booking(slot, "", "", "").slot,
                        };
                        match clerk.reschedule_appointment(request).await {
                            Ok(answer) => {
                                own = answer.into_inner().appointment;
                                None
                            }
                            Err(status) => {
                                own = Some(held);
                                Some(status)
                            }
                        }
                    }
                    None => {
                        let phone = format!("19900000{:03}", client % PERSONS);
                        match clerk.book_appointment(booking(slot, "测试甲", "", &phone)).await {
                            Ok(answer) => {
                                own = answer.into_inner().appointment;
                                None
                            }
                            Err(status) => Some(status),
                        }
                    }
                };
                if let Some(status) = status {
                    let known = ["SLOT_TAKEN", "PERSON_HAS_APPOINTMENT"];
                    assert!(known.contains(&reason(&status).as_str()), "{status:?}");
                }
            }
        });
    }
    while let Some(done) = doing.join_next().await {
        done.unwrap();
    }
    let day = Day {
        hall: &hall,
        date: "2026-03-10".to_owned(),
        rows: Vec::new(),
    };
    day.holds().await;
    hall.bench.finish().await;
}
