//! The audit: whole, numbered, filtered, never changed.

use symbolon_core::audit::{Chain, Head, Line, LineHash};
use symbolon_core::record::{ActorId, AuditLine, Origin};
use symbolon_core::store::{AuditQuery, Change, Mutation, Store};

use super::{Place, accept, make};

fn note(audit: Vec<AuditLine>) -> Mutation {
    Mutation { audit, ..make::mutation(vec![]) }
}

async fn subjects(store: &dyn Store, query: AuditQuery) -> String {
    let query = AuditQuery { page: make::page(100), ..query };
    let page = store.audit(&query).await.unwrap();
    page.items.iter().map(|line| line.subject.as_str()).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn lines_are_kept_whole_and_numbered(place: &dyn Place) {
    let store = place.open().await;
    let request = "req_00000000000000000000000000000007".parse().unwrap();
    let full = AuditLine {
        at: make::at(5),
        origin: Origin {
            actor: ActorId::User(make::user_id(1), make::session_id(1)),
            client_ip: Some("192.0.2.1".parse().unwrap()),
            request: Some(request),
        },
        action: "token.update",
        subject: make::token_id(1).to_string(),
        service: Some(make::odin()),
        detail: serde_json::json!({"name": {"before": "a\u{0}'\"", "after": null}, "n": [1, 2.5, true]}),
    };
    accept(&*store, note(vec![full.clone(), make::line("user.create", "second")])).await;
    accept(&*store, note(vec![make::line("user.create", "third")])).await;

    let page = store.audit(&AuditQuery { page: make::page(10), ..AuditQuery::default() }).await.unwrap();
    let numbers: Vec<u64> = page.items.iter().map(|line| line.seq).collect();
    assert_eq!(numbers, [3, 2, 1], "newest first, without a gap");
    let mut expected = Line {
        seq: 1,
        at: full.at,
        actor: make::user_id(1).to_string(),
        session: Some(make::session_id(1).to_string()),
        client_ip: Some("192.0.2.1".to_owned()),
        request_id: Some(request.to_string()),
        action: "token.update".to_owned(),
        subject: full.subject,
        service: Some("odin".to_owned()),
        detail: full.detail.to_string(),
        hash: LineHash::GENESIS,
    };
    expected.hash = expected.hash_after(LineHash::GENESIS);
    assert_eq!(page.items[2], expected);
    assert_eq!(page.items[0].actor, "local");
    assert_eq!(page.items[0].service, None);
    store.close().await;
}

pub(crate) async fn filters_narrow_alone_and_together(place: &dyn Place) {
    let store = place.open().await;
    let by = |actor, line: AuditLine| AuditLine { origin: Origin { actor, ..line.origin.clone() }, ..line };
    let of = |service: &str, line| AuditLine { service: Some(make::service(service)), ..line };
    let ann = ActorId::User(make::user_id(1), make::session_id(1));
    accept(
        &*store,
        note(vec![
            by(ann, of("odin", make::line("token.create", "a"))),
            of("odin", make::line("token.revoke", "b")),
            by(ann, make::line("tokens.import", "c")),
            of("odysseus", make::line("token.create", "b")),
            make::line("token", "d"),
        ]),
    )
    .await;

    let all = AuditQuery::default;
    let text = |text: &str| Some(text.to_owned());
    let actor = Some(ann.to_string());
    assert_eq!(subjects(&*store, all()).await, "d b c b a");
    assert_eq!(subjects(&*store, AuditQuery { service: Some(make::odin()), ..all() }).await, "b a");
    assert_eq!(subjects(&*store, AuditQuery { action: text("token.create"), ..all() }).await, "b a");
    // A word stands for what follows its dot, and not for what merely begins like it.
    assert_eq!(subjects(&*store, AuditQuery { action: text("token"), ..all() }).await, "d b b a");
    for none in ["tok", "token.", "TOKEN", "%", "token_create", ""] {
        assert_eq!(subjects(&*store, AuditQuery { action: text(none), ..all() }).await, "", "{none}");
    }
    assert_eq!(subjects(&*store, AuditQuery { subject: text("b"), ..all() }).await, "b b");
    assert_eq!(subjects(&*store, AuditQuery { actor: actor.clone(), ..all() }).await, "c a");
    let both = AuditQuery { subject: text("a"), actor: actor.clone(), ..all() };
    assert_eq!(subjects(&*store, both).await, "a");
    let apart = AuditQuery { subject: text("b"), actor, ..all() };
    assert_eq!(subjects(&*store, apart).await, "");
    let every = AuditQuery {
        service: Some(make::odin()),
        action: text("token"),
        subject: text("b"),
        actor: text("local"),
        ..all()
    };
    assert_eq!(subjects(&*store, every).await, "b");
    // No line has it, and no database has to take it.
    assert_eq!(subjects(&*store, AuditQuery { subject: text("\0"), ..all() }).await, "");
    store.close().await;
}

pub(crate) async fn lines_cannot_be_changed_or_removed(place: &dyn Place) {
    let store = place.open().await;
    accept(&*store, note(vec![make::line("token.revoke", "kept")])).await;
    for tampering in
        ["UPDATE audit SET subject = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 1"]
    {
        let answer = place.meddle(tampering).await.unwrap_err();
        assert!(answer.contains("append-only"), "{tampering}: {answer}");
    }
    assert_eq!(subjects(&*store, AuditQuery::default()).await, "kept");
    store.close().await;
}

/// The whole audit, in pieces of this many lines.
async fn all(store: &dyn Store, piece: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    loop {
        let after = lines.last().map_or(0, |line| line.seq);
        let more = store.audit_after(after, piece).await.unwrap();
        if more.is_empty() {
            return lines;
        }
        assert!(more.len() <= piece);
        lines.extend(more.into_iter().map(Result::unwrap));
    }
}

pub(crate) async fn the_chain_grows_in_the_order_of_commits(place: &dyn Place) {
    const WRITERS: u8 = 8;
    const EACH: u8 = 10;
    let store = place.open().await;
    assert_eq!(store.audit_head().await.unwrap(), Head::EMPTY);
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..EACH {
                let subject = format!("{writer}-{number}");
                let lines = vec![make::line("test.one", &subject), make::line("test.two", &subject)];
                accept(&*store, note(lines)).await;
                // Refused, with its line: it leaves no gap.
                let refused = Mutation {
                    audit: vec![make::line("test.none", &subject)],
                    ..make::mutation(vec![Change::KeyRemoved(make::key_id(9))])
                };
                store.commit(refused).await.unwrap_err();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let lines = all(&*store, 7).await;
    assert_eq!(lines.len(), usize::from(WRITERS) * usize::from(EACH) * 2);
    let mut chain = Chain::new(symbolon_core::audit::Anchors::default());
    lines.iter().try_for_each(|line| chain.follow(line)).unwrap();
    assert_eq!(store.audit_head().await.unwrap(), chain.head());
    // The lines of one mutation stand together.
    assert!(lines.chunks(2).all(|pair| pair[0].subject == pair[1].subject));
    store.close().await;

    let store = place.open().await;
    accept(&*store, note(vec![make::line("test.one", "later")])).await;
    chain.follow(all(&*store, 1000).await.last().unwrap()).unwrap();
    store.close().await;
}
