//! The contracts of the platform, compiled.
//!
//! One module per protobuf package. [`event::KINDS`] is the table of events: the name each has on the
//! bus, and the message that is its body.

pub mod command;
pub mod event;

pub use generated::{
    archive::v1 as archive, assignment::v1 as assignment, audit::v1 as audit, common::v1 as common,
    intake::v1 as intake, scheduling::v1 as scheduling, supervision::v1 as supervision,
};

/// Every contract with its comments, for reflection and for tests that enumerate RPCs.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The modules nest as the packages do, because generated code refers to its neighbours by that path.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    reason = "generated from the contracts, which carry the documentation"
)]
mod generated {
    pub mod common {
        pub mod v1 {
            tonic::include_proto!("xinqiao.common.v1");
        }
    }
    pub mod audit {
        pub mod v1 {
            tonic::include_proto!("xinqiao.audit.v1");
        }
    }
    pub mod event {
        pub mod v1 {
            tonic::include_proto!("xinqiao.event.v1");
        }
    }
    pub mod intake {
        pub mod v1 {
            tonic::include_proto!("xinqiao.intake.v1");
        }
    }
    pub mod scheduling {
        pub mod v1 {
            tonic::include_proto!("xinqiao.scheduling.v1");
        }
    }
    pub mod assignment {
        pub mod v1 {
            tonic::include_proto!("xinqiao.assignment.v1");
        }
    }
    pub mod supervision {
        pub mod v1 {
            tonic::include_proto!("xinqiao.supervision.v1");
        }
    }
    pub mod archive {
        pub mod v1 {
            tonic::include_proto!("xinqiao.archive.v1");
        }
    }
}
