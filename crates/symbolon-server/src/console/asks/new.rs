//! Asking, by somebody who is signed in, for a token of theirs: prefilled by the address that a refusal names.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::{MakeAsk, ServiceInfo, TokenRecord};

use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::Posted;
use crate::console::problems::Problems;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text, fill};
use crate::console::tokens::choice::{Group, groups};

/// For how long, until something else is typed.
const DURATION: &str = "10m";

#[derive(Template)]
#[template(path = "asks/new.html")]
struct NewPage {
    t: &'static Text,
    frame: Frame,
    title: String,
    form_token: String,
    service: String,
    token: String,
    token_name: String,
    token_href: String,
    groups: Vec<Group>,
    duration: String,
    duration_hint: String,
    reason: String,
    problems: Problems,
}

/// The scopes of the catalog that a token has not.
fn lacking(catalog: &ServiceInfo, token: &TokenRecord) -> ServiceInfo {
    let mut lacking = catalog.clone();
    lacking.scopes.retain(|scope| !token.effective_scopes.contains(&scope.name));
    lacking
}

/// Every value of `scope`, each perhaps several names with spaces between them.
fn named(fields: &Fields) -> impl Iterator<Item = &str> {
    fields.all("scope").flat_map(str::split_whitespace)
}

fn form(
    reader: &Reader,
    catalog: &ServiceInfo,
    token: TokenRecord,
    fields: &Fields,
    problems: Problems,
) -> NewPage {
    let t = &EN;
    let lacking = lacking(catalog, &token);
    let own = reader.me.services.iter().find(|known| known.service == catalog.service);
    // Whose role manages no tokens may ask for one that others have made for them.
    let askable: Vec<String> = match own.filter(|own| own.manages_tokens) {
        Some(own) => own.grantable_scopes.clone(),
        None => lacking.scopes.iter().map(|scope| scope.name.clone()).collect(),
    };
    // Anybody can make an address: what it names and nobody could ask for is not ticked.
    let can = |name: &&str| {
        lacking.scopes.iter().any(|scope| scope.name == **name) && askable.iter().any(|scope| scope == *name)
    };
    let ticked: Vec<String> = named(fields).filter(can).map(str::to_owned).collect();
    let title = fill(t.ask_new_title, &[("name", &token.name)]);
    NewPage {
        t,
        frame: Frame::of(reader, &title, Section::Asks, None),
        title,
        form_token: reader.form_token.as_str().to_owned(),
        service: catalog.service.clone(),
        token_href: format!("/services/{}/tokens/{}", token.service, token.id),
        token: token.id,
        token_name: token.name,
        groups: groups(&lacking, &askable, &ticked),
        duration: if fields.has("duration") { fields.raw("duration") } else { DURATION }.to_owned(),
        duration_hint: fill(
            t.ask_new_duration_hint,
            &[("most", catalog.max_loan.as_deref().unwrap_or(DURATION))],
        ),
        reason: fields.raw("reason").to_owned(),
        problems,
    }
}

/// The token that the form is about, and its service's catalog.
async fn about(reader: &Reader, fields: &Fields) -> Result<(ServiceInfo, TokenRecord), Fault> {
    let (service, token) = (fields.text("service"), fields.text("token"));
    Ok((reader.api.service(service).await?, reader.api.token(service, token).await?))
}

/// The form. An address without a token leads to what was asked for.
pub(super) async fn show(reader: Reader, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let asked = Fields::read(query.unwrap_or_default().as_bytes());
    if asked.text("service").is_empty() || asked.text("token").is_empty() {
        return Ok(Redirect::to("/asks").into_response());
    }
    let (catalog, token) = about(&reader, &asked).await?;
    // What is said to a person is not for an address to say.
    let fields = asked.without("reason").without("duration");
    Ok(page::show(&form(&reader, &catalog, token, &fields, Problems::default())))
}

/// Asks. The same form sent again is the same ask.
pub(super) async fn make(Posted { reader, fields }: Posted) -> Result<Response, Fault> {
    let new = MakeAsk {
        scopes: named(&fields).map(str::to_owned).collect(),
        duration: fields.text("duration").to_owned(),
        // A browser sends line ends as CR LF.
        reason: fields.text("reason").replace("\r\n", "\n"),
        service: fields.given("service"),
        token: fields.given("token"),
    };
    match reader.api.make_ask(&new).await {
        Ok(ask) => Ok(Redirect::to(&format!("/asks/{}?done=asked", ask.id)).into_response()),
        Err(error) => {
            let problems = Problems::of(*Fault::from(error).problem()?, &["scopes", "duration", "reason"]);
            let (catalog, token) = about(&reader, &fields).await?;
            Ok(page::again(&form(&reader, &catalog, token, &fields, problems)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_of_an_address_are_repeated_or_apart_by_spaces() {
        let fields = Fields::read(b"scope=a%3Ab+c%3Ad&scope=e&other=f");
        assert_eq!(named(&fields).collect::<Vec<_>>(), ["a:b", "c:d", "e"]);
    }
}
