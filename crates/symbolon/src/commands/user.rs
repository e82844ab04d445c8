//! `symbolon user`: people and their roles.

use std::collections::BTreeMap;
use std::str::FromStr;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use symbolon_api::{CreateUser, EditUser, UserRecord};

use super::Context;
use super::list::Extent;
use crate::clock::OsEntropy;
use crate::failure::Failure;
use crate::output::{Output, complain};
use crate::passwords;

/// People and their roles
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make a user; a password is made too, and goes to standard output
    Create(Create),
    /// List the users, by name
    List(ListUsers),
    /// Show a user
    Show(One),
    /// Change a user's roles, or whether the user administers the installation
    Edit(Edit),
    /// Refuse the user's tokens and sessions, until the user is activated again
    Deactivate(One),
    /// Let the user's tokens and sessions work again
    Activate(One),
    /// Remove a user for ever; the user's tokens are revoked
    Remove(One),
    /// Give a user a new password, which goes to standard output; the user's sessions end
    ResetPassword(ResetPassword),
}

/// A user to be made
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name: 1 to 64 of a-z, 0-9 and . _ @ -; it never changes
    name: String,
    /// A role in a service; several
    #[arg(long = "role", value_name = "SERVICE=ROLE")]
    roles: Vec<InService>,
    /// May administer users, keys and the audit of the whole installation
    #[arg(long)]
    platform_admin: bool,
    /// Ask for the password instead of making one
    #[arg(long, conflicts_with = "no_login")]
    prompt: bool,
    /// Without a password: the user cannot sign in, and can own tokens
    #[arg(long)]
    no_login: bool,
}

/// How many users
#[derive(Debug, Args)]
pub(crate) struct ListUsers {
    #[command(flatten)]
    extent: Extent,
}

/// One user
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The user's name
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,
}

/// What shall change
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// The user's name
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// The role in a service from now on; several
    #[arg(long = "role", value_name = "SERVICE=ROLE")]
    roles: Vec<InService>,
    /// No role in this service any more; several
    #[arg(long = "no-role", value_name = "SERVICE")]
    no_roles: Vec<String>,
    /// Whether the user administers users, keys and the audit of the whole installation
    #[arg(long, value_name = "true|false")]
    platform_admin: Option<bool>,
}

/// A new password
#[derive(Debug, Args)]
pub(crate) struct ResetPassword {
    /// The user's name
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,
    /// Ask for it instead of making one
    #[arg(long)]
    prompt: bool,
}

/// `service=role`.
#[derive(Debug, Clone)]
pub(crate) struct InService {
    service: String,
    role: String,
}

impl FromStr for InService {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (service, role) = text.split_once('=').ok_or("such as odin=operator")?;
        Ok(Self { service: service.to_owned(), role: role.to_owned() })
    }
}

impl User {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Show(One { name }) => {
                show(context.output, &context.speak(async |client| Ok(client.user(&name).await?)).await?)
            }
            Self::Edit(edit) => edit.run(context).await,
            Self::Deactivate(one) => one.set_active(context, false).await,
            Self::Activate(one) => one.set_active(context, true).await,
            Self::Remove(One { name }) => {
                let removed = context
                    .speak(async |client| {
                        let user = client.user(&name).await?;
                        client.remove_user(&user.id).await?;
                        Ok(user)
                    })
                    .await?;
                if context.output.json() {
                    return context
                        .output
                        .document(&json!({ "id": removed.id, "name": removed.name, "removed": true }));
                }
                context
                    .output
                    .print(&format!("Removed {} ({}) and revoked their tokens.\n", removed.name, removed.id))
            }
            Self::ResetPassword(reset) => reset.run(context).await,
        }
    }
}

impl Create {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let password = match (self.no_login, self.prompt) {
            (true, _) => None,
            (false, true) => Some(passwords::ask(&self.name)?),
            (false, false) => Some(passwords::generate(&OsEntropy)),
        };
        let new = CreateUser {
            name: self.name,
            password: password.as_ref().map(|password| password.expose_secret().to_owned()),
            platform_admin: Some(self.platform_admin),
            roles: Some(self.roles.into_iter().map(|given| (given.service, given.role)).collect()),
            ..CreateUser::default()
        };
        let user = context.speak(async |client| Ok(client.create_user(&new).await?)).await?;
        let made = password.filter(|_| !self.prompt);
        show_with_password(context.output, &user, made.as_ref())
    }
}

impl ListUsers {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let list = context
            .speak(async |client| self.extent.collect(async |page| client.users(&page).await).await)
            .await?;
        Extent::print(context.output, &list, ["NAME", "STATE", "LOGIN", "ADMINISTERS", "ROLES"], |user| {
            [user.name.clone(), state(user), yes(user.login), yes(user.platform_admin), roles(&user.roles)]
        })
    }
}

impl Edit {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let with_roles = !self.roles.is_empty() || !self.no_roles.is_empty();
        if !with_roles && self.platform_admin.is_none() {
            return Err(Failure::usage("say what shall change: --role, --no-role or --platform-admin"));
        }
        let roles = with_roles.then(|| {
            let taken = self.no_roles.iter().map(|service| (service.clone(), None));
            let given = self.roles.iter().map(|given| (given.service.clone(), Some(given.role.clone())));
            taken.chain(given).collect()
        });
        let edit = EditUser { roles, platform_admin: self.platform_admin, ..EditUser::default() };
        let user = context
            .speak(async |client| {
                let before = client.user(&self.name).await?.roles;
                // To take away what is not there is more often a slip of the service's name.
                if let Some(service) = self.no_roles.iter().find(|service| !before.contains_key(*service)) {
                    let detail = format!("{} has no role in {service}; nothing was changed", self.name);
                    return Err(Failure::new(detail));
                }
                Ok(client.edit_user(&self.name, &edit).await?)
            })
            .await?;
        show(context.output, &user)
    }
}

impl One {
    async fn set_active(self, context: &Context, active: bool) -> Result<(), Failure> {
        let edit = EditUser { active: Some(active), ..EditUser::default() };
        let user = context.speak(async |client| Ok(client.edit_user(&self.name, &edit).await?)).await?;
        show(context.output, &user)
    }
}

impl ResetPassword {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let password =
            if self.prompt { passwords::ask(&self.name)? } else { passwords::generate(&OsEntropy) };
        let edit = EditUser { password: Some(password.expose_secret().to_owned()), ..EditUser::default() };
        let user = context.speak(async |client| Ok(client.edit_user(&self.name, &edit).await?)).await?;
        let made = Some(password).filter(|_| !self.prompt);
        show_with_password(context.output, &user, made.as_ref())
    }
}

/// A password that was made here is shown this once; one that was typed in is known.
fn show_with_password(output: Output, user: &UserRecord, made: Option<&SecretString>) -> Result<(), Failure> {
    let password = made.map(ExposeSecret::expose_secret);
    if output.json() {
        return output.document(&json!({ "user": user, "password": password }));
    }
    let who = format!("{} ({}), {}, roles: {}", user.name, user.id, state(user), roles(&user.roles));
    let Some(password) = password else {
        return output.print(&format!("{who}\n"));
    };
    output.print(&format!("{password}\n"))?;
    complain(&format!("The new password of {who}. It is shown this once."));
    Ok(())
}

fn show(output: Output, user: &UserRecord) -> Result<(), Failure> {
    if output.json() {
        return output.document(user);
    }
    output.pairs(&[
        ("user", format!("{} ({})", user.name, user.id)),
        ("state", state(user)),
        ("login", yes(user.login)),
        ("administers", yes(user.platform_admin)),
        ("roles", roles(&user.roles)),
        ("made", user.created_at.clone()),
    ])
}

fn state(user: &UserRecord) -> String {
    if user.active { "active" } else { "inactive" }.to_owned()
}

fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}

fn roles(roles: &BTreeMap<String, String>) -> String {
    let roles: Vec<_> = roles.iter().map(|(service, role)| format!("{service}={role}")).collect();
    crate::output::joined(&roles)
}
