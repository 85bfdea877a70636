use proptest::prelude::*;

use super::*;
use crate::seal::KeyRing;
use xinqiao_kernel::DistrictCode;

fn ring() -> (KeyRing, [DistrictCode; 2]) {
    let codes = ["220502".parse().unwrap(), "220503".parse().unwrap()];
    (KeyRing::throwaway(&codes), codes)
}

/// Text as it comes: ideographs, forms, letters, marks, punctuation.
fn text(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        8 => prop::sample::select("楼板渗水开发商物业的了不".chars().collect::<Vec<_>>()),
        1 => prop::sample::select("，。 、QqＱ１1①é\u{301}\u{200b}ｶﾞ\n".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ];
    prop::collection::vec(letter, length).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn a_text_that_contains_a_query_has_all_its_tokens(text in text(0..80), from in 0_usize..80, length in 2_usize..12) {
        let folded = fold(&text);
        let typed: String = folded.chars().skip(from).take(length).collect();
        if let Ok(query) = Query::parse(&typed) {
            let (ring, [district, _]) = ring();
            let has = ring.search_tokens(district, &pairs(&folded));
            let wanted = ring.search_tokens(district, &query.pairs());
            prop_assert!(wanted.iter().all(|token| has.binary_search(token).is_ok()));
            prop_assert!(query.occurrences(&folded) > 0);
        }
    }

    #[test]
    fn what_is_typed_in_other_forms_is_found_all_the_same(before in text(0..20), after in text(0..20)) {
        let folded = fold(&format!("{before}，外墙ＱＱ漏雨，{after}"));
        for typed in ["外墙qq漏雨", "外墙ＱＱ漏雨", " 外墙QQ漏雨。", "外墙\u{200b}Qq漏雨"] {
            prop_assert!(Query::parse(typed).unwrap().occurrences(&folded) > 0);
        }
    }

    #[test]
    fn folded_text_is_words_and_single_blanks(text in text(0..80)) {
        let folded = fold(&text);
        prop_assert!(!folded.starts_with(' ') && !folded.ends_with(' ') && !folded.contains("  "));
        prop_assert!(folded.chars().all(|letter| letter == ' ' || letter.is_alphanumeric()));
    }
}

#[test]
fn a_text_is_cut_into_the_pairs_of_its_words() {
    let folded = fold("楼板渗水，Ａ座；的");
    assert_eq!(folded, "楼板渗水 a座 的");
    assert_eq!(
        pairs(&folded).into_iter().collect::<Vec<_>>(),
        ["a座", "板渗", "楼板", "渗水"]
    );
}

#[test]
fn pairs_alone_make_no_hit() {
    let query = Query::parse("楼板渗水").unwrap();
    let scattered = fold("楼板不平，板渗出，渗水");
    assert!(query.pairs().is_subset(&pairs(&scattered)));
    assert_eq!(query.occurrences(&scattered), 0);
    assert_eq!(query.occurrences(&fold("楼板渗水又见楼板渗水")), 2);
    // All words must be there.
    assert_eq!(
        Query::parse("渗水 物业").unwrap().occurrences(&fold("楼板渗水")),
        0
    );
    assert_eq!(
        Query::parse("渗水 物业")
            .unwrap()
            .occurrences(&fold("物业说渗水")),
        2
    );
}

#[test]
fn a_query_that_can_find_nothing_says_why() {
    assert_eq!(Query::parse(" ，。"), Err(QueryError::Empty));
    assert_eq!(
        Query::parse("楼板 水"),
        Err(QueryError::OneCharacter("水".to_owned()))
    );
    assert_eq!(Query::parse(&"水".repeat(51)), Err(QueryError::TooLong(51)));
    assert!(Query::parse(&"水".repeat(50)).is_ok());
}

#[test]
fn equal_pairs_of_two_districts_have_unequal_tokens() {
    let (ring, [here, there]) = ring();
    let folded = fold("新建住房楼板渗水问题");
    let (mine, theirs) = (
        ring.search_tokens(here, &pairs(&folded)),
        ring.search_tokens(there, &pairs(&folded)),
    );
    assert_eq!(mine.len(), pairs(&folded).len());
    assert!(mine.is_sorted());
    assert!(mine.iter().all(|token| !theirs.contains(token)));
    assert_eq!(ring.search_scheme(here), ring.search_scheme(here));
    assert_ne!(ring.search_scheme(here), ring.search_scheme(there));
}
