//! What intake reads from the environment beside what every service reads.

use std::time::Duration;

use xinqiao_chassis::config::{Reader, Variable};

mod notices;

pub(crate) use notices::{
    EmailSettings, NoticeSettings, SmsSettings, SmtpSettings, SmtpTls, WebhookSettings,
};

/// Registrations that may wait for the writer of their district.
const QUEUE_MAX: Variable = Variable::with_default(
    "XINQIAO_REGISTRATION_QUEUE_MAX",
    "4096",
    "registrations",
    "Registrations of one district that may wait for their commit; more are turned away at once and may be sent again.",
);
/// Registrations in one transaction.
const BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_REGISTRATION_BATCH_MAX",
    "256",
    "registrations",
    "Registrations written in one transaction at the most.",
);

/// Candidates for a repeat.
const REPEATS_MAX: Variable = Variable::with_default(
    "XINQIAO_REPEAT_CANDIDATES_MAX",
    "20",
    "cases",
    "Cases shown at the most during a registration that have the same ID number or mobile on them, the newest.",
);

/// Texts a search opens.
const SEARCH_TEXTS_MAX: Variable = Variable::with_default(
    "XINQIAO_SEARCH_TEXTS_MAX",
    "2500",
    "texts",
    "Texts one search opens and reads at the most, the newest; of commoner words it says more than how many were found.",
);
/// Time of a search's statement.
const SEARCH_STATEMENT_MS: Variable = Variable::with_default(
    "XINQIAO_SEARCH_STATEMENT_MS",
    "3000",
    "ms",
    "Longest run of one statement of a search; after it the caller is told to narrow it.",
);
/// Numbers whose texts come into the index together.
const SEARCH_FILL_BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_SEARCH_FILL_BATCH_MAX",
    "64",
    "registrations",
    "Registrations of a district whose texts become searchable in one transaction.",
);
/// Pause between two such transactions.
const SEARCH_FILL_PAUSE_MS: Variable = Variable::with_default(
    "XINQIAO_SEARCH_FILL_PAUSE_MS",
    "500",
    "ms",
    "Time between two such transactions, so that the counters do not feel them.",
);

/// Minutes of an opening of a sealed case.
const OPENING_MINUTES_MAX: Variable = Variable::with_default(
    "XINQIAO_SEALED_OPENING_MINUTES_MAX",
    "60",
    "minutes",
    "Longest time the readers named in an opening may read a sealed case; what an opening takes that names no time.",
);

/// Rows of an export.
const EXPORT_ROWS_MAX: Variable = Variable::with_default(
    "XINQIAO_EXPORT_ROWS_MAX",
    "2000",
    "rows",
    "Cases of one export at the most; one that has more is refused, not cut.",
);
/// Exports of a day.
const EXPORT_PER_DAY_MAX: Variable = Variable::with_default(
    "XINQIAO_EXPORT_PER_DAY_MAX",
    "5",
    "exports",
    "Exports that may be approved in one district on one legal day.",
);

/// Numbers of a page of the gap report.
const GAP_REPORT_NUMBERS_MAX: Variable = Variable::with_default(
    "XINQIAO_GAP_REPORT_NUMBERS_MAX",
    "100000",
    "numbers",
    "Numbers that one page of the gap report looks at, at the most.",
);

/// Numbers of a block.
const NUMBER_BLOCK_MAX: Variable = Variable::with_default(
    "XINQIAO_NUMBER_BLOCK_MAX",
    "200",
    "numbers",
    "Numbers that one block for a counter of the hall may have.",
);
/// Blocks that are open.
const NUMBER_BLOCKS_OPEN_MAX: Variable = Variable::with_default(
    "XINQIAO_NUMBER_BLOCKS_OPEN_MAX",
    "50",
    "blocks",
    "Blocks of numbers of one district and year that may be open at the same time.",
);

/// Identity data opened by one person.
const UNMASK_PER_DAY_MAX: Variable = Variable::with_default(
    "XINQIAO_UNMASK_PER_DAY_MAX",
    "50",
    "petitioners",
    "How often one person may be shown identity data in clear on one legal day.",
);

/// Sign-ins of one district at once.
const SIGN_IN_WINDOWS: Variable = Variable::with_default(
    "XINQIAO_SIGN_IN_WINDOWS",
    "4",
    "calls",
    "Sign-ins by query code of one district that are looked at at the same time; more are told to come back, so that \
     those of the others find a place.",
);

/// Settings of intake.
#[derive(Debug, Clone)]
pub struct IntakeSettings {
    /// Of the group commit.
    pub registration: RegistrationSettings,
    /// Of the search in petition texts.
    pub search: SearchSettings,
    /// Of the sealed compartment.
    pub sealed: SealedSettings,
    /// Of exports.
    pub export: ExportSettings,
    /// Of notices to petitioners.
    pub notices: NoticeSettings,
    /// Of the numbers.
    pub numbers: NumberSettings,
    /// How often one person may be shown identity data on one legal day.
    pub unmask_per_day_max: u32,
    /// Sign-ins of one district that are looked at at the same time.
    pub sign_in_windows: u32,
}

/// Settings of exports.
#[derive(Debug, Clone, Copy)]
pub struct ExportSettings {
    /// Cases of one at the most.
    pub rows_max: u32,
    /// Approved in one district on one legal day at the most.
    pub per_day_max: u32,
}

/// Settings of the numbers.
#[derive(Debug, Clone, Copy)]
pub struct NumberSettings {
    /// Looked at for one page of the gap report.
    pub report_span: u32,
    /// Of one block.
    pub block_max: u32,
    /// Blocks of a district and year that may be open.
    pub blocks_open_max: u32,
}

/// Settings of the sealed compartment.
#[derive(Debug, Clone, Copy)]
pub struct SealedSettings {
    /// Longest opening.
    pub opening_minutes_max: u16,
}

/// Settings of the search in petition texts.
#[derive(Debug, Clone, Copy)]
pub struct SearchSettings {
    /// Texts one search opens at the most.
    pub texts_max: usize,
    /// Longest run of one of its statements.
    pub statement_timeout: Duration,
    /// Registrations that become searchable in one transaction.
    pub fill_batch_max: usize,
    /// Time between two such transactions.
    pub fill_pause: Duration,
}

/// Settings of the registration.
#[derive(Debug, Clone, Copy)]
pub struct RegistrationSettings {
    /// Registrations that may wait.
    pub queue_max: usize,
    /// Registrations in one transaction.
    pub batch_max: usize,
    /// Candidates for a repeat that are shown.
    pub repeats_shown: usize,
}

impl IntakeSettings {
    /// Reads them; what is wrong is noted in the reader.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            registration: RegistrationSettings {
                queue_max: reader.count(&QUEUE_MAX, 1..=100_000),
                batch_max: reader.count(&BATCH_MAX, 1..=1_024),
                repeats_shown: reader.count(&REPEATS_MAX, 1..=50),
            },
            search: SearchSettings {
                texts_max: reader.count(&SEARCH_TEXTS_MAX, 50..=20_000),
                statement_timeout: reader.millis(&SEARCH_STATEMENT_MS, 10..=15_000),
                fill_batch_max: reader.count(&SEARCH_FILL_BATCH_MAX, 1..=10_000),
                fill_pause: reader.millis(&SEARCH_FILL_PAUSE_MS, 1..=60_000),
            },
            sealed: SealedSettings {
                opening_minutes_max: reader.number(&OPENING_MINUTES_MAX, 1..=1_440),
            },
            export: ExportSettings {
                rows_max: reader.number(&EXPORT_ROWS_MAX, 1..=20_000),
                per_day_max: reader.number(&EXPORT_PER_DAY_MAX, 1..=100),
            },
            notices: NoticeSettings::read(reader),
            numbers: NumberSettings {
                report_span: reader.number(&GAP_REPORT_NUMBERS_MAX, 1..=1_000_000),
                block_max: reader.number(&NUMBER_BLOCK_MAX, 1..=10_000),
                blocks_open_max: reader.number(&NUMBER_BLOCKS_OPEN_MAX, 1..=1_000),
            },
            unmask_per_day_max: reader.number(&UNMASK_PER_DAY_MAX, 1..=10_000),
            sign_in_windows: reader.number(&SIGN_IN_WINDOWS, 1..=1_000),
        }
    }
}
