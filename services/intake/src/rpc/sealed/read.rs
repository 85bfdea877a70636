//! Reading an opened case: by who is named for it, and never without an audit row.

use uuid::Uuid;
use xinqiao_chassis::desk::{Act, object_ref};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_chassis::seal::Opening as Proof;
use xinqiao_proto::intake::{
    Accused as Shown, PetitionerField, ReadSealedCaseRequest, ReadSealedCaseResponse, UnmaskedPetitioner,
};

use super::proof;
use crate::contract;
use crate::domain::sealed::Accused;
use crate::domain::submission::Identity;
use crate::rpc::cases::{note_access, unmask, view};
use crate::rpc::refused::no_such_case;
use crate::store::cases::{self as rows, content};
use crate::store::onlooker::Onlooker;
use crate::store::sealed;

/// What every reading shows.
const ALWAYS: [&str; 3] = ["submission.text", "requests", "accused"];

/// Shows what the case says.
pub(super) async fn read(
    act: &mut Act,
    query: ReadSealedCaseRequest,
) -> Result<ReadSealedCaseResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = fields.uuid("case_id", &query.case_id);
    let reason = fields.text("reason", &query.reason, 5..=200);
    let wanted: Vec<PetitionerField> = (0_usize..)
        .zip(&query.fields)
        .filter_map(|(index, number)| fields.choice(&format!("fields[{index}]"), *number))
        .collect();
    fields.finish()?;
    let case_id = case_id.expect("invariant: nothing was wrong");
    let (desk, district, now) = (act.desk().clone(), act.district(), act.now());
    let row = rows::find(act.conn(), district, case_id).await?;
    let row = row.filter(|row| row.sealed).ok_or_else(no_such_case)?;
    let names: Vec<&str> = ALWAYS
        .into_iter()
        .chain(wanted.iter().map(|field| unmask::name(*field)))
        .collect();
    act.intend(&names, &reason);
    let onlooker = Onlooker::of(act).await?;
    let readers = sealed::opened_to(act.conn(), district, case_id, now).await?;
    act.authorise(&row.opened_to(&onlooker, readers), no_such_case)?;
    let proof = proof(act)?;
    let (submissions, requests) = view::said(act, &row, Some(&proof)).await?;
    let accused = sealed::accused(act.conn(), desk.keys(), &proof, district, case_id).await?;
    let petitioners = if wanted.is_empty() {
        Vec::new()
    } else {
        petitioners(act, &proof, case_id, &wanted).await?
    };
    act.audit(object_ref("case", case_id), &names, Some(&reason));
    note_access(act, case_id).await?;
    Ok(ReadSealedCaseResponse {
        case_id: case_id.to_string(),
        case_no: row.number(district).to_string(),
        state: contract::state(row.standing().state),
        submissions,
        requests,
        accused: accused.into_iter().map(shown).collect(),
        petitioners,
    })
}

async fn petitioners(
    act: &mut Act,
    proof: &Proof,
    case_id: Uuid,
    wanted: &[PetitionerField],
) -> Result<Vec<UnmaskedPetitioner>, Refusal> {
    let (desk, district) = (act.desk().clone(), act.district());
    let found = content::petitioners(act.conn(), district, case_id).await?;
    let one = |row: &content::PetitionerRow| {
        let identity = row.identity(Some(proof), desk.keys(), district)?;
        Ok(unmasked(row.id, identity, wanted))
    };
    found.iter().map(one).collect()
}

fn unmasked(id: Uuid, identity: Identity, wanted: &[PetitionerField]) -> UnmaskedPetitioner {
    let shown = |field, value: Option<String>| value.filter(|_| wanted.contains(&field)).unwrap_or_default();
    UnmaskedPetitioner {
        petitioner_id: id.to_string(),
        name: shown(PetitionerField::Name, Some(identity.name)),
        id_no: shown(PetitionerField::IdNo, identity.id_no),
        mobile: shown(PetitionerField::Mobile, identity.mobile),
        landline: shown(PetitionerField::Landline, identity.landline),
        addr_detail: shown(PetitionerField::Address, Some(identity.addr_detail)),
    }
}

fn shown(accused: Accused) -> Shown {
    Shown {
        unit_id: accused.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        person_id: accused.person.unwrap_or_default(),
        name: accused.name.unwrap_or_default(),
    }
}
