//! The demo people. All are fictitious; their names are those of the acceptance scenarios.

use uuid::Uuid;

/// Somebody who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// What the command line takes, and the subject of the token.
    pub id: &'static str,
    /// Name 姓名.
    pub name: &'static str,
    /// Roles as the token carries them.
    pub roles: &'static [&'static str],
    /// The one district the token names.
    pub district: &'static str,
    /// The responsible unit 责任单位 he works at.
    pub unit: Option<Uuid>,
    /// The leader he is, or works for.
    pub leader: Option<Uuid>,
    /// Codes of the fields 分管领域 he answers for.
    pub portfolio: &'static [&'static str],
    /// Codes of the townships he works at or is linked to.
    pub towns: &'static [&'static str],
}

impl Person {
    const fn answering_for(self, portfolio: &'static [&'static str], towns: &'static [&'static str]) -> Self {
        Self {
            portfolio,
            towns,
            ..self
        }
    }
}

/// A fixed identifier of a demo master record.
const fn fixed(last: u8) -> Uuid {
    Uuid::from_bytes([0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, last])
}

/// 张副区长: urban construction, linked with 金厂镇.
pub const LEADER_ZHANG: Uuid = fixed(1);
/// 刘副区长: labour and social security, linked with 环通乡.
pub const LEADER_LIU: Uuid = fixed(2);
/// 陈副区长 of the other district.
pub const LEADER_CHEN: Uuid = fixed(3);
/// 区住建局.
pub const UNIT_HOUSING: Uuid = fixed(0x11);
/// 区人社局.
pub const UNIT_LABOUR: Uuid = fixed(0x12);
/// 金厂镇政府.
pub const UNIT_JINCHANG: Uuid = fixed(0x13);
/// 二道江区住建局 of the other district.
pub const UNIT_HOUSING_B: Uuid = fixed(0x14);
/// 五道江镇政府 of the other district.
pub const UNIT_WUDAOJIANG: Uuid = fixed(0x15);
/// The review organ of the other district.
const REVIEW_ORGAN_B: Uuid = fixed(0x16);

/// 东昌区.
pub const DISTRICT_A: &str = "220502";
/// 二道江区.
pub const DISTRICT_B: &str = "220503";

const fn office(
    id: &'static str,
    name: &'static str,
    roles: &'static [&'static str],
    district: &'static str,
) -> Person {
    Person {
        id,
        name,
        roles,
        district,
        unit: None,
        leader: None,
        portfolio: &[],
        towns: &[],
    }
}

const fn at_unit(
    id: &'static str,
    name: &'static str,
    roles: &'static [&'static str],
    district: &'static str,
    unit: Uuid,
) -> Person {
    Person {
        id,
        name,
        roles,
        district,
        unit: Some(unit),
        leader: None,
        portfolio: &[],
        towns: &[],
    }
}

const fn of_leader(
    id: &'static str,
    name: &'static str,
    roles: &'static [&'static str],
    district: &'static str,
    leader: Uuid,
) -> Person {
    Person {
        id,
        name,
        roles,
        district,
        unit: None,
        leader: Some(leader),
        portfolio: &[],
        towns: &[],
    }
}

/// Everybody.
pub const PEOPLE: &[Person] = &[
    office("li-dengji", "李登记", &["CLK"], DISTRICT_A),
    office("he-dengji", "何登记", &["CLK"], DISTRICT_A),
    office("wang-fenban", "王分办", &["DSP"], DISTRICT_A),
    office("fang-fenban", "方分办", &["DSP"], DISTRICT_A),
    of_leader("zhang-fuquzhang", "张副区长", &["LDR"], DISTRICT_A, LEADER_ZHANG)
        .answering_for(&["03"], &["220502100"]),
    of_leader("liu-fuquzhang", "刘副区长", &["LDR"], DISTRICT_A, LEADER_LIU)
        .answering_for(&["04"], &["220502200"]),
    at_unit("qian-juzhang", "钱局长", &["UNH"], DISTRICT_A, UNIT_HOUSING),
    at_unit("zhao-chengban", "赵承办", &["UNT"], DISTRICT_A, UNIT_HOUSING),
    at_unit("feng-chengban", "冯承办", &["UNT"], DISTRICT_A, UNIT_HOUSING),
    at_unit("zheng-juzhang", "郑局长", &["UNH"], DISTRICT_A, UNIT_LABOUR),
    at_unit("xu-zhenzhang", "许镇长", &["UNH"], DISTRICT_A, UNIT_JINCHANG),
    office("sun-ducha", "孙督查", &["SUP"], DISTRICT_A),
    office("zhou-dangan", "周档案", &["ARC"], DISTRICT_A),
    office("jiang-jijian", "江纪检", &["DIS"], DISTRICT_A),
    office("yan-shenji", "严审计", &["AUD"], DISTRICT_A),
    office("wu-dengji", "吴登记", &["CLK"], DISTRICT_B),
    office("ma-fenban", "马分办", &["DSP"], DISTRICT_B),
    office("bai-fenban", "白分办", &["DSP"], DISTRICT_B),
    of_leader("chen-fuquzhang", "陈副区长", &["LDR"], DISTRICT_B, LEADER_CHEN)
        .answering_for(&["03"], &["220503100"]),
    of_leader("xie-lianluo", "谢联络", &["LDA"], DISTRICT_B, LEADER_CHEN)
        .answering_for(&["03"], &["220503100"]),
    at_unit("guo-juzhang", "郭局长", &["UNH"], DISTRICT_B, UNIT_HOUSING_B),
    at_unit("tang-chengban", "唐承办", &["UNT"], DISTRICT_B, UNIT_HOUSING_B),
    at_unit("song-chengban", "宋承办", &["UNT"], DISTRICT_B, UNIT_HOUSING_B),
    office("shen-dangan", "沈档案", &["ARC"], DISTRICT_B),
    office("han-ducha", "韩督查", &["SUP"], DISTRICT_B),
    office("wei-yunwei", "魏运维", &["CITY-OP"], DISTRICT_A),
    office("gao-yunwei", "高运维", &["CITY-OP"], DISTRICT_B),
    office("pan-jijian", "潘纪检", &["DIS"], DISTRICT_B),
    office("zou-shenji", "邹审计", &["AUD"], DISTRICT_B),
    at_unit("deng-zhuanyuan", "邓专员", &["TWN"], DISTRICT_B, UNIT_WUDAOJIANG)
        .answering_for(&[], &["220503100"]),
    at_unit("cao-fucha", "曹复查", &["REV"], DISTRICT_B, REVIEW_ORGAN_B),
    office("lin-xuanchuan", "林宣传", &["PRO"], DISTRICT_B),
    office("hu-shixinfang", "胡信访", &["CITY-XF"], DISTRICT_B),
];

/// The person with that id or that Chinese name.
pub fn find(wanted: &str) -> Option<&'static Person> {
    PEOPLE
        .iter()
        .find(|person| person.id == wanted || person.name == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_shares_an_id_or_a_name() {
        for (index, person) in PEOPLE.iter().enumerate() {
            assert_eq!(find(person.id), Some(person));
            assert_eq!(find(person.name), Some(person));
            assert!(
                PEOPLE[index + 1..]
                    .iter()
                    .all(|other| other.id != person.id && other.name != person.name)
            );
        }
    }
}
