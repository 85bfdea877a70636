//! Units: the master that assignments refer to.

use uuid::Uuid;
use xinqiao_chassis::{
    desk::Act,
    random,
    refusal::{Fields, Page, Refusal},
};
use xinqiao_proto::assignment::{ListUnitsRequest, ListUnitsResponse, PutUnitRequest, PutUnitResponse};

use super::{decode, encode, opened};
use crate::{
    domain::{denied::Denied, fault::Faults, unit::Unit},
    events::outgoing,
    store::units,
};

/// Adds or changes a unit.
pub(super) async fn put_unit(act: &mut Act, request: PutUnitRequest) -> Result<PutUnitResponse, Refusal> {
    opened::authorise_here(act)?;
    let entered = request.unit.unwrap_or_default();
    let mut faults = Faults::default();
    let kind = faults.choice("unit.kind", decode::unit_kind(entered.kind()));
    let id = faults.optional_id("unit.unit_id", &entered.unit_id);
    let name = faults.text("unit.name", &entered.name, 2, 100);
    let parent = faults.optional_id("unit.parent_unit_id", &entered.parent_unit_id);
    let successor = faults.optional_id("unit.successor_unit_id", &entered.successor_unit_id);
    let uscc = uscc(&entered.uscc, &mut faults);

    let district = act.district();
    units::lock_tree(act.conn(), district).await?;
    let known = units::all(act.conn(), district).await?;
    let mut unit = Unit {
        id: id.unwrap_or_else(random::new_id),
        name,
        kind: kind.unwrap_or(crate::domain::unit::UnitKind::GovernmentDepartment),
        parent,
        successor,
        uscc,
        active: entered.active,
        version: i64::try_from(entered.version).unwrap_or(i64::MAX),
    };
    if let Err(more) = known.check(&unit) {
        faults.absorb(more);
    }
    faults.finish()?;
    if known.get(unit.id).map_or(0, |stored| stored.version) != unit.version {
        return Err(Denied::StaleVersion.into());
    }
    units::save(act, &mut unit).await?;
    outgoing::unit_changed(act, &unit);
    Ok(PutUnitResponse {
        unit: Some(encode::unit(&unit)),
    })
}

fn uscc(entered: &str, faults: &mut Faults) -> Option<String> {
    let text = entered.trim();
    if text.is_empty() {
        return None;
    }
    match text.parse::<xinqiao_kernel::uscc::CreditCode>() {
        Ok(code) => Some(code.to_string()),
        Err(error) => {
            use xinqiao_kernel::Explain as _;
            faults.add("unit.uscc", error.reason(), error.zh(), error.en());
            None
        }
    }
}

/// Lists units by identifier.
pub(super) async fn list_units(
    act: &mut Act,
    request: ListUnitsRequest,
) -> Result<ListUnitsResponse, Refusal> {
    opened::authorise_here(act)?;
    let mut fields = Fields::new();
    let page: Page<Uuid> = Page::read(&mut fields, "page", request.page.as_ref());
    fields.finish()?;
    let district = act.district();
    let mut rows = units::page(
        act.conn(),
        district,
        request.include_inactive,
        page.after,
        page.limit(),
    )
    .await?;
    let info = page.cut(&mut rows, |unit| unit.id);
    Ok(ListUnitsResponse {
        units: rows.iter().map(encode::unit).collect(),
        page: Some(info),
    })
}
