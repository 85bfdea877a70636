//! The rights 权限 that policies speak of, in the order of the schema.

use std::fmt;

macro_rules! rights {
    ($($name:ident $zh:literal;)+) => {
        /// What somebody wants to do: a cell of the permission matrix (§5.2), or of the scopes of the roles (§5.1).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Right {
            $(#[doc = $zh] $name,)+
        }

        impl Right {
            /// Every right.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name in the policies.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// What a user is told it is.
            pub const fn zh(self) -> &'static str {
                match self {
                    $(Self::$name => $zh,)+
                }
            }
        }
    };
}

rights! {
    ReadCaseHeader "查看事项概况";
    ReadCase "查看信访事项";
    ReadClocks "查看办理时限";
    ReadRegister "查看登记台账";
    ReadDueList "查看到期清单";
    ReadOpenRecords "查看待整理的接访记录";
    ReadUnitDesk "查看单位待办";
    ReadLeaderDesk "查看领导待办";
    ReadLeaders "查看接访领导";
    WriteLeaders "维护接访领导";
    ReadOwnCase "查看本人的信访事项";
    BookOwnAppointment "预约接访";
    GiveOpinion "签署意见";
    AddOwnAttachment "补充本人的材料";
    RegisterCase "登记信访事项";
    RegisterOnline "网上提出信访事项";
    UnmaskPetitioner "查看证件号码、电话、住址";
    ReadRoster "查看接访安排";
    ReadPublicRoster "查看公开的接访安排";
    ReadAppointments "查看预约";
    WriteRoster "编制接访安排";
    ApproveRoster "批准接访安排";
    WriteAppointment "办理预约";
    WriteReception "填写接访记录";
    ApproveReception "审定接访记录";
    ReadReception "查看接访记录";
    WriteAnnotation "起草阅批意见";
    ApproveAnnotation "阅批";
    ReadAnnotation "查看阅批意见";
    PrepareAssignment "拟办";
    Assign "交办、转送、导入";
    InstructAssignment "批示交办";
    ReadAssignment "查看交办";
    WriteObjection "起草异议";
    ApproveObjection "提出异议";
    DecideObjection "核定异议";
    ReadObjection "查看异议";
    WriteOpinion "起草告知书、处理意见";
    ApproveOpinion "签发告知书、处理意见";
    ReadOpinion "查看处理意见";
    WriteExtension "申请延期";
    ApproveExtension "批准延期";
    ReadExtension "查看延期";
    WriteInvestigation "起草调查报告";
    ApproveInvestigation "审定调查报告";
    InstructInvestigation "对调查报告作出批示";
    ReadInvestigation "查看调查报告";
    WriteFiveBatch "提出“五个一批”分类";
    ApproveFiveBatch "审定“五个一批”分类";
    ReadFiveBatch "查看“五个一批”分类";
    WriteFollowUp "起草跟进计划";
    ApproveFollowUp "审定跟进计划";
    ReadFollowUp "查看跟进情况";
    CheckClosure "审核结案材料";
    WriteClosure "起草结案报告";
    ApproveClosure "审定结案报告";
    ReadClosure "查看结案报告";
    RecordPetitionerOpinion "记录信访人意见";
    ReadPetitionerOpinion "查看信访人意见";
    SignReview "审阅签字";
    ReadSignature "查看审阅签字";
    RecordInspection "记录督查";
    ReadInspection "查看督查记录";
    WriteSupervisionOrder "起草督办通知";
    ApproveSupervisionOrder "批准督办通知";
    AnswerSupervisionOrder "回复督办通知";
    ReadSupervisionOrder "查看督办通知";
    WriteSuggestion "起草三项建议";
    ApproveSuggestion "批准三项建议";
    AnswerSuggestion "回复三项建议";
    ReadSuggestion "查看三项建议";
    CountSuggestions "查看三项建议统计";
    WritePackage "整理归档材料";
    ApprovePackage "归档封装";
    ReadPackage "查阅档案";
    ReadServedDocuments "查阅已送达本人的文书";
    VerifyPackage "档案四性检测";
    ReadStatistics "查看统计";
    ReadUnitStatistics "查看本单位统计";
    ReadPublicStatistics "查看公开统计";
    TransferSealed "移送检举控告";
    WriteSealed "办理检举控告";
    StoreSealed "保管密封档案";
    ReadSealed "查阅检举控告";
    OpenSealed "提请启封";
    ConfirmOpenSealed "确认启封";
    EndOpening "结束启封";
    FollowSealed "查看密件办理进程";
    ProposeRole "提出岗位变更";
    WriteRole "变更岗位";
    RequestReview "申请复查复核";
    WriteReview "办理复查复核";
    ApproveReview "审定复查复核意见";
    ReadReview "查看复查复核";
    CountReviews "查看复查复核统计";
    PrepareCaseChange "提出事项变更";
    ApproveCaseChange "批准事项变更";
    FlagUrgent "标记紧急";
    WithdrawCase "撤回信访事项";
    ReadCaseChange "查看事项变更";
    WriteLeave "登记请假";
    DraftLeave "拟请假";
    ReadLeave "查看请假";
    WriteUnits "维护单位";
    ReadUnits "查看单位";
    ReadUnitNames "查看单位名称";
    ProposeCalendar "导入工作日历";
    ApproveCalendar "批准工作日历";
    ReadCalendar "查看工作日历";
    ReadCalendarProposal "查看工作日历提案";
    PrepareImport "编制导入导出";
    ApproveImport "批准导入导出";
    ReadImport "查看导入导出";
    WriteAttachment "添加附件";
    ReadAttachment "查看附件";
    RateHandling "评价、投诉办理情况";
    ReadRating "查看评价";
    CountRatings "查看评价统计";
    PrepareDisposal "编制销毁清册";
    ApproveDisposal "批准销毁";
    ReadDisposal "查看销毁清册";
    OperatePlatform "平台运维";
    RequestBreakGlass "申请应急访问";
    ApproveBreakGlass "批准应急访问";
    ReadAudit "查看审计记录";
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
