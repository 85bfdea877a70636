//! Compares the table of rights with the contracts: an RPC that nobody decided about does not start.

use std::collections::{BTreeSet, HashMap};

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::permission::{Right, RightTable};

/// RPCs and table of rights do not match.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the table of rights does not fit the contracts: RPCs without a row: {missing:?}; rows without an RPC: {unknown:?}; rows given twice: {twice:?}"
)]
pub struct RightTableError {
    /// RPCs without a row.
    pub missing: Vec<String>,
    /// Rows without an RPC.
    pub unknown: Vec<String>,
    /// Paths with more than one row.
    pub twice: Vec<String>,
}

/// Every RPC of a package as a path: `/xinqiao.intake.v1.RegistrationService/RegisterVisit`.
pub fn rpcs(package: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for_each_service(package, |name, methods| {
        paths.extend(
            methods
                .iter()
                .map(|method| format!("/{package}.{name}/{}", method.name())),
        );
    });
    paths
}

/// Every service of a package: `xinqiao.intake.v1.RegistrationService`.
pub(super) fn services(package: &str) -> Vec<String> {
    let mut names = Vec::new();
    for_each_service(package, |name, _| names.push(format!("{package}.{name}")));
    names
}

fn for_each_service(package: &str, mut look: impl FnMut(&str, &[prost_types::MethodDescriptorProto])) {
    let set = FileDescriptorSet::decode(xinqiao_proto::DESCRIPTORS)
        .expect("invariant: the build wrote a valid descriptor set");
    for file in set.file.iter().filter(|file| file.package() == package) {
        for service in &file.service {
            look(service.name(), &service.method);
        }
    }
}

/// The right each RPC needs by path, none where it is open, when each RPC of the package stands in exactly one of the
/// two tables.
pub(super) fn check(
    (table, open): (RightTable, &'static [&'static str]),
    package: &str,
) -> Result<HashMap<&'static str, Option<Right>>, RightTableError> {
    let wanted: BTreeSet<String> = rpcs(package).into_iter().collect();
    let mut rows = HashMap::new();
    let mut twice = Vec::new();
    let closed = table.iter().map(|(path, right)| (*path, Some(*right)));
    for (path, right) in closed.chain(open.iter().map(|path| (*path, None))) {
        if rows.insert(path, right).is_some() {
            twice.push(path.to_owned());
        }
    }
    let missing: Vec<_> = wanted
        .iter()
        .filter(|path| !rows.contains_key(path.as_str()))
        .cloned()
        .collect();
    let mut unknown: Vec<_> = rows
        .keys()
        .filter(|path| !wanted.contains(**path))
        .map(|path| (*path).to_owned())
        .collect();
    unknown.sort();
    if missing.is_empty() && unknown.is_empty() && twice.is_empty() {
        Ok(rows)
    } else {
        Err(RightTableError {
            missing,
            unknown,
            twice,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: &str = "xinqiao.intake.v1";

    fn complete() -> Vec<(&'static str, Right)> {
        rpcs(PACKAGE)
            .into_iter()
            .map(|path| (&*path.leak(), Right::ReadCase))
            .collect()
    }

    #[test]
    fn an_rpc_without_a_row_is_named() {
        let rows = complete();
        let missing = rows[0].0;
        let error = check((rows[1..].to_vec().leak(), &[]), PACKAGE).unwrap_err();
        assert_eq!(error.missing, [missing]);
    }

    #[test]
    fn a_row_without_an_rpc_and_a_row_given_twice_are_named_together() {
        let mut rows = complete();
        rows.push(("/xinqiao.intake.v1.RegistrationService/Nothing", Right::ReadCase));
        rows.push(rows[0]);
        let error = check((rows.leak(), &[]), PACKAGE).unwrap_err();
        assert_eq!(
            (error.unknown.len(), error.twice.len(), error.missing.len()),
            (1, 1, 0)
        );
    }

    #[test]
    fn an_open_rpc_needs_no_right_and_has_none() {
        let mut rows = complete();
        let (path, _) = rows.remove(0);
        let open: &'static [&'static str] = vec![path].leak();
        let taken = check((rows.clone().leak(), open), PACKAGE).unwrap();
        assert_eq!((taken[path], taken.len()), (None, rows.len() + 1));
        rows.push((path, Right::ReadCase));
        assert_eq!(check((rows.leak(), open), PACKAGE).unwrap_err().twice, [path]);
    }

    #[test]
    fn a_complete_table_is_taken() {
        let rows = complete();
        assert_eq!(
            check((rows.clone().leak(), &[]), PACKAGE).unwrap().len(),
            rows.len()
        );
    }
}
