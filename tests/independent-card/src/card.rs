//! The card's own machine: flash, chance, and the service under the PIV application.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use piv_authenticator::{Authenticator, Options};
use rand_core::OsRng;
use trussed::ClientImplementation;
use trussed::pipe::{ServiceEndpoint, TrussedChannel};
use trussed::platform::{Platform, Syscall};
use trussed::service::Service;
use trussed::types::{CoreContext, PathBuf};
use trussed::virt::{StorageConfig, Store, StoreConfig, UserInterface};

use crate::apdu::Conversation;
use crate::dispatch::{BACKENDS, Contexts, Dispatch, Id};

/// A card, as far as it is there without power: its flash.
pub(crate) struct Card {
    flash: StoreConfig<'static>,
}

/// What the PIV application talks to.
pub(crate) type Client<'a> = ClientImplementation<'a, Call<'a>, Dispatch>;

impl Card {
    /// A card whose flash is two files in a folder; a folder without them is a card as it left the factory.
    pub(crate) fn on_files(folder: &Path) -> Self {
        Self {
            flash: StoreConfig {
                internal: StorageConfig::filesystem(folder.join("internal.flash")),
                external: StorageConfig::filesystem(folder.join("external.flash")),
                volatile: StorageConfig::ram(),
            },
        }
    }

    /// A card that is gone with the process.
    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        Self {
            flash: StoreConfig::ram(),
        }
    }

    /// Gives power for as long as `f` talks; then everything is forgotten that is not in the flash.
    pub(crate) fn powered<T>(&mut self, f: impl FnOnce(&mut Conversation<'_>) -> T) -> T {
        let outcome = self.flash.with_store(|store| {
            let platform = Machine {
                chance: OsRng,
                store,
                face: UserInterface::new(),
            };
            let channel = TrussedChannel::new();
            let (requester, responder) = channel.split().expect("a new channel has both ends");
            let context = CoreContext::new(PathBuf::try_from("piv").expect("a short name"));
            let below = Below {
                service: Service::with_dispatch(platform, Dispatch::new()),
                ends: [ServiceEndpoint::new(responder, context, BACKENDS)],
            };
            let client = Client::new(requester, Call(Rc::new(RefCell::new(below))), None);
            f(&mut Conversation::with(Authenticator::new(client, Options::new())))
        });
        // From here on it holds what it was told; the volatile part is made anew each time.
        self.flash.internal.format = false;
        self.flash.external.format = false;
        outcome
    }
}

/// The service and the one who asks it.
struct Below<'a> {
    service: Service<Machine<'a>, Dispatch>,
    ends: [ServiceEndpoint<'a, Id, Contexts>; 1],
}

/// A call of the application to the service, answered in the same breath.
pub(crate) struct Call<'a>(Rc<RefCell<Below<'a>>>);

impl Syscall for Call<'_> {
    fn syscall(&mut self) {
        let below = &mut *self.0.borrow_mut();
        below.service.process(&mut below.ends);
    }
}

/// What `trussed::virt` has, but for chance: its own is the same in every run, and two cards would get the same keys.
struct Machine<'a> {
    chance: OsRng,
    store: Store<'a>,
    face: UserInterface,
}

impl<'a> Platform for Machine<'a> {
    type R = OsRng;
    type S = Store<'a>;
    type UI = UserInterface;

    fn rng(&mut self) -> &mut OsRng {
        &mut self.chance
    }

    fn store(&self) -> Store<'a> {
        self.store
    }

    fn user_interface(&mut self) -> &mut UserInterface {
        &mut self.face
    }
}
