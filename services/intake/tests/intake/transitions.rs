//! Every line of the case machine that intake commits, and every one that is forbidden, through the API, as
//! `transitions.txt` has them from the rule book.

use tonic::Status;
use xinqiao_chassis::testing::{Bench, Foreign, Person};
use xinqiao_proto::common::{DocumentRef, LegalTerm};
use xinqiao_proto::event::{CaseRemedyChanged, LegalRoute, Remedy};
use xinqiao_proto::intake::propose_exit_request::Exit;
use xinqiao_proto::intake::{
    ConfirmExitRequest, DivertCaseRequest, Linked, NoLongerAccepted, NotAccepted, NotAcceptedReason,
    PetitionerTold, ProposeExitRequest, ProposeVoidRequest, Registered, ReleaseCaseRequest, TransferredOut,
    VoidCaseRequest, VoidReason,
};

use crate::exits::exits;
use crate::people::*;

const TABLE: &str = include_str!("transitions.txt");

/// An allowed line.
struct Line<'t> {
    id: &'t str,
    act: &'t str,
    to: &'t str,
    holder: &'t str,
    event: &'t str,
    clock: &'t str,
    papers: Vec<&'t str>,
}

/// The allowed lines, and the other states with their holders.
fn table() -> (Vec<Line<'static>>, Vec<(&'static str, &'static str)>) {
    let (mut lines, mut forbidden) = (Vec::new(), Vec::new());
    let rows = TABLE
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'));
    for row in rows {
        let words: Vec<&str> = row.split_whitespace().collect();
        match words.as_slice() {
            ["forbidden", state, holder] => forbidden.push((*state, *holder)),
            [id, act, "C10", to, holder, event, clock, papers @ ..] => lines.push(Line {
                id,
                act,
                to,
                holder,
                event,
                clock,
                papers: papers.iter().copied().filter(|paper| *paper != "-").collect(),
            }),
            _ => panic!("the table has a row that nobody can read: {row}"),
        }
    }
    (lines, forbidden)
}

/// What an act has led to, as its answer says.
#[derive(Default)]
struct Done {
    clock: Option<LegalTerm>,
    documents: Vec<DocumentRef>,
}

/// A case in C10 and the others it may be led to: one that is open, one whose remedies are exhausted.
struct Cases {
    case: Registered,
    open: Registered,
    ended: Registered,
}

async fn cases_of(bench: &Bench) -> Cases {
    let cases = Cases {
        case: registered(bench, a_visit()).await,
        open: registered(bench, a_visit()).await,
        ended: registered(bench, a_visit()).await,
    };
    let body = CaseRemedyChanged {
        remedy: Remedy::Final.into(),
        ..CaseRemedyChanged::default()
    };
    let told = Foreign::new("supervision", "case.remedy_changed", entity(&cases.ended), &body);
    bench.arrives(told).await;
    cases
}

fn exit(act: &str, cases: &Cases) -> Option<Exit> {
    let reasons = "理由如实记录在案".to_owned();
    Some(match act {
        "join" => Exit::Linked(Linked {
            open_case_id: cases.open.case_id.clone(),
            reasons,
        }),
        "not-accept" => Exit::NotAccepted(NotAccepted {
            reason: NotAcceptedReason::InProcedure.into(),
            basis: "《信访工作条例》第三十一条".to_owned(),
            guidance: "请向仲裁机构提出".to_owned(),
        }),
        "no-longer-accept" => Exit::NoLongerAccepted(NoLongerAccepted {
            final_case_id: cases.ended.case_id.clone(),
            reasons,
            help: "可以申请临时救助".to_owned(),
        }),
        "transfer" => Exit::TransferredOut(TransferredOut {
            addressee: "市自然资源局".to_owned(),
            reasons,
        }),
        _ => return None,
    })
}

/// Plays an act on the version that is seen.
async fn play(bench: &Bench, act: &str, cases: &Cases, version: u64) -> Result<Done, Status> {
    let case_id = cases.case.case_id.clone();
    let (first, second) = (clerk(), dispatcher());
    if let Some(exit) = exit(act, cases) {
        return leave(bench, (&first, &second), case_id, version, exit).await;
    }
    let mut desk = triage(bench, &second);
    match act {
        "divert" => {
            let ask = DivertCaseRequest {
                request_id: fresh(),
                case_id,
                version,
                legal_route: LegalRoute::LegalRoute312.into(),
                addressee: "劳动人事争议仲裁委员会".to_owned(),
                time_limit: "一年以内".to_owned(),
                reasons: "属于劳动争议仲裁范围".to_owned(),
            };
            let answer = desk.divert_case(ask).await?.into_inner();
            Ok(Done {
                clock: answer.k23,
                documents: answer.document.into_iter().collect(),
            })
        }
        "release" => {
            let sheet = desk.triage_case(a_sheet(&case_id, version)).await?.into_inner();
            let ask = ReleaseCaseRequest {
                request_id: fresh(),
                case_id,
                version: sheet.version,
            };
            let answer = desk.release_case(ask).await?.into_inner();
            Ok(Done {
                clock: None,
                documents: answer.document.into_iter().collect(),
            })
        }
        "void" => {
            let ask = ProposeVoidRequest {
                petitioner_told: PetitionerTold::InPerson.into(),
                request_id: fresh(),
                case_id: case_id.clone(),
                version,
                reason: VoidReason::EnteredTwice.into(),
                explanation: "同一来访录入两次".to_owned(),
            };
            let proposed = triage(bench, &first).propose_void(ask).await?.into_inner();
            let ask = VoidCaseRequest {
                request_id: fresh(),
                case_id,
                version: proposed.version,
            };
            desk.void_case(ask).await?;
            Ok(Done::default())
        }
        unknown => panic!("nobody can play {unknown}"),
    }
}

async fn leave(
    bench: &Bench,
    (first, second): (&Person, &Person),
    case_id: String,
    version: u64,
    exit: Exit,
) -> Result<Done, Status> {
    let ask = ProposeExitRequest {
        request_id: fresh(),
        case_id: case_id.clone(),
        version,
        exit: Some(exit),
    };
    let proposed = exits(bench, first).propose_exit(ask).await?.into_inner();
    let ask = ConfirmExitRequest {
        request_id: fresh(),
        case_id,
        version: proposed.version,
    };
    let answer = exits(bench, second).confirm_exit(ask).await?.into_inner();
    Ok(Done {
        clock: answer.k23,
        documents: answer.documents,
    })
}

/// State and holder of a case, and how much intake has ever told.
async fn stands(bench: &Bench, case_id: &str) -> (String, String, i64) {
    sqlx::query_as("SELECT state, holder, (SELECT count(*) FROM outbox) FROM case_file WHERE id = $1::uuid")
        .bind(case_id)
        .fetch_one(bench.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_that_intake_commits_leads_where_the_rule_book_says() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T10:00:00+08:00")
        .start()
        .await;
    let (lines, _) = table();
    assert_eq!(lines.len(), 7);
    for line in lines {
        let cases = cases_of(&bench).await;
        let id = &cases.case.case_id;
        let done = play(&bench, line.act, &cases, cases.case.version)
            .await
            .unwrap_or_else(|refused| panic!("{}: {refused}", line.id));
        let (state, holder, _) = stands(&bench, id).await;
        assert_eq!(
            (state.as_str(), holder.as_str()),
            (line.to, line.holder),
            "{}",
            line.id
        );
        let papers: Vec<&str> = done.documents.iter().map(|paper| paper.form.as_str()).collect();
        assert_eq!(papers, line.papers, "{}", line.id);
        let clock = done.clock.map_or("-".to_owned(), |term| term.clock);
        assert_eq!(clock, line.clock, "{}", line.id);
        let told = timeline(&bench, &dispatcher(), id).await.unwrap();
        assert_eq!(told.entries.last().unwrap().kind, line.event, "{}", line.id);
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_every_other_state_intake_commits_nothing() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let (lines, forbidden) = table();
    assert_eq!(forbidden.len(), 22);
    let cases = cases_of(&bench).await;
    let id = cases.case.case_id.clone();
    for (state, holder) in forbidden {
        // Other services lead there; what intake then knows of it is set here.
        sqlx::query("UPDATE case_file SET state = $2, holder = $3 WHERE id = $1::uuid")
            .bind(&id)
            .bind(state)
            .bind(holder)
            .execute(bench.pool())
            .await
            .unwrap();
        let reason = if holder == "intake" {
            "WRONG_STATE"
        } else {
            "WRONG_HOLDER"
        };
        let before = stands(&bench, &id).await;
        for line in &lines {
            let refused = play(&bench, line.act, &cases, cases.case.version).await;
            let refused = refused
                .err()
                .unwrap_or_else(|| panic!("{} from {state}", line.id));
            assert_eq!(why(&refused).1, reason, "{} from {state}", line.id);
        }
        assert_eq!(stands(&bench, &id).await, before, "{state}");
    }
    bench.finish().await;
}
