//! The leader's reception: the record with its five integrations, and his instruction.

use crate::form::{choice, form, part};
use crate::part::{Official, Unit};
use crate::value::{Day, Moment};
use xinqiao_kernel::CaseNumber;

choice! {
    /// In what part somebody came.
    AttendeePart;
    "PETITIONER" "信访人" Petitioner,
    "REPRESENTATIVE" "推选的代表" Representative,
    "COMPANION" "陪同人员" Companion,
}

choice! {
    /// Where the talk led `[S:L30]`.
    Branch;
    "A_REASONABLE" "诉求合理，尽快解决" Reasonable,
    "B_PARTLY_NO_BASIS" "部分合理，暂无政策依据" PartlyNoBasis,
    "C_NOT_REASONABLE" "诉求不合理" NotReasonable,
    "D_ONSITE_SETTLED" "当场解决" OnsiteSettled,
    "E_OTHER_ROUTE" "导入其他法定途径" OtherRoute,
}

part! {
    /// Somebody who was there.
    Attendee;
    "姓名" name: String,
    "身份" part: AttendeePart,
}

part! {
    /// The five integrations 五个结合 `[S:L28]`; where there is nothing, the text says so and why.
    Integrations;
    "一、解决问题" solution: String,
    "一、防范问题" prevention: String,
    "二、因案施策的措施" measures: Vec<String>,
    "三、为民排忧" difficulty: String,
    "三、问政于民" policy_ideas: String,
    "四、思想疏导" explanation: String,
    "四、依法处理的依据" legal_basis: String,
    /// None only when settled on the spot.
    "五、责任主体" lead_unit: Option<Unit>,
    "五、协办单位" assist_units: Vec<Unit>,
}

form! {
    /// What was said when a leader received the petitioner, sorted and finalised by the next working day `[S:L42]`.
    ReceptionRecord = "D27", "领导接访记录", "reception record", Reception;
    "接访编号" reception_no: String,
    "信访事项编号" case_no: CaseNumber,
    "接访领导" leader: Official,
    "工作人员" staff: Vec<String>,
    "开始时间" started_at: Moment,
    "结束时间" ended_at: Moment,
    "地点" place: String,
    "到场人员" attendees: Vec<Attendee>,
    "信访人诉求原话" demands_own_words: String,
    "是否向信访人核对" readback_ok: bool,
    "五个结合" integrations: Integrations,
    "处理分支" branch: Branch,
    "整理归类时间" finalised_at: Moment,
}

form! {
    /// The leader's own instruction: to which unit, what, and by when `[S:L28]`.
    Instruction = "D29", "领导批办意见单", "leader's instruction", Instruction;
    "信访事项编号" case_no: CaseNumber,
    /// None when the instruction was written on a letter.
    "接访编号" reception_no: Option<String>,
    "批办领导" leader: Official,
    "批办意见" instruction: String,
    "牵头单位" lead_unit: Option<Unit>,
    "协办单位" assist_units: Vec<Unit>,
    "领导要求的期限" due_hint: Option<Day>,
    "批办时间" instructed_at: Moment,
}
