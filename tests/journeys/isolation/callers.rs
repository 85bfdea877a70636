//! Who asks: everybody of a district, and who holds a token for one case of it.

use anyhow::Result;
use xinqiao_local::clients::Desk;
use xinqiao_local::journey::script::Script;
use xinqiao_local::people::{DISTRICT_A, DISTRICT_B, PEOPLE, Person};
use xinqiao_proto::intake::Registered;
use xinqiao_tests::counter::{register, visit};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::tokens::{approve, ask, enter, person, petitioner};

/// Stands in the texts of the callers' own case.
const OWN_MARK: &str = "〔自己的事项〕";

/// Name of the petitioner with an account; everybody whom a request names is called so.
pub(super) const ACCOUNT: &str = "测试甲乙丙丁";

/// Somebody with a token.
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) token: String,
}

/// A case of the callers' own.
pub(super) struct OwnCase {
    pub(super) case_no: String,
    query_code: String,
    mobile: String,
    district: &'static str,
}

/// Registers one.
pub(super) async fn own_case(clerk: &Desk, district: &'static str) -> Result<OwnCase> {
    let script = Script::marked(OWN_MARK);
    let Registered {
        case_no, query_code, ..
    } = register(clerk, visit(&script)).await?;
    Ok(OwnCase {
        case_no,
        query_code,
        mobile: script.mobile,
        district,
    })
}

/// Everybody of the district of the case, its petitioner, city support that was let into it, and a petitioner with an
/// account.
pub(super) async fn of_its_district(fleet: &Fleet, case: &OwnCase) -> Result<Vec<Caller>> {
    let mut callers = of_one_case(fleet, case).await?;
    callers.push(Caller {
        name: "a petitioner with an account".to_owned(),
        token: fleet.platform.issuer.token(&account(case.district))?,
    });
    for person in PEOPLE.iter().filter(|person| person.district == case.district) {
        callers.push(Caller {
            name: person.name.to_owned(),
            token: fleet.platform.issuer.token(person)?,
        });
    }
    Ok(callers)
}

fn account(district: &'static str) -> Person {
    Person {
        id: "account-jia",
        name: ACCOUNT,
        roles: &["PET"],
        district,
        unit: None,
        leader: None,
        portfolio: &[],
        towns: &[],
    }
}

/// The petitioner of the case, and city support that was let into it.
pub(super) async fn of_one_case(fleet: &Fleet, case: &OwnCase) -> Result<Vec<Caller>> {
    let platform = &fleet.platform;
    let (operator, head) = match case.district {
        DISTRICT_A => ("wei-yunwei", "wang-fenban"),
        DISTRICT_B => ("gao-yunwei", "ma-fenban"),
        other => anyhow::bail!("no demo people work in district {other}"),
    };
    let (operator, head) = (platform.desk(person(operator)?)?, platform.desk(person(head)?)?);
    let id = ask(&operator, &case.case_no).await?;
    approve(&head, &id).await?;
    Ok(vec![
        Caller {
            name: "the petitioner".to_owned(),
            token: petitioner(platform, case.district, &case.query_code, &case.mobile).await?,
        },
        Caller {
            name: "city support".to_owned(),
            token: enter(&operator, &id).await?.access_token,
        },
    ])
}
