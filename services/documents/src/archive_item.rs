//! The twenty-one items of an archival file 一案一档 and when each must be there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An item of the file, in the order of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArchiveItem {
    /// 01: catalogue and note.
    Catalogue = 1,
    /// 02: registration form and receipt.
    Registration = 2,
    /// 03: original letter, online text or oral record, with attachments.
    Original = 3,
    /// 04: identity and mandate papers, list of representatives.
    Mandate = 4,
    /// 05: record of the reception or of the outside visit.
    Reception = 5,
    /// 06: the leader's annotation and instruction.
    Instruction = 6,
    /// 07: triage, and notices with their proof of service.
    Notices = 7,
    /// 08: assignment, objection and decision.
    Assignment = 8,
    /// 09: recusal declarations.
    Recusal = 9,
    /// 10: investigation report with evidence and hearings.
    Investigation = 10,
    /// 11: extension.
    Extension = 11,
    /// 12: handling opinion with its proof of service.
    Opinion = 12,
    /// 13: evidence of execution.
    Execution = 13,
    /// 14: closure report.
    Closure = 14,
    /// 15: the petitioner's opinion, or the record of a refusal or of the attempts to reach him.
    PetitionerOpinion = 15,
    /// 16: the leader's review and signature.
    LeaderReview = 16,
    /// 17: follow-up responsibility and contact log.
    FollowUp = 17,
    /// 18: supervision orders, suggestions, replies.
    Supervision = 18,
    /// 19: review and re-review.
    Review = 19,
    /// 20: ratings.
    Ratings = 20,
    /// 21: process log.
    ProcessLog = 21,
}

/// When an item must be in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// Always.
    Mandatory,
    /// When a leader received the petitioner.
    LeaderReceived,
    /// When the matter is handled under article 31(6).
    Route31_6,
    /// When investigators were named (from C41).
    FromInvestigation,
    /// Whenever such a paper exists.
    WhenExists,
}

impl ArchiveItem {
    /// Every item in order.
    pub const ALL: [Self; 21] = [
        Self::Catalogue,
        Self::Registration,
        Self::Original,
        Self::Mandate,
        Self::Reception,
        Self::Instruction,
        Self::Notices,
        Self::Assignment,
        Self::Recusal,
        Self::Investigation,
        Self::Extension,
        Self::Opinion,
        Self::Execution,
        Self::Closure,
        Self::PetitionerOpinion,
        Self::LeaderReview,
        Self::FollowUp,
        Self::Supervision,
        Self::Review,
        Self::Ratings,
        Self::ProcessLog,
    ];

    /// The two digits, `01` to `21`.
    pub fn number(self) -> &'static str {
        &self.folder()[..2]
    }

    /// The Chinese title.
    pub fn zh(self) -> &'static str {
        &self.folder()[3..]
    }

    /// The folder in the package, such as `02_登记表与回执`.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Catalogue => "01_卷内目录与备考表",
            Self::Registration => "02_登记表与回执",
            Self::Original => "03_来信来访原件及附件",
            Self::Mandate => "04_身份与委托材料",
            Self::Reception => "05_接访处访记录",
            Self::Instruction => "06_领导批办意见",
            Self::Notices => "07_甄别处理与告知文书",
            Self::Assignment => "08_交办与异议",
            Self::Recusal => "09_回避声明",
            Self::Investigation => "10_调查报告与证据",
            Self::Extension => "11_延期审批与告知",
            Self::Opinion => "12_处理意见书与送达回证",
            Self::Execution => "13_落实情况材料",
            Self::Closure => "14_结案报告",
            Self::PetitionerOpinion => "15_信访人签署意见",
            Self::LeaderReview => "16_领导审阅签字",
            Self::FollowUp => "17_包保责任与联系记录",
            Self::Supervision => "18_督办与建议",
            Self::Review => "19_复查复核材料",
            Self::Ratings => "20_评价",
            Self::ProcessLog => "21_过程日志",
        }
    }

    /// When the item must be there. For a matter that was diverted, refused or withdrawn the proof of service of the
    /// notice (07) stands in for 15 and 16.
    pub fn requirement(self) -> Requirement {
        match self {
            Self::Catalogue
            | Self::Registration
            | Self::Original
            | Self::Notices
            | Self::Closure
            | Self::ProcessLog => Requirement::Mandatory,
            Self::Reception | Self::Instruction | Self::PetitionerOpinion | Self::LeaderReview => {
                Requirement::LeaderReceived
            }
            Self::Investigation | Self::Opinion => Requirement::Route31_6,
            Self::Recusal => Requirement::FromInvestigation,
            Self::Mandate
            | Self::Assignment
            | Self::Extension
            | Self::Execution
            | Self::FollowUp
            | Self::Supervision
            | Self::Review
            | Self::Ratings => Requirement::WhenExists,
        }
    }
}

impl FromStr for ArchiveItem {
    type Err = UnknownItem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|item| item.number() == text)
            .ok_or(UnknownItem)
    }
}

impl fmt::Display for ArchiveItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.number())
    }
}

impl Serialize for ArchiveItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.number())
    }
}

impl<'de> Deserialize<'de> for ArchiveItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = String::deserialize(deserializer)?;
        number.parse().map_err(serde::de::Error::custom)
    }
}

/// Not a number of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("items of the archival file are numbered 01 to 21")]
pub struct UnknownItem;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_numbered_in_order_and_read_back() {
        for (index, item) in ArchiveItem::ALL.into_iter().enumerate() {
            assert_eq!(item.number(), format!("{:02}", index + 1));
            assert_eq!(item as usize, index + 1);
            assert_eq!(item.number().parse(), Ok(item));
            assert_eq!(item.folder(), format!("{}_{}", item.number(), item.zh()));
        }
        assert!("00".parse::<ArchiveItem>().is_err());
        assert!("1".parse::<ArchiveItem>().is_err());
        assert!("22".parse::<ArchiveItem>().is_err());
    }

    #[test]
    fn the_requirements_are_those_of_the_archive_rule() {
        let required = |rule: Requirement| -> Vec<&str> {
            let items = ArchiveItem::ALL
                .into_iter()
                .filter(|item| item.requirement() == rule);
            items.map(ArchiveItem::number).collect()
        };
        assert_eq!(
            required(Requirement::Mandatory),
            ["01", "02", "03", "07", "14", "21"]
        );
        assert_eq!(required(Requirement::LeaderReceived), ["05", "06", "15", "16"]);
        assert_eq!(required(Requirement::Route31_6), ["10", "12"]);
        assert_eq!(required(Requirement::FromInvestigation), ["09"]);
        assert_eq!(
            required(Requirement::WhenExists),
            ["04", "08", "11", "13", "17", "18", "19", "20"]
        );
    }
}
