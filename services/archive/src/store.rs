//! The only place that names sqlx or the object store, and the only one that touches the folder of packages.

pub(crate) mod digest;
pub(crate) mod dossier;
pub(crate) mod objects;
pub(crate) mod package;
pub(crate) mod shelf;
