//! From the closure report to the sealed package: completeness, opinion, inspection, signature, archive.

use anyhow::{Context as _, Result};
use xinqiao_proto::archive::{GetDossierRequest, SealPackageRequest};
use xinqiao_proto::event::Attitude;
use xinqiao_proto::supervision::{
    CheckCompletenessRequest, GetCaseSupervisionRequest, GetSigningSheetRequest, InspectionManner,
    RecordInspectionRequest, RecordPetitionerOpinionRequest, ReviewDecision, SignReviewRequest,
    SignatureType, SignedOpinion, record_petitioner_opinion_request,
};

use super::patience::patiently;
use super::schedule::Day;
use super::{Journey, timestamp};
use crate::clients::Desk;

async fn version(desk: &Desk, case_id: &str) -> Result<u64, tonic::Status> {
    let request = GetCaseSupervisionRequest {
        case_id: case_id.to_owned(),
    };
    Ok(desk
        .supervision()
        .get_case_supervision(request)
        .await?
        .into_inner()
        .version)
}

impl Journey<'_> {
    /// The clerk checks the papers (T28).
    pub async fn check_completeness(&self) -> Result<()> {
        let case_id = self.case_id()?;
        let request_id = self.request_id("check completeness");
        let desk = &self.cast.clerk;
        patiently(
            "check completeness",
            async || {
                Ok(CheckCompletenessRequest {
                    request_id: request_id.clone(),
                    case_id: case_id.clone(),
                    version: version(desk, &case_id).await?,
                    note: String::new(),
                })
            },
            async |request| desk.closure().check_completeness(request).await,
        )
        .await
        .map(drop)
    }

    /// The petitioner signs his opinion: satisfied (T30).
    pub async fn record_petitioner_opinion(&self) -> Result<()> {
        let case_id = self.case_id()?;
        let request_id = self.request_id("record opinion");
        let desk = &self.cast.clerk;
        let signed = SignedOpinion {
            attitude: Attitude::Satisfied.into(),
            agree_closed: Some(true),
            text: self.script.opinion.clone(),
            signature_type: SignatureType::Handwritten.into(),
            identity_checked: true,
            needs_reading_aloud: false,
            read_aloud_by: String::new(),
        };
        patiently(
            "record the petitioner's opinion",
            async || {
                Ok(RecordPetitionerOpinionRequest {
                    request_id: request_id.clone(),
                    case_id: case_id.clone(),
                    version: version(desk, &case_id).await?,
                    representative: 1,
                    remedy_told: true,
                    result: Some(record_petitioner_opinion_request::Result::Signed(signed.clone())),
                })
            },
            async |request| desk.closure().record_petitioner_opinion(request).await,
        )
        .await
        .map(drop)
    }

    /// The leader inspects for himself.
    pub async fn record_inspection(&self) -> Result<()> {
        let case_id = self.case_id()?;
        let request_id = self.request_id("inspect");
        let desk = &self.cast.leader;
        let inspected_at = timestamp(self.schedule.begins(Day::PetitionerOpinion)?);
        patiently(
            "record the inspection",
            async || {
                Ok(RecordInspectionRequest {
                    request_id: request_id.clone(),
                    case_id: case_id.clone(),
                    version: version(desk, &case_id).await?,
                    inspected_at: Some(inspected_at),
                    manner: InspectionManner::OnSite.into(),
                    findings: self.script.inspection.clone(),
                    instruction: String::new(),
                })
            },
            async |request| desk.review().record_inspection(request).await,
        )
        .await
        .map(drop)
    }

    /// The leader reads the sheet, signs its hash and sends the signature (T33).
    pub async fn sign_review(&self) -> Result<()> {
        let case_id = self.case_id()?;
        let request_id = self.request_id("sign");
        let desk = &self.cast.leader;
        let comment = self.script.comment.clone();
        patiently(
            "sign the review",
            async || {
                let sheet = desk
                    .review()
                    .get_signing_sheet(GetSigningSheetRequest {
                        case_id: case_id.clone(),
                        comment: comment.clone(),
                    })
                    .await?
                    .into_inner();
                Ok(SignReviewRequest {
                    request_id: request_id.clone(),
                    case_id: case_id.clone(),
                    version: sheet.version,
                    decision: ReviewDecision::Approve.into(),
                    comment: comment.clone(),
                    signature: self.cast.signatory.sign(&sheet.sheet_sha256).into(),
                    sheet_sha256: sheet.sheet_sha256,
                })
            },
            async |request| desk.review().sign_review(request).await,
        )
        .await
        .map(drop)
    }

    /// The archivist seals the package (T36).
    pub async fn seal_package(&mut self) -> Result<()> {
        let case_id = self.case_id()?;
        let request_id = self.request_id("seal");
        let desk = &self.cast.archivist;
        let answer = patiently(
            "seal the package",
            async || {
                let seen = desk
                    .dossiers()
                    .get_dossier(GetDossierRequest {
                        case_id: case_id.clone(),
                    })
                    .await?;
                Ok(SealPackageRequest {
                    request_id: request_id.clone(),
                    case_id: case_id.clone(),
                    version: seen.into_inner().dossier.unwrap_or_default().version,
                    note: "材料齐全,按规定立卷".to_owned(),
                })
            },
            async |request| desk.dossiers().seal_package(request).await,
        )
        .await?;
        self.package_id = Some(
            answer
                .package
                .context("the sealed package came back empty")?
                .package_id,
        );
        Ok(())
    }
}
