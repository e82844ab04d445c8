//! `symbolon catalog`, and catalogs that change under a running server.

use serde_json::json;

use crate::support::{Place, Server};

const SHOP: &str = "service = \"shop\"\ntoken_prefix = \"shop\"\n[scopes]\n\"read\" = \"Read\"\n\
                    [[routes]]\nscopes = [\"read\"]\npaths = [\"GET /orders\"]\n";

#[test]
fn a_catalog_is_checked_with_file_and_line() {
    let place = Place::empty();
    place.write("shop.toml", SHOP);
    place.write("odd.toml", &SHOP.replace("[[routes]]", "\"write\" = \"Write\"\n[[routes]]"));
    place.write("bad.toml", &SHOP.replace("scopes = [\"read\"]", "scopes = [\"raed\"]"));
    assert_eq!(place.run("catalog check shop.toml").ok(), "shop.toml: ok, the service shop\n");
    let odd = place.run("catalog check odd.toml").ok();
    assert!(
        odd.starts_with("odd.toml:5: warning: ") && odd.ends_with("odd.toml: ok, the service shop\n"),
        "{odd}"
    );
    let bad = place.run("catalog check shop.toml bad.toml gone.toml");
    assert_eq!(bad.code, Some(1));
    assert!(bad.stdout.contains("\nbad.toml:6: "), "{bad:?}");
    assert!(bad.stdout.contains("the catalog gone.toml cannot be read"), "{bad:?}");
    let bad = place.run("catalog check --json bad.toml");
    let told: serde_json::Value = serde_json::from_str(&bad.stdout).unwrap();
    assert_eq!((&told[0]["ok"], &told[0]["faults"][0]["line"]), (&json!(false), &json!(6)));
}

#[test]
fn the_catalogs_that_ship_are_whole() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalogs");
    for name in ["odin", "odysseus"] {
        Place::empty().symbolon(&["catalog", "check", &format!("{root}/{name}.toml")]).ok();
    }
}

#[test]
fn the_catalog_in_force_is_shown() {
    let (place, _) = Place::initialised();
    let shown = place.run("catalog show odysseus --routes").ok();
    for part in ["ody_\n", "todos:write", "codex_todos", "/api/companion/ping", "human"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let told = place.run("catalog show jira").refused(1);
    assert!(told.contains("there is no such service; there is odin, odysseus"), "{told}");
}

/// A server that guards the shop, and how many scopes its catalog in force has.
fn shop() -> Server {
    let place = Place::with("listen = \"127.0.0.1:0\"\ncatalogs = [\"shop.toml\"]\n");
    place.write("shop.toml", SHOP);
    Server::at(place)
}

fn scopes(server: &Server) -> usize {
    server.api().get("/v1/services/shop").json()["scopes"].as_array().unwrap().len()
}

#[test]
fn on_sighup_a_broken_catalog_is_refused_and_a_mended_one_taken() {
    let server = shop();
    let token = ["token", "create", "--service", "shop", "--name", "x", "--scope", "read"];
    server.place.symbolon(&token).ok();
    server.place.write("shop.toml", &SHOP.replace("scopes = [\"read\"]", "scopes = [\"raed\"]"));
    server.signal("HUP");
    server.until("the refusal", || server.log().contains("shop.toml:6: "));
    assert!(server.log().contains("those before stay in force"));
    assert_eq!(scopes(&server), 1);
    let fault = || server.api().get("/v1/status").json()["catalogs"][0]["fault"].clone();
    assert!(fault().as_str().unwrap().contains("shop.toml:6: "), "{}", fault());
    server.place.symbolon(&token).ok();

    // A catalog of another service would leave the settings of this one without any.
    server.place.write("shop.toml", &SHOP.replace("[scopes]", "[scopes]\n\"write\" = \"Write\""));
    server.signal("HUP");
    server.until("the mended catalog", || scopes(&server) == 2);
    assert!(server.log().contains("the catalogs are reloaded"));
    assert!(fault().is_null(), "{}", fault());
}

#[test]
fn a_change_of_the_file_is_noticed() {
    let server = shop();
    server.place.write("shop.toml", &SHOP.replace("[scopes]", "[scopes]\n\"write\" = \"Write\""));
    server.until("the changed catalog", || scopes(&server) == 2);
    // Gone is broken too.
    std::fs::remove_file(server.place.path().join("shop.toml")).unwrap();
    server.until("the refusal", || server.log().contains("the catalog shop.toml cannot be read"));
    assert_eq!(scopes(&server), 2);
}
