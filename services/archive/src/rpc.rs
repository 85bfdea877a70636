//! The operations, one file per group: decode, ask the domain and the store, encode.

mod dossier;
mod encode;
mod read;
mod seal;
mod verify;

use tonic::service::Routes;
use xinqiao_chassis::{
    desk::Desk,
    identity::{Caller, Role, RoleTable},
    refusal::Refusal,
    server::MESSAGE_MAX_BYTES,
};
use xinqiao_proto::archive::{
    dossier_service_server::DossierServiceServer, package_service_server::PackageServiceServer,
};

use crate::domain::facts::Facts;
use crate::store::shelf::Shelf;

const READERS: &[Role] = &[Role::Arc, Role::Dsp, Role::Sup, Role::Ldr];

/// Who may call what (domain rules §5.2, row "archive package").
pub(crate) const ROLES: RoleTable = &[
    ("/xinqiao.archive.v1.DossierService/GetDossier", READERS),
    (
        "/xinqiao.archive.v1.DossierService/ListDesk",
        &[Role::Arc, Role::Dsp, Role::Sup],
    ),
    ("/xinqiao.archive.v1.DossierService/SealPackage", &[Role::Arc]),
    ("/xinqiao.archive.v1.PackageService/ReadPackage", READERS),
    (
        "/xinqiao.archive.v1.PackageService/VerifyPackage",
        &[Role::Arc, Role::Dsp, Role::Sup, Role::Aud],
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

/// A caller who is a leader and nothing else sees only the cases he is responsible for.
fn may_see(caller: &Caller, facts: &Facts) -> bool {
    caller.has_any(&[Role::Arc, Role::Dsp, Role::Sup])
        || (caller.leader_id.is_some() && caller.leader_id == facts.responsible_leader_id)
}

fn case_not_found() -> Refusal {
    Refusal::not_found("该信访事项的卷宗", "the dossier of the case")
}

fn package_not_found() -> Refusal {
    Refusal::not_found("该归档包", "the package")
}
