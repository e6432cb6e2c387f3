//! The worlds: one default, others by path (`/w/{name}/…`) or by the header `x-fakeai-world`,
//! each made on first use.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use fakeai_canon::Head;
use parking_lot::{Mutex, RwLock};

use crate::world::World;

/// The name of the world that calls enter without naming one.
pub const DEFAULT: &str = "default";

/// Makes a world of a name.
pub type Make = Box<dyn Fn(&str) -> World + Send + Sync>;

/// The worlds.
pub struct Worlds {
    make: Make,
    most: usize,
    default: RwLock<Arc<World>>,
    named: RwLock<HashMap<String, Named>>,
    /// Worlds that no call enters any more, for as long as answers in them are under way.
    left: Mutex<Vec<Weak<World>>>,
    entries: AtomicU64,
}

struct Named {
    world: Arc<World>,
    /// The number of the entry that used it last.
    used: AtomicU64,
}

impl Worlds {
    /// The default world, and room for `most` others.
    pub fn new(make: Make, most: usize) -> Self {
        let default = RwLock::new(Arc::new(make(DEFAULT)));
        Self {
            make,
            most,
            default,
            named: RwLock::default(),
            left: Mutex::default(),
            entries: AtomicU64::new(0),
        }
    }

    /// The world that a call enters, and the path inside it. A name that is not one leads to the default world, where the path is then unknown.
    pub(crate) fn enter(&self, head: &Head) -> (Arc<World>, String) {
        if let Some((name, path)) = split(&head.path)
            && let Some(world) = self.named(name)
        {
            return (world, path.to_owned());
        }
        let header = head
            .headers
            .get("x-fakeai-world")
            .and_then(|name| name.to_str().ok());
        let world = header.and_then(|name| self.named(name));
        (world.unwrap_or_else(|| self.default()), head.path.clone())
    }

    /// The default world.
    pub fn default(&self) -> Arc<World> {
        Arc::clone(&self.default.read())
    }

    /// The world of that name, made if need be; none where the name is not one. The one that
    /// was not used for longest makes room.
    pub fn named(&self, name: &str) -> Option<Arc<World>> {
        if name == DEFAULT {
            return Some(self.default());
        }
        let entry = self.entries.fetch_add(1, Ordering::Relaxed);
        if let Some(named) = self.named.read().get(name) {
            named.used.store(entry, Ordering::Relaxed);
            return Some(Arc::clone(&named.world));
        }
        if !is_name(name) || self.most == 0 {
            return None;
        }
        let world = Arc::new((self.make)(name));
        let mut named = self.named.write();
        if named.len() >= self.most && !named.contains_key(name) {
            self.leave(forget_oldest(&mut named));
        }
        let used = AtomicU64::new(entry);
        let fresh = named
            .entry(name.to_owned())
            .or_insert(Named { world, used });
        Some(Arc::clone(&fresh.world))
    }

    /// All worlds, the default first, then by name.
    pub fn all(&self) -> Vec<Arc<World>> {
        let mut named: Vec<_> = self
            .named
            .read()
            .values()
            .map(|named| Arc::clone(&named.world))
            .collect();
        named.sort_by(|a, b| a.name.cmp(&b.name));
        std::iter::once(self.default()).chain(named).collect()
    }

    /// Drops a world with all its state; the next call finds a fresh one.
    pub fn reset(&self, name: &str) {
        // What outlives the process is forgotten before anybody enters anew.
        let known = self
            .named
            .read()
            .get(name)
            .map(|named| Arc::clone(&named.world));
        let world = if name == DEFAULT {
            Some(self.default())
        } else {
            known
        };
        if let Some(world) = world {
            world.store.clear();
        }
        let left = if name == DEFAULT {
            let fresh = Arc::new((self.make)(DEFAULT));
            Some(std::mem::replace(&mut *self.default.write(), fresh))
        } else {
            self.named.write().remove(name).map(|named| named.world)
        };
        self.leave(left);
    }

    /// All worlds in which something may be under way: those of [`Worlds::all`], and those that
    /// were dropped while a client still reads.
    pub(crate) fn alive(&self) -> Vec<Arc<World>> {
        let mut alive = self.all();
        alive.extend(self.left.lock().iter().filter_map(Weak::upgrade));
        alive
    }

    fn leave(&self, world: Option<Arc<World>>) {
        let mut left = self.left.lock();
        left.retain(|world| world.strong_count() > 0);
        left.extend(world.as_ref().map(Arc::downgrade));
    }
}

fn forget_oldest(named: &mut HashMap<String, Named>) -> Option<Arc<World>> {
    let oldest = named
        .iter()
        .min_by_key(|(_, named)| named.used.load(Ordering::Relaxed));
    let name = oldest.map(|(name, _)| name.clone())?;
    named.remove(&name).map(|named| named.world)
}

fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/w/")?;
    let end = rest.find('/')?;
    Some((&rest[..end], &rest[end..]))
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
