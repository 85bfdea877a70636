//! The proof without which nothing of class P4 opens.

/// That somebody may see class P4 now. Only an act gives it out, [`Act::opening`](crate::desk::Act::opening), and only
/// after the policies have permitted what the act is for.
#[derive(Debug)]
pub struct Opening(Reach);

/// How far it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// What the case says.
    Case,
    /// What the procedure of sealed cases itself has written: addressee, reasons.
    Procedure,
}

/// Tables that the procedure writes begin so.
const PROCEDURE: &str = "sealed_";

impl Opening {
    /// Of a reader named in an opening that is in force.
    pub(crate) const fn of_case() -> Self {
        Self(Reach::Case)
    }

    /// Of somebody who takes part in the procedure and does not read the case.
    pub(crate) const fn of_procedure() -> Self {
        Self(Reach::Procedure)
    }

    /// Whether it opens values of a table.
    pub(super) fn reaches(&self, table: &str) -> bool {
        match self.0 {
            Reach::Case => true,
            Reach::Procedure => table.starts_with(PROCEDURE),
        }
    }
}
