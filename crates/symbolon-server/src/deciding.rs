//! How every door decides. A secret that may be an imported token's is proved first, which may take a while; then the gate
//! decides, by what is so at that moment.

use symbolon_core::Timestamp;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::decision::{Decision, Request};
use symbolon_core::name::{ScopeName, ServiceName};

use crate::app::App;
use crate::proving::Asked;

impl App {
    /// Decides a request to a service; `None` if there is no such service.
    pub(crate) async fn decide<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
    ) -> Option<Decision<'r>> {
        let asked = Asked { service: Some(service), client_ip: request.client_ip, ending: false };
        match self.prove(asked, &request.credentials, now).await {
            Ok(now) => self.gate().check(service, request, now),
            Err(_) => self.gate().undecided(service),
        }
    }

    /// Decides whether a presented secret holds scopes, without a route; `None` if there is no such service.
    pub(crate) async fn decide_scopes(
        &self,
        asked: Asked<'_>,
        service: &ServiceName,
        credentials: Credentials<'_>,
        required: &[ScopeName],
        now: Timestamp,
    ) -> Option<Decision<'static>> {
        let client_ip = asked.client_ip;
        match self.prove(asked, &credentials, now).await {
            Ok(now) => self.gate().check_scopes(service, credentials, required, client_ip, now),
            Err(_) => self.gate().undecided(service),
        }
    }

    /// Proves what of a request's credentials has to be proved; the moment at which to decide.
    async fn prove(
        &self,
        asked: Asked<'_>,
        credentials: &Credentials<'_>,
        now: Timestamp,
    ) -> Result<Timestamp, crate::passwords::Busy> {
        match credentials.presented() {
            Ok(Some(Presented::Secret(secret))) => self.prove_secret(asked, secret, now).await,
            _ => Ok(now),
        }
    }
}
