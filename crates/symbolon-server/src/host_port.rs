//! Whom this server calls: a host and a port, as an operator writes them in a URL.

use http::uri::{Authority, Uri};

/// The host and the port of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort(Authority);

/// Why a URL is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostPortFault {
    /// No host, or a port that is none.
    Form,
    /// A user, with or without a password.
    UserInfo,
    /// A path, a query or a fragment.
    Path,
}

impl HostPort {
    /// Of a URL that has nothing else, and its `text`, in which alone a fragment is seen. The scheme is for the caller to look at.
    pub(crate) fn of(uri: &Uri, text: &str) -> Result<Self, HostPortFault> {
        let address = Self::before_path(uri)?;
        if text.contains('#') || uri.path_and_query().is_some_and(|rest| rest.as_str() != "/") {
            return Err(HostPortFault::Path);
        }
        Ok(address)
    }

    /// Of a URL that may have a path and a query.
    pub(crate) fn before_path(uri: &Uri) -> Result<Self, HostPortFault> {
        let authority = uri.authority().ok_or(HostPortFault::Form)?;
        if authority.as_str().contains('@') {
            return Err(HostPortFault::UserInfo);
        }
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        let port_is_one = port.is_empty() || authority.port_u16().is_some_and(|port| port != 0);
        if authority.host().is_empty() || !port_is_one {
            Err(HostPortFault::Form)
        } else {
            Ok(Self(authority.clone()))
        }
    }

    /// Host and port as they were written, and as a request's `Host` has them.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host. An IPv6 address loses its brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.host().trim_start_matches('[').trim_end_matches(']')
    }

    /// The host and port to connect to; `default` is the port where none was written.
    pub(crate) fn address(&self, default: u16) -> (&str, u16) {
        (self.host(), self.0.port_u16().unwrap_or(default))
    }
}
