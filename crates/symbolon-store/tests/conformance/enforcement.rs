//! Whether refusals are acted on, as it was switched.

use std::sync::Arc;

use symbolon_core::store::Change;

use super::mirror::Mirror;
use super::{Place, accept, make};

pub(crate) async fn the_last_switch_holds_and_is_loaded(place: &dyn Place) {
    let store = place.open().await;
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    for (service, enforce, since) in
        [("odin", false, 1), ("odysseus", true, 2), ("odin", true, 3), ("odin", false, 4)]
    {
        let change = Change::EnforcementSwitched(make::switched(service, enforce, since));
        accept(&*store, make::mutation(vec![change.clone()])).await;
        assert_eq!(mirror.heard().last(), Some(&change));
    }
    store.close().await;

    let store = place.open().await;
    let loaded = Arc::new(Mirror::default());
    store.attach(loaded.clone()).await.unwrap();
    let live = loaded.live().enforcement.into_values().collect::<Vec<_>>();
    assert_eq!(live, [make::switched("odin", false, 4), make::switched("odysseus", true, 2)]);
    assert_eq!(mirror.live(), loaded.live());
    let kinds = place.changes().await.into_iter().filter(|(kind, _)| kind == "enforcement.switched");
    assert_eq!(kinds.count(), 4);
    store.close().await;
}

pub(crate) async fn a_switch_whose_time_is_damaged_is_enforced(place: &dyn Place) {
    let store = place.open().await;
    accept(&*store, make::mutation(vec![Change::EnforcementSwitched(make::switched("odin", false, 1))]))
        .await;
    place.meddle("UPDATE enforcement SET since = 9223372036854775807").await.unwrap();
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    assert!(mirror.live().enforcement["odin"].enforce);
    store.close().await;
}
