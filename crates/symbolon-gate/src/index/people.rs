//! The users, by the numbers that tokens know their owners by.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use papaya::HashMap;
use symbolon_core::catalog::Catalog;
use symbolon_core::decision::LiveUser;
use symbolon_core::id::UserId;
use symbolon_core::record::User;

use crate::services::Services;

struct Person {
    id: UserId,
    /// `None` before they are known, and after they were removed.
    user: ArcSwapOption<LiveUser>,
}

/// A number is given once, and never to somebody else.
#[derive(Default)]
pub(super) struct People {
    people: boxcar::Vec<Person>,
    numbers: HashMap<UserId, u32>,
}

impl People {
    /// The number of a user, known or not. For the one writer.
    pub(super) fn number(&self, id: UserId) -> u32 {
        let numbers = self.numbers.pin();
        if let Some(number) = numbers.get(&id) {
            return *number;
        }
        let number = self.people.push(Person { id, user: ArcSwapOption::empty() });
        let number = u32::try_from(number).unwrap_or_else(|_| unreachable!("as many people as that"));
        numbers.insert(id, number);
        number
    }

    pub(super) fn id(&self, number: u32) -> Option<UserId> {
        self.people.get(number as usize).map(|person| person.id)
    }

    pub(super) fn of_number(&self, number: u32) -> Option<Arc<LiveUser>> {
        self.people.get(number as usize)?.user.load_full()
    }

    pub(super) fn of_id(&self, id: UserId) -> Option<Arc<LiveUser>> {
        self.of_number(*self.numbers.pin().get(&id)?)
    }

    pub(super) fn put<'c>(&self, user: Arc<User>, catalogs: impl Iterator<Item = &'c Catalog>) {
        let number = self.number(user.id);
        if let Some(person) = self.people.get(number as usize) {
            person.user.store(Some(Arc::new(LiveUser::new(user, catalogs))));
        }
    }

    /// Forgets a user; their number, if they had one.
    pub(super) fn remove(&self, id: UserId) -> Option<u32> {
        let number = *self.numbers.pin().get(&id)?;
        self.people.get(number as usize)?.user.store(None);
        Some(number)
    }

    /// Forgets everybody; their numbers stay theirs.
    pub(super) fn clear(&self) {
        for (_, person) in &self.people {
            person.user.store(None);
        }
    }

    /// Looks everybody's roles up anew.
    pub(super) fn resolve(&self, services: &Services) {
        for (_, person) in &self.people {
            if let Some(known) = person.user.load_full() {
                person.user.store(Some(Arc::new(LiveUser::new(known.user.clone(), services.catalogs()))));
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.people.iter().filter(|(_, person)| person.user.load().is_some()).count()
    }
}
