//! One function for each management call (DESIGN part 8).

use http::Method;

use super::many::TokenFilter;
use super::target::Target;
use super::{Client, ClientError};
use crate::{
    ChangePassword, CreateKey, CreateSession, CreateToken, CreateUser, CreatedKey, CreatedSession,
    CreatedToken, DeriveToken, EditService, EditToken, EditUser, Explain, Explanation, Health, ImportTokens,
    ImportedTokens, KeyRecord, Leaks, List, LookUpLeaks, Observed, RotateToken, SelfInfo, ServiceInfo,
    SessionRecord, Status, TokenRecord, TokenUsage, UserRecord, Verify, VerifyMany, VerifyReplies,
    VerifyReply, WebhookInfo, WebhookTest,
};

/// Which page of a list.
#[derive(Debug, Clone, Default)]
pub struct PageOf {
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// At most this many items, 1 to 1,000.
    pub limit: Option<usize>,
}

/// Which sessions.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    /// Of the user of this name.
    pub user: Option<String>,
}

impl PageOf {
    pub(super) fn of(&self, target: Target) -> Target {
        target.query("cursor", self.cursor.as_ref()).query("limit", self.limit)
    }
}

fn tokens(service: &str) -> Target {
    Target::new(&["v1", "services", service, "tokens"])
}

fn token(service: &str, id: &str) -> Target {
    Target::new(&["v1", "services", service, "tokens", id])
}

impl Client {
    /// Whether the server is ready to decide.
    pub async fn ready(&self) -> Result<Health, ClientError> {
        self.get("/readyz").await
    }

    /// How the server is.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.get("/v1/status").await
    }

    /// Every service, by name.
    pub async fn services(&self) -> Result<List<ServiceInfo>, ClientError> {
        self.get("/v1/services").await
    }

    /// A service: its catalog.
    pub async fn service(&self, service: &str) -> Result<ServiceInfo, ClientError> {
        self.get(Target::new(&["v1", "services", service])).await
    }

    /// Changes a service: whether its refusals are acted on.
    pub async fn edit_service(&self, service: &str, edit: &EditService) -> Result<ServiceInfo, ClientError> {
        self.send(Method::PATCH, Target::new(&["v1", "services", service]), edit).await
    }

    /// What was seen of a service while it was not enforced.
    pub async fn observed(&self, service: &str) -> Result<Observed, ClientError> {
        self.get(Target::new(&["v1", "services", service, "observed"])).await
    }

    /// Issues a token. The secret is in this answer and never again.
    pub async fn create_token(&self, service: &str, new: &CreateToken) -> Result<CreatedToken, ClientError> {
        self.send(Method::POST, tokens(service), new).await
    }

    /// Takes over tokens of the application, at most 500 at once. To send them again changes nothing.
    pub async fn import_tokens(
        &self,
        service: &str,
        tokens: &ImportTokens,
    ) -> Result<ImportedTokens, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "services", service, "tokens", "import"]), tokens).await
    }

    /// As [`Client::create_token`], but however often it is sent under one `idempotency_key` (1 to 255 visible
    /// characters), one token is made; a repetition is refused as `already_created`. Without a key if that is empty.
    pub async fn create_token_once(
        &self,
        service: &str,
        new: &CreateToken,
        idempotency_key: &str,
    ) -> Result<CreatedToken, ClientError> {
        self.send_once(tokens(service), new, idempotency_key).await
    }

    /// Gives a token another secret, which is in this answer and never again; once, however often it is sent under one
    /// `idempotency_key`. Without a key if that is empty.
    pub async fn rotate_token(
        &self,
        service: &str,
        id: &str,
        how: &RotateToken,
        idempotency_key: &str,
    ) -> Result<CreatedToken, ClientError> {
        let target = Target::new(&["v1", "services", service, "tokens", id, "rotate"]);
        self.send_once(target, how, idempotency_key).await
    }

    /// Tokens of a service, in the order of the filter.
    pub async fn tokens(
        &self,
        service: &str,
        filter: &TokenFilter,
        page: &PageOf,
    ) -> Result<List<TokenRecord>, ClientError> {
        let target = tokens(service)
            .query("state", filter.state.as_ref())
            .query("query", filter.query.as_ref())
            .query("owner", filter.owner.as_ref())
            .query("scope", filter.scope.as_ref())
            .query("prefix", filter.prefix.as_ref())
            .query("unused_since", filter.unused_since.as_ref())
            .query("created_before", filter.created_before.as_ref())
            .query("parent", filter.parent.as_ref())
            .query("sort", filter.sort.as_ref())
            .query("requests", filter.requests);
        self.get(page.of(target)).await
    }

    /// A token, by its id or `token_prefix`.
    pub async fn token(&self, service: &str, id: &str) -> Result<TokenRecord, ClientError> {
        self.get(token(service, id)).await
    }

    /// How much a token is used, by its id or `token_prefix`: on so many days that end today, 1 to 90; 30 if left
    /// out.
    pub async fn token_usage(
        &self,
        service: &str,
        id: &str,
        days: Option<u8>,
    ) -> Result<TokenUsage, ClientError> {
        let target = Target::new(&["v1", "services", service, "tokens", id, "usage"]);
        self.get(target.query("days", days)).await
    }

    /// Changes a token.
    pub async fn edit_token(
        &self,
        service: &str,
        id: &str,
        edit: &EditToken,
    ) -> Result<TokenRecord, ClientError> {
        self.send(Method::PATCH, token(service, id), edit).await
    }

    /// Switches a token off.
    pub async fn disable_token(&self, service: &str, id: &str) -> Result<TokenRecord, ClientError> {
        let target = Target::new(&["v1", "services", service, "tokens", id, "disable"]);
        self.ask(Method::POST, target.into(), None).await
    }

    /// Switches a token on again.
    pub async fn enable_token(&self, service: &str, id: &str) -> Result<TokenRecord, ClientError> {
        let target = Target::new(&["v1", "services", service, "tokens", id, "enable"]);
        self.ask(Method::POST, target.into(), None).await
    }

    /// Takes a token back for ever. When this returns, no request passes with it.
    pub async fn revoke_token(&self, service: &str, id: &str) -> Result<(), ClientError> {
        self.tell(Method::DELETE, token(service, id)).await
    }

    /// Decides about a request, or about scopes. A refusal is no error here: it is in the reply.
    pub async fn verify(&self, service: &str, question: &Verify) -> Result<VerifyReply, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "services", service, "verify"]), question).await
    }

    /// Decides about up to 100 requests, or scopes, in one call.
    pub async fn verify_many(
        &self,
        service: &str,
        questions: &VerifyMany,
    ) -> Result<VerifyReplies, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "services", service, "verify", "batch"]), questions).await
    }

    /// Explains a request that was refused, or one that was never made.
    pub async fn explain(&self, service: &str, question: &Explain) -> Result<Explanation, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "services", service, "explain"]), question).await
    }

    /// Who the presented credential is, and what it may do.
    pub async fn self_info(&self) -> Result<SelfInfo, ClientError> {
        self.get("/v1/self").await
    }

    /// Has the token that is the client's credential make one that can do less. However often it is sent under one
    /// `idempotency_key` (1 to 255 visible characters), it is made once; without a key if that is empty.
    pub async fn derive_token(
        &self,
        new: &DeriveToken,
        idempotency_key: &str,
    ) -> Result<CreatedToken, ClientError> {
        self.send_once("/v1/self/derive", new, idempotency_key).await
    }

    /// Changes the password of the presented session's user. All their sessions end, this one too.
    pub async fn change_password(&self, change: &ChangePassword) -> Result<(), ClientError> {
        self.tell_with(Method::POST, "/v1/self/password", change).await
    }

    /// Users, by name.
    pub async fn users(&self, page: &PageOf) -> Result<List<UserRecord>, ClientError> {
        self.get(page.of(Target::new(&["v1", "users"]))).await
    }

    /// A user, by name.
    pub async fn user(&self, name: &str) -> Result<UserRecord, ClientError> {
        self.get(Target::new(&["v1", "users", name])).await
    }

    /// Makes a user.
    pub async fn create_user(&self, new: &CreateUser) -> Result<UserRecord, ClientError> {
        self.send(Method::POST, "/v1/users", new).await
    }

    /// As [`Client::create_user`], but however often it is sent under one `idempotency_key` (1 to 255 visible
    /// characters), one user is made; a repetition is refused as `already_created`. Without a key if that is empty.
    pub async fn create_user_once(
        &self,
        new: &CreateUser,
        idempotency_key: &str,
    ) -> Result<UserRecord, ClientError> {
        self.send_once("/v1/users", new, idempotency_key).await
    }

    /// Changes a user.
    pub async fn edit_user(&self, name: &str, edit: &EditUser) -> Result<UserRecord, ClientError> {
        self.send(Method::PATCH, Target::new(&["v1", "users", name]), edit).await
    }

    /// Removes a user; their tokens are revoked and their sessions end.
    pub async fn remove_user(&self, name: &str) -> Result<(), ClientError> {
        self.tell(Method::DELETE, Target::new(&["v1", "users", name])).await
    }

    /// Keys, newest first.
    pub async fn keys(&self, page: &PageOf) -> Result<List<KeyRecord>, ClientError> {
        self.get(page.of(Target::new(&["v1", "keys"]))).await
    }

    /// A key, by its id.
    pub async fn key(&self, id: &str) -> Result<KeyRecord, ClientError> {
        self.get(Target::new(&["v1", "keys", id])).await
    }

    /// Signs in. The JWT is in this answer and never again.
    pub async fn create_session(&self, login: &CreateSession) -> Result<CreatedSession, ClientError> {
        self.send(Method::POST, "/v1/sessions", login).await
    }

    /// Makes a key. The secret is in this answer and never again.
    pub async fn create_key(&self, new: &CreateKey) -> Result<CreatedKey, ClientError> {
        self.send(Method::POST, "/v1/keys", new).await
    }

    /// As [`Client::create_key`], but however often it is sent under one `idempotency_key` (1 to 255 visible
    /// characters), one key is made; a repetition is refused as `already_created`. Without a key if that is empty.
    pub async fn create_key_once(
        &self,
        new: &CreateKey,
        idempotency_key: &str,
    ) -> Result<CreatedKey, ClientError> {
        self.send_once("/v1/keys", new, idempotency_key).await
    }

    /// Takes a key back.
    pub async fn remove_key(&self, id: &str) -> Result<(), ClientError> {
        self.tell(Method::DELETE, Target::new(&["v1", "keys", id])).await
    }

    /// Sessions that live, newest first.
    pub async fn sessions(
        &self,
        filter: &SessionFilter,
        page: &PageOf,
    ) -> Result<List<SessionRecord>, ClientError> {
        self.get(page.of(Target::new(&["v1", "sessions"]).query("user", filter.user.as_ref()))).await
    }

    /// Ends a session.
    pub async fn end_session(&self, id: &str) -> Result<(), ClientError> {
        self.tell(Method::DELETE, Target::new(&["v1", "sessions", id])).await
    }

    /// What is known of secrets that were found, at most 1,000; and takes them back, if that is asked for.
    pub async fn look_up_leaks(&self, asked: &LookUpLeaks) -> Result<Leaks, ClientError> {
        self.send(Method::POST, Target::new(&["v1", "leaks"]), asked).await
    }

    /// The webhooks, by name, and how far each has come.
    pub async fn webhooks(&self) -> Result<List<WebhookInfo>, ClientError> {
        self.get("/v1/webhooks").await
    }

    /// Sends a message to try a webhook.
    pub async fn test_webhook(&self, name: &str) -> Result<WebhookTest, ClientError> {
        self.ask(Method::POST, Target::new(&["v1", "webhooks", name, "test"]).into(), None).await
    }

    /// Lets a webhook try at once what waits, also where its receiver said that it is gone.
    pub async fn retry_webhook(&self, name: &str) -> Result<WebhookInfo, ClientError> {
        self.ask(Method::POST, Target::new(&["v1", "webhooks", name, "retry"]).into(), None).await
    }
}
