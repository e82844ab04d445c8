use std::fmt;

use crate::Problem;

/// Why a call has no answer, or another one than was wanted. The text is for people: what was wrong, at which
/// field, and what to do next.
#[derive(Debug)]
pub enum ClientError {
    /// The address is not one to be called. The text says what would be right.
    Url(String),
    /// The key has characters that no header can carry.
    Key,
    /// The call cannot be written down.
    Request(String),
    /// Nobody is there.
    Connect {
        /// Where.
        address: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The other end broke off, or took too long.
    Broken {
        /// Where.
        address: String,
        /// What happened.
        reason: String,
    },
    /// What answered is not Symbolon, or another version of it.
    Answer {
        /// The HTTP status.
        status: u16,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A refusal.
    Problem(Box<Problem>),
}

impl ClientError {
    /// The refusal, if the server refused.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// What to do next, where that is known.
    fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Connect { .. } => {
                Some("start it with `symbolon serve`, or name the right address in SYMBOLON_URL")
            }
            Self::Problem(problem) => match problem.code.as_str() {
                "credential_required" => {
                    Some("set SYMBOLON_KEY to a system key, or to the token of a session")
                }
                "invalid_token" => Some(
                    "the key may be mistyped, taken back, or ended if it is a session's; at the machine itself none is \
                     needed",
                ),
                "unavailable" => Some("nothing was changed; `symbolon doctor` looks for the cause"),
                _ => None,
            },
            _ => None,
        }
    }
}

impl std::error::Error for ClientError {}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(detail) => f.write_str(detail)?,
            Self::Key => {
                f.write_str("the key has characters that no header can carry; it is visible ASCII")?;
            }
            Self::Request(reason) => write!(f, "the call cannot be written down: {reason}")?,
            Self::Connect { address, reason } => write!(f, "no Symbolon answers at {address} ({reason})")?,
            Self::Broken { address, reason } => write!(f, "the call to {address} broke off: {reason}")?,
            Self::Answer { status, reason } => {
                write!(f, "the answer (status {status}) cannot be used: {reason}")?;
            }
            Self::Problem(problem) => write_problem(problem, f)?,
        }
        self.advice().map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

/// The detail; the fields at fault, where they say more; and for what is not the caller's doing, the id to ask with.
fn write_problem(problem: &Problem, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match problem.errors.as_slice() {
        [only] if only.detail == problem.detail => write!(f, "{}: {}", only.field, only.detail)?,
        errors => {
            // It may be followed by what to do.
            f.write_str(problem.detail.trim_end_matches('.'))?;
            errors.iter().try_for_each(|error| write!(f, "\n  {}: {}", error.field, error.detail))?;
        }
    }
    if problem.status >= 500 {
        write!(f, " ({})", problem.request_id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FieldError;

    fn problem(status: u16, code: &str, errors: Vec<FieldError>) -> ClientError {
        ClientError::Problem(Box::new(Problem {
            kind: format!("urn:symbolon:error:{code}"),
            title: String::new(),
            status,
            code: code.to_owned(),
            detail: "what was wrong".to_owned(),
            request_id: "req_1".to_owned(),
            errors,
            required_scopes: Vec::new(),
            id: None,
            ask: None,
        }))
    }

    fn field(name: &str, detail: &str) -> FieldError {
        FieldError { field: name.to_owned(), detail: detail.to_owned() }
    }

    #[test]
    fn one_field_is_named_once() {
        let error = problem(422, "validation_failed", vec![field("name", "what was wrong")]);
        assert_eq!(error.to_string(), "name: what was wrong");
    }

    #[test]
    fn several_fields_are_named_below_the_detail() {
        let error = problem(422, "validation_failed", vec![field("a", "one"), field("b", "two")]);
        assert_eq!(error.to_string(), "what was wrong\n  a: one\n  b: two");
    }

    #[test]
    fn a_fault_of_the_server_names_the_request_and_says_what_to_do() {
        let text = problem(503, "unavailable", Vec::new()).to_string();
        assert_eq!(
            text,
            "what was wrong (req_1); nothing was changed; `symbolon doctor` looks for the cause"
        );
    }
}
