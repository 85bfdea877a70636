//! The operations, one file per group: decode, ask the domain and the store, encode.

mod dossier;
mod encode;
mod read;
mod seal;
mod verify;

use tonic::service::Routes;
use uuid::Uuid;
use xinqiao_chassis::{
    concern,
    desk::{Act, Desk},
    permission::{CaseFacts, Resource, Right, RightTable},
    refusal::Refusal,
    server::MESSAGE_MAX_BYTES,
};
use xinqiao_proto::archive::{
    dossier_service_server::DossierServiceServer, package_service_server::PackageServiceServer,
};

use crate::domain::facts::Facts;
use crate::store::shelf::Shelf;

/// The right each RPC needs (domain rules §5.2, row "archive package").
pub(crate) const RIGHTS: RightTable = &[
    (
        "/xinqiao.archive.v1.DossierService/GetDossier",
        Right::ReadPackage,
    ),
    ("/xinqiao.archive.v1.DossierService/ListDesk", Right::ReadRegister),
    (
        "/xinqiao.archive.v1.DossierService/SealPackage",
        Right::ApprovePackage,
    ),
    (
        "/xinqiao.archive.v1.PackageService/ReadPackage",
        Right::ReadPackage,
    ),
    (
        "/xinqiao.archive.v1.PackageService/VerifyPackage",
        Right::VerifyPackage,
    ),
];

/// Dossiers and their sealing.
#[derive(Clone, Debug)]
pub(crate) struct Dossiers {
    desk: Desk,
    shelf: Shelf,
    package_max_bytes: u64,
}

/// Sealed packages.
#[derive(Clone, Debug)]
pub(crate) struct Packages {
    desk: Desk,
    shelf: Shelf,
}

/// The gRPC services.
pub(crate) fn routes(desk: Desk, shelf: Shelf, package_max_bytes: u64) -> Routes {
    let dossiers = Dossiers {
        desk: desk.clone(),
        shelf: shelf.clone(),
        package_max_bytes,
    };
    let packages = Packages { desk, shelf };
    Routes::new(DossierServiceServer::new(dossiers).max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(PackageServiceServer::new(packages).max_decoding_message_size(MESSAGE_MAX_BYTES))
}

/// What decides about who may see a dossier and act on it.
async fn resource(act: &mut Act, case_id: Uuid, facts: &Facts) -> Result<Resource, Refusal> {
    let concern = concern::of(act, case_id).await?;
    Ok(Resource::Case(CaseFacts {
        sealed: facts.sealed,
        leader: facts.responsible_leader_id,
        accused_units: concern.units,
        concerned: concern.persons,
        ..CaseFacts::new(act.district(), case_id, facts.state)
    }))
}

fn case_not_found() -> Refusal {
    Refusal::not_found("该信访事项的卷宗", "the dossier of the case")
}

fn package_not_found() -> Refusal {
    Refusal::not_found("该归档包", "the package")
}
