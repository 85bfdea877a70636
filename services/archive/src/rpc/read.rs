//! `ReadPackage`: the plain files of a bag, each checked against the manifests before its first byte leaves.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream::BoxStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};
use xinqiao_chassis::{
    desk::{Act, object_ref},
    refusal::{Fields, Refusal},
};
use xinqiao_proto::archive::{
    PackageFile, ReadPackageRequest, ReadPackageResponse, VerifyPackageRequest, VerifyPackageResponse,
    package_service_server::PackageService, read_package_response::Part,
};

use super::{Packages, encode, package_not_found, resource, verify};
use crate::domain::bag::{BagPath, MANIFEST_512, TAG_MANIFEST, listing, sha512};
use crate::store::{
    dossier, package,
    shelf::{Place, Shelf, ShelfError},
};

/// Bytes of one chunk.
const CHUNK_BYTES: usize = 256 * 1024;
/// Chunks on their way to a caller who reads slowly.
const AHEAD: usize = 4;
/// Characters of a reason.
const REASON_MAX: usize = 200;

#[tonic::async_trait]
impl PackageService for Packages {
    type ReadPackageStream = BoxStream<'static, Result<ReadPackageResponse, Status>>;

    async fn read_package(
        &self,
        request: Request<ReadPackageRequest>,
    ) -> Result<Response<Self::ReadPackageStream>, Status> {
        let store = self.shelf.clone();
        let (place, files) = self
            .desk
            .read(request, |act, query| Box::pin(admit(act, query, store)))
            .await?
            .into_inner();
        let store = self.shelf.clone();
        let (sender, receiver) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || send(&store, &place, &files, &sender));
        Ok(Response::new(
            ReceiverStream::new(receiver)
                .map(|part| part.map_err(Status::from))
                .boxed(),
        ))
    }

    async fn verify_package(
        &self,
        request: Request<VerifyPackageRequest>,
    ) -> Result<Response<VerifyPackageResponse>, Status> {
        let store = self.shelf.clone();
        self.desk
            .read(request, move |act, query| {
                Box::pin(verify::verify(act, query, store))
            })
            .await
    }
}

/// The files that are asked for, with their digests.
type Files = BTreeMap<BagPath, String>;

/// Finds the package, lets the caller in, and leaves the audit row: which files of the case he reads, and why.
async fn admit(act: &mut Act, query: ReadPackageRequest, shelf: Shelf) -> Result<(Place, Files), Refusal> {
    let mut fields = Fields::new();
    let package_id = fields.uuid("package_id", &query.package_id).unwrap_or_default();
    let path_ok = query.path.is_empty() || BagPath::parse(&query.path).is_ok();
    fields.require(
        "path",
        path_ok,
        "BAD_PATH",
        "包内路径无效",
        "not a path inside a package",
    );
    let reason = fields.text("reason", &query.reason, 2..=REASON_MAX);
    fields.finish()?;
    let district = act.district();
    let row = package::find(act.conn(), district, package_id)
        .await?
        .ok_or_else(package_not_found)?;
    let dossier = dossier::find(act.conn(), district, row.case_id)
        .await?
        .ok_or_else(package_not_found)?;
    let resource = resource(act, row.case_id, &dossier.facts).await?;
    let asked = if query.path.is_empty() {
        "all files"
    } else {
        query.path.as_str()
    };
    act.intend(&[asked], &reason);
    act.authorise(&resource, package_not_found)?;
    let (place, registered) = (
        encode::place(district, &row),
        hex::encode(&row.tagmanifest_sha512),
    );
    let listed = tokio::task::spawn_blocking(move || manifest(&shelf, &place, &registered)).await;
    let mut files = listed.map_err(|error| Refusal::internal(&error))??;
    if !query.path.is_empty() {
        files.retain(|path, _| path.as_str() == query.path);
    }
    if files.is_empty() {
        return Err(Refusal::not_found("包内文件", "the file in the package"));
    }
    let paths: Vec<&str> = files.keys().map(BagPath::as_str).collect();
    act.audit(object_ref("case", row.case_id), &paths, Some(&reason));
    act.opened(row.case_id).await?;
    Ok((place, files))
}

/// Every file of the bag with its digest, from manifests that the register vouches for.
fn manifest(shelf: &Shelf, place: &Place, registered: &str) -> Result<Files, Refusal> {
    let read = |name: &str| -> Result<Vec<u8>, Refusal> {
        let path = BagPath::parse(name).map_err(|error| Refusal::internal(&error))?;
        shelf.read(place, &path).map_err(|error| refuse(&error))
    };
    let tags = read(TAG_MANIFEST)?;
    if sha512(&tags) != registered {
        return Err(damaged(TAG_MANIFEST));
    }
    let mut listed = listing(&tags).ok_or_else(|| damaged(TAG_MANIFEST))?;
    let payload = read(MANIFEST_512)?;
    if listed.get(MANIFEST_512) != Some(&sha512(&payload)) {
        return Err(damaged(MANIFEST_512));
    }
    listed.extend(listing(&payload).ok_or_else(|| damaged(MANIFEST_512))?);
    listed.insert(TAG_MANIFEST.to_owned(), registered.to_owned());
    let parsed = listed
        .into_iter()
        .map(|(path, digest)| BagPath::parse(&path).map(|path| (path, digest)));
    parsed
        .collect::<Result<_, _>>()
        .map_err(|_| damaged(MANIFEST_512))
}

type Sender = mpsc::Sender<Result<ReadPackageResponse, Refusal>>;

/// Sends file after file until all are sent, one is damaged, or the caller has gone.
fn send(shelf: &Shelf, place: &Place, files: &Files, sender: &Sender) {
    for (path, digest) in files {
        let sent = match shelf.read(place, path).map_err(|error| refuse(&error)) {
            Ok(bytes) if sha512(&bytes) == *digest => send_file(path, &bytes, digest, sender),
            Ok(_) => sender
                .blocking_send(Err(damaged(path.as_str())))
                .is_ok_and(|()| false),
            Err(refusal) => sender.blocking_send(Err(refusal)).is_ok_and(|()| false),
        };
        if !sent {
            return;
        }
    }
}

fn send_file(path: &BagPath, bytes: &[u8], digest: &str, sender: &Sender) -> bool {
    let file = PackageFile {
        path: path.to_string(),
        size: bytes.len() as u64,
        sha512: digest.to_owned(),
    };
    let parts = bytes
        .chunks(CHUNK_BYTES)
        .map(|chunk| Part::Chunk(chunk.to_vec().into()));
    std::iter::once(Part::File(file)).chain(parts).all(|part| {
        sender
            .blocking_send(Ok(ReadPackageResponse { part: Some(part) }))
            .is_ok()
    })
}

fn refuse(error: &ShelfError) -> Refusal {
    match error {
        ShelfError::Missing(path) | ShelfError::Unreadable(path) => damaged(path),
        ShelfError::Io(error) => Refusal::internal(error),
    }
}

fn damaged(path: &str) -> Refusal {
    tracing::error!(path, "a file of a sealed package is damaged");
    let (zh, en) = (
        "归档包文件损坏，请运行核验并从副本恢复",
        "a file of the package is damaged; verify it and restore a copy",
    );
    Refusal::new(Code::DataLoss, "PACKAGE_DAMAGED", zh, en).with_metadata("path", path)
}
