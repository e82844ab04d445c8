//! What a token is restricted to, in its forms and on its page.

use serde_json::json;

use super::Browser;
use crate::world::World;

const NEW: &str = "/services/odin/tokens/new";
const NETWORKS: (&str, Option<&str>) = ("restrictions.networks", Some("10.0.0.0/8\r\n"));
const NONE: [(&str, Option<&str>); 4] = [
    ("restrictions.networks", Some("")),
    ("restrictions.methods", Some("")),
    ("restrictions.paths", Some("")),
    ("restrictions.parameters", Some("")),
];

#[tokio::test]
async fn a_token_is_restricted_in_its_form_and_its_page_says_so() {
    let world = World::new().await;
    let person = world.person("ann", &[("odin", "admin")]).await;
    let browser = Browser::of(&world, &person);
    let form = browser.page(NEW).await;
    assert!(form.says("printer_id"), "it names what there is: {}", form.html);
    let parameters = ("restrictions.parameters", Some("printer_id=1\r\nprinter_id = 2"));
    let typed = [("name", Some("camera")), ("scope", Some("read:printers")), NETWORKS, parameters];
    let wrong = [typed[0], typed[1], NETWORKS, ("restrictions.parameters", Some("printer=1"))];
    let again = browser.send(&form, NEW, &wrong).await;
    assert_eq!(again.status, 422, "{}", again.html);
    assert!(
        again.says("href=\"#restrictions.parameters\"") && again.says("printer=1</textarea>"),
        "{}",
        again.html
    );
    assert_eq!(browser.send(&form, NEW, &typed).await.status, 200);
    let listed = world.get("/v1/services/odin/tokens").by(&person.jwt).send().await.expect(200);
    let made = &listed["items"][0];
    let only = json!({ "networks": ["10.0.0.0/8"], "parameters": { "printer_id": ["1", "2"] } });
    assert_eq!(made["restrictions"], only);

    let page = format!("/services/odin/tokens/{}", made["id"].as_str().unwrap());
    let shown = browser.page(&page).await;
    assert!(shown.says("from 10.0.0.0/8") && shown.says("where printer_id is 1, 2"), "{}", shown.html);
    let edit = format!("{page}/edit");
    let form = browser.page(&edit).await;
    assert!(
        form.says("10.0.0.0/8</textarea>") && form.says("printer_id=1\nprinter_id=2</textarea>"),
        "{}",
        form.html
    );
    let restrictions = async || {
        let path = format!("/v1{page}");
        world.get(&path).by(&person.jwt).send().await.expect(200)["restrictions"].clone()
    };
    // A form that did not bring those fields, or brought them as they were, changes nothing of them.
    assert_eq!(browser.send(&form, &edit, &[("name", Some("cam"))]).await.status, 303);
    assert_eq!(browser.send(&form, &edit, &NONE[..2]).await.status, 303);
    let same = [NETWORKS, parameters, NONE[1], NONE[2]];
    assert_eq!(browser.send(&form, &edit, &same).await.status, 303);
    assert_eq!(restrictions().await, only);
    let other = [NETWORKS, NONE[1], ("restrictions.paths", Some("/printers")), NONE[3]];
    assert_eq!(browser.send(&form, &edit, &other).await.status, 303);
    assert_eq!(restrictions().await, json!({ "networks": ["10.0.0.0/8"], "paths": ["/printers"] }));
    let form = browser.page(&edit).await;
    assert_eq!(browser.send(&form, &edit, &NONE).await.status, 303);
    assert_eq!(restrictions().await, json!({}));
    let told = browser.page(&page).await;
    assert!(
        told.says("now restricted to nothing, before: from 10.0.0.0/8; under /printers"),
        "{}",
        told.html
    );
}

#[tokio::test]
async fn a_request_is_tried_from_an_address() {
    let world = World::new().await;
    let person = world.person("ann", &[("odin", "admin")]).await;
    let body =
        json!({ "name": "t", "scopes": ["read:jobs"], "restrictions": { "networks": ["10.0.0.0/8"] } });
    let made = world.token(&person.jwt, "odin", &body).await;
    let browser = Browser::of(&world, &person);
    let form = browser.page("/services/odin/catalog").await;
    for (address, told) in [("10.0.0.1", "is-active"), ("192.0.2.1", "is-revoked"), ("", "is-revoked")] {
        let typed =
            [("path", Some("/api/jobs")), ("token", made["id"].as_str()), ("client_ip", Some(address))];
        let tried = browser.send(&form, "/services/odin/catalog/try", &typed).await;
        assert!(
            tried.status == 200 && tried.says(told) && tried.value_of("client_ip") == address,
            "{}",
            tried.html
        );
    }
}
