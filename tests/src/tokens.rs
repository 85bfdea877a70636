//! How somebody comes to a token for one case: its petitioner by the query code, city support by break-glass.

use anyhow::{Context as _, Result};
use tonic::Status;
use xinqiao_local::clients::Desk;
use xinqiao_local::people::{Person, find};
use xinqiao_local::platform::Platform;
use xinqiao_proto::intake::petitioner_service_client::PetitionerServiceClient;
use xinqiao_proto::intake::sign_in_by_query_code_request::Proof;
use xinqiao_proto::intake::{
    ApproveBreakGlassRequest, EnterBreakGlassRequest, EnterBreakGlassResponse, RequestBreakGlassRequest,
    SignInByQueryCodeRequest,
};

/// What the operator says of the fault.
pub const FAULT: &str = "事项在移交后打不开，需要对照内容排查";

/// A demo person.
pub fn person(id: &str) -> Result<&'static Person> {
    find(id).with_context(|| format!("nobody is called {id}"))
}

/// A petitioner's token, for who knows the query code and the last digits of the telephone.
pub async fn petitioner(
    platform: &Platform,
    district: &str,
    query_code: &str,
    mobile: &str,
) -> Result<String> {
    let digits = mobile.get(mobile.len().saturating_sub(4)..).unwrap_or_default();
    let request = SignInByQueryCodeRequest {
        district_code: district.to_owned(),
        query_code: query_code.to_owned(),
        proof: Some(Proof::PhoneLastFour(digits.to_owned())),
    };
    let mut counter = PetitionerServiceClient::new(platform.channel("intake")?);
    let signed = counter.sign_in_by_query_code(request).await?.into_inner();
    Ok(signed.access_token)
}

/// The operator asks to be let into a case; the id of his request.
pub async fn ask(operator: &Desk, case_no: &str) -> Result<String, Status> {
    let request = RequestBreakGlassRequest {
        request_id: fresh(),
        case_no: case_no.to_owned(),
        reason: FAULT.to_owned(),
    };
    let asked = operator.break_glass().request_break_glass(request).await?;
    Ok(asked.into_inner().break_glass_id)
}

/// Lets him in.
pub async fn approve(who: &Desk, break_glass_id: &str) -> Result<(), Status> {
    let request = ApproveBreakGlassRequest {
        request_id: fresh(),
        break_glass_id: break_glass_id.to_owned(),
    };
    who.break_glass().approve_break_glass(request).await.map(drop)
}

/// He takes a token.
pub async fn enter(operator: &Desk, break_glass_id: &str) -> Result<EnterBreakGlassResponse, Status> {
    let request = EnterBreakGlassRequest {
        break_glass_id: break_glass_id.to_owned(),
    };
    Ok(operator
        .break_glass()
        .enter_break_glass(request)
        .await?
        .into_inner())
}

fn fresh() -> String {
    xinqiao_chassis::random::new_id().to_string()
}
