//! Code values of a submission, numbered as in the contract and in the database.

/// An enum whose values are numbered from 1 and have a Chinese name; 0 is nobody's.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $number:literal $zh:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i16)]
        pub enum $name { $($(#[$of])* #[doc = $zh] $value = $number,)+ }

        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// Its number in contract and database.
            pub fn number(self) -> i16 {
                self as i16
            }

            /// The value of a number.
            pub fn of_number(number: i16) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.number() == number)
            }

            /// Its Chinese name.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$value => $zh),+ }
            }
        }

        impl TryFrom<i32> for $name {
            type Error = UnknownCode;

            fn try_from(number: i32) -> Result<Self, UnknownCode> {
                i16::try_from(number).ok().and_then(Self::of_number).ok_or(UnknownCode(number))
            }
        }
    };
}

/// A number that no value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no known value")]
pub struct UnknownCode(pub i32);

coded! {
    /// The way a submission came 信访形式 `[R:17]`.
    Channel {
        Letter = 1 "来信",
        Visit = 2 "来访",
        Online = 3 "网上信访",
        Phone = 4 "来电",
        Outside = 5 "处访",
        Forwarded = 6 "上级交办",
        Fax = 7 "传真",
    }
}

coded! {
    /// What the petitioner wants 信访目的 `[R:29]` `[R:30]` `[R:31]`.
    Purpose {
        Suggestion = 1 "建议意见",
        Accusation = 2 "检举控告",
        Appeal = 3 "申诉求决",
        Consult = 4 "咨询",
        Thanks = 5 "感谢",
    }
}

coded! {
    /// Legal routing 依法分类处理 `[R:31]`; only route 31-6 starts the sixty days.
    LegalRoute {
        Procedure = 1 "诉讼、复议、刑事立案、法律监督等程序(第31条第1项)",
        Arbitration = 2 "仲裁(第31条第2项)",
        PartyAppeal = 3 "党员申诉、申请复审(第31条第3项)",
        Administrative = 4 "行政复议、裁决、确认、许可、处罚(第31条第4项)",
        ProtectiveDuty = 5 "查处违法、履行保护职责(第31条第5项)",
        Petition = 6 "信访程序(第31条第6项)",
        Litigation = 7 "涉法涉诉",
        NotNeeded = 8 "不需分流",
    }
}

coded! {
    /// Who petitions 信访人类别.
    PetitionerKind {
        Person = 1 "自然人",
        LegalPerson = 2 "法人",
        Organisation = 3 "其他组织",
    }
}

coded! {
    /// Kind of identity paper 证件类型; showing one is the petitioner's choice `[R:19(1)]`.
    IdKind {
        ResidentId = 1 "居民身份证",
        Passport = 2 "护照",
        HkMacauPermit = 3 "港澳居民来往内地通行证",
        TaiwanPermit = 4 "台湾居民来往大陆通行证",
        ForeignResidence = 5 "外国人永久居留身份证",
        HouseholdBook = 6 "户口簿",
        OfficerCard = 7 "军官证",
        Other = 8 "其他",
    }
}

coded! {
    /// How the petitioner wants to receive papers 送达方式偏好.
    PreferredChannel {
        Person = 1 "当面",
        Post = 2 "邮寄",
        Sms = 3 "短信",
        Online = 4 "网上",
    }
}

coded! {
    /// The level of the organ that passes a submission on 来源级别.
    SourceLevel {
        District = 1 "区级",
        City = 2 "市级",
        Province = 3 "省级",
        State = 4 "国家级",
    }
}

coded! {
    /// What an outside visit was 处访形式.
    OutsideForm {
        Onsite = 1 "现场接访",
        Home = 2 "上门走访",
        PhoneHearing = 3 "电话听访",
    }
}

coded! {
    /// Whose number an external number is 外部编号.
    ExternalSystem {
        State = 1 "国家信访信息系统编号",
        Province = 2 "省信访信息系统编号",
        City = 3 "市信访信息系统编号",
        QueryCode = 4 "上级查询码",
        JointItem = 5 "合并件编号",
    }
}

coded! {
    /// How the receipt with the query code comes to the petitioner 回执送达方式.
    ReceiptWay {
        HandedOver = 1 "当面交付",
        Sms = 2 "短信发送",
        Post = 3 "邮寄",
        OnScreen = 4 "网页显示",
        ReadOut = 5 "电话告知",
        Kept = 6 "存卷备查",
    }
}

coded! {
    /// Sex, when it is known.
    Sex {
        Male = 1 "男",
        Female = 2 "女",
        Unstated = 9 "未说明",
    }
}

coded! {
    /// Why a number is void 作废原因.
    VoidReason {
        EnteredTwice = 1 "重复录入",
        NotAPetition = 2 "非信访事项",
        WrongNumber = 3 "编号有误",
    }
}

coded! {
    /// Why a matter is not accepted 不予受理原因 `[DES]`.
    #[derive(serde::Serialize, serde::Deserialize)]
    NotAcceptedReason {
        NotCompetent = 1 "不属于本机关职权范围",
        InProcedure = 2 "已经或者依法应当通过法定程序处理",
        BeingHandled = 3 "其他机关正在规定期限内办理",
        NoMatter = 4 "无具体信访事项",
    }
}

coded! {
    /// Why a block of numbers is closed 预留号段关闭原因.
    BlockCloseReason {
        DayOver = 1 "当日接待结束",
        CounterGone = 2 "窗口撤并",
        InError = 3 "误预留",
        YearOver = 4 "跨年",
    }
}

coded! {
    /// What a petitioner is told of 告知事项, where the rule book has him told.
    NoticeTemplate {
        Linked = 1 "并入已受理的事项",
        Diverted = 2 "导入法定途径",
        NotAccepted = 3 "不予受理",
        NoLongerAccepted = 4 "不再受理",
        TransferredOut = 5 "已转送",
        Voided = 6 "登记作废",
        Accepted = 7 "已受理",
        Extended = 8 "延长办理期限",
        OpinionServed = 9 "处理意见已送达",
        AppointmentConfirmed = 10 "预约成功",
        AppointmentRescheduled = 11 "预约改期",
        AppointmentCancelled = 12 "预约取消",
        ReceptionDayCancelled = 13 "接访日取消",
    }
}

coded! {
    /// Why a draft is discarded 弃用原因.
    DiscardReason {
        EnteredTwice = 1 "重复录入",
        RegisteredOtherwise = 2 "已另行登记",
        NotAPetition = 3 "非信访事项",
        Withdrawn = 4 "信访人不再提出",
    }
}

coded! {
    /// How a petitioner is told 告知方式.
    NoticeChannel {
        Sms = 1 "短信",
        Email = 2 "电子邮件",
        Letter = 3 "信函",
        Phone = 4 "电话",
        InPerson = 5 "当面",
    }
}

coded! {
    /// How the petitioner was told that his case is void 告知作废.
    PetitionerTold {
        InPerson = 1 "当面告知",
        ByPhone = 2 "电话告知",
        InWriting = 3 "书面告知",
        Unreachable = 4 "无法告知",
    }
}

coded! {
    /// What exported rows are for 导出用途; nobody outside the procedure is among them (EG-04).
    ExportPurpose {
        RegisterCheck = 1 "台账核对",
        Statistics = 2 "业务统计",
        Supervision = 3 "督查",
        ArchiveTransfer = 4 "档案移交",
    }
}

coded! {
    /// What an exported row may say beside its case number 导出项目: nothing that a masked header does not show (EG-10).
    ExportField {
        State = 1 "状态",
        Holder = 2 "办理环节",
        Channel = 3 "信访形式",
        Purpose = 4 "信访目的",
        ReceivedOn = 5 "收到日期",
        RegisteredOn = 6 "登记日期",
        DueOn = 7 "办理期限",
        PetitionerMasked = 8 "信访人(脱敏)",
        VisitCount = 9 "人数",
        Joint = 10 "联名",
        LeaderReceived = 11 "领导接访",
    }
}

impl ExportField {
    /// How the audit chain names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Holder => "holder",
            Self::Channel => "channel",
            Self::Purpose => "purpose",
            Self::ReceivedOn => "received_on",
            Self::RegisteredOn => "registered_on",
            Self::DueOn => "due_on",
            Self::PetitionerMasked => "petitioner_masked",
            Self::VisitCount => "visit_count",
            Self::Joint => "joint",
            Self::LeaderReceived => "leader_received",
        }
    }
}

impl NoticeTemplate {
    /// Its English name.
    pub fn en(self) -> &'static str {
        match self {
            Self::Linked => "linked with a matter in progress",
            Self::Diverted => "diverted into a statutory procedure",
            Self::NotAccepted => "not accepted",
            Self::NoLongerAccepted => "no longer accepted",
            Self::TransferredOut => "transferred to another organ",
            Self::Voided => "registration voided",
            Self::Accepted => "accepted",
            Self::Extended => "handling extended",
            Self::OpinionServed => "handling opinion served",
            Self::AppointmentConfirmed => "appointment booked",
            Self::AppointmentRescheduled => "appointment moved",
            Self::AppointmentCancelled => "appointment cancelled",
            Self::ReceptionDayCancelled => "reception day cancelled",
        }
    }
}

impl NoticeChannel {
    /// Told by a member of the office himself.
    pub fn is_by_hand(self) -> bool {
        matches!(self, Self::Letter | Self::Phone | Self::InPerson)
    }
}

impl LegalRoute {
    /// Routes that lead out of the petition procedure (T04).
    pub fn diverts(self) -> bool {
        !matches!(self, Self::Petition | Self::NotNeeded)
    }

    /// How the rule book names it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Procedure => "31-1",
            Self::Arbitration => "31-2",
            Self::PartyAppeal => "31-3",
            Self::Administrative => "31-4",
            Self::ProtectiveDuty => "31-5",
            Self::Petition => "31-6",
            Self::Litigation => "LITIGATION",
            Self::NotNeeded => "NONE",
        }
    }
}

impl NotAcceptedReason {
    /// How events name it.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotCompetent => "NOT_COMPETENT",
            Self::InProcedure => "IN_PROCEDURE",
            Self::BeingHandled => "BEING_HANDLED",
            Self::NoMatter => "NO_MATTER",
        }
    }
}

impl VoidReason {
    /// How events name it.
    pub fn code(self) -> &'static str {
        match self {
            Self::EnteredTwice => "ENTERED_TWICE",
            Self::NotAPetition => "NOT_A_PETITION",
            Self::WrongNumber => "WRONG_NUMBER",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_values() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::try_from(i32::from(purpose.number())), Ok(*purpose));
        }
        assert_eq!(Purpose::try_from(0), Err(UnknownCode(0)));
        assert_eq!(Sex::try_from(70_000), Err(UnknownCode(70_000)));
    }

    #[test]
    fn only_statutory_routes_divert() {
        let staying: Vec<_> = LegalRoute::ALL.iter().filter(|route| !route.diverts()).collect();
        assert_eq!(staying, [&LegalRoute::Petition, &LegalRoute::NotNeeded]);
    }
}
