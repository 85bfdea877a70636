//! A complete request of every channel, and how it is sent.

use prost::Message;
use tonic::Status;
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person, instant};
use xinqiao_proto::event::SourceLevel;
use xinqiao_proto::intake::*;

use crate::people::*;

/// Every channel; HEARING is the outside visit by telephone, SOONER the matter from above that is due before K1.
pub(super) const CHANNELS: [&str; 9] = [
    "VISIT",
    "LETTER",
    "FAX",
    "CALL",
    "ONLINE",
    "OUTSIDE",
    "HEARING",
    "FORWARDED",
    "SOONER",
];

/// 测试甲 with an account.
pub(super) fn account() -> Person {
    Person::new("account-7", "测试甲").with(Role::Pet)
}

/// What came in writing.
fn written() -> SubmissionInput {
    SubmissionInput {
        oral: false,
        oral_readback: false,
        ..submission()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a message is an optional field")]
fn at(moment: &str) -> Option<prost_types::Timestamp> {
    Some(timestamp(instant(moment)))
}

fn outside(form: OutsideForm) -> RegisterOutsideVisitRequest {
    let at_home = form == OutsideForm::Home;
    RegisterOutsideVisitRequest {
        request_id: fresh(),
        submission: Some(submission()),
        visited_at: at("2026-05-16T10:30:00+08:00"),
        outside_form: form.into(),
        visit_place: if at_home {
            "金厂镇测试小区3号楼2单元501室"
        } else {
            ""
        }
        .to_owned(),
        staff: vec!["李登记".to_owned(), "何登记".to_owned()],
        consent_home_visit: at_home,
    }
}

fn from_above(sender_due: &str) -> RegisterForwardedRequest {
    RegisterForwardedRequest {
        request_id: fresh(),
        submission: Some(written()),
        source_level: SourceLevel::Province.into(),
        sender_org: "省信访局".to_owned(),
        sender_number: "吉信转〔2026〕12号".to_owned(),
        sender_on: "2026-05-18".to_owned(),
        received_on: "2026-05-20".to_owned(),
        sender_due: sender_due.to_owned(),
        external_refs: vec![ExternalRef {
            system: ExternalSystem::Province.into(),
            number: "220000-2026-0000777".to_owned(),
        }],
        scan_reference: "2026-转-0001".to_owned(),
    }
}

/// Name of the message and the request itself.
pub(super) fn complete(channel: &str) -> (&'static str, Vec<u8>) {
    match channel {
        "VISIT" => ("RegisterVisitRequest", a_visit().encode_to_vec()),
        "LETTER" => {
            let letter = RegisterLetterRequest {
                number_block_id: String::new(),
                request_id: fresh(),
                submission: Some(written()),
                postmark_on: "2026-05-15".to_owned(),
                received_on: "2026-05-18".to_owned(),
                scan_reference: "2026-信-0012".to_owned(),
            };
            ("RegisterLetterRequest", letter.encode_to_vec())
        }
        "FAX" => {
            let fax = RegisterFaxRequest {
                request_id: fresh(),
                submission: Some(written()),
                received_at: at("2026-05-17T23:50:00+08:00"),
                scan_reference: "2026-传-0003".to_owned(),
            };
            ("RegisterFaxRequest", fax.encode_to_vec())
        }
        "CALL" => {
            let call = RegisterCallRequest {
                request_id: fresh(),
                submission: Some(submission()),
                received_at: at("2026-05-19T21:05:00+08:00"),
                recording_told: true,
                caller_number: "0435-3210000".to_owned(),
                number_withheld: false,
            };
            ("RegisterCallRequest", call.encode_to_vec())
        }
        "ONLINE" => {
            let online = RegisterOnlineRequest {
                request_id: fresh(),
                submission: Some(written()),
            };
            ("RegisterOnlineRequest", online.encode_to_vec())
        }
        "OUTSIDE" => (
            "RegisterOutsideVisitRequest",
            outside(OutsideForm::Home).encode_to_vec(),
        ),
        "HEARING" => (
            "RegisterOutsideVisitRequest",
            outside(OutsideForm::PhoneHearing).encode_to_vec(),
        ),
        "FORWARDED" => (
            "RegisterForwardedRequest",
            from_above("2026-07-10").encode_to_vec(),
        ),
        "SOONER" => (
            "RegisterForwardedRequest",
            from_above("2026-05-27").encode_to_vec(),
        ),
        other => panic!("the table has no channel {other}"),
    }
}

/// Sends a request by its channel.
pub(super) async fn send(bench: &Bench, channel: &str, request: &[u8]) -> Result<Registered, Status> {
    fn read<M: Message + Default>(bytes: &[u8]) -> M {
        M::decode(bytes).unwrap()
    }
    let mut counter = registration(bench, &clerk());
    let case = match channel {
        "VISIT" => {
            counter
                .register_visit(read::<RegisterVisitRequest>(request))
                .await?
                .into_inner()
                .registered
        }
        "LETTER" => {
            counter
                .register_letter(read::<RegisterLetterRequest>(request))
                .await?
                .into_inner()
                .registered
        }
        "FAX" => {
            counter
                .register_fax(read::<RegisterFaxRequest>(request))
                .await?
                .into_inner()
                .registered
        }
        "CALL" => {
            counter
                .register_call(read::<RegisterCallRequest>(request))
                .await?
                .into_inner()
                .registered
        }
        "ONLINE" => {
            let mut network = registration(bench, &account());
            network
                .register_online(read::<RegisterOnlineRequest>(request))
                .await?
                .into_inner()
                .registered
        }
        "OUTSIDE" | "HEARING" => {
            counter
                .register_outside_visit(read::<RegisterOutsideVisitRequest>(request))
                .await?
                .into_inner()
                .registered
        }
        _ => {
            counter
                .register_forwarded(read::<RegisterForwardedRequest>(request))
                .await?
                .into_inner()
                .registered
        }
    };
    Ok(case.unwrap())
}
