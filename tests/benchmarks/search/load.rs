//! Registers the texts at the counter, and keeps each in clear beside.

use anyhow::{Context as _, Result};
use sqlx::PgConnection;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use uuid::Uuid;
use xinqiao_chassis::random;
use xinqiao_local::clients::{Bearer, Signed};
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::registration_service_client::RegistrationServiceClient;
use xinqiao_proto::intake::{
    IdType, PetitionerInput, PetitionerKind, PreferredChannel, RegisterVisitRequest, SubmissionInput,
};

use crate::texts::Writer;

/// Callers at once.
const CALLERS: usize = 128;
/// Texts that are registered before they are written in clear.
const PIECE: usize = 5_000;
/// Title and request of every petition: in no searched word.
const TITLE: &str = "住宅小区问题";
const REQUEST: &str = "责成有关部门尽快处理";

/// Registers so many texts.
pub(crate) async fn register(
    channel: &Channel,
    bearer: &Bearer,
    clear: &mut PgConnection,
    texts: usize,
    writer: &mut Writer,
) -> Result<()> {
    sqlx::query("CREATE TABLE bench_clear (case_id uuid NOT NULL, body text NOT NULL)")
        .execute(&mut *clear)
        .await?;
    let mut left = texts;
    while left > 0 {
        let size = left.min(PIECE);
        left -= size;
        let mut pieces: Vec<Vec<String>> = vec![Vec::new(); CALLERS];
        for number in 0..size {
            pieces[number % CALLERS].push(writer.next());
        }
        let mut callers = JoinSet::new();
        for piece in pieces {
            let client = RegistrationServiceClient::with_interceptor(channel.clone(), bearer.clone());
            callers.spawn(call(client, piece));
        }
        let (mut cases, mut bodies) = (Vec::with_capacity(size), Vec::with_capacity(size));
        while let Some(done) = callers.join_next().await {
            for (case, body) in done?? {
                cases.push(case);
                bodies.push(body);
            }
        }
        sqlx::query("INSERT INTO bench_clear SELECT * FROM unnest($1::uuid[], $2::text[])")
            .bind(cases)
            .bind(bodies)
            .execute(&mut *clear)
            .await?;
    }
    Ok(())
}

async fn call(
    mut client: RegistrationServiceClient<Signed>,
    texts: Vec<String>,
) -> Result<Vec<(Uuid, String)>> {
    let mut registered = Vec::with_capacity(texts.len());
    for text in texts {
        let answer = client.register_visit(request(&text)).await?.into_inner();
        let case = answer.registered.context("nothing was registered")?.case_id;
        registered.push((case.parse()?, format!("{TITLE}\n{text}\n{REQUEST}")));
    }
    Ok(registered)
}

fn request(text: &str) -> RegisterVisitRequest {
    RegisterVisitRequest {
        request_id: random::new_id().to_string(),
        submission: Some(SubmissionInput {
            petitioners: vec![PetitionerInput {
                kind: PetitionerKind::Person.into(),
                name: "测试甲".to_owned(),
                id_type: IdType::ResidentId.into(),
                id_no: "11010519491231002X".to_owned(),
                mobile: "19900000001".to_owned(),
                addr_detail: "新风路演示小区3号楼2单元501室".to_owned(),
                preferred_channel: PreferredChannel::Person.into(),
                ..PetitionerInput::default()
            }],
            visit_count: 1,
            affected_count: 1,
            title: TITLE.to_owned(),
            content: text.to_owned(),
            requests: vec![REQUEST.to_owned()],
            purpose: Purpose::Appeal.into(),
            oral: true,
            oral_readback: true,
            ..SubmissionInput::default()
        }),
        ..RegisterVisitRequest::default()
    }
}
