//! The sender: claims what is due, hands it over, writes what became of it.
//!
//! An attempt is counted and its time given before anything leaves, and what became of it is written after. Whoever dies
//! between the two leaves a notice that is due again when its time is over, under the same key: at the worst it is sent
//! twice, and never not at all.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use time::OffsetDateTime;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::jobs::{Job, Progress};
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::event::{NotificationFailed, NotificationSent};

use super::gateway::{Gateway, Gateways, Message, SendError};
use super::{in_contract, metrics};
use crate::config::NoticeSettings;
use crate::domain::codes::{NoticeChannel, PreferredChannel};
use crate::domain::notice::{self, Pace, Reach, State};
use crate::store::cases::{self as rows, By, content};
use crate::store::notices::{self, NoticeRow, Outcome};

/// Beyond the longest wait for a channel: by then whoever claimed a notice has written what became of it, or is dead.
const GRACE: Duration = Duration::from_secs(30);

/// The sender as a job. Any number of them may run beside each other.
#[derive(Clone, Debug)]
pub(crate) struct SendNotices {
    gateways: Gateways,
    pace: Pace,
    batch: u32,
    every: Duration,
    timeout: Duration,
}

/// How a petitioner is told.
enum Way {
    Send {
        channel: NoticeChannel,
        gateway: Arc<dyn Gateway>,
        message: Message,
    },
    /// No channel reaches him; or he cannot be found, for a reason.
    ByHand(Option<&'static str>),
}

/// A claimed notice after its attempt.
struct Tried {
    row: NoticeRow,
    /// None when it is left to the office.
    channel: Option<NoticeChannel>,
    failure: Option<SendError>,
}

impl SendNotices {
    /// Opens the channels; nobody is asked yet.
    pub(crate) fn open(settings: &NoticeSettings) -> anyhow::Result<Self> {
        Ok(Self {
            gateways: Gateways::open(settings)?,
            pace: settings.pace,
            batch: settings.batch_max,
            every: settings.every,
            timeout: settings.timeout,
        })
    }

    async fn turn(&self, desk: &Desk, district: DistrictCode) -> Result<Progress, Refusal> {
        let this = self.clone();
        let claimed = desk
            .run(district, "intake.ClaimNotices", move |act| {
                async move { this.claim(act).await }.boxed()
            })
            .await?;
        if claimed.is_empty() {
            return Ok(Progress::Idle);
        }
        let tried = join_all(claimed.into_iter().map(attempt)).await;
        let pace = self.pace;
        desk.run(district, "intake.SendNotices", move |act| {
            settle(act, pace, tried).boxed()
        })
        .await?;
        Ok(Progress::More)
    }

    async fn claim(&self, act: &mut Act) -> Result<Vec<(NoticeRow, Way)>, Refusal> {
        let (district, now) = (act.district(), act.now());
        let over = now + self.timeout + GRACE;
        let due = notices::claim(act.conn(), district, now, over, self.batch.into()).await?;
        let mut claimed = Vec::with_capacity(due.len());
        for row in due {
            let way = self.way(act, &row).await?;
            claimed.push((row, way));
        }
        Ok(claimed)
    }

    /// The contact is opened here, and stays in memory until it was used.
    async fn way(&self, act: &mut Act, row: &NoticeRow) -> Result<Way, Refusal> {
        let (desk, district) = (act.desk().clone(), act.district());
        let case = rows::find(act.conn(), district, row.case_id).await?;
        let petitioners = content::petitioners(act.conn(), district, row.case_id).await?;
        let petitioner = petitioners.iter().find(|one| one.id == row.petitioner_id);
        let Some((case, petitioner)) = case.zip(petitioner) else {
            return Ok(Way::ByHand(Some("NOBODY")));
        };
        // An accuser's does not open.
        let Ok(identity) = petitioner.identity(None, desk.keys(), district) else {
            return Ok(Way::ByHand(Some("CONTACT_CLOSED")));
        };
        let preferred = PreferredChannel::of_number(petitioner.preferred_channel);
        let reach = Reach {
            preferred: preferred.expect("invariant: written from a preference"),
            sms: identity.mobile.is_some() && self.gateways.has(NoticeChannel::Sms),
            email: identity.email.is_some() && self.gateways.has(NoticeChannel::Email),
        };
        let channel = reach.channel();
        let to = match channel {
            Some(NoticeChannel::Sms) => identity.mobile,
            Some(NoticeChannel::Email) => identity.email,
            _ => None,
        };
        let gateway = channel.and_then(|channel| self.gateways.of(channel));
        let (Some(channel), Some(gateway), Some(to)) = (channel, gateway, to) else {
            return Ok(Way::ByHand(None));
        };
        let phone = &act.district_file().office.phone;
        let message = Message {
            key: row.id,
            template: row.template(),
            to,
            words: notice::words(row.template(), case.number(district), row.appointment_at, phone),
        };
        Ok(Way::Send {
            channel,
            gateway,
            message,
        })
    }
}

async fn attempt((row, way): (NoticeRow, Way)) -> Tried {
    match way {
        Way::Send {
            channel,
            gateway,
            message,
        } => Tried {
            row,
            channel: Some(channel),
            failure: gateway.send(&message).await.err(),
        },
        Way::ByHand(code) => Tried {
            row,
            channel: None,
            failure: code.map(SendError::lasting),
        },
    }
}

impl Job for SendNotices {
    fn name(&self) -> &'static str {
        "send-notices"
    }

    fn every(&self) -> Option<Duration> {
        Some(self.every)
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        self.turn(desk, district).boxed()
    }
}

/// Writes what became of the attempts, and tells it.
async fn settle(act: &mut Act, pace: Pace, tried: Vec<Tried>) -> Result<(), Refusal> {
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    for one in tried {
        let outcome = outcome(&one, pace, at);
        let by = By { actor: &actor, at };
        if notices::settle(act.conn(), district, &one.row, outcome, by).await? {
            tell(act, &one, outcome);
        }
    }
    Ok(())
}

fn outcome(tried: &Tried, pace: Pace, at: OffsetDateTime) -> Outcome {
    let attempts = tried.row.attempts.unsigned_abs();
    let [chance] = random::bytes();
    let pause = |error: SendError| pace.pause(attempts, chance).filter(|_| !error.is_final);
    let (state, next_try_at) = match (tried.channel, tried.failure) {
        (None, _) => (State::NeedsHand, at),
        (Some(_), None) => (State::Sent, at),
        (Some(_), Some(error)) => pause(error).map_or((State::Failed, at), |pause| (State::Due, at + pause)),
    };
    Outcome {
        state,
        channel: tried.channel,
        next_try_at,
        failure: tried.failure.map(|error| error.code),
    }
}

fn tell(act: &mut Act, tried: &Tried, outcome: Outcome) {
    let (district, row) = (act.district(), &tried.row);
    let channel = outcome.channel.map_or("none", name);
    let became = match outcome.state {
        State::Sent => {
            publish_sent(act, row, outcome.channel);
            "sent"
        }
        State::Failed => {
            publish_failed(act, row, outcome);
            tracing::warn!(%district, notice = %row.id, reason = outcome.failure, "a petitioner could not be told");
            "failed"
        }
        State::Due => "retried",
        State::NeedsHand | State::ToldByHand => "by_hand",
    };
    metrics::became(district, channel, became);
}

/// `notification.sent`, also when somebody of the office has told him.
pub(crate) fn publish_sent(act: &mut Act, row: &NoticeRow, channel: Option<NoticeChannel>) {
    let body = NotificationSent {
        case_id: row.case_id.to_string(),
        template: in_contract(row.template()).into(),
        channel: channel.map_or(0, |channel| channel.number().into()),
    };
    act.publish("notification.sent", Entity::other(row.id), &body);
}

fn publish_failed(act: &mut Act, row: &NoticeRow, outcome: Outcome) {
    let body = NotificationFailed {
        case_id: row.case_id.to_string(),
        template: in_contract(row.template()).into(),
        channel: outcome.channel.map_or(0, |channel| channel.number().into()),
        reason_code: outcome.failure.unwrap_or_default().to_owned(),
        attempts: row.attempts.unsigned_abs(),
    };
    act.publish("notification.failed", Entity::other(row.id), &body);
}

/// How metrics name a channel.
const fn name(channel: NoticeChannel) -> &'static str {
    match channel {
        NoticeChannel::Sms => "sms",
        NoticeChannel::Email => "email",
        NoticeChannel::Letter => "letter",
        NoticeChannel::Phone => "phone",
        NoticeChannel::InPerson => "in_person",
    }
}
