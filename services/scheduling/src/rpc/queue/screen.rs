//! The screen in the hall: numbers, and nothing about anybody.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::server::CallPlace;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::scheduling::{WatchScreenRequest, WatchScreenResponse, watch_screen_response::Call};

use super::Queue;
use crate::domain::queue::State;
use crate::domain::reception_day;
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;

/// How often the numbers are looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long one stream goes on. Then the screen asks again: whoever may no longer see it, soon sees nothing.
const LIFE: Duration = Duration::from_secs(30);
/// Calls that are shown.
const CALLS: usize = 10;
/// Name of the later looks.
const LOOK: &str = "scheduling.WatchScreen";

type Frames = <Queue as xinqiao_proto::scheduling::queue_service_server::QueueService>::WatchScreenStream;

/// What the screen shows now, and whether the day goes on.
type Frame = (WatchScreenResponse, bool);

pub(super) async fn watch(
    desk: &Desk,
    request: Request<WatchScreenRequest>,
) -> Result<Response<Frames>, Status> {
    let day_id = wire::row_id("reception_day_id", &request.get_ref().reception_day_id)?;
    let district = desk.district(&request).await?;
    let place = request.extensions().get::<CallPlace>().cloned();
    let (frame, goes_on) = desk
        .read(request, move |act, _| {
            Box::pin(async move {
                wire::authorise_here(act)?;
                look(act, day_id).await
            })
        })
        .await?
        .into_inner();
    // From here on the call only waits: it keeps nobody from being worked on.
    if let Some(place) = place {
        place.give_back();
    }
    let first = stream::iter([Ok(frame.clone())]);
    if !goes_on {
        return Ok(Response::new(first.boxed()));
    }
    let later = Later {
        desk: desk.clone(),
        district,
        day_id,
        shown: frame,
        until: Instant::now() + LIFE,
    };
    Ok(Response::new(
        first.chain(stream::unfold(later, Later::next)).boxed(),
    ))
}

/// What comes after the first frame.
struct Later {
    desk: Desk,
    district: DistrictCode,
    day_id: Uuid,
    shown: WatchScreenResponse,
    until: Instant,
}

impl Later {
    /// The next frame that shows something else; nothing when the stream is over.
    async fn next(mut self) -> Option<(Result<WatchScreenResponse, Status>, Self)> {
        while Instant::now() < self.until {
            tokio::time::sleep(TICK).await;
            let day_id = self.day_id;
            let looked = self
                .desk
                .run(self.district, LOOK, move |act| Box::pin(look(act, day_id)));
            let (frame, goes_on) = match looked.await {
                Ok(looked) => looked,
                Err(refusal) => {
                    self.until = Instant::now();
                    return Some((Err(refusal.into()), self));
                }
            };
            if !goes_on {
                self.until = Instant::now();
            }
            if frame != self.shown {
                self.shown.clone_from(&frame);
                return Some((Ok(frame), self));
            }
        }
        None
    }
}

async fn look(act: &mut Act, day_id: Uuid) -> Result<Frame, Refusal> {
    let day = store::days::find(act, day_id)
        .await?
        .ok_or(Error::NotFound(What::ReceptionDay))?;
    let mut called = store::queue::in_state(act, day_id, State::Called).await?;
    called.sort_by_key(|entry| std::cmp::Reverse((entry.called_at, entry.number)));
    let waiting = super::waiting(act, day_id).await?;
    let frame = WatchScreenResponse {
        called: called
            .into_iter()
            .take(CALLS)
            .map(|entry| Call {
                number: entry.number.unsigned_abs(),
                room: entry.room.unwrap_or_default(),
            })
            .collect(),
        waiting: waiting.iter().map(|entry| entry.number.unsigned_abs()).collect(),
    };
    Ok((frame, day.state == reception_day::State::Open))
}
