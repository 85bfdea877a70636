//! Documents in the object store, by their references.

use object_store::{ObjectStore, ObjectStoreExt as _};
use xinqiao_chassis::{
    document::{self, FetchError, object_path, timestamp},
    seal::KeyRing,
};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::common::DocumentRef;

use crate::domain::{
    dossier::Reference,
    gap::{Gap, GapReason},
};

/// The reference as the contracts write it.
pub(crate) fn to_proto(reference: &Reference) -> DocumentRef {
    DocumentRef {
        document_id: reference.document_id.to_string(),
        form: reference.form.clone(),
        archive_item: reference.item.to_string(),
        content_sha256: reference.content_sha256.clone(),
        ciphertext_sha256: reference.ciphertext_sha256.clone(),
        ciphertext_bytes: reference.ciphertext_bytes,
        created_at: Some(timestamp(reference.created_at)),
        key_version: reference.key_version,
    }
}

/// True when an object of that name is in the store.
pub(crate) async fn is_there(
    store: &dyn ObjectStore,
    district: DistrictCode,
    reference: &Reference,
) -> Result<bool, FetchError> {
    match store
        .head(&object_path(district, &reference.ciphertext_sha256))
        .await
    {
        Ok(_) => Ok(true),
        Err(object_store::Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The canonical bytes of a document, both digests checked, or the gap it leaves.
pub(crate) async fn fetch(
    store: &dyn ObjectStore,
    keys: &KeyRing,
    district: DistrictCode,
    reference: &Reference,
) -> Result<Result<Vec<u8>, Gap>, FetchError> {
    let reason = match document::fetch(store, keys, district, &to_proto(reference)).await {
        Ok(canonical) => return Ok(Ok(canonical)),
        Err(FetchError::Store(object_store::Error::NotFound { .. })) => GapReason::ObjectAbsent,
        Err(FetchError::Damaged(_)) => GapReason::ObjectAltered,
        Err(FetchError::Seal(_)) => GapReason::ObjectUnreadable,
        Err(FetchError::Different(_)) => GapReason::ContentDiffers,
        Err(error) => return Err(error),
    };
    Ok(Err(Gap::of_object(reference.item, reference, reason)))
}
