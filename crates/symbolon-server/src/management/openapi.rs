//! The `OpenAPI` 3.1 document. It is made of the handlers; what all share is said once, here.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use symbolon_api::Problem;
use utoipa::PartialSchema;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder, Schema,
};

use super::caller::MaybeCaller;
use super::services;
use crate::answer::ApiError;
use crate::app::App;

const SCHEME: &str = "bearer";
/// For OAuth's calls alone.
const BASIC: &str = "basic";

pub(super) fn base() -> OpenApi {
    let description = "Issues scoped API tokens, decides about requests, and takes tokens back. \
        Every refusal is an RFC 9457 problem document.";
    let license = License::builder().name("Apache-2.0 OR MIT").identifier(Some("Apache-2.0 OR MIT")).build();
    let info = InfoBuilder::new()
        .title("Symbolon")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description))
        .license(Some(license))
        .build();
    let bearer = SecurityScheme::Http(
        Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A system key, a session's JWT, a verifier key or, for /v1/self, a token"))
            .build(),
    );
    let basic = SecurityScheme::Http(
        Http::builder()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("A system or verifier key: its id as the name, the key as the password"))
            .build(),
    );
    let components = ComponentsBuilder::new()
        .security_scheme(SCHEME, bearer)
        .security_scheme(BASIC, basic)
        .schema("Problem", <Problem as PartialSchema>::schema())
        .schema("FieldError", <symbolon_api::FieldError as PartialSchema>::schema())
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(SCHEME, Vec::<String>::new())]))
        .build()
}

/// Adds to every operation what all have: the problem document, and names that stand alone.
pub(super) fn finish(mut document: OpenApi) -> OpenApi {
    let problem = RefOr::<Schema>::Ref(Ref::from_schema_name("Problem"));
    let refused = ResponseBuilder::new()
        .description("Refused, or failed: `code` says why, `errors` at which field")
        .content("application/problem+json", ContentBuilder::new().schema(Some(problem)).build())
        .build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete, &mut item.put];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            for (status, response) in responses.iter_mut() {
                if let RefOr::T(response) = response
                    && response.description.is_empty()
                {
                    // What the answer is, its type says; but the standard asks for a text.
                    let text = if status == "201" { "It is made" } else { "The answer" };
                    text.clone_into(&mut response.description);
                }
            }
            responses.insert("default".to_owned(), RefOr::T(refused.clone()));
            // Handlers are named within their noun; in the document names stand alone.
            if let (Some(tag), Some(name)) = (operation.tags.iter().flatten().next(), &operation.operation_id)
            {
                operation.operation_id = Some(format!("{tag}_{name}"));
            }
        }
    }
    document
}

pub(super) fn json(document: &OpenApi) -> String {
    document.to_pretty_json().unwrap_or_default()
}

pub(super) fn serve(app: &App, caller: &MaybeCaller, document: &str) -> Result<Response, ApiError> {
    services::readable(app, caller)?;
    Ok(([(CONTENT_TYPE, "application/json")], Body::from(document.to_owned())).into_response())
}
