//! The calls of the archivist, and what their answers say.

use std::{collections::BTreeMap, path::PathBuf};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use xinqiao_archive::domain::bag::{Finding, Seen, validate};
use xinqiao_chassis::random;
use xinqiao_proto::archive::{
    Dossier, GetDossierRequest, Package, ReadPackageRequest, SealPackageRequest, VerifyPackageRequest,
    VerifyPackageResponse, read_package_response::Part,
};

use super::world::{Case, World, archivist};

impl World {
    pub(crate) async fn dossier(&self, case: &Case) -> Dossier {
        let request = GetDossierRequest {
            case_id: case.id.to_string(),
        };
        self.dossiers(&archivist())
            .get_dossier(request)
            .await
            .unwrap()
            .into_inner()
            .dossier
            .unwrap()
    }

    /// Seals as the archivist, with the version he sees.
    pub(crate) async fn seal(&self, case: &Case) -> Result<Package, Status> {
        let version = self.dossier(case).await.version;
        let request = SealPackageRequest {
            request_id: random::new_id().to_string(),
            case_id: case.id.to_string(),
            version,
            note: "原件两页".into(),
        };
        let answer = self.dossiers(&archivist()).seal_package(request).await?;
        Ok(answer.into_inner().package.unwrap())
    }

    /// The plain files of a package, through the API.
    pub(crate) async fn read(&self, package: &Package) -> Result<BTreeMap<String, Vec<u8>>, Status> {
        let request = ReadPackageRequest {
            package_id: package.package_id.clone(),
            path: String::new(),
            reason: "核对归档材料".to_owned(),
        };
        let mut parts = self
            .packages(&archivist())
            .read_package(request)
            .await?
            .into_inner();
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut current = String::new();
        while let Some(answer) = parts.message().await? {
            match answer.part.unwrap() {
                Part::File(file) => {
                    current.clone_from(&file.path);
                    files.insert(file.path, Vec::new());
                }
                Part::Chunk(chunk) => files.get_mut(&current).unwrap().extend_from_slice(&chunk),
            }
        }
        Ok(files)
    }

    pub(crate) async fn verify(&self, package: &Package) -> VerifyPackageResponse {
        let request = VerifyPackageRequest {
            package_id: package.package_id.clone(),
        };
        self.packages(&archivist())
            .verify_package(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// The folder of a package on the disk.
    pub(crate) fn on_disk(&self, package: &Package) -> PathBuf {
        let name = format!("{}_{}", package.case_no, package.package_id);
        self.folder.path().join("packages/220502").join(name)
    }
}

/// Code, reason and the wrong fields of a refusal.
pub(crate) fn told(status: &Status) -> (Code, String, Vec<(String, String)>) {
    let details = status.get_error_details();
    let reason = details
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default();
    let fields = details.bad_request().map(|bad| {
        bad.field_violations
            .iter()
            .map(|wrong| (wrong.field.clone(), wrong.reason.clone()))
            .collect()
    });
    (status.code(), reason, fields.unwrap_or_default())
}

/// What is wrong with a bag that was read.
pub(crate) fn findings(files: &BTreeMap<String, Vec<u8>>) -> Vec<Finding> {
    validate(
        &files
            .iter()
            .map(|(path, bytes)| (path.clone(), Seen::of(path, bytes)))
            .collect(),
    )
}
