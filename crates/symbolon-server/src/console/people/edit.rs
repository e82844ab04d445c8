//! Changing somebody: roles, whether they are active, whether they administer. What would lock the reader out is asked
//! for twice.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::{EditUser, UserRecord};

use super::page_of;
use super::roles::{changes, names, role_fields};
use super::show::form;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page::{self, Frame, Section};
use crate::console::posted::{FIELD, Posted};
use crate::console::problems::Problems;
use crate::console::reader::Reader;
use crate::console::text::{EN, Text};

#[derive(Template)]
#[template(path = "people/sure.html")]
struct SurePage {
    t: &'static Text,
    frame: Frame,
    form_token: String,
    href: String,
    name: String,
    inactive: bool,
    /// The form, to be sent again.
    fields: Vec<(String, String)>,
}

/// What a change takes from the reader that they cannot give back to themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// Nothing.
    Nothing,
    /// These pages.
    Administration,
    /// Everything.
    Everything,
}

impl Loss {
    fn of(edit: &EditUser, user: &UserRecord, reader: &str) -> Self {
        if user.name != reader {
            return Self::Nothing;
        }
        match (edit.active, edit.platform_admin) {
            (Some(false), _) => Self::Everything,
            (_, Some(false)) => Self::Administration,
            _ => Self::Nothing,
        }
    }
}

/// Asks whether the reader means it.
fn sure(reader: &Reader, user: &UserRecord, fields: &Fields, loss: Loss) -> SurePage {
    let t = &EN;
    let kept = fields.names().filter(|name| ![FIELD, "sure"].contains(name));
    SurePage {
        t,
        frame: Frame::of(reader, t.self_title, Section::People, None),
        form_token: reader.form_token.as_str().to_owned(),
        href: page_of(user),
        name: user.name.clone(),
        inactive: loss == Loss::Everything,
        fields: kept.map(|name| (name.to_owned(), fields.raw(name).to_owned())).collect(),
    }
}

/// Saves what was changed. What narrows somebody's rights holds when the answer comes.
pub(super) async fn save(
    Path(name): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    let user = reader.api.user(&name).await?;
    let edit = changes(&fields);
    let loss = Loss::of(&edit, &user, reader.name());
    if loss != Loss::Nothing && fields.text("sure") != "yes" {
        return Ok(page::show(&sure(&reader, &user, &fields, loss)));
    }
    match reader.api.edit_user(&user.id, &edit).await {
        Ok(user) => {
            let place = match loss {
                Loss::Nothing => format!("{}?done=saved", page_of(&user)),
                Loss::Administration => "/account?done=saved".to_owned(),
                Loss::Everything => "/sign-in?done=self_gone".to_owned(),
            };
            Ok(Redirect::to(&place).into_response())
        }
        Err(error) => {
            let problem = *Fault::from(error).problem()?;
            let services = reader.api.services().await?.items;
            let roles = role_fields(&services, &fields, &Problems::default());
            let shown = [names(&roles), vec!["active", "platform_admin"]].concat();
            let problems = Problems::of(problem, &shown);
            Ok(page::again(&form(&reader, &services, user, &fields, problems)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::people::somebody;

    #[test]
    fn only_what_the_reader_loses_is_asked_for_twice() {
        let edit = |active, platform_admin| EditUser { active, platform_admin, ..EditUser::default() };
        let ada = somebody("ada", &[]);
        for (change, reader, loss) in [
            (edit(Some(false), None), "ada", Loss::Everything),
            (edit(Some(false), Some(false)), "ada", Loss::Everything),
            (edit(None, Some(false)), "ada", Loss::Administration),
            (edit(Some(true), Some(true)), "ada", Loss::Nothing),
            (edit(None, None), "ada", Loss::Nothing),
            (edit(Some(false), Some(false)), "bea", Loss::Nothing),
        ] {
            assert_eq!(Loss::of(&change, &ada, reader), loss);
        }
    }
}
