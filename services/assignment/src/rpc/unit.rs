//! Units: the master that assignments refer to.

use uuid::Uuid;
use xinqiao_chassis::{
    desk::Act,
    random,
    refusal::{Fields, Page, Refusal},
};
use xinqiao_kernel::uscc::CreditCode;
use xinqiao_proto::assignment::{ListUnitsRequest, ListUnitsResponse, PutUnitRequest, PutUnitResponse};

use super::{decode, encode, opened};
use crate::{
    domain::{denied::Denied, unit::Unit},
    events::outgoing,
    store::units,
};

/// Adds or changes a unit.
pub(super) async fn put_unit(act: &mut Act, request: PutUnitRequest) -> Result<PutUnitResponse, Refusal> {
    opened::authorise_here(act)?;
    let entered = request.unit.unwrap_or_default();
    let mut fields = Fields::new();
    let kind = fields
        .choice("unit.kind", entered.kind)
        .and_then(decode::unit_kind);
    let id = fields.optional_uuid("unit.unit_id", &entered.unit_id);
    let name = fields.text("unit.name", &entered.name, 2..=100);
    let parent = fields.optional_uuid("unit.parent_unit_id", &entered.parent_unit_id);
    let successor = fields.optional_uuid("unit.successor_unit_id", &entered.successor_unit_id);
    let uscc = uscc(&entered.uscc, &mut fields);

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
    known.check(&unit, &mut fields);
    fields.finish()?;
    if known.get(unit.id).map_or(0, |stored| stored.version) != unit.version {
        return Err(Denied::StaleVersion.into());
    }
    units::save(act, &mut unit).await?;
    outgoing::unit_changed(act, &unit);
    Ok(PutUnitResponse {
        unit: Some(encode::unit(&unit)),
    })
}

fn uscc(entered: &str, fields: &mut Fields) -> Option<String> {
    let text = entered.trim();
    if text.is_empty() {
        return None;
    }
    let code = fields.take("unit.uscc", text.parse::<CreditCode>());
    code.map(|code| code.to_string())
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
