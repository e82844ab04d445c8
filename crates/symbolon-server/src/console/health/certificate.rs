//! Certificates of the doors that need somebody's hand.

use symbolon_api::{DoorInfo, ServiceChecks};

use super::title_of;
use crate::console::moment::Moment;
use crate::console::text::EN;

/// A certificate that needs somebody's hand.
pub(super) struct Certificate {
    pub(super) door: String,
    /// What is wrong with it.
    pub(super) says: &'static str,
    pub(super) ends: Option<Moment>,
    /// Why another one is not in force, and since when.
    pub(super) fault: Option<(String, Option<Moment>)>,
}

impl Certificate {
    /// Of a door whose certificate ends soon, has ended or could not be replaced; of others nothing needs to be said.
    pub(super) fn of(services: &[ServiceChecks], door: &DoorInfo) -> Option<Self> {
        let state = door.certificate.as_ref()?;
        let says = match state.state.as_str() {
            _ if state.fault.is_some() => EN.health_certificate_fault,
            "ended" => EN.health_certificate_ended,
            "ends_soon" => EN.health_certificate_ends_soon,
            _ => return None,
        };
        let title = door.service.as_ref().map(|name| title_of(services, name));
        Some(Self {
            door: title.map_or_else(|| door.name.clone(), |title| format!("{} · {title}", door.name)),
            says,
            ends: state.ends_at.as_deref().map(Moment::read),
            fault: state.fault.clone().map(|why| (why, state.fault_since.as_deref().map(Moment::read))),
        })
    }
}
