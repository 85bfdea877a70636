//! Reading a package: for a reason, noted file by file, and not by who was let in.

use std::time::Duration;

use tonic::Code;
use xinqiao_chassis::{identity::Role, random, testing::Person};
use xinqiao_proto::archive::ReadPackageRequest;

use super::calls::told;
use super::world::{Packages, World, archivist};

const NUMBER: &str = "XF-220502-2026-2-000123-9";

#[tokio::test(flavor = "multi_thread")]
async fn the_files_are_read_for_a_reason_and_the_case_is_told_which() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let package = world.seal(&case).await.unwrap();
    let read = |path: &str, reason: &str| ReadPackageRequest {
        package_id: package.package_id.clone(),
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let long = "长".repeat(201);
    for reason in ["", "  ", "看", long.as_str()] {
        let asked = world.packages(&archivist()).read_package(read("", reason)).await;
        let (code, _, fields) = told(&asked.unwrap_err());
        let fields: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!((code, fields), (Code::InvalidArgument, vec!["reason"]));
    }
    let noted = async |field: &str, outcome: &str| -> i64 {
        sqlx::query_scalar(
            "SELECT count(*) FROM audit WHERE object = $1 AND position('ReadPackage'::bytea IN canonical) > 0
               AND position(convert_to($2, 'UTF8') IN canonical) > 0
               AND position(convert_to($3, 'UTF8') IN canonical) > 0",
        )
        .bind(format!("case:{}", case.id))
        .bind(field)
        .bind(outcome)
        .fetch_one(world.bench.pool())
        .await
        .unwrap()
    };
    let missing = read("data/missing", "核对归档材料");
    let refused = world
        .packages(&archivist())
        .read_package(missing)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert_eq!(noted("bagit.txt", "done").await, 0);
    let files = world.read(&package).await.unwrap();
    for path in files.keys() {
        assert_eq!(noted(path, "done").await, 1, "{path}");
    }
    let one = read("bagit.txt", "核对归档材料");
    world.packages(&archivist()).read_package(one).await.unwrap();
    assert_eq!(noted("bagit.txt", "done").await, 2);
    assert_eq!(noted("manifest-sha512.txt", "done").await, 1);

    let other = Person::new("liu", "刘副区长")
        .with(Role::Ldr)
        .leader(random::new_id());
    let refused = world
        .packages(&other)
        .read_package(read("bagit.txt", "看一看"))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::NotFound);
    assert_eq!(noted("bagit.txt", "denied").await, 1);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_not_for_who_was_let_in() {
    let world = World::start().await;
    let case = world.ready(NUMBER).await;
    let package = world.seal(&case).await.unwrap();
    let district = "220502".parse().unwrap();
    let minute = Duration::from_mins(1);
    let desk = world.bench.desk();
    let (token, _) = desk.support_token(district, case.id, "city-operator", minute);
    let channel = world.bench.channel_with(&token);
    let read = ReadPackageRequest {
        package_id: package.package_id,
        path: String::new(),
        reason: "核对归档材料".to_owned(),
    };
    let refused = Packages::new(channel).read_package(read).await.unwrap_err();
    assert_eq!(told(&refused).1, "ROLE_NOT_ALLOWED");
    world.bench.finish().await;
}
