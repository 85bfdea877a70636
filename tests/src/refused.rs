//! What a refusal must look like.

use anyhow::{Context as _, Result, bail, ensure};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;
use xinqiao_local::journey::patience::{describe, reason};

/// The refusal that was expected instead of an answer.
pub fn refusal<A>(what: &str, outcome: Result<Response<A>, Status>) -> Result<Status> {
    match outcome {
        Ok(_) => bail!("{what}: it was done"),
        Err(status) => Ok(status),
    }
}

/// Fails unless the status has this code, this stable reason, and a sentence a clerk can read.
pub fn must_be(what: &str, status: &Status, code: Code, wanted: &str) -> Result<()> {
    let found = describe(status);
    ensure!(status.code() == code, "{what}: wanted {code:?}, got {found}");
    ensure!(reason(status) == wanted, "{what}: wanted {wanted}, got {found}");
    ensure!(
        is_chinese(status.message()),
        "{what}: no Chinese sentence: {found}"
    );
    Ok(())
}

/// Fails unless exactly this field is named as wrong, for this reason, with a Chinese sentence.
pub fn must_name(what: &str, status: &Status, field: &str, wanted: &str) -> Result<()> {
    let details = status
        .get_details_bad_request()
        .with_context(|| format!("{what}: no field is named: {}", describe(status)))?;
    let [named] = details.field_violations.as_slice() else {
        bail!("{what}: {:?} are named", details.field_violations)
    };
    ensure!(
        named.field == field,
        "{what}: {} is named, not {field}",
        named.field
    );
    ensure!(
        named.reason == wanted,
        "{what}: reason {}, not {wanted}",
        named.reason
    );
    ensure!(
        is_chinese(&named.description),
        "{what}: the field has no Chinese sentence"
    );
    Ok(())
}

fn is_chinese(text: &str) -> bool {
    text.chars()
        .filter(|letter| ('\u{4e00}'..='\u{9fff}').contains(letter))
        .count()
        >= 4
}
