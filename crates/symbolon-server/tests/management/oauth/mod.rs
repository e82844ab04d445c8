//! OAuth's own calls: what they tell, what they end, and to whom.

mod clients;
mod introspection;
mod revocation;
