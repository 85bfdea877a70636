//! What the public ledger is bound to: the facts of a receipt, in one canonical form.
//!
//! The commitment is SHA-256 over the salt and these bytes. There is nothing personal in them, and the salt
//! keeps them from being guessed before the ledger is opened.

use time::Date;
use xinqiao_kernel::CaseNumber;

/// The facts, each on its own line as `name=value`, in this order for ever.
pub fn receipt_facts(number: CaseNumber, received_on: Date, registered_on: Date, k1_eff: Date) -> Vec<u8> {
    format!(
        "format=1\ncase_no={number}\nreceived_on={received_on}\nregistered_on={registered_on}\nk1_due_eff={k1_eff}\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn facts_have_one_form() {
        let number = "XF-220502-2026-2-000123-9".parse().unwrap();
        let facts = receipt_facts(
            number,
            date!(2026 - 03 - 03),
            date!(2026 - 03 - 03),
            date!(2026 - 03 - 18),
        );
        assert_eq!(
            String::from_utf8(facts).unwrap(),
            "format=1\ncase_no=XF-220502-2026-2-000123-9\nreceived_on=2026-03-03\nregistered_on=2026-03-03\n\
             k1_due_eff=2026-03-18\n"
        );
    }
}
