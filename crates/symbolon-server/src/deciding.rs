//! How every door decides. A secret that may be an imported token's is proved first, which may take a while; then the gate
//! decides, by what is so at that moment.

use std::net::IpAddr;

use symbolon_core::Timestamp;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::decision::{Decision, Reach, Request};
use symbolon_core::name::{ScopeName, ServiceName};

use crate::app::App;
use crate::passwords::Busy;
use crate::proving::Asked;

/// What became of the slow check that comes first: the moment at which to decide, or that nothing can be decided.
pub(crate) type Proved = Result<Timestamp, Busy>;

impl App {
    /// Decides a request to a service; `None` if there is no such service.
    pub(crate) async fn decide<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
    ) -> Option<Decision<'r>> {
        let proved = self.prove(service, request.credentials, request.client_ip, now).await;
        self.decide_proved(service, request, proved)
    }

    /// The same decision about a request that is not made: it is no use of the token, counts as nothing and asks no limit.
    pub(crate) async fn look<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        now: Timestamp,
    ) -> Option<Decision<'r>> {
        let at = self.prove(service, request.credentials, request.client_ip, now).await.ok()?;
        self.gate().look(service, request, at, &mut ())
    }

    /// Who presents something to a service, without a request of it.
    pub(crate) async fn who(
        &self,
        service: &ServiceName,
        credentials: Credentials<'_>,
        client_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<Reach> {
        let at = self.prove(service, credentials, client_ip, now).await.ok()?;
        self.gate().reach(service, credentials, client_ip, [], at)
    }

    /// Proves what of credentials that are presented to a service has to be proved.
    pub(crate) async fn prove(
        &self,
        service: &ServiceName,
        credentials: Credentials<'_>,
        client_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Proved {
        let asked = Asked { service: Some(service), client_ip, ending: false };
        match credentials.presented() {
            Ok(Some(Presented::Secret(secret))) => self.prove_secret(asked, secret, now).await,
            _ => Ok(now),
        }
    }

    /// Decides a request whose credentials were proved.
    pub(crate) fn decide_proved<'r>(
        &self,
        service: &ServiceName,
        request: &Request<'r>,
        proved: Proved,
    ) -> Option<Decision<'r>> {
        match proved {
            Ok(now) => self.gate().check(service, request, now),
            Err(_) => self.gate().undecided(service),
        }
    }

    /// Decides whether a presented secret, which was proved, holds scopes, without a route; `None` if there is no such
    /// service.
    pub(crate) fn decide_scopes_proved(
        &self,
        service: &ServiceName,
        credentials: Credentials<'_>,
        required: &[ScopeName],
        client_ip: Option<IpAddr>,
        proved: Proved,
    ) -> Option<Decision<'static>> {
        match proved {
            Ok(now) => self.gate().check_scopes(service, credentials, required, client_ip, now),
            Err(_) => self.gate().undecided(service),
        }
    }
}
