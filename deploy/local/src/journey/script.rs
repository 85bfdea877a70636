//! What the people of a journey say and write. Everything is fictitious.

/// The words of one case. Where a test must find them again, each carries a mark of its own.
#[derive(Debug, Clone)]
pub struct Script {
    /// Name of the petitioner.
    pub petitioner_name: String,
    /// His resident ID number: a fictitious one with a valid check digit.
    pub id_no: String,
    /// His mobile number, from a block nobody has.
    pub mobile: String,
    /// Street and house.
    pub address: String,
    /// Title of the submission.
    pub title: String,
    /// The demand in his own words.
    pub content: String,
    /// What is asked for.
    pub request: String,
    /// What he says to the leader.
    pub own_words: String,
    /// The leader's instruction.
    pub instruction: String,
    /// Triage summary.
    pub summary: String,
    /// Requirements of the assignment.
    pub requirements: String,
    /// Text of the acceptance notice.
    pub acceptance: String,
    /// The report's section on the cause.
    pub cause: String,
    /// The report's section on the problem.
    pub problem: String,
    /// The report's section on the resolution.
    pub resolution: String,
    /// Reasons of the opinion.
    pub reasons: String,
    /// Plan of execution.
    pub plan: String,
    /// Evidence of execution.
    pub evidence: String,
    /// Summary of the closure report.
    pub closure: String,
    /// The petitioner's opinion.
    pub opinion: String,
    /// What the leader found when he inspected.
    pub inspection: String,
    /// The leader's comment at the signature.
    pub comment: String,
}

impl Script {
    /// The case of 测试甲: a leaking roof after an exterior renovation.
    pub fn demo() -> Self {
        Self::marked("")
    }

    /// The same case with a mark in every text, so that texts of different cases differ.
    pub fn marked(mark: &str) -> Self {
        let say = |text: &str| format!("{text}{mark}");
        Self {
            petitioner_name: say("测试甲"),
            id_no: "11010519491231002X".to_owned(),
            mobile: "19900000001".to_owned(),
            address: say("新风路演示小区3号楼2单元501室"),
            title: say("外墙改造后房屋漏雨"),
            content: say("去年秋天小区外墙改造以后,我家北屋一下雨就漏,找过施工方三次没有结果。"),
            request: say("请查清漏雨原因并把外墙修好,赔偿被泡坏的地板。"),
            own_words: say("我就想让房子别再漏了,老人住在北屋,墙都长毛了。"),
            instruction: say("请区住建局牵头,一周内上门查看,查清责任后尽快修复,结果报我。"),
            summary: say("反映外墙改造质量问题导致房屋漏雨,要求维修并赔偿。"),
            requirements: say("查明漏雨原因和责任主体,依法提出处理意见,按期书面答复信访人。"),
            acceptance: say("您反映的房屋漏雨事项,我局已经受理,将自受理之日起六十日内书面答复。"),
            cause: say(
                "经现场查看和查阅施工资料,漏雨的原因是外墙改造时北侧窗台与保温层之间的密封没有按照图纸施工,雨水沿缝隙渗入墙体,监理未在隐蔽工程验收时发现这一问题。",
            ),
            problem: say(
                "存在的问题有两项:一是施工单位对窗台密封做法执行不到位;二是住户三次反映后物业与施工单位互相推诿,没有在保修期内及时履行维修义务,致使室内地板受损。",
            ),
            resolution: say(
                "化解的意见:责成施工单位在保修责任范围内重做北侧窗台密封并检测,由施工单位按照评估价赔偿受损地板,我局派专人跟踪,完工后与信访人共同验收。",
            ),
            reasons: say("外墙改造仍在保修期内,漏雨由施工缺陷造成,信访人的请求事实清楚,应予支持。"),
            plan: say("施工单位三日内进场重做密封并做淋水试验,五日内完成地板赔偿。"),
            evidence: say("淋水试验记录与验收单,信访人在场签字确认,赔偿款转账凭证。"),
            closure: say("北侧窗台密封已经重做并通过淋水试验,地板赔偿已经到账,信访人反映的问题解决。"),
            opinion: say("漏雨修好了,赔偿也收到了,对处理结果满意。"),
            inspection: say("到现场看过,北屋墙面干燥,与信访人当面核对了维修和赔偿情况。"),
            comment: say("同意结案,请住建局对同批改造楼栋开展一次排查。"),
        }
    }
}
