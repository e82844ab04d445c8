//! While a service is not enforced, a gateway is told to let everything pass, and nothing of Symbolon's goes with it.

use symbolon_core::decision::ServiceRules;

use crate::door::{Door, FAMILIES};
use crate::support::world::World;

#[tokio::test]
async fn what_would_be_refused_passes_without_anything_of_symbolons() {
    let world = World::with(ServiceRules { enforce: false, ..ServiceRules::default() }).await;
    let ann = world.user("ann", "operator").await;
    let reader = world.token(&ann, &["read:things"]).await;
    let door = Door::of(&world).await;
    for family in FAMILIES {
        let refused = door.about_as(&reader, family, "POST /api/settings").await;
        assert_eq!(
            (refused.status(), refused.header("x-symbolon-principal")),
            (200, Some("refused")),
            "{family}"
        );
        assert_eq!(refused.header("x-symbolon-owner"), Some("-"));
        assert_eq!(refused.header("authorization"), None);
        let nobody = door.about(family, "POST /api/settings", &[("Authorization", "Basic dTpw")]).await;
        assert_eq!((nobody.status(), nobody.header("x-symbolon-principal")), (200, Some("none")), "{family}");
        let allowed = door.about_as(&reader, family, "GET /api/things").await;
        assert_eq!(allowed.header("x-symbolon-principal"), Some("token"), "{family}");
        assert_ne!(door.about(family, "OPTIONS *", &[]).await.status(), 200, "{family}");
    }
}
