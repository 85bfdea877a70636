//! The table of clocks is complete and consistent.

use super::*;

#[test]
fn every_clock_has_exactly_one_row_and_one_name() {
    for row in &RULES {
        assert_eq!(
            RULES.iter().filter(|other| other.code == row.code).count(),
            1,
            "{}",
            row.code
        );
        assert_eq!(
            RULES
                .iter()
                .filter(|other| other.code.zh() == row.code.zh())
                .count(),
            1,
            "{}",
            row.code
        );
        assert_eq!(row.code.rule(), row);
        assert_eq!(row.code.code().parse(), Ok(row.code));
    }
    assert!("K24".parse::<ClockCode>().is_err());
}

#[test]
fn the_legal_lengths_are_those_of_the_regulation() {
    let term = |code: ClockCode| code.rule().length.term();
    assert_eq!(term(ClockCode::K1), Some(Term::Days(15)), "[R:22]");
    assert_eq!(term(ClockCode::K2), Some(Term::Days(15)), "[R:23(3)]");
    assert_eq!(
        term(ClockCode::K3),
        Some(Term::WorkingDays(5)),
        "[R:23(3)], the only working days"
    );
    assert_eq!(term(ClockCode::K4), Some(Term::Days(60)), "[R:34]");
    for code in [ClockCode::K6, ClockCode::K7, ClockCode::K8, ClockCode::K9] {
        assert_eq!(term(code), Some(Term::Days(30)), "{code} [R:35] [R:36]");
    }
    assert_eq!(ClockCode::K5.rule().length, Length::AtMostDays(30));
}

#[test]
fn rights_belong_to_the_petitioner_and_duties_to_others() {
    let rights: Vec<_> = RULES
        .iter()
        .filter(|rule| rule.owner == Owner::Petitioner)
        .map(|rule| rule.code)
        .collect();
    assert_eq!(rights, [ClockCode::K6, ClockCode::K8, ClockCode::K17]);
}
