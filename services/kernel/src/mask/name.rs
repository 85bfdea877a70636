//! The mask of a personal name.

/// Compound surnames 复姓 in use, from the common lists; a name that begins with one keeps both characters.
const COMPOUND_SURNAMES: [&str; 40] = [
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟",
    "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离",
    "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘", "子车", "亓官", "司寇", "巫马", "拓跋", "呼延", "令狐",
    "百里",
];

/// Shows the surname and hides the rest: `王*`, `欧阳**`.
///
/// A name of another people keeps its first character; the dot between its parts stays: `阿***·***`. A single
/// character is hidden whole. A variation selector stays with its character.
pub fn name(name: &str) -> String {
    let letters: Vec<char> = name
        .trim()
        .chars()
        .filter(|found| !is_variation_selector(*found))
        .collect();
    let kept = match letters.len() {
        0 | 1 => 0,
        2 => 1,
        _ if COMPOUND_SURNAMES
            .iter()
            .any(|surname| name.trim().starts_with(surname)) =>
        {
            2
        }
        _ => 1,
    };
    letters
        .iter()
        .enumerate()
        .map(|(index, letter)| {
            if index < kept || matches!(letter, '·' | '•' | ' ') {
                *letter
            } else {
                '*'
            }
        })
        .collect()
}

fn is_variation_selector(found: char) -> bool {
    matches!(found, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn the_surname_stays() {
        assert_eq!(name("王五"), "王*");
        assert_eq!(name("测试甲"), "测**");
        assert_eq!(name(" 王小明 "), "王**");
    }

    #[test]
    fn a_compound_surname_stays_whole() {
        assert_eq!(name("欧阳修文"), "欧阳**");
        assert_eq!(name("司马光"), "司马*");
        assert_eq!(
            name("欧阳"),
            "欧*",
            "two characters are a surname and a given name"
        );
    }

    #[test]
    fn other_names_keep_their_first_letter_and_their_joints() {
        assert_eq!(name("阿不都·热合曼"), "阿**·***");
        assert_eq!(name("Ann Lee"), "A** ***");
    }

    #[test]
    fn rare_characters_outside_the_basic_plane_are_one_letter() {
        assert_eq!(name("𠮷田"), "𠮷*");
        assert_eq!(name("葛\u{E0100}某"), "葛*");
    }

    #[test]
    fn one_letter_shows_nothing() {
        assert_eq!(name("王"), "*");
        assert_eq!(name(""), "");
    }
}
