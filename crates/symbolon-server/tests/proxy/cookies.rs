//! Cookies that an application sets: a browser keeps them for every port of the host.

use crate::support::backend::Backend;
use crate::support::front::Front;
use crate::support::world::World;

#[tokio::test]
async fn an_application_sets_no_cookie_of_ours() {
    let world = World::new().await;
    let backend = Backend::new(|_, mut wire| async move {
        wire.message().await.unwrap();
        wire.send(
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: theme=dark\r\nSet-Cookie: symbolon_session=x; Path=/\r\n\
             Set-Cookie: __Host-symbolon_device=x\r\nSet-Cookie:  symbolon_form = x\r\nSet-Cookie: lang=en\r\n\r\n",
        )
        .await;
    })
    .await;
    let front = Front::of(&world, backend.address).await;
    let answer = front.ask("GET /api/health", &[]).await;
    let set = answer.all("set-cookie");
    assert_eq!(set, ["theme=dark", "lang=en"]);
}
