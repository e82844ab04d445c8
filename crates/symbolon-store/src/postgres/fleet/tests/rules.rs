//! Who comes, who stays and who is believed.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lease_is_not_changed_while_a_node_comes() {
    let database = database();
    Node::alone(&database.url()).await.store.close().await;
    let coming = under_way(
        &database,
        "SELECT 1 FROM fleet FOR SHARE;
         INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals)
         VALUES ('a', 'a', '1', 1, 0, 0, 0)",
    )
    .await;
    let terms = LeaseTerms { lease: Duration::from_secs(5), ..LeaseTerms::USUAL };
    let membership = Membership { terms, ..membership::node("test") };
    let url = database.url();
    let changing =
        tokio::spawn(async move { PostgresStore::open(&url, None, &make::keys(), membership).await });
    commit_when_waited_for(&database, coming).await;
    let refusal = changing.await.unwrap().map(drop).unwrap_err();
    assert!(matches!(refusal, OpenError::OtherLease { found: (3000, 300), .. }), "{refusal}");
    assert_eq!(database.sql("SELECT lease_ms FROM fleet").unwrap(), "3000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_node_comes_by_a_lease_that_is_being_changed() {
    let database = database();
    let node = Node::alone(&database.url()).await;
    let changing =
        under_way(&database, "SELECT 1 FROM fleet FOR UPDATE; UPDATE fleet SET lease_ms = 5000").await;
    let ledger = node.store.fleet.ledger.clone();
    let coming = tokio::spawn(async move { ledger.register(NodeId::from_bytes([7; 16]), 0).await });
    commit_when_waited_for(&database, changing).await;
    coming.await.unwrap().unwrap_err();
    assert_eq!(database.sql("SELECT count(*) FROM nodes").unwrap(), "0");
    node.store.close().await;
}

#[tokio::test]
async fn what_another_server_says_is_not_relied_on() {
    let database = database();
    let node = Node::alone(&database.url()).await;
    node.make(1).await.unwrap();
    let ledger = node.store.fleet.ledger.clone();
    let sink: Arc<dyn Sink> = node.mirror.clone();
    for other in ["timeline = '7FFFFFFF'", "system_identifier = '1'"] {
        database.sql(&format!("CREATE TABLE kept AS TABLE fleet; UPDATE fleet SET {other}")).unwrap();
        assert!(matches!(ledger.changes(0).await, Ok(Feed::Elsewhere(1))), "{other}");
        assert_eq!(ledger.load(&sink).await.unwrap(), Loaded::Elsewhere(1), "{other}");
        assert_eq!(node.mirror.heard(), []);
        for refusal in [refused(ledger.observe().await), refused(node.store.applied().await)] {
            assert!(refusal.contains("is not on the server"), "{refusal}");
        }
        database.sql("DELETE FROM fleet; INSERT INTO fleet TABLE kept; DROP TABLE kept").unwrap();
    }
    node.attach().await.unwrap();
    node.make(2).await.unwrap();
    node.store.applied().await.unwrap();
    assert!(node.knows(2));
    // A copy that has lost the last mutations; it calls itself as the one did that has them.
    let refusal = refused(node.store.fleet.settle(100, 1).await);
    assert!(refusal.contains("it is not known whether"), "{refusal}");
    node.store.close().await;
}

#[tokio::test]
async fn a_node_that_does_not_know_the_schema_any_more_does_nothing() {
    let database = database();
    let node = Node::at(&database.url()).await;
    let id = node.store.fleet.own().unwrap();
    database.sql("UPDATE symbolon_schema SET version = 1000, oldest = 1000").unwrap();
    for refusal in [
        refused(node.store.fleet.ledger.renew(id, 0).await),
        refused(node.store.prune(make::at(0)).await),
        refused(node.make(1).await),
    ] {
        assert!(refusal.contains("a newer Symbolon"), "{refusal}");
    }
    node.store.close().await;
}

#[tokio::test]
async fn those_are_removed_that_have_not_been_heard_of_since() {
    let database = database();
    let node = Node::alone(&database.url()).await;
    let ledger = &node.store.fleet.ledger;
    let ids = [1, 2, 3, 4].map(|n| NodeId::from_bytes([n; 16]));
    for id in &ids[..3] {
        ledger.register(*id, 0).await.unwrap();
    }
    assert!(matches!(ledger.renew(ids[1], 0).await, Ok(Renewal::At(0))));
    let silent = ids.map(|id| (id, 0));
    let test = "test".to_owned();
    assert_eq!(ledger.remove(&silent).await.unwrap(), [(ids[0], test.clone()), (ids[2], test)]);
    assert_eq!(database.sql("SELECT id FROM nodes").unwrap(), ids[1].to_string());
    assert_eq!(ledger.remove(&silent).await.unwrap(), []);
    node.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_renewed_while_it_is_to_be_removed_stays() {
    let database = database();
    let node = Node::alone(&database.url()).await;
    let ledger = node.store.fleet.ledger.clone();
    let ids = [1, 2].map(|n| NodeId::from_bytes([n; 16]));
    for id in ids {
        ledger.register(id, 0).await.unwrap();
    }
    let renewing = "UPDATE nodes SET renewals = renewals + 1 WHERE id = (SELECT max(id) FROM nodes)";
    let renewing = under_way(&database, renewing).await;
    let removing = tokio::spawn(async move { ledger.remove(&ids.map(|id| (id, 0))).await });
    commit_when_waited_for(&database, renewing).await;
    assert_eq!(removing.await.unwrap().unwrap(), [(ids[0], "test".to_owned())]);
    node.store.close().await;
}
