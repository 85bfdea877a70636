//! The petitioner's own view: a token for whoever knows the query code, and his case.

mod progress;

use tonic::{Code, Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::districts::District;
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::identity::{CASE_TOKEN_LIFE, Role};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_chassis::server::{Window, Windows};
use xinqiao_kernel::{CaseNumber, DistrictCode};
use xinqiao_proto::common::Bilingual;
use xinqiao_proto::intake::petitioner_service_server::PetitionerService;
use xinqiao_proto::intake::{
    CaseAccess, GetOwnCaseRequest, GetOwnCaseResponse, SignInByQueryCodeRequest, SignInByQueryCodeResponse,
    sign_in_by_query_code_request::Proof as Shown,
};

use super::cases::view;
use super::notices::own;
use super::refused::no_such_case;
use crate::contract;
use crate::domain::query;
use crate::store::access::{self, Access};
use crate::store::cases::{self as rows, content};
use crate::store::notices;
use crate::store::onlooker::Onlooker;

/// Name of the act in the audit chain.
const SIGN_IN: &str = "intake.SignInByQueryCode";
/// Days and roles shown of who looked at a case.
const ACCESSES_MAX: i64 = 200;
/// Notices shown.
const NOTICES_MAX: i64 = 200;

/// The petitioner's counter.
#[derive(Clone, Debug)]
pub(crate) struct Petitioners {
    pub(crate) desk: Desk,
    pub(crate) windows: Windows,
}

#[tonic::async_trait]
impl PetitionerService for Petitioners {
    async fn sign_in_by_query_code(
        &self,
        request: Request<SignInByQueryCodeRequest>,
    ) -> Result<Response<SignInByQueryCodeResponse>, Status> {
        let attempt = read(&request.into_inner())?;
        let district = attempt.district;
        let window = self.windows.take(district)?;
        let signed = self
            .desk
            .run(district, SIGN_IN, move |act| {
                Box::pin(sign_in(act, attempt, window))
            })
            .await?;
        let case_id = signed?;
        Ok(Response::new(SignInByQueryCodeResponse {
            access_token: self.desk.petitioner_token(district, case_id),
            expires_in_seconds: u32::try_from(CASE_TOKEN_LIFE.as_secs()).unwrap_or(u32::MAX),
        }))
    }

    async fn get_own_case(
        &self,
        request: Request<GetOwnCaseRequest>,
    ) -> Result<Response<GetOwnCaseResponse>, Status> {
        self.desk.read(request, |act, _| Box::pin(own_case(act))).await
    }
}

/// What somebody shows.
struct Attempt {
    district: DistrictCode,
    code: String,
    proof: Proof,
}

enum Proof {
    LastFour(String),
    Number(CaseNumber),
}

fn read(query: &SignInByQueryCodeRequest) -> Result<Attempt, Refusal> {
    let mut fields = Fields::new();
    let district = fields.take(
        "district_code",
        query.district_code.trim().parse::<DistrictCode>(),
    );
    let code = fields.some(
        "query_code",
        query::query_code(&query.query_code),
        "BAD_FORMAT",
        "查询码为回执上的10位字母和数字",
        "the query code on the receipt has ten letters and digits",
    );
    let proof = match &query.proof {
        None => {
            fields.wrong(
                "proof",
                "REQUIRED",
                "请填写电话后四位；未留电话的，请填写信访事项编号",
                "give the last four digits of the telephone number, or the case number where none was left",
            );
            None
        }
        Some(Shown::PhoneLastFour(typed)) => fields
            .some(
                "phone_last_four",
                query::last_four(typed),
                "BAD_FORMAT",
                "请填写电话号码的后四位数字",
                "give the last four digits of the telephone number",
            )
            .map(|digits| Proof::LastFour(digits.to_owned())),
        Some(Shown::CaseNo(typed)) => fields
            .take("case_no", typed.trim().parse::<CaseNumber>())
            .map(Proof::Number),
    };
    let (Some(district), Some(code), Some(proof)) = (district, code, proof) else {
        return Err(fields.finish().err().map_or_else(refused, Refusal::from));
    };
    fields.finish()?;
    Ok(Attempt {
        district,
        code,
        proof,
    })
}

/// The case, or what the caller is told. A refusal is an outcome: the attempt stays counted.
///
/// Whether a code exists changes neither the answer nor what is done: the same statements run, and code and digits are
/// looked up as one.
///
/// The window is held to the end of the work, which goes on when the caller has hung up.
async fn sign_in(act: &mut Act, attempt: Attempt, _window: Window) -> Result<Result<Uuid, Refusal>, Refusal> {
    let (desk, district, now) = (act.desk().clone(), act.district(), act.now());
    let attempts = access::count_attempt(act.conn(), desk.keys(), district, &attempt.code, now).await?;
    let found = match &attempt.proof {
        Proof::LastFour(digits) => {
            let key = access::query_key(desk.keys(), district, &attempt.code, digits);
            access::by_telephone(act.conn(), district, key).await?
        }
        // A number of another district is looked up where it finds nothing.
        Proof::Number(number) => access::by_number(act.conn(), *number).await?,
    };
    let is_code = desk
        .keys()
        .is_query_code(district, found.unwrap_or_default(), &attempt.code);
    if let Some(wait) = attempts.locked_for(now) {
        return Ok(Err(locked(wait)));
    }
    let Some(case_id) = found.filter(|_| is_code) else {
        if attempts.is_last() {
            let object = access::attempt_ref(desk.keys(), district, &attempt.code);
            act.audit_visitor(object, Role::Pet, Some("QUERY_LOCKED"));
        }
        return Ok(Err(refused()));
    };
    access::forgive(act.conn(), desk.keys(), district, &attempt.code).await?;
    act.audit_visitor(object_ref("case", case_id), Role::Pet, None);
    Ok(Ok(case_id))
}

fn refused() -> Refusal {
    Refusal::new(
        Code::NotFound,
        "QUERY_REFUSED",
        "查询码与验证信息不符，请核对回执",
        "query code and proof do not fit; compare them with the receipt",
    )
}

fn locked(wait: time::Duration) -> Refusal {
    Refusal::new(
        Code::ResourceExhausted,
        "QUERY_LOCKED",
        "多次查询失败，该查询码已暂停查询，请稍后再试",
        "too many attempts failed; the query code is locked for a while",
    )
    .with_retry_after(wait.try_into().unwrap_or_default())
}

async fn own_case(act: &mut Act) -> Result<GetOwnCaseResponse, Refusal> {
    let (desk, district) = (act.desk().clone(), act.district());
    let case_id = act.caller().case_id.ok_or_else(no_such_case)?;
    let row = rows::find(act.conn(), district, case_id)
        .await?
        .ok_or_else(no_such_case)?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&row.resource(&onlooker), no_such_case)?;
    let state = row.standing().state;
    let office = act.district_file().office.clone();
    let linked_case_no = progress::joined_to(act, case_id).await?;
    let accesses = access::noted(act.conn(), district, case_id, ACCESSES_MAX).await?;
    let known = GetOwnCaseResponse {
        case_no: row.number(district).to_string(),
        state: contract::state(state),
        state_name: Some(said(state.zh(), state.en())),
        k1: Some(view::k1(&row)),
        office: office.name_zh,
        office_phone: office.phone,
        accesses: accesses
            .into_iter()
            .filter_map(|access| shown(act.district_file(), row.sealed, access))
            .collect(),
        linked_case_no,
        ..GetOwnCaseResponse::default()
    };
    if row.sealed {
        return Ok(known);
    }
    let told = notices::of_case(act.conn(), district, case_id, NOTICES_MAX).await?;
    let submissions = content::submissions(act.conn(), district, case_id).await?;
    let first = submissions
        .first()
        .map(|one| one.text(None, desk.keys(), district))
        .transpose()?;
    let text = first.unwrap_or_default();
    let (steps, due) = (progress::steps(act, &row).await?, progress::due(act, &row).await?);
    Ok(GetOwnCaseResponse {
        steps,
        due,
        received_at: Some(timestamp(row.received_at)),
        registered_at: Some(timestamp(row.registered_at)),
        title: text.title,
        requests: text.requests,
        notices: told.iter().map(own).collect(),
        ..known
    })
}

fn shown(district: &District, sealed: bool, access: Access) -> Option<CaseAccess> {
    let role: Role = access.role.parse().ok()?;
    let office = office_of(district, role, access.unit).filter(|_| !sealed);
    Some(CaseAccess {
        date: access.day.to_string(),
        role: Some(said(role.zh(), role.en())),
        office,
    })
}

/// For which office somebody of a role looks at a case.
fn office_of(district: &District, role: Role, unit: Option<String>) -> Option<Bilingual> {
    match role {
        Role::Clk | Role::Dsp | Role::Sup | Role::Arc => {
            Some(said(&district.office.name_zh, &district.office.name_en))
        }
        Role::Unt | Role::Unh | Role::Twn | Role::Rev => unit.map(|name| said(&name, "")),
        Role::Ldr | Role::Lda => Some(said("区领导办公室", "office of the district leaders")),
        Role::Dis => Some(said("纪检监察机关", "discipline inspection")),
        Role::CityOp => Some(said("市级技术支持部门", "city technical support")),
        Role::CityXf => Some(said("市信访部门", "city petition department")),
        Role::Pro | Role::Aud | Role::Pet => None,
    }
}

fn said(zh: &str, en: &str) -> Bilingual {
    Bilingual {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}
