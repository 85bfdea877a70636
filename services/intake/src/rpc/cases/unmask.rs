//! Identity data in clear: for a reason, and never without an audit row.

use uuid::Uuid;
use xinqiao_chassis::desk::{Act, object_ref};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::intake::{PetitionerField, ProxyInput, UnmaskPetitionerRequest, UnmaskPetitionerResponse};

use super::note_access;
use crate::domain::submission::Proxy;
use crate::rpc::refused::{no_such_case, used_up_today};
use crate::store::cases as rows;
use crate::store::cases::content;
use crate::store::daily::{self, Use};
use crate::store::onlooker::Onlooker;

/// Opens the fields asked for.
pub(super) async fn unmask(
    act: &mut Act,
    per_day_max: u32,
    query: UnmaskPetitionerRequest,
) -> Result<UnmaskPetitionerResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = fields.uuid("case_id", &query.case_id);
    let petitioner_id = fields.uuid("petitioner_id", &query.petitioner_id);
    let reason = fields.text("reason", &query.reason, 5..=200);
    fields.require(
        "fields",
        !query.fields.is_empty(),
        "REQUIRED",
        "请选择要查看的项目",
        "name at least one field",
    );
    let wanted: Vec<PetitionerField> = (0_usize..)
        .zip(&query.fields)
        .filter_map(|(index, number)| fields.choice(&format!("fields[{index}]"), *number))
        .collect();
    fields.finish()?;
    let (case_id, petitioner_id) = case_id.zip(petitioner_id).expect("invariant: nothing was wrong");

    let names: Vec<String> = wanted
        .iter()
        .map(|field| format!("{petitioner_id}.{}", name(*field)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    act.intend(&names, &reason);
    let district = act.district();
    let row = rows::find(act.conn(), district, case_id).await?;
    let row = row.ok_or_else(no_such_case)?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&row.resource(&onlooker), no_such_case)?;
    let petitioners = content::petitioners(act.conn(), district, case_id).await?;
    let petitioner = petitioners
        .iter()
        .find(|one| one.id == petitioner_id)
        .ok_or_else(no_such_case)?;
    count(act, case_id, per_day_max).await?;
    let identity = petitioner.identity(None, act.keys(), district)?;
    act.audit(object_ref("case", case_id), &names, Some(&reason));
    note_access(act, case_id).await?;

    let asked = |field| wanted.contains(&field);
    let shown = |field, value: Option<String>| value.filter(|_| asked(field)).unwrap_or_default();
    let proxies = asked(PetitionerField::Proxies);
    Ok(UnmaskPetitionerResponse {
        name: shown(PetitionerField::Name, Some(identity.name)),
        id_no: shown(PetitionerField::IdNo, identity.id_no),
        mobile: shown(PetitionerField::Mobile, identity.mobile),
        landline: shown(PetitionerField::Landline, identity.landline),
        addr_detail: shown(PetitionerField::Address, Some(identity.addr_detail)),
        caller_number: shown(PetitionerField::CallerNumber, identity.caller_number),
        birth_date: shown(
            PetitionerField::BirthDate,
            identity.birth_date.map(|day| day.to_string()),
        ),
        email: shown(PetitionerField::Email, identity.email),
        post_addr: shown(PetitionerField::PostAddress, identity.post_addr),
        agents: identity
            .agents
            .into_iter()
            .filter(|_| proxies)
            .map(proxy)
            .collect(),
        guardian: identity.guardian.filter(|_| proxies).map(proxy),
    })
}

fn proxy(one: Proxy) -> ProxyInput {
    ProxyInput {
        name: one.name,
        id_type: one.id_kind.unwrap_or_default().into(),
        id_no: one.id_no.unwrap_or_default(),
        mobile: one.mobile.unwrap_or_default(),
        paper_reference: one.paper_reference,
    }
}

/// Counts one of the person's day.
async fn count(act: &mut Act, case_id: Uuid, max: u32) -> Result<(), Refusal> {
    let (district, today) = (act.district(), act.today());
    let person = act.caller().person_id.clone();
    if daily::take(act.conn(), district, today, Use::Unmask(&person), max).await? {
        return Ok(());
    }
    act.exceeded(object_ref("case", case_id), "UNMASK_LIMIT");
    Err(used_up_today(
        act,
        "UNMASK_LIMIT",
        format!("您今日已查看{max}次身份信息，请明日再查看；确需查看的请由他人办理"),
        format!(
            "you were shown identity data {max} times today; wait for tomorrow, or let somebody else do it"
        ),
    ))
}

pub(in crate::rpc) fn name(field: PetitionerField) -> &'static str {
    match field {
        PetitionerField::Unspecified => "none",
        PetitionerField::Name => "name",
        PetitionerField::IdNo => "id_no",
        PetitionerField::Mobile => "mobile",
        PetitionerField::Landline => "landline",
        PetitionerField::Address => "addr_detail",
        PetitionerField::CallerNumber => "caller_number",
        PetitionerField::BirthDate => "birth_date",
        PetitionerField::Email => "email",
        PetitionerField::PostAddress => "post_addr",
        PetitionerField::Proxies => "proxies",
    }
}
