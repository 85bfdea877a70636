//! How his case goes, in the words the petitioner is told it with: what was done, what is due until when, who owes it
//! and why `[R:18(1)]` `[R:21(2)]`.

use xinqiao_kernel::{ClockCode as K, Owner};

/// Chinese and English.
pub type Words = (&'static str, &'static str);

/// What the unit is called where its name is not known.
pub const UNIT: Words = ("责任单位", "the handling unit");

/// What a running clock waits for; nothing for the clocks inside the office.
pub const fn awaited(clock: K) -> Option<Words> {
    Some(match clock {
        K::K1 => (
            "决定由谁、按什么程序办理",
            "decide who handles the matter and how",
        ),
        K::K1b => ("重新确定办理单位", "choose the handling unit anew"),
        K::K2 => ("书面告知是否受理", "tell you in writing whether it is accepted"),
        K::K4 | K::K10b => ("出具书面处理意见", "issue the written opinion"),
        K::K5 => (
            "在延长的期限内出具书面处理意见",
            "issue the written opinion within the extended time",
        ),
        K::K6 => ("可以申请复查", "you may ask for a review"),
        K::K7 => ("作出复查意见", "decide the review"),
        K::K8 => ("可以申请复核", "you may ask for a re-review"),
        K::K9 => ("作出复核意见", "decide the re-review"),
        K::K10a => ("决定是否受理", "decide whether it is accepted"),
        K::K13 => ("重新办理并报告结果", "do it again and report"),
        K::K14 => ("再次研究您的问题", "look into the matter again"),
        K::K16 => ("书面答复您的建议", "answer your suggestion in writing"),
        K::K17 => ("可以评价办理工作", "you may rate the handling"),
        K::K19 => ("送达书面处理意见", "serve the written opinion"),
        K::K20 => ("落实处理意见", "carry the opinion out"),
        K::K0 | K::K3 | K::K5a | K::K10c | K::K11 | K::K12 | K::K15 | K::K18 | K::K21 | K::K22 | K::K23 => {
            return None;
        }
    })
}

/// Who owes it; nobody where it is the petitioner's own right.
pub fn owes(clock: K) -> Option<Words> {
    Some(match clock.rule().owner {
        Owner::Petitioner => return None,
        Owner::Unit | Owner::UnitHead | Owner::Addressee => UNIT,
        Owner::ReviewOrgan => ("复查机关", "the review organ"),
        Owner::RereviewOrgan => ("复核机关", "the re-review organ"),
        Owner::Leader => ("接访领导", "the leader who received you"),
        Owner::Office | Owner::Clerk | Owner::Archivist => ("信访工作机构", "the petition office"),
    })
}

/// Where the length is written: an article of the national regulation, or the district's own rules.
pub fn basis(clock: K) -> (String, String) {
    let source = clock.rule().source;
    let article = source
        .strip_prefix("R:")
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    match article {
        Some(article) => (
            format!("《信访工作条例》第{article}条"),
            format!("Regulations on Petition Work, article {article}"),
        ),
        None => ("本区信访工作规定".to_owned(), "rules of the district".to_owned()),
    }
}

/// What an event did, as far as the petitioner is told; nothing for what goes on inside the office.
pub fn step(event: &str) -> Option<Words> {
    Some(match event {
        "case.registered" => ("已登记", "registered"),
        "reception.held" => ("领导已接访", "received by a leader"),
        "case.assigned" => ("已交责任单位办理", "assigned to the handling unit"),
        "case.linked" => (
            "已并入正在办理的同一事项",
            "joined to the open case of the same matter",
        ),
        "case.diverted" => ("已导入其他法定途径", "directed to its statutory procedure"),
        "case.not_accepted" => ("已告知不予受理", "not accepted, with notice"),
        "case.no_longer_accepted" => ("已告知不再受理", "no longer accepted, with notice"),
        "case.transferred_out" => ("已转送有权处理的机关", "passed on to the competent organ"),
        "case.accepted" => ("责任单位已受理", "accepted by the handling unit"),
        "case.investigation_started" => ("已开始调查", "investigation begun"),
        "case.extended" => ("办理期限已延长", "time limit extended"),
        "case.opinion_issued" => ("已出具处理意见", "opinion issued"),
        "case.opinion_served" => ("处理意见已送达", "opinion served"),
        "case.execution_started" => ("正在落实处理意见", "opinion being carried out"),
        "case.closure_reported" => ("责任单位已报告办理结果", "result reported"),
        "petitioner.opinion_recorded" => ("已记录您的意见", "your view recorded"),
        "leader.signed" => ("领导已审阅签字", "signed by the leader"),
        "leader.sent_back" => ("领导退回重新办理", "sent back by the leader"),
        "case.closed" => ("已办结", "closed"),
        "case.archived" => ("已归档", "archived"),
        "case.voided" => ("登记有误，已作废", "void: registered in error"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::transition::LINES;
    use super::*;

    #[test]
    fn a_right_is_owed_by_nobody_and_a_duty_by_somebody() {
        for clock in K::all().filter(|clock| awaited(*clock).is_some()) {
            let is_right = clock.rule().owner == Owner::Petitioner;
            assert_eq!(owes(clock).is_none(), is_right, "{clock}");
        }
    }

    #[test]
    fn every_limit_of_the_law_is_told_of_and_names_its_article() {
        for clock in K::all() {
            // What runs against the unit alone, or inside the office, is not the petitioner's.
            let inside = [K::K3, K::K5a, K::K18];
            let of_law = clock.rule().source.starts_with("R:");
            if of_law && !inside.contains(&clock) {
                assert!(awaited(clock).is_some(), "{clock}");
                assert!(basis(clock).0.starts_with("《信访工作条例》第"), "{clock}");
            }
        }
        assert_eq!(basis(K::K2).0, "《信访工作条例》第23条");
        assert_eq!(basis(K::K19).0, "本区信访工作规定");
    }

    #[test]
    fn every_step_is_an_event_of_the_table_or_a_reception() {
        let events = LINES.iter().map(|line| line.event);
        let told: Vec<&str> = events.filter(|event| step(event).is_some()).collect();
        assert!(told.contains(&"case.opinion_served") && !told.contains(&"case.report_returned"));
        assert_eq!(step("clock.started"), None);
    }
}
