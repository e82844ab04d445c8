//! Asks as pages: seen, lent in part, denied, ended, and made by a person.

use serde_json::{Value, json};

use super::{Browser, Shown, fields};
use crate::world::{Person, World};

const REASON: &str = "<script>alert(1)</script>\nsee https://evil.example/?\"'>";

struct Stage {
    world: World,
    admin: Person,
    /// Whose token it is: she manages her own alone.
    ann: Person,
    token: String,
    secret: String,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new().await;
        let (admin, ann) = (world.admin().await, world.person("ann", &[("odin", "operator")]).await);
        let (token, secret) = world.odin_token(&ann.jwt, &["read:jobs"]).await;
        Self { world, admin, ann, token, secret }
    }

    /// The token asks for two scopes for an hour; the ask's id.
    async fn asks(&self) -> String {
        let body = json!({ "scopes": ["write:jobs", "write:printers"], "duration": "1h", "reason": REASON });
        let ask = self.world.post("/v1/asks", &body).by(&self.secret).send().await.expect(201);
        ask["id"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, id: &str) -> Value {
        self.world.get(&format!("/v1/asks/{id}")).by(&self.secret).send().await.expect(200)
    }

    fn browser(&self) -> Browser {
        Browser::of(&self.world, &self.admin)
    }

    /// What the token is told that creates a job, and one that creates a printer.
    async fn verdicts(&self) -> [String; 2] {
        let jobs = self.world.verdict(&self.secret, "POST", "/api/jobs").await;
        [jobs, self.world.verdict(&self.secret, "POST", "/api/printers").await]
    }
}

/// Presses the button of an answer's form that leads elsewhere than the form does.
async fn denies(browser: &Browser, page: &Shown, id: &str, note: &str) -> Shown {
    let to = format!("/asks/{id}/deny");
    assert!(page.says(&format!("formaction=\"{to}\"")), "{}", page.html);
    let pairs = fields(page.form(&format!("/asks/{id}/approve"))).into_iter();
    let pairs = pairs.chain([("note".to_owned(), note.to_owned())]);
    browser
        .ask("POST", &to, form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
        .await
}

const REFUSED: &str = "insufficient_scope";

#[tokio::test]
async fn what_is_ticked_is_lent_and_ends_by_itself() {
    let stage = Stage::new().await;
    let browser = stage.browser();
    assert!(!browser.page("/asks").await.says("class=\"waiting\""));
    let id = stage.asks().await;
    let list = browser.page("/asks").await;
    assert!(list.says("<span class=\"waiting\">1<") && list.says(&format!("/asks/{id}")), "{}", list.html);
    let (page, to) = (browser.page(&format!("/asks/{id}")).await, format!("/asks/{id}/approve"));
    for part in ["Create, update, cancel jobs", "value=\"1h\"", "the token itself", "odin_", "ann"] {
        assert!(page.says(part), "{part}: {}", page.html);
    }
    let typed = [("scope", Some("write:jobs")), ("duration", Some("10m")), ("note", Some("two\r\nlines"))];
    let lent = browser.send(&page, &to, &typed).await;
    assert_eq!((lent.status, lent.location), (303, format!("/asks/{id}?done=lent")), "{}", lent.html);
    assert_eq!(stage.verdicts().await, ["allowed", REFUSED]);
    let ask = stage.ask(&id).await;
    assert_eq!((&ask["lent"], &ask["note"]), (&json!(["write:jobs"]), &json!("two\nlines")));

    let page = browser.page(&format!("/asks/{id}")).await;
    assert!(page.says("10 minutes left") && page.says("two\nlines") && page.says("End now"), "{}", page.html);
    assert!(!page.says("/approve\"") && page.html.matches("tag-in").count() == 1, "{}", page.html);
    let own = browser.page(&format!("/services/odin/tokens/{}", stage.token)).await;
    assert!(own.says("Lent now") && own.says("by admin") && own.says(&format!("/asks/{id}")), "{}", own.html);
    let list = browser.page("/asks").await;
    assert!(!list.says("class=\"waiting\"") && list.says("Answered lately"), "{}", list.html);

    stage.world.clock.advance(599);
    assert_eq!(stage.verdicts().await, ["allowed", REFUSED]);
    assert!(browser.page(&format!("/asks/{id}")).await.says("less than a minute left"));
    stage.world.clock.advance(1);
    assert_eq!(stage.verdicts().await, [REFUSED, REFUSED]);
    let page = browser.page(&format!("/asks/{id}")).await;
    assert!(page.says("Ended") && !page.says("End now"), "{}", page.html);
    assert!(!browser.page(&format!("/services/odin/tokens/{}", stage.token)).await.says("Lent now"));
    let audit = browser.page("/audit?action=ask").await;
    assert!(
        audit.says("lent test write:jobs, until ") && audit.says("asked that test be lent"),
        "{}",
        audit.html
    );
}

#[tokio::test]
async fn a_reason_is_shown_as_the_words_of_a_machine() {
    let stage = Stage::new().await;
    let id = stage.asks().await;
    let browser = stage.browser();
    for path in ["/asks".to_owned(), format!("/asks/{id}")] {
        let page = browser.page(&path).await;
        assert!(page.says("&#60;script&#62;alert(1)"), "{path}: {}", page.html);
        assert!(!page.says("<script>alert") && !page.says("href=\"https://evil"), "{path}: {}", page.html);
    }
    let page = browser.page(&format!("/asks/{id}")).await;
    assert!(page.says("&#60;/script&#62;\nsee https://evil.example"), "its line ends stay: {}", page.html);
}

#[tokio::test]
async fn a_form_that_says_nothing_or_too_much_lends_nothing() {
    let stage = Stage::new().await;
    let id = stage.asks().await;
    let browser = stage.browser();
    let (page, to) = (browser.page(&format!("/asks/{id}")).await, format!("/asks/{id}/approve"));
    for (typed, field) in [
        ([("scope", None), ("duration", Some("10m"))], "scopes"),
        ([("scope", Some("read:spools")), ("duration", Some("10m"))], "scopes"),
        ([("scope", Some("write:jobs")), ("duration", Some("2h"))], "duration"),
        ([("scope", Some("write:jobs")), ("duration", Some(" "))], "duration"),
        ([("scope", Some("write:jobs")), ("duration", Some("none"))], "duration"),
    ] {
        let again = browser.send(&page, &to, &typed).await;
        assert!(again.status == 422 && again.says(&format!("id=\"e-{field}\"")), "{typed:?}: {}", again.html);
        let kept = again.html.matches(" checked").count();
        assert_eq!(kept, usize::from(typed[0].1 == Some("write:jobs")), "{typed:?}: {}", again.html);
        assert_eq!(again.value_of("duration"), typed[1].1.unwrap());
    }
    assert_eq!(stage.ask(&id).await["state"], "open");
    assert_eq!(stage.verdicts().await, [REFUSED, REFUSED]);
}

#[tokio::test]
async fn what_was_denied_is_not_lent_any_more() {
    let stage = Stage::new().await;
    let id = stage.asks().await;
    let browser = stage.browser();
    let page = browser.page(&format!("/asks/{id}")).await;
    let denied = denies(&browser, &page, &id, "not today").await;
    assert_eq!(
        (denied.status, denied.location),
        (303, format!("/asks/{id}?done=ask_denied")),
        "{}",
        denied.html
    );
    let ask = stage.ask(&id).await;
    assert_eq!(
        (&ask["state"], &ask["note"], &ask["lent"]),
        (&json!("denied"), &json!("not today"), &Value::Null)
    );
    // The page was still open in another window.
    let late = browser.send(&page, &format!("/asks/{id}/approve"), &[]).await;
    assert!(late.status == 422 && late.says("it was denied") && late.says("not today"), "{}", late.html);
    assert_eq!(stage.verdicts().await, [REFUSED, REFUSED]);
}

#[tokio::test]
async fn what_is_lent_is_ended_by_a_button() {
    let stage = Stage::new().await;
    let id = stage.asks().await;
    let browser = stage.browser();
    let page = browser.page(&format!("/asks/{id}")).await;
    // As it stands it lends all of it.
    assert_eq!(browser.send(&page, &format!("/asks/{id}/approve"), &[]).await.status, 303);
    assert_eq!(stage.verdicts().await, ["allowed", "allowed"]);
    let page = browser.page(&format!("/asks/{id}")).await;
    let ended = browser.send(&page, &format!("/asks/{id}/end"), &[]).await;
    assert_eq!((ended.status, ended.location), (303, format!("/asks/{id}?done=ask_ended")), "{}", ended.html);
    assert_eq!(stage.verdicts().await, [REFUSED, REFUSED]);
    let again = browser.send(&page, &format!("/asks/{id}/end"), &[]).await;
    assert_eq!(again.status, 303, "{}", again.html);
}

#[tokio::test]
async fn a_person_asks_by_the_page_that_a_refusal_names_and_takes_it_back() {
    let stage = Stage::new().await;
    let browser = Browser::of(&stage.world, &stage.ann);
    let own = browser.page(&format!("/services/odin/tokens/{}", stage.token)).await;
    assert!(own.says("Ask for more for a while"), "{}", own.html);
    let place = format!("/asks/new?service=odin&token={}", stage.token);
    let page = browser
        .page(&format!(
            "{place}&scope=write%3Ajobs+read%3Ajobs&scope=read%3Aspools&scope=read%3Ausers&reason=trust+me"
        ))
        .await;
    assert_eq!(page.status, 200, "{}", page.html);
    let ticked = fields(page.form("/asks/new")).into_iter().filter(|(name, _)| name == "scope");
    let ticked: Vec<_> = ticked.map(|(_, scope)| scope).collect();
    // What the token has is not listed, and what her role does not reach cannot be ticked.
    assert_eq!(ticked, ["write:jobs", "read:spools"]);
    assert!(page.says("Needs the role admin") && page.says("value=\"read:users\" disabled"), "{}", page.html);
    assert!(!page.says("value=\"read:jobs\"") && !page.says("trust me"), "{}", page.html);

    let empty = browser.send(&page, "/asks/new", &[("scope", Some("write:jobs"))]).await;
    assert!(empty.status == 422 && empty.says("id=\"e-reason\""), "{}", empty.html);
    let barred = [("scope", Some("read:users")), ("reason", Some("x"))];
    let barred = browser.send(&page, "/asks/new", &barred).await;
    assert!(barred.status == 422 && barred.says("id=\"e-scopes\""), "{}", barred.html);
    let typed = [("scope", Some("write:jobs")), ("reason", Some("two\r\nlines"))];
    let made = browser.send(&page, "/asks/new", &typed).await;
    assert!(made.status == 303 && made.location.ends_with("?done=asked"), "{}", made.html);
    let same = browser.send(&page, "/asks/new", &typed).await;
    assert_eq!(same.location, made.location, "the form sent again is the same ask");

    let id = made.location.strip_prefix("/asks/").unwrap().strip_suffix("?done=asked").unwrap();
    let page = browser.page(&made.location).await;
    assert!(page.says("two\nlines") && page.says("value=\"10m\""), "{}", page.html);
    let back = browser.send(&page, &format!("/asks/{id}/end"), &[]).await;
    assert_eq!(back.status, 303, "{}", back.html);
    assert_eq!(stage.ask(id).await["state"], "withdrawn");
    for path in ["/asks/new", "/asks/new?service=odin"] {
        assert_eq!(browser.page(path).await.location, "/asks", "{path}");
    }
}

#[tokio::test]
async fn nobody_sees_or_answers_what_is_not_theirs() {
    let stage = Stage::new().await;
    let id = stage.asks().await;
    let bob = stage.world.person("bob", &[("odin", "operator"), ("odysseus", "admin")]).await;
    let other = Browser::of(&stage.world, &bob);
    assert_eq!(other.page(&format!("/asks/{id}")).await.status, 404);
    let list = other.page("/asks").await;
    assert!(list.says("Nobody has asked for anything") && !list.says(&id), "{}", list.html);
    let new = format!("/asks/new?service=odin&token={}&scope=write%3Ajobs", stage.token);
    assert_eq!(other.page(&new).await.status, 404);
    let (page, to) = (stage.browser().page(&format!("/asks/{id}")).await, format!("/asks/{id}/approve"));
    // The form of somebody else, sent by him.
    let sent = other.send(&page, &to, &[]).await;
    assert_eq!(sent.status, 403, "{}", sent.html);
    let account = other.page("/asks").await;
    let (_, form) = account.html.split_once("name=\"form_token\" value=\"").unwrap();
    let form = [("form_token", form.split('"').next())];
    let sent = other.send(&page, &to, &form).await;
    assert_eq!(sent.status, 404, "{}", sent.html);
    assert_eq!(stage.ask(&id).await["state"], "open");
}
