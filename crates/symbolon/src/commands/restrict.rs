//! What a token is restricted to, as options.

use std::collections::BTreeMap;

use clap::Args;
use symbolon_api::Restrictions;

/// The requests that a token is restricted to: what is given for each kind must hold; of a kind, one.
#[derive(Debug, Args)]
#[command(next_help_heading = "Restrictions")]
pub(crate) struct Restrict {
    /// Only from this network or address, such as 10.0.0.0/8; several, or one list with commas
    #[arg(long = "from", value_name = "NETWORK", value_delimiter = ',')]
    networks: Vec<String>,
    /// Only by this method, such as GET, which HEAD follows; several, or one list with commas
    #[arg(long = "method", value_name = "METHOD", value_delimiter = ',')]
    methods: Vec<String>,
    /// Only at this path of the catalog's and below, such as /printers; several times for several
    #[arg(long = "path", value_name = "PATH")]
    paths: Vec<String>,
    /// Only where this parameter of the catalog's routes is this, such as `printer_id=1`; several times for several
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

/// The name of a parameter, and one value: a comma may be part of it.
fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is NAME=VALUE, such as printer_id=1")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Restrict {
    /// What is asked for; `None` where nothing is.
    pub(crate) fn given(self) -> Option<Restrictions> {
        let some = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in self.parameters {
            parameters.entry(name).or_default().push(value);
        }
        let restrictions = Restrictions {
            networks: some(self.networks),
            methods: some(self.methods),
            paths: some(self.paths),
            parameters: Some(parameters).filter(|parameters| !parameters.is_empty()),
        };
        Some(restrictions).filter(|restrictions| !restrictions.is_empty())
    }
}

/// What a token is restricted to, in one cell.
pub(crate) fn shown(restrictions: &Restrictions) -> String {
    let list = |name: &str, list: &Option<Vec<String>>| Some(format!("{name} {}", list.as_ref()?.join(", ")));
    let kinds = [
        list("from", &restrictions.networks),
        list("by", &restrictions.methods),
        list("under", &restrictions.paths),
    ];
    let parameters = restrictions.parameters.iter().flatten();
    let parameters = parameters.map(|(name, values)| format!("where {name} is {}", values.join(", ")));
    let all: Vec<String> = kinds.into_iter().flatten().chain(parameters).collect();
    if all.is_empty() { "-".to_owned() } else { all.join("; ") }
}
