//! Rows of the register leave in one way only (EG-10): what else is answered is a page.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::FileDescriptorSet;

/// RPCs that answer with a stream, and why that is no way out for rows: the files of one sealed package, the export that
/// two persons have decided on, and the numbers on the screen of the hall.
const STREAMS: [&str; 3] = [
    "xinqiao.archive.v1.PackageService/ReadPackage",
    "xinqiao.intake.v1.ExportService/FetchExport",
    "xinqiao.scheduling.v1.QueueService/WatchScreen",
];

#[test]
fn nothing_but_an_export_streams_rows_of_petitions() {
    let set = FileDescriptorSet::decode(xinqiao_proto::DESCRIPTORS).expect("the build wrote the descriptors");
    let mut found = BTreeSet::new();
    for file in &set.file {
        for service in &file.service {
            let streaming = service
                .method
                .iter()
                .filter(|method| method.server_streaming() || method.client_streaming());
            found.extend(
                streaming.map(|method| format!("{}.{}/{}", file.package(), service.name(), method.name())),
            );
        }
    }
    assert_eq!(found, STREAMS.map(str::to_owned).into());
}
