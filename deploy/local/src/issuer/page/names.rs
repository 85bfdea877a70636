//! Names of districts and roles, Chinese and English.

use crate::people::{DISTRICT_A, DISTRICT_B};

pub(super) fn district(code: &str) -> (&str, &str) {
    match code {
        DISTRICT_A => ("东昌区", "Dongchang District"),
        DISTRICT_B => ("二道江区", "Erdaojiang District"),
        other => (other, other),
    }
}

pub(super) fn role(code: &str) -> (&str, &str) {
    match code {
        "CLK" => ("登记员", "Clerk"),
        "DSP" => ("分办员/主任", "Dispatcher"),
        "LDR" => ("接访领导", "Leader"),
        "LDA" => ("领导联络员", "Leader's aide"),
        "UNT" => ("责任单位承办人", "Unit handler"),
        "UNH" => ("责任单位负责人", "Unit head"),
        "TWN" => ("乡镇街信访专员", "Township officer"),
        "SUP" => ("督查员", "Supervisor"),
        "ARC" => ("档案员", "Archivist"),
        "PRO" => ("宣传部", "Publicity"),
        "REV" => ("复查复核机关经办人", "Review officer"),
        "DIS" => ("纪检监察对接人", "Discipline liaison"),
        "CITY-OP" => ("市级运维", "City operations"),
        "CITY-XF" => ("市信访部门业务员", "City petition department"),
        "AUD" => ("个人信息保护负责人/审计", "Auditor"),
        "PET" => ("信访人", "Petitioner"),
        other => (other, other),
    }
}
