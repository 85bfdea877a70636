//! Where a number comes from.

use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::refusal::Refusal;

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Series {
    /// The counter of the year.
    Counter,
    /// A block that was reserved of it 预留号段.
    Block(Uuid),
}

impl Series {
    /// There is no number any more.
    pub(crate) fn exhausted(self) -> Refusal {
        match self {
            Self::Counter => Refusal::new(
                Code::ResourceExhausted,
                "NUMBERS_EXHAUSTED",
                "本年度信访编号已用完，请联系系统管理员",
                "the case numbers of this year are used up; call the administrator",
            ),
            Self::Block(_) => Refusal::new(
                Code::FailedPrecondition,
                "BLOCK_NOT_OPEN",
                "该预留号段已用完、已关闭或者不属于本年度，请另选号段，或者不选号段登记",
                "the block is used up, closed, or of another year; choose another, or register without one",
            ),
        }
    }
}
