//! Every channel of the rule book (T02a–T02g) through the API: what it needs, when its clock starts, what it gives. The
//! table is `channels/expected.txt`.

mod complete;
mod petitioners;

use std::collections::BTreeSet;

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::testing::Bench;
use xinqiao_proto::event::{CaseRegistered, Purpose, SourceLevel};
use xinqiao_proto::intake::*;

use crate::people::*;

use complete::{CHANNELS, account, complete, send};

/// Lines of the table that begin with a word, without it.
fn lines(kind: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let words = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
    include_str!("channels/expected.txt")
        .lines()
        .map(words)
        .filter(move |words| words.first() == Some(&kind))
        .map(|words| words[1..].to_vec())
}

fn channels_of(word: &str) -> Vec<&str> {
    match word {
        "EVERY" => CHANNELS.to_vec(),
        one => vec![one],
    }
}

async fn bench() -> Bench {
    Bench::of(xinqiao_intake::service())
        .at("2026-05-20T09:12:00+08:00")
        .start()
        .await
}

/// What is done to a field of a message.
type Change = fn(&mut DynamicMessage, &FieldDescriptor);

/// A complete request with the fields at these paths changed.
fn changed(channel: &str, paths: &str, change: Change) -> Vec<u8> {
    let (name, bytes) = complete(channel);
    let pool = DescriptorPool::decode(xinqiao_proto::DESCRIPTORS).unwrap();
    let message = pool.get_message_by_name(&format!("xinqiao.intake.v1.{name}"));
    let mut request = DynamicMessage::decode(message.unwrap(), bytes.as_slice()).unwrap();
    for path in paths.split(',') {
        let path: Vec<&str> = path.split('.').collect();
        change_at(&mut request, &path, change);
    }
    request.encode_to_vec()
}

fn change_at(message: &mut DynamicMessage, path: &[&str], change: Change) {
    let (name, index) = match path[0].split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse().ok()),
        None => (path[0], None::<usize>),
    };
    let field = message.descriptor().get_field_by_name(name).unwrap();
    let Some(rest) = path.get(1..).filter(|rest| !rest.is_empty()) else {
        return change(message, &field);
    };
    let inner = match (message.get_field_mut(&field), index) {
        (Value::Message(inner), None) => inner,
        (Value::List(all), Some(index)) => all[index].as_message_mut().unwrap(),
        (other, _) => panic!("{name} is {other:?}"),
    };
    change_at(inner, rest, change);
}

fn left_out(message: &mut DynamicMessage, field: &FieldDescriptor) {
    assert!(message.has_field(field), "{} is not there", field.name());
    message.clear_field(field);
}

/// A question is answered with yes, and a text is written.
fn filled_in(message: &mut DynamicMessage, field: &FieldDescriptor) {
    assert!(!message.has_field(field), "{} is there", field.name());
    let value = match field.kind() {
        Kind::Bool => Value::Bool(true),
        _ => Value::String("金厂镇政府".to_owned()),
    };
    message.set_field(field, value);
}

/// Lines "CHANNEL FIELD NAMED REASON" of a kind that are not answered as they say.
async fn answered_otherwise(bench: &Bench, kind: &str, change: Change) -> Vec<String> {
    let mut wrong = Vec::new();
    for words in lines(kind) {
        let [channels, path, field, reason] = words[..] else {
            panic!("{words:?}");
        };
        for channel in channels_of(channels) {
            let answer = send(bench, channel, &changed(channel, path, change)).await;
            let found = match &answer {
                Ok(case) => vec![format!("registered as {}", case.case_no)],
                Err(refused) => faults(refused),
            };
            if found != [format!("{field} {reason}")] {
                wrong.push(format!("{kind}: {channel}, {path}: {found:?}"));
            }
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn every_channel_registers_with_its_number_receipt_event_and_the_day_its_clock_starts() {
    let bench = bench().await;
    let mut seen = BTreeSet::new();
    for words in lines("registered") {
        let [channel, digit, receipt, start, raw, eff, safe] = words[..] else {
            panic!("{words:?}");
        };
        let case = send(&bench, channel, &complete(channel).1).await.unwrap();
        seen.insert(channel);
        assert!(
            case.case_no.starts_with(&format!("XF-220502-2026-{digit}-")),
            "{channel}: {}",
            case.case_no
        );
        assert_eq!(case.state(), CaseState::Registered, "{channel}");
        assert_eq!(
            case.receipt_way().as_str_name(),
            format!("RECEIPT_WAY_{receipt}"),
            "{channel}"
        );
        assert_eq!(case.query_code.len(), 10, "{channel}");
        let papers: Vec<_> = case
            .documents
            .iter()
            .map(|one| (one.form.as_str(), one.archive_item.as_str()))
            .collect();
        assert_eq!(papers, [("D01", "02"), ("ORIGINAL", "03")], "{channel}");

        let told: CaseRegistered = bench.event("case.registered").await;
        assert_eq!(told.submission_no, case.submission_no);
        let k1 = told.k1.clone().unwrap();
        let dates = [&k1.start_date, &k1.due_raw, &k1.due_eff, &k1.due_safe].map(String::as_str);
        assert_eq!(dates, [start, raw, eff, safe], "{channel}");
        assert_eq!(case.k1, told.k1, "{channel}");
        let day = told.received_at.map(|at| at.seconds + 8 * 3600).unwrap() / 86_400;
        let first =
            timestamp(xinqiao_chassis::testing::instant(&format!("{start}T00:00:00Z"))).seconds / 86_400;
        assert_eq!(
            day, first,
            "{channel}: supervision starts K1 on the local date of received_at"
        );

        let view = crate::people::seen(&bench, &case.case_id).await;
        let header = view.header.unwrap();
        assert_eq!(header.k1.unwrap(), k1, "{channel}");
        assert_eq!(header.channel, told.channel, "{channel}");
        assert_eq!(view.submissions[0].content, submission().content, "{channel}");
    }
    assert_eq!(
        seen,
        CHANNELS.into_iter().collect(),
        "the table has every channel"
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_channel_needs_or_cannot_have_is_named_and_nothing_else() {
    let bench = bench().await;
    let mut wrong = answered_otherwise(&bench, "missing", left_out).await;
    wrong.extend(answered_otherwise(&bench, "forbidden", filled_in).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let registered: i64 = sqlx::query_scalar("SELECT count(*) FROM case_file")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    assert_eq!(registered, 0, "nothing changes");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_channel_does_not_need_may_be_left_out() {
    let bench = bench().await;
    for words in lines("optional") {
        for channel in channels_of(words[0]) {
            let case = send(&bench, channel, &changed(channel, words[1], left_out)).await;
            assert!(case.is_ok(), "{channel} without {}: {case:?}", words[1]);
        }
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_channel_has_is_kept_sealed_and_shown() {
    let bench = bench().await;
    let call = send(&bench, "CALL", &complete("CALL").1).await.unwrap();
    let shown = seen(&bench, &call.case_id).await.submissions.remove(0);
    assert_eq!(shown.petitioners[0].caller_number_masked, "0435-***0000");
    assert!(shown.oral_readback);
    let ask = UnmaskPetitionerRequest {
        case_id: call.case_id,
        petitioner_id: shown.petitioners[0].petitioner_id.clone(),
        fields: vec![PetitionerField::CallerNumber.into()],
        reason: "回电核实情况".to_owned(),
    };
    let opened = cases(&bench, &clerk())
        .unmask_petitioner(ask)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (opened.caller_number.as_str(), opened.mobile.as_str()),
        ("0435-3210000", "")
    );

    let fax = send(&bench, "FAX", &complete("FAX").1).await.unwrap();
    assert_eq!(
        seen(&bench, &fax.case_id).await.submissions[0].scan_reference,
        "2026-传-0003"
    );

    let home = send(&bench, "OUTSIDE", &complete("OUTSIDE").1).await.unwrap();
    let shown = seen(&bench, &home.case_id)
        .await
        .submissions
        .remove(0)
        .outside_visit
        .unwrap();
    assert_eq!(
        (shown.outside_form(), shown.staff.len(), shown.consent_home_visit),
        (OutsideForm::Home, 2, true)
    );
    assert!(
        shown.visit_place.starts_with("金厂镇") && !shown.visit_place.contains("501"),
        "{}",
        shown.visit_place
    );

    let above = send(&bench, "FORWARDED", &complete("FORWARDED").1).await.unwrap();
    let told: CaseRegistered = bench.event("case.registered").await;
    assert_eq!(
        (told.source_level(), told.sender_due.as_str()),
        (SourceLevel::Province, "2026-07-10")
    );
    let shown = seen(&bench, &above.case_id)
        .await
        .submissions
        .remove(0)
        .forwarded
        .unwrap();
    assert_eq!(
        (
            shown.sender_org.as_str(),
            shown.sender_number.as_str(),
            shown.sender_on.as_str(),
            shown.sender_due.as_str()
        ),
        ("省信访局", "吉信转〔2026〕12号", "2026-05-18", "2026-07-10")
    );
    assert_eq!(shown.external_refs[0].number, "220000-2026-0000777");

    let particulars: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT particulars FROM submission WHERE particulars IS NOT NULL")
            .fetch_all(bench.pool())
            .await
            .unwrap();
    assert_eq!(particulars.len(), 2, "of the visit and of what came from above");
    let clear = particulars.concat();
    assert!(!String::from_utf8_lossy(&clear).contains("省信访局"));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_accusation_that_was_passed_on_neither_sender_nor_level_is_told() {
    let bench = bench().await;
    let (_, bytes) = complete("SOONER");
    let mut accusation = RegisterForwardedRequest::decode(bytes.as_slice()).unwrap();
    accusation.submission.as_mut().unwrap().purpose = Purpose::Accusation.into();
    let case = send(&bench, "SOONER", &accusation.encode_to_vec()).await.unwrap();
    assert!(case.sealed);
    let told: CaseRegistered = bench.event("case.registered").await;
    assert_eq!(told.source_level(), SourceLevel::Unspecified);
    assert_eq!(
        (told.sender_due.as_str(), told.k1.unwrap().due_raw.as_str()),
        ("2026-05-27", "2026-05-27"),
        "but the clock must be known"
    );
    assert!(seen(&bench, &case.case_id).await.submissions.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_who_petitions_over_the_network_is_kept_nowhere() {
    let bench = bench().await;
    let case = send(&bench, "ONLINE", &complete("ONLINE").1).await.unwrap();
    let published = bench.published().await;
    let actor = &published.last().unwrap().actor_ref;
    assert_eq!(*actor, format!("person:petitioner-{}", case.case_id));
    let kept: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM case_file WHERE created_by LIKE '%account-7%')
              + (SELECT count(*) FROM audit WHERE position('account-7'::bytea IN canonical) > 0)
              + (SELECT count(*) FROM outbox WHERE actor_ref LIKE '%account-7%')",
    )
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert_eq!(kept, 0);
    let mut counter = registration(&bench, &account());
    let refused = counter.register_visit(a_visit()).await.unwrap_err();
    assert_eq!(
        why(&refused).1,
        "ROLE_NOT_ALLOWED",
        "his own channel and no other"
    );
    let mut office = registration(&bench, &clerk());
    let online = RegisterOnlineRequest::decode(complete("ONLINE").1.as_slice()).unwrap();
    let refused = office.register_online(online).await.unwrap_err();
    assert_eq!(why(&refused).1, "ROLE_NOT_ALLOWED", "nobody enters it for him");
    bench.finish().await;
}
