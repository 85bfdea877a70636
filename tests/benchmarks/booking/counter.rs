//! What a client does on either side: book, give back, move.

use std::sync::Arc;

use anyhow::{Result, bail};
use sqlx::PgPool;
use tonic::{Code, Status};
use uuid::Uuid;
use xinqiao_chassis::random;
use xinqiao_local::clients::Signed;
use xinqiao_local::journey::patience::describe;
use xinqiao_proto::scheduling::appointment_service_client::AppointmentServiceClient;
use xinqiao_proto::scheduling::{
    Appointment, AppointmentVisitor, BookAppointmentRequest, BookingChannel, CancelAppointmentRequest,
    RescheduleAppointmentRequest, SlotRef,
};

/// Bytes beside each bare row, as many as an appointment seals.
const SEALED_BYTES: usize = 160;

/// Where places are booked.
pub(crate) trait Counter {
    /// What its holder knows of a place.
    type Held;

    /// Books a place; nothing when somebody has it.
    async fn book(&mut self, place: usize) -> Result<Option<Self::Held>>;
    /// Gives a place back.
    async fn cancel(&mut self, held: Self::Held) -> Result<()>;
    /// Moves to another place, or stays when somebody has it.
    async fn move_to(&mut self, held: Self::Held, place: usize) -> Result<Self::Held>;
}

/// The service.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) appointments: AppointmentServiceClient<Signed>,
    pub(crate) places: Arc<Vec<SlotRef>>,
}

impl Desk {
    fn slot(&self, place: usize) -> Option<SlotRef> {
        self.places.get(place).cloned()
    }
}

/// The only refusal that is expected.
fn is_taken(status: &Status) -> Result<()> {
    if status.code() == Code::Aborted && describe(status).contains("SLOT_TAKEN") {
        return Ok(());
    }
    bail!("refused: {}", describe(status))
}

impl Counter for Desk {
    type Held = Appointment;

    async fn book(&mut self, place: usize) -> Result<Option<Appointment>> {
        let number = u32::from_le_bytes(random::bytes()) % 100_000_000;
        let request = BookAppointmentRequest {
            request_id: random::new_id().to_string(),
            slot: self.slot(place),
            visitors: vec![AppointmentVisitor {
                name: "测试甲".to_owned(),
                phone: format!("199{number:08}"),
                ..AppointmentVisitor::default()
            }],
            subject: "房屋质量".to_owned(),
            channel: BookingChannel::Counter.into(),
            ..BookAppointmentRequest::default()
        };
        match self.appointments.book_appointment(request).await {
            Ok(answer) => Ok(answer.into_inner().appointment),
            Err(status) => is_taken(&status).map(|()| None),
        }
    }

    async fn cancel(&mut self, held: Appointment) -> Result<()> {
        let request = CancelAppointmentRequest {
            request_id: random::new_id().to_string(),
            appointment_id: held.appointment_id,
            version: held.version,
            ..CancelAppointmentRequest::default()
        };
        self.appointments.cancel_appointment(request).await?;
        Ok(())
    }

    async fn move_to(&mut self, held: Appointment, place: usize) -> Result<Appointment> {
        let request = RescheduleAppointmentRequest {
            request_id: random::new_id().to_string(),
            appointment_id: held.appointment_id.clone(),
            version: held.version,
            slot: self.slot(place),
        };
        match self.appointments.reschedule_appointment(request).await {
            Ok(answer) => Ok(answer.into_inner().appointment.unwrap_or(held)),
            Err(status) => is_taken(&status).map(|()| held),
        }
    }
}

/// The bare table.
#[derive(Clone)]
pub(crate) struct Bare {
    pub(crate) pool: PgPool,
    /// Its places begin with this number, so that no round meets the places of another.
    pub(crate) first: i32,
}

const INSERT: &str = "INSERT INTO bench_holder (id, place, state, visitors) VALUES ($1, $2, 'CONFIRMED', $3)
     ON CONFLICT (place) WHERE state = 'CONFIRMED' DO NOTHING";

impl Bare {
    fn number(&self, place: usize) -> Result<i32> {
        Ok(self.first + i32::try_from(place)?)
    }
}

impl Counter for Bare {
    type Held = Uuid;

    async fn book(&mut self, place: usize) -> Result<Option<Uuid>> {
        let id = random::new_id();
        let done = sqlx::query(INSERT)
            .bind(id)
            .bind(self.number(place)?)
            .bind(&[0_u8; SEALED_BYTES][..])
            .execute(&self.pool)
            .await?;
        Ok((done.rows_affected() == 1).then_some(id))
    }

    async fn cancel(&mut self, held: Uuid) -> Result<()> {
        sqlx::query("UPDATE bench_holder SET state = 'CANCELLED' WHERE id = $1")
            .bind(held)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn move_to(&mut self, held: Uuid, place: usize) -> Result<Uuid> {
        match self.book(place).await? {
            Some(id) => {
                self.cancel(held).await?;
                Ok(id)
            }
            None => Ok(held),
        }
    }
}
