//! Approving and publishing planned days.

use time::Date;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::scheduling as wire_v1;

use super::{announce, generate, put};
use crate::domain::reception_day;
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;

pub(super) async fn publish(
    act: &mut Act,
    query: wire_v1::PublishRosterRequest,
) -> Result<wire_v1::PublishRosterResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let bounds = generate::year(&mut fields, query.year, act.today());
    let wanted: Vec<Option<Uuid>> = (query.reception_day_ids.iter().enumerate())
        .map(|(index, id)| fields.uuid(&format!("reception_day_ids[{index}]"), id))
        .collect();
    fields.finish()?;
    let Some((first, last)) = bounds else {
        return Err(Refusal::internal(&"the year was checked"));
    };
    let days = store::days::between(act, first, last).await?;
    if wanted
        .iter()
        .any(|id| !days.iter().any(|day| Some(day.id) == *id))
    {
        return Err(Error::NotFound(What::ReceptionDay).into());
    }
    let (mut published, mut too_late) = (Vec::new(), Vec::new());
    for mut day in days {
        let named = wanted.is_empty() || wanted.contains(&Some(day.id));
        let Some(next) = day.state.after(reception_day::Act::Publish).filter(|_| named) else {
            continue;
        };
        if !reception_day::published_in_time(act.calendar(), act.today(), day.day) {
            let last = reception_day::last_publication_day(act.calendar(), day.day);
            too_late.push((day.day, last));
            continue;
        }
        day.state = next;
        day.published_at = Some(act.now());
        put(act, &mut day).await?;
        announce(act, "reception_day.published", &day);
        published.push(wire::reception_day(&day));
    }
    if published.is_empty() {
        return Err(Error::NothingToPublish { too_late }.into());
    }
    let dates = |dates: Vec<Date>| dates.iter().map(Date::to_string).collect();
    let (too_late, last_days): (Vec<_>, Vec<_>) = too_late.into_iter().unzip();
    Ok(wire_v1::PublishRosterResponse {
        published,
        too_late: dates(too_late),
        last_days: dates(last_days),
    })
}
