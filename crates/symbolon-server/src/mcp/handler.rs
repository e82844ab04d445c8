//! The protocol's methods. The library knows their form, and this what they mean here.

use std::borrow::Cow;
use std::sync::Arc;

use http::request::Parts;
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use symbolon_core::decision::Reach;

use super::asked::{self, Asked};
use super::call;
use super::headers::agree;
use super::tools::Tools;
use crate::trusted::client;

/// The current version, and the one before.
const VERSIONS: &[ProtocolVersion] = &[ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

/// What speaks for the tools of one service.
#[derive(Clone)]
pub(super) struct Handler(Arc<Tools>);

impl Handler {
    pub(super) fn new(tools: Arc<Tools>) -> Self {
        Self(tools)
    }
}

/// The request that a message came in.
pub(super) fn parts(context: &RequestContext<RoleServer>) -> Result<&Parts, ErrorData> {
    let parts = context.extensions.get::<Parts>();
    parts.ok_or_else(|| ErrorData::internal_error("the message came in no request", None))
}

/// Notes that a message was refused for what its headers say.
fn checked(parts: &Parts, agreed: Result<(), ErrorData>) -> Result<(), ErrorData> {
    agreed.inspect_err(|_| {
        if let Some(asked) = parts.extensions.get::<Asked>() {
            asked.misread();
        }
    })
}

pub(super) fn unavailable() -> ErrorData {
    ErrorData::internal_error("nothing can be decided now; try again", None)
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let service = self.0.service();
        let title =
            self.0.listed().map_or_else(|| service.to_string(), |listed| listed.catalog.title.clone());
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(
                Implementation::new(format!("symbolon-{service}"), env!("CARGO_PKG_VERSION")).with_title(&title),
            )
            .with_instructions(format!(
                "Tools of {title}. You see those that your token may use; it may do nothing else. Tools that change \
                 something take dry_run, which says what would be done and does nothing. What is refused says which scope \
                 would do: ask a person for it, by symbolon_ask where you have that, and do not look for another way."
            ))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let Tools { app, .. } = &*self.0;
        let parts = parts(&context)?;
        checked(parts, agree(&parts.headers, "tools/list", None))?;
        let listed = self.0.listed().ok_or_else(unavailable)?;
        let (credentials, client_ip) = (asked::credentials(&parts.headers), client(&parts.extensions));
        let reach = app.gate().reach(self.0.service(), credentials, client_ip, listed.routes(), app.now());
        let Some(Reach::Known(principal, reached)) = reach else { return Err(unavailable()) };
        let mut tools = listed.within(&reached);
        tools.extend(self.0.own(principal.token()));
        // Whoever presents another token sees others, and a token may be narrowed at any moment.
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let parts = parts(&context)?;
        checked(parts, agree(&parts.headers, "tools/call", Some(&request.name)))?;
        let CallToolRequestParams { name, arguments, .. } = request;
        tokio::select! {
            result = call::call(&self.0, parts, &name, arguments.unwrap_or_default()) => {
                result.map(|outcome| outcome.into_result().into())
            }
            // Nobody waits any more: what is under way is given up, as at the proxy, and nothing further is begun.
            () = context.ct.cancelled() => Err(ErrorData::internal_error("the client has left", None)),
        }
    }
}
