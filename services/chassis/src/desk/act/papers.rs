//! The legal documents of an act.

use xinqiao_documents::{Form, canonical};
use xinqiao_proto::common::DocumentRef;
use xinqiao_proto::event::DocumentCreated;

use super::Act;
use crate::document::{DocumentRow, Heading};
use crate::journal::Entity;
use crate::random;
use crate::seal::Compartment;

impl Act {
    /// Files a legal document of a case: its canonical bytes with a new salt, sealed and stored at the commit, and
    /// announced as `document.created` on the case.
    pub fn file<D: Form>(&mut self, case: Entity, document: &D) -> DocumentRef {
        self.file_in(Compartment::Ordinary, case, document)
    }

    /// The same with the keys of a compartment: a document of a sealed case is as closed as the case.
    pub fn file_in<D: Form>(&mut self, compartment: Compartment, case: Entity, document: &D) -> DocumentRef {
        let canonical = canonical(document, &random::bytes());
        let item = document.archive_item().number();
        self.file_canonical(compartment, case, D::CODE, item, &canonical)
    }

    /// Files a document that comes as bytes: canonical, already salted bytes. Sealed and stored at the commit, and
    /// announced as `document.created` on the case.
    pub fn file_bytes(
        &mut self,
        case: Entity,
        form: &str,
        archive_item: &str,
        canonical: &[u8],
    ) -> DocumentRef {
        self.file_canonical(Compartment::Ordinary, case, form, archive_item, canonical)
    }

    fn file_canonical(
        &mut self,
        compartment: Compartment,
        case: Entity,
        form: &str,
        archive_item: &str,
        canonical: &[u8],
    ) -> DocumentRef {
        let heading = Heading {
            document_id: random::new_id(),
            case_id: case.id,
            form,
            archive_item,
            created_at: self.now,
            created_by: &self.actor_ref,
        };
        let row = DocumentRow::new_in(
            compartment,
            self.desk.keys(),
            self.district(),
            &heading,
            canonical,
        );
        let reference = row.reference();
        self.documents.push(row);
        self.publish(
            "document.created",
            case,
            &DocumentCreated {
                document: Some(reference.clone()),
            },
        );
        reference
    }
}
