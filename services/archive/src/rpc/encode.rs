//! Domain values as the contract writes them.

use xinqiao_chassis::document::timestamp;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::{
    archive::{self, Package, PackageState},
    common::Bilingual,
};

use crate::domain::{
    bag::{Finding, FindingKind},
    retention::Retention,
};
use crate::store::{package::PackageRow, shelf::Place};

pub(super) fn bilingual(zh: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual {
        zh: zh.into(),
        en: en.into(),
    }
}

pub(super) fn retention(retention: Retention) -> archive::Retention {
    match retention {
        Retention::Y => archive::Retention::Y,
        Retention::D30 => archive::Retention::D30,
        Retention::D10 => archive::Retention::D10,
    }
}

pub(super) fn package(row: &PackageRow) -> Package {
    let state = if row.final_on.is_some() {
        PackageState::SealedFinal
    } else {
        PackageState::SealedProvisional
    };
    Package {
        package_id: row.package_id.to_string(),
        case_id: row.case_id.to_string(),
        case_no: row.case_no.to_string(),
        archival_no: row.archival_no.clone(),
        retention: retention(row.retention).into(),
        state: state.into(),
        version: row.version.unsigned_abs(),
        sealed_at: Some(timestamp(row.sealed_at)),
        tagmanifest_sha512: hex::encode(&row.tagmanifest_sha512),
        file_count: row.file_count.unsigned_abs(),
        payload_bytes: row.payload_bytes.unsigned_abs(),
        document_count: row.document_count.unsigned_abs(),
        final_on: row.final_on.map(|on| on.to_string()).unwrap_or_default(),
    }
}

/// Where the files of a package lie.
pub(super) fn place(district: DistrictCode, row: &PackageRow) -> Place {
    Place {
        district,
        case_no: row.case_no,
        package_id: row.package_id,
    }
}

pub(super) fn finding(finding: Finding) -> archive::Finding {
    let kind = match finding.kind {
        FindingKind::FileMissing => archive::FindingKind::FileMissing,
        FindingKind::FileUnlisted => archive::FindingKind::FileUnlisted,
        FindingKind::FileUnreadable => archive::FindingKind::FileUnreadable,
        FindingKind::DigestDiffers => archive::FindingKind::DigestDiffers,
        FindingKind::Malformed => archive::FindingKind::Malformed,
        FindingKind::ForbiddenPath => archive::FindingKind::ForbiddenPath,
        FindingKind::RegisterDiffers => archive::FindingKind::RegisterDiffers,
        FindingKind::DocumentDiffers => archive::FindingKind::DocumentDiffers,
        FindingKind::EventsDiffer => archive::FindingKind::EventsDiffer,
        FindingKind::NumberGap => archive::FindingKind::NumberGap,
        FindingKind::OxumDiffers => archive::FindingKind::OxumDiffers,
    };
    archive::Finding {
        kind: kind.into(),
        path: finding.path,
        text: Some(bilingual(finding.zh, finding.en)),
    }
}
